/* SPDX-License-Identifier: Apache-2.0 */
/* The folders and settings of logs follow the images. */
#include "../log/upkeep_support.h"

#include "metadata/publisher.h"

enum { NODE = 1, OTHER = 2 };

static struct publisher publisher = {.logs = &logs, .node_id = NODE};
static struct metadata_image *image;
static kw_uuid directories[] = {{{0xa, 1}}, {{0xb, 1}}};

static int set_up_manager(void **state)
{
    int status = set_up(state);
    image = NULL;
    if (status == 0)
        open_and_start(2);
    logs.dirs[0]->id = id_a;
    logs.dirs[1]->id = id_b;
    return status;
}

static int tear_down_manager(void **state)
{
    metadata_image_release(image);
    return tear_down(state);
}

/* A topic of one replica for each partition: on this node, in the first or the second directory, or on another one. */
static struct metadata_topic *make_topic(const char *name, uint8_t id, const char *places)
{
    static int32_t self = NODE, other = OTHER;
    struct metadata_partition partitions[8];
    const struct metadata_topic topic = {
        .name = kw_string_of(name), .id = {{id}}, .partitions = partitions, .partition_count = (int32_t)strlen(places)};
    memset(partitions, 0, sizeof partitions);
    for (int32_t i = 0; places[i] != '\0'; i++) {
        partitions[i].index = i;
        partitions[i].replicas = (kw_int32_array){places[i] == '-' ? &other : &self, 1};
        partitions[i].directories = (kw_uuid_array){&directories[places[i] == 'b'], 1};
    }
    struct metadata_topic *made = metadata_topic_create(&topic);
    assert_non_null(made);
    return made;
}

static struct metadata_resource *make_resource(int8_t type, const char *name, const char *setting, const char *value)
{
    const struct metadata_config set = {kw_string_of(setting), kw_string_of(value)};
    const struct metadata_resource resource = {
        .type = type, .name = kw_string_of(name), .configs = &set, .config_count = 1};
    struct metadata_resource *made = metadata_resource_create(&resource);
    assert_non_null(made);
    return made;
}

/* The next image, with these topics and settings; NULL ends each list. */
static void publish(struct metadata_topic *one, struct metadata_topic *two, struct metadata_resource *resource)
{
    struct metadata_topic *topics[] = {one, two};
    const struct metadata_parts parts = {.topics = topics,
                                         .topic_count = (size_t)(one != NULL) + (two != NULL),
                                         .resources = &resource,
                                         .resource_count = resource != NULL,
                                         .epoch = -1};
    struct metadata_image *next = metadata_image_create(&parts);
    assert_non_null(next);
    assert_true(publisher_prepare(&publisher, image, next));
    metadata_image_release(image);
    image = next;
}

static bool has_log(const char *topic, int32_t partition)
{
    struct partition_log *log = log_manager_find(&logs, kw_string_of(topic), any, partition);
    if (log != NULL)
        log_release(log);
    return log != NULL;
}

static struct log_config config_of(const char *topic, int32_t partition)
{
    struct partition_log *log = log_manager_find(&logs, kw_string_of(topic), any, partition);
    struct log_config found;
    assert_non_null(log);
    assert_true(partition_log_config(log, &found));
    log_release(log);
    return found;
}

static int64_t retention_of(const char *topic, int32_t partition)
{
    return config_of(topic, partition).retention_ms;
}

static void topics_come_and_go(void **state)
{
    (void)state;
    publish(make_topic("t", 1, "ab-"), NULL, NULL);
    assert_true(file_exists("/d1/t-0"));
    assert_true(file_exists("/d2/t-1"));
    assert_false(has_log("t", 2));
    struct metadata_topic *same = metadata_topic_share(image->parts.topics[0]);
    publish(same, make_topic("u", 2, "a"), NULL);
    assert_true(has_log("t", 0));
    assert_true(has_log("u", 0));
    publish(make_topic("u", 2, "a"), NULL, NULL);
    assert_false(has_log("t", 0));
    assert_false(has_log("t", 1));
    assert_false(file_exists("/d1/t-0"));
    assert_true(has_log("u", 0));
    publish(NULL, NULL, NULL);
    assert_false(has_log("u", 0));
}

static size_t calls_of(const char *call)
{
    size_t count = 0;
    for (const char *at = file_faults_calls(); (at = strstr(at, call)) != NULL; at++)
        count++;
    return count;
}

