/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_STORAGE_LOG_READER_H
#define KWI_STORAGE_LOG_READER_H

/* Shared by the parts of kw_log_reader. */

#include <kwire/storage/log_reader.h>

/* Makes the window hold `size` bytes from r->position on, or the rest of the file. KW_ERR_MEMORY_LIMIT,
 * KW_ERR_NO_MEMORY, KW_ERR_FILE with r->system_error. The bytes in the window remain in it, possibly at another
 * place. */
KW_NODISCARD kw_status kwi_log_reader_fill(kw_log_reader *r, size_t size);

/* Reads up to `size` bytes at a position of the file, without the window; *got may be less only at the end of the
 * file. */
KW_NODISCARD kw_status kwi_log_reader_peek(kw_log_reader *r, uint64_t position, uint8_t *to, size_t size, size_t *got);

/* Drops `size` bytes of the window. */
static inline void kwi_log_reader_skip(kw_log_reader *r, size_t size)
{
    r->start += size;
    r->position += size;
}

#endif
