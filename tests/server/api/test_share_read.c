/* SPDX-License-Identifier: Apache-2.0 */
/* ShareFetch and ShareAcknowledge of several partitions: which records are sent beside what is acquired, how much of
 * it, where a group starts that has no offset, who waits until when, and what is answered for each partition. */
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

static int64_t clock_of_sim(void)
{
    return sim.timers.now;
}

static int set_up_read(void **state)
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

static int tear_down_read(void **state)
{
    sim_advance(&sim, LOCK_MS + 1); /* locks that are left */
    sim_settle(&sim);
    if (!second.is_gone)
        sim_client_finish(&second);
    return tear_down_apis(state);
}

/* ---- records ---- */

static struct partition_log *log_of(const char *topic, int32_t partition)
{
    const kw_uuid any = {{0}};
    struct partition_log *log = log_manager_find(&broker.logs, kw_string_of(topic), any, partition);
    assert_non_null(log);
    return log;
}

static void note_done(struct log_append *append)
{
    (void)append;
}

static void append_batch(const char *topic, int32_t partition, made_batch made)
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

static void append_at(const char *topic, int32_t partition, int32_t count, int64_t timestamp)
{
    append_batch(topic, partition, (made_batch){.count = count, .timestamp = timestamp, .producer_id = -1});
}

static void append(const char *topic, int32_t partition, int32_t count)
{
    append_at(topic, partition, count, 1);
}

/* Of one batch of so many records. */
static int32_t size_of(int32_t count)
{
    static uint8_t bytes[4096];
    return (int32_t)put_batch(bytes, (made_batch){.count = count, .timestamp = 1, .producer_id = -1});
}

/* ---- states and settings ---- */

static void initialize(const char *topic, int32_t partition, int64_t start)
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

static void initialize_all(void)
{
    initialize("one", 0, 0);
    initialize("one", 1, 0);
    initialize("two", 0, 0);
}

static void set_of_group(const char *name, const char *value)
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

static void start_fetch(const char *member, int32_t epoch)
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

static void add(const char *topic, int32_t partition)
{
    int32_t i = made.request.topics.len++;
    kw_share_fetch_request_fetch_topic_init(&made.topics[i]);
    kw_share_fetch_request_fetch_partition_init(&made.partitions[i]);
    made.partitions[i].partition_index = partition;
    made.topics[i].topic_id = current_topic(topic)->id;
    made.topics[i].partitions.items = &made.partitions[i];
    made.topics[i].partitions.len = 1;
}

static void add_all(void)
{
    add("one", 0);
    add("one", 1);
    add("two", 0);
}

static kw_share_fetch_request_acknowledgement_batch range_of(int64_t first, int64_t last, const char *types)
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
static void acknowledge(int64_t first, int64_t last, const char *types)
{
    kw_share_fetch_request_fetch_partition *p = &made.partitions[made.request.topics.len - 1];
    kw_share_fetch_request_acknowledgement_batch *range = &made.ranges[made.range_count];
    *range = range_of(first, last, types);
    if (p->acknowledgement_batches.len == 0)
        p->acknowledgement_batches.items = range;
    p->acknowledgement_batches.len++;
}

static void forget(const char *topic, int32_t partition)
{
    int32_t i = made.request.forgotten_topics_data.len++;
    kw_share_fetch_request_forgotten_topic_init(&made.forgotten[i]);
    made.forgotten_partitions[i] = partition;
    made.forgotten[i].topic_id = current_topic(topic)->id;
    made.forgotten[i].partitions = (kw_int32_array){&made.forgotten_partitions[i], 1};
}

/* ---- answers as text ---- */

static kw_string name_of(kw_uuid id)
{
    const struct metadata_topic *topic = metadata_topic_by_id(current_image(), id);
    return topic != NULL ? topic->name : kw_string_of("?");
}

static void print_partition(FILE *out, kw_string topic, const kw_share_fetch_response_partition_data *p)
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

static const char *fetch_text(const kw_share_fetch_response *response)
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

