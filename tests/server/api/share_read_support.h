/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_API_SHARE_READ_SUPPORT_H
#define TESTS_SERVER_API_SHARE_READ_SUPPORT_H

/* ShareFetch and ShareAcknowledge of members of a group on two topics: requests that tests change, and answers as
 * text: "one/0 0-1*1 [0-1]; " has the offsets 0 and 1 of one-0, acquired once, and a batch with both. */

#include <kwire/api_keys.h>
#include <kwire/batches.h>
#include <kwire/messages/config_record.h>
#include <kwire/messages/partition_change_record.h>

#include "api/dispatch.h"
#include "api/handlers.h"
#include "base/clock.h"
#include "log/log_append.h"

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

enum { LOCK_MS = 30000, MOST = 8, MOST_TYPES = 16, GROUP_RESOURCE = 32, WAIT_MS = 500 };

static struct sim_client second; /* another connection */

static inline int64_t clock_of_sim(void)
{
    return sim.timers.now;
}

static inline int set_up_read(void **state)
{
    if (set_up_apis(state) != 0)
        return -1;
    broker.share_partitions.options.clock = clock_of_sim;
    create_topic("one", 2);
    create_topic("__share_group_state", 4);
    create_topic("two", 1);
    start_client(&second, ARENA_LIMIT);
    return 0;
}

static inline int tear_down_read(void **state)
{
    sim_advance(&sim, LOCK_MS + 1); /* locks that are left */
    sim_settle(&sim);
    if (!second.is_gone)
        sim_client_finish(&second);
    return tear_down_apis(state);
}

/* ---- records ---- */

static inline struct partition_log *log_of(const char *topic, int32_t partition)
{
    const kw_uuid any = {{0}};
    struct partition_log *log = log_manager_find(&broker.logs, kw_string_of(topic), any, partition);
    assert_non_null(log);
    return log;
}

static inline void note_done(struct log_append *append)
{
    (void)append;
}

static inline void append_batch(const char *topic, int32_t partition, made_batch made)
{
    static uint8_t bytes[4096];
    static struct append_batch batch;
    struct partition_log *log = log_of(topic, partition);
    size_t size = put_batch(bytes, made);
    struct log_append append = {.batches = &batch, .count = 1, .done = note_done};
    struct log_snapshot snapshot;
    assert_int_equal(partition_log_acquire(log, false, &snapshot), KW_ERROR_NONE);
    log_snapshot_release(&snapshot);
    memcpy(batch.header, bytes, sizeof batch.header);
    batch.records = (kw_bytes){bytes + KW_BATCH_V2_RECORDS, (int32_t)(size - KW_BATCH_V2_RECORDS)};
    if ((made.attributes & KW_ATTRIBUTE_CONTROL) != 0)
        append.origin = APPEND_COORDINATOR;
    else if ((made.attributes & KW_ATTRIBUTE_TRANSACTIONAL) != 0)
        append.verification = verifications_enter(&log->verifications, made.producer_id, 0, 0, false);
    assert_true(log_append(log, &append));
    assert_int_equal(append.error, KW_ERROR_NONE);
    log_release(log);
    sim_settle(&sim);
}

static inline void append_at(const char *topic, int32_t partition, int32_t count, int64_t timestamp)
{
    append_batch(topic, partition, (made_batch){.count = count, .timestamp = timestamp, .producer_id = -1});
}

static inline void append(const char *topic, int32_t partition, int32_t count)
{
    append_at(topic, partition, count, 1);
}

/* Of one batch of so many records. */
static inline int32_t size_of(int32_t count)
{
    static uint8_t bytes[4096];
    return (int32_t)put_batch(bytes, (made_batch){.count = count, .timestamp = 1, .producer_id = -1});
}

/* ---- states and settings ---- */

