/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as the JSON of any message, as `kwire encode` reads it, with --defaults and without: either a reason for
 * refusing it, or a value whose JSON and bytes give the same value. The input: a choice (message.h), then the text. */
#include <kwire/json.h>

#include <jansson.h>

#include "../tools/json/from_json.h"
#include "message.h"

static kw_status json_of(choice c, const void *value, kw_writer *text)
{
    kw_writer_init_growing(text, kw_allocator_libc(), 8 * FUZZ_MEMORY);
    return kw_message_json(c.message, c.version, value, text);
}

static bool same_json(choice c, const void *a, const void *b)
{
    kw_writer one, other;
    FUZZ_REQUIRE(json_of(c, a, &one) == KW_OK && json_of(c, b, &other) == KW_OK);
    kw_span x = kw_writer_data(&one), y = kw_writer_data(&other);
    bool same = x.size == y.size && memcmp(x.data, y.data, x.size) == 0;
    kw_writer_finish(&one);
    kw_writer_finish(&other);
    return same;
}

static void encode(choice c, const void *value, kw_arena *arena)
{
    kw_writer w;
    kw_writer_init_growing(&w, kw_allocator_libc(), FUZZ_MEMORY);
    kw_status status = encode_message(c.message, c.version, value, &w);
    FUZZ_REQUIRE(status == KW_OK || status == KW_ERR_FIELD_VERSION || status == KW_ERR_NULL ||
                 status == KW_ERR_STRING_SIZE);
    if (status == KW_OK) {
        kw_span out = kw_writer_data(&w);
        reading r = decode_message(c.message, c.version, out.data, out.size, KW_READ_STRICT_TAGS, arena);
        FUZZ_REQUIRE(r.status == KW_OK && r.left == 0);
        FUZZ_REQUIRE(same_json(c, value, r.value));
    }
    kw_writer_finish(&w);
}

static void read_json(choice c, json_t *json, json_missing missing)
{
    report r = {.code = NULL};
    void *value;
    kw_arena arena;
    fuzz_arena(&arena);
    if (message_from_json(c.message, c.version, json, missing, &arena, &value, &r))
        encode(c, value, &arena);
    else
        FUZZ_REQUIRE(r.code != NULL && r.detail[0] != '\0' && strlen(r.detail) < sizeof r.detail);
    kw_arena_finish(&arena);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    choice c = choice_take(&in);
    json_error_t error;
    json_t *json = json_loadb((const char *)in.pos, fuzz_left(&in),
                              JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (json == NULL)
        return;
    read_json(c, json, JSON_MISSING_REFUSED);
    read_json(c, json, JSON_MISSING_DEFAULT);
    json_decref(json);
}
