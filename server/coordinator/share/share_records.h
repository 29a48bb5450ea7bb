/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_SHARE_SHARE_RECORDS_H
#define SERVER_COORDINATOR_SHARE_SHARE_RECORDS_H

/* The records of __share_group_state: all of the state of a share partition, what a write has changed of it, and that
 * it is deleted. */

#include "../machine.h"
#include "../share_key.h"
#include "share_batches.h"

/* Of an update only snapshot_epoch, leader_epoch, start_offset, complete_count and batches. */
struct share_snapshot {
    int32_t snapshot_epoch;
    int32_t state_epoch;
    int32_t leader_epoch;
    int64_t start_offset;   /* the first one that is not finished; SHARE_NO_START */
    int32_t complete_count; /* of records from there on that are finished; -1: not known */
    int64_t created_ms;     /* since 1970 */
    int64_t written_ms;     /* later than created_ms: it was repeated without a change */
    struct share_batches batches;
};

/* As in Java, after the greatest one comes the smallest one. */
static inline int32_t share_epoch_after(int32_t epoch)
{
    return epoch < INT32_MAX ? epoch + 1 : INT32_MIN;
}

/* ---- writing: errors are kept by `out` ---- */

void share_records_add_snapshot(struct record_out *out, const struct share_key *key,
                                const struct share_snapshot *value);
void share_records_add_update(struct record_out *out, const struct share_key *key, const struct share_snapshot *value);
void share_records_add_tombstone(struct record_out *out, const struct share_key *key);

/* ---- reading ---- */

enum share_record_kind { SHARE_RECORD_SNAPSHOT, SHARE_RECORD_UPDATE, SHARE_RECORD_TOMBSTONE, SHARE_RECORD_UNKNOWN };

struct share_record {
    enum share_record_kind kind;
    int16_t type; /* in the log */
    struct share_key key;
    struct share_snapshot value;
};

/* The group refers to the record; batches are in the arena. A type that is not known is no error, but a version is. */
kw_status share_record_read(struct share_record *out, const struct coordinator_record *record, kw_arena *arena);

#endif
