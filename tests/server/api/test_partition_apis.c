/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_partition_apis FOLDER   in which it makes a data directory of its own
 *
 * OffsetForLeaderEpoch, DeleteRecords, DescribeProducers and InitProducerId through dispatch, on the executor of the
 * tests: requests as structs, responses as JSON. More cases are in tests/broker/partition_answers.txt. */
#include "topic_broker.h"

#include "api/topic_names.h"
#include "log/log_append.h"
#include "log/log_size.h"

#include "written_nowhere.h"

/* ---- records ---- */

static void note_done(struct log_append *append)
{
    (void)append;
}

static void append(int32_t partition, int32_t leader_epoch, int32_t count, int64_t producer_id)
{
    static uint8_t bytes[1000];
    struct append_batch batch;
    size_t size = put_batch(bytes, (made_batch){.count = count, .timestamp = 100, .producer_id = producer_id});
    memcpy(batch.header, bytes, sizeof batch.header);
    batch.records = kw_bytes_of(bytes + sizeof batch.header, size - sizeof batch.header);
    struct log_append one = {.batches = &batch, .count = 1, .leader_epoch = leader_epoch, .done = note_done};
    assert_true(log_append(log_of(partition), &one));
    assert_int_equal(one.error, KW_ERROR_NONE);
}

/* ---- OffsetForLeaderEpoch ---- */

typedef kw_offset_for_leader_epoch_request_offset_for_leader_partition epoch_partition;

static kw_offset_for_leader_epoch_request epoch_request(epoch_partition *partitions, int32_t count)
{
    static kw_offset_for_leader_epoch_request_offset_for_leader_topic topics[2];
    kw_offset_for_leader_epoch_request request;
    kw_offset_for_leader_epoch_request_init(&request);
    for (int i = 0; i < 2; i++)
        kw_offset_for_leader_epoch_request_offset_for_leader_topic_init(&topics[i]);
    topics[0].topic = kw_string_of("t");
    topics[0].partitions.items = partitions;
    topics[0].partitions.len = count;
    topics[1].topic = kw_string_of("u");
    topics[1].partitions.items = partitions;
    topics[1].partitions.len = 1;
    request.topics.items = topics;
    request.topics.len = 2;
    return request;
}

static epoch_partition epoch_of(int32_t partition, int32_t current, int32_t epoch)
{
    epoch_partition p;
    kw_offset_for_leader_epoch_request_offset_for_leader_partition_init(&p);
    p.partition = partition;
    p.current_leader_epoch = current;
    p.leader_epoch = epoch;
    return p;
}

static void ends_of_epochs(void **state)
{
    (void)state;
    epoch_partition p[] = {epoch_of(0, -1, 2),  epoch_of(0, -1, 3), epoch_of(0, 0, 5), epoch_of(0, -1, -1),
                           epoch_of(0, -1, -7), epoch_of(9, -1, 5), epoch_of(0, 1, 5), epoch_of(0, -2, 5)};
    append(0, 2, 3, -1);
    append(0, 5, 4, -1);
    const kw_offset_for_leader_epoch_request request = epoch_request(p, 8);
    static const char expected[] =
        "{'throttleTimeMs':0,'topics':[{'topic':'t','partitions':["
        "{'errorCode':0,'partition':0,'leaderEpoch':2,'endOffset':3},"
        "{'errorCode':0,'partition':0,'leaderEpoch':2,'endOffset':3},"
        "{'errorCode':0,'partition':0,'leaderEpoch':5,'endOffset':7},"
        "{'errorCode':0,'partition':0,'leaderEpoch':-1,'endOffset':-1},"
        "{'errorCode':0,'partition':0,'leaderEpoch':-7,'endOffset':0},"
        "{'errorCode':3,'partition':9,'leaderEpoch':-1,'endOffset':-1},"
        "{'errorCode':75,'partition':0,'leaderEpoch':-1,'endOffset':-1},"
        "{'errorCode':74,'partition':0,'leaderEpoch':-1,'endOffset':-1}]},"
        "{'topic':'u','partitions':[{'errorCode':3,'partition':0,'leaderEpoch':-1,'endOffset':-1}]}]}";
    assert_string_equal(ask(KW_KEY_OFFSET_FOR_LEADER_EPOCH, 4, &request), expected);
    assert_string_equal(ask_while_memory_is_short(KW_KEY_OFFSET_FOR_LEADER_EPOCH, 4, &request), expected);
}