static const char *text_from(struct sim_client *from)
{
    asked_version = apis[FETCH].versions.last;
    return fetch_text(take_value(from, FETCH));
}

/* Without waiting. */
static const char *fetch_at_once(void)
{
    if (send_to(FETCH, &made.request) == EXCHANGE_PENDING)
        sim_settle(&sim);
    return text_from(&peer);
}

/* As long as the request says. */
static const char *fetch_in_the_end(void)
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

static void start_waiting(struct sim_client *who)
{
    assert_int_equal(send_from(who, FETCH, &made.request), EXCHANGE_PENDING);
    sim_settle(&sim);
    assert_int_equal(who->outcome, EXCHANGE_PENDING);
}

/* ---- how much ---- */

/* No more is acquired than is asked for, of all partitions together, but the batch that contains the last of it. */
static void records_of_several_partitions(void **state)
{
    (void)state;
    append("one", 0, 4);
    append("one", 1, 3);
    append("two", 0, 2);
    initialize_all();
    start_fetch("m", 0);
    add_all();
    made.request.max_records = 5;
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 [0-3]; one/1 0-2*1 [0-2]; two/0; ");
    start_fetch("m", 1);
    assert_string_equal(fetch_at_once(), "two/0 0-1*1 [0-1]; ");
    append("one", 0, 1);
    append("one", 1, 1);
    append("two", 0, 1);
    start_fetch("m", 2); /* another partition is the first one each time */
    assert_string_equal(fetch_at_once(), "two/0 2-2*1 [2-2]; one/0 4-4*1 [4-4]; one/1 3-3*1 [3-3]; ");
}

static void exactly_so_many(void **state)
{
    (void)state;
    append("one", 0, 4);
    append("one", 1, 3);
    initialize_all();
    start_fetch("m", 0);
    add_all();
    made.request.max_records = 5;
    made.request.share_acquire_mode = 1;
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 [0-3]; one/1 0-0*1 [0-2]; two/0; ");
    start_fetch("n", 0);
    add_all();
    made.request.max_records = 1;
    made.request.share_acquire_mode = 1;
    assert_string_equal(fetch_at_once(), "one/0; one/1 1-1*1 [0-2]; two/0; ");
}

/* Each partition gets its share of the bytes, and at least one batch. */
static void bytes_of_several_partitions(void **state)
{
    (void)state;
    append("one", 0, 4);
    append("one", 0, 6);
    append("one", 1, 2);
    append("one", 1, 3);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    add("one", 1);
    made.request.max_bytes = 2 * (size_of(4) + size_of(6)) - 1;
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 [0-3]; one/1 0-4*1 [0-1] [2-4]; ");
    start_fetch("m", 1);
    made.request.max_bytes = 1;
    assert_string_equal(fetch_at_once(), "one/0 4-9*1 [4-9]; ");
}

static void no_more_bytes_than_the_broker_allows(void **state)
{
    (void)state;
    append("one", 0, 2);
    append("one", 0, 2);
    append("one", 0, 2);
    initialize_all();
    broker.config.fetch_max_bytes = 2 * size_of(2);
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 [0-1] [2-3]; ");
}

static void nothing_is_asked_for(void **state)
{
    (void)state;
    append("one", 0, 2);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    made.request.max_records = 0;
    assert_string_equal(fetch_at_once(), "");
    start_fetch("m", 1);
    made.request.max_bytes = 0;
    assert_string_equal(fetch_at_once(), "");
    start_fetch("n", 0); /* nobody has anything */
    add("one", 0);
    made.request.max_records = 1;
    made.request.max_bytes = 1;
    assert_string_equal(fetch_at_once(), "one/0 0-1*1 [0-1]; ");
    start_fetch("o", 0); /* without partitions */
    assert_string_equal(fetch_at_once(), "");
}

