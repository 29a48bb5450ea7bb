/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_MESSAGE_H
#define KWIRE_MESSAGE_H

/* Messages that are chosen at run time. Each message of the protocol has a constant kw_message that describes it:
 * its versions, its fields, their offsets in its C struct, and the functions of its typed codec. The typed
 * functions, e.g. kw_metadata_request_decode(), are in one header for each message; a program that uses only those
 * links only those. The lookups by key or name in this header link all messages. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/export.h>
#include <kwire/reader.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

/* A range of versions, both ends included; first > last is none. */
typedef struct kw_versions {
    int16_t first;
    int16_t last;
} kw_versions;

/* True if the version is in the range. */
KW_INLINE bool kw_versions_have(kw_versions range, int16_t version)
{
    return version >= range.first && version <= range.last;
}

/* The kind of a field's value, with its type in C. */
typedef enum kw_kind {
    KW_KIND_BOOL,    /* bool */
    KW_KIND_INT8,    /* int8_t */
    KW_KIND_INT16,   /* int16_t */
    KW_KIND_UINT16,  /* uint16_t */
    KW_KIND_INT32,   /* int32_t */
    KW_KIND_UINT32,  /* uint32_t */
    KW_KIND_INT64,   /* int64_t */
    KW_KIND_FLOAT64, /* double */
    KW_KIND_UUID,    /* kw_uuid */
    KW_KIND_STRING,  /* kw_string */
    KW_KIND_BYTES,   /* kw_bytes */
    KW_KIND_RECORDS, /* kw_bytes */
    KW_KIND_STRUCT   /* a struct in place, or a pointer to one where some version allows null */
} kw_kind;

enum {
    KW_FIELD_ARRAY = 1,        /* {items, len} of the kind */
    KW_FIELD_POINTER = 2,      /* struct that may be null: the C field is a pointer; its default is null if
                                  KW_FIELD_NULL_DEFAULT says so, else a constant struct of defaults */
    KW_FIELD_IGNORABLE = 4,    /* versions without the field drop its value; without this, encoding fails */
    KW_FIELD_KEY = 8,          /* part of the key that identifies elements of the array */
    KW_FIELD_CLASSIC = 16,     /* never compact, not even in flexible versions */
    KW_FIELD_NULL_DEFAULT = 32 /* the default is null */
};

/* The kind of object that a field's value identifies. Topic ids are not included: they are the UUIDs called
 * "topicId". */
typedef enum kw_entity {
    KW_ENTITY_NONE,
    KW_ENTITY_TOPIC_NAME,       /* string */
    KW_ENTITY_GROUP_ID,         /* string */
    KW_ENTITY_TRANSACTIONAL_ID, /* string */
    KW_ENTITY_BROKER_ID,        /* int32 */
    KW_ENTITY_PRODUCER_ID       /* int64 */
} kw_entity;

/* Every array in a message struct has this layout. */
typedef struct kw_any_array {
    void *items;
    int32_t len;
} kw_any_array;

typedef struct kw_struct kw_struct;

/* One field of a struct. */
typedef struct kw_field {
    const char *name;      /* as in Kafka's JSON, e.g. "topicId" */
    const kw_struct *type; /* KW_KIND_STRUCT: the struct; else NULL */
    const char *text;      /* default of a string that is neither null nor empty; else NULL */
    int64_t integer;       /* default of a bool or an integer; FLOAT64 always has 0 */
    uint32_t offset;       /* in the C struct */
    int32_t tag;           /* -1: never tagged */
    kw_versions versions;  /* in which it exists */
    kw_versions nullable;  /* in which it may be null */
    kw_versions tagged;    /* in which it is a tagged field */
    uint8_t kind;          /* kw_kind, of the elements if it is an array */
    uint8_t flags;         /* KW_FIELD_... */
    uint8_t entity;        /* kw_entity, of the elements if it is an array */
} kw_field;

/* A struct of a message; the message itself is one. Fields are in the schema's order, which is that of the wire
 * except for tagged ones. */