static void epochs_of_a_log_that_is_not_open(void **state)
{
    (void)state;
    append(1, 0, 3, -1);
    log_manager_close(&broker.logs);
    assert_true(log_dir_open(root, -1, &broker.logs, &broker.identity));
    epoch_partition p = epoch_of(1, -1, 0);
    kw_offset_for_leader_epoch_request request = epoch_request(&p, 1);
    request.topics.len = 1;
    assert_int_equal(sim_client_send(&client, request_frame(KW_KEY_OFFSET_FOR_LEADER_EPOCH, 0, &request)),
                     EXCHANGE_PENDING);
    sim_settle(&sim);
    assert_string_equal(take_json(KW_KEY_OFFSET_FOR_LEADER_EPOCH, 0),
                        "{'topics':[{'topic':'t','partitions':[{'errorCode':0,'partition':1,'endOffset':3}]}]}");
}

/* ---- DeleteRecords ---- */

typedef kw_delete_records_request_partition delete_partition;

static const char *delete_records(const delete_partition *partitions, int32_t count, bool short_of_memory)
{
    delete_partition copy[8];
    kw_delete_records_request_topic topics[2];
    kw_delete_records_request request;
    memcpy(copy, partitions, (size_t)count * sizeof *copy);
    kw_delete_records_request_init(&request);
    for (int i = 0; i < 2; i++)
        kw_delete_records_request_topic_init(&topics[i]);
    topics[0].name = kw_string_of("t");
    topics[0].partitions.items = copy;
    topics[0].partitions.len = count;
    topics[1].name = kw_string_of("u");
    topics[1].partitions.items = copy;
    topics[1].partitions.len = 1;
    request.topics.items = topics;
    request.topics.len = 2;
    return short_of_memory ? ask_while_memory_is_short(KW_KEY_DELETE_RECORDS, 2, &request)
                           : ask(KW_KEY_DELETE_RECORDS, 2, &request);
}

#define UNKNOWN "{'name':'u','partitions':[{'partitionIndex':0,'lowWatermark':-1,'errorCode':3}]}]}"

static void records_are_deleted(void **state)
{
    (void)state;
    const delete_partition two[] = {{.partition_index = 0, .offset = 99},
                                    {.partition_index = 1, .offset = -1},
                                    {.partition_index = 0, .offset = 2},
                                    {.partition_index = 2, .offset = 1}};
    append(0, 0, 3, -1);
    append(1, 0, 4, -1);
    static const char expected[] = "{'throttleTimeMs':0,'topics':[{'name':'t','partitions':["
                                   "{'partitionIndex':0,'lowWatermark':2,'errorCode':0},"
                                   "{'partitionIndex':1,'lowWatermark':4,'errorCode':0},"
                                   "{'partitionIndex':2,'lowWatermark':-1,'errorCode':1}]}," UNKNOWN;
    assert_string_equal(delete_records(two, 4, false), expected);
    assert_string_equal(delete_records(two, 4, true), expected);
    struct log_snapshot snapshot;
    assert_int_equal(partition_log_acquire(log_of(0), false, &snapshot), KW_ERROR_NONE);
    assert_int_equal(snapshot.log_start_offset, 2);
    log_snapshot_release(&snapshot);
}

