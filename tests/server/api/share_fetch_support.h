/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_API_SHARE_FETCH_SUPPORT_H
#define TESTS_SERVER_API_SHARE_FETCH_SUPPORT_H

/* ShareFetch and ShareAcknowledge of a group in a broker whose directory is in memory: the topic "topic" has two
 * partitions. */

#include <kwire/api_keys.h>

#include "api/dispatch.h"
#include "api/handlers.h"

#define APIS(X)                                                          \
    X(INITIALIZE_SHARE_GROUP_STATE, initialize_share_group_state, 0)     \
    X(READ_SHARE_GROUP_STATE_SUMMARY, read_share_group_state_summary, 1) \
    X(SHARE_FETCH, share_fetch, 2)                                       \
    X(SHARE_ACKNOWLEDGE, share_acknowledge, 2)

#define ADAPTER(KEY, name, version)                                \
    static enum call_outcome call_##name(struct call *call)        \
    {                                                              \
        return handle_##name(call, call->request, call->response); \
    }
APIS(ADAPTER)

#define ROW(KEY, name, version) \
    {KW_KEY_##KEY, {0, version}, &kw_##name##_request_message, &kw_##name##_response_message, call_##name},
static const struct api apis[] = {APIS(ROW)};

enum { INITIALIZE, SUMMARY, FETCH, ACKNOWLEDGE };

#include "direct_api.h"

#include "../../unit/disk_support.h"

enum { PARTITIONS = 2, LOCK_MS = 30000 };

static inline int64_t clock_of_sim(void)
{
    return sim.timers.now;
}

/* Records are from `first` on. */
static inline void append(int32_t partition, int32_t count)
{
    static uint8_t bytes[4096];
    kw_produce_request request;
    kw_produce_request_topic_produce_data topic;
    kw_produce_request_partition_produce_data data;
    size_t size = put_batch(bytes, (made_batch){.count = count, .timestamp = 1, .producer_id = -1});
    kw_produce_request_init(&request);
    kw_produce_request_topic_produce_data_init(&topic);
    kw_produce_request_partition_produce_data_init(&data);
    data.index = partition;
    data.records = (kw_bytes){bytes, (int32_t)size};
    topic.name = kw_string_of("topic");
    topic.partition_data.items = &data;
    topic.partition_data.len = 1;
    request.acks = -1;
    request.timeout_ms = 1000;
    request.topic_data.items = &topic;
    request.topic_data.len = 1;
    assert_non_null(strstr(ask(KW_KEY_PRODUCE, 9, &request), "'errorCode':0"));
}

static inline void initialize(int64_t start)
{
    static kw_initialize_share_group_state_request request;
    static kw_initialize_share_group_state_request_initialize_state_data topic;
    static kw_initialize_share_group_state_request_partition_data partitions[PARTITIONS];
    kw_initialize_share_group_state_request_init(&request);
    kw_initialize_share_group_state_request_initialize_state_data_init(&topic);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        kw_initialize_share_group_state_request_partition_data_init(&partitions[i]);
        partitions[i].partition = i;
        partitions[i].start_offset = start;
    }
    topic.topic_id = nth_id(0);
    topic.partitions.items = partitions;
    topic.partitions.len = PARTITIONS;
    request.group_id = kw_string_of("group");
    request.topics.items = &topic;
    request.topics.len = 1;
    assert_non_null(strstr(ask_api(INITIALIZE, &request), "'errorCode':0"));
}

static inline int set_up_fetch(void **state)
{
    if (set_up_apis(state) != 0)
        return -1;
    broker.share_partitions.options.clock = clock_of_sim;
    create_topic("topic", PARTITIONS);
    create_topic("__share_group_state", 4);
    return 0;
}

static inline int tear_down_fetch(void **state)
{
    sim_advance(&sim, LOCK_MS + 1); /* locks that are left */
    sim_settle(&sim);
    return tear_down_apis(state);
}

/* ---- requests ---- */

struct fetch_parts {
    kw_share_fetch_request request;
    kw_share_fetch_request_fetch_topic topic;
    kw_share_fetch_request_fetch_partition partition;
    kw_share_fetch_request_acknowledgement_batch batch;
    int8_t type;
};

