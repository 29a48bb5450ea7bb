/* SPDX-License-Identifier: Apache-2.0 */
/* ShelfResponse: response of API key 7, versions 0-5, flexible 3+.
 * Generated from schema/shelf.kws; do not edit. */
#ifndef KWIRE_MESSAGES_SHELF_RESPONSE_H
#define KWIRE_MESSAGES_SHELF_RESPONSE_H

#include <kwire/message.h>

enum { KW_SHELF_RESPONSE_MIN_VERSION = 0, KW_SHELF_RESPONSE_MAX_VERSION = 5 };

typedef struct kw_shelf_response_spot {
    int32_t x; /* INT32, versions 2+ */
    int32_t y; /* INT32, versions 2+, default -1 */
    kw_raw_tags *unknown_tags; /* tagged fields that the schema does not have; NULL: none */
} kw_shelf_response_spot;

typedef struct kw_shelf_response_person {
    kw_string name; /* STRING, versions 1+ */
    const kw_shelf_response_spot *home; /* Spot, versions 2+, nullable 3+, default a constant struct of defaults */
    int16_t born; /* INT16, versions 4+, tag 0, default 1900 */
    kw_raw_tags *unknown_tags; /* tagged fields that the schema does not have; NULL: none */
} kw_shelf_response_person;

typedef struct kw_shelf_response_person_array {
    kw_shelf_response_person *items;
    int32_t len; /* < 0: null */
} kw_shelf_response_person_array;

typedef struct kw_shelf_response_book {
    int32_t number; /* INT32, key */
    kw_shelf_response_person_array authors; /* array of Person, versions 1+, nullable */
    kw_shelf_response_person *lender; /* Person, versions 3+, nullable, tag 0, default null */
    kw_bytes batch; /* RECORDS, nullable */
    kw_raw_tags *unknown_tags; /* tagged fields that the schema does not have; NULL: none */
} kw_shelf_response_book;

typedef struct kw_shelf_response_book_array {
    kw_shelf_response_book *items;
    int32_t len; /* < 0: null */
} kw_shelf_response_book_array;

typedef struct kw_shelf_response_row {
    kw_string name; /* STRING, key */
    kw_uuid row_id; /* UUID, versions 2+, ignorable, key */
    kw_shelf_response_book_array books; /* array of Book, nullable 2+ */
    kw_raw_tags *unknown_tags; /* tagged fields that the schema does not have; NULL: none */
} kw_shelf_response_row;

typedef struct kw_shelf_response_row_array {
    kw_shelf_response_row *items;
    int32_t len; /* < 0: null */
} kw_shelf_response_row_array;

typedef struct kw_shelf_response {
    kw_bool_array flags; /* array of BOOLEAN */
    kw_int8_array levels; /* array of INT8 */
    kw_int16_array depths; /* array of INT16, nullable */
    kw_uint16_array ports; /* array of UINT16 */
    kw_int32_array widths; /* array of INT32, nullable 1+ */
    kw_uint32_array masks; /* array of UINT32 */
    kw_int64_array offsets; /* array of INT64 */
    kw_float64_array ratios; /* array of FLOAT64 */
    kw_uuid_array ids; /* array of UUID, nullable 3+ */
    kw_string_array titles; /* array of STRING, nullable, default null, ignorable */
    kw_bytes_array covers; /* array of BYTES */
    kw_string_array old; /* array of STRING, versions 0 */
    kw_shelf_response_row_array rows; /* array of Row */
    kw_shelf_response_person_array editors; /* array of Person, versions 2-4 */
    /* Person, versions 1+, nullable 2-3, default a constant struct of defaults */
    const kw_shelf_response_person *keeper;
    kw_shelf_response_spot nearest; /* Spot, versions 2+, tag 0 in 4+ */
    kw_raw_tags *unknown_tags; /* tagged fields that the schema does not have; NULL: none */
} kw_shelf_response;

KW_BEGIN_DECLS

/* Sets all fields to Kafka's defaults. */
KW_API void kw_shelf_response_init(kw_shelf_response *m);
KW_API void kw_shelf_response_spot_init(kw_shelf_response_spot *m);
KW_API void kw_shelf_response_person_init(kw_shelf_response_person *m);
KW_API void kw_shelf_response_book_init(kw_shelf_response_book *m);
KW_API void kw_shelf_response_row_init(kw_shelf_response_row *m);

/* Reads one message; bytes after it stay in the reader. Strings and bytes are views of the input, arrays
 * are in the arena; *m is valid as long as both are. After an error *m holds what was read before it.
 * KW_ERR_VERSION: the version is not one of the above. */
KW_API KW_NODISCARD kw_status kw_shelf_response_decode(kw_shelf_response *m, int16_t version, kw_reader *in,
                                                       kw_arena *arena);

/* Writes one message. Errors are those of the writer, KW_ERR_VERSION, and KW_ERR_FIELD_VERSION: a field
 * is set that this version does not have and that may not be dropped. */
KW_API KW_NODISCARD kw_status kw_shelf_response_encode(const kw_shelf_response *m, int16_t version, kw_writer *out);

/* The description of the message, for <kwire/message.h>. */
KW_API extern const kw_message kw_shelf_response_message;

KW_END_DECLS
#endif
