/* SPDX-License-Identifier: Apache-2.0 */
#include "whole_broker.h"

#include <string.h>

#include "api/dispatch.h"
#include "config/static_config.h"
#include "coordinators.h"
#include "no_appenders.h"

enum { SESSIONS = 16, SESSION_PARTITIONS = 1000, PORT = 9092 };

static void finish(struct whole_broker *b)
{
    struct broker *broker = &b->broker;
    metadata_cell_finish(&broker->metadata);
    append_tools_pool_finish(&broker->append_tools);
    fetch_sessions_finish(&broker->fetch_sessions);
    config_finish(&broker->config);
    b->is_open = false;
}

bool whole_broker_open(struct whole_broker *b, const char *dir)
{
    struct broker *broker = &b->broker;
    memset(b, 0, sizeof *b);
    sim_init(&b->sim);
    if (!metadata_cell_init(&broker->metadata))
        return false;
    config_init(&broker->config);
    broker->config.listen.port = PORT;
    /* Logs are recovered by the thread that starts the broker, in order; threads of cleaners would never have work. */
    if (static_config_fill(&broker->config.file, "num.recovery.threads.per.data.dir", "1") &&
        static_config_fill(&broker->config.file, "log.cleaner.enable", "false") &&
        config_set_data_dir(&broker->config, dir) &&
        fetch_sessions_init(&broker->fetch_sessions, SESSIONS, SESSION_PARTITIONS)) {
        b->is_open = startup_open(&b->startup, broker);
        b->is_open = b->is_open && remove_appenders(&broker->logs);
        if (b->is_open) {
            b->service = dispatch_service(broker);
            b->home = &b->sim.executor;
            coordinators_start(broker, &b->home, 1);
            sim_settle(&b->sim);
            return true;
        }
        startup_close(&b->startup);
    }
    finish(b);
    return false;
}

void whole_broker_close(struct whole_broker *b)
{
    if (!b->is_open)
        return;
    coordinators_stop(&b->broker);
    sim_settle(&b->sim);
    coordinators_await(&b->broker);
    startup_close(&b->startup);
    finish(b);
}

void whole_broker_settle(struct whole_broker *b)
{
    if (b->startup.decides)
        controller_run(&b->startup.lifecycle.controller);
    sim_settle(&b->sim);
}

bool whole_broker_ask(struct whole_broker *b, kw_bytes request, uint8_t *answer, size_t capacity, size_t *size)
{
    struct sim_client client;
    sim_client_init(&client, &b->sim, &b->service, capacity);
    if (sim_client_send(&client, request) == EXCHANGE_PENDING) {
        whole_broker_settle(b);
        if (client.outcome == EXCHANGE_PENDING)
            sim_client_hurry(&client);
        whole_broker_settle(b);
    }
    bool answered = client.outcome == EXCHANGE_ANSWERED;
    *size = sim_client_take(&client, answer, capacity);
    sim_client_finish(&client);
    return answered;
}
