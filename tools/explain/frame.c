/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include <kwire/api.h>
#include <kwire/api_keys.h>
#include <kwire/frame.h>
#include <kwire/messages/request_header.h>
#include <kwire/messages/response_header.h>

#include "batches.h"
#include "body.h"
#include "fields.h"
#include "secret.h"

/* ---- an input ---- */

static explain_region region_of(const explain_input *in)
{
    return (explain_region){.data = in->data, .size = in->size};
}

static void begin_input(explainer *e, const explain_input *in, const explain_region *whole, explain_title t)
{
    e->inputs++;
    e->regions = 0;
    e->nesting = 0;
    e->secret = false;
    e->fine = true;
    e->cut = in->cut;
    e->in = whole;
    e->depth = 0;
    e->local = 0;
    e->stem = 0;
    e->path[0] = '\0';
    t.number = e->inputs;
    t.offset = in->offset;
    t.size = in->size;
    t.label = in->label;
    e->out.begin(e->out.self, &t, whole);
    if (in->remark != NULL)
        show_remark(e, in->remark);
}

static bool end_input(explainer *e)
{
    e->out.end(e->out.self, e->fine);
    return e->fine;
}

/* If only the size is wrong, all available bytes of a cut frame may be valid. */
static bool end_frame(explainer *e, const explain_input *in)
{
    if (in->cut && e->fine) {
        path_set(e, "");
        note_format(&e->reason, "the frame is longer than the %zu bytes of the input", in->size);
        show_problem(
            e, (explain_problem){.start = in->size, .offset = in->size, .type = "", .fatal = true, .end = in->size},
            KW_ERR_TRUNCATED);
    }
    return end_input(e);
}

/* The start of a frame's payload. */
static size_t payload_at(const explain_input *in)
{
    return !in->has_size ? 0 : in->size < 4 ? in->size : 4;
}

static kw_bytes payload_of(const explain_input *in)
{
    size_t at = payload_at(in);
    return kw_bytes_of(in->data + at, in->size - at);
}

/* The size of a frame, if present. False if the input ends in it. */
static bool explain_size(explainer *e, const explain_input *in)
{
    if (!in->has_size)
        return true;
    fields f = fields_between(e, 0, in->size, 0);
    int32_t size = kw_read_int32(&f.in);
    if (kw_reader_ok(&f.in) && (size < 0 || (size_t)size != in->size - 4))
        note_format(&e->meaning, "%zu bytes are available", in->size - 4);
    return fields_show(&f, "size", "INT32", value_integer(size));
}

/* ---- headers and bodies ---- */

static bool explain_header(explainer *e, const kw_message *m, int16_t version, size_t at, size_t end, size_t *next)
{
    path_set(e, "header");
    scope outside = scope_enter(e, e->depth);
    bool fine = explain_body(e, m, version, at, end, next);
    scope_leave(e, outside);
    return fine;
}

static void explain_payload_body(explainer *e, kw_frame_kind kind, const kw_message *m, int16_t version, size_t at,
                                 size_t end)
{
    if (kind == KW_FRAME_KNOWN) {
        (void)explain_whole_body(e, m, version, at, end);
        return;
    }
    e->secret = m != NULL && secret_message(m);
    show_raw(e, at, end, e->depth + 1, kind == KW_FRAME_UNKNOWN_API ? "of an unknown API" : "of an unknown version");
}

static void explain_opened_request(explainer *e, const kw_request *r, size_t at, size_t end)
{
    size_t next;
    int16_t header = r->kind == KW_FRAME_KNOWN ? r->header_version : 1;
    if (explain_header(e, &kw_request_header_message, header, at, end, &next))
        explain_payload_body(e, r->kind, kw_message_find(r->api_key, KW_MESSAGE_REQUEST), r->api_version, next, end);
}

static void explain_opened_response(explainer *e, const kw_response *r, size_t at, size_t end)
{
    size_t next;
    int16_t header = r->header_version >= 0 ? r->header_version : 0;
    if (explain_header(e, &kw_response_header_message, header, at, end, &next))
        explain_payload_body(e, r->kind, kw_message_find(r->api_key, KW_MESSAGE_RESPONSE), r->api_version, next, end);
}

/* Errors of a header are shown at their place. */
static kw_request open_request(explainer *e, kw_bytes payload)
{
    kw_request request;
    kw_arena *arena = &e->arenas[e->nesting];
    kw_arena_reset(arena);
    kw_status ignored = kw_request_decode_header(&request, payload, arena);
    (void)ignored;
    return request;
}

static kw_response open_response(explainer *e, int16_t api_key, int16_t api_version, kw_bytes payload, bool *opened)
{
    kw_response response;
    kw_arena *arena = &e->arenas[e->nesting];
    kw_arena_reset(arena);
    *opened = kw_response_decode_header(&response, api_key, api_version, payload, arena) == KW_OK;
    return response;
}

