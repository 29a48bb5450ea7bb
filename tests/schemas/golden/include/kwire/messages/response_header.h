/* SPDX-License-Identifier: Apache-2.0 */
/* ResponseHeader: header, versions 0-1, flexible 1+.
 * Generated from schema/response_header.kws; do not edit. */
#ifndef KWIRE_MESSAGES_RESPONSE_HEADER_H
#define KWIRE_MESSAGES_RESPONSE_HEADER_H

#include <kwire/message.h>

enum { KW_RESPONSE_HEADER_MIN_VERSION = 0, KW_RESPONSE_HEADER_MAX_VERSION = 1 };

typedef struct kw_response_header {
    int32_t correlation_id; /* INT32 */
    kw_raw_tags *unknown_tags; /* tagged fields that the schema does not have; NULL: none */
} kw_response_header;

KW_BEGIN_DECLS

/* Sets all fields to Kafka's defaults. */
KW_API void kw_response_header_init(kw_response_header *m);

/* Reads one message; bytes after it stay in the reader. Strings and bytes are views of the input, arrays
 * are in the arena; *m is valid as long as both are. After an error *m holds what was read before it.
 * KW_ERR_VERSION: the version is not one of the above. */
KW_API KW_NODISCARD kw_status kw_response_header_decode(kw_response_header *m, int16_t version, kw_reader *in,
                                                        kw_arena *arena);

/* Writes one message. Errors are those of the writer, KW_ERR_VERSION, and KW_ERR_FIELD_VERSION: a field
 * is set that this version does not have and that may not be dropped. */
KW_API KW_NODISCARD kw_status kw_response_header_encode(const kw_response_header *m, int16_t version, kw_writer *out);

/* The description of the message, for <kwire/message.h>. */
KW_API extern const kw_message kw_response_header_message;

KW_END_DECLS
#endif