/* Pieces of a batch of the log are not smaller than that, and those of several batches not much larger. */
static void pieces(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        append("one", 0, 4);
    append("one", 1, 2);
    append("one", 1, 2);
    append("one", 1, 2);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    add("one", 1);
    made.request.batch_size = 4;
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 4-7*1 8-11*1 [0-3] [4-7] [8-11]; "
                                         "one/1 0-3*1 4-5*1 [0-1] [2-3] [4-5]; ");
}

/* ---- which records are sent ---- */

static void batches_that_have_something(void **state)
{
    (void)state;
    append("one", 0, 4);
    append("one", 0, 2);
    append("one", 0, 4);
    append("one", 0, 2);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-11*1 [0-3] [4-5] [6-9] [10-11]; ");
    start_fetch("m", 1);
    add("one", 0);
    acknowledge(4, 5, "2"); /* these are released */
    made.request.max_records = 0;
    assert_string_equal(fetch_at_once(), "one/0; ");
    start_fetch("n", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 4-5*2 [4-5]; ");
    start_fetch("m", 2);
    add("one", 0);
    acknowledge(2, 2, "2");
    acknowledge(7, 7, "2");
    made.request.max_records = 0;
    assert_string_equal(fetch_at_once(), "one/0; ");
    start_fetch("n", 1);
    assert_string_equal(fetch_at_once(), "one/0 2-2*2 7-7*2 [0-3] [4-5] [6-9]; ");
}

/* Of transactions only those that are committed, and no markers. */
static void records_of_transactions(void **state)
{
    (void)state;
    enum { TXN = KW_ATTRIBUTE_TRANSACTIONAL, MARKER = KW_ATTRIBUTE_TRANSACTIONAL | KW_ATTRIBUTE_CONTROL };
    const struct {
        int64_t producer;
        uint16_t attributes;
        int32_t count;
        int marker;
    } batches[] = {{1, TXN, 2, 0}, {1, MARKER, 1, 0}, {2, TXN, 3, 0}, {-1, 0, 2, 0}, {2, MARKER, 1, 1}, {3, TXN, 2, 0}};
    for (size_t i = 0; i < COUNT_OF(batches); i++)
        append_batch("one", 0,
                     (made_batch){.count = batches[i].count,
                                  .timestamp = 1,
                                  .producer_id = batches[i].producer,
                                  .attributes = batches[i].attributes,
                                  .marker = batches[i].marker});
    initialize_all();
    set_of_group("share.isolation.level", "read_committed");
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 3-7*1 [3-5] [6-7]; ");
    start_fetch("m", 1);
    add("one", 0);
    acknowledge(3, 7, "1");
    made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "one/0; "); /* the rest is of a transaction that is open */
    set_of_group("share.isolation.level", "read_uncommitted");
    start_fetch("m", 2);
    assert_string_equal(fetch_at_once(), "one/0 9-10*1 [9-10]; ");
}

/* ---- where a group starts ---- */

static void at_the_earliest(void **state)
{
    (void)state;
    append("one", 0, 3);
    initialize("one", 0, -1);
    set_of_group("share.auto.offset.reset", "earliest");
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-2*1 [0-2]; ");
}

static void start_anew(const char *topic, int32_t partition)
{
    const struct share_key key = {kw_string_of("group"), current_topic(topic)->id, partition};
    share_partitions_drop(&broker.share_partitions, &key);
    initialize(topic, partition, -1);
}

