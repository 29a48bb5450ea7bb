/* SPDX-License-Identifier: Apache-2.0 */
#include "plausible.h"

#include <kwire/api.h>
#include <kwire/endian.h>
#include <kwire/message.h>

enum {
    HEADER = 14,        /* size, API key, version, correlation id, length of the client id */
    BEHIND_SIZE = 10,   /* of these, the part that the size counts */
    MAX_CLIENT_ID = 255 /* Kafka's limit for names */
};

/* A response is accepted if this many bytes of it decode; at the start of a segment, where most responses start, if any
 * do. */
#define ENOUGH ((size_t)256)

/* The available part of a frame, without its size field. */
static kw_bytes view(const uint8_t *data, size_t size, size_t needed)
{
    size_t n = size - 4 < needed ? size - 4 : needed;
    kw_bytes v = kw_bytes_of(data + 4, n);
    return v;
}

/* The errors of a body that continues after the available part. */
static bool is_cut(kw_status status)
{
    return status == KW_ERR_TRUNCATED || status == KW_ERR_LENGTH || status == KW_ERR_COUNT;
}

/* What may follow the fields of a body, within its frame. */
typedef enum leftover { NOTHING_LEFT, ANYTHING_LEFT } leftover;

static bool body_decodes(int16_t api_key, kw_message_kind type, int16_t version, kw_bytes body, bool complete,
                         leftover rest, kw_arena *arena)
{
    const kw_message *m = kw_message_find(api_key, type);
    kw_reader in;
    void *value;
    kw_reader_init_bytes(&in, body);
    in.flags = complete ? 0 : KW_READ_PARTIAL;
    kw_status status = kw_message_decode(m, version, &in, arena, &value);
    if (status == KW_OK)
        return rest == ANYTHING_LEFT || (complete && kw_reader_remaining(&in) == 0);
    return !complete && is_cut(status);
}

static bool is_printable(const uint8_t *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    return true;
}

/* The verdict on an incomplete header. MORE: it is valid so far. */
static verdict check_request_header(const uint8_t *data, size_t size)
{
    if (size < 4)
        return data[0] > FRAME_MAX >> 24 ? VERDICT_NO : VERDICT_MORE;
    size_t needed = kw_load_be32(data);
    if (needed < BEHIND_SIZE || needed > FRAME_MAX)
        return VERDICT_NO;
    if (size < 8)
        return VERDICT_MORE;
    if (kw_header_version((int16_t)kw_load_be16(data + 4), (int16_t)kw_load_be16(data + 6), KW_MESSAGE_REQUEST) < 1)
        return VERDICT_NO;
    if (size < HEADER)
        return VERDICT_MORE;
    int16_t id_size = (int16_t)kw_load_be16(data + 12);
    if ((data[8] & 0x80) != 0 || id_size < -1 || id_size > MAX_CLIENT_ID)
        return VERDICT_NO;
    size_t id = id_size < 0 ? 0 : (size_t)id_size;
    size_t available = size - HEADER < id ? size - HEADER : id;
    if (BEHIND_SIZE + id > needed || !is_printable(data + HEADER, available))
        return VERDICT_NO;
    return VERDICT_MORE;
}

/* The header is complete, and the available part of the body decodes. */
static verdict decode_request(kw_bytes payload, size_t needed, leftover rest, kw_arena *arena)
{
    bool complete = (size_t)payload.len == needed;
    kw_request request;
    kw_arena_reset(arena);
    kw_status status = kw_request_decode_header(&request, payload, arena);
    if (status != KW_OK)
        return complete || !is_cut(status) ? VERDICT_NO : VERDICT_MORE;
    bool fits =
        body_decodes(request.api_key, KW_MESSAGE_REQUEST, request.api_version, request.body, complete, rest, arena);
    return fits ? VERDICT_YES : VERDICT_NO;
}

bool request_is_plausible(const frame *f, kw_arena *arena)
{
    kw_bytes payload = kw_bytes_of(f->data, f->captured);
    kw_request request;
    kw_arena_reset(arena);
    return kw_request_decode_header(&request, payload, arena) == KW_OK && request.kind == KW_FRAME_KNOWN &&
           decode_request(payload, f->size, NOTHING_LEFT, arena) == VERDICT_YES;
}

verdict request_begins(const uint8_t *data, size_t size, bool at_edge, kw_arena *arena)
{
    if (check_request_header(data, size) == VERDICT_NO)
        return VERDICT_NO;
    if (size < HEADER)
        return VERDICT_MORE;
    size_t needed = kw_load_be32(data);
    return decode_request(view(data, size, needed), needed, at_edge ? ANYTHING_LEFT : NOTHING_LEFT, arena);
}

verdict response_begins(const uint8_t *data, size_t size, bool at_edge, const kw_in_flight *request, kw_arena *arena)
{
    size_t needed = kw_load_be32(data);
    bool complete = size - 4 >= needed;
    kw_response response;
    kw_arena_reset(arena);
    kw_status status =
        kw_response_decode_header(&response, request->api_key, request->api_version, view(data, size, needed), arena);
    if (status != KW_OK)
        return complete || !is_cut(status) ? VERDICT_NO : VERDICT_MORE;
    if (response.kind == KW_FRAME_KNOWN && !body_decodes(response.api_key, KW_MESSAGE_RESPONSE, response.api_version,
                                                         response.body, complete, NOTHING_LEFT, arena))
        return VERDICT_NO;
    return complete || at_edge || size >= ENOUGH ? VERDICT_YES : VERDICT_MORE;
}

bool request_may_be_newer(const kw_request *request)
{
    enum { KEYS = 256, VERSIONS = 64 };
    return request->api_key >= 0 && request->api_key < KEYS && request->api_version >= 0 &&
           request->api_version < VERSIONS && request->client_id.len <= MAX_CLIENT_ID;
}
