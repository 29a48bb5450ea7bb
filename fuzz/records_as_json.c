/* SPDX-License-Identifier: Apache-2.0 */
/* A records field as JSON and back: the text is valid JSON, and gives the same bytes, but for compression; then the
 * records are the same. The input: flags (8 bits; 128: checksums are corrected), one of Kafka's own topics (8 bits;
 * others: none), then the field. */
#include <kwire/batches.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../tools/json/records_from_json.h"
#include "../tools/json/records_to_json.h"
#include "fix_checksums.h"
#include "fuzz.h"

enum { FIX_CHECKSUMS = 128 };

/* Of each batch; JSON takes several times as much. */
#define BATCH_MEMORY (FUZZ_MEMORY / 16)

static bool has_compressed(kw_bytes field)
{
    kw_batches bs;
    kw_batch b;
    for (kw_batches_init(&bs, field); kw_batches_next(&bs, &b);)
        if (kw_batch_codec(&b) != KW_CODEC_NONE)
            return true;
    return false;
}

static json_t *json_of(records_to_json *maker, decoded_topic topic, kw_bytes field)
{
    json_error_t error;
    kw_writer text;
    kw_writer_init_growing(&text, kw_allocator_libc(), 64 * FUZZ_MEMORY);
    records_to_json_put(maker, topic, field, &text);
    FUZZ_REQUIRE(kw_writer_ok(&text));
    kw_span bytes = kw_writer_data(&text);
    json_t *json = json_loadb(bytes.data, bytes.size, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    FUZZ_REQUIRE(json != NULL);
    kw_writer_finish(&text);
    return json;
}

/* Of batches that JSON describes completely: their records. */
static void compare_records(const json_t *before, const json_t *after)
{
    FUZZ_REQUIRE(json_array_size(before) == json_array_size(after));
    for (size_t i = 0; i < json_array_size(before); i++) {
        const json_t *one = json_array_get(before, i);
        const json_t *other = json_array_get(after, i);
        if (json_object_get(one, "base64") == NULL)
            FUZZ_REQUIRE(json_equal(json_object_get(one, "records"), json_object_get(other, "records")));
    }
}

static void convert(decoded_topic topic, kw_bytes field)
{
    kw_arena arena;
    kw_bytes again;
    report r;
    const json_place whole = {NULL, NULL, 0};
    records_to_json *maker = records_to_json_create(BATCH_MEMORY);
    json_t *json = json_of(maker, topic, field);
    fuzz_arena(&arena);
    FUZZ_REQUIRE(records_from_json(json, &again, &arena, &whole, &r));
    if (has_compressed(field)) {
        json_t *other = json_of(maker, topic, again);
        compare_records(json, other);
        json_decref(other);
    } else {
        FUZZ_REQUIRE(kw_bytes_equal(field, again));
    }
    json_decref(json);
    kw_arena_finish(&arena);
    records_to_json_destroy(maker);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    uint8_t flags = fuzz_take8(&in);
    uint8_t topic = fuzz_take8(&in);
    decoded_topic known = {topic <= KW_INTERNAL_TOPIC_SHARE_GROUP_STATE, (kw_internal_topic)topic};
    size_t left = fuzz_left(&in);
    uint8_t *field = fuzz_copy(in.pos, left);
    if ((flags & FIX_CHECKSUMS) != 0)
        fix_checksums(field, left);
    convert(known, kw_bytes_of(field, left));
    free(field);
}