static void at_a_time(void **state)
{
    (void)state;
    static const struct {
        const char *duration;
        const char *expected;
    } cases[] = {
        {"by_duration:PT90S", "one/0 6-8*1 [6-8]; "},
        {"by_duration:PT2M", "one/0 3-8*1 [3-5] [6-8]; "},
        {"by_duration:PT59M50.5S", "one/0 3-8*1 [3-5] [6-8]; "},
        {"by_duration:P1DT1M", "one/0 0-8*1 [0-2] [3-5] [6-8]; "},
        {"by_duration:PT26H", "one/0 0-8*1 [0-2] [3-5] [6-8]; "},
    };
    int64_t now = clock_wall_ms();
    append_at("one", 0, 3, now - 24 * 3600 * 1000);
    append_at("one", 0, 3, now - 100 * 1000);
    append_at("one", 0, 3, now - 60 * 1000);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        start_anew("one", 0);
        set_of_group("share.auto.offset.reset", cases[i].duration);
        start_fetch("m", 0);
        add("one", 0);
        assert_string_equal(fetch_at_once(), cases[i].expected);
        sim_advance(&sim, LOCK_MS + 1);
        sim_settle(&sim);
    }
    start_anew("one", 0);
    set_of_group("share.auto.offset.reset", "by_duration:PT1S"); /* nothing is as new */
    start_fetch("m", 0);
    add("one", 0);
    made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "one/0; ");
    append("one", 0, 1);
    start_fetch("m", 1);
    assert_string_equal(fetch_at_once(), "one/0 9-9*1 [9-9]; ");
}

/* ---- who waits ---- */

static void until_there_are_enough_bytes(void **state)
{
    (void)state;
    append("one", 0, 4);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    made.request.min_bytes = size_of(4);
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 [0-3]; ");
    append("one", 0, 4);
    start_fetch("m", 1);
    made.request.min_bytes = size_of(4) + 1;
    assert_string_equal(fetch_in_the_end(), "one/0 4-7*1 [4-7]; ");
    append("one", 0, 4);
    start_fetch("m", 2);
    made.request.min_bytes = size_of(4) + size_of(1);
    start_waiting(&peer);
    append("one", 0, 1);
    assert_string_equal(text_from(&peer), "one/0 8-12*1 [8-11] [12-12]; ");
    start_fetch("m", 3);
    made.request.min_bytes = 0; /* at least something */
    start_waiting(&peer);
    append("one", 0, 1);
    assert_string_equal(text_from(&peer), "one/0 13-13*1 [13-13]; ");
}

static void until_records_are_released(void **state)
{
    (void)state;
    append("one", 0, 4);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 [0-3]; ");
    start_fetch("n", 0);
    add("one", 0);
    made.request.max_wait_ms = 2 * LOCK_MS;
    static kw_share_fetch_request waiting;
    static kw_share_fetch_request_fetch_topic topic;
    static kw_share_fetch_request_fetch_partition partition;
    waiting = made.request;
    topic = made.topics[0];
    partition = made.partitions[0];
    topic.partitions.items = &partition;
    waiting.topics.items = &topic;
    assert_int_equal(send_from(&second, FETCH, &waiting), EXCHANGE_PENDING);
    sim_settle(&sim);
    assert_int_equal(second.outcome, EXCHANGE_PENDING);
    start_fetch("m", 1);
    add("one", 0);
    acknowledge(1, 2, "2");
    made.request.max_records = 0;
    assert_string_equal(fetch_at_once(), "one/0; ");
    sim_settle(&sim);
    assert_string_equal(text_from(&second), "one/0 1-2*2 [0-3]; ");
    waiting.share_session_epoch = 1;
    waiting.topics.len = 0;
    assert_int_equal(send_from(&second, FETCH, &waiting), EXCHANGE_PENDING);
    sim_settle(&sim);
    sim_advance(&sim, LOCK_MS - 1);
    sim_settle(&sim);
    assert_int_equal(second.outcome, EXCHANGE_PENDING);
    sim_advance(&sim, 1);
    sim_settle(&sim);
    assert_int_equal(second.outcome, EXCHANGE_ANSWERED);
    assert_non_null(strstr(text_from(&second), "one/0 0-0*2"));
}

static int looks; /* at the clock */

/* A machine that is very slow once records have been acquired. */
static int64_t clock_that_jumps(void)
{
    return sim.timers.now + (looks++ > 0 ? LOCK_MS : 0);
}

