/* SPDX-License-Identifier: Apache-2.0 */
/* Which log the cleaners take, what they leave in files, and when they rest. */
#include "../upkeep_support.h"

#include <kwire/record_builder.h>

#include "base/random.h"
#include "log/cleaner/cleaners.h"

static const struct cleaners_live no_threads = {0, 1 << 20, 1 << 20, 0.9, 1e300, 15000};

static void start_logs(void)
{
    config.compact = true;
    config.delete = false;
    config.segment_bytes = 500;
    open_and_start(2);
}

/* Records of one key, each in a batch of its own; some five of them fill a segment. */
static void append_keys(const char *topic, size_t count)
{
    struct managed_log *log = log_of(topic, 0);
    open_log(topic, 0);
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[256];
        kw_writer out;
        kw_batch_options o;
        kw_batch_builder b;
        struct append_batch prepared;
        kw_batch_options_init(&o);
        kw_writer_init(&out, bytes, sizeof bytes);
        assert_status(kw_batch_builder_init(&b, &out, &o), KW_OK);
        const kw_new_record record = {clock_wall_ms(), kw_bytes_of("key", 3), kw_bytes_of("a value", 7), NULL, 0};
        assert_status(kw_batch_builder_append(&b, &record), KW_OK);
        assert_status(kw_batch_builder_end(&b), KW_OK);
        kw_span all = kw_writer_data(&out);
        memcpy(prepared.header, all.data, sizeof prepared.header);
        prepared.records =
            kw_bytes_of((const uint8_t *)all.data + sizeof prepared.header, all.size - sizeof prepared.header);
        struct log_append one = {.batches = &prepared, .count = 1, .origin = APPEND_CLIENT};
        assert_true(log_append(&log->log, &one));
        assert_int_equal(one.error, KW_ERROR_NONE);
    }
}

static int64_t clean_until(const char *topic)
{
    return atomic_load(&log_of(topic, 0)->clean_until);
}

static struct cleaners *start_cleaners(const struct cleaners_live *live)
{
    struct cleaners *cleaners = cleaners_start(&logs, live, &random_system);
    assert_non_null(cleaners);
    return cleaners;
}

static bool clean_next(struct cleaners *cleaners)
{
    capture_start(&captured);
    bool cleaned = cleaners_clean_next(cleaners);
    (void)capture_end(&captured);
    return cleaned;
}

static size_t segments_of(const char *topic)
{
    struct log_snapshot snapshot;
    assert_int_equal(partition_log_acquire(&log_of(topic, 0)->log, false, &snapshot), KW_ERROR_NONE);
    size_t count = snapshot.contents->segment_count;
    log_snapshot_release(&snapshot);
    return count;
}

/* How many have a snapshot of the log as it is now, the log included. */
static size_t holders_of(const char *topic)
{
    struct log_snapshot snapshot;
    assert_int_equal(partition_log_acquire(&log_of(topic, 0)->log, false, &snapshot), KW_ERROR_NONE);
    size_t count = atomic_load(&snapshot.contents->references) - 1;
    log_snapshot_release(&snapshot);
    return count;
}

/* ---- which ---- */

static void the_dirtiest_log_is_next(void **state)
{
    (void)state;
    start_logs();
    assert_status(create("a", id_a, 0, any), KW_OK);
    assert_status(create("b", id_b, 0, any), KW_OK);
    struct cleaners *cleaners = start_cleaners(&no_threads);
    assert_false(clean_next(cleaners)); /* both are empty */
    append_keys("a", 30);
    assert_true(clean_next(cleaners));
    int64_t first = clean_until("a");
    assert_true(first > 15);
    assert_false(clean_next(cleaners)); /* all of it is clean */
    append_keys("a", 30);
    append_keys("b", 12);
    assert_true(clean_next(cleaners)); /* nothing of it is clean */
    assert_true(clean_until("b") > 0);
    assert_int_equal(clean_until("a"), first);
    assert_true(clean_next(cleaners));
    assert_true(clean_until("a") > first);
    assert_false(clean_next(cleaners));
    cleaners_stop(cleaners);
}

static void others_are_not_cleaned(void **state)
{
    (void)state;
    start_logs();
    struct cleaners *cleaners = start_cleaners(&no_threads);
    config.compact = false;
    assert_status(create("a", id_a, 0, any), KW_OK);
    append_keys("a", 30);
    assert_false(clean_next(cleaners));
    config.compact = true;
    config.min_cleanable_dirty_ratio = 1;
    assert_status(create("b", id_b, 0, any), KW_OK);
    append_keys("b", 30);
    size_t holders = holders_of("b");
    assert_false(clean_next(cleaners)); /* it is not above that */
    assert_int_equal(holders_of("b"), holders);
    config.min_cleanable_dirty_ratio = 0.5;
    assert_status(create("b", id_b, 0, any), KW_OK);
    assert_true(managed_log_claim(log_of("b", 0))); /* as retention does */
    assert_false(clean_next(cleaners));
    managed_log_unclaim(log_of("b", 0));
    assert_true(clean_next(cleaners));
    cleaners_stop(cleaners);
}

