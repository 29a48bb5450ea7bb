/* SPDX-License-Identifier: Apache-2.0 */
#include "line_printer.h"

#include <kwire/error.h>

#include "../command/output.h"

#define GAP "  " /* between fields */

static void write_out(void *context, const char *text, size_t size)
{
    (void)context;
    output_write(text, size);
}

void line_printer_init(line_printer *p, const topic_names *names)
{
    p->names = names;
    emit_init(&p->line, p->block, sizeof p->block, write_out, NULL);
}

static void put_count(emitter *out, uint64_t n, const char *one, const char *many)
{
    emit_int(out, (int64_t)n);
    emit_text(out, n == 1 ? one : many);
}

static void put_connection(line_printer *p, const exchange *e)
{
    emitter *out = &p->line;
    emit_moment(out, e->request_frame.time);
    EMIT_LITERAL(out, GAP);
    emit_text(out, e->client);
    EMIT_LITERAL(out, " > ");
    emit_text(out, e->broker);
}

static void put_request(emitter *out, const sighting *s)
{
    const kw_request *request = s->exchange->request;
    emit_api(out, s->api_name, request->api_key);
    EMIT_LITERAL(out, " v");
    emit_int(out, request->api_version);
    EMIT_LITERAL(out, GAP "#");
    emit_int(out, request->correlation_id);
    EMIT_LITERAL(out, GAP);
    emit_word(out, request->client_id);
}

static void put_sizes(emitter *out, const exchange *e)
{
    emit_int(out, (int64_t)e->request_frame.size + 4);
    if (e->outcome == OUTCOME_ANSWERED) {
        EMIT_LITERAL(out, " > ");
        emit_int(out, (int64_t)e->response_frame.size + 4);
    }
    EMIT_LITERAL(out, " B" GAP);
}

static void put_outcome(emitter *out, const sighting *s)
{
    switch (s->exchange->outcome) {
    case OUTCOME_ANSWERED:
        emit_latency(out, s->latency);
        EMIT_LITERAL(out, " ms");
        break;
    case OUTCOME_NOT_DUE:
        EMIT_LITERAL(out, "acks 0");
        break;
    case OUTCOME_NOT_SEEN:
        EMIT_LITERAL(out, "no response seen");
        break;
    }
}

static void put_ranges(emitter *out, const topic_digest *t)
{
    uint64_t shown = 0;
    for (uint32_t i = 0; i < t->range_count; i++) {
        partition_range r = t->ranges[i];
        if (i != 0)
            EMIT_LITERAL(out, ",");
        emit_int(out, r.first);
        if (r.last != r.first) {
            EMIT_LITERAL(out, "-");
            emit_int(out, r.last);
        }
        shown += (uint64_t)((int64_t)r.last - r.first + 1);
    }
    if (shown < t->partitions)
        EMIT_LITERAL(out, ",...");
}

static void put_topic(const topic_names *names, emitter *out, const topic_digest *t, const topic_digest *request)
{
    const topic_digest *with_partitions = t->partitions != 0 || request == NULL ? t : request;
    kw_string name = t->name.len > 0 ? t->name : topic_names_find(names, t->id);
    if (name.len > 0) {
        emit_word(out, name);
    } else {
        char id[23];
        kw_uuid_format(t->id, id);
        EMIT_LITERAL(out, "id:");
        emit_text(out, id);
    }
    if (with_partitions->partitions != 0) {
        EMIT_LITERAL(out, "[");
        put_ranges(out, with_partitions);
        EMIT_LITERAL(out, "]");
    }
    const topic_digest *with_records = t->record_bytes != 0 || request == NULL ? t : request;
    if (with_records->record_bytes == 0)
        return;
    emit_text(out, with_records->more_records ? " at least " : " ");
    put_count(out, with_records->records, " record ", " records ");
    emit_int(out, (int64_t)with_records->record_bytes);
    EMIT_LITERAL(out, " B");
}

static bool same_topic(const topic_digest *a, const topic_digest *b)
{
    if (a->name.len > 0 || b->name.len > 0)
        return kw_string_equal(a->name, b->name);
    return kw_uuid_equal(a->id, b->id);
}