/* A lock that is over before its timer has been started ends at once. */
static void locks_that_end_at_once(void **state)
{
    (void)state;
    append("one", 0, 1);
    initialize_all();
    looks = 0;
    broker.share_partitions.options.clock = clock_that_jumps;
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-0*1 [0-0]; ");
    sim_advance(&sim, 1);
    start_fetch("n", 0);
    add("one", 0);
    made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "one/0 0-0*2 [0-0]; ");
}

/* What cannot be loaded is answered with an error that clients retry, and loaded later. */
static void while_there_is_little_memory(void **state)
{
    (void)state;
    const struct share_key key = {kw_string_of("group"), current_topic("one")->id, 0};
    size_t refused = 0;
    append("one", 0, 8);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-7*1 [0-7]; ");
    start_fetch("m", 1);
    add("one", 0);
    acknowledge(1, 2, "1");
    acknowledge(4, 4, "3");
    acknowledge(6, 6, "1");
    made.request.max_records = 0;
    assert_string_equal(fetch_at_once(), "one/0; ");
    int32_t epoch = 2;
    for (size_t more = 0;; more += 16, refused++) {
        assert_true(more < 1 << 16);
        share_partitions_drop(&broker.share_partitions, &key);
        broker.coordinator_budget.limit = atomic_load(&broker.coordinator_budget.used) + more;
        start_fetch("m", epoch++);
        made.request.max_wait_ms = 0;
        if (send_to(FETCH, &made.request) == EXCHANGE_PENDING)
            sim_settle(&sim);
        if (peer.outcome == EXCHANGE_CLOSE) /* it has been loaded, and nothing can be acquired */
            break;
        assert_string_equal(text_from(&peer), "one/0 error 15; ");
    }
    sim_client_finish(&peer);
    start_peer(ARENA_LIMIT);
    broker.coordinator_budget.limit = SIZE_MAX;
    assert_true(refused > 5);
}

/* An error is answered at once, beside what the others have. */
static void partitions_that_cannot_be_read(void **state)
{
    (void)state;
    append("one", 1, 2);
    initialize_all();
    add_broker(2);
    kw_partition_change_record change;
    kw_partition_change_record_init(&change);
    change.partition_id = 0;
    change.topic_id = current_topic("one")->id;
    change.leader = 2;
    add_record(&kw_partition_change_record_message, 2, &change);
    start_fetch("m", 0);
    add_all();
    made.request.min_bytes = 1000;
    assert_string_equal(fetch_at_once(), "one/0 error 6 leader 2:1; one/1 0-1*1 [0-1]; two/0; ");
}

/* ---- sessions ---- */

static void partitions_that_are_forgotten(void **state)
{
    (void)state;
    initialize_all();
    start_fetch("m", 0);
    add_all();
    made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "one/0; one/1; two/0; ");
    append("one", 0, 1);
    append("one", 1, 1);
    append("two", 0, 1);
    start_fetch("m", 1);
    forget("one", 0);
    forget("two", 0);
    made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "one/1 0-0*1 [0-0]; ");
    start_fetch("m", 2);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-0*1 [0-0]; ");
}

static void a_member_that_leaves(void **state)
{
    (void)state;
    append("one", 0, 2);
    append("one", 1, 2);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    add("one", 1);
    assert_string_equal(fetch_at_once(), "one/0 0-1*1 [0-1]; one/1 0-1*1 [0-1]; ");
    start_fetch("m", -1);
    add("one", 0);
    acknowledge(0, 0, "1");
    assert_string_equal(fetch_at_once(), "one/0; ");
    start_fetch("n", 0);
    add("one", 0);
    add("one", 1);
    assert_string_equal(fetch_at_once(), "one/0 1-1*2 [0-1]; one/1 0-1*2 [0-1]; ");
    start_fetch("m", 2);
    assert_string_equal(fetch_at_once(), "error 122");
}

static void more_sessions_than_allowed(void **state)
{
    (void)state;
    initialize_all();
    broker.share_sessions.most = 1;
    start_fetch("m", 0);
    add("one", 0);
    made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "one/0; ");
    start_fetch("n", 0);
    add("one", 0);
    made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "error 133");
    made.request.max_wait_ms = WAIT_MS;
    assert_string_equal(fetch_in_the_end(), "error 133");
}