static void what_cannot_be_read_is_left_out(void **state)
{
    (void)state;
    uint8_t byte = 0xff;
    const kw_span part = {&byte, 1};
    struct file file;
    start_logs();
    assert_status(create("a", id_a, 0, any), KW_OK);
    append_keys("a", 30);
    const char *folder = log_of("a", 0)->log.folder;
    assert_status(file_open(&file, join(folder, "00000000000000000000.log").text, 0), KW_OK);
    assert_status(file_write(&file, 65, &part, 1), KW_OK);
    assert_status(file_close(&file), KW_OK);
    struct cleaners *cleaners = start_cleaners(&no_threads);
    assert_false(clean_next(cleaners));
    assert_non_null(strstr(captured.text, "it is not compacted: segment 0"));
    assert_false(clean_next(cleaners));
    assert_string_equal(captured.text, ""); /* once */
    assert_int_equal(clean_until("a"), -1);
    cleaners_stop(cleaners);
}

static void what_is_offline_is_left_out(void **state)
{
    (void)state;
    start_logs();
    assert_status(create("a", id_a, 0, any), KW_OK);
    append_keys("a", 30);
    struct cleaners *cleaners = start_cleaners(&no_threads);
    atomic_bool *flags[] = {&log_of("a", 0)->log.is_offline, &log_of("a", 0)->log.dir->is_offline,
                            &log_of("a", 0)->is_uncleanable};
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        atomic_store(flags[i], true);
        assert_false(clean_next(cleaners));
        atomic_store(flags[i], false);
    }
    assert_true(clean_next(cleaners));
    cleaners_stop(cleaners);
}

static bool is_open(const char *topic)
{
    struct log_snapshot snapshot;
    int16_t error = partition_log_acquire(&log_of(topic, 0)->log, true, &snapshot);
    if (error == KW_ERROR_NONE)
        log_snapshot_release(&snapshot);
    return error == KW_ERROR_NONE;
}

/* Nobody has used the logs since the start: those that may have something to clean are opened. */
static void logs_that_are_not_open(void **state)
{
    (void)state;
    start_logs();
    assert_status(create("a", id_a, 0, any), KW_OK);
    assert_status(create("b", id_b, 0, any), KW_OK);
    append_keys("a", 2);
    append_keys("b", 30);
    assert_true(log_upkeep_stop(&logs, -1));
    log_manager_close(&logs);
    open_and_start(2);
    assert_status(create("a", id_a, 0, any), KW_OK);
    assert_status(create("b", id_b, 0, any), KW_OK);
    assert_false(is_open("a"));
    assert_false(is_open("b"));
    struct cleaners *cleaners = start_cleaners(&no_threads);
    assert_true(clean_next(cleaners));
    assert_true(clean_until("b") > 0);
    assert_false(clean_next(cleaners));
    assert_false(is_open("a"));
    assert_true(is_open("b"));
    append_keys("a", 30);
    assert_true(clean_next(cleaners));
    assert_true(clean_until("a") > 0);
    cleaners_stop(cleaners);
}

/* ---- what is said ---- */

static void what_was_done_is_reported(void **state)
{
    (void)state;
    char folder[64] = "";
    unsigned long long before, read, after, written, until, ms;
    start_logs();
    assert_status(create("a", id_a, 0, any), KW_OK);
    append_keys("a", 30);
    size_t all = segments_of("a");
    struct cleaners *cleaners = start_cleaners(&no_threads);
    assert_true(clean_next(cleaners));
    const char *line = strstr(captured.text, log_of("a", 0)->log.folder);
    assert_non_null(line);
    assert_int_equal(sscanf(line,
                            "%63[^:]: compacted from %llu segments and %llu bytes to %llu and %llu, up to offset %llu, "
                            "in %llu ms",
                            folder, &before, &read, &after, &written, &until, &ms),
                     7);
    assert_string_equal(folder, log_of("a", 0)->log.folder);
    assert_int_equal(until, clean_until("a"));
    assert_int_equal(before - after, all - segments_of("a"));
    assert_int_equal(before, all - 1);       /* all but the active one */
    assert_int_equal(read % until, 0);       /* batches of one size */
    assert_int_equal(written, read / until); /* one is left */
    assert_true(ms < 60000);
    cleaners_stop(cleaners);
}

