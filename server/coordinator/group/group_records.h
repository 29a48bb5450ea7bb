/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_GROUP_RECORDS_H
#define SERVER_COORDINATOR_GROUP_GROUP_RECORDS_H

/* The records of __consumer_offsets. Keys and values are structs of <kwire/messages/...> that belong to the type, such
 * as kw_group_metadata_key and kw_group_metadata_value for KW_GROUP_METADATA_KEY_TYPE. */

#include <kwire/persisted.h>

#include "../machine.h"

/* The state of an offset, as records have it. */
struct offset_value {
    int64_t offset;
    int64_t commit_ms; /* since 1970 */
    int64_t expire_ms; /* the same; -1: it has no expiry time of its own */
    int32_t leader_epoch;
    kw_string metadata;
    kw_uuid topic_id;      /* zero: not known */
    int64_t record_offset; /* of the record that has put it there */
};

/* ---- writing: errors are kept by `out` ---- */

/* In the version that Kafka writes. */
void group_records_add(struct record_out *out, int16_t type, const void *key, const void *value);
void group_records_add_tombstone(struct record_out *out, int16_t type, const void *key);

/* The tombstone of a type of which each group has one record, such as KW_GROUP_METADATA_KEY_TYPE. */
void group_records_remove_group(struct record_out *out, int16_t type, kw_string group);

/* The same of a type of which each member has one, such as KW_CONSUMER_GROUP_MEMBER_METADATA_KEY_TYPE. */
void group_records_remove_member(struct record_out *out, int16_t type, kw_string group, kw_string member);

void group_records_add_offset(struct record_out *out, kw_string group, kw_string topic, int32_t partition,
                              const struct offset_value *value);
void group_records_remove_offset(struct record_out *out, kw_string group, kw_string topic, int32_t partition);

/* ---- reading ---- */

struct group_record {
    int16_t type;
    const void *key;   /* NULL: the type is not known */
    const void *value; /* NULL: a tombstone */
    int64_t offset;
    int64_t producer_id; /* of the transaction that it belongs to; KW_NO_PRODUCER_ID: none */
};

/* Key and value refer to the record and are in the arena. A type that is not known is no error, but a version is. */
kw_status group_record_read(struct group_record *out, const struct coordinator_record *record, kw_arena *arena);

#endif
