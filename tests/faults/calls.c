/* SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../simulation/world.h"
#include "base/file.h"
#include "disk.h"
#include "judge.h"
#include "life.h"
#include "machine.h"

enum { SEED = 1, SOME = 30, DROPS = 1, SYNCED = 2, SPACE = CALL_CREATE | CALL_WRITE | CALL_MAKE_FOLDER };

/* What can say that the disk is full; what needs a descriptor. */
enum { FULL = CALL_CHANGES | CALL_CLOSE, DESCRIPTORS = CALL_OPEN | CALL_CREATE | CALL_MAP | CALL_LOAD | CALL_LIST };

struct calls_counts calls_counts;

static const struct way {
    const char *name;
    unsigned kinds;
    int error;
    size_t fail;
    size_t cut;
    unsigned how; /* DROPS, SYNCED */
    size_t dirs;
    const char *folder;
    enum life_failure failure;
} ways[] = {
    {"one call, EIO", CALL_ALL, EIO, 1, 0, 0, 1, NULL, LIFE_FAILURE_STAYS},
    {"one call, EIO, acknowledged when synced", CALL_ALL, EIO, 1, 0, SYNCED, 1, NULL, LIFE_FAILURE_STAYS},
    {"one call, ENOSPC", FULL, ENOSPC, 1, 0, 0, 1, NULL, LIFE_FAILURE_PASSES},
    {"one call, EDQUOT", FULL, EDQUOT, 1, 0, SYNCED, 1, NULL, LIFE_FAILURE_PASSES},
    {"one call, EMFILE", DESCRIPTORS | CALL_LOCK, EMFILE, 1, 0, 0, 1, NULL, LIFE_FAILURE_PASSES},
    {"one call, ENOMEM", CALL_ALL, ENOMEM, 1, 0, SYNCED, 1, NULL, LIFE_FAILURE_PASSES},
    {"one call, EIO, of two directories", CALL_ALL, EIO, 1, 0, 0, 2, NULL, LIFE_FAILURE_STAYS},
    {"one call, EIO, in the second directory", CALL_ALL, EIO, 1, 0, SYNCED, 2, SECOND_DIR, LIFE_FAILURE_STAYS},
    {"one call, ENOSPC, of two directories", FULL, ENOSPC, 1, 0, SYNCED, 2, NULL, LIFE_FAILURE_PASSES},
    {"a part of a write, then ENOSPC", CALL_WRITE, ENOSPC, 1, 7, 0, 1, NULL, LIFE_FAILURE_PASSES},
    {"a part of a write, then EIO", CALL_WRITE, EIO, 1, 70, SYNCED, 1, NULL, LIFE_FAILURE_STAYS},
    {"a sync, pages are dropped, EIO", CALL_SYNC, EIO, 1, 0, DROPS, 1, NULL, LIFE_FAILURE_STAYS},
    {"a sync, pages are dropped, EIO, acknowledged when synced", CALL_SYNC, EIO, 1, 0, DROPS | SYNCED, 1, NULL,
     LIFE_FAILURE_STAYS},
    {"a sync, pages are dropped, ENOSPC, acknowledged when synced", CALL_SYNC, ENOSPC, 1, 0, DROPS | SYNCED, 1, NULL,
     LIFE_FAILURE_STAYS},
    {"a sync, pages are dropped, ENOMEM, acknowledged when synced", CALL_SYNC, ENOMEM, 1, 0, DROPS | SYNCED, 1, NULL,
     LIFE_FAILURE_STAYS},
    {"a sync, pages are dropped, EIO, of two directories", CALL_SYNC, EIO, 1, 0, DROPS | SYNCED, 2, NULL,
     LIFE_FAILURE_STAYS},
    {"the disk is full for some calls", SPACE, ENOSPC, SOME, 3, 0, 1, NULL, LIFE_FAILURE_PASSES},
    {"the second directory is full from now on", SPACE, ENOSPC, DISK_FOREVER, 0, SYNCED, 2, SECOND_DIR,
     LIFE_FAILURE_STAYS},
    {"no descriptors for some calls", DESCRIPTORS, EMFILE, SOME, 0, SYNCED, 1, NULL, LIFE_FAILURE_PASSES},
    {"read-only from now on", CALL_CHANGES, EROFS, DISK_FOREVER, 0, 0, 1, NULL, LIFE_ALL_FAILS},
    {"the second directory is read-only from now on", CALL_CHANGES, EROFS, DISK_FOREVER, 0, SYNCED, 2, SECOND_DIR,
     LIFE_FAILURE_STAYS},
    {"all calls from now on, EIO", CALL_ALL & ~(unsigned)CALL_CLOSE, EIO, DISK_FOREVER, 0, SYNCED, 1, NULL,
     LIFE_ALL_FAILS},
    {"all calls from now on in the second directory, EIO", CALL_ALL & ~(unsigned)CALL_CLOSE, EIO, DISK_FOREVER, 0, 0, 2,
     SECOND_DIR, LIFE_FAILURE_STAYS},
    {"the pages of one mapping, EIO", CALL_PAGES, EIO, 1, 0, 0, 1, NULL, LIFE_FAILURE_STAYS},
    {"the pages of one mapping, EIO, of two directories", CALL_PAGES, EIO, 1, 0, SYNCED, 2, NULL, LIFE_FAILURE_STAYS},
    {"all pages from now on, EIO", CALL_PAGES, EIO, DISK_FOREVER, 0, SYNCED, 1, NULL, LIFE_ALL_FAILS},
    {"all pages from now on in the second directory, EIO", CALL_PAGES, EIO, DISK_FOREVER, 0, 0, 2, SECOND_DIR,
     LIFE_FAILURE_STAYS},
};

