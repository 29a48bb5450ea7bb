/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_META_PROPERTIES_H
#define KWIRE_STORAGE_META_PROPERTIES_H

/* meta.properties: the cluster and node that a log directory belongs to. Version 1 is that of KRaft; version 0, also
 * of a file without a version, has broker.id instead of node.id, and every key is optional. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

/* The values of the file; keys that Kafka does not have are not kept. */
typedef struct kw_meta_properties {
    int32_t version;
    int32_t node_id;      /* -1: not given */
    kw_string cluster_id; /* any text, mostly 22 characters of base64; null: not given */
    kw_uuid directory_id; /* zero: not given */
} kw_meta_properties;

/* The error in a text of properties, for a message such as "meta.properties:4: node.id=x: expected ...". */
typedef struct kw_property_error {
    size_t at;            /* byte where the property starts; the size of the text if one is missing */
    int32_t line;         /* of that byte, from 1; 0: a property is missing */
    const char *key;      /* NULL: the text is not in the format of properties. Static storage, as `expected` */
    kw_string value;      /* null: the property is missing */
    const char *expected; /* e.g. "an integer from 0 to 2147483647" */
} kw_property_error;

KW_BEGIN_DECLS

/* Reads the text of meta.properties as Kafka does: the last of equal keys is used, blanks at the end of a value are
 * part of it, other keys are ignored. Strings are views of the text or in the arena. KW_ERR_VERSION,
 * KW_ERR_FILE_FORMAT, or an error of the arena; then *error has the reason, and *out what could be read. */
KW_API KW_NODISCARD kw_status kw_meta_properties_parse(kw_meta_properties *out, kw_string text, kw_arena *arena,
                                                       kw_property_error *error);

/* Writes the text as Kafka does, with the date in UTC, `time` in ms since 1970, as its comment. Returns the writer's
 * status; KW_ERR_ARGUMENT for values that kw_meta_properties_parse() would refuse, and for a time before 1970 or
 * after 9999. */
KW_API kw_status kw_meta_properties_write(kw_writer *w, const kw_meta_properties *meta, int64_t time);

KW_END_DECLS
#endif
