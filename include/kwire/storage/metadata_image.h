/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_METADATA_IMAGE_H
#define KWIRE_STORAGE_METADATA_IMAGE_H

/* What a cluster is, as the records of __cluster_metadata say when they are replayed one after the other. Access
 * control, quotas, SCRAM credentials, delegation tokens and controllers are passed over.
 *
 * A node that stops in an orderly way writes down that its partitions have no leader (-1) and no ISR, and that it is
 * fenced: that is what its image says then. Who may lead is in elr (or last_known_elr). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/view.h>

typedef struct kw_metadata_partition {
    int32_t id;
    int32_t leader; /* -1: none */
    int32_t leader_epoch;
    int32_t partition_epoch;
    int8_t leader_recovery_state; /* 0: recovered, 1: recovering after an unclean election */
    kw_int32_array replicas;
    kw_int32_array isr;
    kw_int32_array elr; /* eligible leader replicas */
    kw_int32_array last_known_elr;
    kw_int32_array removing;
    kw_int32_array adding;
    kw_uuid_array directories; /* one a replica; empty: not known */
} kw_metadata_partition;

typedef struct kw_metadata_topic {
    kw_string name;
    kw_uuid id;
    kw_metadata_partition *partitions; /* by id, ascending */
    int32_t partition_count;
    size_t partition_room; /* private */
    bool removed;          /* private */
} kw_metadata_topic;

typedef struct kw_metadata_endpoint {
    kw_string name; /* of the listener */
    kw_string host;
    uint16_t port;
    int16_t security_protocol; /* 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL */
} kw_metadata_endpoint;

typedef struct kw_metadata_broker {
    int32_t id;
    int64_t epoch;
    kw_uuid incarnation_id;
    kw_string rack; /* null: none */
    kw_metadata_endpoint *endpoints;
    int32_t endpoint_count;
    kw_uuid_array directories;
    bool fenced;
    bool in_controlled_shutdown;
    bool removed; /* private */
} kw_metadata_broker;

typedef struct kw_metadata_config {
    int8_t type;        /* of the resource: 2 topic, 4 broker, 16 client metrics, 32 group */
    kw_string resource; /* name or id; "" with type 4: all brokers */
    kw_string name;
    kw_string value; /* private: null if it was removed */
} kw_metadata_config;

typedef struct kw_metadata_feature {
    kw_string name; /* e.g. "metadata.version" */
    int16_t level;
} kw_metadata_feature;

typedef struct kw_metadata_image {
    kw_metadata_topic *topics; /* by name */
    size_t topic_count;
    kw_metadata_broker *brokers; /* by id */
    size_t broker_count;
    kw_metadata_config *configs; /* by type, resource and name */
    size_t config_count;
    kw_metadata_feature *features; /* by name */
    size_t feature_count;
    int64_t next_producer_id;  /* that the controller hands out next; 0: none yet */
    uint64_t records;          /* replayed */
    uint64_t unknown;          /* of a type or version that is not known */
    uint64_t damaged;          /* could not be read, or speak of what does not exist */
    kw_metadata_topic **by_id; /* private */
} kw_metadata_image;

/* Makes an image. Private fields. */
typedef struct kw_metadata_replay {
    kw_metadata_image *image;
    kw_arena *arena;
    kw_arena scratch;
    kw_arena pending; /* the records of a transaction that has begun */
    kw_bytes *pending_items;
    size_t pending_count;
    size_t pending_room;
    size_t topic_room;
    size_t broker_room;
    size_t config_room;
    size_t feature_room;
    struct kwi_hash *topics;
    struct kwi_hash *configs;
    bool in_transaction;
} kw_metadata_replay;

KW_BEGIN_DECLS

/* Begins with an empty image, in an arena that can grow. kw_metadata_replay_end() must follow. */
KW_API KW_NODISCARD kw_status kw_metadata_replay_init(kw_metadata_replay *r, kw_metadata_image *image, kw_arena *arena);

/* Replays the value of one record. Between BeginTransactionRecord and EndTransactionRecord records are kept back, and
 * dropped at AbortTransactionRecord. Types and versions that are not known are counted and passed over.
 *
 * The status tells what is wrong with a record, which is counted as damaged and passed over, so that a caller may go
 * on; with KW_ERR_NO_MEMORY and KW_ERR_MEMORY_LIMIT it may not. KW_ERR_UNKNOWN_MESSAGE: it speaks of a topic, partition
 * or broker that does not exist. */
KW_API kw_status kw_metadata_replay_record(kw_metadata_replay *r, kw_bytes value);

/* Ends it: the image is sorted and may be looked at. What a transaction has kept back that did not end is dropped; the
 * image is whole in any case. */
KW_API KW_NODISCARD kw_status kw_metadata_replay_end(kw_metadata_replay *r);

/* NULL: there is none. */
KW_API const kw_metadata_topic *kw_metadata_topic_by_name(const kw_metadata_image *image, kw_string name);
KW_API const kw_metadata_topic *kw_metadata_topic_by_id(const kw_metadata_image *image, kw_uuid id);
KW_API const kw_metadata_partition *kw_metadata_topic_partition(const kw_metadata_topic *topic, int32_t partition);
KW_API const kw_metadata_broker *kw_metadata_find_broker(const kw_metadata_image *image, int32_t id);

/* Null: it is not set, so that a default holds. */
KW_API kw_string kw_metadata_find_config(const kw_metadata_image *image, int8_t type, kw_string resource,
                                         kw_string name);

/* 0: not set. */
KW_API int16_t kw_metadata_feature_level(const kw_metadata_image *image, kw_string name);

KW_END_DECLS
#endif