static char subject[256];

const char *calls_subject(void)
{
    return subject;
}

size_t calls_ways(void)
{
    return sizeof ways / sizeof ways[0];
}

static void begin(const struct way *way, size_t pass)
{
    (void)snprintf(subject, sizeof subject, "way %zu (%s), call %zu: --way %zu --call %zu", (size_t)(way - ways),
                   way->name, pass, (size_t)(way - ways), pass);
    machine_begin(SEED);
    disk_start();
    machine_set(way->dirs, (way->how & SYNCED) != 0);
    judge_start((way->how & SYNCED) != 0);
    life_start();
    const struct disk_plan plan = {.kinds = way->kinds,
                                   .pass = pass,
                                   .fail = way->fail,
                                   .error = way->error,
                                   .cut = way->cut,
                                   .folder = way->folder,
                                   .keeps = (way->how & (DROPS | SYNCED)) != 0,
                                   .drops = (way->how & DROPS) != 0};
    disk_fail(&plan);
}

static void end(void)
{
    disk_stop();
    world_finish();
}

size_t calls_in(size_t way)
{
    begin(&ways[way], SIZE_MAX / 2);
    life_live(ways[way].failure);
    machine_stop();
    size_t calls = disk_calls();
    end();
    return calls;
}

static void check_clean(size_t dirs)
{
    CHECK(file_exists(FIRST_DIR "/.kafka_cleanshutdown"), "the stop was not clean");
    CHECK(dirs == 1 || file_exists(SECOND_DIR "/.kafka_cleanshutdown"), "the stop was not clean");
}

void calls_run(size_t number, size_t pass)
{
    const struct way *way = &ways[number];
    begin(way, pass);
    life_live(way->failure);
    machine_stop();
    calls_counts.lives++;
    calls_counts.failures += disk_failures();
    note("%zu failures, the first of %s; the disk is well from now on", disk_failures(), disk_failed_path());
    disk_fail(NULL);
    CHECK(machine_start(), "the broker does not start on a healthy disk");
    judge_check();
    life_finish();
    judge_check();
    machine_stop();
    check_clean(way->dirs);
    CHECK(machine_start(), "the broker does not start after a clean stop");
    judge_check();
    machine_stop();
    end();
}