static inline void initialize(const char *topic, int32_t partition, int64_t start)
{
    kw_initialize_share_group_state_request request;
    kw_initialize_share_group_state_request_initialize_state_data data;
    kw_initialize_share_group_state_request_partition_data one;
    kw_initialize_share_group_state_request_init(&request);
    kw_initialize_share_group_state_request_initialize_state_data_init(&data);
    kw_initialize_share_group_state_request_partition_data_init(&one);
    one.partition = partition;
    one.start_offset = start;
    data.topic_id = current_topic(topic)->id;
    data.partitions.items = &one;
    data.partitions.len = 1;
    request.group_id = kw_string_of("group");
    request.topics.items = &data;
    request.topics.len = 1;
    assert_non_null(strstr(ask_api(INITIALIZE, &request), "'errorCode':0"));
}

static inline void initialize_all(void)
{
    initialize("one", 0, 0);
    initialize("one", 1, 0);
    initialize("two", 0, 0);
}

static inline void set_of_group(const char *name, const char *value)
{
    kw_config_record record;
    kw_config_record_init(&record);
    record.resource_type = GROUP_RESOURCE;
    record.resource_name = kw_string_of("group");
    record.name = kw_string_of(name);
    record.value = kw_string_of(value);
    add_record(&kw_config_record_message, 0, &record);
}

/* ---- requests ---- */

static struct {
    kw_share_fetch_request request;
    kw_share_fetch_request_fetch_topic topics[MOST];
    kw_share_fetch_request_fetch_partition partitions[MOST];
    kw_share_fetch_request_acknowledgement_batch ranges[MOST];
    int8_t types[MOST][MOST_TYPES];
    kw_share_fetch_request_forgotten_topic forgotten[MOST];
    int32_t forgotten_partitions[MOST];
    int range_count;
} made;

static inline void start_fetch(const char *member, int32_t epoch)
{
    memset(&made, 0, sizeof made);
    kw_share_fetch_request_init(&made.request);
    made.request.group_id = kw_string_of("group");
    made.request.member_id = kw_string_of(member);
    made.request.share_session_epoch = epoch;
    made.request.max_wait_ms = WAIT_MS;
    made.request.min_bytes = 1;
    made.request.max_bytes = 1 << 20;
    made.request.max_records = 100;
    made.request.batch_size = 100;
    made.request.topics.items = made.topics;
    made.request.forgotten_topics_data.items = made.forgotten;
}

static inline void add(const char *topic, int32_t partition)
{
    int32_t i = made.request.topics.len++;
    kw_share_fetch_request_fetch_topic_init(&made.topics[i]);
    kw_share_fetch_request_fetch_partition_init(&made.partitions[i]);
    made.partitions[i].partition_index = partition;
    made.topics[i].topic_id = current_topic(topic)->id;
    made.topics[i].partitions.items = &made.partitions[i];
    made.topics[i].partitions.len = 1;
}

static inline void add_all(void)
{
    add("one", 0);
    add("one", 1);
    add("two", 0);
}

static inline kw_share_fetch_request_acknowledgement_batch range_of(int64_t first, int64_t last, const char *types)
{
    kw_share_fetch_request_acknowledgement_batch range;
    int8_t *to = made.types[made.range_count++];
    kw_share_fetch_request_acknowledgement_batch_init(&range);
    for (size_t i = 0; types[i] != '\0'; i++)
        to[i] = (int8_t)(types[i] - '0');
    range.first_offset = first;
    range.last_offset = last;
    range.acknowledge_types = (kw_int8_array){to, (int32_t)strlen(types)};
    return range;
}

/* To the partition that was added last. */
static inline void acknowledge(int64_t first, int64_t last, const char *types)
{
    kw_share_fetch_request_fetch_partition *p = &made.partitions[made.request.topics.len - 1];
    kw_share_fetch_request_acknowledgement_batch *range = &made.ranges[made.range_count];
    *range = range_of(first, last, types);
    if (p->acknowledgement_batches.len == 0)
        p->acknowledgement_batches.items = range;
    p->acknowledgement_batches.len++;
}