static void records_that_stay(void **state)
{
    (void)state;
    const delete_partition one[] = {{.partition_index = 0, .offset = 1}},
                           odd[] = {{.partition_index = 0, .offset = -2}};
    append(0, 0, 3, -1);
    config.compact = true;
    config.delete = false;
    assert_string_equal(delete_records(one, 1, false),
                        "{'throttleTimeMs':0,'topics':[{'name':'t','partitions':["
                        "{'partitionIndex':0,'lowWatermark':-1,'errorCode':44}]}," UNKNOWN);
    config.delete = true;
    assert_string_equal(delete_records(odd, 1, false),
                        "{'throttleTimeMs':0,'topics':[{'name':'t','partitions':["
                        "{'partitionIndex':0,'lowWatermark':-1,'errorCode':1}]}," UNKNOWN);
    partition_log_configure(log_of(0), NULL);
    assert_string_equal(delete_records(one, 1, false),
                        "{'throttleTimeMs':0,'topics':[{'name':'t','partitions':["
                        "{'partitionIndex':0,'lowWatermark':-1,'errorCode':29}]}," UNKNOWN);
}

/* ---- DescribeLogDirs ---- */

/* `topics` names each of t and u once, with these partitions. */
static const char *describe_log_dirs(int16_t version, const int32_t *partitions, int32_t count, bool short_of_memory)
{
    int32_t copy[8];
    kw_describe_log_dirs_request_describable_log_dir_topic topics[2];
    kw_describe_log_dirs_request request;
    kw_describe_log_dirs_request_init(&request);
    request.topics.items = topics;
    request.topics.len = partitions != NULL ? 2 : -1;
    for (int i = 0; i < 2; i++) {
        kw_describe_log_dirs_request_describable_log_dir_topic_init(&topics[i]);
        topics[i].topic = kw_string_of(i == 0 ? "t" : "u");
        topics[i].partitions = (kw_int32_array){copy, count};
    }
    if (partitions != NULL)
        memcpy(copy, partitions, (size_t)count * sizeof *copy);
    return short_of_memory ? ask_while_memory_is_short(KW_KEY_DESCRIBE_LOG_DIRS, version, &request)
                           : ask(KW_KEY_DESCRIBE_LOG_DIRS, version, &request);
}

static const char *with_root(const char *format)
{
    static char text[8192];
    (void)snprintf(text, sizeof text, format, root);
    return text;
}

#define DIRS(error) "{'throttleTimeMs':0,'results':[{'errorCode':" error ",'logDir':'%s','topics':["
#define LOG(partition, size, lag) \
    "{'partitionIndex':" partition ",'partitionSize':" size ",'offsetLag':" lag ",'isFutureKey':false}"

static void log_dirs_are_described(void **state)
{
    static const int32_t some[] = {2, 1, 7, 2, -1}, none[1] = {0};
    (void)state;
    append(1, 0, 3, -1);
    char one[16], expected[8192];
    struct log_snapshot snapshot;
    assert_int_equal(partition_log_acquire(log_of(1), false, &snapshot), KW_ERROR_NONE);
    (void)snprintf(one, sizeof one, "%zu", snapshot.active_size);
    assert_true(snapshot.active_size > 61);
    log_snapshot_release(&snapshot);
    (void)snprintf(expected, sizeof expected,
                   DIRS("0") "{'name':'t','partitions':[" LOG("0", "0", "0") "," LOG("1", "%s", "0") "," LOG(
                       "2", "0", "0") "]}]}]}",
                   root, one);
    assert_string_equal(describe_log_dirs(1, NULL, 0, false), expected);
    (void)snprintf(expected, sizeof expected,
                   DIRS("0") "{'name':'t','partitions':[" LOG("1", "%s", "0") "," LOG("2", "0", "0") "]}]}]}", root,
                   one);
    assert_string_equal(describe_log_dirs(0, some, 5, false), expected);
    assert_string_equal(describe_log_dirs(1, some, 5, true), expected);
    assert_string_equal(describe_log_dirs(1, none, 0, false), with_root(DIRS("0") "]}]}"));
}

/* All segments count, not only the last one. */
static void log_dirs_with_more_than_one_segment(void **state)
{
    char expected[8192];
    (void)state;
    config.segment_bytes = 100;
    size_t total = 0;
    for (int i = 0; i < 3; i++) {
        struct log_snapshot snapshot;
        append(0, 0, 3, -1);
        assert_int_equal(partition_log_acquire(log_of(0), false, &snapshot), KW_ERROR_NONE);
        assert_int_equal(snapshot.contents->segment_count, i + 1);
        total += snapshot.active_size;
        assert_int_equal(log_size(&snapshot), total);
        assert_int_equal(log_folder_size(log_of(0)->folder), total);
        log_snapshot_release(&snapshot);
    }
    (void)snprintf(expected, sizeof expected, DIRS("0") "{'name':'t','partitions':[" LOG("0", "%zu", "0") "]}]}]}",
                   root, total);
    static const int32_t first[] = {0};
    assert_string_equal(describe_log_dirs(1, first, 1, false), expected);
}

