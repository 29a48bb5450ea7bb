/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_CONTROL_RECORD_H
#define KWIRE_CONTROL_RECORD_H

/* The records of a control batch (kw_batch_is_control()). Kafka writes them itself, and consumers do not get them.
 * The key has the type, the value is a message of the schema. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/export.h>
#include <kwire/message.h>
#include <kwire/messages/end_txn_marker.h>
#include <kwire/messages/kraft_version_record.h>
#include <kwire/messages/leader_change_message.h>
#include <kwire/messages/snapshot_footer_record.h>
#include <kwire/messages/snapshot_header_record.h>
#include <kwire/messages/voters_record.h>
#include <kwire/records.h>
#include <kwire/status.h>

/* The types that Kafka has. Source: ControlRecordType; KIP-98, KIP-595, KIP-630, KIP-853. */
typedef enum kw_control_type {
    KW_CONTROL_ABORT = 0, /* the transaction of the batch's producer id ends here */
    KW_CONTROL_COMMIT = 1,
    KW_CONTROL_LEADER_CHANGE = 2, /* this and the following: in __cluster_metadata and its snapshots */
    KW_CONTROL_SNAPSHOT_HEADER = 3,
    KW_CONTROL_SNAPSHOT_FOOTER = 4,
    KW_CONTROL_KRAFT_VERSION = 5,
    KW_CONTROL_VOTERS = 6
} kw_control_type;

/* One control record, decoded. `type` selects the member of the union. */
typedef struct kw_control_record {
    int16_t type;        /* kw_control_type, or another number, which is not an error: such a record has no effect */
    int16_t key_version; /* a key newer than 0 starts like version 0, and is read as that */
    int16_t version;     /* of the value, as stored in it; a version newer than known is read as the newest known */
    const kw_message *message; /* describes `value`; NULL: the type is not known, and the value was not read */
    union {
        kw_end_txn_marker end_txn; /* abort and commit */
        kw_leader_change_message leader_change;
        kw_snapshot_header_record snapshot_header;
        kw_snapshot_footer_record snapshot_footer;
        kw_kraft_version_record kraft_version;
        kw_voters_record voters;
    } value;
    size_t error_at; /* with an error: byte of the key or, if `message` is set, of the value */
} kw_control_record;

KW_BEGIN_DECLS

/* Reads a record of a control batch. Arrays are put in the arena; strings are views, valid as long as those of the
 * record. Bytes that remain in a key or value belong to a newer version and are ignored, as in Kafka. Errors:
 * KW_ERR_NULL without key or value, KW_ERR_VERSION for a negative version, and those of the decoder. */
KW_API KW_NODISCARD kw_status kw_control_record_decode(kw_control_record *out, const kw_record *record,
                                                       kw_arena *arena);

/* "ABORT", "COMMIT", "LEADER_CHANGE"...; "UNKNOWN" for other numbers. Static storage. */
KW_API const char *kw_control_type_name(int16_t type);

KW_END_DECLS
#endif
