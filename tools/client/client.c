/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <kwire/api.h>

#include "../command/message.h"
#include "client.h"

/* Bytes read at once; a larger frame takes memory only as its bytes arrive. */
#define CHUNK ((size_t)64 * 1024)

bool client_open(client *c, const client_settings *settings, deadline until, report *r)
{
    memset(c, 0, sizeof *c);
    c->settings = settings;
    c->client_id = kw_string_of(settings->client_id);
    c->until = until;
    if (!stream_open(&c->stream, &settings->broker, &settings->tls, until, r))
        return false;
    kw_writer_init_growing(&c->out, kw_allocator_libc(), settings->max_memory);
    kw_arena_init_growing(&c->header, NULL, 0, kw_allocator_libc(), settings->max_memory);
    return true;
}

void client_close(client *c)
{
    stream_close(&c->stream, c->until);
    kw_writer_finish(&c->out);
    kw_arena_finish(&c->header);
    buffer_finish(&c->in);
}

static const char *api_name(const client *c)
{
    const kw_api *api = kw_api_find(c->api_key);
    return api != NULL ? api->name : "?";
}

static bool write_frame(client *c, const void *value, report *r)
{
    const kw_message *m = kw_message_find(c->api_key, KW_MESSAGE_REQUEST);
    kw_writer_reset(&c->out);
    kw_frame_mark frame = kw_request_begin(&c->out, c->api_key, c->api_version, c->correlation_id, c->client_id);
    if (!kw_writer_ok(&c->out))
        return report_status(r, c->out.status, 0, "header");
    if (!message_encode(m, c->api_version, value, &c->out, r))
        return false;
    return kw_frame_end(&c->out, frame) == KW_OK || report_status(r, c->out.status, 0, "");
}

/* Whether the frame in client.out will be answered. */
static bool is_answered(client *c)
{
    kw_span frame = kw_writer_data(&c->out);
    kw_bytes payload = kw_bytes_of((const uint8_t *)frame.data + 4, frame.size - 4);
    kw_request request;
    bool answered;
    kw_arena_reset(&c->header);
    if (kw_request_decode_header(&request, payload, &c->header) != KW_OK ||
        kw_request_is_answered(&request, &answered) != KW_OK)
        return true;
    return answered;
}

bool client_send(client *c, int16_t api_key, int16_t api_version, const void *value, report *r)
{
    c->api_key = api_key;
    c->api_version = api_version;
    c->correlation_id++;
    c->in_size = 0;
    if (!write_frame(c, value, r))
        return false;
    c->answered = is_answered(c);
    kw_span frame = kw_writer_data(&c->out);
    return stream_send(&c->stream, frame.data, frame.size, c->until, r) ||
           report_while(r, "sending %s %d", api_name(c), api_version);
}

bool client_send_bytes(client *c, const void *data, size_t size, report *r)
{
    c->in_size = 0;
    return stream_send(&c->stream, data, size, c->until, r) || report_while(r, "sending %zu bytes", size);
}

bool client_was_left(const client *c, const report *r)
{
    return strcmp(r->code, CODE_CONNECTION) == 0 && c->in_size == 0;
}

static bool refuse_end(const client *c, const kw_frame *frame, report *r)
{
    if (c->in_size == 0)
        return report_set(r, CODE_CONNECTION, 0, "the broker ended the connection instead");
    if (c->in_size < 4)
        return report_set(r, CODE_CONNECTION, 0, "the broker ended the connection inside the size of a frame");
    return report_set(r, CODE_CONNECTION, 0, "the broker ended the connection after %zu of %zu bytes of a frame",
                      c->in_size, frame->needed);
}

static bool refuse_frame(const client *c, const kw_frame *frame, report *r)
{
    const char *name = kw_status_name(frame->status);
    int32_t size = (int32_t)kw_load_be32((const uint8_t *)c->in.data);
    if (frame->status == KW_ERR_FRAME_TLS)
        return report_set(r, name, 0, "%s (see --tls)", kw_status_text(frame->status));
    if (frame->status == KW_ERR_FRAME_HTTP)
        return report_set(r, name, 0, "%s", kw_status_text(frame->status));
    if (size > 0 && (size_t)size > c->settings->max_memory)
        return report_set(r, name, 0, "it is %d bytes long, more than --max-memory allows: %zu", size,
                          c->settings->max_memory);
    return report_set(r, name, 0, "a frame cannot have a size of %d", size);
}

/* Receives a whole frame in client.in. `frame` starts with 4 bytes needed. */
static bool receive_frame(client *c, kw_frame *frame, report *r)
{
    for (;;) {
        size_t most = frame->needed < c->in_size + CHUNK ? frame->needed : c->in_size + CHUNK;
        size_t got;
        buffer_reserve(&c->in, most);
        if (!stream_receive(&c->stream, c->in.data + c->in_size, most - c->in_size, &got, c->until, r))
            return false;
        if (got == 0)
            return refuse_end(c, frame, r);
        c->in_size += got;
        if (kw_frame_next(c->in.data, c->in_size, c->settings->max_memory, frame))
            return true;
        if (frame->status != KW_OK)
            return refuse_frame(c, frame, r);
    }
}

static bool open_answer(client *c, const kw_frame *frame, kw_response *out, report *r)
{
    kw_arena_reset(&c->header);
    kw_status status = kw_response_decode_header(out, c->api_key, c->api_version, frame->payload, &c->header);
    if (status != KW_OK)
        return report_status(r, status, out->error_at, "its header");
    if (out->correlation_id != c->correlation_id)
        return report_set(r, CODE_ANSWER, 0, "it has correlation id %d instead of %d", out->correlation_id,
                          c->correlation_id);
    return true;
}

bool client_receive(client *c, kw_response *out, report *r)
{
    kw_frame frame = {.needed = 4};
    c->in_size = 0;
    return (receive_frame(c, &frame, r) && open_answer(c, &frame, out, r)) ||
           report_while(r, "the answer to %s %d", api_name(c), c->api_version);
}

bool client_receive_frame(client *c, kw_bytes *payload, report *r)
{
    kw_frame frame = {.needed = 4};
    c->in_size = 0;
    bool fine = receive_frame(c, &frame, r);
    *payload = frame.payload;
    return fine;
}

bool client_ask(client *c, int16_t api_key, int16_t api_version, const void *request, kw_response *response,
                kw_arena *arena, void **answer, report *r)
{
    if (!client_send(c, api_key, api_version, request, r) || !client_receive(c, response, r))
        return false;
    const kw_message *m = kw_message_find(api_key, KW_MESSAGE_RESPONSE);
    kw_reader in;
    kw_reader_init_bytes(&in, response->body);
    return message_decode(m, response->api_version, &in, arena, answer, r) ||
           report_while(r, "the answer to %s %d", api_name(c), api_version);
}
