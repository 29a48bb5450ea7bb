/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_CHECKPOINT_H
#define KWIRE_STORAGE_CHECKPOINT_H

/* Kafka's checkpoint files: small texts of a version, a count and that many lines. An empty file has no entries.
 *
 *     recovery-point-offset-checkpoint, replication-offset-checkpoint, log-start-offset-checkpoint and
 *     cleaner-offset-checkpoint of a data directory: <topic> <partition> <offset>
 *     leader-epoch-checkpoint of a partition: <epoch> <start offset> */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

/* One line of an offset checkpoint. */
typedef struct kw_partition_offset {
    kw_string topic;
    int32_t partition;
    int64_t offset;
} kw_partition_offset;

typedef struct kw_offset_checkpoint {
    kw_partition_offset *items; /* as parsed: sorted by topic and partition */
    int32_t len;
} kw_offset_checkpoint;

/* One line of a leader-epoch-checkpoint. */
typedef struct kw_leader_epoch {
    int32_t epoch;
    int64_t start_offset; /* of the first record that was written in it */
} kw_leader_epoch;

typedef struct kw_leader_epochs {
    kw_leader_epoch *items; /* both numbers ascend */
    int32_t len;
} kw_leader_epochs;

KW_BEGIN_DECLS

/* Reads the text of a checkpoint. Topics are views of it, items are in the arena. KW_ERR_VERSION,
 * KW_ERR_FILE_FORMAT, KW_ERR_COUNT (not the number of lines) or an error of the arena; *error_at is the byte of the
 * error, and *out has the entries before it. KW_ERR_OFFSET_ORDER: epochs that do not ascend; as in Kafka a later
 * entry replaces those that it contradicts, and *out can be used. */
KW_API KW_NODISCARD kw_status kw_offset_checkpoint_parse(kw_offset_checkpoint *out, kw_string text, kw_arena *arena,
                                                         size_t *error_at);
KW_API KW_NODISCARD kw_status kw_leader_epochs_parse(kw_leader_epochs *out, kw_string text, kw_arena *arena,
                                                     size_t *error_at);

/* Writes the text, in the order of the items. Returns the writer's status; KW_ERR_ARGUMENT for a topic that is empty
 * or has blanks and for a negative partition, epoch or start offset, KW_ERR_OFFSET_ORDER for epochs that do not
 * ascend. */
KW_API kw_status kw_offset_checkpoint_write(kw_writer *w, const kw_offset_checkpoint *checkpoint);
KW_API kw_status kw_leader_epochs_write(kw_writer *w, const kw_leader_epochs *epochs);

/* The offset of a partition; false if there is none. Needs sorted items. */
KW_API KW_NODISCARD bool kw_offset_checkpoint_find(const kw_offset_checkpoint *checkpoint, kw_string topic,
                                                   int32_t partition, int64_t *offset);

/* The end of the records of `epoch`, or of the last epoch before it: the answer to OffsetForLeaderEpoch.
 * `end_offset` is the end of the log. Epoch and offset are -1 if the epoch is not known; an epoch before the first
 * one ends where that starts. */
KW_API kw_leader_epoch kw_leader_epochs_end(const kw_leader_epochs *epochs, int32_t epoch, int64_t end_offset);

KW_END_DECLS
#endif
