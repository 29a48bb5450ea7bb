/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_fetch FOLDER   in which it makes a data directory of its own
 *
 * Fetch on the executor of the tests: what a worker does, who waits, who is woken, what is left behind. */
#include "../log/log_folder.h"

#include <kwire/api_keys.h>
#include <kwire/frame.h>

#include "../support/sim.h"
#include "api/dispatch.h"
#include "api/handlers.h"
#include "metadata/load.h"

enum { VERSION = 12, RECORDS = 3, MANY = 4100, FIELDS_MAX = 4096, ARENA_LIMIT = 16 << 20, CROWD = 10000 };

static path_text small, large; /* data directories: of topic t, and of topic many */
static struct broker broker;
static struct sim sim;
static struct service service;
static uint8_t output[4 << 20];

/* ---- the data directory ---- */

static void make_partition(path_text dir, const char *topic, int partition)
{
    static uint8_t bytes[1024];
    char name[64];
    size_t size = 0;
    for (int i = 0; i < RECORDS; i++)
        size +=
            put_batch(bytes + size, (made_batch){.base_offset = i, .count = 1, .timestamp = 100, .producer_id = -1});
    (void)snprintf(name, sizeof name, "%s-%d", topic, partition);
    path_text path = join(dir.text, name);
    make_folder(path.text);
    write_file(join(path.text, "00000000000000000000.log").text, bytes, size);
}

static path_text make_data_dir(const char *folder, const char *topic, int partitions)
{
    static const char meta[] = "version=1\nnode.id=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\n";
    path_text dir = join(folder, topic);
    make_folder(dir.text);
    write_file(join(dir.text, "meta.properties").text, meta, sizeof meta - 1);
    for (int i = 0; i < partitions; i++)
        make_partition(dir, topic, i);
    return dir;
}

static int set_up_in(path_text dir)
{
    memset(&broker, 0, sizeof broker);
    config_init(&broker.config);
    sim_init(&sim);
    service = dispatch_service(&broker);
    return metadata_cell_init(&broker.metadata) && log_dir_open(dir.text, -1, &broker.logs, &broker.identity) &&
                   metadata_load(&broker.logs, -1, &broker.identity, &broker.metadata)
               ? 0
               : -1;
}

static int set_up(void **state)
{
    (void)state;
    return set_up_in(small);
}

static int set_up_large(void **state)
{
    (void)state;
    return set_up_in(large);
}

/* Nothing of any call is left: no timer, no task, no reference to the image. */
static int tear_down(void **state)
{
    bool quiet = timer_wheel_next(&sim.timers) == INT64_MAX && sim.posted == NULL && sim.offloaded == NULL;
    bool released = atomic_load(&broker.metadata.current->references) == 1;
    metadata_cell_finish(&broker.metadata);
    log_manager_close(&broker.logs);
    (void)forget_given(state);
    return quiet && released ? 0 : -1;
}

static struct partition_log *log_of(const char *topic, int32_t partition)
{
    const kw_uuid any = {{0}};
    struct partition_log *log = log_manager_find(&broker.logs, kw_string_of(topic), any, partition);
    assert_non_null(log);
    log_release(log); /* the manager has it */
    return log;
}

/* ---- requests and responses ---- */

struct request {
    uint8_t *data;
    kw_bytes frame;
};