static void log_dirs_that_are_offline(void **state)
{
    (void)state;
    atomic_store(&broker.logs.dirs[0]->is_offline, true);
    assert_string_equal(describe_log_dirs(1, NULL, 0, false), with_root(DIRS("56") "]}]}"));
    atomic_store(&broker.logs.dirs[0]->is_offline, false);
}

/* A replica that Kafka was moving from another directory. */
static void log_dirs_with_a_future_replica(void **state)
{
    (void)state;
    static const int32_t second[] = {1};
    const struct partition_log what = {
        .topic = kw_string_of("t"), .partition = 1, .is_future = true, .start_offset = -1};
    char folder[KW_PATH_SIZE], expected[8192];
    struct log_snapshot snapshot;
    append(1, 0, 3, -1);
    assert_int_equal(partition_log_acquire(log_of(1), false, &snapshot), KW_ERROR_NONE);
    assert_status(path_join(folder, root, kw_string_of("t-1.0123456789abcdef0123456789abcdef-future")), KW_OK);
    assert_true(folder_create(folder));
    struct managed_log *future = managed_log_create(&what, folder, &broker.logs.cache);
    assert_non_null(future);
    future->log.dir = broker.logs.dirs[0];
    broker.logs.futures = &future;
    broker.logs.future_count = 1;
    (void)snprintf(expected, sizeof expected,
                   DIRS("0") "{'name':'t','partitions':[" LOG(
                       "1", "%zu", "0") ","
                                        "{'partitionIndex':1,'partitionSize':0,'offsetLag':3,'isFutureKey':true}]}]}]}",
                   root, snapshot.active_size);
    log_snapshot_release(&snapshot);
    assert_string_equal(describe_log_dirs(1, second, 1, false), expected);
    assert_string_equal(describe_log_dirs(1, second, 1, true), expected);
    broker.logs.futures = NULL;
    broker.logs.future_count = 0;
    log_release(&future->log);
}

/* ---- DescribeProducers ---- */

static void producers_are_described(void **state)
{
    (void)state;
    int32_t indexes[] = {0, 1, 7};
    kw_describe_producers_request_topic_request topics[3];
    kw_describe_producers_request request;
    kw_describe_producers_request_init(&request);
    for (int i = 0; i < 3; i++) {
        kw_describe_producers_request_topic_request_init(&topics[i]);
        topics[i].partition_indexes.items = indexes;
        topics[i].partition_indexes.len = i == 0 ? 3 : 1;
    }
    topics[0].name = kw_string_of("t");
    topics[1].name = kw_string_of("u");
    topics[2].name = kw_string_of("v/w");
    request.topics.items = topics;
    request.topics.len = 3;
    append(0, 0, 3, 55);
    append(0, 0, 1, -1);
    static const char expected[] =
        "{'throttleTimeMs':0,'topics':[{'name':'t','partitions':["
        "{'partitionIndex':0,'errorCode':0,'errorMessage':null,'activeProducers':[{'producerId':55,'producerEpoch':0,"
        "'lastSequence':2,'lastTimestamp':102,'coordinatorEpoch':-1,'currentTxnStartOffset':-1}]},"
        "{'partitionIndex':1,'errorCode':0,'errorMessage':null,'activeProducers':[]},"
        "{'partitionIndex':7,'errorCode':3,'errorMessage':null,'activeProducers':[]}]},"
        "{'name':'u','partitions':[{'partitionIndex':0,'errorCode':3,"
        "'errorMessage':'This server does not host this topic-partition.','activeProducers':[]}]},"
        "{'name':'v/w','partitions':[{'partitionIndex':0,'errorCode':17,'errorMessage':'Topic name is invalid: "
        "'v/w' contains one or more characters other than ASCII alphanumerics, '.', '_' and "
        "'-'','activeProducers':[]}]}]}";
    assert_string_equal(ask(KW_KEY_DESCRIBE_PRODUCERS, 0, &request), expected);
    partition_log_configure(log_of(0), NULL); /* only read from now on */
    assert_string_equal(ask(KW_KEY_DESCRIBE_PRODUCERS, 0, &request), expected);
}

