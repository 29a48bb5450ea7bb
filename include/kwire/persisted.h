/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_PERSISTED_H
#define KWIRE_PERSISTED_H

/* The records that Kafka keeps in its own topics: the headers around their bodies. The bodies are messages as on the
 * wire, in <kwire/messages/...>, e.g. topic_record.h, offset_commit_key.h and offset_commit_value.h.
 *
 * Records of the metadata topics are only a value: unsigned varints for the frame version, the record type and the
 * version of the body, then the body. Those of the coordinators' topics have a key, INT16 type and a body of version
 * 0, and a value, INT16 version and body; a null value deletes the entry of the key.
 *
 * A type or version that this library does not know is not an error but a kind of record, which can be forwarded.
 * Control records are different; see <kwire/control_record.h>. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/export.h>
#include <kwire/message.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

/* The topics in which Kafka keeps records of its own. */
typedef enum kw_internal_topic {
    KW_INTERNAL_TOPIC_CLUSTER_METADATA,
    KW_INTERNAL_TOPIC_REMOTE_LOG_METADATA,
    KW_INTERNAL_TOPIC_CONSUMER_OFFSETS, /* this and the next two have keys */
    KW_INTERNAL_TOPIC_TRANSACTION_STATE,
    KW_INTERNAL_TOPIC_SHARE_GROUP_STATE
} kw_internal_topic;

/* The first number in records of the metadata topics since Kafka 3.0. */
enum { KW_METADATA_FRAME_VERSION = 1 };

/* One type of record in one topic. The same number is a different type in another topic. */
typedef struct kw_record_type {
    const char *name; /* e.g. "TopicRecord", "OffsetCommit" */
    kw_internal_topic topic;
    int16_t type;
    const kw_message *key; /* NULL in the metadata topics */
    const kw_message *value;
} kw_record_type;

/* How much of a record this library can read. */
typedef enum kw_persisted_kind {
    KW_PERSISTED_KNOWN,
    KW_PERSISTED_TOMBSTONE,     /* of a known type; the value is null */
    KW_PERSISTED_UNKNOWN_FRAME, /* another frame version: the rest cannot be read */
    KW_PERSISTED_UNKNOWN_TYPE,
    KW_PERSISTED_UNKNOWN_VERSION /* of a known type */
} kw_persisted_kind;

/* The headers of a record. Views are valid as long as the record's key and value. */
typedef struct kw_persisted {
    kw_persisted_kind kind;
    const kw_record_type *record; /* NULL: the type is not known */
    int16_t type;                 /* KW_TOPIC_RECORD_TYPE...; -1 if it could not be read */
    int16_t version;              /* of the value's body; -1 if there is none or it could not be read */
    kw_bytes key;                 /* body to decode as version 0 of record->key; null in the metadata topics */
    kw_bytes value;               /* body to decode as `version` of record->value; null: tombstone */
    size_t error_at;              /* offset of what could not be read; in a coordinator's key if type is -1 */
} kw_persisted;

KW_BEGIN_DECLS

/* Reads the headers before the bodies of a record in this topic; in the metadata topics the key is ignored. The
 * bodies are views of key and value. If the type is not known, a coordinator's value is returned whole, with its
 * version.
 *
 * A null that no record can have is an error (KW_ERR_NULL), and so are bytes that end too early and a number in a
 * metadata record above 32767 (KW_ERR_VARINT); *out has what was read before the error. */
KW_API KW_NODISCARD kw_status kw_persisted_decode_header(kw_persisted *out, kw_internal_topic topic, kw_bytes key,
                                                         kw_bytes value);

/* Writes the header before the body of a metadata record, or of a coordinator's key (version 0) or value; then the
 * caller encodes the body to the same writer. Any other message fails the writer with KW_ERR_ARGUMENT, a version
 * that the message does not have with KW_ERR_VERSION. */
KW_API void kw_persisted_encode_header(kw_writer *w, const kw_message *m, int16_t version);

/* The name of the topic, e.g. "__consumer_offsets". NULL for a value outside the enum. Static storage. */
KW_API const char *kw_internal_topic_name(kw_internal_topic topic);

/* The reverse; false if no topic has this name. */
KW_API bool kw_internal_topic_find(kw_string name, kw_internal_topic *out);

/* NULL if the type is not known. Static storage. */
KW_API const kw_record_type *kw_record_type_find(kw_internal_topic topic, int16_t type);

/* All types of records, sorted by topic and type. */
KW_API size_t kw_record_type_count(void);
KW_API const kw_record_type *kw_record_type_at(size_t index);

KW_END_DECLS
#endif
