/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_PAIRING_H
#define KWIRE_PAIRING_H

/* The requests in flight of one connection, for programs that see both directions: a response does not name its API,
 * so the requests have to be stored. On a connection, responses come in the order of the requests; the correlation
 * id is only a check.
 *
 * Every request is added, every response is taken. Requests of unknown APIs and versions can be added too. A table
 * belongs to one thread at a time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/export.h>
#include <kwire/frame.h>
#include <kwire/message.h>
#include <kwire/status.h>
#include <kwire/view.h>

/* A request that waits for its response. */
typedef struct kw_in_flight {
    int32_t correlation_id;
    int16_t api_key;
    int16_t api_version;
} kw_in_flight;

/* All fields are private; the struct is public so that it can be on a stack or in another struct. */
typedef struct kw_pairing {
    kw_in_flight *slots; /* a ring */
    size_t cap;
    size_t first;
    size_t count;
    bool request_tokens;
    bool response_tokens;
} kw_pairing;

KW_BEGIN_DECLS

/* An empty table for at most `cap` requests in flight. The slots remain the caller's and must outlive the table. */
KW_API void kw_pairing_init(kw_pairing *p, kw_in_flight *slots, size_t cap);

/* Adds a request, unless it has no response (Produce with acks 0). KW_ERR_TABLE_FULL: no slot left; KW_ERR_ARGUMENT:
 * raw tokens follow, so this cannot be a request; or the error of reading the acks of a Produce request. Then
 * nothing is added. */
KW_API KW_NODISCARD kw_status kw_pairing_add(kw_pairing *p, const kw_request *request);

/* Removes the request that a response frame answers: the oldest one. KW_ERR_NO_RESPONSE: there is none, or it has
 * another correlation id; KW_ERR_TRUNCATED: the frame ends inside the correlation id; KW_ERR_ARGUMENT: raw tokens
 * follow. Then nothing is removed. *out has the key and version for kw_response_decode_header(). */
KW_API KW_NODISCARD kw_status kw_pairing_take(kw_pairing *p, kw_bytes frame, kw_in_flight *out);

/* Removes the oldest request, for observers that missed its response. False if there is none. */
KW_API bool kw_pairing_drop(kw_pairing *p);

/* Moves the requests in flight to other slots, to grow or shrink the table; the caller frees the former slots.
 * KW_ERR_ARGUMENT if `cap` is less than their number; then nothing is moved. The two arrays must not overlap. */
KW_API KW_NODISCARD kw_status kw_pairing_move(kw_pairing *p, kw_in_flight *slots, size_t cap);

/* Requests in flight. */
KW_INLINE size_t kw_pairing_count(const kw_pairing *p)
{
    return p->count;
}

/* True if the next bytes in this direction (KW_MESSAGE_REQUEST: to the broker, KW_MESSAGE_RESPONSE: from it) are raw
 * SASL tokens: a size and bytes without a header, see kw_frame_next_token(). They follow SaslHandshake version 0,
 * from the request on in one direction, from the response on in the other, unless the response has an error. */
KW_INLINE bool kw_pairing_tokens_follow(const kw_pairing *p, kw_message_kind direction)
{
    return direction == KW_MESSAGE_REQUEST ? p->request_tokens : p->response_tokens;
}

/* Authentication is complete: both directions have headers again. Only the caller knows that, from the SASL
 * mechanism. */
KW_API void kw_pairing_end_tokens(kw_pairing *p);

KW_END_DECLS
#endif
