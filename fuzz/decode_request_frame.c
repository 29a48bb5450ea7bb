/* SPDX-License-Identifier: Apache-2.0 */
/* A request from the network, with nothing known before: frame, header, body, as a broker reads them. A request that
 * was read without an error is written again and read again. The input is the stream. */
#include <kwire/frame.h>
#include <kwire/message.h>
#include <kwire/pairing.h>

#include "message.h"

static void read_again(const kw_request *request, const kw_message *m, const void *value, kw_span written,
                       kw_arena *arena)
{
    kw_frame frame;
    kw_request again;
    FUZZ_REQUIRE(kw_frame_next(written.data, written.size, INT32_MAX, &frame));
    FUZZ_REQUIRE(frame.consumed == written.size);
    FUZZ_REQUIRE(kw_request_decode_header(&again, frame.payload, arena) == KW_OK);
    FUZZ_REQUIRE(again.kind == KW_FRAME_KNOWN && again.correlation_id == request->correlation_id);
    FUZZ_REQUIRE(again.header_version == 0 || kw_string_equal(again.client_id, request->client_id));
    reading r =
        decode_message(m, again.api_version, again.body.data, (size_t)again.body.len, KW_READ_STRICT_TAGS, arena);
    FUZZ_REQUIRE(r.status == KW_OK && r.left == 0 && kw_message_equal(m, value, r.value));
}

static void write_again(const kw_request *request, const kw_message *m, const void *value, kw_arena *arena)
{
    kw_writer w;
    kw_writer_init_growing(&w, kw_allocator_libc(), FUZZ_MEMORY);
    kw_frame_mark mark =
        kw_request_begin(&w, request->api_key, request->api_version, request->correlation_id, request->client_id);
    FUZZ_REQUIRE(kw_writer_ok(&w));
    kw_status status = encode_message(m, request->api_version, value, &w);
    kw_status ended = kw_frame_end(&w, mark);
    FUZZ_REQUIRE(ended == status);
    if (status == KW_OK) {
        FUZZ_REQUIRE(kw_frame_size(&w, mark) == kw_writer_data(&w).size);
        read_again(request, m, value, kw_writer_data(&w), arena);
    } else {
        FUZZ_REQUIRE(status == KW_ERR_TAG_ORDER || status == KW_ERR_TAG_DUPLICATE);
        kw_frame_cancel(&w, mark);
        FUZZ_REQUIRE(kw_writer_ok(&w) && kw_writer_needed(&w) == 0);
    }
    kw_writer_finish(&w);
}

static void remember(const kw_request *request)
{
    kw_in_flight slot;
    kw_pairing pairing;
    bool answered;
    kw_pairing_init(&pairing, &slot, 1);
    kw_status status = kw_request_is_answered(request, &answered);
    FUZZ_REQUIRE(kw_pairing_add(&pairing, request) == status);
    FUZZ_REQUIRE(kw_pairing_count(&pairing) == (status == KW_OK && answered ? 1 : 0));
}

static void read_body(const kw_request *request, bool whole, kw_arena *arena)
{
    const kw_message *m = kw_message_find(request->api_key, KW_MESSAGE_REQUEST);
    FUZZ_REQUIRE(m != NULL && kw_versions_have(m->versions, request->api_version));
    uint32_t flags = whole ? 0 : KW_READ_PARTIAL;
    reading r = decode_message(m, request->api_version, request->body.data, (size_t)request->body.len, flags, arena);
    if (whole && r.status == KW_OK)
        write_again(request, m, r.value, arena);
}

static bool same_tags(const kw_raw_tags *a, const kw_raw_tags *b)
{
    int32_t count = a != NULL ? a->len : 0;
    if (count != (b != NULL ? b->len : 0))
        return false;
    for (int32_t i = 0; i < count; i++)
        if (a->items[i].tag != b->items[i].tag || !kw_bytes_equal(a->items[i].value, b->items[i].value))
            return false;
    return true;
}

/* As a proxy does. */
static void pass_on(const kw_request *request, kw_arena *arena)
{
    kw_writer w;
    kw_frame frame;
    kw_request again;
    kw_writer_init_growing(&w, kw_allocator_libc(), FUZZ_MEMORY);
    kw_frame_mark mark = kw_request_begin_copy(&w, request);
    kw_write_raw(&w, request->body.data, (size_t)request->body.len);
    kw_status status = kw_frame_end(&w, mark);
    if (status == KW_OK) {
        FUZZ_REQUIRE(kw_frame_next(kw_writer_data(&w).data, kw_writer_data(&w).size, INT32_MAX, &frame));
        FUZZ_REQUIRE(kw_request_decode_header(&again, frame.payload, arena) == KW_OK && again.kind == request->kind);
        FUZZ_REQUIRE(again.api_key == request->api_key && again.api_version == request->api_version);
        FUZZ_REQUIRE(again.correlation_id == request->correlation_id && again.has_client_id == request->has_client_id);
        FUZZ_REQUIRE(kw_string_equal(again.client_id, request->client_id));
        FUZZ_REQUIRE(same_tags(again.unknown_tags, request->unknown_tags));
        FUZZ_REQUIRE(kw_bytes_equal(again.body, request->body));
    } else {
        FUZZ_REQUIRE(status == KW_ERR_TAG_ORDER || status == KW_ERR_TAG_DUPLICATE);
    }
    kw_writer_finish(&w);
}

static void read_request(kw_bytes frame, bool whole, kw_arena *arena)
{
    kw_request request;
    if (kw_request_decode_header(&request, frame, arena) != KW_OK) {
        FUZZ_REQUIRE(request.error_at <= (size_t)frame.len);
        return;
    }
    FUZZ_REQUIRE(request.body.data + request.body.len == frame.data + frame.len);
    remember(&request);
    pass_on(&request, arena);
    if (request.kind == KW_FRAME_KNOWN)
        read_body(&request, whole, arena);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    kw_arena arena;
    kw_frame frame;
    fuzz_arena(&arena);
    bool complete = kw_frame_next(data, size, KW_FRAME_MAX_DEFAULT, &frame);
    if (frame.status == KW_OK && size >= 4)
        read_request(frame.payload, complete, &arena);
    kw_arena_finish(&arena);
}
