/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/frame.h>

#include <kwire/api.h>
#include <kwire/api_keys.h>
#include <kwire/messages/request_header.h>
#include <kwire/messages/response_header.h>

#define UNSUPPORTED_VERSION 35
#define FIRST_WITH_TRANSACTIONAL_ID 3 /* versions of Produce */
#define FIRST_FLEXIBLE_PRODUCE 9

static kw_reader reader_of(kw_bytes bytes)
{
    kw_reader in;
    kw_reader_init_bytes(&in, bytes);
    return in;
}

static kw_bytes rest_of(const kw_reader *in)
{
    return kw_bytes_of(in->pos, kw_reader_remaining(in));
}

static kw_frame_kind kind_of(int16_t api_key, int16_t header_version)
{
    if (header_version >= 0)
        return KW_FRAME_KNOWN;
    return kw_api_find(api_key) == NULL ? KW_FRAME_UNKNOWN_API : KW_FRAME_UNKNOWN_VERSION;
}

/* ---- reading requests ---- */

/* These fields have the same place in all header versions. */
static void read_fixed_part(kw_request *out, kw_reader *in)
{
    out->api_key = kw_read_int16(in);
    if (!kw_reader_ok(in))
        out->api_key = -1;
    out->api_version = kw_read_int16(in);
    if (!kw_reader_ok(in))
        out->api_version = -1;
    out->correlation_id = kw_read_int32(in);
}

static kw_status read_known_header(kw_request *out, kw_reader *in, kw_arena *arena)
{
    kw_request_header header;
    in->pos = in->start;
    kw_status status = kw_request_header_decode(&header, out->header_version, in, arena);
    if (header.client_id.data != NULL)
        out->client_id = header.client_id;
    out->has_client_id = status == KW_OK && out->header_version > 0;
    out->unknown_tags = header.unknown_tags;
    return status;
}

/* After these, all header versions except 0 have the client id, so an unknown header version very likely has it too. */
static void guess_client_id(kw_request *out, kw_reader *in)
{
    kw_reader ahead = *in;
    kw_string client_id = kw_read_nullable_string(&ahead);
    if (kw_reader_ok(&ahead)) {
        out->client_id = client_id;
        out->has_client_id = true;
        *in = ahead;
    }
}

kw_status kw_request_decode_header(kw_request *out, kw_bytes frame, kw_arena *arena)
{
    kw_reader in = reader_of(frame);
    memset(out, 0, sizeof *out);
    out->client_id.len = -1;
    read_fixed_part(out, &in);
    out->header_version = kw_header_version(out->api_key, out->api_version, KW_MESSAGE_REQUEST);
    out->kind = kind_of(out->api_key, out->header_version);
    kw_status status = in.status;
    if (status == KW_OK && out->kind == KW_FRAME_KNOWN)
        status = read_known_header(out, &in, arena);
    else if (status == KW_OK)
        guess_client_id(out, &in);
    out->body = rest_of(&in);
    out->error_at = in.error_at;
    return status;
}

static kw_status read_produce_acks(const kw_request *request, int16_t *acks)
{
    kw_reader in = reader_of(request->body);
    if (request->api_version >= FIRST_FLEXIBLE_PRODUCE)
        (void)kw_read_compact_nullable_string(&in);
    else if (request->api_version >= FIRST_WITH_TRANSACTIONAL_ID)
        (void)kw_read_nullable_string(&in);
    *acks = kw_read_int16(&in);
    return in.status;
}

kw_status kw_request_is_answered(const kw_request *request, bool *answered)
{
    *answered = true;
    if (request->api_key != KW_KEY_PRODUCE || request->kind != KW_FRAME_KNOWN)
        return KW_OK;
    int16_t acks;
    kw_status status = read_produce_acks(request, &acks);
    *answered = status != KW_OK || acks != 0;
    return status;
}

/* ---- reading responses ---- */

int16_t kw_api_versions_response_version(int16_t asked, kw_bytes body)
{
    kw_reader in = reader_of(body);
    int16_t error_code = kw_read_int16(&in);
    if (kw_reader_ok(&in) && error_code == UNSUPPORTED_VERSION)
        return 0;
    return kw_header_version(KW_KEY_API_VERSIONS, asked, KW_MESSAGE_RESPONSE) < 0 ? -1 : asked;
}

