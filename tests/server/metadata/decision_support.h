/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_METADATA_DECISION_SUPPORT_H
#define TESTS_SERVER_METADATA_DECISION_SUPPORT_H

/* Decisions on an image of their own, and what they yield as text. */

#include "../../unit/support.h"

#include <stdlib.h>

#include <kwire/error.h>
#include <kwire/json.h>
#include <kwire/messages/feature_level_record.h>
#include <kwire/persisted.h>

#include "metadata/controller.h"
#include "metadata/delta.h"

#include "../support/random_test.h"

enum { LIMIT = 64 * 1024 * 1024, NODE = 7, FENCED = 9, TEXT = 64 * 1024 };

static struct {
    const struct metadata_image *image;
    struct random_test random;
    kw_arena arena;
    struct decision decision;
    char text[TEXT];
} d;

/* ---- the cluster: broker 7 is up, 9 is fenced ---- */

static inline int set_up(void **state)
{
    (void)state;
    static kw_uuid directory = {{0xd1, 1}};
    static const struct metadata_feature features[] = {{{"metadata.version", 16}, 33}};
    static const struct metadata_broker brokers[] = {
        {.id = NODE, .rack = {NULL, -1}, .directories = {&directory, 1}},
        {.id = FENCED, .rack = {NULL, -1}, .directories = {&directory, 1}, .fenced = true},
    };
    const struct metadata_parts parts = {
        .brokers = brokers, .broker_count = 2, .features = features, .feature_count = 1, .epoch = -1};
    d.image = metadata_image_create(&parts);
    kw_arena_init_growing(&d.arena, NULL, 0, kw_allocator_libc(), LIMIT);
    random_test_init(&d.random, 1);
    return d.image != NULL ? 0 : -1;
}

static inline int tear_down(void **state)
{
    (void)state;
    metadata_image_release(d.image);
    kw_arena_finish(&d.arena);
    return 0;
}

static inline void start_decision(void)
{
    kw_arena_reset(&d.arena);
    d.decision = (struct decision){.image = d.image, .node_id = NODE, .now = 1234, .random = &d.random.source};
    record_list_init(&d.decision.records, &d.arena);
}

static inline void apply(void)
{
    struct metadata_delta delta;
    assert_int_equal(metadata_delta_init(&delta, d.image, kw_allocator_libc(), LIMIT), KW_OK);
    for (size_t i = 0; i < d.decision.records.count; i++)
        assert_int_equal(metadata_delta_replay(&delta, d.decision.records.values[i]), KW_OK);
    struct metadata_image *next =
        metadata_delta_apply(&delta, d.image->parts.offset + (int64_t)d.decision.records.count, 1);
    assert_non_null(next);
    metadata_delta_finish(&delta);
    metadata_image_release(d.image);
    d.image = next;
}

static inline void enable_elr(void)
{
    kw_feature_level_record record;
    kw_feature_level_record_init(&record);
    start_decision();
    record.name = kw_string_of("eligible.leader.replicas.version");
    record.feature_level = 1;
    record_list_add(&d.decision.records, &kw_feature_level_record_message, 0, &record);
    apply();
}

/* ---- as text ---- */

static inline void add_text(const char *format, ...)
{
    va_list arguments;
    size_t size = strlen(d.text);
    va_start(arguments, format);
    (void)vsnprintf(d.text + size, sizeof d.text - size, format, arguments);
    va_end(arguments);
    assert_true(strlen(d.text) < sizeof d.text - 1);
}

/* "name ERROR", with its message behind it. */
static inline void add_result(kw_string name, int16_t error, kw_string message)
{
    add_text("%.*s %s", KW_FMT(name), kw_error_name(error));
    if (message.len >= 0)
        add_text(": %.*s", KW_FMT(message));
    add_text("\n");
    assert_int_equal(error == KW_ERROR_NONE, message.len < 0);
}

static inline const char *records_text(void)
{
    d.text[0] = '\0';
    assert_int_equal(d.decision.records.status, KW_OK);
    for (size_t i = 0; i < d.decision.records.count; i++) {
        kw_persisted record;
        char json[4096];
        kw_writer w;
        kw_reader in;
        void *body;
        assert_int_equal(kw_persisted_decode_header(&record, KW_INTERNAL_TOPIC_CLUSTER_METADATA, (kw_bytes){NULL, -1},
                                                    d.decision.records.values[i]),
                         KW_OK);
        kw_reader_init_bytes(&in, record.value);
        assert_int_equal(kw_message_decode(record.record->value, record.version, &in, &d.arena, &body), KW_OK);
        kw_writer_init(&w, json, sizeof json - 1);
        assert_int_equal(kw_message_json(record.record->value, record.version, body, &w), KW_OK);
        json[kw_writer_data(&w).size] = '\0';
        for (char *quote = json; (quote = strchr(quote, '"')) != NULL;)
            *quote = '\'';
        add_text("%s %d %s\n", record.record->value->name, record.version, json);
    }
    return d.text;
}

/* ---- shortage ---- */

/* Gives no memory the first time. */
struct one_failure {
    kw_allocator allocator;
    bool has_failed;
};

static inline void *fail_first(void *context, size_t size)
{
    struct one_failure *failure = context;
    bool fails = !failure->has_failed;
    failure->has_failed = true;
    return fails ? NULL : malloc(size);
}

static inline void release_memory(void *context, void *memory, size_t size)
{
    (void)context;
    (void)size;
    free(memory);
}

/* A decision with its own request; false: memory was short. *error is of the only thing that is asked for. */
typedef bool short_decision(kw_arena *arena, int16_t *error);

/* One allocation after the other fails, and those after it succeed: there is an error and no record, or all of them, as
 * long as they are otherwise. */
static inline void decide_short_of_memory(short_decision *decide, size_t records)
{
    static _Alignas(16) uint8_t memory[64 * 1024];
    size_t failures = 0, bytes;
    int16_t none = KW_ERROR_NONE;
    start_decision();
    assert_true(decide(&d.arena, &none));
    bytes = d.decision.records.bytes;
    for (size_t size = 0;; size += 8) {
        struct one_failure failure = {{fail_first, release_memory, &failure}, false};
        kw_arena arena;
        int16_t error = KW_ERROR_NONE;
        assert_true(size <= sizeof memory);
        kw_arena_init_growing(&arena, memory, size, &failure.allocator, LIMIT);
        start_decision();
        record_list_init(&d.decision.records, &arena);
        bool decided = decide(&arena, &error) && d.decision.records.status == KW_OK;
        size_t count = d.decision.records.count;
        if (decided && error == KW_ERROR_NONE)
            assert_int_equal(d.decision.records.bytes, bytes);
        kw_arena_finish(&arena);
        if (decided && error == KW_ERROR_NONE) {
            assert_int_equal(count, records);
        } else if (decided) {
            assert_int_equal(error, KW_ERROR_KAFKA_STORAGE_ERROR);
            assert_int_equal(count, 0);
        }
        if (!failure.has_failed) {
            assert_true(decided && error == KW_ERROR_NONE);
            break;
        }
        failures += !decided || error != KW_ERROR_NONE;
    }
    assert_true(failures > 2);
}

#define DECIDE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
