/* SPDX-License-Identifier: Apache-2.0 */
#include "hex_printer.h"

#include "../command/output.h"

static void write_out(void *context, const char *text, size_t size)
{
    (void)context;
    output_write(text, size);
}

void hex_printer_init(hex_printer *p, bool json)
{
    p->json = json;
    emit_init(&p->line, p->block, sizeof p->block, write_out, NULL);
}

static void put_digits(emitter *out, const frame *f)
{
    emit_hex(out, f->data - FRAME_PREFIX, f->captured + FRAME_PREFIX);
}

/* The digits, and what the frame is as a comment. Those of a frame that is cut are a comment too, or else the next
 * frame would be taken for its rest. */
static void put_text(emitter *out, const sighting *s, const frame *f, const char *kind)
{
    const exchange *e = s->exchange;
    if (frame_is_cut(f))
        EMIT_LITERAL(out, "# ");
    put_digits(out, f);
    EMIT_LITERAL(out, "  # ");
    emit_text(out, kind);
    EMIT_LITERAL(out, "  ");
    emit_moment(out, f->time);
    EMIT_LITERAL(out, "  ");
    emit_text(out, e->client);
    EMIT_LITERAL(out, " > ");
    emit_text(out, e->broker);
    EMIT_LITERAL(out, "  ");
    emit_api(out, s->api_name, e->request->api_key);
    EMIT_LITERAL(out, " v");
    emit_int(out, e->request->api_version);
    EMIT_LITERAL(out, "  #");
    emit_int(out, e->request->correlation_id);
    if (frame_is_cut(f)) {
        EMIT_LITERAL(out, "  only ");
        emit_int(out, (int64_t)(f->captured + FRAME_PREFIX));
        EMIT_LITERAL(out, " of ");
        emit_int(out, (int64_t)(f->size + FRAME_PREFIX));
        EMIT_LITERAL(out, " B captured");
    }
    EMIT_LITERAL(out, "\n");
}

static void put_object(emitter *out, const sighting *s, const frame *f, const char *kind)
{
    const exchange *e = s->exchange;
    EMIT_LITERAL(out, "{\"kind\":\"");
    emit_text(out, kind);
    EMIT_LITERAL(out, "\",\"api\":");
    if (s->api_name != NULL)
        emit_json_string(out, kw_string_of(s->api_name));
    else
        emit_int(out, e->request->api_key);
    EMIT_LITERAL(out, ",\"version\":");
    emit_int(out, e->request->api_version);
    EMIT_LITERAL(out, ",\"time\":\"");
    emit_moment(out, f->time);
    EMIT_LITERAL(out, "\",\"client\":\"");
    emit_text(out, e->client);
    EMIT_LITERAL(out, "\",\"broker\":\"");
    emit_text(out, e->broker);
    EMIT_LITERAL(out, "\",\"correlationId\":");
    emit_int(out, e->request->correlation_id);
    EMIT_LITERAL(out, ",\"clientId\":");
    emit_json_string(out, e->request->client_id);
    if (frame_is_cut(f))
        EMIT_LITERAL(out, ",\"cut\":true");
    EMIT_LITERAL(out, ",\"hex\":\"");
    put_digits(out, f);
    EMIT_LITERAL(out, "\"}\n");
}

static void put(hex_printer *p, const sighting *s, const frame *f, const char *kind)
{
    (p->json ? put_object : put_text)(&p->line, s, f, kind);
}

static void show(void *context, const sighting *s)
{
    hex_printer *p = context;
    put(p, s, &s->exchange->request_frame, "request");
    if (s->exchange->outcome == OUTCOME_ANSWERED)
        put(p, s, &s->exchange->response_frame, "response");
    emit_flush(&p->line);
}

sighting_sink hex_printer_sink(hex_printer *p)
{
    sighting_sink as = {show, p};
    return as;
}
