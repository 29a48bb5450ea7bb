/* SPDX-License-Identifier: Apache-2.0 */
#include "raw.h"

#include <stdio.h>
#include <string.h>

#include <kwire/frame.h>

#include "../client/trouble.h"
#include "../command/input.h"
#include "../command/message.h"
#include "../convert/frame_json.h"
#include "../json/pretty.h"
#include "../text/hex.h"
#include "calling.h"
#include "explain_frames.h"
#include "named_errors.h"

/* A run: bytes are sent, and answers are taken one after the other. */
typedef struct raw_call {
    const call_options *options;
    session session;
    bool has_session; /* else only a client */
    explainer *explainer;
    codec codec;
    kw_arena arena; /* headers and answers */
    kw_writer line;
    int status;
} raw_call;

/* ---- bytes ---- */

static bool read_bytes(const call_options *o, kw_writer *out, report *r)
{
    buffer memory = {0};
    size_t size;
    kw_writer given;
    kw_writer_init_growing(&given, kw_allocator_libc(), o->client.max_memory);
    const char *text = input_read_word(o->input, o->client.max_memory, &memory, &size);
    bool fine = bytes_input_read(text, size, o->has_shape ? &o->shape : NULL, &given, r);
    kw_span bytes = kw_writer_data(&given);
    if (fine && bytes.size == 0)
        fine = report_set(r, CODE_VALUE, 0, "no bytes to send");
    if (fine && o->add_size)
        kw_write_int32(out, (int32_t)bytes.size);
    if (fine)
        kw_write_raw(out, bytes.data, bytes.size);
    kw_writer_finish(&given);
    buffer_finish(&memory);
    return fine && (kw_writer_ok(out) || report_status(r, out->status, 0, ""));
}

/* The whole frame at the start of the bytes. */
static bool next_frame(const raw_call *c, kw_span bytes, kw_frame *frame)
{
    return kw_frame_next(bytes.data, bytes.size, c->options->client.max_memory, frame);
}

static void skip(kw_span *bytes, size_t size)
{
    bytes->data = (const uint8_t *)bytes->data + size;
    bytes->size -= size;
}

/* Says what of the bytes is not a whole frame. */
static void warn_of_rest(const raw_call *c, kw_span bytes)
{
    kw_frame frame;
    size_t whole = bytes.size;
    while (bytes.size != 0 && next_frame(c, bytes, &frame))
        skip(&bytes, frame.consumed);
    if (bytes.size == 0)
        return;
    if (frame.status != KW_OK)
        complain("warning: byte %zu: %s (see --add-size)", whole - bytes.size, kw_status_text(frame.status));
    else
        complain("warning: byte %zu: %zu of the %zu bytes of a frame (see --add-size)", whole - bytes.size, bytes.size,
                 frame.needed);
}

/* ---- answers ---- */

static void print_line(raw_call *c)
{
    kw_span text = kw_writer_data(&c->line);
    if (c->options->form == FORM_PRETTY_JSON)
        pretty_write(text.data, text.size);
    else
        output_write(text.data, text.size);
    output_write("\n", 1);
    output_flush();
}

static void print_bytes(raw_call *c, const char *before, const char *after)
{
    kw_writer_reset(&c->line);
    kw_write_raw(&c->line, before, strlen(before));
    hex_encode(&c->line, (const uint8_t *)c->session.client.in.data, c->session.client.in_size);
    kw_write_raw(&c->line, after, strlen(after));
    print_line(c);
}

/* Names the errors in the body of an answer. */
static void name_errors(raw_call *c, const kw_response *answer)
{
    const kw_message *m = kw_message_find(answer->api_key, KW_MESSAGE_RESPONSE);
    kw_reader in;
    void *value;
    kw_reader_init_bytes(&in, answer->body);
    kw_arena_reset(&c->arena);
    if (kw_message_decode(m, answer->api_version, &in, &c->arena, &value) == KW_OK &&
        named_errors_print(m, answer->api_version, value) != 0)
        c->status = STATUS_REFUSED;
}

/* As JSON, if this kwire knows the API and the version. */
static bool print_frame(raw_call *c, const kw_request *request, kw_bytes payload, report *r)
{
    kw_response answer;
    kw_arena_reset(&c->arena);
    if (request->kind != KW_FRAME_KNOWN)
        return report_set(r, kw_status_name(KW_ERR_UNKNOWN_MESSAGE), 0, "kwire knows no API %d in version %d",
                          request->api_key, request->api_version);
    kw_status status = kw_response_decode_header(&answer, request->api_key, request->api_version, payload, &c->arena);
    if (status != KW_OK)
        return report_status(r, status, answer.error_at, "header");
    const frame_of of = {kw_api_find(request->api_key), answer.api_version};
    kw_writer_reset(&c->line);
    if (!frame_decode(&c->codec, of, payload.data, (size_t)payload.len, &c->line, r))
        return false;
    print_line(c);
    name_errors(c, &answer);
    return true;
}

