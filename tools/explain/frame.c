/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/api.h>
#include <kwire/frame.h>

#include "body.h"

/* ---- an input from begin to end ---- */

static void begin_input(explainer *e, const explain_input *in, const explain_region *whole, explain_title t)
{
    e->inputs++;
    e->regions = 0;
    e->nesting = 0;
    e->fine = true;
    e->cut = in->cut;
    e->in = whole;
    e->depth = 0;
    e->local = 0;
    e->path[0] = '\0';
    t.number = e->inputs;
    t.offset = in->offset;
    t.size = in->size;
    t.label = in->label;
    e->out.begin(e->out.self, &t, whole);
}

static bool end_input(explainer *e)
{
    e->out.end(e->out.self, e->fine);
    return e->fine;
}

static explain_region region_of(const explain_input *in)
{
    return (explain_region){.data = in->data, .size = in->size};
}

/* Bytes of which nothing is known. */
static void tell_opaque(explainer *e, size_t at, const char *why)
{
    path_set(e, "");
    if (at == e->in->size)
        return;
    explain_row r = {.offset = at,
                     .size = e->in->size - at,
                     .depth = e->depth + 1,
                     .type = "RAW",
                     .value = value_bytes(VALUE_BYTES, e->in->data + at, e->in->size - at)};
    note_text(&e->meaning, why);
    tell_row(e, r);
}

/* ---- the size ---- */

/* Where the header begins. */
static size_t explain_size(explainer *e, const explain_input *in)
{
    if (!in->has_size)
        return 0;
    kw_reader r;
    kw_reader_init(&r, in->data, in->size);
    int32_t size = kw_read_int32(&r);
    if (r.status != KW_OK) {
        path_set(e, "size");
        explain_problem p = {.type = "INT32", .fatal = true, .end = in->size};
        tell_problem(e, p, r.status);
        return in->size;
    }
    size_t there = in->size - 4;
    if (size < 0 || (size_t)size != there)
        note_format(&e->meaning, "%zu bytes are here", there);
    tell_field(e, 0, 4, "size", "INT32", value_integer(size));
    return 4;
}

static kw_bytes payload_of(const explain_input *in)
{
    size_t at = in->has_size ? (in->size < 4 ? in->size : 4) : 0;
    return (kw_bytes){in->data + at, (int32_t)(in->size - at)};
}

/* ---- headers and bodies ---- */

static bool explain_header(explainer *e, const char *name, int16_t version, size_t at, size_t *next)
{
    const kw_message *m = kw_message_by_name(kw_string_of(name));
    path_set(e, "header");
    scope outside = scope_enter(e, e->depth);
    bool fine = explain_body(e, m, version, at, e->in->size, next);
    scope_leave(e, outside);
    return fine;
}

static void explain_known(explainer *e, int16_t api_key, int16_t body_version, kw_message_type type,
                          int16_t header_version, size_t at)
{
    size_t next;
    if (explain_header(e, type == KW_REQUEST ? "RequestHeader" : "ResponseHeader", header_version, at, &next))
        (void)explain_whole_body(e, kw_message_find(api_key, type), body_version, next, e->in->size);
}

static explain_title request_title(const kw_request *request)
{
    const kw_api *api = kw_api_find(request->api_key);
    return (explain_title){.kind = "request",
                           .name = api != NULL ? api->name : NULL,
                           .api_key = request->api_key,
                           .version = request->api_version,
                           .has_correlation_id = true,
                           .correlation_id = request->correlation_id};
}

bool explain_request(explainer *e, const explain_input *in)
{
    explain_region whole = region_of(in);
    kw_request request;
    kw_arena_reset(&e->arenas[0]);
    kw_status ignored = kw_request_open(&request, payload_of(in), &e->arenas[0]);
    (void)ignored; /* what is wrong is told below */
    begin_input(e, in, &whole, request_title(&request));
    size_t at = explain_size(e, in);
    if (request.kind == KW_FRAME_KNOWN) {
        explain_known(e, request.api_key, request.api_version, KW_REQUEST, request.header_version, at);
    } else {
        size_t next;
        if (explain_header(e, "RequestHeader", 1, at, &next))
            tell_opaque(e, next,
                        request.kind == KW_FRAME_UNKNOWN_API ? "the API is not known" : "the version is not known");
    }
    return end_input(e);
}

bool explain_response(explainer *e, const explain_input *in, int16_t api_key, int16_t api_version)
{
    explain_region whole = region_of(in);
    kw_response response;
    kw_arena_reset(&e->arenas[0]);
    kw_status status = kw_response_open(&response, api_key, api_version, payload_of(in), &e->arenas[0]);
    const kw_api *api = kw_api_find(api_key);
    explain_title t = {.kind = "response",
                       .name = api != NULL ? api->name : NULL,
                       .api_key = api_key,
                       .version =
                           response.kind == KW_FRAME_KNOWN && status == KW_OK ? response.api_version : api_version,
                       .has_correlation_id = status == KW_OK,
                       .correlation_id = response.correlation_id};
    begin_input(e, in, &whole, t);
    size_t at = explain_size(e, in);
    if (response.kind == KW_FRAME_KNOWN)
        explain_known(e, api_key, response.api_version, KW_RESPONSE, response.header_version, at);
    return end_input(e);
}

bool explain_message(explainer *e, const explain_input *in, const kw_message *m, int16_t version)
{
    explain_region whole = region_of(in);
    begin_input(e, in, &whole, (explain_title){.kind = "message", .name = m->name, .api_key = -1, .version = version});
    (void)explain_whole_body(e, m, version, 0, in->size);
    return end_input(e);
}