/* Its logs are not there, as far as clients can see. */
static void directory_that_is_offline(void **state)
{
    (void)state;
    int32_t index = 0;
    const delete_partition one[] = {{.partition_index = 0, .offset = 1}};
    epoch_partition epoch = epoch_of(0, -1, 0);
    kw_offset_for_leader_epoch_request epochs = epoch_request(&epoch, 1);
    kw_describe_producers_request_topic_request topic;
    kw_describe_producers_request request;
    kw_describe_producers_request_init(&request);
    kw_describe_producers_request_topic_request_init(&topic);
    topic.name = kw_string_of("t");
    topic.partition_indexes = (kw_int32_array){&index, 1};
    request.topics.items = &topic;
    request.topics.len = epochs.topics.len = 1;
    append(0, 0, 3, -1);
    atomic_store(&log_of(0)->is_offline, true);
    atomic_store(&broker.logs.dirs[0]->is_offline, true);
    assert_string_equal(delete_records(one, 1, false),
                        "{'throttleTimeMs':0,'topics':[{'name':'t','partitions':["
                        "{'partitionIndex':0,'lowWatermark':-1,'errorCode':56}]}," UNKNOWN);
    assert_string_equal(ask(KW_KEY_DESCRIBE_PRODUCERS, 0, &request),
                        "{'throttleTimeMs':0,'topics':[{'name':'t','partitions':["
                        "{'partitionIndex':0,'errorCode':56,'errorMessage':null,'activeProducers':[]}]}]}");
    assert_string_equal(ask(KW_KEY_OFFSET_FOR_LEADER_EPOCH, 4, &epochs),
                        "{'throttleTimeMs':0,'topics':[{'topic':'t','partitions':["
                        "{'errorCode':56,'partition':0,'leaderEpoch':-1,'endOffset':-1}]}]}");
    atomic_store(&broker.logs.dirs[0]->is_offline, false);
    atomic_store(&log_of(0)->is_offline, false);
}

