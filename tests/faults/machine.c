/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include <stdarg.h>
#include <stdio.h>
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
#include "disk.h"
#include "startup.h"

enum { SESSIONS = 16, SESSION_PARTITIONS = 1000, PORT = 9092, LARGEST = 1 << 20, LONGEST_MS = 15000, STEP_MS = 500 };

static struct broker *broker;
static struct startup startup;
static struct service service;
static size_t dir_count = 1;
static bool is_synced;
static size_t failures_before;

void machine_set(size_t dirs, bool synced)
{
    dir_count = dirs;
    is_synced = synced;
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

static bool fill_settings(struct config *config)
{
    static const char *const chosen_settings[][2] = {
        {"num.recovery.threads.per.data.dir", "1"},
        {"offsets.topic.num.partitions", "1"},
        {"transaction.state.log.num.partitions", "1"},
        {"share.coordinator.state.topic.num.partitions", "1"},
        {"metadata.log.max.record.bytes.between.snapshots", "3000"},
        {"log.cleaner.min.cleanable.ratio", "0.01"},
        {"log.cleaner.dedupe.buffer.size", "1048576"},
        {"log.segment.delete.delay.ms", "1000"},
    };
    for (size_t i = 0; i < sizeof chosen_settings / sizeof chosen_settings[0]; i++)
        if (!static_config_fill(&config->file, chosen_settings[i][0], chosen_settings[i][1]))
            return false;
    return static_config_fill(&config->file, "log.flush.interval.messages", is_synced ? "1" : "9223372036854775807");
}

static void set_dirs(struct config *config)
{
    static const char *const paths[] = {FIRST_DIR, SECOND_DIR};
    config->log_dirs = calloc(dir_count, sizeof *config->log_dirs);
    for (; config->log_dirs != NULL && config->log_dir_count < dir_count; config->log_dir_count++)
        if ((config->log_dirs[config->log_dir_count] = strdup(paths[config->log_dir_count])) == NULL)
            abort();
}

static bool open_broker(void)
{
    broker = calloc(1, sizeof *broker);
    if (broker == NULL || !metadata_cell_init(&broker->metadata))
        abort();
    config_init(&broker->config);
    broker->config.listen.port = PORT;
    set_dirs(&broker->config);
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

bool machine_start(void)
{
    static struct executor *homes[1];
    failures_before = disk_failures();
    note("the broker starts");
    if (!open_broker()) {
        close_broker();
        return false;
    }
    homes[0] = &world.threads[0].executor;
    service = dispatch_service(broker);
    coordinators_start(broker, homes, 1);
    world_settle();
    return true;
}

void machine_stop(void)
{
    if (broker == NULL)
        return;
    note("the broker stops");
    coordinators_stop(broker);
    world_settle();
    coordinators_await(broker);
    threads_end_network();
    close_broker();
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

bool machine_decides(void)
{
    return startup.decides;
}

struct broker *machine_broker(void)
{
    return broker;
}

/* ---- requests ---- */

static kw_bytes encode(int16_t key, int16_t version, const void *request)
{
    static uint8_t frame[LARGEST];
    kw_writer w;
    kw_writer_init(&w, frame, sizeof frame);
    kw_frame_mark mark = kw_request_begin(&w, key, version, 7, kw_string_of("faults"));
    if (kw_message_encode(kw_message_find(key, KW_MESSAGE_REQUEST), version, request, &w) != KW_OK ||
        kw_frame_end(&w, mark) != KW_OK)
        broken("a request of API %d version %d cannot be encoded: %s", key, version, kw_status_text(w.status));
    kw_span whole = kw_writer_data(&w);
    return kw_bytes_of((const uint8_t *)whole.data + 4, whole.size - 4);
}

static const void *decode(int16_t key, int16_t version, const uint8_t *answer, size_t size)
{
    static uint8_t block[2 * LARGEST];
    static kw_arena arena;
    kw_frame got;
    kw_response response;
    kw_reader in;
    void *value;
    kw_arena_init(&arena, block, sizeof block);
    CHECK(kw_frame_next(answer, size, LARGEST, &got) &&
              kw_response_decode_header(&response, key, version, got.payload, &arena) == KW_OK,
          "an answer to API %d that is none", key);
    kw_reader_init_bytes(&in, response.body);
    CHECK(kw_message_decode(kw_message_find(key, KW_MESSAGE_RESPONSE), version, &in, &arena, &value) == KW_OK,
          "an answer to API %d version %d that cannot be read", key, version);
    return value;
}

static void await(struct sim_client *client, int16_t key)
{
    world_settle();
    for (int64_t ms = 0; client->outcome == EXCHANGE_PENDING && ms < LONGEST_MS; ms += STEP_MS)
        world_pass(STEP_MS);
    CHECK(client->outcome != EXCHANGE_PENDING, "a request of API %d is not answered", key);
}

const void *machine_ask(int16_t key, int16_t version, const void *request)
{
    static uint8_t answer[LARGEST];
    struct sim_client client;
    if (broker == NULL)
        return NULL;
    world.counts.requests++;
    sim_client_init(&client, &world.threads[0], &service, LARGEST);
    if (sim_client_send(&client, encode(key, version, request)) == EXCHANGE_PENDING)
        await(&client, key);
    bool is_answered = client.outcome == EXCHANGE_ANSWERED;
    size_t size = sim_client_take(&client, answer, sizeof answer);
    sim_client_finish(&client);
    return is_answered && size != 0 ? decode(key, version, answer, size) : NULL;
}
