/* SPDX-License-Identifier: Apache-2.0 */
/* ShelfLabel: data, versions 1-3.
 * Generated from schema/shelf_label.kws; do not edit. */
#ifndef KWIRE_MESSAGES_SHELF_LABEL_H
#define KWIRE_MESSAGES_SHELF_LABEL_H

#include <kwire/message.h>

enum { KW_SHELF_LABEL_MIN_VERSION = 1, KW_SHELF_LABEL_MAX_VERSION = 3 };

typedef struct kw_shelf_label_label_line {
    kw_string_array words; /* array of STRING, versions 2+ */
    double size; /* FLOAT64, versions 3+ */
} kw_shelf_label_label_line;

typedef struct kw_shelf_label_label_line_array {
    kw_shelf_label_label_line *items;
    int32_t len; /* < 0: null */
} kw_shelf_label_label_line_array;

typedef struct kw_shelf_label {
    kw_string text; /* STRING, nullable 2+ */
    kw_shelf_label_label_line_array lines; /* array of LabelLine, versions 2+, nullable 3+ */
} kw_shelf_label;

KW_BEGIN_DECLS

/* Sets all fields to Kafka's defaults. */
KW_API void kw_shelf_label_init(kw_shelf_label *m);
KW_API void kw_shelf_label_label_line_init(kw_shelf_label_label_line *m);

/* Reads one message; bytes after it stay in the reader. Strings and bytes are views of the input, arrays
 * are in the arena; *m is valid as long as both are. After an error *m holds what was read before it.
 * KW_ERR_VERSION: the version is not one of the above. */
KW_API KW_NODISCARD kw_status kw_shelf_label_decode(kw_shelf_label *m, int16_t version, kw_reader *in, kw_arena *arena);

/* Writes one message. Errors are those of the writer, KW_ERR_VERSION, and KW_ERR_FIELD_VERSION: a field
 * is set that this version does not have and that may not be dropped. */
KW_API KW_NODISCARD kw_status kw_shelf_label_encode(const kw_shelf_label *m, int16_t version, kw_writer *out);

/* The description of the message, for <kwire/message.h>. */
KW_API extern const kw_message kw_shelf_label_message;

KW_END_DECLS
#endif
