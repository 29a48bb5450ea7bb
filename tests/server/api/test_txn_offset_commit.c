/* SPDX-License-Identifier: Apache-2.0 */
/* TxnOffsetCommit: offsets that are pending until a marker comes, and what is refused before, in a broker whose
 * directory is in memory. */
#include <kwire/api_keys.h>

#include "api/dispatch.h"
#include "api/handlers.h"

#define CALLER(name)                                               \
    static enum call_outcome call_##name(struct call *call)        \
    {                                                              \
        return handle_##name(call, call->request, call->response); \
    }

CALLER(txn_offset_commit)
CALLER(offset_fetch)
CALLER(write_txn_markers)
CALLER(init_producer_id)
CALLER(end_txn)
CALLER(describe_transactions)

enum { COMMITS, FETCHES, ENDS, INITS, ENDS_TXN, DESCRIBES };

/* The last version is the one that is asked with. */
static struct api apis[] = {
    {KW_KEY_TXN_OFFSET_COMMIT,
     {0, 3},
     &kw_txn_offset_commit_request_message,
     &kw_txn_offset_commit_response_message,
     call_txn_offset_commit},
    {KW_KEY_OFFSET_FETCH,
     {0, 7},
     &kw_offset_fetch_request_message,
     &kw_offset_fetch_response_message,
     call_offset_fetch},
    {KW_KEY_WRITE_TXN_MARKERS,
     {0, 1},
     &kw_write_txn_markers_request_message,
     &kw_write_txn_markers_response_message,
     call_write_txn_markers},
    {KW_KEY_INIT_PRODUCER_ID,
     {0, 4},
     &kw_init_producer_id_request_message,
     &kw_init_producer_id_response_message,
     call_init_producer_id},
    {KW_KEY_END_TXN, {0, 5}, &kw_end_txn_request_message, &kw_end_txn_response_message, call_end_txn},
    {KW_KEY_DESCRIBE_TRANSACTIONS,
     {0, 0},
     &kw_describe_transactions_request_message,
     &kw_describe_transactions_response_message,
     call_describe_transactions},
};

#include "direct_api.h"

enum { PRODUCER = 4000, EPOCH = 3, COORDINATOR_EPOCH = 8, MOST_METADATA = 4096 };

/* ---- requests ---- */

static kw_txn_offset_commit_request request;
static kw_txn_offset_commit_request_topic topic;
static kw_txn_offset_commit_request_partition partition;

/* Offset 42 of partition 0 of topic t, which is the first one. */
static void start_commit(int16_t version)
{
    apis[COMMITS].versions.last = version;
    kw_txn_offset_commit_request_init(&request);
    kw_txn_offset_commit_request_topic_init(&topic);
    kw_txn_offset_commit_request_partition_init(&partition);
    request.transactional_id = kw_string_of("id");
    request.group_id = kw_string_of("g");
    request.producer_id = PRODUCER;
    request.producer_epoch = EPOCH;
    request.topics.items = &topic;
    request.topics.len = 1;
    topic.name = kw_string_of("t");
    topic.topic_id = nth_id(0);
    topic.partitions.items = &partition;
    topic.partitions.len = 1;
    partition.committed_offset = 42;
    partition.committed_leader_epoch = 5;
    partition.committed_metadata = kw_string_of("where");
}

static const char *answer(const char *of_topic, int partition_index, int error)
{
    static char text[256];
    (void)snprintf(text, sizeof text,
                   "{'throttleTimeMs':0,'topics':[{%s,'partitions':[{'partitionIndex':%d,'errorCode':%d}]}]}", of_topic,
                   partition_index, error);
    return text;
}

static void assert_commits(int error)
{
    char name[64];
    (void)snprintf(name, sizeof name, "'name':'%.*s'", (int)topic.name.len, topic.name.data);
    assert_string_equal(ask_api(COMMITS, &request), answer(name, partition.partition_index, error));
}

static int16_t commit_in(int16_t version)
{
    start_commit(version);
    const char *text = ask_api(COMMITS, &request);
    const char *error = strstr(text, "'errorCode':");
    assert_non_null(error);
    return (int16_t)atoi(error + strlen("'errorCode':"));
}

