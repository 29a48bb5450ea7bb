/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_SNAPSHOT_WRITER_H
#define KWIRE_STORAGE_SNAPSHOT_WRITER_H

/* Snapshots of __cluster_metadata, <end offset>-<epoch>.checkpoint, and the bootstrap records, which are the
 * snapshot at offset 0 of epoch 0 (until Kafka 4.3 in a file named bootstrap.checkpoint): a control batch with a
 * header, batches of metadata records whose offsets count from 0, a control batch with a footer. They are read like
 * any log, with <kwire/storage/log_reader.h> or <kwire/batches.h>, <kwire/records.h> and <kwire/control_record.h>.
 *
 *     kw_snapshot_writer s;
 *     if (kw_snapshot_writer_init(&s, &out, &options) != KW_OK)
 *         ...
 *     while (there are records)
 *         status = kw_snapshot_writer_append(&s, values, count);
 *     if (kw_snapshot_writer_end(&s) != KW_OK)
 *         ...
 *
 * Each call writes one batch to `out`, which may be emptied (kw_writer_reset()) between calls, so a snapshot need
 * not fit in memory. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/control_record.h>
#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

/* The values of header and footer. */
typedef struct kw_snapshot_options {
    int64_t timestamp;                    /* ms: time of the snapshot */
    int64_t last_contained_log_timestamp; /* ms: of the last record that is in it */
    int32_t epoch;                        /* of the last record that is in it */
    int16_t kraft_version;                /* 0: neither this nor voters are written */
    const kw_voters_record *voters;       /* NULL: not written */
} kw_snapshot_options;

/* `timestamp` may be changed between calls, next_offset may be read, the rest is private. */
typedef struct kw_snapshot_writer {
    int64_t timestamp;
    int64_t next_offset;
    int32_t epoch;
    kw_writer *out;
} kw_snapshot_writer;

KW_BEGIN_DECLS

/* Writes the header batch, with kraft.version and voters if given. KW_ERR_ARGUMENT: voters with kraft_version 0, a
 * negative time or epoch. This and the other calls may also return the errors of kw_batch_builder_init(), _append()
 * and _end(); then nothing of the batch is written. */
KW_API KW_NODISCARD kw_status kw_snapshot_writer_init(kw_snapshot_writer *s, kw_writer *out,
                                                      const kw_snapshot_options *options);

/* Writes a batch of `count` records with these values, see kw_persisted_encode_header() in <kwire/persisted.h>.
 * Kafka's readers accept batches of up to 8 MiB. */
KW_API KW_NODISCARD kw_status kw_snapshot_writer_append(kw_snapshot_writer *s, const kw_bytes *values, size_t count);

/* Writes the footer batch. */
KW_API KW_NODISCARD kw_status kw_snapshot_writer_end(kw_snapshot_writer *s);

KW_END_DECLS
#endif