static void settle_version(kw_response *out)
{
    int16_t version = kw_api_versions_response_version(out->api_version, out->body);
    if (version < 0)
        return;
    out->kind = KW_FRAME_KNOWN;
    out->api_version = version;
}

kw_status kw_response_decode_header(kw_response *out, int16_t api_key, int16_t api_version, kw_bytes frame,
                                    kw_arena *arena)
{
    kw_reader in = reader_of(frame);
    memset(out, 0, sizeof *out);
    out->api_key = api_key;
    out->api_version = api_version;
    out->header_version = kw_header_version(api_key, api_version, KW_MESSAGE_RESPONSE);
    out->kind = kind_of(api_key, out->header_version);
    if (api_key == KW_KEY_API_VERSIONS)
        out->header_version = 0; /* in every version, so that a client can read the answer to one that the broker
                                  * lacks */
    kw_status status;
    if (out->header_version >= 0) {
        kw_response_header header;
        status = kw_response_header_decode(&header, out->header_version, &in, arena);
        out->correlation_id = header.correlation_id;
        out->unknown_tags = header.unknown_tags;
    } else {
        out->correlation_id = kw_read_int32(&in);
        status = in.status;
    }
    out->body = rest_of(&in);
    out->error_at = in.error_at;
    if (api_key == KW_KEY_API_VERSIONS)
        settle_version(out);
    return status;
}

/* ---- writing ---- */

static kw_frame_mark start_frame(kw_writer *w)
{
    kw_frame_mark mark = {kwi_writer_size(w), kw_writer_needed(w), w->gathered_len, w->status};
    kw_write_int32(w, 0);
    return mark;
}

static int16_t find_header_version(kw_writer *w, int16_t api_key, int16_t api_version, kw_message_kind type)
{
    int16_t version = kw_header_version(api_key, api_version, type);
    if (version < 0)
        (void)kw_writer_fail(w, kw_api_find(api_key) == NULL ? KW_ERR_UNKNOWN_MESSAGE : KW_ERR_VERSION);
    return version;
}

static void write_request_header(kw_writer *w, const kw_request *r)
{
    int16_t version = find_header_version(w, r->api_key, r->api_version, KW_MESSAGE_REQUEST);
    if (version < 0)
        return;
    kw_request_header header = {.request_api_key = r->api_key,
                                .request_api_version = r->api_version,
                                .correlation_id = r->correlation_id,
                                .client_id = r->client_id,
                                .unknown_tags = r->unknown_tags};
    (void)kw_writer_fail(w, kw_request_header_encode(&header, version, w));
}

kw_frame_mark kw_request_begin(kw_writer *w, int16_t api_key, int16_t api_version, int32_t correlation_id,
                               kw_string client_id)
{
    kw_frame_mark mark = start_frame(w);
    kw_request request = {
        .api_key = api_key, .api_version = api_version, .correlation_id = correlation_id, .client_id = client_id};
    write_request_header(w, &request);
    return mark;
}

kw_frame_mark kw_request_begin_copy(kw_writer *w, const kw_request *request)
{
    kw_frame_mark mark = start_frame(w);
    if (request->kind == KW_FRAME_KNOWN) {
        write_request_header(w, request);
        return mark;
    }
    kw_write_int16(w, request->api_key);
    kw_write_int16(w, request->api_version);
    kw_write_int32(w, request->correlation_id);
    if (request->has_client_id)
        kw_write_nullable_string(w, request->client_id);
    return mark;
}

static void write_response_header(kw_writer *w, const kw_response *r)
{
    int16_t version = find_header_version(w, r->api_key, r->api_version, KW_MESSAGE_RESPONSE);
    if (version < 0)
        return;
    kw_response_header header = {.correlation_id = r->correlation_id, .unknown_tags = r->unknown_tags};
    (void)kw_writer_fail(w, kw_response_header_encode(&header, version, w));
}

kw_frame_mark kw_response_begin(kw_writer *w, int16_t api_key, int16_t api_version, int32_t correlation_id)
{
    kw_frame_mark mark = start_frame(w);
    kw_response response = {.api_key = api_key, .api_version = api_version, .correlation_id = correlation_id};
    write_response_header(w, &response);
    return mark;
}

kw_frame_mark kw_response_begin_copy(kw_writer *w, const kw_response *response)
{
    kw_frame_mark mark = start_frame(w);
    if (response->kind == KW_FRAME_KNOWN)
        write_response_header(w, response);
    else
        kw_write_int32(w, response->correlation_id);
    return mark;
}
