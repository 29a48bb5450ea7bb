/* SPDX-License-Identifier: Apache-2.0 */
#include "json_printer.h"

#include <kwire/error.h>

#include "../command/output.h"

enum { MAX_PARTITIONS = 100 }; /* limit for a topic */

static void write_out(void *context, const char *text, size_t size)
{
    (void)context;
    output_write(text, size);
}

static kw_string topic_name(const void *names, kw_uuid id)
{
    return topic_names_find(names, id);
}

void json_printer_init(json_printer *p, const topic_names *names, bool bodies, size_t max_memory)
{
    p->names = names;
    p->bodies = bodies;
    emit_init(&p->line, p->block, sizeof p->block, write_out, NULL);
    json_form_init(&p->form, max_memory);
    p->form.topic_name = topic_name;
    p->form.context = names;
    kw_writer_init_growing(&p->body, kw_allocator_libc(), max_memory);
}

void json_printer_finish(json_printer *p)
{
    json_form_finish(&p->form);
    kw_writer_finish(&p->body);
}

static void put_member(emitter *out, const char *name, int64_t value)
{
    EMIT_LITERAL(out, ",\"");
    emit_text(out, name);
    EMIT_LITERAL(out, "\":");
    emit_int(out, value);
}

static void put_text_member(emitter *out, const char *name, kw_string value)
{
    EMIT_LITERAL(out, ",\"");
    emit_text(out, name);
    EMIT_LITERAL(out, "\":");
    emit_json_string(out, value);
}

static void put_request(json_printer *p, const sighting *s)
{
    const exchange *e = s->exchange;
    emitter *out = &p->line;
    EMIT_LITERAL(out, "{\"time\":\"");
    emit_moment(out, e->request_frame.time);
    EMIT_LITERAL(out, "\"");
    put_text_member(out, "client", kw_string_of(e->client));
    put_text_member(out, "broker", kw_string_of(e->broker));
    put_text_member(out, "api", kw_string_of(s->api_name));
    put_member(out, "apiKey", e->request->api_key);
    put_member(out, "apiVersion", e->request->api_version);
    put_member(out, "correlationId", e->request->correlation_id);
    put_text_member(out, "clientId", e->request->client_id);
}

static void put_frame(emitter *out, const char *bytes, const char *captured, const frame *f)
{
    put_member(out, bytes, (int64_t)f->size + 4);
    if (frame_is_cut(f))
        put_member(out, captured, (int64_t)f->captured + 4);
}

static void put_outcome(emitter *out, const sighting *s)
{
    static const char *const words[] = {
        [OUTCOME_ANSWERED] = "answered", [OUTCOME_NOT_DUE] = "acks 0", [OUTCOME_NOT_SEEN] = "no response seen"};
    const exchange *e = s->exchange;
    put_text_member(out, "outcome", kw_string_of(words[e->outcome]));
    put_frame(out, "requestBytes", "requestBytesCaptured", &e->request_frame);
    if (e->outcome != OUTCOME_ANSWERED)
        return;
    put_frame(out, "responseBytes", "responseBytesCaptured", &e->response_frame);
    EMIT_LITERAL(out, ",\"latencyMs\":");
    emit_latency(out, s->latency);
}

static void put_partitions(emitter *out, const topic_digest *t)
{
    int shown = 0;
    put_member(out, "partitionCount", t->partitions);
    EMIT_LITERAL(out, ",\"partitions\":[");
    for (uint32_t i = 0; i < t->range_count; i++) {
        for (int64_t n = t->ranges[i].first; n <= t->ranges[i].last && shown < MAX_PARTITIONS; n++) {
            emit_text(out, shown++ == 0 ? "" : ",");
            emit_int(out, n);
        }
    }
    EMIT_LITERAL(out, "]");
}

static void put_topic(const json_printer *p, emitter *out, const topic_digest *t)
{
    EMIT_LITERAL(out, "{\"name\":");
    kw_string name = t->name.len > 0 ? t->name : topic_names_find(p->names, t->id);
    if (name.len <= 0)
        name.len = -1;
    emit_json_string(out, name);
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
    EMIT_LITERAL(out, "}");
}

