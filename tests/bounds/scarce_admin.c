/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_admin FOLDER   FOLDER is not used: the files are in memory.
 *
 * Requests that change the metadata or the logs while one allocation after the other fails, each time on a new broker.
 * The connection ends, or the answer is right, or it has an error that clients retry and nothing has changed; the same
 * request then leads to what it always leads to; the metadata log has it; and nothing leaks. */
#include "../unit/disk_support.h"

#include <kwire/compression.h>
#include <kwire/messages/config_record.h>

#include "../server/metadata/image_text.h"
#include "../server/support/captured.h"

#include "../server/api/admin_broker.h"

#include "metadata/decide_configs.h"
#include "metadata/load.h"
#include "scarce.h"

enum { MOST_CALLS = 20000, LEADERLESS = 2, STATE = 64 * 1024, ANSWER = 128 * 1024 };

static struct captured captured;

/* ---- requests ---- */

static const void *create_topics(void)
{
    static kw_create_topics_request_creatable_topic_config config;
    static kw_create_topics_request_creatable_topic topic;
    static kw_create_topics_request r;
    kw_create_topics_request_init(&r);
    kw_create_topics_request_creatable_topic_init(&topic);
    kw_create_topics_request_creatable_topic_config_init(&config);
    config.name = kw_string_of("retention.ms");
    config.value = kw_string_of("77");
    topic.name = kw_string_of("a_new.one");
    topic.num_partitions = 2;
    topic.replication_factor = 1;
    topic.configs.items = &config;
    topic.configs.len = 1;
    r.topics.items = &topic;
    r.topics.len = 1;
    return &r;
}

static const void *assigned_topics(void)
{
    static int32_t self[] = {NODE};
    static kw_create_topics_request_creatable_replica_assignment assignment = {.broker_ids = {self, 1}};
    static kw_create_topics_request_creatable_topic topic;
    static kw_create_topics_request r;
    kw_create_topics_request_init(&r);
    kw_create_topics_request_creatable_topic_init(&topic);
    topic.name = kw_string_of("assigned");
    topic.num_partitions = topic.replication_factor = -1;
    topic.assignments.items = &assignment;
    topic.assignments.len = 1;
    r.topics.items = &topic;
    r.topics.len = 1;
    return &r;
}

static const void *delete_topics(void)
{
    static kw_delete_topics_request_delete_topic_state topic;
    static kw_delete_topics_request r;
    kw_delete_topics_request_init(&r);
    r.timeout_ms = 60000;
    kw_delete_topics_request_delete_topic_state_init(&topic);
    topic.topic_id = nth_id(0);
    topic.name.len = -1;
    r.topics.items = &topic;
    r.topics.len = 1;
    return &r;
}

static const void *create_partitions(void)
{
    static kw_create_partitions_request_topic topic;
    static kw_create_partitions_request r;
    kw_create_partitions_request_init(&r);
    r.timeout_ms = 60000;
    kw_create_partitions_request_topic_init(&topic);
    topic.name = kw_string_of("t");
    topic.count = 5;
    topic.assignments.len = -1;
    r.topics.items = &topic;
    r.topics.len = 1;
    return &r;
}

static const void *alter_configs(void)
{
    static kw_alter_configs_request_alterable_config config;
    static kw_alter_configs_request_resource resource;
    static kw_alter_configs_request r;
    kw_alter_configs_request_init(&r);
    config = (kw_alter_configs_request_alterable_config){.name = kw_string_of("flush.ms"), .value = kw_string_of("5")};
    resource = (kw_alter_configs_request_resource){
        .resource_type = RESOURCE_TOPIC, .resource_name = kw_string_of("t"), .configs = {&config, 1}};
    r.resources.items = &resource;
    r.resources.len = 1;
    return &r;
}

