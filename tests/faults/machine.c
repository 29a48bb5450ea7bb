/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../simulation/requests.h"
#include "../simulation/world.h"
#include "disk.h"

enum { SESSIONS = 16, LONGEST_MS = 15000, STEP_MS = 500 };

static size_t dir_count = 1;
static bool is_synced;
static size_t failures_before;

void machine_set(size_t dirs, bool synced)
{
    dir_count = dirs;
    is_synced = synced;
}

/* ---- time ---- */

static size_t await(size_t call)
{
    world_settle();
    for (int64_t ms = 0; !process_is_answered(call) && ms < LONGEST_MS; ms += STEP_MS)
        world_pass(STEP_MS);
    CHECK(process_is_answered(call), "a request is not answered");
    return call;
}

/* ---- the console ---- */

static char console[1 << 20];
static size_t console_size;

static void hear(const char *line)
{
    int size = snprintf(console + console_size, sizeof console - console_size, "%s\n", line);
    if (size > 0 && (size_t)size < sizeof console - console_size)
        console_size += (size_t)size;
    else
        console[console_size] = '\0';
}

void machine_begin(uint64_t seed)
{
    world_start(seed);
    world.hear = hear;
    requests_await = await;
    machine_forget_said();
}

bool machine_said(const char *text)
{
    return strstr(console, text) != NULL;
}

void machine_forget_said(void)
{
    console_size = 0;
    console[0] = '\0';
}

const char *machine_console(void)
{
    return console;
}

/* ---- start and stop ---- */

static bool open_broker(void)
{
    static const char *const paths[] = {FIRST_DIR, SECOND_DIR};
    static struct process_setting chosen[] = {
        {"num.recovery.threads.per.data.dir", "1"},
        {"offsets.topic.num.partitions", "1"},
        {"transaction.state.log.num.partitions", "1"},
        {"share.coordinator.state.topic.num.partitions", "1"},
        {"metadata.log.max.record.bytes.between.snapshots", "3000"},
        {"log.cleaner.min.cleanable.ratio", "0.01"},
        {"log.cleaner.dedupe.buffer.size", "1048576"},
        {"log.segment.delete.delay.ms", "1000"},
        {"log.flush.interval.messages", NULL},
    };
    enum { COUNT = sizeof chosen / sizeof chosen[0] };
    chosen[COUNT - 1].value = is_synced ? "1" : "9223372036854775807";
    const struct process_setup setup = {.settings = chosen,
                                        .setting_count = COUNT,
                                        .dirs = paths,
                                        .dir_count = dir_count,
                                        .reactors = 1,
                                        .fetch_sessions = SESSIONS};
    return process_open(&setup);
}

bool machine_start(void)
{
    failures_before = disk_failures();
    note("the broker starts");
    if (!open_broker()) {
        process_end(NULL);
        return false;
    }
    process_serve();
    world_settle();
    return true;
}

void machine_stop(void)
{
    if (process_broker() == NULL)
        return;
    note("the broker stops");
    process_end(NULL);
}

void machine_kill(void)
{
    note("the broker is killed");
    disk_die(true);
    machine_stop();
    disk_die(false);
}

size_t machine_failures_before(void)
{
    return failures_before;
}
