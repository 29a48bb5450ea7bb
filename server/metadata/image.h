/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_IMAGE_H
#define SERVER_METADATA_IMAGE_H

/* The metadata image: what the cluster is at one offset of its metadata log. An image never changes. It is counted: who
 * has acquired it may look at it, from any thread, until it is released. Images share the topics and resources that did
 * not change between them. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>

struct metadata_partition {
    int32_t index;
    int32_t leader_id; /* -1: none */
    int32_t leader_epoch;
    int32_t partition_epoch;
    int8_t leader_recovery_state; /* 0: recovered, 1: recovering after an unclean election */
    kw_int32_array replicas;
    kw_int32_array isr;
    kw_int32_array offline; /* replicas on brokers that are not up */
    kw_int32_array elr;     /* eligible leader replicas */
    kw_int32_array last_known_elr;
    kw_int32_array removing;
    kw_int32_array adding;
    kw_uuid_array directories; /* one a replica; empty: not known */
};

struct metadata_topic {
    atomic_size_t references; /* private */
    kw_string name;
    kw_uuid id; /* zero: it has none */
    bool is_internal;
    const struct metadata_partition *partitions; /* by index, which may have gaps */
    int32_t partition_count;
};

enum {
    RESOURCE_TOPIC = 2,
    RESOURCE_BROKER = 4,
    RESOURCE_BROKER_LOGGER = 8,
    RESOURCE_CLIENT_METRICS = 16,
    RESOURCE_GROUP = 32
};

struct metadata_config {
    kw_string name;
    kw_string value;
};

/* What has configs of its own. */
struct metadata_resource {
    atomic_size_t references; /* private */
    int8_t type;
    kw_string name;                        /* of the topic, or id of the broker; "" with RESOURCE_BROKER: all brokers */
    const struct metadata_config *configs; /* by name */
    size_t config_count;
};

struct metadata_endpoint {
    kw_string name; /* of the listener */
    kw_string host;
    uint16_t port;
    int16_t security_protocol; /* 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL */
};

struct metadata_broker {
    int32_t id;
    int64_t epoch;
    kw_uuid incarnation_id;
    kw_string rack; /* null: none */
    const struct metadata_endpoint *endpoints;
    int32_t endpoint_count;
    kw_uuid_array directories;
    bool fenced;
    bool in_controlled_shutdown;
};

struct metadata_feature {
    kw_string name; /* e.g. "metadata.version" */
    int16_t level;
};

/* A record that the broker does not use but that must not be lost: of access control, quotas, credentials, delegation
 * tokens and controllers. */
struct metadata_kept {
    int16_t type; /* KW_ACCESS_CONTROL_ENTRY_RECORD_TYPE... */
    kw_bytes key; /* what it is of; a later record with the same key replaces it */
    kw_bytes value;
};

/* Shared by images in which they are the same. */
struct metadata_kept_set {
    atomic_size_t references;          /* private */
    const struct metadata_kept *items; /* by type and key */
    size_t count;
};

/* What an image is made of. Topics, resources and kept records in it are shared, the rest is copied. */
struct metadata_parts {
    struct metadata_topic **topics; /* distinct names, distinct ids but for zero; in any order */
    size_t topic_count;
    struct metadata_resource **resources; /* distinct; in any order */
    size_t resource_count;
    const struct metadata_broker *brokers; /* distinct; in any order */
    size_t broker_count;
    const struct metadata_feature *features; /* distinct; in any order */
    size_t feature_count;
    struct metadata_kept_set *kept; /* NULL: none */
    int64_t next_producer_id;       /* that the controller hands out next; 0: none yet */
    int64_t offset;                 /* that follows the last record; 0: there is none */
    int32_t epoch;                  /* of the last record; -1: there is none */
};

/* Arrays are sorted: topics, features by name, brokers by id, resources by type and name. */
struct metadata_image {
    atomic_size_t references; /* private */
    uint64_t version;         /* counts published images; see metadata_cell_version() */
    struct metadata_parts parts;
    struct metadata_topic **topics_by_id; /* private */
};

/* A deep copy that has one reference. NULL: there is no memory. */
struct metadata_topic *metadata_topic_create(const struct metadata_topic *from);
struct metadata_resource *metadata_resource_create(const struct metadata_resource *from);
struct metadata_topic *metadata_topic_share(struct metadata_topic *topic);
struct metadata_resource *metadata_resource_share(struct metadata_resource *resource);
void metadata_topic_release(struct metadata_topic *topic);
void metadata_resource_release(struct metadata_resource *resource);

/* The same of `count` distinct records in any order. NULL is shared and released as a set of none. */
struct metadata_kept_set *metadata_kept_create(const struct metadata_kept *items, size_t count);
struct metadata_kept_set *metadata_kept_share(struct metadata_kept_set *kept);
void metadata_kept_release(struct metadata_kept_set *kept);

/* An image that has one reference, and takes over one of each topic, resource and kept set if it can be made. NULL:
 * there is no memory. */
struct metadata_image *metadata_image_create(const struct metadata_parts *parts);
/* The same faster, for an image that has most of another one. */
struct metadata_order {
    struct metadata_topic *const *topics_by_id; /* parts->topics with the same new ones first, the rest sorted by id */
    size_t new_topics;                          /* in front of both lists; those after them are sorted */
    size_t new_resources;                       /* likewise */
};

struct metadata_image *metadata_image_create_in_order(const struct metadata_parts *parts,
                                                      const struct metadata_order *order);
const struct metadata_image *metadata_image_share(const struct metadata_image *image);
void metadata_image_release(const struct metadata_image *image); /* NULL: nothing */

/* NULL: there is none. */
const struct metadata_topic *metadata_topic_by_name(const struct metadata_image *image, kw_string name);
const struct metadata_topic *metadata_topic_by_id(const struct metadata_image *image, kw_uuid id);
const struct metadata_broker *metadata_find_broker(const struct metadata_image *image, int32_t id);
kw_string metadata_broker_rack(const struct metadata_image *image, int32_t id); /* null: none */
const struct metadata_resource *metadata_find_resource(const struct metadata_image *image, int8_t type, kw_string name);

/* All topics, sorted by name. */
size_t metadata_topic_count(const struct metadata_image *image);
const struct metadata_topic *metadata_topic_at(const struct metadata_image *image, size_t index);

/* Null: it is not set, so that a default holds. */
kw_string metadata_find_config(const struct metadata_image *image, int8_t type, kw_string resource, kw_string name);

/* 0: not set. */
int16_t metadata_feature_level(const struct metadata_image *image, kw_string name);

/* The partition of that index; NULL if there is none. And how many partitions have a smaller index. */
const struct metadata_partition *metadata_topic_partition(const struct metadata_topic *topic, int32_t index);
int32_t metadata_partitions_before(const struct metadata_topic *topic, int32_t index);

#endif
