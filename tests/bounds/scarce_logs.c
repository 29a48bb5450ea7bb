/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_logs FOLDER   FOLDER is not used: the files are in memory.
 *
 * The life of a log manager, from opening directories to a clean stop, while one allocation after the other fails.
 * Nothing is lost or left behind; what was not done is reported; and a stop that says it is clean is. */
#include "../server/log/append_support.h"

#include "../server/support/captured.h"
#include "../server/support/sim.h"
#include "base/file_memory.h"
#include "log/log_creation.h"
#include "log/log_load.h"
#include "log/log_recovery.h"
#include "log/log_upkeep.h"
#include "scarce.h"

enum { MEMORY = 64 * 1024 * 1024 };

static struct captured captured;
static const kw_uuid t_id = {{1}}, u_id = {{2}}, any = {{0}};

struct outcome {
    bool opened;
    bool started;
    bool created;
    bool appended;
    bool deleted;
    bool stopped;
};

static bool open_dirs(struct log_manager *logs)
{
    return log_manager_init(logs) && log_manager_add_dir(logs, "/d1", NULL) == KW_OK &&
           log_manager_add_dir(logs, "/d2", NULL) == KW_OK;
}

static bool create(struct log_manager *logs, const struct log_config *config, const char *topic, kw_uuid id)
{
    const struct log_wanted wanted = {kw_string_of(topic), id, 0, any, true};
    return log_manager_create(logs, &wanted, config) == KW_OK;
}

/* Of three records that wait for the disk. */
static bool append(struct log_manager *logs, const char *topic)
{
    static struct one_append one;
    struct log_snapshot snapshot;
    struct partition_log *log = log_manager_find(logs, kw_string_of(topic), any, 0);
    if (log == NULL)
        return false;
    bool opened = partition_log_acquire(log, false, &snapshot) == KW_ERROR_NONE;
    if (opened) {
        log_snapshot_release(&snapshot);
        prepare_append(&one, (made_batch){.count = 3, .timestamp = 1000, .producer_id = -1}, 0);
        assert_true(log_append(log, &one.append));
    }
    log_release(log);
    return opened && one.append.error == KW_ERROR_NONE;
}

static struct outcome live(struct sim *sim)
{
    struct outcome o = {0};
    struct log_manager logs = {0};
    struct log_config config;
    struct log_upkeep_options options = log_upkeep_defaults;
    options.executor = &sim->executor;
    options.retention_check_ms = 0;
    log_config_init(&config);
    o.opened = open_dirs(&logs);
    o.started = o.opened && log_upkeep_start(&logs, &options);
    if (o.started) {
        bool t = create(&logs, &config, "t", t_id), u = create(&logs, &config, "u", u_id);
        o.created = t && u;
        o.appended = append(&logs, "u");
        o.deleted = log_manager_delete(&logs, kw_string_of("t"), t_id, 0);
        sim_run_posted(sim);
        sim_advance(sim, 2 * options.live.delete_delay_ms);
        o.stopped = log_upkeep_stop(&logs, 7);
    }
    log_manager_close(&logs);
    return o;
}

static void assert_content_of(const char *path, const char *text)
{
    struct file_map map;
    assert_int_equal(file_map_open(&map, path), KW_OK);
    assert_int_equal(map.size, strlen(text));
    assert_memory_equal(map.data, text, map.size);
    file_map_close(&map);
}

/* Of u, which may be in either directory. */
static void assert_clean(const struct outcome *o)
{
    bool second = folder_exists("/d2/u-0");
    const char *recovery_points =
        second ? "/d2/recovery-point-offset-checkpoint" : "/d1/recovery-point-offset-checkpoint";
    assert_true(file_exists("/d1/.kafka_cleanshutdown") && file_exists("/d2/.kafka_cleanshutdown"));
    if (o->appended)
        assert_content_of(recovery_points, "0\n1\nu 0 3\n");
}

/* Whether the next broker finds what was appended. */
static bool is_readable(const struct outcome *o)
{
    struct log_manager logs = {0};
    struct log_snapshot snapshot;
    if (!open_dirs(&logs))
        return false;
    struct partition_log *log = log_manager_find(&logs, kw_string_of("u"), any, 0);
    bool opened = log != NULL && partition_log_acquire(log, false, &snapshot) == KW_ERROR_NONE;
    int64_t end = opened ? snapshot.log_end_offset : -1;
    if (opened)
        log_snapshot_release(&snapshot);
    if (log != NULL)
        log_release(log);
    log_manager_close(&logs);
    return end == (o->appended ? 3 : 0);
}

static void each_allocation_fails_once(void **state)
{
    (void)state;
    size_t n = 1, blocks = scarce_blocks();
    for (bool failed = true; failed; n++) {
        struct sim sim;
        sim_init(&sim);
        assert_true(file_memory_start(MEMORY));
        assert_true(folder_create("/d1") && folder_create("/d2"));
        capture_start(&captured);
        scarce_fail_at(SCARCE_MEMORY, n);
        struct outcome o = live(&sim);
        failed = scarce_has_failed();
        scarce_fail_at(SCARCE_MEMORY, 0);
        const char *said = capture_end(&captured);
        bool all = o.opened && o.started && o.created && o.appended && o.deleted && o.stopped;
        if (!failed)
            assert_true(all);
        if (o.started && !all && said[0] == '\0')
            fail_msg("allocation %zu: nothing is said about it", n);
        if (o.stopped)
            assert_clean(&o);
        capture_start(&captured); /* recovery has something to say */
        bool readable = is_readable(&o);
        (void)capture_end(&captured);
        if (!readable)
            fail_msg("allocation %zu: u has lost records", n);
        file_memory_stop();
        assert_int_equal(scarce_blocks(), blocks);
        assert_int_equal(file_memory_used(), 0);
    }
    assert_in_range(n, 60, 2000);
}

