/* SPDX-License-Identifier: Apache-2.0 */
#include "json_printer.h"

#include <kwire/error.h>
#include <kwire/json.h>

#include "../command/output.h"

#define MAX_HEAD ((size_t)16 * 1024 * 1024)
enum { MAX_PARTITIONS = 100 }; /* shown of a topic */

void json_printer_init(json_printer *p, const topic_names *names, bool bodies, size_t max_memory)
{
    p->names = names;
    p->bodies = bodies;
    p->clock = (clock_text){.size = 0};
    kw_writer_init_growing(&p->head, kw_allocator_libc(), MAX_HEAD);
    kw_writer_init_growing(&p->body, kw_allocator_libc(), max_memory);
}

void json_printer_finish(json_printer *p)
{
    kw_writer_finish(&p->head);
    kw_writer_finish(&p->body);
}

static void put_member(kw_writer *out, const char *name, int64_t value)
{
    put(out, ",\"");
    put(out, name);
    put(out, "\":");
    put_number(out, value);
}

static void put_text_member(kw_writer *out, const char *name, kw_string value)
{
    put(out, ",\"");
    put(out, name);
    put(out, "\":");
    if (value.len < 0)
        put(out, "null");
    else
        kw_json_string(value, out);
}

static void put_request(json_printer *p, const sighting *s)
{
    const exchange *e = s->exchange;
    kw_writer *out = &p->head;
    put(out, "{\"time\":\"");
    put_time(out, e->request_frame.time, &p->clock);
    put(out, "\"");
    put_text_member(out, "client", kw_string_of(e->client));
    put_text_member(out, "broker", kw_string_of(e->broker));
    put_text_member(out, "api", kw_string_of(s->api_name));
    put_member(out, "apiKey", e->request->api_key);
    put_member(out, "apiVersion", e->request->api_version);
    put_member(out, "correlationId", e->request->correlation_id);
    put_text_member(out, "clientId", e->request->client_id);
}

static void put_frame(kw_writer *out, const char *bytes, const char *captured, const frame *f)
{
    put_member(out, bytes, (int64_t)f->size + 4);
    if (f->captured < f->size)
        put_member(out, captured, (int64_t)f->captured + 4);
}

static void put_outcome(kw_writer *out, const sighting *s)
{
    static const char *const words[] = {
        [OUTCOME_ANSWERED] = "answered", [OUTCOME_NOT_DUE] = "acks 0", [OUTCOME_NOT_SEEN] = "no response seen"};
    const exchange *e = s->exchange;
    put_text_member(out, "outcome", kw_string_of(words[e->outcome]));
    put_frame(out, "requestBytes", "requestBytesCaptured", &e->request_frame);
    if (e->outcome != OUTCOME_ANSWERED)
        return;
    put_frame(out, "responseBytes", "responseBytesCaptured", &e->response_frame);
    put(out, ",\"latencyMs\":");
    put_milliseconds(out, s->latency);
}

static void put_partitions(kw_writer *out, const topic_digest *t)
{
    int shown = 0;
    put_member(out, "partitionCount", t->partitions);
    put(out, ",\"partitions\":[");
    for (uint32_t i = 0; i < t->range_count; i++) {
        for (int64_t n = t->ranges[i].first; n <= t->ranges[i].last && shown < MAX_PARTITIONS; n++) {
            put(out, shown++ == 0 ? "" : ",");
            put_number(out, n);
        }
    }
    put(out, "]");
}

static void put_topic(const json_printer *p, kw_writer *out, const topic_digest *t)
{
    put(out, "{\"name\":");
    kw_string name = t->name.len > 0 ? t->name : topic_names_find(p->names, t->id);
    if (name.len > 0)
        kw_json_string(name, out);
    else
        put(out, "null");
    if (!kw_uuid_is_zero(t->id)) {
        char id[23];
        kw_uuid_format(t->id, id);
        put_text_member(out, "id", kw_string_of(id));
    }
    if (t->partitions != 0)
        put_partitions(out, t);
    if (t->record_bytes != 0) {
        put_member(out, t->more_records ? "recordsAtLeast" : "records", (int64_t)t->records);
        put_member(out, "recordBytes", (int64_t)t->record_bytes);
    }
    put(out, "}");
}

static void put_topics(const json_printer *p, kw_writer *out, const char *count, const char *name,
                       const topic_list *list)
{
    if (list == NULL)
        return;
    put_member(out, count, list->count);
    put(out, ",\"");
    put(out, name);
    put(out, "\":[");
    for (uint32_t i = 0; i < list->kept; i++) {
        put(out, i == 0 ? "" : ",");
        put_topic(p, out, &list->items[i]);
    }
    put(out, "]");
}

static void put_errors(kw_writer *out, const error_list *errors)
{
    if (errors->count == 0)
        return;
    put(out, ",\"errors\":{");
    for (uint32_t i = 0; i < errors->kinds; i++) {
        const error_digest *e = &errors->items[i];
        put(out, i == 0 ? "\"" : ",\"");
        if (kw_error_find(e->code) != NULL)
            put(out, kw_error_name(e->code));
        else
            put_number(out, e->code);
        put(out, "\":");
        put_number(out, (int64_t)e->count);
    }
    put(out, "}");
}

static void put_problems(kw_writer *out, const char *error, const char *trailing, const body *b)
{
    if (b->status != KW_OK) {
        put(out, ",\"");
        put(out, error);
        put(out, "\":{\"code\":\"");
        put(out, kw_status_name(b->status));
        put(out, "\"");
        put_member(out, "offset", (int64_t)b->error_at);
        put_text_member(out, "detail", kw_string_of(kw_status_text(b->status)));
        put(out, "}");
    } else if (b->trailing != 0) {
        put_member(out, trailing, (int64_t)b->trailing);
    }
}

static void flush(kw_writer *out)
{
    kw_span text = kw_writer_data(out);
    output_write(text.data, text.size);
    kw_writer_reset(out);
}

/* A body that takes more memory than allowed has no text, but a reason. */
static void put_body(json_printer *p, const char *name, const body *b)
{
    if (b->value == NULL)
        return;
    kw_writer_reset(&p->body);
    kw_status status = kw_message_json(b->message, b->version, b->value, &p->body);
    put(&p->head, ",\"");
    put(&p->head, name);
    put(&p->head, "\":");
    if (status == KW_OK) {
        flush(&p->head);
        flush(&p->body);
        return;
    }
    put(&p->head, "null,\"");
    put(&p->head, name);
    put(&p->head, "Missing\":");
    kw_json_string(kw_string_of(kw_status_name(status)), &p->head);
}

static void show(void *context, const sighting *s)
{
    json_printer *p = context;
    kw_writer *out = &p->head;
    kw_writer_reset(out);
    put_request(p, s);
    put_outcome(out, s);
    put_topics(p, out, "requestTopicCount", "requestTopics", s->topics[KW_REQUEST]);
    put_topics(p, out, "responseTopicCount", "responseTopics", s->topics[KW_RESPONSE]);
    put_errors(out, s->errors);
    put_problems(out, "requestError", "requestTrailing", &s->bodies[KW_REQUEST]);
    put_problems(out, "responseError", "responseTrailing", &s->bodies[KW_RESPONSE]);
    if (p->bodies) {
        put_body(p, "request", &s->bodies[KW_REQUEST]);
        put_body(p, "response", &s->bodies[KW_RESPONSE]);
    }
    put(out, "}\n");
    flush(out);
}

sighting_sink json_printer_sink(json_printer *p)
{
    sighting_sink as = {show, p};
    return as;
}
