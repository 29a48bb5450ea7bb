/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <kwire/json.h>

#include "../command/input.h"
#include "jsonl.h"

static void put(kw_writer *out, const char *text)
{
    kw_write_raw(out, text, strlen(text));
}

static void put_integer(kw_writer *out, int64_t v)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, v);
    put(out, text);
}

static void begin_answer(kw_writer *out, const question *q)
{
    kw_writer_reset(out);
    put(out, "{\"message\":");
    if (q->message.len >= 0)
        kw_json_string(q->message, out);
    else
        put(out, "null");
    put(out, ",\"version\":");
    if (q->has_version)
        put_integer(out, q->version);
    else
        put(out, "null");
}

static void put_error(kw_writer *out, const question *q, const report *r)
{
    begin_answer(out, q);
    put(out, ",\"error\":{\"code\":\"");
    put(out, r->code);
    put(out, "\",\"offset\":");
    put_integer(out, (int64_t)r->offset);
    put(out, ",\"detail\":");
    kw_json_string(kw_string_of(r->detail), out);
    put(out, "}}\n");
}

static bool put_answer(const jsonl_verb *verb, codec *c, const question *q, kw_writer *out, report *r)
{
    const kw_message *m = codec_find(q->message, q->version, r);
    if (m == NULL)
        return false;
    begin_answer(out, q);
    if (!verb->answer(c, m, q, out, r))
        return false;
    put(out, "}\n");
    return kw_writer_ok(out) || report_status(r, kw_writer_fail(out, KW_ERR_MEMORY_LIMIT), 0, "");
}

static void answer_line(const jsonl_verb *verb, codec *c, const char *line, size_t size, buffer *memory, kw_writer *out)
{
    question q;
    report r;
    if (!verb->parse(&q, line, size, memory, &r) || !put_answer(verb, c, &q, out, &r)) {
        put_error(out, &q, &r);
        if (!kw_writer_ok(out)) { /* no message has a name that long */
            q.message.len = -1;
            put_error(out, &q, &r);
        }
    }
    question_finish(&q);
}

void jsonl_run(const jsonl_verb *verb, codec *c)
{
    line_reader lines = {0};
    buffer memory = {0};
    kw_writer out;
    kw_writer_init_growing(&out, kw_allocator_libc(), c->max_memory);
    char *line;
    size_t size;
    while (line_reader_next(&lines, &line, &size)) {
        answer_line(verb, c, line, size, &memory, &out);
        kw_span text = kw_writer_data(&out);
        output_write(text.data, text.size);
    }
    kw_writer_finish(&out);
    buffer_finish(&memory);
    line_reader_finish(&lines);
}
