/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/json.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "field.h"
#include "utf8.h"

typedef struct json {
    kw_writer *out;
    int16_t version;
    kw_json_options *options;
    const kw_json_owner *owner; /* the struct that is written */
} json;

static void put_struct(json *j, const kw_struct *type, const void *value);

static void put(kw_writer *out, const char *text)
{
    kw_write_raw(out, text, strlen(text));
}

/* ---- text ---- */

static void put_escape(kw_writer *out, uint8_t c)
{
    static const char digits[] = "0123456789ABCDEF";
    static const char plain[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *at = c != 0 ? strchr(plain, c) : NULL;
    if (at != NULL) {
        char text[2] = {'\\', letters[at - plain]};
        kw_write_raw(out, text, sizeof text);
    } else {
        char text[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
        kw_write_raw(out, text, sizeof text);
    }
}

void kw_json_string(kw_string text, kw_writer *out)
{
    if (text.len < 0) {
        put(out, "null");
        return;
    }
    const uint8_t *p = (const uint8_t *)text.data;
    size_t size = (size_t)text.len;
    size_t copied = 0;
    put(out, "\"");
    for (size_t i = 0; i < size;) {
        bool valid;
        size_t n = kwi_utf8_next(p + i, size - i, &valid);
        if (!valid || p[i] < 0x20 || p[i] == '"' || p[i] == '\\') {
            kw_write_raw(out, p + copied, i - copied);
            if (valid)
                put_escape(out, p[i]);
            else
                put(out, "\xef\xbf\xbd");
            copied = i + n;
        }
        i += n;
    }
    if (size > copied)
        kw_write_raw(out, p + copied, size - copied);
    put(out, "\"");
}

static void put_base64(kw_writer *out, kw_bytes bytes)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t size = (size_t)bytes.len;
    put(out, "\"");
    for (size_t i = 0; i < size; i += 3) {
        uint32_t b1 = size - i > 1 ? bytes.data[i + 1] : 0;
        uint32_t b2 = size - i > 2 ? bytes.data[i + 2] : 0;
        uint32_t v = (uint32_t)bytes.data[i] << 16 | b1 << 8 | b2;
        char text[4] = {alphabet[v >> 18], alphabet[v >> 12 & 63], size - i > 1 ? alphabet[v >> 6 & 63] : '=',
                        size - i > 2 ? alphabet[v & 63] : '='};
        kw_write_raw(out, text, sizeof text);
    }
    put(out, "\"");
}

static void put_bytes(kw_writer *out, kw_bytes bytes)
{
    if (bytes.len < 0)
        put(out, "null");
    else
        put_base64(out, bytes);
}

static void put_records(json *j, kw_bytes records)
{
    if (records.len >= 0 && j->options->records != NULL)
        j->options->records(j->options->context, j->owner, records, j->out);
    else
        put_bytes(j->out, records);
}

static void put_uuid(kw_writer *out, kw_uuid uuid)
{
    char text[23];
    kw_uuid_format(uuid, text);
    put(out, "\"");
    put(out, text);
    put(out, "\"");
}

/* ---- numbers ---- */

static void put_integer(kw_writer *out, int64_t v)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t left = v < 0 ? UINT64_C(0) - (uint64_t)v : (uint64_t)v;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left != 0);
    if (v < 0)
        digits[--at] = '-';
    kw_write_raw(out, digits + at, sizeof digits - at);
}

/* Replaces the locale's decimal point, which may have several bytes, by a dot. True if the number has a dot or an
 * exponent. */
static bool tidy_number(char *text)
{
    char *to = text;
    bool is_float = false;
    for (const char *from = text; *from != '\0'; from++) {
        if (strchr("0123456789+-", *from) != NULL) {
            *to++ = *from;
        } else if (*from == 'e') {
            *to++ = 'e';
            is_float = true;
        } else if (to == text || to[-1] != '.') {
            *to++ = '.';
            is_float = true;
        }
    }
    *to = '\0';
    return is_float;
}

/* Kafka's reader requires a dot or an exponent in every number of this type. */
static void put_float64(kw_writer *out, double v)
{
    if (isnan(v)) {
        put(out, "\"NaN\"");
    } else if (isinf(v)) {
        put(out, v < 0 ? "\"-Infinity\"" : "\"Infinity\"");
    } else {
        char text[48];
        for (int digits = 15; digits <= 17; digits++) {
            (void)snprintf(text, sizeof text, "%.*g", digits, v);
            double back = strtod(text, NULL);
            if (memcmp(&back, &v, sizeof v) == 0)
                break;
        }
        bool is_float = tidy_number(text);
        put(out, text);
        if (!is_float)
            put(out, ".0");
    }
}

/* ---- messages ---- */

