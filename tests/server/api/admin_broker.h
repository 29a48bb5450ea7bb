/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_API_ADMIN_BROKER_H
#define TESTS_SERVER_API_ADMIN_BROKER_H

/* A broker as it starts in an empty directory, which is in memory: node 1, its controller, the logs. What the
 * controller decides runs on the executor of the tests. And a client. */

#include "../../unit/support.h"

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/messages/partition_record.h>
#include <kwire/messages/register_broker_record.h>
#include <kwire/messages/topic_record.h>

#include "api/handlers.h"
#include "base/file_memory.h"
#include "config/static_config.h"
#include "startup.h"

#include "../support/file_faults.h"

#include "../support/no_appenders.h"
#include "ask.h"

enum { NODE = 1, MEMORY_LIMIT = 64 * 1024 * 1024, FIRST_ID = 16 };

static struct broker broker;
static struct startup startup;

static uint8_t next_id; /* what is random is a number that grows */

static inline bool fill_with_numbers(struct random_source *source, void *to, size_t size)
{
    (void)source;
    memset(to, 0, size);
    ((uint8_t *)to)[size - 1] = next_id++;
    return true;
}

/* The id that the n-th topic gets, counted from 0. */
#define ID_TEXT(last) "'AAAAAAAAQACAAAAAAAAA" last "'"

static inline kw_uuid nth_id(uint8_t n)
{
    kw_uuid id = {{0}};
    id.bytes[6] = 0x40;
    id.bytes[8] = 0x80;
    id.bytes[15] = (uint8_t)(FIRST_ID + n);
    return id;
}

static inline void start_broker(void)
{
    random_system.fill = fill_with_numbers;
    assert_true(startup_open(&startup, &broker));
    assert_true(remove_appenders(&broker.logs));
    assert_non_null(broker.controller);
    controller_attach(broker.controller, &sim.executor);
}

static inline void stop_broker(void)
{
    controller_detach(&startup.lifecycle.controller);
    startup_close(&startup);
}

/* An orderly one. */
static inline void restart_broker(void)
{
    stop_broker();
    metadata_cell_finish(&broker.metadata);
    assert_true(metadata_cell_init(&broker.metadata));
    start_broker();
}

static inline bool use_memory(void)
{
    bool started = file_memory_start(MEMORY_LIMIT);
    file_layer_use(&file_layer_memory);
    return started;
}

static inline void end_memory(void)
{
    file_layer_use(&file_layer_system);
    file_memory_stop();
}

/* In the file layer in use. */
static inline bool start_all(void)
{
    static char data[] = "data", *dirs[] = {data};
    memset(&broker, 0, sizeof broker);
    next_id = 0;
    config_init(&broker.config);
    broker.config.log_dirs = dirs;
    broker.config.log_dir_count = 1;
    if (!metadata_cell_init(&broker.metadata))
        return false;
    asking_start(&broker);
    start_broker();
    next_id = FIRST_ID;
    return true;
}

/* False: a call has left something behind. */
static inline bool stop_all(void)
{
    bool released = atomic_load(&broker.metadata.current->references) == 6; /* and controller and shards, three times */
    bool quiet = asking_end();
    stop_broker();
    metadata_cell_finish(&broker.metadata);
    append_tools_pool_finish(&broker.append_tools);
    static_config_free(broker.config.file);
    return quiet && released;
}

static inline int set_up(void **state)
{
    (void)state;
    if (!use_memory())
        return -1;
    file_faults_start();
    return start_all() ? 0 : -1;
}

static inline int tear_down(void **state)
{
    file_faults_plan(0, 0, 0, 0);
    bool stopped = stop_all();
    file_faults_stop();
    end_memory();
    (void)forget_given(state);
    return stopped ? 0 : -1;
}

/* As from the properties file. */
static inline void set_property(const char *name, const char *value)
{
    static_config_forget(broker.config.file, name);
    assert_true(static_config_fill(&broker.config.file, name, value));
}

/* ---- records that no request leads to while there is one broker ---- */

struct direct_record {
    struct controller_event event;
    const kw_message *message;
    int16_t version;
    const void *value;
    int16_t error;
};

static inline void decide_record(struct controller_event *event, struct decision *decision)
{
    const struct direct_record *r = (const struct direct_record *)(const void *)event; /* its first member */
    record_list_add(&decision->records, r->message, r->version, r->value);
}

static inline void note_record(struct controller_event *event, int16_t error)
{
    ((struct direct_record *)(void *)event)->error = error;
}

static inline void add_record(const kw_message *message, int16_t version, const void *value)
{
    struct direct_record r = {{.decide = decide_record, .complete = note_record}, message, version, value, -1};
    controller_submit(broker.controller, &r.event);
    sim_settle(&sim);
    assert_int_equal(r.error, KW_ERROR_NONE);
}

/* Another broker, which is fenced. */
static inline void add_broker(int32_t id)
{
    kw_uuid directory = {{0xd1, 1}};
    kw_register_broker_record_broker_endpoint endpoint;
    kw_register_broker_record b;
    kw_register_broker_record_broker_endpoint_init(&endpoint);
    endpoint.name = kw_string_of("PLAINTEXT");
    endpoint.host = kw_string_of("host");
    endpoint.port = 9092;
    kw_register_broker_record_init(&b);
    b.broker_id = id;
    b.rack = kw_string_of(NULL);
    b.fenced = true;
    b.log_dirs.items = &directory;
    b.log_dirs.len = 1;
    b.end_points.items = &endpoint;
    b.end_points.len = 1;
    add_record(&kw_register_broker_record_message, 3, &b);
}

static inline const struct metadata_image *current_image(void)
{
    return broker.metadata.current;
}

static inline const struct metadata_topic *current_topic(const char *name)
{
    return metadata_topic_by_name(current_image(), kw_string_of(name));
}

/* ---- what is refused as a whole ---- */

#define READ_ONLY_TEXT "'this broker serves its topics for reading only'"
#define NOT_WRITTEN_TEXT "'the metadata could not be changed; the broker reports why'"

/* Whatever the memory of the request, it is answered or the connection ends; if there is an error nothing has
 * changed. */
static inline void assert_all_or_nothing(int16_t key, int16_t version, const void *request, bool (*is_done)(void))
{
    kw_bytes frame = request_frame(key, version, request);
    size_t short_of_memory = 0;
    bool done = false;
    for (size_t memory = 0; !done; memory += 8) {
        assert_true(memory < ARENA_LIMIT);
        bool answered = ask_with_memory(frame, memory);
        bool fine = answered && strstr(take_json(key, version), "'errorCode':56") == NULL;
        done = is_done();
        if (fine)
            assert_true(done);
        else
            short_of_memory++;
        if (answered && !fine)
            assert_false(done);
    }
    assert_true(short_of_memory > 5);
}

#define ADMIN_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