/* So that no folder comes back under its name; once for each directory, however many are renamed. */
static void names_of_deleted_logs_are_synced(void **state)
{
    (void)state;
    publish(make_topic("t", 1, "aab"), make_topic("u", 2, "aab"), NULL);
    file_faults_record(FAULT_RENAME | FAULT_SYNC_FOLDER);
    publish(make_topic("t", 1, "aab"), make_topic("u", 3, "a"), NULL); /* another one of that name */
    assert_int_equal(calls_of("rename "), 3);
    assert_int_equal(calls_of("sync_folder /d1\n"), 1);
    assert_int_equal(calls_of("sync_folder /d2\n"), 1);
    file_faults_record(FAULT_RENAME | FAULT_SYNC_FOLDER);
    publish(make_topic("u", 3, "a"), NULL, NULL);
    assert_int_equal(calls_of("rename "), 3);
    assert_int_equal(calls_of("sync_folder /d1\n"), 1);
    assert_int_equal(calls_of("sync_folder /d2\n"), 1);
    assert_null(strstr(strstr(file_faults_calls(), "sync_folder"), "rename")); /* afterwards */
    file_faults_record(FAULT_SYNC_FOLDER);
    publish(make_topic("u", 3, "aa"), NULL, NULL); /* nothing is renamed */
    assert_string_equal(file_faults_calls(), "");
}

static const char *checkpoint_of(const char *dir, const char *name)
{
    static char text[256];
    char path[KW_PATH_SIZE];
    struct file_facts facts;
    kw_arena own;
    kw_bytes bytes = {NULL, 0};
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    if (file_look(path, &facts) != KW_OK)
        return "";
    kw_arena_init_growing(&own, NULL, 0, kw_allocator_libc(), 1 << 20);
    assert_status(file_load(path, sizeof text - 1, &own, &bytes), KW_OK);
    (void)snprintf(text, sizeof text, "%.*s", (int)bytes.len, (const char *)bytes.data);
    kw_arena_finish(&own);
    return text;
}

/* What they say of a deleted log is not for the next one of its name. */
static void checkpoints_forget_deleted_logs(void **state)
{
    (void)state;
    publish(make_topic("t", 1, "ab"), NULL, NULL);
    for (int32_t i = 0; i < 2; i++) {
        open_log("t", i);
        struct managed_log *log = log_of("t", i);
        atomic_store(&log->synced_until, 7);
        atomic_store(&log->clean_until, 5);
    }
    log_upkeep_checkpoint(&logs);
    assert_string_equal(checkpoint_of("/d1", "recovery-point-offset-checkpoint"), "0\n1\nt 0 7\n");
    assert_string_equal(checkpoint_of("/d2", "cleaner-offset-checkpoint"), "0\n1\nt 1 5\n");
    publish(make_topic("t", 2, "ab"), NULL, NULL);
    assert_string_equal(checkpoint_of("/d1", "recovery-point-offset-checkpoint"), "0\n1\nt 0 0\n");
    assert_string_equal(checkpoint_of("/d2", "cleaner-offset-checkpoint"), "0\n0\n");
    file_faults_record(FAULT_SYNC);
    publish(make_topic("t", 3, "ab"), NULL, NULL); /* they say nothing of it */
    assert_string_equal(file_faults_calls(), "");
}

/* Nor of one whose folder was renamed before they could be written. */
static void checkpoints_forget_logs_without_a_folder(void **state)
{
    (void)state;
    log_manager_close(&logs);
    put("/d1/recovery-point-offset-checkpoint", "0\n1\nt 0 7\n");
    put("/d2/log-start-offset-checkpoint", "0\n1\nt 1 3\n");
    open_and_start(2);
    logs.dirs[0]->id = id_a;
    logs.dirs[1]->id = id_b;
    publish(make_topic("t", 1, "ab"), NULL, NULL);
    assert_string_equal(checkpoint_of("/d1", "recovery-point-offset-checkpoint"), "0\n1\nt 0 0\n");
    assert_string_equal(checkpoint_of("/d2", "log-start-offset-checkpoint"), "0\n0\n");
}