static const void *incremental_alter_configs(void)
{
    static kw_incremental_alter_configs_request_alterable_config configs[2];
    static kw_incremental_alter_configs_request_alter_configs_resource resource;
    static kw_incremental_alter_configs_request r;
    kw_incremental_alter_configs_request_init(&r);
    configs[0] = (kw_incremental_alter_configs_request_alterable_config){
        .name = kw_string_of("cleanup.policy"), .config_operation = CONFIG_APPEND, .value = kw_string_of("compact")};
    configs[1] = (kw_incremental_alter_configs_request_alterable_config){
        .name = kw_string_of("min.insync.replicas"), .config_operation = CONFIG_SET, .value = kw_string_of("2")};
    resource = (kw_incremental_alter_configs_request_alter_configs_resource){
        .resource_type = RESOURCE_TOPIC, .resource_name = kw_string_of("t"), .configs = {configs, 2}};
    r.resources.items = &resource;
    r.resources.len = 1;
    return &r;
}

/* Of this broker. */
static const void *broker_configs(void)
{
    static kw_incremental_alter_configs_request_alterable_config config;
    static kw_incremental_alter_configs_request_alter_configs_resource resource;
    static kw_incremental_alter_configs_request r;
    kw_incremental_alter_configs_request_init(&r);
    config = (kw_incremental_alter_configs_request_alterable_config){.name = kw_string_of("num.io.threads"),
                                                                     .value = kw_string_of("9")};
    resource = (kw_incremental_alter_configs_request_alter_configs_resource){
        .resource_type = RESOURCE_BROKER, .resource_name = kw_string_of("1"), .configs = {&config, 1}};
    r.resources.items = &resource;
    r.resources.len = 1;
    return &r;
}

static const void *update_features(void)
{
    static kw_update_features_request_feature_update_key update;
    static kw_update_features_request r;
    kw_update_features_request_init(&r);
    update = (kw_update_features_request_feature_update_key){
        .feature = kw_string_of("share.version"), .max_version_level = 1, .upgrade_type = 2};
    r.feature_updates.items = &update;
    r.feature_updates.len = 1;
    return &r;
}

static const void *elect_leaders(void)
{
    static int32_t partitions[] = {LEADERLESS};
    static kw_elect_leaders_request_topic_partitions topic;
    static kw_elect_leaders_request r;
    kw_elect_leaders_request_init(&r);
    topic = (kw_elect_leaders_request_topic_partitions){.topic = kw_string_of("t"), .partitions = {partitions, 1}};
    r.topic_partitions.items = &topic;
    r.topic_partitions.len = 1;
    return &r;
}

static const void *elect_all_leaders(void)
{
    static kw_elect_leaders_request r;
    kw_elect_leaders_request_init(&r);
    r.topic_partitions.len = -1;
    return &r;
}

static const void *reassign(void)
{
    static int32_t replicas[] = {NODE, 9};
    static kw_alter_partition_reassignments_request_reassignable_partition partition;
    static kw_alter_partition_reassignments_request_reassignable_topic topic;
    static kw_alter_partition_reassignments_request r;
    kw_alter_partition_reassignments_request_init(&r);
    partition = (kw_alter_partition_reassignments_request_reassignable_partition){1, {replicas, 2}, NULL};
    topic = (kw_alter_partition_reassignments_request_reassignable_topic){kw_string_of("t"), {&partition, 1}, NULL};
    r.topics.items = &topic;
    r.topics.len = 1;
    return &r;
}

static const void *cancel_reassignment(void)
{
    static kw_alter_partition_reassignments_request_reassignable_partition partition;
    static kw_alter_partition_reassignments_request_reassignable_topic topic;
    static kw_alter_partition_reassignments_request r;
    kw_alter_partition_reassignments_request_init(&r);
    partition = (kw_alter_partition_reassignments_request_reassignable_partition){0, {NULL, -1}, NULL};
    topic = (kw_alter_partition_reassignments_request_reassignable_topic){kw_string_of("t"), {&partition, 1}, NULL};
    r.topics.items = &topic;
    r.topics.len = 1;
    return &r;
}

