/* SPDX-License-Identifier: Apache-2.0 */
/* For inputs that are key and version of a request and the response in a frame: mostly its body changes, while
 * header and size stay valid. */
#include <kwire/frame.h>

#include <stdlib.h>
#include <string.h>

#include "../tests/property/random_value.h"
#include "mutate_body.h"

/* Fills in the response, from the input or at random; only its body may be invalid. */
static const kw_message *start(const uint8_t *data, size_t size, kw_response *response, kw_arena *arena,
                               uint64_t *random)
{
    kw_frame frame;
    fuzz_input in = {data, data + size};
    int16_t api_key = (int16_t)fuzz_take16(&in);
    int16_t api_version = (int16_t)fuzz_take16(&in);
    const kw_message *m = NULL;
    (void)kw_frame_next(in.pos, fuzz_left(&in), INT32_MAX, &frame);
    if (frame.status == KW_OK && fuzz_left(&in) >= 4 &&
        kw_response_decode_header(response, api_key, api_version, frame.payload, arena) == KW_OK &&
        response->kind == KW_FRAME_KNOWN)
        m = kw_message_find(api_key, KW_MESSAGE_RESPONSE);
    if (m != NULL && random_below(random, 32) != 0)
        return m;
    m = any_message(KW_MESSAGE_RESPONSE, random);
    memset(response, 0, sizeof *response);
    response->api_key = m->api_key;
    response->api_version = any_version(m, random);
    return m;
}

static size_t put_frame(const kw_response *response, kw_bytes body, uint8_t *data, size_t max_size)
{
    kw_writer w;
    kw_writer_init(&w, data, max_size);
    kw_write_int16(&w, response->api_key);
    kw_write_int16(&w, response->api_version);
    kw_frame_mark mark = kw_response_begin(&w, response->api_key, response->api_version, response->correlation_id);
    kw_write_raw(&w, body.data, (size_t)body.len);
    return kw_frame_end(&w, mark) == KW_OK ? kw_writer_needed(&w) : 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint64_t random = seed;
    kw_response response;
    kw_arena arena;
    if (random_below(&random, 8) == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    fuzz_arena(&arena);
    uint8_t *input = fuzz_copy(data, size);
    uint8_t *body = calloc(1, max_size + 1);
    const kw_message *m = start(input, size, &response, &arena, &random);
    if (response.body.len > 0)
        memcpy(body, response.body.data, (size_t)response.body.len);
    size_t now = mutate_body(m, &response.api_version, body, (size_t)response.body.len, max_size, &random);
    now = put_frame(&response, kw_bytes_of(body, now), data, max_size);
    if (now == 0) {
        memcpy(data, input, size);
        now = LLVMFuzzerMutate(data, size, max_size);
    }
    free(body);
    free(input);
    kw_arena_finish(&arena);
    return now;
}
