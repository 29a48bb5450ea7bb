/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../json/pretty.h"
#include "../text/hex.h"
#include "jsonl.h"
#include "message_options.h"

static void put_count(kw_writer *out, const char *name, size_t count)
{
    char text[64];
    if (count == 0)
        return;
    int n = snprintf(text, sizeof text, ",\"%s\":%zu", name, count);
    kw_write_raw(out, text, (size_t)n);
}

static bool answer(codec *c, const kw_message *m, const question *q, kw_writer *out, report *r)
{
    static const char value[] = ",\"value\":";
    kw_write_raw(out, value, sizeof value - 1);
    ignored rest;
    if (!codec_decode(c, m, (int16_t)q->version, q->body, q->body_size, out, &rest, r))
        return false;
    put_count(out, "trailing", rest.trailing);
    put_count(out, "unknownTags", rest.unknown_tags);
    return true;
}

/* Copies the digits of `text` without the white space between them. */
static size_t squeeze(char *to, const char *text, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++)
        if (memchr(" \t\r\n\f\v", text[i], 6) == NULL)
            to[n++] = text[i];
    return n;
}

static bool decode_hex(codec *c, const message_options *o, buffer *memory, kw_writer *json, ignored *rest, report *r)
{
    const kw_message *m = codec_find(kw_string_of(o->name), o->version, r);
    if (m == NULL)
        return false;
    size_t size;
    const char *text = message_input(o, memory, &size);
    buffer digits = {0};
    buffer_reserve(&digits, size);
    size = squeeze(digits.data, text, size);
    buffer_reserve(memory, size / 2);
    uint8_t *body = (uint8_t *)memory->data;
    bool done = hex_decode(body, digits.data, size) ? codec_decode(c, m, o->version, body, size / 2, json, rest, r)
                                                    : report_hex(r, digits.data, size);
    buffer_finish(&digits);
    return done;
}

static void tell_of_ignored(const ignored *rest, bool shows_unknown_tags)
{
    if (rest->trailing != 0)
        complain("%zu %s after the message", rest->trailing, rest->trailing == 1 ? "byte is left" : "bytes are left");
    if (rest->unknown_tags != 0 && !shows_unknown_tags)
        complain("%zu unknown tagged %s not shown (see --unknown-tags)", rest->unknown_tags,
                 rest->unknown_tags == 1 ? "field is" : "fields are");
}

static int decode_one(codec *c, const message_options *o)
{
    buffer memory = {0};
    kw_writer json;
    kw_writer_init_growing(&json, kw_allocator_libc(), o->max_memory);
    ignored rest = {0};
    report r;
    int status = STATUS_OK;
    if (decode_hex(c, o, &memory, &json, &rest, &r)) {
        kw_span text = kw_writer_data(&json);
        if (o->pretty)
            pretty_write(text.data, text.size);
        else
            output_write(text.data, text.size);
        output_write("\n", 1);
    } else {
        status = message_refused(&r);
    }
    if (status == STATUS_OK)
        tell_of_ignored(&rest, o->unknown_tags);
    kw_writer_finish(&json);
    buffer_finish(&memory);
    return status;
}

static int run(const verb *self, int count, char **words)
{
    static const jsonl_verb by_line = {question_parse_hex, answer};
    message_options options;
    int status = message_options_read(self, true, count, words, &options);
    if (status != CONTINUE)
        return status;
    codec c;
    codec_init(&c, options.max_memory, options.strict);
    c.unknown_tags = options.unknown_tags;
    status = STATUS_OK;
    if (options.jsonl)
        jsonl_run(&by_line, &c);
    else
        status = decode_one(&c, &options);
    codec_finish(&c);
    return status;
}

const verb verb_decode = {"decode", run};