struct kw_struct {
    const char *name; /* as in Kafka's schema, e.g. "MetadataResponseTopic" */
    const kw_field *fields;
    uint32_t field_count;
    uint32_t size;          /* of the C struct */
    uint32_t min_wire_size; /* of one in the version where it is smallest; at least 1 for array elements */
    int32_t unknown_tags;   /* offset of the `kw_raw_tags *` in the C struct; -1: no flexible version */
    void (*init)(void *value);
};

/* The role of a message in the protocol. */
typedef enum kw_message_kind {
    KW_MESSAGE_REQUEST,
    KW_MESSAGE_RESPONSE,
    KW_MESSAGE_HEADER,
    KW_MESSAGE_DATA,
    KW_MESSAGE_METADATA_RECORD,  /* value of a record in a metadata topic; for this and the next two see
                                    <kwire/persisted.h> */
    KW_MESSAGE_COORDINATOR_KEY,  /* key of a record in a coordinator's topic */
    KW_MESSAGE_COORDINATOR_VALUE /* value of one */
} kw_message_kind;

/* Kafka's minor releases with a version, e.g. "2.4". */
typedef struct kw_release {
    const char *first; /* NULL: not stable in any release yet */
    const char *last;  /* NULL: the newest release still has it */
} kw_release;

/* Messages that brokers only write to disk have no releases: the version that is written depends on the feature
 * levels of the cluster, not on the release. */
typedef struct kw_message {
    const char *name; /* as in Kafka's schema, e.g. "MetadataResponse" */
    const kw_struct *type;
    const kw_release *releases; /* one for each version, from versions.first; NULL: only on disk, see above */
    int16_t api_key;            /* the record type if it is part of a record; -1 for headers and data */
    kw_message_kind kind;
    kw_versions versions;
    kw_versions flexible; /* with compact kinds and tag buffers */
    kw_status (*decode)(void *value, int16_t version, kw_reader *in, kw_arena *arena);
    kw_status (*encode)(const void *value, int16_t version, kw_writer *out);
} kw_message;

KW_BEGIN_DECLS

/* The message of an API, of kind KW_MESSAGE_REQUEST or KW_MESSAGE_RESPONSE; NULL if there is none. Static storage. */
KW_API const kw_message *kw_message_find(int16_t api_key, kw_message_kind type);

/* By Kafka's schema name, e.g. "MetadataResponse"; NULL if there is none. Static storage. */
KW_API const kw_message *kw_message_by_name(kw_string name);

/* All messages, sorted by name. */
KW_API size_t kw_message_count(void);
KW_API const kw_message *kw_message_at(size_t index);

/* Sets a struct of the message to Kafka's defaults; `value` has m->type->size bytes. */
KW_INLINE void kw_message_init(const kw_message *m, void *value)
{
    m->type->init(value);
}

/* Decodes into a struct in the arena, *out; after an error it holds what was read before it (NULL only if the struct
 * did not fit in the arena). Strings and bytes are views of the input. */
KW_API KW_NODISCARD kw_status kw_message_decode(const kw_message *m, int16_t version, kw_reader *in, kw_arena *arena,
                                                void **out);

/* Encodes a struct of the message. Errors as for the typed functions. */
KW_API KW_NODISCARD kw_status kw_message_encode(const kw_message *m, int16_t version, const void *value,
                                                kw_writer *out);

/* True if two structs of the message have equal values, unknown tagged fields included. Null and empty differ, 0.0
 * and -0.0 differ, NaN equals NaN with the same bits. */
KW_API bool kw_message_equal(const kw_message *m, const void *a, const void *b);

/* A deep copy in the arena, independent of the input buffer and of `value`. NULL if it does not fit. */
KW_API KW_NODISCARD void *kw_message_copy(const kw_message *m, const void *value, kw_arena *arena);

/* The size in memory of a field's value, or of an element if it is an array; for a struct that of the struct, even
 * if the C field is a pointer to it. */
KW_API size_t kw_field_value_size(const kw_field *field);

/* The size on the wire of a value or an element; 0 if it depends on the value. */
KW_API size_t kw_field_wire_size(const kw_field *field);

/* True if a field of a struct has its default. Arrays: empty (or null if that is the default). */
KW_API bool kw_field_is_default(const kw_field *field, const void *owner);

KW_END_DECLS
#endif
