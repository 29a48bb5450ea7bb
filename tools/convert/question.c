/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "../json/parse.h"
#include "../text/hex.h"
#include "plain_line.h"
#include "question.h"

static void clear(question *q)
{
    memset(q, 0, sizeof *q);
    q->message.len = -1;
}

static bool refuse(report *r, const char *key, const char *expected)
{
    return report_set(r, CODE_LINE, 0, "the line has no %s, or it is not %s", key, expected);
}

static bool parse(question *q, const char *line, size_t size, report *r)
{
    q->root = json_parse(line, size, r);
    if (q->root == NULL)
        return false;
    if (!json_is_object(q->root))
        return report_set(r, CODE_LINE, 0, "the line is not an object");
    const json_t *message = json_object_get(q->root, "message");
    const json_t *version = json_object_get(q->root, "version");
    if (json_is_string(message) && json_string_length(message) <= (size_t)INT32_MAX) {
        q->message.data = json_string_value(message);
        q->message.len = (int32_t)json_string_length(message);
    }
    if (json_is_integer(version)) {
        q->version = json_integer_value(version);
        q->has_version = true;
    }
    if (q->message.len < 0)
        return refuse(r, "\"message\"", "a string");
    return q->has_version || refuse(r, "\"version\"", "an integer");
}

static bool read_hex(question *q, const char *text, size_t size, buffer *memory)
{
    buffer_reserve(memory, size / 2 + 1);
    q->body = (const uint8_t *)memory->data;
    q->body_size = size / 2;
    return hex_decode((uint8_t *)memory->data, text, size);
}

bool question_parse_hex(question *q, const char *line, size_t size, buffer *memory, report *r)
{
    clear(q);
    plain_line plain;
    if (plain_line_read(&plain, line, size) && read_hex(q, plain.hex, plain.hex_size, memory)) {
        q->message = plain.message;
        q->version = plain.version;
        q->has_version = true;
        return true;
    }
    if (!parse(q, line, size, r))
        return false;
    const json_t *hex = json_object_get(q->root, "hex");
    if (!json_is_string(hex))
        return refuse(r, "\"hex\"", "a string");
    return read_hex(q, json_string_value(hex), json_string_length(hex), memory) ||
           report_hex(r, json_string_value(hex), json_string_length(hex));
}

bool question_parse_value(question *q, const char *line, size_t size, buffer *memory, report *r)
{
    (void)memory; /* jansson has its own copies */
    clear(q);
    if (!parse(q, line, size, r))
        return false;
    q->value = json_object_get(q->root, "value");
    return q->value != NULL || refuse(r, "\"value\"", "a JSON value");
}

void question_finish(question *q)
{
    json_decref(q->root);
    q->root = NULL;
}
