/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_STORAGE_LOG_READER_H
#define KWI_STORAGE_LOG_READER_H

/* What the parts of kw_log_reader share. */

#include <kwire/storage/log_reader.h>

/* Makes the window hold `size` bytes from r->position on, or what the file has. KW_ERR_MEMORY_LIMIT, KW_ERR_NO_MEMORY,
 * KW_ERR_FILE with r->system_error. What the window held stays valid in it, though not in its place. */
KW_NODISCARD kw_status kwi_log_reader_fill(kw_log_reader *r, size_t size);

/* Reads up to `size` bytes at a place of the file, past the window; *got may be less only at the end of the file. */
KW_NODISCARD kw_status kwi_log_reader_peek(kw_log_reader *r, uint64_t position, uint8_t *to, size_t size, size_t *got);

/* Forgets `size` bytes of the window, which it has. */
static inline void kwi_log_reader_skip(kw_log_reader *r, size_t size)
{
    r->begin += size;
    r->position += size;
}

#endif
