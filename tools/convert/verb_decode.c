/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <kwire/frame.h>

#include "../json/pretty.h"
#include "frame_lines.h"
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

/* The bytes of the input. */
static bool read_bytes(const message_options *o, buffer *memory, kw_writer *bytes, report *r)
{
    size_t size;
    const char *text = message_input(o, memory, &size);
    return bytes_input_read(text, size, o->shape, bytes, r);
}

static bool decode_body(codec *c, const message_options *o, buffer *memory, kw_writer *bytes, kw_writer *json,
                        ignored *rest, report *r)
{
    const kw_message *m = codec_find(kw_string_of(o->name), o->version, r);
    if (m == NULL || !read_bytes(o, memory, bytes, r))
        return false;
    kw_span body = kw_writer_data(bytes);
    return codec_decode(c, m, o->version, body.data, body.size, json, rest, r);
}

static void print(const message_options *o, const kw_writer *json)
{
    kw_span text = kw_writer_data(json);
    if (o->pretty)
        pretty_write(text.data, text.size);
    else
        output_write(text.data, text.size);
    output_write("\n", 1);
}

/* One frame after the other, each on a line. */
static int decode_frames(codec *c, const message_options *o, kw_span bytes, kw_writer *json)
{
    const uint8_t *at = bytes.data;
    size_t left = bytes.size;
    while (left != 0) {
        kw_frame f;
        report r;
        kw_writer_reset(json);
        bool fine = kw_frame_next(at, left, o->max_memory, &f);
        if (!fine)
            report_status(&r, f.status != KW_OK ? f.status : KW_ERR_TRUNCATED, bytes.size - left, "");
        if (!fine || !frame_decode(c, o->of, f.payload.data, (size_t)f.payload.len, json, &r))
            return message_refused(&r);
        print(o, json);
        at += f.consumed;
        left -= f.consumed;
    }
    return STATUS_OK;
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
    kw_writer bytes;
    kw_writer_init_growing(&json, kw_allocator_libc(), o->max_memory);
    kw_writer_init_growing(&bytes, kw_allocator_libc(), o->max_memory);
    ignored rest = {0};
    report r;
    int status = STATUS_OK;
    if (o->frame) {
        status = read_bytes(o, &memory, &bytes, &r) ? decode_frames(c, o, kw_writer_data(&bytes), &json)
                                                    : message_refused(&r);
    } else if (decode_body(c, o, &memory, &bytes, &json, &rest, &r)) {
        print(o, &json);
        tell_of_ignored(&rest, o->unknown_tags);
    } else {
        status = message_refused(&r);
    }
    kw_writer_finish(&bytes);
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
    c.json.unknown_tags = options.unknown_tags;
    c.json.raw_records = options.raw_records;
    status = STATUS_OK;
    if (options.jsonl && options.frame)
        frame_lines_run(&c, true);
    else if (options.jsonl)
        jsonl_run(&by_line, &c);
    else
        status = decode_one(&c, &options);
    codec_finish(&c);
    return status;
}

const verb verb_decode = {"decode", run};
