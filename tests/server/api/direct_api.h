/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_API_DIRECT_API_H
#define TESTS_SERVER_API_DIRECT_API_H

/* APIs that need not be advertised, asked in a broker whose directory is in memory and whose coordinators run: requests
 * as structs, responses as JSON. The test has the table `apis`. */

#include "admin_broker.h"

#include "api/share_leave.h"
#include "coordinators.h"

static struct executor *direct_homes[] = {&sim.executor};
static struct sim_client peer;
static const struct api *asked_api;
static const void *asked;
static int16_t asked_version;

static inline enum exchange_outcome start_call(void *context, struct exchange *exchange, kw_bytes frame)
{
    (void)frame;
    kw_arena_reset(exchange->arena);
    struct call *call = kw_arena_alloc(exchange->arena, sizeof *call);
    void *response = kw_arena_alloc(exchange->arena, asked_api->response->type->size);
    if (call == NULL || response == NULL)
        return EXCHANGE_CLOSE;
    memset(call, 0, sizeof *call);
    kw_message_init(asked_api->response, response);
    call->broker = context;
    call->arena = exchange->arena;
    call->responses = exchange->responses;
    call->request = asked;
    call->response = response;
    call->version = asked_version;
    call->api = asked_api;
    call->exchange = exchange;
    exchange->call = call;
    return call_start(call);
}

static inline void hurry_one(struct exchange *exchange)
{
    call_hurry(exchange->call);
}

static inline bool cancel_one(struct exchange *exchange)
{
    return call_cancel(exchange->call);
}

static inline void leave_one(void *context, const struct exchange *exchange)
{
    share_leave(context, exchange);
}

static inline void start_client(struct sim_client *one, size_t memory)
{
    static struct service service_of_test;
    service_of_test = (struct service){&broker, start_call, hurry_one, cancel_one, leave_one};
    sim_client_init(one, &sim, &service_of_test, memory);
}

static inline void start_peer(size_t memory)
{
    start_client(&peer, memory);
}

static inline void create_topic(const char *name, int32_t partitions)
{
    kw_create_topics_request request;
    kw_create_topics_request_creatable_topic topic;
    kw_create_topics_request_init(&request);
    kw_create_topics_request_creatable_topic_init(&topic);
    topic.name = kw_string_of(name);
    topic.num_partitions = partitions;
    topic.replication_factor = 1;
    request.timeout_ms = 1000;
    request.topics.items = &topic;
    request.topics.len = 1;
    (void)ask(KW_KEY_CREATE_TOPICS, 7, &request);
}

static inline int set_up_apis(void **state)
{
    if (set_up(state) != 0)
        return -1;
    set_property("offsets.topic.num.partitions", "4");
    set_property("share.coordinator.state.topic.num.partitions", "4");
    set_property("transaction.state.log.num.partitions", "4");
    set_property("share.coordinator.snapshot.update.records.per.snapshot", "2");
    coordinators_start(&broker, direct_homes, 1);
    start_peer(ARENA_LIMIT);
    return 0;
}

static inline int tear_down_apis(void **state)
{
    coordinators_stop(&broker);
    sim_settle(&sim);
    coordinators_await(&broker);
    if (!peer.is_gone)
        sim_client_finish(&peer);
    return tear_down(state);
}

/* The decoded answer of a client, valid until the next one is taken. */
static inline const void *take_value(struct sim_client *from, int api)
{
    return take_message(from, apis[api].response, apis[api].key, asked_version);
}

/* The JSON of the answer to this request, with ' in place of ". */
static inline const char *take(int api)
{
    return take_text(&peer, apis[api].response, apis[api].key, asked_version);
}

static inline enum exchange_outcome send_version_from(struct sim_client *from, int api, int16_t version,
                                                      const void *request)
{
    static const kw_bytes frame = {(const uint8_t *)"", 0};
    asked_api = &apis[api];
    asked = request;
    asked_version = version;
    return sim_client_send(from, frame);
}

static inline enum exchange_outcome send_from(struct sim_client *from, int api, const void *request)
{
    return send_version_from(from, api, apis[api].versions.last, request);
}

static inline enum exchange_outcome send_to(int api, const void *request)
{
    return send_from(&peer, api, request);
}

static inline const char *ask_version(int api, int16_t version, const void *request)
{
    if (send_version_from(&peer, api, version, request) == EXCHANGE_PENDING)
        sim_settle(&sim);
    const char *text = take(api);
    assert_same_in_little_memory(&peer, apis[api].response, apis[api].key, version, (kw_bytes){NULL, 0});
    return text;
}

static inline const char *ask_api(int api, const void *request)
{
    return ask_version(api, apis[api].versions.last, request);
}

#endif
