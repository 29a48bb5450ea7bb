/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_FRAME_H
#define KWIRE_FRAME_H

/* The layer between the TCP stream and messages: an INT32 size, a header, a body. Reading has two steps, from
 * received bytes to a frame and from the frame to its header; writing puts size and header before a body that the
 * caller encodes.
 *
 * A request of an unknown API or version is not an error but a kind of frame: its API key, version and correlation
 * id are readable, and the body can be forwarded as it is. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

/* The default of Kafka's socket.request.max.bytes. */
#define KW_FRAME_MAX_DEFAULT ((size_t)100 * 1024 * 1024)

/* A frame in received bytes, or as much of it as has arrived. */
typedef struct kw_frame {
    kw_bytes payload; /* header and body; incomplete: the part that has arrived. A view of the input. */
    size_t consumed;  /* bytes of the input that a complete frame took; else 0 */
    size_t needed;    /* bytes that the frame takes, or 4 until its size is known; with an error 0 */
    kw_status status; /* KW_OK also for an incomplete frame */
} kw_frame;

/* How much of a request or response this library can read. */
typedef enum kw_frame_kind { KW_FRAME_KNOWN, KW_FRAME_UNKNOWN_API, KW_FRAME_UNKNOWN_VERSION } kw_frame_kind;

/* The header of a request. Views are valid as long as the frame, unknown_tags as long as the arena. */
typedef struct kw_request {
    kw_frame_kind kind;
    int16_t api_key; /* -1 if the frame is too short, as with the version */
    int16_t api_version;
    int16_t header_version; /* -1 if it is not known */
    bool has_client_id;     /* the header has that field; where the kind is not KNOWN, an assumption */
    int32_t correlation_id;
    kw_string client_id;       /* may be null. A view of the frame */
    kw_raw_tags *unknown_tags; /* of the header, in the arena; NULL: none */
    kw_bytes body;             /* the rest of the frame; where the kind is not KNOWN it includes the header's tags */
    size_t error_at;           /* offset in the frame of the header's field that could not be read */
} kw_request;

/* The header of a response; lifetimes as above. */
typedef struct kw_response {
    kw_frame_kind kind;
    int16_t api_key;
    int16_t api_version; /* to decode the body with; see kw_api_versions_response_version() */
    int16_t header_version;
    int32_t correlation_id;
    kw_raw_tags *unknown_tags;
    kw_bytes body;
    size_t error_at;
} kw_response;

/* The start of a frame in a writer. All fields are private. */
typedef struct kw_frame_mark {
    size_t at;
    size_t before;
    size_t gathered;
    kw_status status;
} kw_frame_mark;

KW_BEGIN_DECLS

/* The frame at the start of `size` bytes from a stream; false if it is incomplete, or if out->status is an error. No
 * state is kept: after a complete frame the caller continues `consumed` bytes further, after an incomplete one it
 * calls again with the same bytes and more, `needed` in total.
 *
 * A size that is negative, too small for any header or above `max_size` is refused as soon as 4 bytes have arrived:
 * KW_ERR_FRAME_SIZE, or KW_ERR_FRAME_TLS or KW_ERR_FRAME_HTTP if the bytes look like that. Then the next frame
 * cannot be found: close the connection. Sizes within the limit are always accepted, so a TLS peer is recognised as
 * long as max_size is below 0x14030000 (336 MiB). */
KW_API bool kw_frame_next(const void *data, size_t size, size_t max_size, kw_frame *out);

/* The same for the raw tokens after SaslHandshake version 0, which may have any size, including zero. */
KW_API bool kw_frame_next_token(const void *data, size_t size, size_t max_size, kw_frame *out);

/* Reads the header of a request; strings are views of the frame. A truncated or malformed header is an error; *out
 * then has what was read before error_at. Unknown tagged fields are put in the arena. */
KW_API KW_NODISCARD kw_status kw_request_decode_header(kw_request *out, kw_bytes frame, kw_arena *arena);

/* Reads the header of a response to a request of this key and version. */
KW_API KW_NODISCARD kw_status kw_response_decode_header(kw_response *out, int16_t api_key, int16_t api_version,
                                                        kw_bytes frame, kw_arena *arena);

/* The version to decode an ApiVersions response body with if version `asked` was requested: a broker that does not
 * have that version answers in version 0 with error 35. -1 if the body is neither that nor of a known version.
 * kw_response_decode_header() already does this. */
KW_API int16_t kw_api_versions_response_version(int16_t asked, kw_bytes body);

/* False for requests without a response: only Produce with acks 0. The status is an error if a Produce body ends
 * before its acks. Requests of unknown versions are assumed to have a response. */
KW_API KW_NODISCARD kw_status kw_request_is_answered(const kw_request *request, bool *answered);

/* Starts a frame: reserves its size, and writes the header of that API and version. The caller then encodes the body
 * to the same writer, and kw_frame_end() completes the frame. A writer can have several frames in sequence. A null
 * client id is allowed. An unknown API or version fails the writer: KW_ERR_UNKNOWN_MESSAGE or KW_ERR_VERSION. */
KW_API kw_frame_mark kw_request_begin(kw_writer *w, int16_t api_key, int16_t api_version, int32_t correlation_id,
                                      kw_string client_id);
KW_API kw_frame_mark kw_response_begin(kw_writer *w, int16_t api_key, int16_t api_version, int32_t correlation_id);

/* The same with a header that was read, unknown tagged fields included, for proxies: the caller may change
 * correlation id and client id before, and writes request->body, or another body, after it. Where the kind is not
 * KNOWN the rest of the header is at the start of that body. Unknown tagged fields fail the writer with
 * KW_ERR_FIELD_VERSION if the header version has none. */
KW_API kw_frame_mark kw_request_begin_copy(kw_writer *w, const kw_request *request);
KW_API kw_frame_mark kw_response_begin_copy(kw_writer *w, const kw_response *response);

/* Completes the frame. Returns the writer's status, which becomes KW_ERR_FRAME_SIZE if the frame exceeds INT32_MAX
 * bytes. */
KW_API KW_NODISCARD kw_status kw_frame_end(kw_writer *w, kw_frame_mark mark);

/* Bytes of the frame so far, its size field and gathered bytes included. */
KW_INLINE size_t kw_frame_size(const kw_writer *w, kw_frame_mark mark)
{
    return kw_writer_needed(w) - mark.before;
}

/* Removes a started frame and any error since its start; earlier frames stay. */
KW_API void kw_frame_cancel(kw_writer *w, kw_frame_mark mark);

KW_END_DECLS
#endif
