/* SPDX-License-Identifier: Apache-2.0 */
/* ShelfPlaceValue: value of record type 40 in __consumer_offsets, versions 0-1, flexible 1+.
 * Generated from schema/persisted/consumer_offsets/shelf_place.kws; do not edit. */
#ifndef KWIRE_MESSAGES_SHELF_PLACE_VALUE_H
#define KWIRE_MESSAGES_SHELF_PLACE_VALUE_H

#include <kwire/message.h>

enum { KW_SHELF_PLACE_VALUE_TYPE = 40, KW_SHELF_PLACE_VALUE_MIN_VERSION = 0, KW_SHELF_PLACE_VALUE_MAX_VERSION = 1 };

typedef struct kw_shelf_place_value {
    kw_string room; /* STRING, nullable 1+ */
    int64_t since; /* INT64, versions 1+, default -1, ignorable */
    kw_raw_tags *unknown_tags; /* tagged fields that the schema does not have; NULL: none */
} kw_shelf_place_value;

KW_BEGIN_DECLS

/* Sets all fields to Kafka's defaults. */
KW_API void kw_shelf_place_value_init(kw_shelf_place_value *m);

/* Reads one message; bytes after it stay in the reader. Strings and bytes are views of the input, arrays
 * are in the arena; *m is valid as long as both are. After an error *m holds what was read before it.
 * KW_ERR_VERSION: the version is not one of the above. */
KW_API KW_NODISCARD kw_status kw_shelf_place_value_decode(kw_shelf_place_value *m, int16_t version, kw_reader *in,
                                                          kw_arena *arena);

/* Writes one message. Errors are those of the writer, KW_ERR_VERSION, and KW_ERR_FIELD_VERSION: a field
 * is set that this version does not have and that may not be dropped. */
KW_API KW_NODISCARD kw_status kw_shelf_place_value_encode(const kw_shelf_place_value *m, int16_t version,
                                                          kw_writer *out);

/* The description of the message, for <kwire/message.h>. */
KW_API extern const kw_message kw_shelf_place_value_message;

KW_END_DECLS
#endif