static void names_that_cannot_be_synced(void **state)
{
    (void)state;
    publish(make_topic("t", 1, "ab"), NULL, NULL);
    const struct metadata_parts nothing = {.epoch = -1};
    struct metadata_image *next = metadata_image_create(&nothing);
    assert_non_null(next);
    file_faults_plan(FAULT_SYNC_FOLDER, 0, 1, EMFILE);
    capture_start(&captured);
    bool done = publisher_prepare(&publisher, image, next);
    assert_non_null(strstr(capture_end(&captured), "/d1: names of folders: Too many open files\n"));
    assert_false(done);
    file_faults_record(FAULT_SYNC_FOLDER);
    assert_true(publisher_prepare(&publisher, NULL, next));
    assert_string_equal(file_faults_calls(), "sync_folder /d1\n");
    metadata_image_release(next);

    publish(make_topic("u", 2, "ab"), NULL, NULL);
    next = metadata_image_create(&nothing);
    assert_non_null(next);
    file_faults_plan(FAULT_SYNC_FOLDER, 1, 1, EIO);
    capture_start(&captured);
    done = publisher_prepare(&publisher, image, next); /* the directory is offline: nothing is to be done again */
    assert_non_null(strstr(capture_end(&captured), "/d2: names of folders: Input/output error\n"));
    assert_true(done);
    assert_true(log_dir_is_offline(logs.dirs[1]));
    metadata_image_release(next);
}

/* What could not be made while the disk was full is made later. */
static void logs_that_cannot_be_made(void **state)
{
    (void)state;
    struct metadata_topic *topic = make_topic("t", 1, "aab");
    const struct metadata_parts parts = {.topics = &topic, .topic_count = 1, .epoch = -1};
    publish(NULL, NULL, NULL);
    struct metadata_image *next = metadata_image_create(&parts);
    file_faults_plan(FAULT_CREATE_FOLDER, 1, 1, ENOSPC);
    capture_start(&captured);
    bool done = publisher_prepare(&publisher, image, next);
    (void)capture_end(&captured);
    assert_false(done);
    assert_true(has_log("t", 0) && has_log("t", 2));
    assert_false(has_log("t", 1));
    assert_true(publisher_prepare(&publisher, NULL, next));
    assert_true(has_log("t", 1));
    metadata_image_release(image);
    image = next;
}

/* In front of the others and between them. */
static void topics_come_in_any_order(void **state)
{
    (void)state;
    publish(make_topic("m", 1, "a"), NULL, NULL);
    publish(make_topic("a", 2, "a"), metadata_topic_share(image->parts.topics[0]), NULL);
    assert_true(has_log("a", 0));
    assert_true(has_log("m", 0));
    publish(metadata_topic_share(image->parts.topics[1]), make_topic("z", 3, "a"), NULL);
    assert_false(has_log("a", 0));
    assert_true(has_log("m", 0));
    assert_true(has_log("z", 0));
}

/* The name may be that of another topic in the next image. */
static void topic_is_made_anew(void **state)
{
    (void)state;
    publish(make_topic("t", 1, "aa"), NULL, NULL);
    publish(make_topic("t", 9, "b"), NULL, NULL);
    assert_false(has_log("t", 1));
    assert_true(file_exists("/d2/t-0"));
    assert_false(file_exists("/d1/t-0"));
    struct partition_log *log = log_manager_find(&logs, kw_string_of("t"), (kw_uuid){{9}}, 0);
    assert_non_null(log);
    log_release(log);
}

static void partitions_are_added_and_leave(void **state)
{
    (void)state;
    publish(make_topic("t", 1, "a"), NULL, NULL);
    publish(make_topic("t", 1, "aab"), NULL, NULL);
    assert_true(has_log("t", 0));
    assert_true(has_log("t", 1));
    assert_true(file_exists("/d2/t-2"));
    publish(make_topic("t", 1, "a-b"), NULL, NULL);
    assert_true(has_log("t", 0));
    assert_false(has_log("t", 1));
    assert_true(has_log("t", 2));
    publish(make_topic("t", 1, "a"), NULL, NULL);
    assert_false(has_log("t", 2));
}

static void settings_reach_the_logs(void **state)
{
    (void)state;
    publish(make_topic("t", 1, "a"), NULL, make_resource(RESOURCE_TOPIC, "t", "retention.ms", "5000"));
    assert_int_equal(retention_of("t", 0), 5000);
    struct metadata_topic *same = metadata_topic_share(image->parts.topics[0]);
    publish(same, NULL, make_resource(RESOURCE_TOPIC, "t", "retention.ms", "6000"));
    assert_int_equal(retention_of("t", 0), 6000);
    same = metadata_topic_share(image->parts.topics[0]);
    publish(same, NULL, NULL);
    assert_int_equal(retention_of("t", 0), 604800000);
    same = metadata_topic_share(image->parts.topics[0]);
    publish(same, NULL, make_resource(RESOURCE_BROKER, "", "log.retention.ms", "7000"));
    assert_int_equal(retention_of("t", 0), 7000);
    same = metadata_topic_share(image->parts.topics[0]);
    publish(same, NULL, make_resource(RESOURCE_BROKER, "1", "log.retention.ms", "8000"));
    assert_int_equal(retention_of("t", 0), 8000);
    publish(make_topic("t", 1, "aa"), NULL, metadata_resource_share(image->parts.resources[0]));
    assert_int_equal(retention_of("t", 1), 8000);
}