/* The broker may end before the folders of deleted logs are removed. */
static void removals_end_with_the_manager(void **state)
{
    (void)state;
    struct sim sim;
    struct log_manager logs = {0};
    struct log_config config;
    struct log_upkeep_options options = log_upkeep_defaults;
    size_t blocks = scarce_blocks();
    sim_init(&sim);
    options.executor = &sim.executor;
    log_config_init(&config);
    assert_true(file_memory_start(MEMORY));
    assert_true(folder_create("/d1") && folder_create("/d2"));
    assert_true(open_dirs(&logs) && log_upkeep_start(&logs, &options));
    assert_true(create(&logs, &config, "t", t_id) && create(&logs, &config, "u", u_id));
    assert_true(log_manager_delete(&logs, kw_string_of("t"), t_id, 0));
    assert_true(log_manager_delete(&logs, kw_string_of("u"), u_id, 0));
    sim_run_posted(&sim);
    log_manager_close(&logs);
    file_memory_stop();
    assert_int_equal(scarce_blocks(), blocks);
}

/* More leader epochs than fit beside the rest, of which the log's end leaves three. */
static void write_epochs(const char *folder)
{
    enum { COUNT = 5000 };
    static char text[COUNT * 16];
    int size = snprintf(text, sizeof text, "0\n%d\n", COUNT);
    for (int i = 0; i < COUNT; i++)
        size += snprintf(text + size, sizeof text - (size_t)size, "%d %d\n", 5 * i, i);
    assert_true(file_replace(folder, "leader-epoch-checkpoint", (kw_string){text, size}));
}

/* A log is recovered, or it is not and the next attempt does it. */
static void recovery_fails_once(void **state)
{
    (void)state;
    size_t n = 1, blocks = scarce_blocks();
    struct log_config config;
    log_config_init(&config);
    for (bool failed = true; failed; n++) {
        struct sim sim;
        sim_init(&sim);
        assert_true(file_memory_start(MEMORY));
        assert_true(folder_create("/d1") && folder_create("/d2"));
        capture_start(&captured);
        struct outcome o = live(&sim);
        const char *folder = folder_exists("/d1/u-0") ? "/d1/u-0" : "/d2/u-0";
        const struct log_recovery recovery = {.folder = folder, .config = &config, .start_offset = -1};
        write_epochs(folder);
        scarce_fail_at(SCARCE_MEMORY, n);
        struct recovered_epochs epochs;
        kw_status status = log_recover(&recovery, &epochs);
        failed = scarce_has_failed();
        scarce_fail_at(SCARCE_MEMORY, 0);
        if (failed && status != KW_OK) {
            recovered_epochs_finish(&epochs);
            status = log_recover(&recovery, &epochs);
        }
        assert_status(status, KW_OK);
        assert_false(epochs.differ); /* the file had epochs of records that are lost */
        assert_int_equal(epochs.count, 3);
        assert_int_equal(epochs.items[2].start_offset, 2);
        assert_int_equal(epochs.items[2].epoch, 10);
        recovered_epochs_finish(&epochs);
        assert_content_of(folder[2] == '1' ? "/d1/u-0/leader-epoch-checkpoint" : "/d2/u-0/leader-epoch-checkpoint",
                          "0\n3\n0 0\n5 1\n10 2\n");
        (void)capture_end(&captured);
        assert_true(o.stopped);
        file_memory_stop();
        assert_int_equal(scarce_blocks(), blocks);
    }
    assert_in_range(n, 5, 2000);
}

/* It is loaded completely, or not at all. */
static void loading_fails_once(void **state)
{
    (void)state;
    size_t n = 1, blocks = scarce_blocks();
    struct sim sim;
    sim_init(&sim);
    assert_true(file_memory_start(MEMORY));
    assert_true(folder_create("/d1") && folder_create("/d2"));
    struct outcome o = live(&sim);
    assert_true(o.stopped);
    const char *folder = folder_exists("/d1/u-0") ? "/d1/u-0" : "/d2/u-0";
    assert_true(file_replace(folder, "leader-epoch-checkpoint", kw_string_of("0\n1\n0 0\n")));
    for (bool failed = true; failed; n++) {
        struct log_snapshot loaded;
        scarce_fail_at(SCARCE_MEMORY, n);
        kw_status status = log_load(&loaded, folder, 1, 0, MEMORY, NULL);
        failed = scarce_has_failed();
        scarce_fail_at(SCARCE_MEMORY, 0);
        if (status == KW_OK) {
            assert_int_equal(loaded.log_start_offset, 1);
            assert_int_equal(loaded.last_stable_offset, 3);
            assert_int_equal(loaded.log_end_offset, 3);
            assert_int_equal(loaded.contents->epochs.items[0].start_offset, 1);
            log_snapshot_release(&loaded);
        }
        assert_status(status, failed ? KW_ERR_NO_MEMORY : KW_OK);
    }
    assert_in_range(n, 5, 2000);
    file_memory_stop();
    assert_int_equal(scarce_blocks(), blocks);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc != 2) {
        fprintf(stderr, "usage: scarce_logs FOLDER\n");
        return 2;
    }
    file_layer_use(&file_layer_memory);
    const struct CMUnitTest tests[] = {
        TEST(each_allocation_fails_once),
        TEST(removals_end_with_the_manager),
        TEST(recovery_fails_once),
        TEST(loading_fails_once),
    };
    scarce_count_arenas();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
