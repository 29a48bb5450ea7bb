/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_FILE_H
#define KWIRE_STORAGE_FILE_H

/* Files, for reading only (POSIX). Large ones, segments and indexes, are mapped; small ones are copied to an arena. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/view.h>

/* The longest path that is accepted, its zero byte included. */
#define KW_PATH_SIZE ((size_t)4096)

/* A mapped file, as long as it was when it was opened: what is appended later is not seen.
 *
 * Should another process truncate the file while it is mapped, touching what is gone raises SIGBUS. Kafka truncates
 * only where a broker recovers from a crash or follows another one, and replaces or unlinks files otherwise, which is
 * harmless: so do not map the directory of a broker that is starting up or following; kw_file_load() copes with all. */
typedef struct kw_file {
    const uint8_t *data; /* never NULL once open, also if size is 0 */
    size_t size;
    int descriptor; /* for sendfile(); -1: not open; KW_FILE_MAPPED: open, but without */
} kw_file;

enum { KW_FILE_MAPPED = -2 };

/* A kw_file that is not open. */
#define KW_FILE_NONE \
    {                \
        NULL, 0, -1  \
    }

KW_BEGIN_DECLS

/* Opens and maps the file at `path`. On an error *file is as KW_FILE_NONE: KW_ERR_NO_FILE, KW_ERR_FILE (errno says why;
 * a folder or device is EINVAL, a file larger than the address space EFBIG). */
KW_API KW_NODISCARD kw_status kw_file_open(kw_file *file, const char *path);

/* Closes it; views of it end here. Does nothing to one that is not open. */
KW_API void kw_file_close(kw_file *file);

/* Closes the descriptor and keeps the mapping, which needs none: for programs that keep more files than the system lets
 * them have descriptors. Does nothing to a file that is not open. */
KW_API void kw_file_drop_descriptor(kw_file *file);

/* Copies a whole file of at most `limit` bytes to the arena. KW_ERR_NO_FILE, KW_ERR_FILE (EFBIG: above the limit),
 * KW_ERR_NO_MEMORY, KW_ERR_MEMORY_LIMIT. */
KW_API KW_NODISCARD kw_status kw_file_load(const char *path, size_t limit, kw_arena *arena, kw_bytes *out);

KW_END_DECLS
#endif
