/* SPDX-License-Identifier: Apache-2.0 */
/* ShelfRecord: record of type 2 in __cluster_metadata, versions 0-1, flexible 0+.
 * Generated from schema/persisted/cluster_metadata/shelf_record.kws; do not edit. */
#ifndef KWIRE_MESSAGES_SHELF_RECORD_H
#define KWIRE_MESSAGES_SHELF_RECORD_H

#include <kwire/message.h>

enum { KW_SHELF_RECORD_TYPE = 2, KW_SHELF_RECORD_MIN_VERSION = 0, KW_SHELF_RECORD_MAX_VERSION = 1 };

typedef struct kw_shelf_record {
    kw_string name; /* STRING */
    kw_uuid shelf_id; /* UUID */
    kw_int32_array rows; /* array of INT32, versions 1+, nullable, tag 0, default null */
    kw_raw_tags *unknown_tags; /* tagged fields that the schema does not have; NULL: none */
} kw_shelf_record;

KW_BEGIN_DECLS

/* Sets all fields to Kafka's defaults. */
KW_API void kw_shelf_record_init(kw_shelf_record *m);

/* Reads one message; bytes after it stay in the reader. Strings and bytes are views of the input, arrays
 * are in the arena; *m is valid as long as both are. After an error *m holds what was read before it.
 * KW_ERR_VERSION: the version is not one of the above. */
KW_API KW_NODISCARD kw_status kw_shelf_record_decode(kw_shelf_record *m, int16_t version, kw_reader *in,
                                                     kw_arena *arena);

/* Writes one message. Errors are those of the writer, KW_ERR_VERSION, and KW_ERR_FIELD_VERSION: a field
 * is set that this version does not have and that may not be dropped. */
KW_API KW_NODISCARD kw_status kw_shelf_record_encode(const kw_shelf_record *m, int16_t version, kw_writer *out);

/* The description of the message, for <kwire/message.h>. */
KW_API extern const kw_message kw_shelf_record_message;

KW_END_DECLS
#endif
