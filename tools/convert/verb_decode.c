/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../json/pretty.h"
#include "../text/hex.h"
#include "jsonl.h"
#include "message_options.h"

static const char help[] =
    "usage: kwire decode [--strict] [--pretty] [--max-memory BYTES] MESSAGE VERSION [HEX]\n"
    "       kwire decode --jsonl [--strict] [--max-memory BYTES]\n"
    "\n"
    "Prints the JSON of a message body: no frame size, no header. MESSAGE is a name of\n"
    "Kafka's schema, such as MetadataResponse, RequestHeader or TopicRecord. Without HEX\n"
    "the digits come from standard input. White space between them is ignored.\n"
    "\n"
    "  --jsonl             answer every line of standard input with a line\n"
    "  --strict            refuse bytes after the message and tags out of order,\n"
    "                      which Kafka accepts\n"
    "  --pretty            a member a line\n"
    "  --max-memory BYTES  for the values of one message, and again for its JSON;\n"
    "                      at least 65536 [268435456]\n"
    "\n"
    "A line of --jsonl is an object of these keys; others are ignored:\n"
    "\n"
    "  {\"message\":\"MetadataResponse\",\"version\":12,\"hex\":\"...\"}\n"
    "\n"
    "Its answer is one of\n"
    "\n"
    "  {\"message\":...,\"version\":...,\"value\":{...}}\n"
    "  {\"message\":...,\"version\":...,\"value\":{...},\"trailing\":N}    N bytes came after it\n"
    "  {\"message\":...,\"version\":...,\"error\":{\"code\":\"...\",\"offset\":N,\"detail\":\"...\"}}\n"
    "\n"
    "message and version are null where they could not be read. offset is the byte of the\n"
    "body at which the field begins that could not be read. The codes are those of the\n"
    "library (ERR_TRUNCATED, ERR_UNKNOWN_MESSAGE, ...) and\n"
    "\n"
    "  ERR_JSON   the line is not JSON; offset is the byte of the line where reading\n"
    "             stopped\n"
    "  ERR_LINE   the line lacks a key, or has it with the wrong type; offset is 0\n"
    "  ERR_HEX    not pairs of hex digits; offset is the byte of the body\n"
    "\n"
    "Exit status: 0 fine, or every line was answered; 1 the input is bad; 2 wrong usage;\n"
    "3 reading, writing or memory failed.\n";

static bool answer(codec *c, const kw_message *m, const question *q, kw_writer *out, report *r)
{
    static const char value[] = ",\"value\":";
    kw_write_raw(out, value, sizeof value - 1);
    size_t trailing;
    if (!codec_decode(c, m, (int16_t)q->version, q->body, q->body_size, out, &trailing, r))
        return false;
    if (trailing != 0) {
        char text[40];
        int n = snprintf(text, sizeof text, ",\"trailing\":%zu", trailing);
        kw_write_raw(out, text, (size_t)n);
    }
    return true;
}

/* Digits of `text` without the white space between them. */
static size_t squeeze(char *to, const char *text, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++)
        if (memchr(" \t\r\n\f\v", text[i], 6) == NULL)
            to[n++] = text[i];
    return n;
}

static bool decode_hex(codec *c, const message_options *o, buffer *memory, kw_writer *json, size_t *trailing, report *r)
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
    bool done = hex_decode(body, digits.data, size) ? codec_decode(c, m, o->version, body, size / 2, json, trailing, r)
                                                    : report_hex(r, digits.data, size);
    buffer_finish(&digits);
    return done;
}

static int decode_one(codec *c, const message_options *o)
{
    buffer memory = {0};
    kw_writer json;
    kw_writer_init_growing(&json, kw_allocator_libc(), o->max_memory);
    size_t trailing = 0;
    report r;
    int status = STATUS_OK;
    if (decode_hex(c, o, &memory, &json, &trailing, &r)) {
        kw_span text = kw_writer_data(&json);
        if (o->pretty)
            pretty_write(text.data, text.size);
        else
            output_write(text.data, text.size);
        output_write("\n", 1);
    } else {
        status = message_refused(&r);
    }
    if (trailing != 0 && status == STATUS_OK)
        complain("%zu %s after the message", trailing, trailing == 1 ? "byte is left" : "bytes are left");
    kw_writer_finish(&json);
    buffer_finish(&memory);
    return status;
}

static int run(const verb *self, int count, char **words)
{
    static const jsonl_verb by_line = {question_parse_hex, answer};
    message_options options;
    int status = message_options_read(self, true, count, words, &options);
    if (status != GO_ON)
        return status;
    codec c;
    codec_init(&c, options.max_memory, options.strict);
    status = STATUS_OK;
    if (options.jsonl)
        jsonl_run(&by_line, &c);
    else
        status = decode_one(&c, &options);
    codec_finish(&c);
    return status;
}

const verb verb_decode = {"decode", "bytes of a message to JSON", help, run};
