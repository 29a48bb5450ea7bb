/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_API_ASK_H
#define TESTS_SERVER_API_ASK_H

/* A client on the tests' executor: requests as structs, responses as JSON. */

#include "../../unit/support.h"

#include <kwire/api_keys.h>
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

/* The decoded response of a client, valid until the next one is taken. */
static inline const void *take_message(struct sim_client *from, const kw_message *message, int16_t key, int16_t version)
{
    size_t size = responses_size(&from->responses);
    uint8_t *output = given_size(size);
    kw_response response;
    kw_reader in;
    void *value = NULL;
    assert_int_equal(from->outcome, EXCHANGE_ANSWERED);
    assert_int_equal(sim_client_take(from, output, size), size);
    const kw_bytes frame = {output + 4, (int32_t)size - 4};
    kw_arena_reset(&arena);
    assert_status(kw_response_decode_header(&response, key, version, frame, &arena), KW_OK);
    kw_reader_init_bytes(&in, response.body);
    assert_status(kw_message_decode(message, version, &in, &arena, &value), KW_OK);
    return value;
}

/* The same as JSON, with ' in place of ". */
static inline const char *take_text(struct sim_client *from, const kw_message *message, int16_t key, int16_t version)
{
    const void *value = take_message(from, message, key, version);
    kw_writer w;
    kw_writer_init(&w, json, sizeof json - 1);
    assert_status(kw_message_json(message, version, value, &w), KW_OK);
    json[kw_writer_data(&w).size] = '\0';
    for (char *quote = json; (quote = strchr(quote, '"')) != NULL;)
        *quote = '\'';
    return json;
}

static inline const void *take_response(int16_t key, int16_t version)
{
    return take_message(&client, served_api(key)->response, key, version);
}

static inline const char *take_json(int16_t key, int16_t version)
{
    return take_text(&client, served_api(key)->response, key, version);
}

/* Whether asking changes nothing, and asking again gets the same answer. */
static inline bool only_reads(int16_t key)
{
    static const int16_t keys[] = {KW_KEY_CONSUMER_GROUP_DESCRIBE,
                                   KW_KEY_DESCRIBE_CLUSTER,
                                   KW_KEY_DESCRIBE_CONFIGS,
                                   KW_KEY_DESCRIBE_GROUPS,
                                   KW_KEY_DESCRIBE_LOG_DIRS,
                                   KW_KEY_DESCRIBE_QUORUM,
                                   KW_KEY_DESCRIBE_SHARE_GROUP_OFFSETS,
                                   KW_KEY_DESCRIBE_TOPIC_PARTITIONS,
                                   KW_KEY_DESCRIBE_TRANSACTIONS,
                                   KW_KEY_LIST_CONFIG_RESOURCES,
                                   KW_KEY_LIST_GROUPS,
                                   KW_KEY_LIST_OFFSETS,
                                   KW_KEY_LIST_PARTITION_REASSIGNMENTS,
                                   KW_KEY_LIST_TRANSACTIONS,
                                   KW_KEY_OFFSET_FETCH,
                                   KW_KEY_OFFSET_FOR_LEADER_EPOCH,
                                   KW_KEY_READ_SHARE_GROUP_STATE_SUMMARY,
                                   KW_KEY_SHARE_GROUP_DESCRIBE};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (keys[i] == key)
            return true;
    return false;
}

/* Whether an answer is the expected one, but for texts of errors that are missing. */
static inline bool is_same_answer(const char *is, const char *expected)
{
    static const char null[] = "Message':null", text[] = "Message':'";
    while (*is != '\0' && *expected != '\0') {
        if (strncmp(is, null, sizeof null - 1) == 0 && strncmp(expected, text, sizeof text - 1) == 0) {
            is += sizeof null - 1;
            expected += sizeof text - 1;
            while (*expected != '\0' && (*expected != '\'' || (expected[1] != ',' && expected[1] != '}')))
                expected++;
            expected += *expected != '\0';
        } else if (*is++ != *expected++) {
            return false;
        }
    }
    return *is == *expected;
}

/* With too little memory for the request the connection ends, and with enough the answer is that in `json`. The first
 * requests of each kind are tried. */
static inline void assert_same_in_little_memory(const struct sim_client *like, const kw_message *message, int16_t key,
                                                int16_t version, kw_bytes frame)
{
    enum { TRIED = 4, MOST_KEYS = 128, MOST_VERSIONS = 32, STEP = 8 };
    static uint8_t tried[MOST_KEYS][MOST_VERSIONS];
    static char expected[sizeof json];
    bool is_answered = false;
    if (!only_reads(key) || tried[key][version] == TRIED)
        return;
    tried[key][version]++;
    strcpy(expected, json);
    for (size_t memory = 0; !is_answered; memory += STEP) {
        struct sim_client starved;
        assert_true(memory < ARENA_LIMIT);
        sim_client_init(&starved, &sim, &like->service, memory);
        starved.endpoint = like->endpoint;
        if (sim_client_send(&starved, frame) == EXCHANGE_PENDING)
            sim_settle(&sim);
        is_answered = starved.outcome == EXCHANGE_ANSWERED;
        if (is_answered && !is_same_answer(take_text(&starved, message, key, version), expected))
            fail_msg("with %zu bytes:\n%s\nin place of\n%s", memory, json, expected);
        if (!is_answered)
            assert_int_equal(starved.outcome, EXCHANGE_CLOSE);
        sim_client_finish(&starved);
    }
    strcpy(json, expected);
}

static inline const char *ask(int16_t key, int16_t version, const void *request)
{
    kw_bytes frame = request_frame(key, version, request);
    if (sim_client_send(&client, frame) == EXCHANGE_PENDING)
        sim_settle(&sim);
    const char *text = take_json(key, version);
    assert_same_in_little_memory(&client, served_api(key)->response, key, version, frame);
    return text;
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
    for (size_t memory = 0; !ask_with_memory(frame, memory); memory += 8, refused++)
        assert_true(memory < 1 << 16);
    assert_true(refused > 5);
    (void)take_json(key, version);
    sim_client_finish(&client);
    sim_client_init(&client, &sim, &service, ARENA_LIMIT);
    return json;
}

#endif
