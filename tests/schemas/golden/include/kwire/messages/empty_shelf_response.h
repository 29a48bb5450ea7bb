/* SPDX-License-Identifier: Apache-2.0 */
/* EmptyShelfResponse: response of API key 9, versions 0.
 * Generated from schema/empty_shelf.kws; do not edit. */
#ifndef KWIRE_MESSAGES_EMPTY_SHELF_RESPONSE_H
#define KWIRE_MESSAGES_EMPTY_SHELF_RESPONSE_H

#include <kwire/message.h>

enum { KW_EMPTY_SHELF_RESPONSE_MIN_VERSION = 0, KW_EMPTY_SHELF_RESPONSE_MAX_VERSION = 0 };

typedef struct kw_empty_shelf_response {
    char no_fields; /* C has no empty structs */
} kw_empty_shelf_response;

KW_BEGIN_DECLS

/* Sets all fields to Kafka's defaults. */
KW_API void kw_empty_shelf_response_init(kw_empty_shelf_response *m);

/* Reads one message; bytes after it stay in the reader. Strings and bytes are views of the input, arrays
 * are in the arena; *m is valid as long as both are. After an error *m holds what was read before it.
 * KW_ERR_VERSION: the version is not one of the above. */
KW_API KW_NODISCARD kw_status kw_empty_shelf_response_decode(kw_empty_shelf_response *m, int16_t version,
                                                             kw_reader *in, kw_arena *arena);

/* Writes one message. Errors are those of the writer, KW_ERR_VERSION, and KW_ERR_FIELD_VERSION: a field
 * is set that this version does not have and that may not be dropped. */
KW_API KW_NODISCARD kw_status kw_empty_shelf_response_encode(const kw_empty_shelf_response *m, int16_t version,
                                                             kw_writer *out);

/* The description of the message, for <kwire/message.h>. */
KW_API extern const kw_message kw_empty_shelf_response_message;

KW_END_DECLS
#endif