static void put_topics(const json_printer *p, emitter *out, const char *count, const char *name, const topic_list *list)
{
    if (list == NULL)
        return;
    put_member(out, count, list->count);
    EMIT_LITERAL(out, ",\"");
    emit_text(out, name);
    EMIT_LITERAL(out, "\":[");
    for (uint32_t i = 0; i < list->kept; i++) {
        emit_text(out, i == 0 ? "" : ",");
        put_topic(p, out, &list->items[i]);
    }
    EMIT_LITERAL(out, "]");
}

static void put_errors(emitter *out, const error_list *errors)
{
    if (errors->count == 0)
        return;
    EMIT_LITERAL(out, ",\"errors\":{");
    for (uint32_t i = 0; i < errors->kinds; i++) {
        const error_digest *e = &errors->items[i];
        emit_text(out, i == 0 ? "\"" : ",\"");
        if (kw_error_find(e->code) != NULL)
            emit_text(out, kw_error_name(e->code));
        else
            emit_int(out, e->code);
        EMIT_LITERAL(out, "\":");
        emit_int(out, (int64_t)e->count);
    }
    EMIT_LITERAL(out, "}");
}

static void put_problems(emitter *out, const char *error, const char *trailing, const body *b)
{
    if (b->status != KW_OK) {
        EMIT_LITERAL(out, ",\"");
        emit_text(out, error);
        EMIT_LITERAL(out, "\":{\"code\":\"");
        emit_text(out, kw_status_name(b->status));
        EMIT_LITERAL(out, "\"");
        put_member(out, "offset", (int64_t)b->error_at);
        put_text_member(out, "detail", kw_string_of(kw_status_text(b->status)));
        EMIT_LITERAL(out, "}");
    } else if (b->trailing != 0) {
        put_member(out, trailing, (int64_t)b->trailing);
    }
}

/* A body that takes more memory than allowed is replaced by a reason. */
static void put_body(json_printer *p, const char *name, const body *b)
{
    if (b->value == NULL)
        return;
    emitter *out = &p->line;
    kw_writer_reset(&p->body);
    kw_status status = json_form_put(&p->form, b->message, b->version, b->value, NULL, &p->body);
    kw_span text = kw_writer_data(&p->body);
    EMIT_LITERAL(out, ",\"");
    emit_text(out, name);
    if (status == KW_OK) {
        EMIT_LITERAL(out, "\":");
        emit_raw(out, text.data, text.size);
        return;
    }
    EMIT_LITERAL(out, "\":null,\"");
    emit_text(out, name);
    EMIT_LITERAL(out, "Missing\":\"");
    emit_text(out, kw_status_name(status));
    emit_char(out, '"');
}

static void show(void *context, const sighting *s)
{
    json_printer *p = context;
    emitter *out = &p->line;
    put_request(p, s);
    put_outcome(out, s);
    put_topics(p, out, "requestTopicCount", "requestTopics", s->topics[KW_MESSAGE_REQUEST]);
    put_topics(p, out, "responseTopicCount", "responseTopics", s->topics[KW_MESSAGE_RESPONSE]);
    put_errors(out, s->errors);
    put_problems(out, "requestError", "requestTrailing", &s->bodies[KW_MESSAGE_REQUEST]);
    put_problems(out, "responseError", "responseTrailing", &s->bodies[KW_MESSAGE_RESPONSE]);
    if (p->bodies) {
        put_body(p, "request", &s->bodies[KW_MESSAGE_REQUEST]);
        put_body(p, "response", &s->bodies[KW_MESSAGE_RESPONSE]);
    }
    EMIT_LITERAL(out, "}\n");
    emit_flush(out);
}

sighting_sink json_printer_sink(json_printer *p)
{
    sighting_sink as = {show, p};
    return as;
}
