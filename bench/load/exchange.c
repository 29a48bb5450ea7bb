/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/frame.h>
#include <kwire/message.h>
#include <kwire/reader.h>

#include "program.h"
#include "reference.h"

enum { REQUEST_LIMIT = 64 * 1024 * 1024, SIZE_FIELD = 4 };

static const kw_message *message_of(int16_t api_key, kw_message_kind kind)
{
    const kw_message *message = kw_message_find(api_key, kind);
    if (message == NULL)
        die("API %d is not known", api_key);
    return message;
}

void exchange_encode(kw_writer *out, int16_t api_key, int16_t version, int32_t correlation_id, const void *body)
{
    const kw_message *message = message_of(api_key, KW_MESSAGE_REQUEST);
    kw_frame_mark mark = kw_request_begin(out, api_key, version, correlation_id, kw_string_of("bench"));
    kw_status status = kw_message_encode(message, version, body, out);
    if (kw_frame_end(out, mark) != KW_OK)
        die("%s cannot be encoded: %s", message->name, kw_status_text(status));
}

void *exchange_decode(kw_arena *arena, int16_t api_key, int16_t version, const uint8_t *frame, size_t size)
{
    const kw_message *message = message_of(api_key, KW_MESSAGE_RESPONSE);
    kw_response response;
    kw_reader in;
    void *body = NULL;
    kw_status status = kw_response_decode_header(&response, api_key, version, kw_bytes_of(frame, size), arena);
    if (status == KW_OK) {
        kw_reader_init_bytes(&in, response.body);
        status = kw_message_decode(message, response.api_version, &in, arena, &body);
    }
    if (status != KW_OK || response.api_version != version)
        die("%s version %d: %s", message->name, version, kw_status_text(status));
    return body;
}

void *exchange_ask(const struct sockaddr_in *address, kw_arena *arena, int16_t api_key, int16_t version,
                   const void *body)
{
    kw_writer w;
    size_t size;
    kw_writer_init_growing(&w, kw_allocator_libc(), REQUEST_LIMIT);
    exchange_encode(&w, api_key, version, 0, body);
    kw_span frame = kw_writer_data(&w);
    uint8_t *answer = reference_ask(address, frame.data, frame.size, &size);
    uint8_t *copy = kw_arena_alloc(arena, size);
    if (copy == NULL)
        die("no memory");
    memcpy(copy, answer, size);
    free(answer);
    kw_writer_finish(&w);
    return exchange_decode(arena, api_key, version, copy + SIZE_FIELD, size - SIZE_FIELD);
}
