/* SPDX-License-Identifier: Apache-2.0 */
/* The shards of a topic follow the metadata: which exist, in which order they are loaded, who waits for them, and that
 * one is not freed under somebody who has found it. */
#include "shards_support.h"

#include <kwire/record_builder.h>

#include "../support/captured.h"

enum { PARTITIONS = 5 };

static int set_up_shards(void **state)
{
    if (set_up(state) != 0 || !init_shards())
        return -1;
    create_topic(PARTITIONS);
    return 0;
}

static int tear_down_shards(void **state)
{
    stop_shards();
    return tear_down(state) == 0 && states == 0 ? 0 : -1;
}

static int64_t before;

static void settings_reach_each(void **state)
{
    (void)state;
    start_shards(PARTITIONS);
    settle();
    struct shard *shard = find_shard(3);
    assert_int_equal(shard->options.timeout_ms, TOY_TIMEOUT);
    assert_int_equal(shard->options.linger_ms, -1);
    assert_int_equal(shard->options.codec, KW_CODEC_NONE);
    assert_string_equal(shard->options.name, "__consumer_offsets-3");
    shards_release(shard);
}

/* ---- start and stop ---- */

static void before_the_start(void **state)
{
    (void)state;
    struct waiting w, gone;
    assert_true(apply_image());
    assert_int_equal(find_error(0), KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    assert_int_equal(shards_partitions(&shards), 0);
    assert_int_equal(shards_partition_of(&shards, kw_string_of("group")), -1);
    assert_int_equal(states, 0);
    assert_true(start_waiting(&w, -1));
    assert_true(start_waiting(&gone, -1));
    shards_forget(&shards, &gone.waiter);
    shards_forget(&shards, &gone.waiter);
    start_shards(PARTITIONS);
    assert_int_equal(w.resumed, 1);
    assert_int_equal(gone.resumed, 0);
    assert_int_equal(find_error(0), KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
}

static void all_that_are_led(void **state)
{
    (void)state;
    set_leader(3, -1);
    start_shards(PARTITIONS);
    assert_int_equal(find_error(3), KW_ERROR_NOT_COORDINATOR);
    settle();
    for (int32_t i = 0; i < PARTITIONS; i++)
        assert_int_equal(find_error(i), i == 3 ? KW_ERROR_NOT_COORDINATOR : KW_ERROR_NONE);
    assert_int_equal(find_error(-1), KW_ERROR_NOT_COORDINATOR);
    assert_int_equal(find_error(PARTITIONS), KW_ERROR_NOT_COORDINATOR);
    assert_int_equal(states, PARTITIONS - 1);
}

/* Memory is for as many partitions as there are, not for the highest index. */
static void indexes_with_gaps(void **state)
{
    (void)state;
    int32_t self = NODE;
    kw_partition_record record;
    kw_partition_record_init(&record);
    record.partition_id = INT32_MAX - 1;
    record.topic_id = current_topic("__consumer_offsets")->id;
    record.replicas = record.isr = (kw_int32_array){&self, 1};
    record.leader = NODE;
    add_record(&kw_partition_record_message, 2, &record);
    assert_int_equal(current_topic("__consumer_offsets")->partition_count, PARTITIONS + 1);
    start_shards(PARTITIONS);
    settle();
    assert_in_range(shards.slot_count, PARTITIONS, PARTITIONS + 1);
    assert_int_equal(states, PARTITIONS);
    assert_int_equal(find_error(INT32_MAX - 1), KW_ERROR_NOT_COORDINATOR);
}

/* It could not be created, and is no reason to look at the image again. */
static void a_partition_without_a_log(void **state)
{
    (void)state;
    static struct captured captured;
    const kw_uuid any = {{0}};
    delete_topic();
    settle();
    capture_start(&captured);
    file_faults_plan(FAULT_CREATE_FOLDER, 0, 1, ENOSPC);
    create_topic(PARTITIONS);
    file_faults_plan(0, 0, 0, 0);
    int missing = 0;
    for (int32_t i = 0; i < PARTITIONS; i++) {
        struct partition_log *log = log_manager_find(&broker.logs, kw_string_of("__consumer_offsets"), any, i);
        missing += log == NULL;
        if (log != NULL)
            log_release(log);
    }
    start_shards(PARTITIONS);
    settle();
    (void)capture_end(&captured);
    assert_int_equal(missing, 1);
    for (int32_t i = 0; i < PARTITIONS; i++)
        missing -= find_error(i) == KW_ERROR_NOT_COORDINATOR;
    assert_int_equal(missing, 0);
    assert_int_equal(states, PARTITIONS - 1);
    sim_advance(&sim, 3600 * 1000); /* it is tried again */
    settle();
}

/* abs("group".hashCode()) is 98629247. */
static void keys_have_partitions(void **state)
{
    (void)state;
    start_shards(7);
    assert_int_equal(shards_partitions(&shards), 7);
    assert_int_equal(shards_partition_of(&shards, kw_string_of("group")), 98629247 % 7);
    assert_int_equal(shards_partition_of(&shards, kw_string_of("")), 0);
}

static void stopped_at_any_time(void **state)
{
    (void)state;
    struct waiting w;
    start_shards(PARTITIONS);
    assert_true(start_waiting(&w, 2));
    shards_stop(&shards);
    assert_int_equal(w.resumed, 1);
    assert_int_equal(find_error(2), KW_ERROR_NOT_COORDINATOR);
    assert_false(start_waiting(&w, 2));
    assert_true(apply_image()); /* comes too late */
    settle();
    assert_int_equal(unloaded, PARTITIONS);
    assert_int_equal(loaded_count, 0);
}

static void stopped_before_the_start(void **state)
{
    (void)state;
    struct waiting w;
    assert_true(start_waiting(&w, -1));
    shards_stop(&shards);
    assert_int_equal(w.resumed, 1);
    assert_false(start_waiting(&w, -1));
}

/* ---- loading ---- */

static void who_waits_is_first(void **state)
{
    (void)state;
    struct waiting a, b, no_such;
    start_shards(PARTITIONS);
    assert_true(start_waiting(&a, 4));
    assert_true(start_waiting(&b, 2));
    assert_false(start_waiting(&no_such, PARTITIONS));
    assert_true(sim_run_worker(&sim));
    static const int order[] = {4, 2, 0, 1, 3};
    assert_int_equal(loaded_count, PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++)
        assert_int_equal(loaded[i], order[i]);
    assert_int_equal(a.resumed, 1);
    assert_int_equal(b.resumed, 1);
    assert_false(start_waiting(&a, 4));
    settle();
}

static void what_was_written_is_there_again(void **state)
{
    (void)state;
    start_shards(PARTITIONS);
    settle();
    for (int i = 0; i < 10; i++) {
        struct shard *shard = find_shard(1);
        assert_int_equal(add_in(shard, &before), KW_ERROR_NONE);
        shards_release(shard);
    }
    assert_int_equal(count_in(1), 9);
    stop_shards();
    assert_true(init_shards());
    start_shards(PARTITIONS);
    settle();
    assert_int_equal(count_in(1), 9);
    assert_int_equal(count_in(0), -1);
}

/* ---- changes of the metadata ---- */

static void images_reach_all(void **state)
{
    (void)state;
    start_shards(PARTITIONS);
    assert_true(apply_image()); /* while they are being loaded */
    settle();
    add_broker(2);
    assert_true(apply_image());
    for (int32_t i = 0; i < PARTITIONS; i++) {
        struct shard *shard = find_shard(i);
        assert_ptr_equal(((struct toy *)shard->options.state)->image, current_image());
        shards_release(shard);
    }
}

static void deleted_and_created_again(void **state)
{
    (void)state;
    start_shards(PARTITIONS);
    settle();
    struct shard *shard = find_shard(1);
    assert_int_equal(add_in(shard, &before), KW_ERROR_NONE);
    delete_topic();
    assert_true(apply_image());
    settle();
    assert_int_equal(states, 0);
    assert_int_equal(find_error(1), KW_ERROR_NOT_COORDINATOR);
    assert_int_equal(add_in(shard, &before), KW_ERROR_NOT_COORDINATOR);
    create_topic(PARTITIONS + 1);
    assert_true(apply_image());
    settle();
    assert_int_equal(states, PARTITIONS + 1);
    assert_int_equal(count_in(1), -1);
    assert_int_equal(count_in(PARTITIONS), -1);
    assert_int_equal(add_in(shard, &before), KW_ERROR_NOT_COORDINATOR);
    shards_release(shard);
}

/* Between two images that are applied: it is another topic. */
static void deleted_and_created_unseen(void **state)
{
    (void)state;
    start_shards(PARTITIONS);
    settle();
    struct shard *shard = find_shard(1);
    assert_int_equal(add_in(shard, &before), KW_ERROR_NONE);
    shards_release(shard);
    delete_topic();
    create_topic(2);
    assert_true(apply_image());
    settle();
    assert_int_equal(states, 2);
    assert_int_equal(count_in(1), -1);
}

static void led_elsewhere(void **state)
{
    (void)state;
    start_shards(PARTITIONS);
    settle();
    struct shard *shard = find_shard(0);
    assert_int_equal(add_in(shard, &before), KW_ERROR_NONE);
    shards_release(shard);
    set_leader(0, -1);
    assert_true(apply_image());
    assert_int_equal(find_error(0), KW_ERROR_NOT_COORDINATOR);
    settle();
    set_leader(0, NODE);
    assert_true(apply_image());
    assert_int_equal(find_error(0), KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
    settle();
    assert_int_equal(count_in(0), 0);
    assert_int_equal(states, PARTITIONS);
}

/* The older one may have a batch with the log: the newer one is loaded after it. */
static void newer_epoch(void **state)
{
    (void)state;
    struct waiting w;
    start_shards(PARTITIONS);
    settle();
    struct shard *shard = find_shard(2);
    assert_int_equal(add_in(shard, &before), KW_ERROR_NONE);
    set_leader(2, -1);
    set_leader(2, NODE);
    assert_true(apply_image());
    assert_int_equal(unloaded, 1);
    assert_null(sim.offloaded);
    assert_int_equal(find_error(2), KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
    assert_true(start_waiting(&w, 2));
    sim_run_posted(&sim);
    assert_non_null(sim.offloaded);
    settle();
    assert_int_equal(w.resumed, 1);
    assert_int_equal(count_in(2), 0);
    assert_int_equal(add_in(shard, &before), KW_ERROR_NOT_COORDINATOR);
    shards_release(shard);
    shard = find_shard(2);
    assert_int_equal(shard->options.leader_epoch,
                     metadata_topic_partition(current_topic("__consumer_offsets"), 2)->leader_epoch);
    assert_int_equal(add_in(shard, &before), KW_ERROR_NONE);
    assert_int_equal(before, 0);
    shards_release(shard);
}

/* Twice before it is loaded once. */
static void newer_epochs_while_it_waits(void **state)
{
    (void)state;
    start_shards(PARTITIONS);
    for (int i = 0; i < 2; i++) {
        set_leader(2, -1);
        set_leader(2, NODE);
        assert_true(apply_image());
    }
    settle();
    assert_int_equal(states, PARTITIONS);
    assert_int_equal(unloaded, 2);
    assert_int_equal(count_in(2), -1);
}

/* A control batch, which the toy machine does not look at. */
static void append_foreign(int32_t partition)
{
    const kw_uuid any = {{0}};
    uint8_t bytes[256];
    kw_control_record record = {.type = KW_CONTROL_LEADER_CHANGE};
    kw_batch_options options;
    kw_writer w;
    struct append_batch batch;
    struct log_append append = {.batches = &batch, .count = 1, .origin = APPEND_COORDINATOR};
    kw_batch_options_init(&options);
    options.control = true;
    kw_leader_change_message_init(&record.value.leader_change);
    kw_writer_init(&w, bytes, sizeof bytes);
    assert_int_equal(kw_write_control_batch(&w, &options, 1, &record), KW_OK);
    memcpy(batch.header, bytes, sizeof batch.header);
    batch.records = kw_bytes_of(bytes + sizeof batch.header, kw_writer_data(&w).size - sizeof batch.header);
    struct partition_log *log = log_manager_find(&broker.logs, kw_string_of("__consumer_offsets"), any, partition);
    assert_non_null(log);
    assert_true(log_append(log, &append));
    assert_int_equal(append.error, KW_ERROR_NONE);
    log_release(log);
}

static void loaded_again_if_others_write(void **state)
{
    (void)state;
    static struct captured captured;
    struct waiting w;
    start_shards(PARTITIONS);
    settle();
    struct shard *shard = find_shard(1);
    assert_int_equal(add_in(shard, &before), KW_ERROR_NONE);
    append_foreign(1);
    capture_start(&captured);
    assert_int_equal(add_in(shard, &before), KW_ERROR_NOT_COORDINATOR);
    assert_non_null(strstr(capture_end(&captured), "__consumer_offsets-1: somebody else has written"));
    assert_int_equal(find_error(1), KW_ERROR_NONE); /* the event says what is wrong */
    assert_int_equal(add_in(shard, &before), KW_ERROR_NOT_COORDINATOR);
    sim_run_posted(&sim);
    assert_true(sim_run_worker(&sim)); /* the old one gives up its state */
    assert_int_equal(find_error(1), KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
    assert_true(start_waiting(&w, 1));
    assert_int_equal(unloaded, 1);
    settle();
    assert_int_equal(w.resumed, 1);
    assert_int_equal(count_in(1), 1); /* the event that failed is in the log */
    assert_int_equal(add_in(shard, &before), KW_ERROR_NOT_COORDINATOR);
    shards_release(shard);
    shard = find_shard(1);
    assert_int_equal(add_in(shard, &before), KW_ERROR_NONE);
    assert_int_equal(before, 1);
    shards_release(shard);
    assert_int_equal(states, PARTITIONS);
}

static void lose_one(struct captured *captured)
{
    struct shard *shard = find_shard(1);
    append_foreign(1);
    capture_start(captured);
    assert_int_equal(add_in(shard, &before), KW_ERROR_NOT_COORDINATOR);
    (void)capture_end(captured);
    shards_release(shard);
}

/* The image takes it away, or everything ends, before it is loaded again. */
static void lost_and_not_needed_any_more(void **state)
{
    (void)state;
    static struct captured captured;
    start_shards(PARTITIONS);
    settle();
    lose_one(&captured);
    set_leader(1, -1); /* runs what is posted as well */
    assert_true(apply_image());
    settle();
    assert_int_equal(find_error(1), KW_ERROR_NOT_COORDINATOR);
    set_leader(1, NODE);
    assert_true(apply_image());
    settle();
    lose_one(&captured);
    shards_stop(&shards);
    settle();
    assert_int_equal(states, 0);
}

/* ---- memory ---- */

static void memory_is_short(void **state)
{
    (void)state;
    no_states = true;
    assert_true(apply_image());
    assert_false(shards_start(&shards, homes, 1, PARTITIONS));
    settle();
    assert_int_equal(find_error(0), KW_ERROR_NOT_COORDINATOR);
    no_states = false;
    assert_true(apply_image());
    settle();
    assert_int_equal(states, PARTITIONS);
    assert_int_equal(count_in(0), -1);
}

#define SHARDS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_shards, tear_down_shards)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARDS_TEST(before_the_start),
        SHARDS_TEST(all_that_are_led),
        SHARDS_TEST(indexes_with_gaps),
        SHARDS_TEST(a_partition_without_a_log),
        SHARDS_TEST(keys_have_partitions),
        SHARDS_TEST(settings_reach_each),
        SHARDS_TEST(stopped_at_any_time),
        SHARDS_TEST(stopped_before_the_start),
        SHARDS_TEST(who_waits_is_first),
        SHARDS_TEST(what_was_written_is_there_again),
        SHARDS_TEST(images_reach_all),
        SHARDS_TEST(deleted_and_created_again),
        SHARDS_TEST(deleted_and_created_unseen),
        SHARDS_TEST(led_elsewhere),
        SHARDS_TEST(newer_epoch),
        SHARDS_TEST(newer_epochs_while_it_waits),
        SHARDS_TEST(loaded_again_if_others_write),
        SHARDS_TEST(lost_and_not_needed_any_more),
        SHARDS_TEST(memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
