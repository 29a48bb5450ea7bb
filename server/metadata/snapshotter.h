/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_SNAPSHOTTER_H
#define SERVER_METADATA_SNAPSHOTTER_H

/* Writes a snapshot of the metadata after so many bytes of records, or so much time, on a worker, and removes what it
 * has replaced. All functions are for the executor's thread. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/messages/voters_record.h>

#include "../base/executor.h"
#include "metadata_writer.h"

struct snapshotter_options {
    struct metadata_writer *writer;
    struct executor *executor;
    int64_t bytes;       /* metadata.log.max.record.bytes.between.snapshots */
    int64_t interval_ms; /* metadata.log.max.snapshot.interval.ms; 0: by bytes only */
    int16_t kraft_version;
    const kw_voters_record *voters; /* NULL with kraft.version 0 */
    int64_t (*now)(void);           /* ms since 1970 */
};

/* Private fields. */
struct snapshotter {
    struct snapshotter_options options;
    struct task work;
    struct task done;
    struct timer timer;
    const struct metadata_image *image; /* that is being written; NULL: none is */
    int16_t kraft_version;              /* of that */
    const kw_voters_record *voters;
    const struct metadata_image *last; /* that was published last */
    int64_t last_offset;               /* of the last snapshot */
    uint64_t last_written;             /* writer->written at that time */
    kw_status status;
    int error;
};

/* The log has `bytes` after its last snapshot, which ends at `offset`. */
void snapshotter_start(struct snapshotter *snapshotter, const struct snapshotter_options *options,
                       const struct metadata_image *image, int64_t offset, uint64_t bytes);

/* Of snapshots from now on. */
void snapshotter_set_quorum(struct snapshotter *snapshotter, int16_t kraft_version, const kw_voters_record *voters);

/* An image has been published. */
void snapshotter_published(struct snapshotter *snapshotter, const struct metadata_image *image);

/* Does nothing to one of zero bytes. None may be being written. */
void snapshotter_finish(struct snapshotter *snapshotter);

#endif
