/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_LOG_READER_H
#define KWIRE_STORAGE_LOG_READER_H

/* Reads a file of batches, which a segment or a snapshot is, from front to back through a window of memory: a file of
 * any size, and also one that another process truncates meanwhile, which a mapping does not survive. Behind a batch
 * that cannot be read it can find the next one.
 *
 *     kw_log_reader r;
 *     kw_batch b;
 *     if (kw_log_reader_open(&r, path, base_offset, kw_allocator_libc(), limit) != KW_OK)
 *         ...
 *     do {
 *         while (kw_log_reader_next(&r, &b))
 *             use(&b);
 *         if (r.status != KW_OK)
 *             ...                    (damaged at byte r.error_at)
 *     } while (kw_log_reader_resume(&r));
 *     kw_log_reader_close(&r); */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/batches.h>
#include <kwire/export.h>
#include <kwire/status.h>

/* The least that the limit of a reader may be, and what one takes where no batch is larger. */
#define KW_LOG_READER_WINDOW ((size_t)512 * 1024)

/* Up to `zeros` for reading, the rest is private. next_offset may be set, where a seek has gone back. */
typedef struct kw_log_reader {
    uint64_t position;    /* where the next batch begins; after an error the one that could not be read */
    uint64_t size;        /* of the file when it was opened */
    uint64_t error_at;    /* byte of the file that is wrong */
    uint64_t needed;      /* KW_ERR_TORN, KW_ERR_MEMORY_LIMIT: bytes that this batch takes, at least */
    int64_t error_offset; /* with an error: Kafka's offset of that batch; -1: not known */
    int64_t next_offset;  /* that follows the last batch; before the first, what the file is to begin with */
    kw_status status;
    int system_error; /* errno, with KW_ERR_FILE; else 0 */
    bool zeros;       /* at the end: the file goes on, with 12 zeros or more, as it was allocated ahead */
    bool at_end;      /* the file has no more than what is in the window */
    int descriptor;   /* -1: not open */
    const kw_allocator *allocator;
    uint8_t *window;
    size_t window_size;
    size_t limit;
    size_t begin; /* what is in the window and not used, the file's bytes from `position` on */
    size_t end;
    uint64_t search_left; /* bytes that may still be looked at in vain */
} kw_log_reader;

KW_BEGIN_DECLS

/* Opens a file whose first batch has base_offset or a later one; KW_NO_OFFSET: that is not known. The window comes from
 * `allocator` and has at most `limit` bytes, so that larger batches cannot be read. KW_ERR_ARGUMENT: a limit below
 * KW_LOG_READER_WINDOW; KW_ERR_NO_FILE, KW_ERR_FILE (errno says why), KW_ERR_NO_MEMORY. On an error it is not open. */
KW_API KW_NODISCARD kw_status kw_log_reader_open(kw_log_reader *r, const char *path, int64_t base_offset,
                                                 const kw_allocator *allocator, size_t limit);

/* Closes it. Does nothing to one that is not open. */
KW_API void kw_log_reader_close(kw_log_reader *r);

/* The next batch, valid until the next call; kw_batch.position counts from the file's beginning. Checksums and the
 * order of offsets are the caller's to check. False at the end of the file, with KW_OK, and at an error, which sticks:
 *
 *   KW_ERR_BATCH_SIZE, KW_ERR_MAGIC   see kw_batches_next(); error_at is the field
 *   KW_ERR_TORN                       the file ends inside this batch
 *   KW_ERR_MEMORY_LIMIT               the batch is larger than the limit of the window
 *   KW_ERR_NO_MEMORY, KW_ERR_FILE     nothing is known of the batch */
KW_API KW_NODISCARD bool kw_log_reader_next(kw_log_reader *r, kw_batch *out);

/* Goes on at `position`, where a batch must begin. What is in the window is not read again. */
KW_API void kw_log_reader_seek(kw_log_reader *r, uint64_t position);

/* After an error: goes on at the next batch behind it that is whole, has the right checksum, and an offset that may
 * follow. False if there is none, and where the error is the system's or there was none; the reader is as it was then.
 * The search takes time in proportion to the file, all searches of a reader together. */
KW_API KW_NODISCARD bool kw_log_reader_resume(kw_log_reader *r);

KW_END_DECLS
#endif
