/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/frame.h>
#include <kwire/message.h>

#include "../server/support/no_appenders.h"
#include "api/dispatch.h"
#include "config/static_config.h"
#include "coordinators.h"
#include "startup.h"
#include "threads.h"
#include "world.h"

enum { SESSION_PARTITIONS = 1000, LARGEST = 1 << 20, ARENA_LIMIT = 64 << 20 };

static struct broker *broker;
static struct startup startup;
static struct service service;
static struct executor *homes[REACTORS];
static size_t reactors;
static bool is_started, is_serving;

struct broker *process_broker(void)
{
    return broker;
}

const struct service *process_service(void)
{
    return broker != NULL ? &service : NULL;
}

/* ---- life ---- */

static bool fill_settings(const struct process_setup *setup)
{
    for (size_t i = 0; i < setup->setting_count; i++)
        if (!static_config_fill(&broker->config.file, setup->settings[i].name, setup->settings[i].value))
            return false;
    return true;
}

static void set_dirs(const struct process_setup *setup)
{
    struct config *config = &broker->config;
    config->log_dirs = calloc(setup->dir_count, sizeof *config->log_dirs);
    for (; config->log_dirs != NULL && config->log_dir_count < setup->dir_count; config->log_dir_count++)
        if ((config->log_dirs[config->log_dir_count] = strdup(setup->dirs[config->log_dir_count])) == NULL)
            abort();
}

bool process_open(const struct process_setup *setup)
{
    broker = calloc(1, sizeof *broker);
    if (broker == NULL || !metadata_cell_init(&broker->metadata))
        abort();
    memset(&startup, 0, sizeof startup);
    is_serving = false;
    reactors = setup->reactors;
    config_init(&broker->config);
    broker->config.listen.port = PROCESS_PORT;
    set_dirs(setup);
    is_started = fill_settings(setup) &&
                 fetch_sessions_init(&broker->fetch_sessions, (int32_t)setup->fetch_sessions, SESSION_PARTITIONS) &&
                 startup_open(&startup, broker) && remove_appenders(&broker->logs) && startup_run(&startup);
    return is_started;
}

bool process_decides(void)
{
    return startup.decides;
}

void process_serve(void)
{
    for (size_t i = 0; i < reactors; i++)
        homes[i] = &world.threads[i].executor;
    service = dispatch_service(broker);
    coordinators_start(broker, homes, reactors);
    is_serving = true;
}

bool process_is_serving(void)
{
    return is_serving;
}

void process_end(void (*cut)(void))
{
    if (is_serving) {
        coordinators_stop(broker);
        world_settle();
        if (cut != NULL)
            cut();
        coordinators_await(broker);
    }
    if (is_started)
        world_settle();
    is_serving = is_started = false;
    threads_end_network();
    startup_close(&startup);
    metadata_cell_finish(&broker->metadata);
    append_tools_pool_finish(&broker->append_tools);
    fetch_sessions_finish(&broker->fetch_sessions);
    config_finish(&broker->config);
    free(broker);
    broker = NULL;
    threads_check_ended();
}

/* ---- requests ---- */

/* One that is under way. */
struct asked {
    struct sim_client client;
    int16_t key, version;
    bool is_used;
    bool is_refused; /* as there is no broker */
    uint8_t frame[LARGEST];
};

static struct asked calls[PROCESS_CALLS];

static kw_bytes encode(struct asked *call, const void *request)
{
    kw_writer w;
    kw_writer_init(&w, call->frame, sizeof call->frame);
    kw_frame_mark mark = kw_request_begin(&w, call->key, call->version, 7, kw_string_of("world"));
    if (kw_message_encode(kw_message_find(call->key, KW_MESSAGE_REQUEST), call->version, request, &w) != KW_OK ||
        kw_frame_end(&w, mark) != KW_OK)
        broken("a request of API %d version %d cannot be encoded: %s", call->key, call->version,
               kw_status_text(w.status));
    return kw_bytes_of(call->frame + 4, kw_writer_data(&w).size - 4);
}

size_t process_send(int16_t key, int16_t version, const void *request)
{
    size_t number = 0;
    while (number < PROCESS_CALLS && calls[number].is_used)
        number++;
    if (number == PROCESS_CALLS)
        broken("too many requests are under way");
    struct asked *call = &calls[number];
    call->key = key;
    call->version = version;
    call->is_used = true;
    call->is_refused = broker == NULL;
    if (call->is_refused)
        return number;
    world.counts.requests++;
    sim_client_init(&call->client, &world.threads[number % reactors], &service, ARENA_LIMIT);
    (void)sim_client_send(&call->client, encode(call, request));
    return number;
}

bool process_is_answered(size_t number)
{
    enum exchange_outcome outcome = calls[number].client.outcome;
    return calls[number].is_refused || (outcome != EXCHANGE_PENDING && outcome != EXCHANGE_RESTING);
}

static const void *decode(const struct asked *call, const uint8_t *answer, size_t size)
{
    static uint8_t block[2 * LARGEST];
    static kw_arena arena;
    kw_frame got;
    kw_response response;
    kw_reader in;
    void *value;
    kw_arena_init(&arena, block, sizeof block);
    CHECK(kw_frame_next(answer, size, LARGEST, &got) &&
              kw_response_decode_header(&response, call->key, call->version, got.payload, &arena) == KW_OK,
          "an answer to API %d that is none", call->key);
    kw_reader_init_bytes(&in, response.body);
    CHECK(kw_message_decode(kw_message_find(call->key, KW_MESSAGE_RESPONSE), call->version, &in, &arena, &value) ==
              KW_OK,
          "an answer to API %d version %d that cannot be read", call->key, call->version);
    return value;
}

const void *process_take(size_t number)
{
    static uint8_t answer[LARGEST];
    struct asked *call = &calls[number];
    call->is_used = false;
    if (call->is_refused)
        return NULL;
    bool is_answered = call->client.outcome == EXCHANGE_ANSWERED;
    size_t size = sim_client_take(&call->client, answer, sizeof answer);
    sim_client_leave(&call->client);
    return is_answered && size != 0 ? decode(call, answer, size) : NULL;
}
