/* SPDX-License-Identifier: Apache-2.0 */
#include "value_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <kwire/json.h>

#include "../command/output.h"
#include "../text/float_text.h"
#include "../text/hex.h"
#include "../text/printable.h"

enum { SHORT = 100 };

PRINTF_LIKE(2, 3) static void format(kw_writer *out, const char *text, ...)
{
    char line[400];
    va_list list;
    va_start(list, text);
    int n = vsnprintf(line, sizeof line, text, list);
    va_end(list);
    kw_write_raw(out, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

static void put_quoted(kw_bytes b, size_t most, kw_writer *out)
{
    size_t size = (size_t)b.len < most ? (size_t)b.len : most;
    kw_write_raw(out, "\"", 1);
    for (size_t i = 0; i < size;) {
        char to[PRINTABLE_SIZE];
        size_t taken;
        size_t n = printable_next(b.data + i, size - i, to, &taken);
        kw_write_raw(out, to, n);
        i += taken;
    }
    kw_write_raw(out, "\"", 1);
    if (size < (size_t)b.len)
        format(out, "... (%" PRId32 " bytes)", b.len);
}

static void put_bytes(kw_bytes b, size_t most, kw_writer *out)
{
    size_t size = (size_t)b.len < most / 2 ? (size_t)b.len : most / 2;
    hex_encode(out, b.data, size);
    if (size < (size_t)b.len)
        format(out, "... (%" PRId32 " bytes)", b.len);
    else if (b.len == 0)
        format(out, "(no bytes)");
}

void value_text(const diff_row *row, size_t most, kw_writer *out)
{
    const explain_value *v = &row->value;
    char uuid[23], number[FLOAT_TEXT_SIZE];
    if (row->secret) {
        format(out, "(secret)");
        return;
    }
    switch (v->kind) {
    case VALUE_NONE:
        put_bytes(row->bytes, most, out);
        break;
    case VALUE_NULL:
        format(out, "null");
        break;
    case VALUE_BOOL:
        format(out, "%s", v->truth ? "true" : "false");
        break;
    case VALUE_INTEGER:
        format(out, "%" PRId64, v->integer);
        break;
    case VALUE_COUNT:
        format(out, "%" PRId64 " elements", v->integer);
        break;
    case VALUE_SIZE:
        format(out, "%" PRId64 " bytes", v->integer);
        break;
    case VALUE_FLOAT:
        float_text(v->real, number);
        format(out, "%s", number);
        break;
    case VALUE_STRING:
        put_quoted(v->bytes, most, out);
        break;
    case VALUE_BYTES:
        put_bytes(v->bytes, most, out);
        break;
    case VALUE_UUID:
        kw_uuid_format(v->uuid, uuid);
        format(out, "%s", uuid);
        break;
    }
    if (row->meaning[0] != '\0' && v->kind == VALUE_INTEGER)
        format(out, " %s", row->meaning);
}

void value_text_short(const diff_row *row, char *to, size_t size)
{
    diff_row bare = *row;
    bare.meaning = "";
    uint8_t text[4 * SHORT + 64];
    kw_writer out;
    kw_writer_init(&out, text, sizeof text);
    value_text(&bare, SHORT, &out);
    kw_span made = kw_writer_data(&out);
    snprintf(to, size, "%.*s", (int)made.size, (const char *)made.data);
}

void value_json(const diff_row *row, kw_writer *out)
{
    const explain_value *v = &row->value;
    kw_string string = kw_string_of_bytes(v->bytes);
    char uuid[23], number[FLOAT_TEXT_SIZE];
    switch (row->secret ? VALUE_NONE : v->kind) {
    case VALUE_BOOL:
        format(out, "%s", v->truth ? "true" : "false");
        break;
    case VALUE_INTEGER:
    case VALUE_COUNT:
    case VALUE_SIZE:
        format(out, "%" PRId64, v->integer);
        break;
    case VALUE_FLOAT:
        float_text(v->real, number);
        format(out, isfinite(v->real) ? "%s" : "\"%s\"", number);
        break;
    case VALUE_STRING:
        kw_json_string(string, out);
        break;
    case VALUE_NONE:
    case VALUE_NULL:
        format(out, "null");
        break;
    case VALUE_BYTES:
        kw_write_raw(out, "\"", 1);
        hex_encode(out, v->bytes.data, (size_t)v->bytes.len);
        kw_write_raw(out, "\"", 1);
        break;
    case VALUE_UUID:
        kw_uuid_format(v->uuid, uuid);
        format(out, "\"%s\"", uuid);
        break;
    }
}
