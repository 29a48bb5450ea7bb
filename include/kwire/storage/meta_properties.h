/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_META_PROPERTIES_H
#define KWIRE_STORAGE_META_PROPERTIES_H

/* Whose a data directory is, in meta.properties, and whose a partition's folder is, in partition.metadata. And the
 * format of the former, which is that of Java's properties and of Kafka's configuration files. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/view.h>

typedef struct kw_meta_properties {
    int32_t version;      /* 1; 0 is of a directory from before KRaft, with broker.id in place of node.id */
    int32_t node_id;      /* -1: not said */
    kw_string cluster_id; /* null: not said */
    kw_uuid directory_id; /* zero: not said */
} kw_meta_properties;

/* Goes through a text of properties. Status, error_at and `at` are for reading, the rest is private. */
typedef struct kw_properties {
    const char *text;
    size_t size;
    size_t pos;
    kw_arena *arena;
    size_t at;       /* where the property begins that kw_properties_next() found */
    size_t error_at; /* where the key or value begins that is malformed */
    kw_status status;
} kw_properties;

KW_BEGIN_DECLS

/* Keys and values with escapes are copied to the arena, others are views of the text. */
KW_API void kw_properties_init(kw_properties *p, kw_string text, kw_arena *arena);

/* The next property. False at the end and at an error: KW_ERR_FILE_FORMAT for a malformed \uXXXX, or what the arena
 * says. */
KW_API KW_NODISCARD bool kw_properties_next(kw_properties *p, kw_string *key, kw_string *value);

/* Reads the text of meta.properties; other keys are passed over. KW_ERR_VERSION, KW_ERR_FILE_FORMAT; *error_at is the
 * byte where the property that is wrong begins, and *out has what could be read. */
KW_API KW_NODISCARD kw_status kw_meta_properties_parse(kw_meta_properties *out, kw_string text, kw_arena *arena,
                                                       size_t *error_at);

/* Reads the text of partition.metadata, which tells the topic's id. */
KW_API KW_NODISCARD kw_status kw_partition_metadata_parse(kw_uuid *topic_id, kw_string text, size_t *error_at);

KW_END_DECLS
#endif
