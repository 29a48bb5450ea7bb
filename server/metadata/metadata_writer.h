/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_METADATA_WRITER_H
#define SERVER_METADATA_METADATA_WRITER_H

/* Writes the log in __cluster_metadata-0 as the leader of its quorum, of which it is the only voter: batches as
 * Kafka's, and beside them quorum-state and leader-epoch-checkpoint. No indexes: Kafka rebuilds those of this log at
 * each start. One thread at a time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/messages/voters_record.h>
#include <kwire/storage/file.h>
#include <kwire/view.h>
#include <kwire/writer.h>

#include "../base/file.h"
#include "controller.h"
#include "metadata_log.h"

/* To look at. */
struct metadata_writer {
    char folder[KW_PATH_SIZE];
    struct file file;    /* of the last segment */
    int64_t base_offset; /* of it */
    size_t size;
    size_t segment_bytes; /* a larger one is followed by a new one */
    int64_t end_offset;   /* that the next record gets */
    int32_t epoch;        /* -1: metadata_writer_lead() has not been called */
    uint64_t written;     /* bytes of all batches since it was opened */
    bool is_broken;       /* what is on the disk is not known; nothing is written any more */
    kw_writer batch;      /* private */
};

/* What the first records of an epoch say. */
struct metadata_leader {
    int32_t node_id;
    int32_t epoch;
    int16_t kraft_version;
    const kw_voters_record *voters; /* to be written with the version; NULL: both are in the log already */
    int64_t now;                    /* ms since 1970 */
};

/* Opens the folder, which is created if it is missing, where `log` says that its valid part ends; what follows that is
 * removed, with a line on the console. False after a complaint. */
bool metadata_writer_open(struct metadata_writer *writer, const char *folder, const struct metadata_log *log,
                          size_t segment_bytes);

/* Closes the files; does nothing to one of zero bytes. */
void metadata_writer_close(struct metadata_writer *writer);

/* Starts an epoch: its control records, in the log and on the disk, and the files that say so. False after a complaint;
 * the log must then not be written any more. */
bool metadata_writer_lead(struct metadata_writer *writer, const struct metadata_leader *leader);

/* For struct controller_sink; the context is the writer. */
enum append_outcome metadata_writer_append(void *writer, const kw_bytes *values, size_t count, int64_t offset,
                                           int64_t now);
bool metadata_writer_sync(void *writer);

/* The control records that bring a kraft.version: itself and the voters. quorum-state follows when the next epoch
 * starts, as in Kafka. */
enum append_outcome metadata_writer_append_quorum(struct metadata_writer *writer, int16_t kraft_version,
                                                  const kw_voters_record *voters, int64_t offset, int64_t now);

/* Starts a new segment, so that those before it can be removed once a snapshot has what is in them. A failure is
 * reported and changes nothing. */
void metadata_writer_roll(struct metadata_writer *writer);

/* Removes segments of which nothing is at or above `offset`, and snapshots older than `offset`, but for the one at 0.
 * Problems are reported. */
void metadata_writer_remove_below(struct metadata_writer *writer, int64_t offset);

#endif