/* ---- acknowledgements ---- */

static void acknowledgements_of_several_partitions(void **state)
{
    (void)state;
    append("one", 0, 4);
    append("one", 1, 4);
    initialize_all();
    start_fetch("m", 0);
    add_all();
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 [0-3]; one/1 0-3*1 [0-3]; two/0; ");
    append("two", 0, 1);
    start_fetch("m", 1);
    add("one", 1);
    acknowledge(0, 3, "1213");
    add("one", 0);
    acknowledge(0, 1, "1");
    acknowledge(1, 3, "1"); /* the first one overlaps */
    assert_string_equal(fetch_at_once(), "one/0 not acknowledged 121; one/1 1-1*2 [0-3]; two/0 0-0*1 [0-0]; ");
}

static void renewals(void **state)
{
    (void)state;
    append("one", 0, 4);
    initialize_all();
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-3*1 [0-3]; ");
    sim_advance(&sim, LOCK_MS - 1);
    start_fetch("m", 1);
    add("one", 0);
    acknowledge(0, 1, "4");
    add("one", 1);
    acknowledge(0, 1, "4");
    made.request.is_renew_ack = true;
    made.request.max_bytes = made.request.min_bytes = made.request.max_records = made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "one/0; one/1 not acknowledged 3; ");
    sim_advance(&sim, 1);
    sim_settle(&sim);
    start_fetch("n", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 2-3*2 [0-3]; ");
    start_fetch("m", 2);
    add("one", 0);
    acknowledge(0, 1, "4");
    made.request.max_records = 0;
    assert_string_equal(fetch_at_once(), "one/0 not acknowledged 42; "); /* it says that it renews nothing */
    set_of_group("share.renew.acknowledge.enable", "false");
    start_fetch("m", 3);
    add("one", 0);
    acknowledge(0, 1, "4");
    made.request.is_renew_ack = true;
    made.request.max_bytes = made.request.min_bytes = made.request.max_records = made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "one/0 not acknowledged 121; ");
}

/* Each must be 0 for a renewal, and is named if it is not. */
static void renewals_that_fetch(void **state)
{
    (void)state;
    static const struct {
        int32_t bytes, min, records, wait;
    } cases[] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}, {5, 0, 0, 7}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        start_fetch("m", 1);
        made.request.is_renew_ack = true;
        made.request.max_bytes = cases[i].bytes;
        made.request.min_bytes = cases[i].min;
        made.request.max_records = cases[i].records;
        made.request.max_wait_ms = cases[i].wait;
        if (send_to(FETCH, &made.request) == EXCHANGE_PENDING)
            sim_settle(&sim);
        const kw_share_fetch_response *response = take_value(&peer, FETCH);
        assert_int_equal(response->error_code, KW_ERROR_INVALID_REQUEST);
        assert_int_equal(response->error_message.len, -1); /* as in Kafka */
    }
}

/* The settings of the group, within those of the broker. */
static void settings_of_the_group(void **state)
{
    (void)state;
    append("one", 0, 1);
    initialize_all();
    set_of_group("share.record.lock.duration.ms", "20000");
    set_of_group("share.delivery.count.limit", "2");
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-0*1 [0-0]; ");
    sim_advance(&sim, 19999);
    start_fetch("m", 1);
    made.request.max_wait_ms = 0;
    assert_string_equal(fetch_at_once(), "");
    sim_advance(&sim, 1);
    sim_settle(&sim);
    set_of_group("share.record.lock.duration.ms", "1"); /* at least 15 s */
    start_fetch("m", 2);
    if (send_to(FETCH, &made.request) == EXCHANGE_PENDING)
        sim_settle(&sim);
    const kw_share_fetch_response *response = take_value(&peer, FETCH);
    assert_int_equal(response->acquisition_lock_timeout_ms, 15000);
    assert_string_equal(fetch_text(response), "one/0 0-0*2 [0-0]; ");
    sim_advance(&sim, 15000);
    sim_settle(&sim);
    append("one", 0, 1);
    set_of_group("share.record.lock.duration.ms", "100000000"); /* at most 60 s */
    start_fetch("m", 3);
    if (send_to(FETCH, &made.request) == EXCHANGE_PENDING)
        sim_settle(&sim);
    response = take_value(&peer, FETCH);
    assert_int_equal(response->acquisition_lock_timeout_ms, 60000);
    assert_string_equal(fetch_text(response), "one/0 1-1*1 [1-1]; "); /* the other one was delivered twice */
    sim_advance(&sim, 60000);
    sim_settle(&sim);
}

