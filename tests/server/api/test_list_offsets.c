/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_list_offsets FOLDER   where data/ is a copy of what Apache Kafka wrote, see tests/data/README.md
 */
#include "../../unit/support.h"
#include "../support/sim.h"

#include <dirent.h>
#include <sys/stat.h>

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/frame.h>

#include "api/dispatch.h"
#include "api/handlers.h"
#include "metadata/load.h"

enum { LATEST = -1, EARLIEST = -2, NEWEST = -3, EARLIEST_LOCAL = -4, LATEST_TIERED = -5, PENDING_UPLOAD = -6 };
enum { CONSUMER = -1, DEBUGGING = -2 };
enum { ARENA_LIMIT = 1024 * 1024 };

static char folder[PATH_SIZE];
static struct broker broker;
static struct sim sim;
static struct sim_client client;
static kw_arena arena;

static int set_up(void **state)
{
    (void)state;
    struct service service = dispatch_service(&broker);
    memset(&broker, 0, sizeof broker);
    config_init(&broker.config);
    sim_init(&sim);
    sim_client_init(&client, &sim, &service, ARENA_LIMIT);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    return metadata_cell_init(&broker.metadata) && log_dir_open(folder, -1, &broker.logs, &broker.identity) &&
                   metadata_load(&broker.logs, -1, &broker.identity, &broker.metadata)
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    if (!client.is_gone) /* else it has been finished */
        sim_client_finish(&client);
    kw_arena_finish(&arena);
    metadata_cell_finish(&broker.metadata);
    log_manager_close(&broker.logs);
    config_finish(&broker.config);
    return forget_given(state);
}

/* What is asked; the rest of the request is as it is in most. */
struct question {
    int16_t version;
    const char *topic;
    int32_t partition;
    int64_t timestamp;
    int32_t replica_id;
    bool committed;
    int32_t max; /* version 0 */
};

static kw_bytes request_of(const struct question *q)
{
    static uint8_t frame[512];
    kw_list_offsets_request r;
    kw_list_offsets_request_topic topic;
    kw_list_offsets_request_partition partition;
    kw_writer w;
    kw_list_offsets_request_init(&r);
    kw_list_offsets_request_topic_init(&topic);
    kw_list_offsets_request_partition_init(&partition);
    partition.partition_index = q->partition;
    partition.timestamp = q->timestamp;
    if (q->version == 0)
        partition.max_num_offsets = q->max;
    topic.name = kw_string_of(q->topic);
    topic.partitions.items = &partition;
    topic.partitions.len = 1;
    r.topics.items = &topic;
    r.topics.len = 1;
    r.replica_id = q->replica_id != 0 ? q->replica_id : CONSUMER;
    r.isolation_level = q->committed;
    kw_writer_init(&w, frame, sizeof frame);
    kw_frame_mark mark = kw_request_begin(&w, KW_KEY_LIST_OFFSETS, q->version, 7, kw_string_of("test"));
    assert_status(kw_list_offsets_request_encode(&r, q->version, &w), KW_OK);
    assert_status(kw_frame_end(&w, mark), KW_OK);
    return (kw_bytes){frame + 4, (int32_t)kw_frame_size(&w, mark) - 4};
}

static kw_list_offsets_response_partition_response taken(const struct question *q)
{
    static uint8_t answer[4096];
    kw_list_offsets_response r;
    kw_response header;
    kw_reader in;
    size_t size = sim_client_take(&client, answer, sizeof answer);
    assert_true(size > 4 && size <= sizeof answer);
    kw_arena_reset(&arena);
    const kw_bytes frame = {answer + 4, (int32_t)size - 4};
    assert_status(kw_response_decode_header(&header, KW_KEY_LIST_OFFSETS, q->version, frame, &arena), KW_OK);
    kw_reader_init_bytes(&in, header.body);
    assert_status(kw_list_offsets_response_decode(&r, q->version, &in, &arena), KW_OK);
    assert_int_equal(r.topics.len, 1);
    assert_int_equal(r.topics.items[0].partitions.len, 1);
    return r.topics.items[0].partitions.items[0];
}

static kw_list_offsets_response_partition_response ask(struct question q)
{
    (void)sim_client_send(&client, request_of(&q));
    sim_settle(&sim);
    assert_int_equal(client.outcome, EXCHANGE_ANSWERED);
    return taken(&q);
}

/* The same, but nothing may be given to a worker. */
static kw_list_offsets_response_partition_response ask_at_once(struct question q)
{
    assert_int_equal(sim_client_send(&client, request_of(&q)), EXCHANGE_ANSWERED);
    return taken(&q);
}

static void check(struct question q, int64_t offset, int32_t epoch)
{
    kw_list_offsets_response_partition_response p = ask(q);
    assert_int_equal(p.error_code, KW_ERROR_NONE);
    assert_int_equal(p.offset, offset);
    assert_int_equal(p.leader_epoch, epoch);
}

static void check_error(struct question q, int16_t error)
{
    kw_list_offsets_response_partition_response p = ask(q);
    assert_int_equal(p.error_code, error);
    assert_int_equal(p.offset, -1);
}

/* What has to be opened or read is done by a worker, once; then it is known. */
static void test_nothing_waits(void **state)
{
    (void)state;
    const struct question latest = {.version = 5, .topic = "rolled", .timestamp = LATEST};
    assert_int_equal(sim_client_send(&client, request_of(&latest)), EXCHANGE_PENDING);
    assert_true(sim_run_worker(&sim));
    assert_false(sim_run_worker(&sim));
    sim_settle(&sim);
    assert_int_equal(client.outcome, EXCHANGE_ANSWERED);
    assert_int_equal(taken(&latest).offset, 41);
    assert_int_equal(ask_at_once(latest).offset, 41);

    struct question late = {.version = 5, .topic = "rolled", .timestamp = INT64_MAX};
    assert_int_equal(sim_client_send(&client, request_of(&late)), EXCHANGE_PENDING);
    sim_settle(&sim);
    assert_int_equal(taken(&late).offset, -1);
    assert_int_equal(ask_at_once(late).offset, -1); /* no segment has records so new */
}