static inline kw_share_fetch_request *fetch_of(struct fetch_parts *f, const char *member, int32_t epoch,
                                               int32_t partition)
{
    kw_share_fetch_request_init(&f->request);
    kw_share_fetch_request_fetch_topic_init(&f->topic);
    kw_share_fetch_request_fetch_partition_init(&f->partition);
    f->partition.partition_index = partition;
    f->topic.topic_id = nth_id(0);
    f->topic.partitions.items = &f->partition;
    f->topic.partitions.len = 1;
    f->request.group_id = kw_string_of("group");
    f->request.member_id = kw_string_of(member);
    f->request.share_session_epoch = epoch;
    f->request.max_wait_ms = 500;
    f->request.min_bytes = 1;
    f->request.max_bytes = 1 << 20;
    f->request.max_records = 100;
    f->request.batch_size = 100;
    f->request.topics.items = &f->topic;
    f->request.topics.len = 1;
    return &f->request;
}

static inline kw_share_fetch_request *with_ack(struct fetch_parts *f, int64_t first, int64_t last, int8_t type)
{
    kw_share_fetch_request_acknowledgement_batch_init(&f->batch);
    f->type = type;
    f->batch.first_offset = first;
    f->batch.last_offset = last;
    f->batch.acknowledge_types = (kw_int8_array){&f->type, 1};
    f->partition.acknowledgement_batches.items = &f->batch;
    f->partition.acknowledgement_batches.len = 1;
    return &f->request;
}

/* Waits as long as it may. */
static inline const char *ask_to_fetch(const kw_share_fetch_request *request)
{
    if (send_to(FETCH, request) == EXCHANGE_PENDING)
        sim_settle(&sim);
    if (peer.outcome == EXCHANGE_PENDING) {
        sim_advance(&sim, request->max_wait_ms);
        sim_settle(&sim);
    }
    return take(FETCH);
}

static inline const char *fetch(const char *member, int32_t epoch)
{
    static struct fetch_parts f;
    return ask_to_fetch(fetch_of(&f, member, epoch, 0));
}

static inline const char *acknowledge(const char *member, int32_t epoch, int64_t first, int64_t last, int8_t type)
{
    static kw_share_acknowledge_request request;
    static kw_share_acknowledge_request_acknowledge_topic topic;
    static kw_share_acknowledge_request_acknowledge_partition partition;
    static kw_share_acknowledge_request_acknowledgement_batch batch;
    static int8_t types[1];
    types[0] = type;
    kw_share_acknowledge_request_init(&request);
    kw_share_acknowledge_request_acknowledge_topic_init(&topic);
    kw_share_acknowledge_request_acknowledge_partition_init(&partition);
    kw_share_acknowledge_request_acknowledgement_batch_init(&batch);
    batch.first_offset = first;
    batch.last_offset = last;
    batch.acknowledge_types = (kw_int8_array){types, 1};
    partition.acknowledgement_batches.items = &batch;
    partition.acknowledgement_batches.len = 1;
    topic.topic_id = nth_id(0);
    topic.partitions.items = &partition;
    topic.partitions.len = 1;
    request.group_id = kw_string_of("group");
    request.member_id = kw_string_of(member);
    request.share_session_epoch = epoch;
    request.is_renew_ack = type == 4;
    request.topics.items = &topic;
    request.topics.len = 1;
    return ask_api(ACKNOWLEDGE, &request);
}

/* The ranges of an answer as FIRST-LAST*COUNT. */
static inline const char *ranges(const char *text)
{
    static char out[512];
    long long first, last;
    int count;
    *out = '\0';
    for (const char *at = text; (at = strstr(at, "{'firstOffset':")) != NULL; at++) {
        assert_int_equal(sscanf(at, "{'firstOffset':%lld,'lastOffset':%lld,'deliveryCount':%d", &first, &last, &count),
                         3);
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s%lld-%lld*%d", *out != '\0' ? " " : "", first, last,
                 count);
    }
    return out;
}

#endif
