/* SPDX-License-Identifier: Apache-2.0 */
/* ShelfState: data, versions 1.
 * Generated from schema/persisted/files/shelf_state.kws; do not edit. */
#ifndef KWIRE_MESSAGES_SHELF_STATE_H
#define KWIRE_MESSAGES_SHELF_STATE_H

#include <kwire/message.h>

enum { KW_SHELF_STATE_MIN_VERSION = 1, KW_SHELF_STATE_MAX_VERSION = 1 };

typedef struct kw_shelf_state {
    uint32_t crc; /* UINT32 */
} kw_shelf_state;

KW_BEGIN_DECLS

/* Sets all fields to Kafka's defaults. */
KW_API void kw_shelf_state_init(kw_shelf_state *m);

/* Reads one message; bytes after it stay in the reader. Strings and bytes are views of the input, arrays
 * are in the arena; *m is valid as long as both are. After an error *m holds what was read before it.
 * KW_ERR_VERSION: the version is not one of the above. */
KW_API KW_NODISCARD kw_status kw_shelf_state_decode(kw_shelf_state *m, int16_t version, kw_reader *in, kw_arena *arena);

/* Writes one message. Errors are those of the writer, KW_ERR_VERSION, and KW_ERR_FIELD_VERSION: a field
 * is set that this version does not have and that may not be dropped. */
KW_API KW_NODISCARD kw_status kw_shelf_state_encode(const kw_shelf_state *m, int16_t version, kw_writer *out);

/* The description of the message, for <kwire/message.h>. */
KW_API extern const kw_message kw_shelf_state_message;

KW_END_DECLS
#endif