static const void *list_reassignments(void)
{
    static kw_list_partition_reassignments_request r;
    kw_list_partition_reassignments_request_init(&r);
    r.topics.len = -1;
    return &r;
}

static const void *delete_records(void)
{
    static kw_delete_records_request_partition partition;
    static kw_delete_records_request_topic topic;
    static kw_delete_records_request r;
    kw_delete_records_request_init(&r);
    partition = (kw_delete_records_request_partition){.partition_index = 0, .offset = 2};
    topic = (kw_delete_records_request_topic){.name = kw_string_of("t"), .partitions = {&partition, 1}};
    r.topics.items = &topic;
    r.topics.len = 1;
    return &r;
}

static const void *produce(void)
{
    static uint8_t bytes[1000];
    static kw_produce_request_partition_produce_data partition;
    static kw_produce_request_topic_produce_data topic;
    static kw_produce_request r;
    kw_produce_request_init(&r);
    kw_produce_request_partition_produce_data_init(&partition);
    kw_produce_request_topic_produce_data_init(&topic);
    size_t size = put_batch(bytes, (made_batch){.count = 3, .timestamp = 100, .producer_id = -1});
    partition.records = kw_bytes_of(bytes, size);
    topic.name = kw_string_of("t");
    topic.topic_id = nth_id(0);
    topic.partition_data.items = &partition;
    topic.partition_data.len = 1;
    r.acks = -1;
    r.topic_data.items = &topic;
    r.topic_data.len = 1;
    return &r;
}

static const void *init_producer_id(void)
{
    static kw_init_producer_id_request r;
    kw_init_producer_id_request_init(&r);
    r.transactional_id.len = -1;
    r.producer_id = r.producer_epoch = -1;
    return &r;
}

/* What creates a topic. */
static const void *metadata(void)
{
    static kw_metadata_request_topic topic;
    static kw_metadata_request r;
    kw_metadata_request_init(&r);
    kw_metadata_request_topic_init(&topic);
    topic.name = kw_string_of("asked.for");
    r.topics.items = &topic;
    r.topics.len = 1;
    r.allow_auto_topic_creation = true;
    return &r;
}

/* ---- the state ---- */

/* An image, and where the logs of t start and end. */
static void print_state(char text[STATE], const struct metadata_image *image)
{
    FILE *out = fmemopen(text, STATE, "w");
    assert_non_null(out);
    const struct metadata_topic *t = metadata_topic_by_name(image, kw_string_of("t"));
    for (int32_t i = 0; t != NULL && i < t->partition_count; i++) {
        struct log_snapshot snapshot;
        struct partition_log *log = log_manager_find(&broker.logs, t->name, t->id, t->partitions[i].index);
        if (log == NULL)
            continue;
        int16_t error = partition_log_acquire(log, false, &snapshot);
        assert_int_equal(error, KW_ERROR_NONE);
        fprintf(out, "log %d from %lld to %lld\n", t->partitions[i].index, (long long)snapshot.log_start_offset,
                (long long)snapshot.log_end_offset);
        log_snapshot_release(&snapshot);
        log_release(log);
    }
    print_image(out, image);
    assert_int_equal(fclose(out), 0);
}

static void add_partition(int32_t index, int32_t leader, kw_int32_array adding)
{
    static int32_t both[] = {NODE, 9};
    kw_partition_record p;
    kw_partition_record_init(&p);
    p.topic_id = nth_id(0);
    p.partition_id = index;
    p.replicas = (kw_int32_array){both, adding.len > 0 ? 2 : 1};
    p.isr = (kw_int32_array){both, 1};
    p.adding_replicas = adding;
    p.leader = leader;
    p.leader_epoch = p.partition_epoch = 0;
    add_record(&kw_partition_record_message, 1, &p);
}