static void names_of_topics(void **state)
{
    (void)state;
    char longest[251], text[400];
    memset(longest, 'x', sizeof longest);
    longest[250] = '\0';
    (void)snprintf(text, sizeof text,
                   "Topic name is invalid: the length of '%s' is longer than the max allowed length 249", longest);
    static const char empty[] = "Topic name is invalid: the empty string is not allowed";
    const struct {
        const char *name, *problem;
    } cases[] = {{"a.b_c-d", NULL},
                 {"...", NULL},
                 {"", empty},
                 {".", "Topic name is invalid: '.' is not allowed"},
                 {"..", "Topic name is invalid: '..' is not allowed"},
                 {longest, text},
                 {"a b", "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, "
                         "'.', '_' and '-'"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_string problem = topic_name_problem(kw_string_of(cases[i].name), &arena);
        assert_true(kw_string_equal(problem, kw_string_of(cases[i].problem)));
    }
    kw_arena none;
    kw_arena_init(&none, NULL, 0);
    assert_non_null(topic_name_problem(kw_string_of("a b"), &none).data);
    assert_string_equal(topic_name_problem(kw_string_of(NULL), &none).data, empty);
}

/* ---- InitProducerId ---- */

/* A controller whose image has this broker, and ids up to `next` given away. */
static void start_giving(int64_t next)
{
    const struct metadata_broker self = {.id = 1, .epoch = 44};
    const struct metadata_parts parts = {.brokers = &self, .broker_count = 1, .next_producer_id = next};
    struct metadata_image *image = metadata_image_create(&parts);
    assert_non_null(image);
    start_controller(&broker, &sim.executor, image);
    metadata_image_release(image);
}

static kw_init_producer_id_request producer_request(const char *transactional_id, int32_t timeout_ms, int64_t id,
                                                    int16_t epoch)
{
    kw_init_producer_id_request request;
    kw_init_producer_id_request_init(&request);
    request.transactional_id = kw_string_of(transactional_id);
    request.transaction_timeout_ms = timeout_ms;
    request.producer_id = id;
    request.producer_epoch = epoch;
    return request;
}

static const char *init_producer(const kw_init_producer_id_request *request)
{
    return ask(KW_KEY_INIT_PRODUCER_ID, 4, request);
}

#define GIVEN(id) "{'throttleTimeMs':0,'errorCode':0,'producerId':" id ",'producerEpoch':0}"
#define REFUSED(error) "{'throttleTimeMs':0,'errorCode':" error ",'producerId':-1,'producerEpoch':-1}"

static void ids_are_given_away_once(void **state)
{
    (void)state;
    const kw_init_producer_id_request request = producer_request(NULL, 1000, -1, -1);
    const kw_init_producer_id_request had_one = producer_request(NULL, 1000, 5, 3);
    start_giving(3000);
    assert_string_equal(init_producer(&request), GIVEN("3000"));
    assert_int_equal(broker.metadata.current->parts.next_producer_id, 4000);
    assert_string_equal(init_producer(&had_one), GIVEN("3001"));
    assert_int_equal(metadata.appends, 1);
    assert_int_equal(metadata.records, 1);
    for (int i = 2; i < PRODUCER_ID_BLOCK; i++)
        (void)init_producer(&request);
    assert_int_equal(metadata.appends, 1);
    assert_string_equal(init_producer(&request), GIVEN("4000"));
    assert_int_equal(metadata.appends, 2);
    memset(&broker.producer_ids, 0, sizeof broker.producer_ids); /* as after a start */
    assert_string_equal(init_producer(&request), GIVEN("5000"));
    stop_controller();
}

/* A block that is not on the disk is not used, and the next one is another. */
static void ids_that_could_not_be_reserved(void **state)
{
    (void)state;
    const kw_init_producer_id_request request = producer_request(NULL, 1000, -1, -1);
    start_giving(0);
    metadata.outcome = NOT_APPENDED;
    assert_string_equal(init_producer(&request), REFUSED("14"));
    assert_string_equal(init_producer(&request), REFUSED("14"));
    metadata.outcome = APPENDED;
    assert_string_equal(init_producer(&request), GIVEN("0"));
    assert_string_equal(init_producer(&request), GIVEN("1"));
    stop_controller();
    start_giving(INT64_MAX - 999);
    memset(&broker.producer_ids, 0, sizeof broker.producer_ids);
    assert_string_equal(init_producer(&request), REFUSED("-1")); /* there are no more */
    stop_controller();
    assert_string_equal(init_producer(&request), REFUSED("31")); /* nothing can be changed */
}

/* Before this node is a broker. */
static void ids_need_a_broker(void **state)
{
    (void)state;
    const kw_init_producer_id_request request = producer_request(NULL, 1000, -1, -1);
    const struct metadata_parts nobody = {.epoch = -1};
    struct metadata_image *image = metadata_image_create(&nobody);
    assert_non_null(image);
    start_controller(&broker, &sim.executor, image);
    metadata_image_release(image);
    assert_string_equal(init_producer(&request), REFUSED("14"));
    assert_int_equal(metadata.appends, 0);
    stop_controller();
}

static void producers_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *transactional_id;
        int32_t timeout_ms;
        int64_t id;
        int16_t epoch;
        const char *response;
    } cases[] = {
        {NULL, 0, 5, -1, REFUSED("42")}, {NULL, 0, -1, 3, REFUSED("42")},      {"", 1000, -1, -1, REFUSED("42")},
        {"t", 0, -1, -1, REFUSED("50")}, {"t", 900001, -1, -1, REFUSED("50")}, {"t", 0, 5, -1, REFUSED("42")},
    };
    start_giving(0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const kw_init_producer_id_request request =
            producer_request(cases[i].transactional_id, cases[i].timeout_ms, cases[i].id, cases[i].epoch);
        assert_string_equal(init_producer(&request), cases[i].response);
    }
    assert_int_equal(metadata.appends, 0);
    stop_controller();
}

