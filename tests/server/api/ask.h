/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_API_ASK_H
#define TESTS_SERVER_API_ASK_H

/* A client on the tests' executor: requests as structs, responses as JSON. */

#include "../../unit/support.h"

#include <kwire/frame.h>
#include <kwire/json.h>

#include "../support/sim.h"
#include "api/dispatch.h"

enum { ARENA_LIMIT = 1 << 20 };

static struct sim sim;
static struct service service;
static struct sim_client client;
static kw_arena arena; /* of the decoded response */
static char json[128 * 1024];

static inline void asking_start(struct broker *broker)
{
    sim_init(&sim);
    service = dispatch_service(broker);
    sim_client_init(&client, &sim, &service, ARENA_LIMIT);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
}

/* True: no timer and no task of any call is left. */
static inline bool asking_end(void)
{
    bool quiet = timer_wheel_next(&sim.timers) == INT64_MAX && sim.posted == NULL && sim.offloaded == NULL;
    if (!client.is_gone)
        sim_client_finish(&client);
    kw_arena_finish(&arena);
    return quiet;
}

static inline kw_bytes request_frame(int16_t key, int16_t version, const void *request)
{
    enum { HEADER_MAX = 64 };
    const struct api *api = served_api(key);
    kw_writer w;
    assert_non_null(api);
    kw_writer_init_counting(&w);
    assert_status(kw_message_encode(api->request, version, request, &w), KW_OK);
    size_t size = kw_writer_needed(&w) + HEADER_MAX;
    uint8_t *data = given_size(size);
    kw_writer_init(&w, data, size);
    kw_frame_mark mark = kw_request_begin(&w, key, version, 7, kw_string_of("test"));
    assert_status(kw_message_encode(api->request, version, request, &w), KW_OK);
    assert_status(kw_frame_end(&w, mark), KW_OK);
    return (kw_bytes){data + 4, (int32_t)kw_writer_data(&w).size - 4};
}

/* The decoded response, valid until the next one is taken. */
static inline const void *take_response(int16_t key, int16_t version)
{
    uint8_t *output = given_size(ARENA_LIMIT);
    kw_response response;
    kw_reader in;
    void *value = NULL;
    assert_int_equal(client.outcome, EXCHANGE_ANSWERED);
    size_t size = sim_client_take(&client, output, ARENA_LIMIT);
    const kw_bytes frame = {output + 4, (int32_t)size - 4};
    kw_arena_reset(&arena);
    assert_status(kw_response_decode_header(&response, key, version, frame, &arena), KW_OK);
    kw_reader_init_bytes(&in, response.body);
    assert_status(kw_message_decode(served_api(key)->response, version, &in, &arena, &value), KW_OK);
    return value;
}

/* The same as JSON, with ' in place of ". */
static inline const char *take_json(int16_t key, int16_t version)
{
    const void *value = take_response(key, version);
    kw_writer w;
    kw_writer_init(&w, json, sizeof json - 1);
    assert_status(kw_message_json(served_api(key)->response, version, value, &w), KW_OK);
    json[kw_writer_data(&w).size] = '\0';
    for (char *quote = json; (quote = strchr(quote, '"')) != NULL;)
        *quote = '\'';
    return json;
}

static inline const char *ask(int16_t key, int16_t version, const void *request)
{
    if (sim_client_send(&client, request_frame(key, version, request)) == EXCHANGE_PENDING)
        sim_settle(&sim);
    return take_json(key, version);
}

/* Asks once with so much memory for the call; false: the connection has ended. */
static inline bool ask_with_memory(kw_bytes frame, size_t memory)
{
    sim_client_finish(&client);
    sim_client_init(&client, &sim, &service, memory);
    if (sim_client_send(&client, frame) == EXCHANGE_PENDING)
        sim_settle(&sim);
    if (client.outcome == EXCHANGE_ANSWERED)
        return true;
    assert_int_equal(client.outcome, EXCHANGE_CLOSE);
    return false;
}

/* Asks with more and more memory until it suffices: before that the connection ends. Then memory is as before. */
static inline const char *ask_while_memory_is_short(int16_t key, int16_t version, const void *request)
{
    kw_bytes frame = request_frame(key, version, request);
    int refused = 0;
    for (size_t memory = 0; !ask_with_memory(frame, memory); memory += 32, refused++)
        assert_true(memory < 1 << 16);
    assert_true(refused > 5);
    (void)take_json(key, version);
    sim_client_finish(&client);
    sim_client_init(&client, &sim, &service, ARENA_LIMIT);
    return json;
}

#endif