/* Records of t are compressed where that is possible. */
static void compress(void)
{
    kw_config_record config;
    kw_config_record_init(&config);
    config.resource_type = RESOURCE_TOPIC;
    config.resource_name = kw_string_of("t");
    config.name = kw_string_of("compression.type");
    config.value = kw_string_of("gzip");
    if (kw_codec_available(KW_CODEC_GZIP))
        add_record(&kw_config_record_message, 0, &config);
}

/* Topic t: partition 0 has three records and is being reassigned, 2 has no leader. Broker 9 is fenced. */
static void prepare(void)
{
    static int32_t nine[] = {9};
    kw_topic_record t;
    kw_topic_record_init(&t);
    t.name = kw_string_of("t");
    t.topic_id = nth_id(0);
    add_broker(9);
    add_record(&kw_topic_record_message, 0, &t);
    add_partition(0, NODE, (kw_int32_array){nine, 1});
    add_partition(1, NODE, (kw_int32_array){NULL, 0});
    add_partition(LEADERLESS, -1, (kw_int32_array){NULL, 0});
    compress();
    assert_non_null(strstr(ask(KW_KEY_PRODUCE, 9, produce()), "'baseOffset':0"));
    append_tools_pool_finish(&broker.append_tools); /* as before the first records */
    next_id = FIRST_ID + 1;
}

/* ---- one request ---- */

struct asked {
    int16_t key;
    int16_t version;
    const void *(*request)(void);
    enum { EXACT, MAY_LOSE_IDS, MAY_DO_NOTHING } kind;
};

static struct {
    char before[STATE];
    char after[STATE];
    char answer[ANSWER];
} right;

static bool send_asked(const struct asked *asked)
{
    kw_bytes frame = request_frame(asked->key, asked->version, asked->request());
    return ask_with_memory(frame, ARENA_LIMIT);
}

static void learn(const struct asked *asked)
{
    prepare();
    print_state(right.before, current_image());
    assert_true(send_asked(asked));
    strcpy(right.answer, take_json(asked->key, asked->version));
    print_state(right.after, current_image());
}

/* KAFKA_STORAGE_ERROR, COORDINATOR_LOAD_IN_PROGRESS. */
static bool is_retried(const char *answer)
{
    return strstr(answer, "'errorCode':56") != NULL || strstr(answer, "'errorCode':14") != NULL;
}

/* True: the allocation was reached. */
static bool fail_once(const struct asked *asked, size_t n)
{
    static char state[STATE];
    prepare();
    print_state(state, current_image());
    assert_string_equal(state, right.before);
    kw_bytes frame = request_frame(asked->key, asked->version, asked->request());
    capture_start(&captured);
    scarce_fail_at(SCARCE_MEMORY, n);
    bool answered = ask_with_memory(frame, ARENA_LIMIT), failed = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    sim_advance(&sim, 60000); /* a log that could not be made is made later */
    const char *said = capture_end(&captured);
    if (!answered && strstr(client.exchange.fault, kw_status_text(KW_ERR_NO_MEMORY)) == NULL)
        fail_msg("call %zu: the connection ends because of: %s (%s)", n, client.exchange.fault, said);
    print_state(state, current_image());
    bool same = strcmp(state, right.before) == 0;
    if (answered) {
        const char *answer = take_json(asked->key, asked->version);
        if (is_retried(answer) && !same && asked->kind != MAY_LOSE_IDS)
            fail_msg("call %zu: %s, but now there is %s", n, answer, state);
        if (!is_retried(answer) && strcmp(answer, right.answer) != 0)
            fail_msg("call %zu: %s in place of %s", n, answer, right.answer);
        if (!is_retried(answer) && (!same || asked->kind != MAY_DO_NOTHING))
            assert_string_equal(state, right.after);
    } else if (!same && strcmp(state, right.after) != 0 && asked->kind != MAY_LOSE_IDS) {
        fail_msg("call %zu: the connection ended, and there is %s", n, state);
    }
    if (same) {
        next_id = FIRST_ID + 1;
        assert_true(send_asked(asked));
        assert_string_equal(take_json(asked->key, asked->version), right.answer);
    }
    print_state(state, current_image());
    if (asked->kind != MAY_LOSE_IDS)
        assert_string_equal(state, right.after);
    return failed;
}

