/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_REPLAY_H
#define SERVER_METADATA_REPLAY_H

/* What the parts of a delta share: what records have touched, and one function for each type of record. */

#include <kwire/reader.h>

#include "delta.h"

#define DELTA_NONE SIZE_MAX

struct delta_partition {
    struct metadata_partition is;
    uint64_t elr_set_at; /* elr and last_known_elr are empty if they have been cleared since */
};

struct delta_topic {
    kw_uuid id;
    size_t name;                        /* in delta->names */
    struct delta_partition *partitions; /* by index */
    int32_t partition_count;
    size_t partition_capacity;
    uint64_t cleared_at;
    bool is_removed;
};

/* Topics come and go, names stay. */
struct delta_name {
    kw_string text;
    size_t topic; /* in delta->topics; DELTA_NONE: no topic has this name now */
};

struct delta_resource {
    int8_t type;
    kw_string name;
    size_t configs;      /* the first of a list; DELTA_NONE: there are none */
    uint64_t generation; /* configs of an older one have gone with their topic */
};

struct delta_config {
    size_t resource;
    size_t next; /* of the same resource */
    uint64_t generation;
    kw_string name;
    kw_string value; /* null: removed */
};

/* Reads a body of this version and changes the delta. */
typedef kw_status (*replay_function)(struct metadata_delta *delta, int16_t version, kw_reader *in);

/* What came out of decoding; KW_ERR_TRAILING if bytes are left. Nothing may be changed before. */
kw_status replay_whole(kw_status decoded, const kw_reader *in);

kw_status replay_register_broker(struct metadata_delta *delta, int16_t version, kw_reader *in);
kw_status replay_unregister_broker(struct metadata_delta *delta, int16_t version, kw_reader *in);
kw_status replay_change_broker(struct metadata_delta *delta, int16_t version, kw_reader *in);
kw_status replay_fence(struct metadata_delta *delta, int16_t version, kw_reader *in);
kw_status replay_unfence(struct metadata_delta *delta, int16_t version, kw_reader *in);
kw_status replay_topic(struct metadata_delta *delta, int16_t version, kw_reader *in);
kw_status replay_remove_topic(struct metadata_delta *delta, int16_t version, kw_reader *in);
kw_status replay_clear_elr(struct metadata_delta *delta, int16_t version, kw_reader *in);
kw_status replay_partition(struct metadata_delta *delta, int16_t version, kw_reader *in);
kw_status replay_partition_change(struct metadata_delta *delta, int16_t version, kw_reader *in);
kw_status replay_config(struct metadata_delta *delta, int16_t version, kw_reader *in);
kw_status replay_feature(struct metadata_delta *delta, int16_t version, kw_reader *in);
kw_status replay_producer_ids(struct metadata_delta *delta, int16_t version, kw_reader *in);

/* The same for records that are kept; `value` is the whole one. */
typedef kw_status (*replay_kept_function)(struct metadata_delta *delta, int16_t version, kw_reader *in, kw_bytes value);

kw_status replay_access_control(struct metadata_delta *delta, int16_t version, kw_reader *in, kw_bytes value);
kw_status replay_quota(struct metadata_delta *delta, int16_t version, kw_reader *in, kw_bytes value);
kw_status replay_credential(struct metadata_delta *delta, int16_t version, kw_reader *in, kw_bytes value);
kw_status replay_token(struct metadata_delta *delta, int16_t version, kw_reader *in, kw_bytes value);
kw_status replay_controller(struct metadata_delta *delta, int16_t version, kw_reader *in, kw_bytes value);
kw_status replay_remove_access_control(struct metadata_delta *delta, int16_t version, kw_reader *in);
kw_status replay_remove_credential(struct metadata_delta *delta, int16_t version, kw_reader *in);
kw_status replay_remove_token(struct metadata_delta *delta, int16_t version, kw_reader *in);
kw_status replay_unregister_controller(struct metadata_delta *delta, int16_t version, kw_reader *in);

/* Why the last allocation for the delta failed. */
kw_status delta_full(const struct metadata_delta *delta);

/* False if the arena is full. Null arrays are copied as empty. */
bool delta_copy_int32s(struct metadata_delta *delta, kw_int32_array *to, kw_int32_array from);
bool delta_copy_uuids(struct metadata_delta *delta, kw_uuid_array *to, kw_uuid_array from);
bool delta_copy_string(struct metadata_delta *delta, kw_string *to, kw_string from);

/* All configs of a topic go. */
kw_status delta_remove_resource(struct metadata_delta *delta, int8_t type, kw_string name);

/* For metadata_delta_apply(): the topics and resources that have been touched, to be added to `parts`, which has
 * capacity for them; and whether one of the base has been. False: there is no memory. */
bool delta_add_topics(struct metadata_delta *delta, struct metadata_parts *parts);
bool delta_add_resources(struct metadata_delta *delta, struct metadata_parts *parts);
bool delta_add_kept(struct metadata_delta *delta, struct metadata_parts *parts);
bool delta_has_topic(struct metadata_delta *delta, kw_uuid id);
bool delta_has_resource(struct metadata_delta *delta, int8_t type, kw_string name);

/* If all ELRs were cleared: the topics of the base that have any count as touched. */
kw_status delta_touch_cleared(struct metadata_delta *delta);

#endif
