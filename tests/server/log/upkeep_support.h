/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_LOG_UPKEEP_SUPPORT_H
#define TESTS_SERVER_LOG_UPKEEP_SUPPORT_H

/* A log manager that writes, with two directories in memory, on an executor whose clock the test sets. */

#include "../support/captured.h"
#include "../support/file_faults.h"
#include "../support/garbage.h"
#include "../support/no_appenders.h"
#include "../support/sim.h"
#include "append_support.h"

#include "base/clock.h"
#include "base/file_memory.h"
#include "log/flusher.h"
#include "log/log_change.h"
#include "log/log_creation.h"
#include "log/log_upkeep.h"

enum { MEMORY = 256 * 1024 * 1024 };

static struct sim sim;
static struct log_manager logs;
static struct log_config config;
static bool is_new;                /* whether partitions to be created never had a log */
static bool has_appenders;         /* logs are appended to on other threads where that may take long */
static int64_t retention_check_ms; /* 0: records may be old */
static struct captured captured;
static kw_arena arena;

static const kw_uuid id_a = {{0xa, 1}}, id_b = {{0xb, 1}}, any = {{0}};

static inline int set_up(void **state)
{
    (void)state;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 16 * 1024 * 1024);
    log_config_init(&config);
    retention_check_ms = 0;
    is_new = true;
    sim_init(&sim);
    if (!file_memory_start(MEMORY))
        return -1;
    file_layer_use(&file_layer_memory);
    file_faults_start();
    return folder_create("/d1") && folder_create("/d2") ? 0 : -1;
}

static inline int tear_down(void **state)
{
    (void)captured; /* not used by all */
    file_faults_plan(0, 0, 0, 0);
    log_manager_close(&logs);
    file_faults_stop();
    file_layer_use(&file_layer_system);
    file_memory_stop();
    kw_arena_finish(&arena);
    return forget_given(state);
}

static inline void put(const char *path, const char *text)
{
    char folder[256];
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    assert_true(file_replace(folder, strrchr(path, '/') + 1, kw_string_of(text)));
}

static inline void assert_file(const char *path, const char *text)
{
    kw_bytes bytes;
    assert_int_equal(file_load(path, 1 << 20, &arena, &bytes), KW_OK);
    if (bytes.len != (int32_t)strlen(text) || memcmp(bytes.data, text, (size_t)bytes.len) != 0)
        fail_msg("%s: `%.*s`, not `%s`", path, (int)bytes.len, (const char *)bytes.data, text);
}

/* The names in a folder, each with a blank behind it. */
static inline const char *names_in(const char *path)
{
    static char text[1024];
    struct folder_names names;
    assert_int_equal(folder_list(path, &arena, &names), KW_OK);
    text[0] = '\0';
    for (size_t i = 0; i < names.len; i++) {
        strcat(text, names.items[i].data);
        strcat(text, " ");
    }
    return text;
}

/* The path of the folder that starts and ends so. */
static inline const char *folder_like(const char *dir, const char *start, const char *end)
{
    static char path[512];
    struct folder_names names;
    assert_int_equal(folder_list(dir, &arena, &names), KW_OK);
    for (size_t i = 0; i < names.len; i++) {
        kw_string name = names.items[i];
        if (strncmp(name.data, start, strlen(start)) == 0 && (size_t)name.len > strlen(end) &&
            strcmp(name.data + (size_t)name.len - strlen(end), end) == 0) {
            (void)snprintf(path, sizeof path, "%s/%s", dir, name.data);
            return path;
        }
    }
    return NULL;
}

static inline void open_dirs(size_t count)
{
    static const char *const paths[] = {"/d1", "/d2"};
    fill_with_garbage(&logs, sizeof logs);
    assert_true(log_manager_init(&logs));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(log_manager_add_dir(&logs, paths[i], NULL), KW_OK);
}

static inline void start(void)
{
    struct log_upkeep_options options = log_upkeep_defaults;
    options.executor = &sim.executor;
    options.retention_check_ms = retention_check_ms;
    sim_init(&sim); /* timers of an earlier manager have ended with it */
    assert_true(log_upkeep_start(&logs, &options));
    if (!has_appenders)
        assert_true(remove_appenders(&logs));
    sim_run_posted(&sim);
}

static inline void open_and_start(size_t count)
{
    open_dirs(count);
    start();
}

static inline kw_status create(const char *topic, kw_uuid id, int32_t partition, kw_uuid directory)
{
    const struct log_wanted wanted = {kw_string_of(topic), id, partition, directory, is_new};
    return log_manager_create(&logs, &wanted, &config);
}

/* The manager has it. */
static inline struct managed_log *log_of(const char *topic, int32_t partition)
{
    struct partition_log *log = log_manager_find(&logs, kw_string_of(topic), any, partition);
    assert_non_null(log);
    log_release(log);
    return managed_log_of(log);
}

static inline void open_log(const char *topic, int32_t partition)
{
    struct log_snapshot snapshot;
    assert_int_equal(partition_log_acquire(&log_of(topic, partition)->log, false, &snapshot), KW_ERROR_NONE);
    log_snapshot_release(&snapshot);
}

static inline int64_t append(const char *topic, int32_t count)
{
    static struct one_append one;
    prepare_append(&one, (made_batch){.count = count, .timestamp = 1000, .producer_id = -1}, 0);
    assert_true(log_append(&log_of(topic, 0)->log, &one.append));
    assert_int_equal(one.append.error, KW_ERROR_NONE);
    return one.append.base_offset;
}

#endif
