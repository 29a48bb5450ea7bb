/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_LOG_SLOW_DISK_H
#define TESTS_SERVER_LOG_SLOW_DISK_H

/* A disk whose writes take as long as a test says, by a clock that the test sets; and an appender that appends when
 * the test says so. The layer stands in front of the one in use. */

#include "../../unit/support.h"

#include <stdatomic.h>

#include "base/file_layer.h"
#include "log/log_append.h"
#include "log/log_dir.h"

enum { SLOW_DISK_LOGS = 16, SLOW_DISK_WRITE_MS = 50 };

static struct {
    _Atomic(int64_t) now;
    _Atomic(int64_t) write_ms; /* each write takes so long */
    void (*during)(void);      /* called in the middle of each write; NULL: nothing */
    const struct file_layer *below;
    struct file_layer layer;
    struct log_appender appender;
    struct partition_log *logs[SLOW_DISK_LOGS]; /* whose turn the appender has, in this order */
    size_t count;
} slow_disk;

static inline int64_t slow_disk_now(void)
{
    return atomic_load(&slow_disk.now);
}

static inline int64_t slow_disk_preemptions(void)
{
    return 0;
}

static const struct disk_watch slow_disk_watch = {slow_disk_now, slow_disk_preemptions};

static inline kw_status slow_disk_write(struct file *file, size_t position, const kw_span *parts, size_t count)
{
    atomic_fetch_add(&slow_disk.now, atomic_load(&slow_disk.write_ms));
    if (slow_disk.during != NULL)
        slow_disk.during();
    return slow_disk.below->write(file, position, parts, count);
}

static inline void slow_disk_take_over(const struct log_appender *appender, struct partition_log *log)
{
    assert_ptr_equal(appender, &slow_disk.appender);
    assert_true(slow_disk.count < SLOW_DISK_LOGS);
    slow_disk.logs[slow_disk.count++] = log;
}

/* Does what a thread of the appender would do next. False: nothing is to be done. */
static inline bool slow_disk_append(void)
{
    if (slow_disk.count == 0)
        return false;
    struct partition_log *log = slow_disk.logs[0];
    memmove(slow_disk.logs, slow_disk.logs + 1, --slow_disk.count * sizeof slow_disk.logs[0]);
    if (log_append_queued(log))
        slow_disk_take_over(&slow_disk.appender, log);
    return true;
}

/* Writes take no time yet. While no file is open, as the next one. */
static inline void slow_disk_start(void)
{
    atomic_store(&slow_disk.now, 1000);
    atomic_store(&slow_disk.write_ms, 0);
    slow_disk.during = NULL;
    slow_disk.count = 0;
    slow_disk.appender.take_over = slow_disk_take_over;
    slow_disk.below = file_layer_in_use();
    slow_disk.layer = *slow_disk.below;
    slow_disk.layer.write = slow_disk_write;
    file_layer_use(&slow_disk.layer);
}

static inline void slow_disk_stop(void)
{
    assert_int_equal(slow_disk.count, 0);
    file_layer_use(slow_disk.below);
}

static inline void slow_disk_set(int64_t write_ms)
{
    atomic_store(&slow_disk.write_ms, write_ms);
}

static inline void slow_disk_pass(int64_t ms)
{
    atomic_fetch_add(&slow_disk.now, ms);
}

/* The directory goes by the clock of the test, and the log, which is in it, has the appender of the test. */
static inline void slow_disk_has(struct log_dir *dir, struct partition_log *log)
{
    disk_pace_init(&dir->pace, &slow_disk_watch);
    log->dir = dir;
    log->appender = &slow_disk.appender;
}

#endif