/* The client goes while a worker searches: the search ends early, and all is given back. */
static void test_the_client_leaves(void **state)
{
    (void)state;
    const struct question q = {.version = 5, .topic = "rolled", .timestamp = 0};
    assert_int_equal(sim_client_send(&client, request_of(&q)), EXCHANGE_PENDING);
    sim_client_leave(&client);
    while (sim_run_worker(&sim))
        ;
    struct partition_log *log = log_manager_find(&broker.logs, kw_string_of("rolled"), (kw_uuid){{0}}, 0);
    assert_false(log->is_open); /* nothing was begun for nobody */
    log_release(log);
    sim_settle(&sim);
}

/* Readers of committed records see the last stable offset, a debugging replica what is stored. */
static void test_isolation(void **state)
{
    (void)state;
    struct question q = {.version = 5, .topic = "transactions", .partition = 1, .timestamp = LATEST};
    check(q, 4, ask(q).leader_epoch);
    q.committed = true;
    assert_int_equal(ask(q).offset, 2);
    q.replica_id = DEBUGGING;
    assert_int_equal(ask(q).offset, 4);
}

static void test_special_timestamps(void **state)
{
    (void)state;
    static const struct {
        int64_t timestamp;
        int16_t first_version;
        int64_t offset;
    } cases[] = {{LATEST, 1, 41},         {EARLIEST, 1, 10},      {NEWEST, 7, 40},
                 {EARLIEST_LOCAL, 8, 10}, {LATEST_TIERED, 9, -1}, {PENDING_UPLOAD, 11, -1}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct question q = {.topic = "rolled", .timestamp = cases[i].timestamp};
        for (q.version = 1; q.version <= 11; q.version++) {
            if (q.version < cases[i].first_version)
                check_error(q, KW_ERROR_UNSUPPORTED_VERSION);
            else
                assert_int_equal(ask(q).offset, cases[i].offset);
        }
        q.version = 11;
        q.timestamp = -7;
        check_error(q, KW_ERROR_UNSUPPORTED_VERSION);
    }
    const struct question missing = {.version = 5, .topic = "rolled", .partition = 9, .timestamp = LATEST};
    check_error(missing, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
}

/* Sets when all segments of "rolled" were written to last. */
static void set_written(int64_t seconds)
{
    char path[KW_PATH_SIZE + 16];
    const struct timespec times[2] = {{.tv_sec = (time_t)seconds}, {.tv_sec = (time_t)seconds}};
    (void)snprintf(path, sizeof path, "%s/rolled-0", folder);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (strstr(entry->d_name, ".log") != NULL)
            assert_int_equal(utimensat(dirfd(dir), entry->d_name, times, 0), 0);
    (void)closedir(dir);
}

/* Where segments begin, from the end on, and what was written at a time or before it. */
static void test_version_0(void **state)
{
    (void)state;
    struct question q = {.version = 0, .topic = "rolled", .timestamp = LATEST, .max = 100};
    kw_int64_array all = ask(q).old_style_offsets;
    assert_int_equal(all.len, 7); /* six segments and the end */
    assert_int_equal(all.items[0], 41);
    assert_int_equal(all.items[6], 10);
    q.max = 2;
    assert_int_equal(ask_at_once(q).old_style_offsets.len, 2);
    q.max = 0;
    assert_int_equal(ask_at_once(q).old_style_offsets.len, 0);
    q.max = -1;
    assert_int_equal(ask_at_once(q).error_code, KW_ERROR_UNKNOWN_SERVER_ERROR);
    q.timestamp = EARLIEST;
    q.max = 5;
    all = ask_at_once(q).old_style_offsets;
    assert_int_equal(all.len, 1);
    assert_int_equal(all.items[0], 10);
    q.timestamp = -3; /* negative ones have no other meaning */
    assert_int_equal(ask_at_once(q).error_code, KW_ERROR_UNSUPPORTED_VERSION);
    set_written(1);
    q.timestamp = 0; /* before anything was written */
    assert_int_equal(sim_client_send(&client, request_of(&q)), EXCHANGE_PENDING);
    sim_settle(&sim);
    assert_int_equal(taken(&q).old_style_offsets.len, 0);
    q.timestamp = INT64_MAX; /* the end is of now */
    q.max = 100;
    all = ask(q).old_style_offsets;
    assert_int_equal(all.len, 7);
    assert_int_equal(all.items[0], 41);
}

static void test_version_0_by_the_times_of_files(void **state)
{
    (void)state;
    struct question q = {.version = 0, .topic = "rolled", .max = 100};
    static const int64_t seconds[] = {1000000, 1};
    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        set_written(seconds[i]);
        q.timestamp = seconds[i] * 1000;
        assert_int_equal(ask(q).old_style_offsets.len, 6);
        q.timestamp = seconds[i] * 1000 - 3; /* -1 and -2 mean something else */
        assert_int_equal(ask(q).old_style_offsets.len, 0);
    }
}

#define TEST_DIR(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_server_list_offsets FOLDER\n");
        return 2;
    }
    (void)snprintf(folder, sizeof folder, "%s/data", argv[1]);
    const struct CMUnitTest tests[] = {
        TEST_DIR(test_nothing_waits), TEST_DIR(test_the_client_leaves),
        TEST_DIR(test_isolation),     TEST_DIR(test_special_timestamps),
        TEST_DIR(test_version_0),     TEST_DIR(test_version_0_by_the_times_of_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