static inline void forget(const char *topic, int32_t partition)
{
    int32_t i = made.request.forgotten_topics_data.len++;
    kw_share_fetch_request_forgotten_topic_init(&made.forgotten[i]);
    made.forgotten_partitions[i] = partition;
    made.forgotten[i].topic_id = current_topic(topic)->id;
    made.forgotten[i].partitions = (kw_int32_array){&made.forgotten_partitions[i], 1};
}

/* ---- answers as text ---- */

static inline kw_string name_of(kw_uuid id)
{
    const struct metadata_topic *topic = metadata_topic_by_id(current_image(), id);
    return topic != NULL ? topic->name : kw_string_of("?");
}

static inline void print_partition(FILE *out, kw_string topic, const kw_share_fetch_response_partition_data *p)
{
    kw_batches batches;
    kw_batch batch;
    fprintf(out, "%.*s/%d", KW_FMT(topic), (int)p->partition_index);
    if (p->error_code != KW_ERROR_NONE)
        fprintf(out, " error %d", p->error_code);
    if (p->acknowledge_error_code != KW_ERROR_NONE)
        fprintf(out, " not acknowledged %d", p->acknowledge_error_code);
    if (p->current_leader.leader_id != 0)
        fprintf(out, " leader %d:%d", (int)p->current_leader.leader_id, (int)p->current_leader.leader_epoch);
    for (int32_t i = 0; i < p->acquired_records.len; i++)
        fprintf(out, " %lld-%lld*%d", (long long)p->acquired_records.items[i].first_offset,
                (long long)p->acquired_records.items[i].last_offset, p->acquired_records.items[i].delivery_count);
    for (kw_batches_init(&batches, p->records); kw_batches_next(&batches, &batch);)
        fprintf(out, " [%lld-%lld]", (long long)batch.base_offset, (long long)batch.last_offset);
    fprintf(out, "; ");
}

static inline const char *fetch_text(const kw_share_fetch_response *response)
{
    static char text[4096];
    *text = '\0';
    FILE *out = fmemopen(text, sizeof text, "w");
    assert_non_null(out);
    if (response->error_code != KW_ERROR_NONE)
        fprintf(out, "error %d", response->error_code);
    for (int32_t t = 0; t < response->responses.len; t++)
        for (int32_t p = 0; p < response->responses.items[t].partitions.len; p++)
            print_partition(out, name_of(response->responses.items[t].topic_id),
                            &response->responses.items[t].partitions.items[p]);
    for (int32_t i = 0; i < response->node_endpoints.len; i++)
        fprintf(out, "node %d", (int)response->node_endpoints.items[i].node_id);
    fclose(out);
    return text;
}

static inline const char *text_from(struct sim_client *from)
{
    asked_version = apis[FETCH].versions.last;
    return fetch_text(take_value(from, FETCH));
}

/* Without waiting. */
static inline const char *fetch_at_once(void)
{
    if (send_to(FETCH, &made.request) == EXCHANGE_PENDING)
        sim_settle(&sim);
    return text_from(&peer);
}

/* As long as the request says. */
static inline const char *fetch_in_the_end(void)
{
    if (send_to(FETCH, &made.request) == EXCHANGE_PENDING)
        sim_settle(&sim);
    assert_int_equal(peer.outcome, EXCHANGE_PENDING);
    sim_advance(&sim, made.request.max_wait_ms - 1);
    sim_settle(&sim);
    assert_int_equal(peer.outcome, EXCHANGE_PENDING);
    sim_advance(&sim, 1);
    sim_settle(&sim);
    return text_from(&peer);
}

static inline void start_waiting(struct sim_client *who)
{
    assert_int_equal(send_from(who, FETCH, &made.request), EXCHANGE_PENDING);
    sim_settle(&sim);
    assert_int_equal(who->outcome, EXCHANGE_PENDING);
}

#endif