static struct request make_request(const char *name, int first, int count, int64_t offset, int32_t max_wait_ms)
{
    kw_fetch_request fetch;
    kw_fetch_request_topic topic;
    kw_fetch_request_partition *partitions = calloc((size_t)count, sizeof *partitions);
    size_t max = 256 + (size_t)count * 64;
    struct request request = {.data = malloc(max)};
    assert_non_null(partitions);
    assert_non_null(request.data);
    kw_fetch_request_init(&fetch);
    kw_fetch_request_topic_init(&topic);
    for (int i = 0; i < count; i++) {
        kw_fetch_request_partition_init(&partitions[i]);
        partitions[i].partition = first + i;
        partitions[i].fetch_offset = offset;
        partitions[i].partition_max_bytes = 1 << 20;
    }
    topic.topic = kw_string_of(name);
    topic.partitions.items = partitions;
    topic.partitions.len = count;
    fetch.topics.items = &topic;
    fetch.topics.len = 1;
    fetch.session_epoch = -1;
    fetch.min_bytes = 1;
    fetch.max_bytes = INT32_MAX;
    fetch.max_wait_ms = max_wait_ms;
    kw_writer w;
    kw_writer_init(&w, request.data, max);
    kw_frame_mark mark = kw_request_begin(&w, KW_KEY_FETCH, VERSION, 7, kw_string_of("test"));
    assert_status(kw_fetch_request_encode(&fetch, VERSION, &w), KW_OK);
    assert_status(kw_frame_end(&w, mark), KW_OK);
    free(partitions);
    request.frame = (kw_bytes){request.data + 4, (int32_t)kw_writer_data(&w).size - 4};
    return request;
}

static kw_fetch_response take_response(struct sim_client *client, kw_arena *arena)
{
    kw_fetch_response fetch;
    kw_response response;
    kw_reader in;
    assert_int_equal(client->outcome, EXCHANGE_ANSWERED);
    size_t size = sim_client_take(client, output, sizeof output);
    assert_in_range(size, 5, sizeof output);
    const kw_bytes frame = {output + 4, (int32_t)size - 4};
    assert_status(kw_response_decode_header(&response, KW_KEY_FETCH, VERSION, frame, arena), KW_OK);
    kw_reader_init_bytes(&in, response.body);
    assert_status(kw_fetch_response_decode(&fetch, VERSION, &in, arena), KW_OK);
    return fetch;
}

static const kw_fetch_response_partition_data *only_partition(const kw_fetch_response *response)
{
    assert_int_equal(response->responses.len, 1);
    assert_int_equal(response->responses.items[0].partitions.len, 1);
    return &response->responses.items[0].partitions.items[0];
}

/* One client that has asked. */
struct asking {
    struct request request;
    struct sim_client client;
    kw_arena arena; /* of the decoded response */
};