/* ---- envelopes ---- */

static void remember_envelope(explainer *e, const kw_request *inner)
{
    envelope *slot = &e->envelopes[e->next_envelope++ % ENVELOPES];
    *slot = (envelope){true, e->correlation_id, inner->api_key, inner->api_version};
}

static void recall_envelope(explainer *e)
{
    e->envelope = NULL;
    for (unsigned i = 0; i < ENVELOPES; i++)
        if (e->envelopes[i].is_known && e->envelopes[i].correlation_id == e->correlation_id)
            e->envelope = &e->envelopes[i];
}

bool frame_knows_envelope(const explainer *e)
{
    return e->envelope != NULL;
}

void explain_inner_request(explainer *e, size_t at, size_t end)
{
    kw_request inner = open_request(e, kw_bytes_of(e->in->data + at, end - at));
    remember_envelope(e, &inner);
    explain_opened_request(e, &inner, at, end);
}

void explain_inner_response(explainer *e, size_t at, size_t end)
{
    bool opened;
    kw_response inner = open_response(e, e->envelope->api_key, e->envelope->api_version,
                                      kw_bytes_of(e->in->data + at, end - at), &opened);
    explain_opened_response(e, &inner, at, end);
}

/* ---- the interface ---- */

static const char *api_name(int16_t key)
{
    const kw_api *api = kw_api_find(key);
    return api != NULL ? api->name : NULL;
}

bool explain_request(explainer *e, const explain_input *in)
{
    explain_region whole = region_of(in);
    e->nesting = 0;
    kw_request request = open_request(e, payload_of(in));
    begin_input(e, in, &whole,
                (explain_title){.kind = "request",
                                .name = api_name(request.api_key),
                                .api_key = request.api_key,
                                .version = request.api_version,
                                .has_correlation_id = payload_of(in).len >= 8,
                                .correlation_id = request.correlation_id});
    e->correlation_id = request.correlation_id;
    if (explain_size(e, in))
        explain_opened_request(e, &request, payload_at(in), in->size);
    return end_frame(e, in);
}

bool explain_response(explainer *e, const explain_input *in, int16_t api_key, int16_t api_version)
{
    explain_region whole = region_of(in);
    bool opened;
    e->nesting = 0;
    kw_response response = open_response(e, api_key, api_version, payload_of(in), &opened);
    begin_input(e, in, &whole,
                (explain_title){.kind = "response",
                                .name = api_name(api_key),
                                .api_key = api_key,
                                .version = opened ? response.api_version : api_version,
                                .has_correlation_id = payload_of(in).len >= 4,
                                .correlation_id = response.correlation_id});
    e->correlation_id = response.correlation_id;
    recall_envelope(e);
    if (opened && response.api_version != api_version)
        show_remark(e, "an answer to a version that the broker does not have");
    if (explain_size(e, in))
        explain_opened_response(e, &response, payload_at(in), in->size);
    return end_frame(e, in);
}

bool explain_message(explainer *e, const explain_input *in, const kw_message *m, int16_t version)
{
    explain_region whole = region_of(in);
    begin_input(e, in, &whole, (explain_title){.kind = "message", .name = m->name, .api_key = -1, .version = version});
    (void)explain_whole_body(e, m, version, 0, in->size);
    return end_input(e);
}

bool explain_records(explainer *e, const explain_input *in, kw_string topic)
{
    explain_region whole = region_of(in);
    begin_input(e, in, &whole, (explain_title){.kind = "records", .api_key = -1, .version = -1});
    explain_batches(e, 0, 0, in->size, topic.len >= 0 ? topic : kw_string_of(e->options.topic));
    return end_input(e);
}

bool explain_token(explainer *e, const explain_input *in)
{
    explain_region whole = region_of(in);
    begin_input(e, in, &whole, (explain_title){.kind = "SASL token", .api_key = -1, .version = -1});
    if (!explain_size(e, in))
        return end_input(e);
    size_t at = payload_at(in);
    path_set(e, "token");
    explain_row r = {.offset = at,
                     .size = in->size - at,
                     .depth = 0,
                     .type = "RAW",
                     .value = value_bytes(VALUE_BYTES, in->data + at, in->size - at)};
    if (r.size != 0)
        secret_mark_token(e, true, &r);
    show_row(e, r);
    return end_input(e);
}

bool explain_unknown(explainer *e, const explain_input *in, kw_status status, const char *reason)
{
    explain_region whole = region_of(in);
    begin_input(e, in, &whole, (explain_title){.kind = "bytes", .api_key = -1, .version = -1});
    if (explain_size(e, in)) {
        if (reason != NULL)
            note_text(&e->reason, reason);
        path_set(e, "");
        size_t at = payload_at(in);
        show_problem(e, (explain_problem){.start = at, .offset = at, .type = "", .fatal = true, .end = in->size},
                     status);
    }
    return end_input(e);
}
