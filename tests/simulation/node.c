/* SPDX-License-Identifier: Apache-2.0 */
#include "node.h"

#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "link.h"
#include "log/cleaner/cleaners.h"
#include "process.h"
#include "world.h"

enum { SESSIONS = 1000, MOST_SETTINGS = 32 };

static struct process_setting chosen[MOST_SETTINGS];
static size_t chosen_count;

static bool open_broker(void)
{
    static const char *const dirs[] = {"/data"};
    const struct process_setup setup = {.settings = chosen,
                                        .setting_count = chosen_count,
                                        .dirs = dirs,
                                        .dir_count = 1,
                                        .reactors = REACTORS,
                                        .fetch_sessions = SESSIONS};
    return process_open(&setup);
}

static void start(void)
{
    note("the broker starts");
    if (!open_broker()) {
        if (!disk_is_dead() && !disk_is_full() && !disk_has_failed())
            broken("the broker does not start");
        note("it has ended before it was there");
        process_end(NULL);
        return;
    }
    process_serve();
}

void node_start(const struct process_setting *with, size_t count)
{
    if (count > MOST_SETTINGS)
        abort();
    if (count != 0)
        memcpy(chosen, with, count * sizeof *with);
    chosen_count = count;
    start();
}

/* What is in work ends; what waits for time does not. */
static void cut(void)
{
    links_cut();
    world_settle();
    if (links_at_work() != 0)
        broken("%zu requests are not ended by a stop", links_at_work());
}

void node_stop(void)
{
    note("the broker stops");
    world.counts.restarts++;
    process_end(cut);
}

void node_crash(void)
{
    note("the broker crashes");
    world.counts.crashes++;
    world.counts.faults++;
    disk_die();
    if (process_broker() != NULL) {
        links_cut();
        process_end(cut);
    }
    disk_revive();
}

void node_clean(void)
{
    const struct broker *broker = process_broker();
    if (broker != NULL && broker->cleaners != NULL && cleaners_clean_next(broker->cleaners))
        note("a log is compacted");
}

bool node_is_up(void)
{
    return process_broker() != NULL;
}

const struct service *node_service(void)
{
    return process_service();
}

struct log_manager *node_logs(void)
{
    return &process_broker()->logs;
}

size_t node_coordinators_memory(void)
{
    return atomic_load(&process_broker()->coordinator_budget.used);
}
