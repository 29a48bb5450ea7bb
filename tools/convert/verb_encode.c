/* SPDX-License-Identifier: Apache-2.0 */
#include "../json/parse.h"
#include "frame_lines.h"
#include "jsonl.h"
#include "message_options.h"

static bool answer(codec *c, const kw_message *m, const question *q, kw_writer *out, report *r)
{
    static const char hex[] = ",\"hex\":\"";
    kw_write_raw(out, hex, sizeof hex - 1);
    if (!codec_encode(c, m, (int16_t)q->version, q->value, out, r))
        return false;
    kw_write_raw(out, "\"", 1);
    return true;
}

static bool encode_json(codec *c, const message_options *o, buffer *memory, kw_writer *hex, report *r)
{
    const kw_message *m = o->frame ? NULL : codec_find(kw_string_of(o->name), o->version, r);
    if (m == NULL && !o->frame)
        return false;
    size_t size;
    const char *text = message_input(o, memory, &size);
    json_t *value = json_parse(text, size, r);
    bool done =
        value != NULL && (o->frame ? frame_encode(c, value, hex, r) : codec_encode(c, m, o->version, value, hex, r));
    json_decref(value);
    return done;
}

static int encode_one(codec *c, const message_options *o)
{
    buffer memory = {0};
    kw_writer hex;
    kw_writer_init_growing(&hex, kw_allocator_libc(), o->max_memory);
    report r;
    int status = STATUS_OK;
    if (encode_json(c, o, &memory, &hex, &r)) {
        kw_span text = kw_writer_data(&hex);
        output_bytes(o->form, text.data, text.size);
    } else {
        status = message_refused(&r);
    }
    kw_writer_finish(&hex);
    buffer_finish(&memory);
    return status;
}

static int run(const verb *self, int count, char **words)
{
    static const jsonl_verb by_line = {question_parse_value, answer};
    message_options options;
    int status = message_options_read(self, false, count, words, &options);
    if (status != CONTINUE)
        return status;
    codec c;
    codec_init(&c, options.max_memory, false);
    c.missing = options.defaults ? JSON_MISSING_DEFAULT : JSON_MISSING_REFUSED;
    status = STATUS_OK;
    if (options.jsonl && options.frame)
        frame_lines_run(&c, false);
    else if (options.jsonl)
        jsonl_run(&by_line, &c);
    else
        status = encode_one(&c, &options);
    codec_finish(&c);
    return status;
}

const verb verb_encode = {"encode", run};
