/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/frame.h>

#include <stdlib.h>
#include <string.h>

#include "../tests/property/random_value.h"
#include "mutate_body.h"
#include "mutate_frame.h"

static const kw_message *another(const int16_t *keys, size_t count, uint64_t *random)
{
    return keys != NULL ? kw_message_find(keys[random_below(random, (uint32_t)count)], KW_MESSAGE_REQUEST)
                        : any_message(KW_MESSAGE_REQUEST, random);
}

/* Fills in the request, from the input or at random; only its body may be invalid. */
static const kw_message *start(const uint8_t *data, size_t size, kw_request *request, kw_arena *arena,
                               const kw_message *other, uint64_t *random)
{
    kw_frame frame;
    const kw_message *m = NULL;
    (void)kw_frame_next(data, size, INT32_MAX, &frame);
    if (frame.status == KW_OK && size >= 4 && kw_request_decode_header(request, frame.payload, arena) == KW_OK &&
        request->kind == KW_FRAME_KNOWN)
        m = kw_message_find(request->api_key, KW_MESSAGE_REQUEST);
    if (m != NULL && random_below(random, 32) != 0)
        return m;
    m = other;
    memset(request, 0, sizeof *request);
    request->api_key = m->api_key;
    request->api_version = any_version(m, random);
    request->client_id.len = -1;
    return m;
}

static size_t put_frame(const kw_request *request, kw_bytes body, uint8_t *data, size_t max_size)
{
    kw_writer w;
    kw_writer_init(&w, data, max_size);
    kw_frame_mark mark =
        kw_request_begin(&w, request->api_key, request->api_version, request->correlation_id, request->client_id);
    kw_write_raw(&w, body.data, (size_t)body.len);
    return kw_frame_end(&w, mark) == KW_OK ? kw_writer_needed(&w) : 0;
}

size_t mutate_frame(uint8_t *data, size_t size, size_t max_size, const int16_t *keys, size_t count, uint64_t *random)
{
    kw_request request;
    kw_arena arena;
    if (random_below(random, 8) == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    fuzz_arena(&arena);
    uint8_t *input = fuzz_copy(data, size);
    uint8_t *body = calloc(1, max_size + 1);
    const kw_message *m = start(input, size, &request, &arena, another(keys, count, random), random);
    if (request.body.len > 0)
        memcpy(body, request.body.data, (size_t)request.body.len);
    size_t now = mutate_body(m, &request.api_version, body, (size_t)request.body.len, max_size, random);
    now = put_frame(&request, kw_bytes_of(body, now), data, max_size);
    if (now == 0) {
        memcpy(data, input, size);
        now = LLVMFuzzerMutate(data, size, max_size);
    }
    free(body);
    free(input);
    kw_arena_finish(&arena);
    return now;
}
