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
static size_t dir_count = 1;

const char *const node_dirs[MOST_DIRS] = {"/data", "/data-b", "/data-c"};

void (*node_has_stepped)(void);

struct broker *node_broker(void)
{
    return &broker;
}

/* ---- life ---- */

void node_set_dirs(size_t count)
{
    dir_count = count;
}

size_t node_dir_count(void)
{
    return dir_count;
}

static bool fill_settings(const struct node_setting *with)
{
    for (; with->name != NULL; with++)
        if (!static_config_fill(&broker.config.file, with->name, with->value))
            return false;
    return static_config_fill(&broker.config.file, "num.recovery.threads.per.data.dir", "1");
}

static void set_dirs(struct config *config)
{
    config->log_dirs = calloc(dir_count, sizeof *config->log_dirs);
    if (config->log_dirs == NULL)
        broken("there is no memory");
    for (; config->log_dir_count < dir_count; config->log_dir_count++)
        if ((config->log_dirs[config->log_dir_count] = strdup(node_dirs[config->log_dir_count])) == NULL)
            broken("there is no memory");
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
    set_dirs(&broker.config);
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

bool node_is_serving(void)
{
    return is_serving;
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

/* One that is under way. */
struct asked {
    struct sim_client client;
    int16_t key, version;
    bool is_used;
    int64_t end; /* when it must have been answered */
    uint8_t frame[LARGEST];
};

static struct asked calls[MOST_CALLS];

static void tell(void)
{
    if (node_has_stepped != NULL)
        node_has_stepped();
}

void node_step(void)
{
    world_step();
    tell();
}

static kw_bytes encode(struct asked *call, const void *request)
{
    kw_writer w;
    kw_writer_init(&w, call->frame, sizeof call->frame);
    kw_frame_mark mark = kw_request_begin(&w, call->key, call->version, 7, kw_string_of("crash"));
    if (kw_message_encode(kw_message_find(call->key, KW_MESSAGE_REQUEST), call->version, request, &w) != KW_OK ||
        kw_frame_end(&w, mark) != KW_OK)
        broken("a request of API %d cannot be encoded: %s", call->key, kw_status_text(w.status));
    return kw_bytes_of(call->frame + 4, kw_writer_data(&w).size - 4);
}

size_t node_send(int16_t key, int16_t version, const void *request)
{
    size_t number = 0;
    while (number < MOST_CALLS && calls[number].is_used)
        number++;
    if (number == MOST_CALLS)
        broken("too many requests are under way");
    struct asked *call = &calls[number];
    call->key = key;
    call->version = version;
    call->is_used = true;
    call->end = world.now + 60000;
    sim_client_init(&call->client, &world.threads[number % REACTORS], &service, ARENA_LIMIT);
    (void)sim_client_send(&call->client, encode(call, request));
    tell(); /* a batch is appended by now, and the next request may delete its topic */
    return number;
}

bool node_is_answered(size_t number)
{
    const struct asked *call = &calls[number];
    bool is_waiting = call->client.outcome == EXCHANGE_PENDING || call->client.outcome == EXCHANGE_RESTING;
    if (is_waiting && world.now >= call->end)
        broken("a request is not answered within a minute");
    return !is_waiting;
}

static const void *decode(const struct asked *call, const uint8_t *answer, size_t size)
{
    kw_frame got;
    kw_response response;
    kw_reader in;
    void *value;
    kw_arena_reset(&answers);
    if (!kw_frame_next(answer, size, LARGEST, &got) ||
        kw_response_decode_header(&response, call->key, call->version, got.payload, &answers) != KW_OK)
        broken("an answer to API %d that is no frame", call->key);
    kw_reader_init_bytes(&in, response.body);
    kw_status status =
        kw_message_decode(kw_message_find(call->key, KW_MESSAGE_RESPONSE), call->version, &in, &answers, &value);
    if (status != KW_OK)
        broken("an answer to API %d that cannot be read: %s", call->key, kw_status_text(status));
    return value;
}

const void *node_take(size_t number)
{
    static uint8_t answer[LARGEST];
    struct asked *call = &calls[number];
    bool is_answered = call->client.outcome == EXCHANGE_ANSWERED;
    size_t size = sim_client_take(&call->client, answer, LARGEST);
    sim_client_leave(&call->client);
    call->is_used = false;
    return is_answered && size != 0 ? decode(call, answer, size) : NULL;
}

size_t node_await(size_t call)
{
    while (!node_is_answered(call))
        node_step();
    world_settle();
    tell();
    return call;
}

const void *node_ask(int16_t key, int16_t version, const void *request)
{
    return node_take(node_await(node_send(key, version, request)));
}
