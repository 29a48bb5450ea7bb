/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_FRAME_H
#define KWIRE_FRAME_H

/* Between the TCP stream and the messages: an INT32 size, a header, a body. Reading goes in two steps, from the bytes
 * at hand to a frame and from the frame to its header; writing puts size and header before a body that the caller
 * encodes.
 *
 * A request of an API or a version that this library does not know is not an error but a kind of frame: what tells
 * requests apart is readable, the body is opaque and can be passed on. */

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

typedef struct kw_frame {
    kw_bytes payload; /* header and body; incomplete: the part that has arrived. A view of the input. */
    size_t consumed;  /* bytes of the input that a complete frame took; else 0 */
    size_t needed;    /* bytes that the frame takes, or 4 until its size is known; with an error 0 */
    kw_status status; /* KW_OK also for an incomplete frame */
} kw_frame;

/* What of a request or response this library knows. */
typedef enum kw_frame_kind { KW_FRAME_KNOWN, KW_FRAME_UNKNOWN_API, KW_FRAME_UNKNOWN_VERSION } kw_frame_kind;

typedef struct kw_request {
    kw_frame_kind kind;
    int16_t api_key; /* -1 if the frame is too short to say, as with the version */
    int16_t api_version;
    int16_t header_version; /* -1 if it is not known */
    bool has_client_id;     /* the header has that field; where the kind is not KNOWN, as far as can be told */
    int32_t correlation_id;
    kw_string client_id;       /* may be null. A view of the frame */
    kw_raw_tags *unknown_tags; /* of the header, in the arena; NULL: none */
    kw_bytes body;             /* what follows in the frame; where the kind is not KNOWN the header's tags are in it */
    size_t error_at;           /* offset in the frame of the header's field that could not be read */
} kw_request;

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

/* Where a frame began in a writer. Private fields. */
typedef struct kw_frame_mark {
    size_t at;
    size_t before;
    size_t gathered;
    kw_status status;
} kw_frame_mark;

KW_BEGIN_DECLS

/* The frame at the beginning of `size` bytes that came from a stream; false if it is not complete, or if out->status is
 * an error. It keeps no state: after a complete frame the caller continues `consumed` bytes further, after an
 * incomplete one it calls again with the same bytes and more, `needed` in all.
 *
 * A size that is negative, too small for any header or above `max_size` is refused as soon as 4 bytes have arrived:
 * KW_ERR_FRAME_SIZE, or KW_ERR_FRAME_TLS or KW_ERR_FRAME_HTTP if they look like that. The next frame cannot be found
 * then: close the connection. Sizes within bounds are always accepted, so the peer of a TLS port is recognised as long
 * as max_size is below 0x14030000 (336 MiB). */
KW_API bool kw_frame_next(const void *data, size_t size, size_t max_size, kw_frame *out);

/* The same for the raw tokens that follow SaslHandshake version 0, which may have any size, zero included. */
KW_API bool kw_frame_next_token(const void *data, size_t size, size_t max_size, kw_frame *out);

/* Reads the header of a request. A header that is cut short or malformed is an error; *out then has what was read
 * before error_at. Unknown tagged fields go to the arena. */
KW_API KW_NODISCARD kw_status kw_request_decode_header(kw_request *out, kw_bytes frame, kw_arena *arena);

/* Reads the header of a response to a request of this key and version. */
KW_API KW_NODISCARD kw_status kw_response_decode_header(kw_response *out, int16_t api_key, int16_t api_version,
                                                        kw_bytes frame, kw_arena *arena);

/* The version to decode an ApiVersions response body with, where version `asked` was requested: a broker that does not
 * have that version answers in version 0 with error 35. -1 if the body is neither that nor of a known version.
 * kw_response_decode_header() has done this already. */
KW_API int16_t kw_api_versions_response_version(int16_t asked, kw_bytes body);

/* Whether a request is answered at all; only Produce with acks 0 is not. The status tells if a Produce body is cut
 * short before its acks. Requests of unknown versions are taken to be answered. */
KW_API KW_NODISCARD kw_status kw_request_is_answered(const kw_request *request, bool *answered);

/* Begins a frame: room for its size, and the header that the API and version call for. The body is then encoded to the
 * same writer, and kw_frame_end() completes the frame. Frames may follow one another in one writer. A null client id is
 * allowed. An API or version that is not known fails the writer: KW_ERR_UNKNOWN_MESSAGE or KW_ERR_VERSION. */
KW_API kw_frame_mark kw_request_begin(kw_writer *w, int16_t api_key, int16_t api_version, int32_t correlation_id,
                                      kw_string client_id);
KW_API kw_frame_mark kw_response_begin(kw_writer *w, int16_t api_key, int16_t api_version, int32_t correlation_id);

/* The same with a header that was read, its unknown tagged fields included, so that a proxy passes on what it does not
 * know: it may change correlation id and client id before, and writes request->body, or another, behind it. Where the
 * kind is not KNOWN the rest of the header is at the beginning of that body. Unknown tagged fields fail the writer with
 * KW_ERR_FIELD_VERSION if the version has none. */
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

/* Removes a frame that was begun, and any error since; frames before it stay as they are. */
KW_API void kw_frame_cancel(kw_writer *w, kw_frame_mark mark);

KW_END_DECLS
#endif
