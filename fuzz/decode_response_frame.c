/* SPDX-License-Identifier: Apache-2.0 */
/* A response from the network to a known request: frame, header, body, as a client reads them. A response that was
 * read without an error is written again and read again. The input: API key (16 bits) and version (16 bits) of the
 * request, then the stream. */
#include <kwire/frame.h>
#include <kwire/message.h>
#include <kwire/pairing.h>

#include "message.h"

static void read_again(const kw_response *response, const kw_message *m, const void *value, kw_span written,
                       kw_arena *arena)
{
    kw_frame frame;
    kw_response again;
    FUZZ_REQUIRE(kw_frame_next(written.data, written.size, INT32_MAX, &frame));
    FUZZ_REQUIRE(frame.consumed == written.size);
    FUZZ_REQUIRE(kw_response_decode_header(&again, response->api_key, response->api_version, frame.payload, arena) ==
                 KW_OK);
    FUZZ_REQUIRE(again.kind == KW_FRAME_KNOWN && again.correlation_id == response->correlation_id);
    FUZZ_REQUIRE(again.api_version == response->api_version);
    reading r =
        decode_message(m, again.api_version, again.body.data, (size_t)again.body.len, KW_READ_STRICT_TAGS, arena);
    FUZZ_REQUIRE(r.status == KW_OK && r.left == 0 && kw_message_equal(m, value, r.value));
}

static void write_again(const kw_response *response, const kw_message *m, const void *value, kw_arena *arena)
{
    kw_writer w;
    kw_writer_init_growing(&w, kw_allocator_libc(), FUZZ_MEMORY);
    kw_frame_mark mark = kw_response_begin(&w, response->api_key, response->api_version, response->correlation_id);
    FUZZ_REQUIRE(kw_writer_ok(&w));
    kw_status status = encode_message(m, response->api_version, value, &w);
    kw_status ended = kw_frame_end(&w, mark);
    FUZZ_REQUIRE(ended == status);
    if (status == KW_OK) {
        FUZZ_REQUIRE(kw_frame_size(&w, mark) == kw_writer_data(&w).size);
        read_again(response, m, value, kw_writer_data(&w), arena);
    } else {
        FUZZ_REQUIRE(status == KW_ERR_TAG_ORDER || status == KW_ERR_TAG_DUPLICATE);
    }
    kw_writer_finish(&w);
}

static void read_body(const kw_response *response, bool whole, kw_arena *arena)
{
    const kw_message *m = kw_message_find(response->api_key, KW_MESSAGE_RESPONSE);
    FUZZ_REQUIRE(m != NULL && kw_versions_have(m->versions, response->api_version));
    uint32_t flags = whole ? 0 : KW_READ_PARTIAL;
    reading r = decode_message(m, response->api_version, response->body.data, (size_t)response->body.len, flags, arena);
    if (whole && r.status == KW_OK)
        write_again(response, m, r.value, arena);
}

/* The response matches its request if the correlation ids agree, and otherwise leaves it waiting. */
static void pair(int16_t api_key, int16_t api_version, int32_t correlation_id, kw_bytes frame)
{
    kw_in_flight slot;
    kw_in_flight found;
    kw_pairing pairing;
    kw_request request = {.kind = KW_FRAME_UNKNOWN_API, .api_key = api_key, .api_version = api_version};
    kw_pairing_init(&pairing, &slot, 1);
    request.correlation_id = correlation_id;
    if (kw_pairing_add(&pairing, &request) != KW_OK)
        return;
    kw_status status = kw_pairing_take(&pairing, frame, &found);
    FUZZ_REQUIRE(kw_pairing_count(&pairing) == (status == KW_OK ? 0 : 1));
    if (status == KW_OK)
        FUZZ_REQUIRE(found.api_key == api_key && found.api_version == api_version);
}

static void read_response(int16_t api_key, int16_t api_version, kw_bytes frame, bool whole, kw_arena *arena)
{
    kw_response response;
    kw_status status = kw_response_decode_header(&response, api_key, api_version, frame, arena);
    pair(api_key, api_version, response.correlation_id, frame);
    if (status != KW_OK) {
        FUZZ_REQUIRE(response.error_at <= (size_t)frame.len);
        return;
    }
    FUZZ_REQUIRE(response.body.data + response.body.len == frame.data + frame.len);
    if (response.kind == KW_FRAME_KNOWN)
        read_body(&response, whole, arena);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    int16_t api_key = (int16_t)fuzz_take16(&in);
    int16_t api_version = (int16_t)fuzz_take16(&in);
    kw_arena arena;
    kw_frame frame;
    fuzz_arena(&arena);
    bool complete = kw_frame_next(in.pos, fuzz_left(&in), KW_FRAME_MAX_DEFAULT, &frame);
    if (frame.status == KW_OK && fuzz_left(&in) >= 4)
        read_response(api_key, api_version, frame.payload, complete, &arena);
    kw_arena_finish(&arena);
}