/* ---- fetch sessions ---- */

enum { FETCH_VERSION = 12 };

static kw_bytes frame_of_fetch(int16_t version, int32_t session, int32_t epoch, int32_t partitions, int32_t max_wait_ms)
{
    kw_fetch_request_partition items[PARTITIONS];
    kw_fetch_request_topic topic;
    kw_fetch_request request;
    kw_fetch_request_init(&request);
    kw_fetch_request_topic_init(&topic);
    for (int32_t i = 0; i < partitions; i++) {
        kw_fetch_request_partition_init(&items[i]);
        items[i].partition = i;
        items[i].partition_max_bytes = 1 << 20;
    }
    topic.topic = kw_string_of("t");
    topic.topic_id.bytes[15] = 1; /* TOPIC_ID_FILE */
    topic.partitions.items = items;
    topic.partitions.len = partitions;
    request.topics.items = &topic;
    request.topics.len = partitions > 0;
    request.session_id = session;
    request.session_epoch = epoch;
    request.max_bytes = 1 << 20;
    request.min_bytes = 1;
    request.max_wait_ms = max_wait_ms;
    return request_frame(KW_KEY_FETCH, version, &request);
}

static kw_bytes fetch_frame(int32_t session, int32_t epoch, int32_t partitions, int32_t max_wait_ms)
{
    return frame_of_fetch(FETCH_VERSION, session, epoch, partitions, max_wait_ms);
}

static int32_t session_in(const char *response)
{
    const char *at = strstr(response, "'sessionId':");
    assert_non_null(at);
    return (int32_t)strtol(at + strlen("'sessionId':"), NULL, 10);
}

static int32_t start_session(int32_t partitions)
{
    if (sim_client_send(&client, fetch_frame(0, 0, partitions, 0)) == EXCHANGE_PENDING)
        sim_settle(&sim);
    int32_t id = session_in(take_json(KW_KEY_FETCH, FETCH_VERSION));
    assert_true(id > 0);
    return id;
}

static void sessions_wait_for_news(void **state)
{
    (void)state;
    char expected[100];
    assert_true(fetch_sessions_init(&broker.fetch_sessions, 16, 100));
    int32_t id = start_session(3);
    assert_int_equal(sim_client_send(&client, fetch_frame(id, 1, 0, 500)), EXCHANGE_PENDING);
    append(1, 0, 2, -1);
    sim_settle(&sim);
    const char *response = take_json(KW_KEY_FETCH, FETCH_VERSION);
    assert_int_equal(session_in(response), id);
    assert_non_null(strstr(response, "'partitionIndex':1,'errorCode':0,'highWatermark':2,"));
    assert_null(strstr(response, "'partitionIndex':0"));
    assert_null(strstr(response, "'partitionIndex':2"));
    assert_int_equal(fetch_sessions_count(&broker.fetch_sessions), 1);
    fetch_sessions_finish(&broker.fetch_sessions);

    assert_true(fetch_sessions_init(&broker.fetch_sessions, 16, 100));
    id = start_session(1);
    assert_int_equal(sim_client_send(&client, fetch_frame(id, 1, 0, 500)), EXCHANGE_PENDING);
    sim_advance(&sim, 500);
    (void)snprintf(expected, sizeof expected, "{'throttleTimeMs':0,'errorCode':0,'sessionId':%d,'responses':[]}",
                   (int)id);
    assert_string_equal(take_json(KW_KEY_FETCH, FETCH_VERSION), expected);
    fetch_sessions_finish(&broker.fetch_sessions);
}