/* --sync wins over the topic's setting. */
static void each_append_may_be_synced(void **state)
{
    (void)state;
    publish(make_topic("t", 1, "a"), NULL, make_resource(RESOURCE_TOPIC, "t", "flush.messages", "9"));
    assert_int_equal(config_of("t", 0).flush_messages, 9);
    publisher.sync = true;
    publish(make_topic("t", 1, "aa"), NULL, make_resource(RESOURCE_TOPIC, "t", "flush.messages", "8"));
    publisher.sync = false;
    assert_int_equal(config_of("t", 0).flush_messages, 1);
    assert_int_equal(config_of("t", 1).flush_messages, 1);
}

static void others_are_set_aside(void **state)
{
    (void)state;
    publish(make_topic("t", 1, "aa"), make_topic("u", 2, "a"), NULL);
    struct metadata_topic *topics[] = {make_topic("t", 1, "a-"), make_topic("u", 3, "a")};
    const struct metadata_parts parts = {.topics = topics, .topic_count = 2, .epoch = -1};
    struct metadata_image *other = metadata_image_create(&parts);
    assert_non_null(other);
    capture_start(&captured);
    publisher_keep(&publisher, other);
    const char *said = capture_end(&captured);
    assert_non_null(strstr(said, "/d1/t-1"));
    assert_non_null(strstr(said, "/d1/u-0"));
    assert_null(strstr(said, "/d1/t-0"));
    metadata_image_release(other);
    assert_true(has_log("t", 0));
    assert_false(has_log("t", 1)); /* on another node */
    assert_false(has_log("u", 0)); /* of another topic */
    assert_false(file_exists("/d1/u-0"));
}

/* Where the metadata does not say where logs are, or says it wrongly. */
static void directories_are_noted(void **state)
{
    (void)state;
    struct assignment_list list = {NULL, 0, 0};
    publisher.assignments = &list;
    publish(make_topic("t", 1, "ab"), NULL, NULL);
    assert_int_equal(list.count, 0);
    directories[1] = (kw_uuid){{[15] = 1}}; /* not assigned yet */
    publish(make_topic("u", 2, "bb"), NULL, NULL);
    directories[1] = id_b;
    assert_int_equal(list.count, 2);
    for (int32_t i = 0; i < 2; i++) {
        assert_int_equal(list.items[i].topic_id.bytes[0], 2);
        assert_int_equal(list.items[i].partition, i);
        assert_true(kw_uuid_equal(list.items[i].directory, i == 0 ? id_a : id_b));
    }
    assignment_list_drop(&list, 1);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].partition, 1);
    assignment_list_finish(&list);
    logs.dirs[0]->id = logs.dirs[1]->id = any; /* as in older releases */
    directories[0] = (kw_uuid){{[15] = 1}};
    publish(make_topic("w", 4, "a"), NULL, NULL);
    directories[0] = id_a;
    assert_true(has_log("w", 0));
    assert_int_equal(list.count, 0);
    assignment_list_finish(&list);
    publisher.assignments = NULL;
}

#define PUBLISHER_TEST(function) cmocka_unit_test_setup_teardown(function, set_up_manager, tear_down_manager)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PUBLISHER_TEST(topics_come_and_go),
        PUBLISHER_TEST(names_of_deleted_logs_are_synced),
        PUBLISHER_TEST(names_that_cannot_be_synced),
        PUBLISHER_TEST(checkpoints_forget_deleted_logs),
        PUBLISHER_TEST(checkpoints_forget_logs_without_a_folder),
        PUBLISHER_TEST(logs_that_cannot_be_made),
        PUBLISHER_TEST(topic_is_made_anew),
        PUBLISHER_TEST(topics_come_in_any_order),
        PUBLISHER_TEST(partitions_are_added_and_leave),
        PUBLISHER_TEST(settings_reach_the_logs),
        PUBLISHER_TEST(each_append_may_be_synced),
        PUBLISHER_TEST(others_are_set_aside),
        PUBLISHER_TEST(directories_are_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
