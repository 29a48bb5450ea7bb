/* SPDX-License-Identifier: Apache-2.0 */
#include "node.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/frame.h>
#include <kwire/message.h>

#include "../server/support/no_appenders.h"
#include "../simulation/threads.h"
#include "../simulation/world.h"
#include "api/dispatch.h"
#include "config/static_config.h"
#include "coordinators.h"
#include "startup.h"
#include "tape.h"

enum { SESSIONS = 16, SESSION_PARTITIONS = 1000, PORT = 9092, LARGEST = 1 << 20, ARENA_LIMIT = 64 << 20 };

static struct broker broker;
static struct startup startup;
static struct service service;
static kw_arena answers;
static bool is_serving, is_started;

void (*node_has_stepped)(void);

struct broker *node_broker(void)
{
    return &broker;
}

/* ---- life ---- */

static bool fill_settings(const struct node_setting *with)
{
    for (; with->name != NULL; with++)
        if (!static_config_fill(&broker.config.file, with->name, with->value))
            return false;
    return static_config_fill(&broker.config.file, "num.recovery.threads.per.data.dir", "1") &&
           config_set_data_dir(&broker.config, "/data");
}

bool node_open(const struct node_setting *with)
{
    memset(&broker, 0, sizeof broker);
    memset(&startup, 0, sizeof startup);
    is_serving = false;
    kw_arena_init_growing(&answers, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    if (!metadata_cell_init(&broker.metadata))
        broken("there is no memory");
    config_init(&broker.config);
    broker.config.listen.port = PORT;
    if (!fill_settings(with) || !fetch_sessions_init(&broker.fetch_sessions, SESSIONS, SESSION_PARTITIONS))
        broken("the settings cannot be used");
    is_started =
        startup_open(&startup, &broker) && startup.decides && remove_appenders(&broker.logs) && startup_run(&startup);
    return is_started;
}

void node_serve(void)
{
    static struct executor *homes[REACTORS];
    for (size_t i = 0; i < REACTORS; i++)
        homes[i] = &world.threads[i].executor;
    service = dispatch_service(&broker);
    coordinators_start(&broker, homes, REACTORS);
    is_serving = true;
    world_settle();
}

static void close_node(void)
{
    if (is_serving) {
        coordinators_stop(&broker);
        world_settle();
        coordinators_await(&broker);
    }
    if (is_started)
        world_settle();
    threads_end_network();
    startup_close(&startup);
    metadata_cell_finish(&broker.metadata);
    append_tools_pool_finish(&broker.append_tools);
    fetch_sessions_finish(&broker.fetch_sessions);
    config_finish(&broker.config);
    kw_arena_finish(&answers);
    threads_check_ended();
}

void node_stop(void)
{
    close_node();
}

void node_kill(void)
{
    tape_kill();
    close_node();
}

/* ---- requests ---- */

static void step(void)
{
    world_step();
    if (node_has_stepped != NULL)
        node_has_stepped();
}

static bool is_waiting(const struct sim_client *client)
{
    return client->outcome == EXCHANGE_PENDING || client->outcome == EXCHANGE_RESTING;
}

static bool ask(kw_bytes frame, uint8_t *answer, size_t *size)
{
    struct sim_client client;
    sim_client_init(&client, &world.threads[0], &service, ARENA_LIMIT);
    (void)sim_client_send(&client, frame);
    for (int64_t end = world.now + 60000; is_waiting(&client) && world.now < end;)
        step();
    if (is_waiting(&client))
        broken("a request is not answered within a minute");
    bool is_answered = client.outcome == EXCHANGE_ANSWERED;
    *size = sim_client_take(&client, answer, LARGEST);
    sim_client_leave(&client);
    world_settle();
    if (node_has_stepped != NULL)
        node_has_stepped();
    return is_answered && *size != 0;
}

const void *node_ask(int16_t key, int16_t version, const void *request)
{
    static uint8_t frame[LARGEST], answer[LARGEST];
    kw_writer w;
    kw_frame got;
    kw_response response;
    kw_reader in;
    void *value;
    size_t size;
    kw_writer_init(&w, frame, sizeof frame);
    kw_frame_mark mark = kw_request_begin(&w, key, version, 7, kw_string_of("crash"));
    if (kw_message_encode(kw_message_find(key, KW_MESSAGE_REQUEST), version, request, &w) != KW_OK ||
        kw_frame_end(&w, mark) != KW_OK)
        broken("a request of API %d cannot be encoded: %s", key, kw_status_text(w.status));
    size_t whole = kw_writer_data(&w).size;
    if (!ask(kw_bytes_of(frame + 4, whole - 4), answer, &size))
        return NULL;
    kw_arena_reset(&answers);
    if (!kw_frame_next(answer, size, LARGEST, &got) ||
        kw_response_decode_header(&response, key, version, got.payload, &answers) != KW_OK)
        broken("an answer to API %d that is no frame", key);
    kw_reader_init_bytes(&in, response.body);
    kw_status status = kw_message_decode(kw_message_find(key, KW_MESSAGE_RESPONSE), version, &in, &answers, &value);
    if (status != KW_OK)
        broken("an answer to API %d that cannot be read: %s", key, kw_status_text(status));
    return value;
}
