/* SPDX-License-Identifier: Apache-2.0 */
#include "line_printer.h"

#include <kwire/error.h>

#include "../command/output.h"

#define GAP "  " /* between fields */
#define MAX_LINE ((size_t)16 * 1024 * 1024)

void line_printer_init(line_printer *p, const topic_names *names)
{
    p->names = names;
    p->clock = (clock_text){.size = 0};
    kw_writer_init_growing(&p->line, kw_allocator_libc(), MAX_LINE);
}

void line_printer_finish(line_printer *p)
{
    kw_writer_finish(&p->line);
}

static void put_count(kw_writer *out, uint64_t n, const char *one, const char *many)
{
    put_number(out, (int64_t)n);
    put(out, n == 1 ? one : many);
}

static void put_connection(line_printer *p, const exchange *e)
{
    put_time(&p->line, e->request_frame.time, &p->clock);
    put(&p->line, GAP);
    put(&p->line, e->client);
    put(&p->line, " > ");
    put(&p->line, e->broker);
}

static void put_request(kw_writer *out, const sighting *s)
{
    const kw_request *request = s->exchange->request;
    if (s->api_name != NULL) {
        put(out, s->api_name);
    } else {
        put(out, "API-");
        put_number(out, request->api_key);
    }
    put(out, " v");
    put_number(out, request->api_version);
    put(out, GAP "#");
    put_number(out, request->correlation_id);
    put(out, GAP);
    put_word(out, request->client_id);
}

static void put_sizes(kw_writer *out, const exchange *e)
{
    put_number(out, (int64_t)e->request_frame.size + 4);
    if (e->outcome == OUTCOME_ANSWERED) {
        put(out, " > ");
        put_number(out, (int64_t)e->response_frame.size + 4);
    }
    put(out, " B" GAP);
}

static void put_outcome(kw_writer *out, const sighting *s)
{
    switch (s->exchange->outcome) {
    case OUTCOME_ANSWERED:
        put_milliseconds(out, s->latency);
        put(out, " ms");
        break;
    case OUTCOME_NOT_DUE:
        put(out, "acks 0");
        break;
    case OUTCOME_NOT_SEEN:
        put(out, "no response seen");
        break;
    }
}

static void put_ranges(kw_writer *out, const topic_digest *t)
{
    uint64_t shown = 0;
    for (uint32_t i = 0; i < t->range_count; i++) {
        partition_range r = t->ranges[i];
        if (i != 0)
            put(out, ",");
        put_number(out, r.first);
        if (r.last != r.first) {
            put(out, "-");
            put_number(out, r.last);
        }
        shown += (uint64_t)((int64_t)r.last - r.first + 1);
    }
    if (shown < t->partitions)
        put(out, ",...");
}

static void put_topic(const line_printer *p, kw_writer *out, const topic_digest *t, const topic_digest *request)
{
    const topic_digest *with_partitions = t->partitions != 0 || request == NULL ? t : request;
    kw_string name = t->name.len > 0 ? t->name : topic_names_find(p->names, t->id);
    if (name.len > 0) {
        put_word(out, name);
    } else {
        char id[23];
        kw_uuid_format(t->id, id);
        put(out, "id:");
        put(out, id);
    }
    if (with_partitions->partitions != 0) {
        put(out, "[");
        put_ranges(out, with_partitions);
        put(out, "]");
    }
    const topic_digest *with_records = t->record_bytes != 0 || request == NULL ? t : request;
    if (with_records->record_bytes == 0)
        return;
    put(out, with_records->more_records ? " at least " : " ");
    put_count(out, with_records->records, " record ", " records ");
    put_number(out, (int64_t)with_records->record_bytes);
    put(out, " B");
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

/* Those of the response first, then what only the request has. */
static void put_topics(const line_printer *p, kw_writer *out, const sighting *s)
{
    const topic_list *asked = s->topics[KW_REQUEST];
    const topic_list *answered = s->topics[KW_RESPONSE];
    uint32_t shown = 0;
    for (uint32_t i = 0; answered != NULL && i < answered->kept; i++) {
        put(out, shown++ == 0 ? GAP : ", ");
        put_topic(p, out, &answered->items[i], find_topic(asked, &answered->items[i]));
    }
    uint32_t kept = shown;
    for (uint32_t i = 0; asked != NULL && i < asked->kept && shown < DIGEST_TOPICS; i++) {
        if (find_topic(answered, &asked->items[i]) != NULL)
            continue;
        put(out, shown++ == 0 ? GAP : ", ");
        put_topic(p, out, &asked->items[i], NULL);
    }
    uint32_t all = count_of(answered) > kept ? count_of(answered) : count_of(asked);
    if (all > shown) {
        put(out, ", ");
        put_number(out, all - shown);
        put(out, " more");
    }
}

static void put_errors(kw_writer *out, const error_list *errors)
{
    uint64_t shown = 0;
    for (uint32_t i = 0; i < errors->kinds; i++) {
        const error_digest *e = &errors->items[i];
        put(out, i == 0 ? GAP : ", ");
        if (e->count > 1)
            put_count(out, e->count, "", " x ");
        if (kw_error_find(e->code) != NULL) {
            put(out, kw_error_name(e->code));
        } else {
            put(out, "error ");
            put_number(out, e->code);
        }
        shown += e->count;
    }
    if (shown < errors->count)
        put(out, ", ...");
}

static void put_body_state(kw_writer *out, const char *which, const body *b, const frame *f)
{
    if (b->status != KW_OK) {
        put(out, GAP);
        put(out, which);
        put(out, ": ");
        put(out, kw_status_name(b->status));
        put(out, " at byte ");
        put_number(out, (int64_t)b->error_at);
    } else if (b->trailing != 0) {
        put(out, GAP);
        put(out, which);
        put(out, ": ");
        put_count(out, b->trailing, " byte left over", " bytes left over");
    }
    if (b->cut) {
        put(out, GAP);
        put(out, which);
        put(out, ": only ");
        put_number(out, (int64_t)f->captured + 4);
        put(out, " B captured");
    }
}

static void show(void *context, const sighting *s)
{
    line_printer *p = context;
    const exchange *e = s->exchange;
    kw_writer *out = &p->line;
    kw_writer_reset(out);
    put_connection(p, e);
    put(out, GAP);
    put_request(out, s);
    put(out, GAP);
    put_sizes(out, e);
    put_outcome(out, s);
    put_topics(p, out, s);
    put_errors(out, s->errors);
    put_body_state(out, "request", &s->bodies[KW_REQUEST], &e->request_frame);
    if (e->outcome == OUTCOME_ANSWERED)
        put_body_state(out, "response", &s->bodies[KW_RESPONSE], &e->response_frame);
    put(out, "\n");
    kw_span line = kw_writer_data(out);
    output_write(line.data, line.size);
}

sighting_sink line_printer_sink(line_printer *p)
{
    sighting_sink as = {show, p};
    return as;
}