/* ---- ShareAcknowledge ---- */

/* Of a partition that is answered once. */
static int16_t error_of(const kw_share_acknowledge_response *response, kw_uuid topic, int32_t partition)
{
    const kw_share_acknowledge_response_partition_data *found = NULL;
    for (int32_t t = 0; t < response->responses.len; t++)
        for (int32_t p = 0; p < response->responses.items[t].partitions.len; p++) {
            const kw_share_acknowledge_response_partition_data *one = &response->responses.items[t].partitions.items[p];
            if (!kw_uuid_equal(response->responses.items[t].topic_id, topic) || one->partition_index != partition)
                continue;
            assert_null(found);
            found = one;
        }
    assert_non_null(found);
    return found->error_code;
}

static void an_answer_for_each_partition(void **state)
{
    (void)state;
    kw_share_acknowledge_request request;
    kw_share_acknowledge_request_acknowledge_topic topics[3];
    kw_share_acknowledge_request_acknowledge_partition partitions[4];
    kw_share_acknowledge_request_acknowledgement_batch batches[4];
    static const struct {
        int topic;
        int32_t partition;
        int64_t first, last;
        int16_t error;
    } asked_for[] = {
        {0, 1, 0, 1, KW_ERROR_NONE},
        {0, 0, 1, 0, KW_ERROR_INVALID_REQUEST},
        {1, 0, 0, 0, KW_ERROR_UNKNOWN_TOPIC_ID},
        {2, 7, 0, 0, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION},
    };
    int8_t accept = 1;
    append("one", 0, 2);
    append("one", 1, 2);
    initialize_all();
    start_fetch("m", 0);
    add_all();
    (void)fetch_at_once();
    kw_share_acknowledge_request_init(&request);
    for (size_t i = 0; i < COUNT_OF(topics); i++)
        kw_share_acknowledge_request_acknowledge_topic_init(&topics[i]);
    for (size_t i = 0; i < COUNT_OF(asked_for); i++) {
        kw_share_acknowledge_request_acknowledge_topic *topic = &topics[asked_for[i].topic];
        kw_share_acknowledge_request_acknowledge_partition_init(&partitions[i]);
        kw_share_acknowledge_request_acknowledgement_batch_init(&batches[i]);
        batches[i].first_offset = asked_for[i].first;
        batches[i].last_offset = asked_for[i].last;
        batches[i].acknowledge_types = (kw_int8_array){&accept, 1};
        partitions[i].partition_index = asked_for[i].partition;
        partitions[i].acknowledgement_batches.items = &batches[i];
        partitions[i].acknowledgement_batches.len = 1;
        if (topic->partitions.len == 0)
            topic->partitions.items = &partitions[i];
        topic->partitions.len++;
    }
    topics[0].topic_id = current_topic("one")->id;
    topics[1].topic_id = (kw_uuid){{9}};
    topics[2].topic_id = current_topic("two")->id;
    request.group_id = kw_string_of("group");
    request.member_id = kw_string_of("m");
    request.share_session_epoch = 1;
    request.topics.items = topics;
    request.topics.len = COUNT_OF(topics);
    if (send_to(ACKNOWLEDGE, &request) == EXCHANGE_PENDING)
        sim_settle(&sim);
    const kw_share_acknowledge_response *response = take_value(&peer, ACKNOWLEDGE);
    assert_int_equal(response->error_code, KW_ERROR_NONE);
    assert_int_equal(response->acquisition_lock_timeout_ms, LOCK_MS);
    assert_int_equal(response->responses.len, COUNT_OF(topics));
    for (size_t i = 0; i < COUNT_OF(asked_for); i++)
        assert_int_equal(error_of(response, topics[asked_for[i].topic].topic_id, asked_for[i].partition),
                         asked_for[i].error);
}

