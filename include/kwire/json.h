/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_JSON_H
#define KWIRE_JSON_H

/* Messages as JSON text, in the form of Kafka's own converters: names in camelCase, bytes and records in base64, UUIDs
 * in their text form, fields that the version lacks and tagged fields at their default left out. */

#include <stdint.h>

#include <kwire/message.h>

KW_BEGIN_DECLS

/* Appends the JSON of a struct to `out`, in one line, without a zero byte. Strings that are not UTF-8 are shown as Java
 * shows them, with U+FFFD. Fields that this version cannot carry are KW_ERR_FIELD_VERSION, as on encoding. */
KW_API KW_NODISCARD kw_status kw_message_json(const kw_message *m, int16_t version, const void *value, kw_writer *out);

/* Appends a JSON string, quotes and escapes included. */
KW_API void kw_json_string(kw_string text, kw_writer *out);

KW_END_DECLS
#endif