/* A second request, on another connection, while the first one waits. */
static void sessions_have_one_request(void **state)
{
    (void)state;
    struct sim_client other;
    char expected[100];
    assert_true(fetch_sessions_init(&broker.fetch_sessions, 16, 100));
    int32_t id = start_session(1);
    assert_int_equal(sim_client_send(&client, fetch_frame(id, 1, 0, 500)), EXCHANGE_PENDING);
    sim_client_init(&other, &sim, &service, ARENA_LIMIT);
    assert_int_equal(sim_client_send(&other, fetch_frame(id, 2, 0, 0)), EXCHANGE_ANSWERED);
    sim_client_finish(&other);
    sim_advance(&sim, 500);
    (void)snprintf(expected, sizeof expected, "{'throttleTimeMs':0,'errorCode':71,'sessionId':%d,'responses':[]}",
                   (int)id);
    assert_string_equal(take_json(KW_KEY_FETCH, FETCH_VERSION), expected);
    fetch_sessions_finish(&broker.fetch_sessions);
}

static const kw_fetch_response *fetch_in_session(int16_t version, int32_t session, int32_t epoch)
{
    kw_bytes frame = frame_of_fetch(version, session, epoch, epoch == 0 ? 2 : 0, 0);
    if (sim_client_send(&client, frame) == EXCHANGE_PENDING)
        sim_settle(&sim);
    return take_response(KW_KEY_FETCH, version);
}

/* Topics have ids in them from version 13 on, and who changes that has to start again. */
static void sessions_of_each_version(void **state)
{
    (void)state;
    enum { FIRST = 7, FIRST_BY_ID = 13, NEWEST = 18 };
    assert_true(fetch_sessions_init(&broker.fetch_sessions, 100, 100));
    for (int16_t version = FIRST; version <= NEWEST; version++) {
        const kw_fetch_response *response = fetch_in_session(version, 0, 0);
        int32_t id = response->session_id;
        assert_true(id > 0);
        assert_int_equal(response->responses.len, 1);
        assert_int_equal(response->responses.items[0].partitions.len, 2);
        assert_int_equal(response->responses.items[0].partitions.items[1].error_code, KW_ERROR_NONE);
        response = fetch_in_session(version, id, 1);
        assert_int_equal(response->error_code, KW_ERROR_NONE);
        assert_int_equal(response->session_id, id);
        assert_int_equal(response->responses.len, 0);
        response = fetch_in_session(version < FIRST_BY_ID ? FIRST_BY_ID : FIRST_BY_ID - 1, id, 2);
        assert_int_equal(response->error_code, KW_ERROR_FETCH_SESSION_TOPIC_ID_ERROR);
        assert_int_equal(response->session_id, 0);
    }
    fetch_sessions_finish(&broker.fetch_sessions);
}

/* Without sessions a client asks in full. */
static void no_sessions(void **state)
{
    (void)state;
    if (sim_client_send(&client, fetch_frame(0, 0, 1, 0)) == EXCHANGE_PENDING)
        sim_settle(&sim);
    assert_int_equal(session_in(take_json(KW_KEY_FETCH, FETCH_VERSION)), 0);
    assert_int_equal(sim_client_send(&client, fetch_frame(5, 1, 1, 0)), EXCHANGE_ANSWERED);
    assert_string_equal(take_json(KW_KEY_FETCH, FETCH_VERSION),
                        "{'throttleTimeMs':0,'errorCode':70,'sessionId':0,'responses':[]}");
}

int main(int argc, char **argv)
{
#define API_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        API_TEST(ends_of_epochs),
        API_TEST(epochs_of_a_log_that_is_not_open),
        API_TEST(records_are_deleted),
        API_TEST(records_that_stay),
        API_TEST(log_dirs_are_described),
        API_TEST(log_dirs_with_more_than_one_segment),
        API_TEST(log_dirs_with_a_future_replica),
        API_TEST(log_dirs_that_are_offline),
        API_TEST(producers_are_described),
        API_TEST(directory_that_is_offline),
        API_TEST(names_of_topics),
        API_TEST(ids_are_given_away_once),
        API_TEST(ids_that_could_not_be_reserved),
        API_TEST(ids_need_a_broker),
        API_TEST(producers_that_are_refused),
        API_TEST(sessions_wait_for_news),
        API_TEST(sessions_have_one_request),
        API_TEST(sessions_of_each_version),
        API_TEST(no_sessions),
    };
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    make_data_dir(argv[1], "partitions");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
