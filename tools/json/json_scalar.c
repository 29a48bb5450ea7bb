/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>

#include "../text/base64.h"
#include "json_scalar.h"
#include "records_from_json.h"

void *arena_items(kw_arena *arena, size_t count, size_t size, const json_place *place, report *r)
{
    void *items = kw_arena_array(arena, count, size);
    if (items == NULL) {
        char prefix[PATH_SIZE];
        kw_status status = kw_arena_status(arena);
        report_set(r, kw_status_name(status), 0, "%s%s", json_place_prefix(place, prefix), kw_status_text(status));
    }
    return items;
}

static bool read_integer(const json_t *json, int64_t least, int64_t most, int64_t *out, const json_place *place,
                         report *r)
{
    if (!json_is_integer(json))
        return refuse_kind(r, place, "an integer", json);
    *out = json_integer_value(json);
    if (*out >= least && *out <= most)
        return true;
    char prefix[PATH_SIZE];
    return report_set(r, CODE_VALUE, 0, "%sexpected an integer from %" PRId64 " to %" PRId64 ", got %" PRId64,
                      json_place_prefix(place, prefix), least, most, *out);
}

/* Kafka writes the last three as text and cannot read them. */
static bool read_float(const json_t *json, double *out, const json_place *place, report *r)
{
    static const struct {
        const char *text;
        double value;
    } names[] = {{"NaN", (double)NAN}, {"Infinity", (double)INFINITY}, {"-Infinity", -(double)INFINITY}};
    if (json_is_number(json)) {
        *out = json_number_value(json);
        return true;
    }
    for (size_t i = 0; json_is_string(json) && i < sizeof names / sizeof names[0]; i++) {
        if (json_string_length(json) == strlen(names[i].text) && strcmp(json_string_value(json), names[i].text) == 0) {
            *out = names[i].value;
            return true;
        }
    }
    return refuse_kind(r, place, "a number, \"NaN\", \"Infinity\" or \"-Infinity\"", json);
}

static bool read_string(const json_t *json, kw_string *out, const json_place *place, report *r)
{
    if (!json_is_string(json))
        return refuse_kind(r, place, "a string", json);
    size_t size = json_string_length(json);
    if (size > (size_t)INT32_MAX)
        return refuse_value(r, place, "the text is longer than 2147483647 bytes");
    out->data = json_string_value(json);
    out->len = (int32_t)size;
    return true;
}

/* Java accepts the padding that it does not write. */
static bool read_uuid(const json_t *json, kw_uuid *out, const json_place *place, report *r)
{
    kw_string text = {NULL, -1};
    if (!read_string(json, &text, place, r))
        return false;
    if (text.len == 24 && memcmp(text.data + 22, "==", 2) == 0)
        text.len = 22;
    return kw_uuid_parse(text, out) || refuse_value(r, place, "expected a UUID in 22 characters of URL-safe base64");
}

static bool read_bytes(const json_t *json, kw_bytes *out, kw_arena *arena, const json_place *place, report *r)
{
    kw_string text = {NULL, -1};
    if (!read_string(json, &text, place, r))
        return false;
    uint8_t *data = arena_items(arena, base64_capacity((size_t)text.len) + 1, 1, place, r);
    if (data == NULL)
        return false;
    size_t size;
    if (!base64_decode(data, &size, text.data, (size_t)text.len))
        return refuse_value(r, place, "expected standard base64 with its padding");
    out->data = data;
    out->len = (int32_t)size;
    return true;
}

static bool read_bool(const json_t *json, bool *out, const json_place *place, report *r)
{
    if (!json_is_boolean(json))
        return refuse_kind(r, place, "a boolean", json);
    *out = json_is_true(json);
    return true;
}

bool scalar_from_json(const kw_field *field, const json_t *json, void *value, kw_arena *arena, const json_place *place,
                      report *r)
{
    int64_t n;
    bool done;
    switch ((kw_kind)field->kind) {
    case KW_KIND_BOOL:
        return read_bool(json, value, place, r);
    case KW_KIND_INT8:
        if ((done = read_integer(json, INT8_MIN, INT8_MAX, &n, place, r)))
            *(int8_t *)value = (int8_t)n;
        return done;
    case KW_KIND_INT16:
        if ((done = read_integer(json, INT16_MIN, INT16_MAX, &n, place, r)))
            *(int16_t *)value = (int16_t)n;
        return done;
    case KW_KIND_UINT16:
        if ((done = read_integer(json, 0, UINT16_MAX, &n, place, r)))
            *(uint16_t *)value = (uint16_t)n;
        return done;
    case KW_KIND_INT32:
        if ((done = read_integer(json, INT32_MIN, INT32_MAX, &n, place, r)))
            *(int32_t *)value = (int32_t)n;
        return done;
    case KW_KIND_UINT32:
        if ((done = read_integer(json, 0, UINT32_MAX, &n, place, r)))
            *(uint32_t *)value = (uint32_t)n;
        return done;
    case KW_KIND_INT64:
        return read_integer(json, INT64_MIN, INT64_MAX, value, place, r);
    case KW_KIND_FLOAT64:
        return read_float(json, value, place, r);
    case KW_KIND_UUID:
        return read_uuid(json, value, place, r);
    case KW_KIND_STRING:
        return read_string(json, value, place, r);
    case KW_KIND_RECORDS:
        if (json_is_array(json))
            return records_from_json(json, value, arena, place, r);
        return read_bytes(json, value, arena, place, r);
    case KW_KIND_BYTES:
        return read_bytes(json, value, arena, place, r);
    case KW_KIND_STRUCT:
        break;
    }
    return refuse_kind(r, place, "a primitive", json);
}