static const char *fetch(bool stable)
{
    static int32_t index = 0;
    static kw_offset_fetch_request_topic asked_topic;
    kw_offset_fetch_request asked_offsets;
    kw_offset_fetch_request_init(&asked_offsets);
    kw_offset_fetch_request_topic_init(&asked_topic);
    asked_topic.name = kw_string_of("t");
    asked_topic.partition_indexes = (kw_int32_array){&index, 1};
    asked_offsets.group_id = kw_string_of("g");
    asked_offsets.topics.items = &asked_topic;
    asked_offsets.topics.len = 1;
    asked_offsets.require_stable = stable;
    return ask_api(FETCHES, &asked_offsets);
}

static void assert_fetched(bool stable, int64_t offset, int error)
{
    char wanted[128];
    const char *text = fetch(stable);
    (void)snprintf(wanted, sizeof wanted, "'committedOffset':%lld,", (long long)offset);
    assert_non_null(strstr(text, wanted));
    (void)snprintf(wanted, sizeof wanted, "'errorCode':%d}]}]", error);
    assert_non_null(strstr(text, wanted));
}

static void end(bool is_commit)
{
    static int32_t index;
    static kw_write_txn_markers_request_writable_txn_marker_topic of_topic;
    static kw_write_txn_markers_request_writable_txn_marker marker;
    kw_write_txn_markers_request asked_end;
    kw_write_txn_markers_request_init(&asked_end);
    kw_write_txn_markers_request_writable_txn_marker_init(&marker);
    kw_write_txn_markers_request_writable_txn_marker_topic_init(&of_topic);
    index = shards_partition_of(&broker.groups, kw_string_of("g"));
    of_topic.name = kw_string_of("__consumer_offsets");
    of_topic.partition_indexes = (kw_int32_array){&index, 1};
    marker.producer_id = PRODUCER;
    marker.producer_epoch = EPOCH;
    marker.coordinator_epoch = COORDINATOR_EPOCH;
    marker.transaction_result = is_commit;
    marker.topics.items = &of_topic;
    marker.topics.len = 1;
    asked_end.markers.items = &marker;
    asked_end.markers.len = 1;
    assert_non_null(strstr(ask_api(ENDS, &asked_end), "'errorCode':0"));
}

/* The coordinator of transactions is not asked. */
static int set_up_offsets(void **state)
{
    if (set_up_apis(state) != 0)
        return -1;
    set_property("transaction.partition.verification.enable", "false");
    create_topic("t", 2);
    create_topic("__consumer_offsets", 4);
    sim_settle(&sim);
    return 0;
}

/* ---- what is committed ---- */

static void pending_until_it_is_committed(void **state)
{
    (void)state;
    assert_int_equal(commit_in(3), KW_ERROR_NONE);
    assert_fetched(false, -1, KW_ERROR_NONE);
    assert_fetched(true, -1, KW_ERROR_UNSTABLE_OFFSET_COMMIT);
    end(true);
    assert_fetched(true, 42, KW_ERROR_NONE);
    assert_non_null(strstr(fetch(true), "'committedLeaderEpoch':5,'metadata':'where'"));
}

static void dropped_when_it_is_aborted(void **state)
{
    (void)state;
    assert_int_equal(commit_in(0), KW_ERROR_NONE);
    end(true);
    assert_int_equal(commit_in(4), KW_ERROR_NONE);
    start_commit(2);
    partition.committed_offset = 50;
    assert_commits(KW_ERROR_NONE);
    end(false);
    assert_fetched(true, 42, KW_ERROR_NONE);
}

static void an_older_epoch(void **state)
{
    (void)state;
    assert_int_equal(commit_in(3), KW_ERROR_NONE);
    end(true);
    start_commit(3);
    request.producer_epoch = EPOCH - 1;
    partition.committed_offset = 50;
    assert_commits(KW_ERROR_INVALID_PRODUCER_EPOCH);
    assert_fetched(true, 42, KW_ERROR_NONE);
}

/* ---- what is refused ---- */

