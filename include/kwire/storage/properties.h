/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_PROPERTIES_H
#define KWIRE_STORAGE_PROPERTIES_H

/* Texts in the format of java.util.Properties, as in meta.properties and server.properties: lines of a key and a
 * value with '=', ':' or blanks between them, comments after '#' or '!', lines that are continued by a backslash at
 * their end, and escapes with a backslash, including \uXXXX. Lines end in LF, CR or CR LF.
 *
 *     kw_properties p;
 *     kw_string key, value;
 *     for (kw_properties_init(&p, text, &arena); kw_properties_next(&p, &key, &value);)
 *         use(key, value, p.line);
 *     if (p.status != KW_OK)
 *         ...                    (line p.line, byte p.error_at)
 *
 * A key may occur several times; Java uses the last one. Kafka reads such files as ISO 8859-1 and writes them as
 * UTF-8; here bytes are unchanged, and \uXXXX becomes UTF-8, or '?' for half of a surrogate pair. Java keeps blanks
 * at the end of a value; Kafka removes them from settings, but not in meta.properties. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

/* An iterator. The fields from `at` to `status` may be read, the rest is private. */
typedef struct kw_properties {
    const char *text;
    size_t size;
    size_t pos;
    size_t counted; /* `line` is that of this byte */
    kw_arena *arena;
    size_t at;       /* start of the property that kw_properties_next() returned last */
    size_t error_at; /* with an error: start of the key or value that cannot be read */
    int32_t line;    /* of `at`, from 1 */
    kw_status status;
} kw_properties;

KW_BEGIN_DECLS

/* Keys and values with escapes are copied to the arena, others are views of the text. */
KW_API void kw_properties_init(kw_properties *p, kw_string text, kw_arena *arena);

/* Reads the next property. False at the end and after an error: KW_ERR_FILE_FORMAT for a malformed \uXXXX, or an
 * error of the arena. */
KW_API KW_NODISCARD bool kw_properties_next(kw_properties *p, kw_string *key, kw_string *value);

/* Writes one line, with the escapes that Java writes: "key=value\n". Returns the writer's status. */
KW_API kw_status kw_property_write(kw_writer *w, kw_string key, kw_string value);

KW_END_DECLS
#endif