static const topic_digest *find_topic(const topic_list *list, const topic_digest *wanted)
{
    for (uint32_t i = 0; list != NULL && i < list->kept; i++)
        if (same_topic(&list->items[i], wanted))
            return &list->items[i];
    return NULL;
}

static uint32_t count_of(const topic_list *list)
{
    return list != NULL ? list->count : 0;
}

/* Those of the response first, then those that only the request has. */
static void put_topics(const topic_names *names, emitter *out, const sighting *s)
{
    const topic_list *asked = s->topics[KW_MESSAGE_REQUEST];
    const topic_list *answered = s->topics[KW_MESSAGE_RESPONSE];
    uint32_t shown = 0;
    for (uint32_t i = 0; answered != NULL && i < answered->kept; i++) {
        emit_text(out, shown++ == 0 ? GAP : ", ");
        put_topic(names, out, &answered->items[i], find_topic(asked, &answered->items[i]));
    }
    uint32_t kept = shown;
    for (uint32_t i = 0; asked != NULL && i < asked->kept && shown < DIGEST_TOPICS; i++) {
        if (find_topic(answered, &asked->items[i]) != NULL)
            continue;
        emit_text(out, shown++ == 0 ? GAP : ", ");
        put_topic(names, out, &asked->items[i], NULL);
    }
    uint32_t all = count_of(answered) > kept ? count_of(answered) : count_of(asked);
    if (all > shown) {
        EMIT_LITERAL(out, ", ");
        emit_int(out, all - shown);
        EMIT_LITERAL(out, " more");
    }
}

static void put_errors(emitter *out, const error_list *errors)
{
    uint64_t shown = 0;
    for (uint32_t i = 0; i < errors->kinds; i++) {
        const error_digest *e = &errors->items[i];
        emit_text(out, i == 0 ? GAP : ", ");
        if (e->count > 1)
            put_count(out, e->count, "", " x ");
        if (kw_error_find(e->code) != NULL) {
            emit_text(out, kw_error_name(e->code));
        } else {
            EMIT_LITERAL(out, "error ");
            emit_int(out, e->code);
        }
        shown += e->count;
    }
    if (shown < errors->count)
        EMIT_LITERAL(out, ", ...");
}

static void put_body_state(emitter *out, const char *which, const body *b, const frame *f)
{
    if (b->status != KW_OK) {
        EMIT_LITERAL(out, GAP);
        emit_text(out, which);
        EMIT_LITERAL(out, ": ");
        emit_text(out, kw_status_name(b->status));
        EMIT_LITERAL(out, " at byte ");
        emit_int(out, (int64_t)b->error_at);
    } else if (b->trailing != 0) {
        EMIT_LITERAL(out, GAP);
        emit_text(out, which);
        EMIT_LITERAL(out, ": ");
        put_count(out, b->trailing, " byte left over", " bytes left over");
    }
    if (b->cut) {
        EMIT_LITERAL(out, GAP);
        emit_text(out, which);
        EMIT_LITERAL(out, ": only ");
        emit_int(out, (int64_t)f->captured + 4);
        EMIT_LITERAL(out, " B captured");
    }
}

void emit_outcome_content(emitter *out, const topic_names *names, const sighting *s)
{
    put_topics(names, out, s);
    put_errors(out, s->errors);
    put_body_state(out, "request", &s->bodies[KW_MESSAGE_REQUEST], &s->exchange->request_frame);
    if (s->exchange->outcome == OUTCOME_ANSWERED)
        put_body_state(out, "response", &s->bodies[KW_MESSAGE_RESPONSE], &s->exchange->response_frame);
}

static void show(void *context, const sighting *s)
{
    line_printer *p = context;
    const exchange *e = s->exchange;
    emitter *out = &p->line;
    put_connection(p, e);
    EMIT_LITERAL(out, GAP);
    put_request(out, s);
    EMIT_LITERAL(out, GAP);
    put_sizes(out, e);
    put_outcome(out, s);
    emit_outcome_content(out, p->names, s);
    EMIT_LITERAL(out, "\n");
    emit_flush(out);
}

sighting_sink line_printer_sink(line_printer *p)
{
    sighting_sink as = {show, p};
    return as;
}
