/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_LOG_READER_H
#define KWIRE_STORAGE_LOG_READER_H

/* Reads a file of batches, that is a segment or a snapshot, sequentially through a window of memory: a file of any
 * size, which other processes may truncate meanwhile (with a mapping that would be SIGBUS). After a batch that
 * cannot be read it can find the next one.
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

/* The smallest limit of a reader, and the memory that it uses unless a batch is larger. */
#define KW_LOG_READER_WINDOW ((size_t)512 * 1024)

/* The fields up to `zeros` may be read, the rest is private. next_offset may be set after seeking backwards. */
typedef struct kw_log_reader {
    uint64_t position;    /* where the next batch starts; after an error the one that could not be read */
    uint64_t size;        /* of the file when it was opened */
    uint64_t error_at;    /* byte of the file with the error */
    uint64_t needed;      /* KW_ERR_TORN, KW_ERR_MEMORY_LIMIT: size of that batch, at least */
    int64_t error_offset; /* with an error: Kafka's offset of that batch; -1: not known */
    int64_t next_offset;  /* offset after the last batch; before the first one, the expected base offset */
    kw_status status;
    int system_error; /* errno, with KW_ERR_FILE; else 0 */
    bool zeros;       /* at the end: the file continues with 12 zeros or more, as it was allocated in advance */
    bool at_end;      /* the window has the rest of the file */
    int descriptor;   /* -1: not open */
    const kw_allocator *allocator;
    uint8_t *window;
    size_t window_size;
    size_t limit;
    size_t start; /* start of the unused bytes in the window, those of the file from `position` on */
    size_t end;
    uint64_t search_left; /* bytes that searches may still read */
} kw_log_reader;

KW_BEGIN_DECLS

/* Opens a file whose first batch has base_offset or a later one; KW_NO_OFFSET: unknown. The window comes from
 * `allocator` and has at most `limit` bytes, so larger batches cannot be read. KW_ERR_ARGUMENT: a limit below
 * KW_LOG_READER_WINDOW; KW_ERR_NO_FILE, KW_ERR_FILE (see errno), KW_ERR_NO_MEMORY. After an error it is not open. */
KW_API KW_NODISCARD kw_status kw_log_reader_open(kw_log_reader *r, const char *path, int64_t base_offset,
                                                 const kw_allocator *allocator, size_t limit);

/* Closes the file and releases the window. No effect on a reader that is not open. */
KW_API void kw_log_reader_close(kw_log_reader *r);

/* The next batch, valid until the next call; kw_batch.position is an offset in the file. The caller checks checksums
 * and the order of offsets. False at the end of the file, with KW_OK, and after an error, which is kept:
 *
 *   KW_ERR_BATCH_SIZE, KW_ERR_MAGIC   see kw_batches_next(); error_at is the field
 *   KW_ERR_TORN                       the file ends inside this batch
 *   KW_ERR_MEMORY_LIMIT               the batch is larger than the limit of the window
 *   KW_ERR_NO_MEMORY, KW_ERR_FILE     no memory, or an error of the system; the batch may be valid */
KW_API KW_NODISCARD bool kw_log_reader_next(kw_log_reader *r, kw_batch *out);

/* Continues at `position`, where a batch must start. Bytes in the window are not read again. */
KW_API void kw_log_reader_seek(kw_log_reader *r, uint64_t position);

/* After an error: continues at the next batch that is complete, has a correct checksum, and an offset that may
 * follow. False if there is none, if the error was one of the system, or if there was no error; then the reader is
 * unchanged. All searches of a reader together take time linear in the file. */
KW_API KW_NODISCARD bool kw_log_reader_resume(kw_log_reader *r);

KW_END_DECLS
#endif