/* The metadata log has what the image has. */
static void assert_log_agrees(void)
{
    static char state[STATE], written[STATE];
    struct metadata_log log;
    struct metadata_image *image;
    assert_status(metadata_read("data", NULL, &log, &image), KW_OK);
    print_state(state, current_image());
    print_state(written, image);
    metadata_image_release(image);
    assert_string_equal(state, written);
}

static bool is_started;

static void start_broker_in_memory(void)
{
    assert_true(use_memory());
    is_started = true;
    assert_true(start_all());
}

static bool stop_broker_in_memory(void)
{
    is_started = false;
    bool stopped = stop_all();
    (void)forget_given(NULL);
    end_memory();
    return stopped;
}

/* After a failure the other tests go on. */
static int clean_up(void **state)
{
    (void)state;
    return !is_started || stop_broker_in_memory() ? 0 : -1;
}

static void fail_one_by_one(const struct asked *asked)
{
    size_t blocks = scarce_blocks(), n = 0;
    for (bool failed = true; failed; n++) {
        start_broker_in_memory();
        if (n == 0)
            learn(asked);
        else
            failed = fail_once(asked, n);
        assert_log_agrees();
        assert_true(stop_broker_in_memory());
        assert_int_equal(scarce_blocks(), blocks);
        assert_true(n < MOST_CALLS);
    }
    assert_true(n > 3);
}

#define CASE(name, KEY, version, kind)                                         \
    static void test_##name(void **state)                                      \
    {                                                                          \
        static const struct asked asked = {KW_KEY_##KEY, version, name, kind}; \
        (void)state;                                                           \
        fail_one_by_one(&asked);                                               \
    }
#define CASES(X)                                                      \
    X(create_topics, CREATE_TOPICS, 7, EXACT)                         \
    X(assigned_topics, CREATE_TOPICS, 7, EXACT)                       \
    X(delete_topics, DELETE_TOPICS, 6, EXACT)                         \
    X(create_partitions, CREATE_PARTITIONS, 3, EXACT)                 \
    X(alter_configs, ALTER_CONFIGS, 2, EXACT)                         \
    X(incremental_alter_configs, INCREMENTAL_ALTER_CONFIGS, 1, EXACT) \
    X(broker_configs, INCREMENTAL_ALTER_CONFIGS, 1, EXACT)            \
    X(update_features, UPDATE_FEATURES, 1, EXACT)                     \
    X(elect_leaders, ELECT_LEADERS, 2, EXACT)                         \
    X(elect_all_leaders, ELECT_LEADERS, 2, EXACT)                     \
    X(reassign, ALTER_PARTITION_REASSIGNMENTS, 1, EXACT)              \
    X(cancel_reassignment, ALTER_PARTITION_REASSIGNMENTS, 1, EXACT)   \
    X(list_reassignments, LIST_PARTITION_REASSIGNMENTS, 0, EXACT)     \
    X(delete_records, DELETE_RECORDS, 2, EXACT)                       \
    X(produce, PRODUCE, 9, EXACT)                                     \
    X(init_producer_id, INIT_PRODUCER_ID, 4, MAY_LOSE_IDS)            \
    X(metadata, METADATA, 12, MAY_DO_NOTHING)
CASES(CASE)

int main(int argc, char **argv)
{
    (void)argv;
    if (argc != 2) {
        fprintf(stderr, "usage: scarce_admin FOLDER\n");
        return 2;
    }
#define LIST(name, KEY, version, kind) cmocka_unit_test_teardown(test_##name, clean_up),
    const struct CMUnitTest tests[] = {CASES(LIST)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