static void topics_that_are_not_there(void **state)
{
    (void)state;
    start_commit(3);
    topic.name = kw_string_of("other");
    assert_commits(KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
    topic.name = kw_string_of("t");
    partition.partition_index = 2;
    request.group_id = kw_string_of(""); /* does not matter, as nothing is left */
    assert_commits(KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
    start_commit(6);
    topic.topic_id = nth_id(9);
    assert_string_equal(ask_api(COMMITS, &request), answer("'topicId':" ID_TEXT("GQ"), 0, KW_ERROR_UNKNOWN_TOPIC_ID));
}

static void no_group_id(void **state)
{
    (void)state;
    start_commit(3);
    request.group_id = kw_string_of("");
    assert_commits(KW_ERROR_INVALID_GROUP_ID);
}

static void metadata_that_is_too_long(void **state)
{
    (void)state;
    static char text[MOST_METADATA + 1];
    memset(text, 'x', sizeof text);
    start_commit(3);
    partition.committed_metadata = (kw_string){text, sizeof text};
    assert_commits(KW_ERROR_OFFSET_METADATA_TOO_LARGE);
    assert_fetched(true, -1, KW_ERROR_NONE);
    partition.committed_metadata.len--;
    assert_commits(KW_ERROR_NONE);
    assert_fetched(true, -1, KW_ERROR_UNSTABLE_OFFSET_COMMIT);
    partition.committed_metadata.len = -1; /* null */
    assert_commits(KW_ERROR_NONE);
}

static void strangers(void **state)
{
    (void)state;
    start_commit(3);
    request.generation_id_or_member_epoch = 1;
    request.member_id = kw_string_of("m");
    assert_commits(KW_ERROR_ILLEGAL_GENERATION);
    request.generation_id_or_member_epoch = -1;
    assert_commits(KW_ERROR_NONE); /* a group that only has offsets */
    request.generation_id_or_member_epoch = 1;
    assert_commits(KW_ERROR_UNKNOWN_MEMBER_ID);
}

static void without_a_coordinator(void **state)
{
    (void)state;
    set_property("transaction.partition.verification.enable", "true");
    assert_int_equal(commit_in(4), KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    set_property("transaction.partition.verification.enable", "false");
    assert_int_equal(commit_in(5), KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    assert_fetched(true, -1, KW_ERROR_NONE);
}

static void a_shard_that_is_not_ready(void **state)
{
    (void)state;
    shards_stop(&broker.groups);
    sim_settle(&sim);
    assert_int_equal(commit_in(3), KW_ERROR_NOT_COORDINATOR);
}

/* ---- with the coordinator of the transaction ---- */

static const char *init_producer(void)
{
    kw_init_producer_id_request asked_id;
    kw_init_producer_id_request_init(&asked_id);
    asked_id.transactional_id = kw_string_of("id");
    asked_id.transaction_timeout_ms = 60000;
    return ask_api(INITS, &asked_id);
}

static int64_t number_after(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    assert_non_null(at);
    return strtoll(at + strlen(name), NULL, 10);
}

/* The producer of "id", as the request's. */
static void start_coordinated(int16_t version, int64_t id, int16_t epoch)
{
    start_commit(version);
    request.producer_id = id;
    request.producer_epoch = epoch;
}

static int set_up_coordinated(void **state)
{
    if (set_up_apis(state) != 0)
        return -1;
    create_topic("t", 2);
    create_topic("__consumer_offsets", 4);
    create_topic("__transaction_state", 4);
    sim_settle(&sim);
    return 0;
}

static const char *end_transaction(int64_t id, int16_t epoch, bool is_commit)
{
    kw_end_txn_request asked_end;
    kw_end_txn_request_init(&asked_end);
    asked_end.transactional_id = kw_string_of("id");
    asked_end.producer_id = id;
    asked_end.producer_epoch = epoch;
    asked_end.committed = is_commit;
    return ask_api(ENDS_TXN, &asked_end);
}

static void the_partition_is_added(void **state)
{
    (void)state;
    const char *text = init_producer();
    int64_t id = number_after(text, "'producerId':");
    char wanted[128];
    kw_string name = kw_string_of("id");
    kw_describe_transactions_request asked_one;
    start_coordinated(4, id, 0);
    assert_commits(KW_ERROR_TRANSACTION_ABORTABLE); /* nothing is added by version 4 */
    start_coordinated(3, id, 0);
    assert_commits(KW_ERROR_INVALID_TXN_STATE);
    start_coordinated(5, id, 0);
    assert_commits(KW_ERROR_NONE);
    kw_describe_transactions_request_init(&asked_one);
    asked_one.transactional_ids = (kw_string_array){&name, 1};
    (void)snprintf(wanted, sizeof wanted, "'topics':[{'topic':'__consumer_offsets','partitions':[%d]}]",
                   (int)shards_partition_of(&broker.groups, kw_string_of("g")));
    assert_non_null(strstr(ask_api(DESCRIBES, &asked_one), wanted));
    start_coordinated(3, id, 0);
    assert_commits(KW_ERROR_NONE); /* it is part of the transaction now */
    assert_fetched(true, -1, KW_ERROR_UNSTABLE_OFFSET_COMMIT);
    assert_non_null(strstr(end_transaction(id, 0, true), "'errorCode':0"));
    sim_settle(&sim);
    assert_fetched(true, 42, KW_ERROR_NONE);
}

static void other_producers(void **state)
{
    (void)state;
    int64_t id = number_after(init_producer(), "'producerId':");
    start_coordinated(5, id, 1);
    assert_commits(KW_ERROR_INVALID_PRODUCER_EPOCH);
    start_coordinated(5, id + 1, 0);
    assert_commits(KW_ERROR_INVALID_PRODUCER_ID_MAPPING);
    start_coordinated(5, id, 0);
    request.transactional_id = kw_string_of("other");
    assert_commits(KW_ERROR_INVALID_PRODUCER_ID_MAPPING);
    assert_fetched(true, -1, KW_ERROR_NONE);
}

/* A group that is not there, a member that is not: known by their errors from version 6 on. */
static void errors_of_versions(void **state)
{
    (void)state;
    int64_t id = number_after(init_producer(), "'producerId':");
    start_coordinated(5, id, 0);
    request.generation_id_or_member_epoch = 1;
    request.member_id = kw_string_of("m");
    assert_commits(KW_ERROR_ILLEGAL_GENERATION);
    apis[COMMITS].versions.last = 6;
    assert_string_equal(ask_api(COMMITS, &request), answer("'topicId':" ID_TEXT("EA"), 0, KW_ERROR_GROUP_ID_NOT_FOUND));
}

/* ---- memory ---- */

static void memory_is_short(void **state)
{
    size_t refused = 0;
    (void)state;
    int64_t id = number_after(init_producer(), "'producerId':");
    start_coordinated(5, id, 0);
    for (size_t memory = 0;; memory += 8, refused++) {
        assert_true(memory < 1 << 16);
        sim_client_finish(&peer);
        start_peer(memory);
        if (send_to(COMMITS, &request) == EXCHANGE_PENDING)
            sim_settle(&sim);
        if (peer.outcome == EXCHANGE_ANSWERED)
            break;
        assert_int_equal(peer.outcome, EXCHANGE_CLOSE);
    }
    assert_true(refused > 10);
    assert_string_equal(take(COMMITS), answer("'name':'t'", 0, KW_ERROR_NONE));
    sim_client_finish(&peer);
    start_peer(ARENA_LIMIT);
    assert_fetched(true, -1, KW_ERROR_UNSTABLE_OFFSET_COMMIT);
}

#define OFFSETS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_offsets, tear_down_apis)
#define COORDINATED_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_coordinated, tear_down_apis)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFSETS_TEST(pending_until_it_is_committed),
        OFFSETS_TEST(dropped_when_it_is_aborted),
        OFFSETS_TEST(an_older_epoch),
        OFFSETS_TEST(topics_that_are_not_there),
        OFFSETS_TEST(no_group_id),
        OFFSETS_TEST(metadata_that_is_too_long),
        OFFSETS_TEST(strangers),
        OFFSETS_TEST(without_a_coordinator),
        OFFSETS_TEST(a_shard_that_is_not_ready),
        COORDINATED_TEST(the_partition_is_added),
        COORDINATED_TEST(other_producers),
        COORDINATED_TEST(errors_of_versions),
        COORDINATED_TEST(memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
