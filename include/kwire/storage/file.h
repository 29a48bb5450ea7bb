/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_FILE_H
#define KWIRE_STORAGE_FILE_H

/* Reading of small files (POSIX). <kwire/storage/log_reader.h> reads large ones. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/view.h>

/* The longest path, including its zero byte. */
#define KW_PATH_SIZE ((size_t)4096)

KW_BEGIN_DECLS

/* Copies a whole file of at most `limit` bytes to the arena. KW_ERR_NO_FILE, KW_ERR_FILE (see errno; EFBIG: above
 * the limit), KW_ERR_NO_MEMORY, KW_ERR_MEMORY_LIMIT. */
KW_API KW_NODISCARD kw_status kw_file_load(const char *path, size_t limit, kw_arena *arena, kw_bytes *out);

KW_END_DECLS
#endif
