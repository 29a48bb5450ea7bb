/* SPDX-License-Identifier: Apache-2.0 */
#include "node.h"

#include <stdlib.h>
#include <string.h>

#include "../server/support/no_appenders.h"
#include "api/dispatch.h"
#include "config/static_config.h"
#include "coordinators.h"
#include "disk.h"
#include "link.h"
#include "log/cleaner/cleaners.h"
#include "startup.h"
#include "threads.h"
#include "world.h"

enum { SESSIONS = 1000, SESSION_PARTITIONS = 1000, MOST_SETTINGS = 32 };

static struct broker *broker;
static struct startup startup;
static struct service service;
static struct executor *homes[REACTORS];
static struct node_setting chosen[MOST_SETTINGS];
static size_t chosen_count;

static bool fill_settings(struct config *config)
{
    for (size_t i = 0; i < chosen_count; i++)
        if (!static_config_fill(&config->file, chosen[i].name, chosen[i].value))
            return false;
    return config_set_data_dir(config, "/data");
}

static bool open_broker(void)
{
    broker = calloc(1, sizeof *broker);
    if (broker == NULL || !metadata_cell_init(&broker->metadata))
        abort();
    config_init(&broker->config);
    broker->config.listen.port = NODE_PORT;
    memset(&startup, 0, sizeof startup);
    return fill_settings(&broker->config) &&
           fetch_sessions_init(&broker->fetch_sessions, SESSIONS, SESSION_PARTITIONS) &&
           startup_open(&startup, broker) && remove_appenders(&broker->logs) && startup_run(&startup);
}

static void close_broker(void)
{
    startup_close(&startup);
    metadata_cell_finish(&broker->metadata);
    append_tools_pool_finish(&broker->append_tools);
    fetch_sessions_finish(&broker->fetch_sessions);
    config_finish(&broker->config);
    free(broker);
    broker = NULL;
    threads_check_ended();
}

static void start(void)
{
    note("the broker starts");
    if (!open_broker()) {
        if (!disk_is_dead() && !disk_is_full() && !disk_has_failed())
            broken("the broker does not start");
        note("it has ended before it was there");
        close_broker();
        return;
    }
    for (size_t i = 0; i < REACTORS; i++)
        homes[i] = &world.threads[i].executor;
    service = dispatch_service(broker);
    coordinators_start(broker, homes, REACTORS);
}

void node_start(const struct node_setting *with, size_t count)
{
    if (count > MOST_SETTINGS)
        abort();
    if (count != 0)
        memcpy(chosen, with, count * sizeof *with);
    chosen_count = count;
    start();
}

/* What is in work ends; what waits for time does not. */
static void end(void)
{
    coordinators_stop(broker);
    world_settle();
    links_cut();
    world_settle();
    if (links_at_work() != 0)
        broken("%zu requests are not ended by a stop", links_at_work());
    coordinators_await(broker);
    threads_end_network();
    close_broker();
}

void node_stop(void)
{
    note("the broker stops");
    world.counts.restarts++;
    end();
}

void node_crash(void)
{
    note("the broker crashes");
    world.counts.crashes++;
    world.counts.faults++;
    disk_die();
    if (broker != NULL) {
        links_cut();
        end();
    }
    disk_revive();
}

void node_clean(void)
{
    if (broker != NULL && broker->cleaners != NULL && cleaners_clean_next(broker->cleaners))
        note("a log is compacted");
}

bool node_is_up(void)
{
    return broker != NULL;
}

const struct service *node_service(void)
{
    return broker != NULL ? &service : NULL;
}

struct log_manager *node_logs(void)
{
    return &broker->logs;
}

size_t node_coordinators_memory(void)
{
    return atomic_load(&broker->coordinator_budget.used);
}
