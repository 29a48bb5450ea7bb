/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_JSON_H
#define KWIRE_JSON_H

/* Messages as JSON text, in the form of Kafka's own converters: names in camelCase, bytes and records in base64, UUIDs
 * in their text form, fields that the version lacks and tagged fields at their default left out. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/message.h>

KW_BEGIN_DECLS

/* Appends the JSON of a struct to `out`, in one line, without a zero byte. In strings, bytes that are not UTF-8
 * become U+FFFD, as in Java. A field that is set but that this version does not have is KW_ERR_FIELD_VERSION, as in
 * encode; other errors are the writer's. */
KW_API KW_NODISCARD kw_status kw_message_json(const kw_message *m, int16_t version, const void *value, kw_writer *out);

/* The member of a struct with the tagged fields that the schema does not know, ascending by tag:
 * [{"tag":7,"data":"AAE="}]. No field of a schema has such a name. */
#define KW_JSON_UNKNOWN_TAGS_MEMBER "_unknownTaggedFields"

/* Flags of kw_json_options. */
#define KW_JSON_UNKNOWN_TAGS UINT32_C(1) /* structs with unknown tagged fields have the member above, at their end */

/* A struct around a value that is written. Valid during the call. */
typedef struct kw_json_owner {
    const struct kw_json_owner *parent; /* NULL: it is the message itself */
    const kw_struct *type;
    const void *value;
} kw_json_owner;

/* All zero: as kw_message_json(). */
typedef struct kw_json_options {
    uint32_t flags;
    /* Appends the JSON of a records field that is not null, in place of base64; NULL: base64. `owner` has the field. */
    void (*records)(void *context, const kw_json_owner *owner, kw_bytes records, kw_writer *out);
    void *context;       /* of `records` */
    size_t unknown_tags; /* set by the call: the number of unknown tagged fields in all structs that were written, shown
                          * or left out */
} kw_json_options;

/* The same with options. */
KW_API KW_NODISCARD kw_status kw_message_json_with(const kw_message *m, int16_t version, const void *value,
                                                   kw_json_options *options, kw_writer *out);

/* Appends a JSON string with its quotes and escapes. Errors are those of the writer. */
KW_API void kw_json_string(kw_string text, kw_writer *out);

KW_END_DECLS
#endif