/* ---- what is not needed any more ---- */

static int64_t deleted_records(void)
{
    int64_t sum = 0;
    for (int32_t i = 0; i < 4; i++) {
        struct log_snapshot snapshot;
        struct partition_log *log = log_of("__share_group_state", i);
        assert_int_equal(partition_log_acquire(log, false, &snapshot), KW_ERROR_NONE);
        sum += snapshot.log_start_offset;
        log_snapshot_release(&snapshot);
        log_release(log);
    }
    return sum;
}

static int set_up_pruned(void **state)
{
    if (set_up_read(state) != 0)
        return -1;
    coordinators_stop(&broker);
    sim_settle(&sim);
    coordinators_await(&broker);
    set_property("share.coordinator.state.topic.prune.interval.ms", "1");
    restart_broker();
    broker.share_partitions.options.clock = clock_of_sim;
    coordinators_start(&broker, direct_homes, 1);
    return 0;
}

/* Records below the oldest snapshots that count go, now and then, and what was acknowledged stays so. */
static void states_are_pruned(void **state)
{
    (void)state;
    enum { RECORDS = 12, TRIES = 100000 };
    append("one", 0, RECORDS);
    initialize("one", 0, 0);
    start_fetch("m", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 0-11*1 [0-11]; ");
    for (int32_t i = 0; i < RECORDS - 2; i++) {
        start_fetch("m", 1 + i);
        add("one", 0);
        acknowledge(i, i, "1");
        made.request.max_records = 0;
        assert_string_equal(fetch_at_once(), "one/0; ");
    }
    for (int i = 0; i < TRIES && deleted_records() == 0; i++) { /* by the clock of the machine */
        sim_advance(&sim, 1);
        sim_settle(&sim);
    }
    assert_true(deleted_records() > 0);
    const struct share_key key = {kw_string_of("group"), current_topic("one")->id, 0};
    share_partitions_drop(&broker.share_partitions, &key); /* it is loaded again */
    start_fetch("n", 0);
    add("one", 0);
    assert_string_equal(fetch_at_once(), "one/0 10-11*1 [0-11]; ");
}

#define READ_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_read, tear_down_read)

int main(void)
{
    const struct CMUnitTest tests[] = {
        READ_TEST(records_of_several_partitions),
        READ_TEST(exactly_so_many),
        READ_TEST(bytes_of_several_partitions),
        READ_TEST(no_more_bytes_than_the_broker_allows),
        READ_TEST(nothing_is_asked_for),
        READ_TEST(pieces),
        READ_TEST(batches_that_have_something),
        READ_TEST(records_of_transactions),
        READ_TEST(at_the_earliest),
        READ_TEST(at_a_time),
        READ_TEST(until_there_are_enough_bytes),
        READ_TEST(until_records_are_released),
        READ_TEST(locks_that_end_at_once),
        READ_TEST(while_there_is_little_memory),
        READ_TEST(partitions_that_cannot_be_read),
        READ_TEST(partitions_that_are_forgotten),
        READ_TEST(a_member_that_leaves),
        READ_TEST(more_sessions_than_allowed),
        READ_TEST(acknowledgements_of_several_partitions),
        READ_TEST(renewals),
        READ_TEST(renewals_that_fetch),
        READ_TEST(settings_of_the_group),
        READ_TEST(an_answer_for_each_partition),
        cmocka_unit_test_setup_teardown(states_are_pruned, set_up_pruned, tear_down_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
