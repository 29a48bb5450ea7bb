/* SPDX-License-Identifier: Apache-2.0 */
/* ShelfRequest: request of API key 7, versions 0-5, flexible 3+.
 * Generated from schema/shelf.kws; do not edit. */
#ifndef KWIRE_MESSAGES_SHELF_REQUEST_H
#define KWIRE_MESSAGES_SHELF_REQUEST_H

#include <kwire/message.h>

enum { KW_SHELF_REQUEST_MIN_VERSION = 0, KW_SHELF_REQUEST_MAX_VERSION = 5 };

typedef struct kw_shelf_request_place {
    kw_string room; /* STRING */
    int16_t row; /* INT16, versions 0-2 */
    bool lamp; /* BOOLEAN, versions 4+, ignorable */
    kw_raw_tags *unknown_tags; /* tagged fields that the schema does not have; NULL: none */
} kw_shelf_request_place;

typedef struct kw_shelf_request_cursor {
    kw_string book; /* STRING, versions 1+ */
    int32_t page; /* INT32, versions 1+, default -1 */
    kw_raw_tags *unknown_tags; /* tagged fields that the schema does not have; NULL: none */
} kw_shelf_request_cursor;

typedef struct kw_shelf_request_bookmark {
    int32_t page; /* INT32, versions 2+ */
    kw_string ribbon; /* STRING, versions 4+, nullable, tag 0 in 5+, default null */
    kw_raw_tags *unknown_tags; /* tagged fields that the schema does not have; NULL: none */
} kw_shelf_request_bookmark;

typedef struct kw_shelf_request_last_bookmark {
    int32_t page; /* INT32, versions 3+ */
    kw_raw_tags *unknown_tags; /* tagged fields that the schema does not have; NULL: none */
} kw_shelf_request_last_bookmark;

typedef struct kw_shelf_request_stamp {
    int32_t day; /* INT32, versions 4+ */
    kw_raw_tags *unknown_tags; /* tagged fields that the schema does not have; NULL: none */
} kw_shelf_request_stamp;

typedef struct kw_shelf_request_stamp_array {
    kw_shelf_request_stamp *items;
    int32_t len; /* < 0: null */
} kw_shelf_request_stamp_array;

typedef struct kw_shelf_request {
    bool open; /* BOOLEAN */
    int8_t level; /* INT8 */
    int16_t depth; /* INT16 */
    uint16_t port; /* UINT16 */
    int32_t width; /* INT32 */
    uint32_t mask; /* UINT32 */
    int64_t offset; /* INT64 */
    double ratio; /* FLOAT64 */
    kw_uuid id; /* UUID */
    kw_string title; /* STRING */
    kw_bytes cover; /* BYTES */
    kw_bytes batch; /* RECORDS, nullable */
    bool locked; /* BOOLEAN, versions 1+, default true, ignorable */
    int8_t low_level; /* INT8, versions 1+, default -128 */
    int16_t low_depth; /* INT16, versions 1+, default -32768 */
    uint16_t high_port; /* UINT16, versions 1+, default 65535 */
    int32_t low_width; /* INT32, versions 1+, default -2147483648 */
    uint32_t high_mask; /* UINT32, versions 1+, default 4294967295 */
    int64_t low_offset; /* INT64, versions 1+, default -9223372036854775808 */
    int64_t high_offset; /* INT64, versions 1+, default 9223372036854775807, ignorable */
    double half; /* FLOAT64, versions 1+ */
    kw_string motto; /* STRING, versions 1+, default spines out */
    kw_string subtitle; /* STRING, nullable 2+ */
    kw_string note; /* STRING, versions 1+, nullable, default null, ignorable */
    kw_bytes seal; /* BYTES, versions 2-4, nullable, default null */
    kw_bytes scan; /* RECORDS, versions 1+, nullable 2-3 */
    kw_string topic; /* STRING */
    kw_string group; /* STRING */
    kw_string transaction; /* STRING, nullable */
    int32_t owner; /* INT32 */
    int64_t producer; /* INT64, default -1 */
    kw_string plain; /* STRING */
    kw_shelf_request_place place; /* Place */
    kw_shelf_request_cursor *cursor; /* Cursor, versions 1+, nullable, default null */
    /* Bookmark, versions 2+, nullable 4+, tag 0 in 3+, default a constant struct of defaults */
    const kw_shelf_request_bookmark *bookmark;
    kw_shelf_request_last_bookmark *last_bookmark; /* LastBookmark, versions 3+, nullable, tag 1, default null */
    kw_string colour; /* STRING, versions 2+, tag 2 in 3+, default plain */
    int32_t weight; /* INT32, versions 3+, tag 3 in 4+, default 1, ignorable */
    kw_int32_array tickets; /* array of INT32, versions 3+, nullable, tag 4, default null */
    kw_shelf_request_stamp_array stamps; /* array of Stamp, versions 4+, tag 5 */
    kw_uuid receipt; /* UUID, versions 3+, tag 6 */
    kw_bytes attachment; /* BYTES, versions 3+, tag 7 */
    kw_raw_tags *unknown_tags; /* tagged fields that the schema does not have; NULL: none */
} kw_shelf_request;

KW_BEGIN_DECLS

/* Sets all fields to Kafka's defaults. */
KW_API void kw_shelf_request_init(kw_shelf_request *m);
KW_API void kw_shelf_request_place_init(kw_shelf_request_place *m);
KW_API void kw_shelf_request_cursor_init(kw_shelf_request_cursor *m);
KW_API void kw_shelf_request_bookmark_init(kw_shelf_request_bookmark *m);
KW_API void kw_shelf_request_last_bookmark_init(kw_shelf_request_last_bookmark *m);
KW_API void kw_shelf_request_stamp_init(kw_shelf_request_stamp *m);

/* Reads one message; bytes after it stay in the reader. Strings and bytes are views of the input, arrays
 * are in the arena; *m is valid as long as both are. After an error *m holds what was read before it.
 * KW_ERR_VERSION: the version is not one of the above. */
KW_API KW_NODISCARD kw_status kw_shelf_request_decode(kw_shelf_request *m, int16_t version, kw_reader *in,
                                                      kw_arena *arena);

/* Writes one message. Errors are those of the writer, KW_ERR_VERSION, and KW_ERR_FIELD_VERSION: a field
 * is set that this version does not have and that may not be dropped. */
KW_API KW_NODISCARD kw_status kw_shelf_request_encode(const kw_shelf_request *m, int16_t version, kw_writer *out);

/* The description of the message, for <kwire/message.h>. */
KW_API extern const kw_message kw_shelf_request_message;

KW_END_DECLS
#endif
