/* SPDX-License-Identifier: Apache-2.0 */
/* Any message as JSON and back as the kwire command reads it: the text is valid JSON, and reading it gives the value
 * again. The input: a choice (message.h), then the body. */
#include <kwire/json.h>
#include <kwire/walk.h>

#include <jansson.h>

#include "../tests/property/json_check.h"
#include "../tools/json/from_json.h"
#include "message.h"

static kw_span json_of(choice c, const void *value, kw_writer *text)
{
    kw_writer_init_growing(text, kw_allocator_libc(), 8 * FUZZ_MEMORY);
    FUZZ_REQUIRE(kw_message_json(c.message, c.version, value, text) == KW_OK);
    return kw_writer_data(text);
}

/* Values that JSON cannot express. */
typedef struct losses {
    bool unknown_tags; /* they also make a struct differ from its default */
    bool nan_bits;
} losses;

static bool note_loss(void *context, const kw_step *step)
{
    losses *lost = context;
    lost->unknown_tags = lost->unknown_tags || step->event == KW_EVENT_UNKNOWN_TAG;
    if (step->event == KW_EVENT_VALUE && !step->is_null && step->field->kind == KW_KIND_FLOAT64) {
        double number = *(const double *)step->value;
        lost->nan_bits = lost->nan_bits || number != number;
    }
    return true;
}

static bool contains(kw_span text, const char *what)
{
    size_t size = strlen(what);
    for (size_t i = 0; i + size <= text.size; i++)
        if (memcmp((const char *)text.data + i, what, size) == 0)
            return true;
    return false;
}

static void compare(choice c, const void *value, kw_span text, const void *again)
{
    losses lost = {false, false};
    kw_writer w;
    FUZZ_REQUIRE(kw_message_walk(c.message, c.version, value, note_loss, &lost));
    if (lost.unknown_tags)
        return;
    kw_span other = json_of(c, again, &w);
    FUZZ_REQUIRE(other.size == text.size && memcmp(other.data, text.data, text.size) == 0);
    if (!lost.nan_bits && !contains(text, "\xef\xbf\xbd")) /* U+FFFD replaces what is not UTF-8 */
        FUZZ_REQUIRE(kw_message_equal(c.message, value, again));
    kw_writer_finish(&w);
}

static void read_back(choice c, const void *value, kw_span text, kw_arena *arena)
{
    json_error_t error;
    report r;
    void *again;
    json_t *json = json_loadb(text.data, text.size, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    FUZZ_REQUIRE(json != NULL);
    FUZZ_REQUIRE(message_from_json(c.message, c.version, json, JSON_MISSING_REFUSED, arena, &again, &r));
    compare(c, value, text, again);
    json_decref(json);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    choice c = choice_take(&in);
    kw_arena arena;
    fuzz_arena(&arena);
    reading r = decode_message(c.message, c.version, in.pos, fuzz_left(&in), 0, &arena);
    if (r.status == KW_OK) {
        kw_writer w;
        kw_span text = json_of(c, r.value, &w);
        FUZZ_REQUIRE(is_json_object(text.data, text.size));
        read_back(c, r.value, text, &arena);
        kw_writer_finish(&w);
    }
    kw_arena_finish(&arena);
}