static void show_answer(raw_call *c, const kw_request *request, kw_bytes payload)
{
    report r;
    if (c->options->form == FORM_EXPLAINED) {
        c->session.client.api_key = request->api_key;
        c->session.client.api_version = request->api_version;
        explain_received(c->explainer, &c->session.client);
    } else if (c->options->form == FORM_HEX) {
        print_bytes(c, "", "");
    } else if (!print_frame(c, request, payload, &r)) {
        print_bytes(c, "{\"hex\":\"", "\"}");
        report_while(&r, "the answer");
        c->status = call_failed(c->options, &r);
    }
}

/* Takes the next frame that arrives. Returns false if none does. */
static bool take_answer(raw_call *c, const kw_request *request)
{
    report r;
    kw_bytes payload;
    if (!client_receive_frame(&c->session.client, &payload, &r)) {
        c->status = call_failed(c->options, &r);
        return false;
    }
    show_answer(c, request, payload);
    return true;
}

static bool is_answered(const kw_request *request)
{
    bool answered;
    return kw_request_is_answered(request, &answered) != KW_OK || answered;
}

/* An answer to each whole frame, and whatever comes in reply to bytes behind them. */
static void take_answers(raw_call *c, kw_span bytes)
{
    kw_frame frame;
    kw_request request;
    while (bytes.size != 0) {
        bool whole = next_frame(c, bytes, &frame);
        kw_arena_reset(&c->arena);
        if (kw_request_decode_header(&request, frame.payload, &c->arena) != KW_OK)
            request.kind = KW_FRAME_UNKNOWN_API;
        explain_bytes(c->explainer, bytes.data, whole ? frame.consumed : bytes.size);
        if ((!whole || is_answered(&request)) && !take_answer(c, &request))
            return;
        if (whole && !is_answered(&request))
            complain("a Produce with acks 0 is not answered");
        skip(&bytes, whole ? frame.consumed : bytes.size);
    }
}

/* ---- all of it ---- */

/* Nothing is sent before the bytes, unless a login is wanted. */
static bool connect_to(raw_call *c, deadline until, report *r)
{
    const call_options *o = c->options;
    kw_api_versions_request asking;
    c->has_session = o->sasl.mechanism != SASL_NONE;
    if (!c->has_session)
        return client_open(&c->session.client, &o->client, until, r);
    kw_api_versions_request_init(&asking);
    versions_name_software(&asking);
    return session_open(&c->session, &o->client, &o->sasl, &asking, true, until, r);
}

static void disconnect(raw_call *c)
{
    if (c->has_session)
        session_close(&c->session);
    else
        client_close(&c->session.client);
}

static void exchange(raw_call *c, kw_span bytes)
{
    report r;
    if (!connect_to(c, deadline_in(c->options->timeout_ms), &r)) {
        c->status = call_failed(c->options, &r);
        return;
    }
    if (client_send_bytes(&c->session.client, bytes.data, bytes.size, &r))
        take_answers(c, bytes);
    else
        c->status = call_failed(c->options, &r);
    disconnect(c);
}

int call_raw(const call_options *o)
{
    raw_call c = {.options = o, .status = STATUS_OK};
    kw_writer bytes;
    report r;
    const size_t limit = o->client.max_memory;
    kw_writer_init_growing(&bytes, kw_allocator_libc(), limit);
    if (!read_bytes(o, &bytes, &r)) {
        kw_writer_finish(&bytes);
        return call_refused(&r);
    }
    codec_init(&c.codec, limit, false);
    c.codec.json.raw_records = o->raw_records;
    kw_arena_init_growing(&c.arena, NULL, 0, kw_allocator_libc(), limit);
    kw_writer_init_growing(&c.line, kw_allocator_libc(), limit);
    c.explainer = call_explainer(o);
    warn_of_rest(&c, kw_writer_data(&bytes));
    exchange(&c, kw_writer_data(&bytes));
    explainer_destroy(c.explainer);
    kw_writer_finish(&c.line);
    kw_arena_finish(&c.arena);
    codec_finish(&c.codec);
    kw_writer_finish(&bytes);
    return c.status;
}