static enum exchange_outcome ask(struct asking *a, const char *topic, int64_t offset, int32_t max_wait_ms)
{
    a->request = make_request(topic, 0, 1, offset, max_wait_ms);
    sim_client_init(&a->client, &sim, &service, ARENA_LIMIT);
    kw_arena_init_growing(&a->arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    return sim_client_send(&a->client, a->request.frame);
}

static void finish(struct asking *a)
{
    if (!a->client.is_gone)
        sim_client_finish(&a->client);
    kw_arena_finish(&a->arena);
    free(a->request.data);
}

/* Logs are open and their records verified after this. */
static void warm_up(const char *topic)
{
    struct asking a;
    (void)ask(&a, topic, 0, 0);
    sim_settle(&sim);
    assert_int_equal(a.client.outcome, EXCHANGE_ANSWERED);
    finish(&a);
}

/* ---- tests ---- */

static void what_may_wait_for_the_disk_is_done_by_a_worker(void **state)
{
    (void)state;
    struct asking a, b;
    assert_int_equal(ask(&a, "t", 0, 0), EXCHANGE_PENDING);
    sim_run_posted(&sim);
    assert_int_equal(a.client.outcome, EXCHANGE_PENDING);
    assert_true(sim_run_worker(&sim));
    assert_int_equal(a.client.outcome, EXCHANGE_PENDING);
    sim_run_posted(&sim);
    kw_fetch_response response = take_response(&a.client, &a.arena);
    assert_int_equal(only_partition(&response)->high_watermark, RECORDS);
    assert_true(only_partition(&response)->records.len > 0);
    finish(&a);
    assert_int_equal(ask(&b, "t", 1, 0), EXCHANGE_ANSWERED); /* what has been read once is read at once */
    response = take_response(&b.client, &b.arena);
    assert_true(only_partition(&response)->records.len > 0);
    finish(&b);
}

static void a_fetch_at_the_end_waits_its_time(void **state)
{
    (void)state;
    struct asking a;
    warm_up("t");
    assert_int_equal(ask(&a, "t", RECORDS, 500), EXCHANGE_PENDING);
    sim_advance(&sim, 499);
    assert_int_equal(a.client.outcome, EXCHANGE_PENDING);
    assert_non_null(log_of("t", 0)->watchers);
    sim_advance(&sim, 1);
    kw_fetch_response response = take_response(&a.client, &a.arena);
    assert_int_equal(only_partition(&response)->records.len, 0);
    assert_int_equal(only_partition(&response)->error_code, KW_ERROR_NONE);
    assert_null(log_of("t", 0)->watchers);
    finish(&a);
}

static void a_fetch_that_need_not_wait_does_not(void **state)
{
    (void)state;
    struct asking a, b, c;
    warm_up("t");
    assert_int_equal(ask(&a, "t", RECORDS, 0), EXCHANGE_ANSWERED);
    assert_int_equal(ask(&b, "t", RECORDS - 1, 500), EXCHANGE_ANSWERED);
    assert_int_equal(ask(&c, "t", RECORDS + 1, 500), EXCHANGE_ANSWERED); /* out of range */
    finish(&a);
    finish(&b);
    finish(&c);
}

/* Woken by a log that has moved, it looks again and waits for what is left of its time. */
static void a_waiting_fetch_is_woken(void **state)
{
    (void)state;
    struct asking a;
    warm_up("t");
    assert_int_equal(ask(&a, "t", RECORDS, 500), EXCHANGE_PENDING);
    sim_advance(&sim, 200);
    advance_log(log_of("t", 0), RECORDS + 5, RECORDS + 4, RECORDS + 4);
    assert_non_null(sim.posted);
    sim_run_posted(&sim);
    assert_int_equal(a.client.outcome, EXCHANGE_PENDING); /* there are no records in the file */
    sim_advance(&sim, 299);
    assert_int_equal(a.client.outcome, EXCHANGE_PENDING);
    sim_advance(&sim, 1);
    kw_fetch_response response = take_response(&a.client, &a.arena);
    assert_int_equal(only_partition(&response)->high_watermark, RECORDS + 4);
    finish(&a);
}

static void other_partitions_do_not_wake_it(void **state)
{
    (void)state;
    struct asking a;
    warm_up("t");
    assert_int_equal(ask(&a, "t", RECORDS, 500), EXCHANGE_PENDING);
    struct log_snapshot other;
    assert_int_equal(partition_log_acquire(log_of("t", 1), false, &other), KW_ERROR_NONE);
    log_snapshot_release(&other);
    advance_log(log_of("t", 1), RECORDS + 5, RECORDS + 5, RECORDS + 5);
    assert_null(sim.posted);
    sim_client_hurry(&a.client);
    sim_run_posted(&sim);
    assert_int_equal(a.client.outcome, EXCHANGE_ANSWERED);
    assert_null(log_of("t", 0)->watchers);
    finish(&a);
}

static void who_leaves_watches_no_more(void **state)
{
    (void)state;
    struct asking a, b;
    warm_up("t");
    assert_int_equal(ask(&a, "t", RECORDS, 500), EXCHANGE_PENDING);
    sim_client_leave(&a.client);
    assert_int_equal(a.client.outcome, EXCHANGE_CLOSE);
    assert_null(log_of("t", 0)->watchers);
    finish(&a);
    assert_int_equal(ask(&b, "t", RECORDS, 500), EXCHANGE_PENDING);
    advance_log(log_of("t", 0), RECORDS + 1, RECORDS + 1, RECORDS + 1);
    sim_client_leave(&b.client); /* its wake-up is on the way */
    assert_int_equal(b.client.outcome, EXCHANGE_PENDING);
    assert_null(log_of("t", 0)->watchers);
    sim_run_posted(&sim);
    assert_int_equal(b.client.outcome, EXCHANGE_CLOSE);
    finish(&b);
}

/* What a worker has read for one that has left is let go; the cache is closed with nothing held. */
static void who_leaves_while_a_worker_reads(void **state)
{
    (void)state;
    struct asking a;
    assert_int_equal(ask(&a, "t", 0, 0), EXCHANGE_PENDING);
    sim_client_leave(&a.client);
    sim_settle(&sim);
    assert_int_equal(a.client.outcome, EXCHANGE_CLOSE);
    finish(&a);
}

static void a_crowd_waits_on_one_partition(void **state)
{
    (void)state;
    struct asking *crowd = calloc(CROWD, sizeof *crowd);
    assert_non_null(crowd);
    warm_up("t");
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(ask(&crowd[i], "t", RECORDS, 500 + (int32_t)(i % 7)), EXCHANGE_PENDING);
    sim_run_posted(&sim);
    sim_advance(&sim, 100); /* nothing is done meanwhile */
    assert_null(sim.posted);
    advance_log(log_of("t", 0), RECORDS + 1, RECORDS + 1, RECORDS + 1);
    size_t posted = 0;
    for (const struct task *task = sim.posted; task != NULL; task = task->next)
        posted++;
    assert_int_equal(posted, CROWD);
    sim_run_posted(&sim);
    sim_advance(&sim, 399);
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(crowd[i].client.outcome, EXCHANGE_PENDING);
    sim_advance(&sim, 7);
    for (size_t i = 0; i < CROWD; i++) {
        assert_int_equal(crowd[i].client.outcome, EXCHANGE_ANSWERED);
        finish(&crowd[i]);
    }
    free(crowd);
}

/* One response holds records of 4,096 partitions at most; the others are asked for again. */
static void records_of_very_many_partitions(void **state)
{
    (void)state;
    struct sim_client client;
    kw_arena arena;
    struct request request = make_request("many", 0, MANY, 0, 500);
    sim_client_init(&client, &sim, &service, ARENA_LIMIT);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    (void)sim_client_send(&client, request.frame);
    sim_settle(&sim);
    kw_fetch_response response = take_response(&client, &arena);
    assert_int_equal(response.responses.len, 1);
    assert_int_equal(response.responses.items[0].partitions.len, MANY);
    for (int i = 0; i < MANY; i++) {
        const kw_fetch_response_partition_data *p = &response.responses.items[0].partitions.items[i];
        assert_int_equal(p->error_code, KW_ERROR_NONE);
        assert_int_equal(p->high_watermark, RECORDS);
        assert_int_equal(p->records.len > 0, i < FIELDS_MAX);
    }
    sim_client_finish(&client);
    kw_arena_finish(&arena);
    free(request.data);
}

static void memory_that_is_short_ends_the_connection(void **state)
{
    (void)state;
    struct sim_client client;
    struct request request = make_request("many", 0, MANY, 0, 0);
    sim_client_init(&client, &sim, &service, 256 * 1024);
    (void)sim_client_send(&client, request.frame);
    sim_settle(&sim);
    assert_int_equal(client.outcome, EXCHANGE_CLOSE);
    assert_non_null(strstr(client.exchange.fault, "Fetch v12, correlation id 7: "));
    assert_int_equal(responses_size(&client.responses), 0);
    sim_client_finish(&client);
    free(request.data);
}

#define FETCH_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_server_fetch FOLDER\n");
        return 2;
    }
    small = make_data_dir(argv[1], "t", 2);
    large = make_data_dir(argv[1], "many", MANY);
    const struct CMUnitTest tests[] = {
        FETCH_TEST(what_may_wait_for_the_disk_is_done_by_a_worker),
        FETCH_TEST(a_fetch_at_the_end_waits_its_time),
        FETCH_TEST(a_fetch_that_need_not_wait_does_not),
        FETCH_TEST(a_waiting_fetch_is_woken),
        FETCH_TEST(other_partitions_do_not_wake_it),
        FETCH_TEST(who_leaves_watches_no_more),
        FETCH_TEST(who_leaves_while_a_worker_reads),
        FETCH_TEST(a_crowd_waits_on_one_partition),
        cmocka_unit_test_setup_teardown(records_of_very_many_partitions, set_up_large, tear_down),
        cmocka_unit_test_setup_teardown(memory_that_is_short_ends_the_connection, set_up_large, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