/* Records that were deleted from the front are no surprise where that is how the topic is. */
static void wrong_checkpoints_are_reported(void **state)
{
    (void)state;
    static const struct {
        int until;
        bool deletes, is_reported;
    } cases[] = {{5, false, true}, {5, true, false}, {10, false, false}, {12, false, false}};
    start_logs();
    assert_status(create("a", id_a, 0, any), KW_OK);
    append_keys("a", 30);
    int64_t start;
    assert_int_equal(log_delete_records(&log_of("a", 0)->log, 10, &start), KW_ERROR_NONE);
    config.min_cleanable_dirty_ratio = 1; /* nothing is cleaned */
    struct cleaners *cleaners = start_cleaners(&no_threads);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        config.delete = cases[i].deletes;
        assert_status(create("a", id_a, 0, any), KW_OK);
        atomic_store(&log_of("a", 0)->clean_until, cases[i].until);
        assert_false(clean_next(cleaners));
        char expected[160] = "";
        if (cases[i].is_reported)
            (void)snprintf(expected, sizeof expected,
                           ": what was cleaned is not known: the checkpoint %d is not in the log, which is 10 to 30\n",
                           cases[i].until);
        assert_non_null(strstr(captured.text, expected));
        assert_int_equal(captured.text[0] != '\0', cases[i].is_reported);
        assert_int_equal(clean_until("a"), cases[i].until < 10 ? 10 : cases[i].until);
    }
    cleaners_stop(cleaners);
}

/* ---- checkpoints ---- */

static void checkpoints_are_kept(void **state)
{
    (void)state;
    start_logs();
    assert_status(create("a", id_a, 0, any), KW_OK);
    append_keys("a", 30);
    struct cleaners *cleaners = start_cleaners(&no_threads);
    assert_true(clean_next(cleaners));
    int64_t until = clean_until("a");
    char text[64];
    (void)snprintf(text, sizeof text, "0\n1\na 0 %lld\n", (long long)until);
    assert_file(join(log_of("a", 0)->log.dir->path, "cleaner-offset-checkpoint").text, text);
    cleaners_stop(cleaners);
    assert_true(log_upkeep_stop(&logs, -1));
    log_manager_close(&logs);
    open_and_start(2);
    assert_status(create("a", id_a, 0, any), KW_OK);
    assert_int_equal(clean_until("a"), until);
    cleaners = start_cleaners(&no_threads);
    assert_false(clean_next(cleaners));
    atomic_store(&log_of("a", 0)->clean_until, 1000); /* behind the end: it is not believed */
    append_keys("a", 30);
    atomic_store(&log_of("a", 0)->clean_until, 40);
    assert_false(clean_next(cleaners) && clean_until("a") < until);
    cleaners_stop(cleaners);
}

/* ---- threads ---- */

static bool is_clean_soon(const char *topic)
{
    for (int i = 0; i < 2000; i++) {
        if (clean_until(topic) > 0)
            return true;
        clock_sleep_ms(5);
    }
    return false;
}

static void threads_clean_by_themselves(void **state)
{
    (void)state;
    struct cleaners_live live = no_threads;
    start_logs();
    assert_status(create("a", id_a, 0, any), KW_OK);
    append_keys("a", 30);
    size_t before = segments_of("a");
    capture_start(&captured);
    struct cleaners *cleaners = start_cleaners(&live);
    live.threads = 2;
    live.backoff_ms = 1;
    cleaners_change(cleaners, &live);
    cleaners_change(cleaners, &live);
    assert_true(is_clean_soon("a"));
    cleaners_stop(cleaners);
    (void)capture_end(&captured);
    assert_non_null(strstr(captured.text, "compacted from "));
    assert_true(segments_of("a") <= before);
}

/* One that waits for its next bytes ends at once, and nothing has changed. */
static void a_slow_pace_does_not_hold_up_the_stop(void **state)
{
    (void)state;
    struct cleaners_live live = no_threads;
    start_logs();
    assert_status(create("a", id_a, 0, any), KW_OK);
    append_keys("a", 30);
    live.threads = 1;
    live.backoff_ms = 0;
    live.bytes_per_second = 1;
    int64_t since = clock_ms();
    struct cleaners *cleaners = start_cleaners(&live);
    clock_sleep_ms(50);
    cleaners_stop(cleaners);
    assert_true(clock_ms() - since < 30000);
    assert_int_equal(clean_until("a"), -1);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(the_dirtiest_log_is_next),        CASE(others_are_not_cleaned),
        CASE(what_cannot_be_read_is_left_out), CASE(what_is_offline_is_left_out),
        CASE(logs_that_are_not_open),          CASE(what_was_done_is_reported),
        CASE(wrong_checkpoints_are_reported),  CASE(checkpoints_are_kept),
        CASE(threads_clean_by_themselves),     CASE(a_slow_pace_does_not_hold_up_the_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