static void put_value(json *j, const kw_field *field, const void *value)
{
    switch ((kw_kind)field->kind) {
    case KW_KIND_BOOL:
        put(j->out, *(const bool *)value ? "true" : "false");
        return;
    case KW_KIND_FLOAT64:
        put_float64(j->out, *(const double *)value);
        return;
    case KW_KIND_UUID:
        put_uuid(j->out, *(const kw_uuid *)value);
        return;
    case KW_KIND_STRING:
        kw_json_string(*(const kw_string *)value, j->out);
        return;
    case KW_KIND_BYTES:
        put_bytes(j->out, *(const kw_bytes *)value);
        return;
    case KW_KIND_RECORDS:
        put_records(j, *(const kw_bytes *)value);
        return;
    case KW_KIND_STRUCT:
        put_struct(j, field->type, value);
        return;
    case KW_KIND_INT8:
    case KW_KIND_INT16:
    case KW_KIND_UINT16:
    case KW_KIND_INT32:
    case KW_KIND_UINT32:
    case KW_KIND_INT64:
        put_integer(j->out, kwi_load_integer(field, value));
        return;
    }
}

static void put_array(json *j, const kw_field *field, kw_any_array array)
{
    if (array.len < 0) {
        put(j->out, "null");
        return;
    }
    size_t size = kw_field_value_size(field);
    for (size_t i = 0; i < (size_t)array.len; i++) {
        put(j->out, i == 0 ? "[" : ",");
        put_value(j, field, (const uint8_t *)array.items + i * size);
    }
    put(j->out, array.len == 0 ? "[]" : "]");
}

static void put_field(json *j, const kw_field *field, const void *value)
{
    put(j->out, "\"");
    put(j->out, field->name);
    put(j->out, "\":");
    if (kwi_field_is_array(field)) {
        put_array(j, field, kwi_load_array(value));
    } else if (kwi_field_is_pointer(field)) {
        const void *target = kwi_load_pointer(value);
        if (target != NULL)
            put_value(j, field, target);
        else
            put(j->out, "null");
    } else {
        put_value(j, field, value);
    }
}

static void put_unknown_tags(json *j, const kw_raw_tags *tags, bool first)
{
    put(j->out, first ? "\"" KW_JSON_UNKNOWN_TAGS_MEMBER "\":" : ",\"" KW_JSON_UNKNOWN_TAGS_MEMBER "\":");
    for (int32_t i = 0; i < tags->len; i++) {
        put(j->out, i == 0 ? "[{\"tag\":" : ",{\"tag\":");
        put_integer(j->out, tags->items[i].tag);
        put(j->out, ",\"data\":");
        put_base64(j->out, tags->items[i].value);
        put(j->out, "}");
    }
    put(j->out, "]");
}

/* After the fields. `first`: there are none. */
static void take_unknown_tags(json *j, const kw_struct *type, const void *value, bool first)
{
    if (type->unknown_tags < 0)
        return;
    const kw_raw_tags *tags = kwi_load_pointer((const uint8_t *)value + type->unknown_tags);
    if (tags == NULL || tags->len <= 0)
        return;
    j->options->unknown_tags += (size_t)tags->len;
    if ((j->options->flags & KW_JSON_UNKNOWN_TAGS) != 0)
        put_unknown_tags(j, tags, first);
}

/* False if a field is set that the version does not have. */
static bool put_fields(json *j, const kw_struct *type, const void *value, bool *first)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        const kw_field *field = &type->fields[i];
        kwi_presence presence = kwi_field_presence(field, j->version);
        bool is_default = presence != KWI_PLAIN && kw_field_is_default(field, value);
        if (presence == KWI_ABSENT && !is_default && (field->flags & KW_FIELD_IGNORABLE) == 0) {
            (void)kw_writer_fail(j->out, KW_ERR_FIELD_VERSION);
            return false;
        }
        if (presence == KWI_ABSENT || is_default)
            continue;
        if (!*first)
            put(j->out, ",");
        *first = false;
        put_field(j, field, kwi_field_value(field, value));
    }
    return true;
}

static void put_struct(json *j, const kw_struct *type, const void *value)
{
    const kw_json_owner here = {j->owner, type, value};
    bool first = true;
    put(j->out, "{");
    j->owner = &here;
    bool fine = put_fields(j, type, value, &first);
    j->owner = here.parent;
    if (!fine)
        return;
    take_unknown_tags(j, type, value, first);
    put(j->out, "}");
}

kw_status kw_message_json_with(const kw_message *m, int16_t version, const void *value, kw_json_options *options,
                               kw_writer *out)
{
    json j = {out, version, options, NULL};
    options->unknown_tags = 0;
    if (kw_versions_have(m->versions, version))
        put_struct(&j, m->type, value);
    else
        (void)kw_writer_fail(out, KW_ERR_VERSION);
    return out->status;
}

kw_status kw_message_json(const kw_message *m, int16_t version, const void *value, kw_writer *out)
{
    kw_json_options options = {0};
    return kw_message_json_with(m, version, value, &options, out);
}
