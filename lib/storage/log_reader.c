/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#include "log_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kwire/endian.h>

#include "file.h"

/* A search may read each byte this many times, and this many bytes more. */
enum { SEARCH_TIMES = 4, SEARCH_MORE = 64 << 20 };

kw_status kw_log_reader_open(kw_log_reader *r, const char *path, int64_t base_offset, const kw_allocator *allocator,
                             size_t limit)
{
    memset(r, 0, sizeof *r);
    r->descriptor = -1;
    if (limit < KW_LOG_READER_WINDOW)
        return KW_ERR_ARGUMENT;
    int fd;
    size_t size;
    kw_status status = kwi_open_regular(path, &fd, &size);
    if (status != KW_OK)
        return status;
    r->window = allocator->acquire(allocator->context, KW_LOG_READER_WINDOW);
    if (r->window == NULL) {
        (void)close(fd);
        return KW_ERR_NO_MEMORY;
    }
#ifdef POSIX_FADV_SEQUENTIAL
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
#endif
    r->window_size = KW_LOG_READER_WINDOW;
    r->allocator = allocator;
    r->limit = limit;
    r->descriptor = fd;
    r->size = size;
    r->next_offset = base_offset;
    r->error_offset = KW_NO_OFFSET;
    r->search_left = (uint64_t)size * SEARCH_TIMES + SEARCH_MORE;
    return KW_OK;
}

void kw_log_reader_close(kw_log_reader *r)
{
    if (r->descriptor < 0)
        return;
    (void)close(r->descriptor);
    r->descriptor = -1;
    r->allocator->release(r->allocator->context, r->window, r->window_size);
    r->window = NULL;
}

/* Bytes in the window are not read again: after damage the next position is close, possibly often. */
void kw_log_reader_seek(kw_log_reader *r, uint64_t position)
{
    uint64_t window_start = r->position - r->start;
    if (position >= window_start && position - window_start <= r->end) {
        r->start = (size_t)(position - window_start);
    } else {
        r->start = 0;
        r->end = 0;
        r->at_end = false;
    }
    r->position = position;
    r->zeros = false;
    r->status = KW_OK;
    r->system_error = 0;
}

kw_status kwi_log_reader_peek(kw_log_reader *r, uint64_t position, uint8_t *to, size_t size, size_t *got)
{
    *got = 0;
    while (*got < size) {
        ssize_t n = pread(r->descriptor, to + *got, size - *got, (off_t)(position + *got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            r->system_error = errno;
            return KW_ERR_FILE;
        }
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return KW_OK;
}

/* Moves the content of the window to its start, in a larger window if needed for `size` bytes. */
static kw_status ensure_window(kw_log_reader *r, size_t size)
{
    size_t held = r->end - r->start;
    uint8_t *to = r->window;
    size_t new_size = r->window_size;
    if (size > r->limit)
        return KW_ERR_MEMORY_LIMIT;
    while (new_size < size)
        new_size = new_size > r->limit / 2 ? r->limit : new_size * 2;
    if (new_size != r->window_size)
        to = r->allocator->acquire(r->allocator->context, new_size);
    if (to == NULL)
        return KW_ERR_NO_MEMORY;
    memmove(to, r->window + r->start, held);
    if (to != r->window)
        r->allocator->release(r->allocator->context, r->window, r->window_size);
    r->window = to;
    r->window_size = new_size;
    r->start = 0;
    r->end = held;
    return KW_OK;
}

/* A size from a field that may be damaged, or one byte more than the file has, which may have changed. */
static size_t within_file(const kw_log_reader *r, size_t size)
{
    struct stat st;
    if (size <= r->window_size || fstat(r->descriptor, &st) != 0)
        return size;
    uint64_t end = st.st_size > 0 ? (uint64_t)st.st_size : 0;
    uint64_t left = end > r->position ? end - r->position : 0;
    return left < size ? (size_t)left + 1 : size;
}

kw_status kwi_log_reader_fill(kw_log_reader *r, size_t size)
{
    if (r->at_end || r->end - r->start >= size)
        return KW_OK;
    kw_status status = ensure_window(r, within_file(r, size));
    if (status != KW_OK)
        return status;
    size_t left = r->window_size - r->end;
    size_t got;
    status = kwi_log_reader_peek(r, r->position + r->end, r->window + r->end, left, &got);
    r->end += got;
    r->at_end = status == KW_OK && got < left;
    return status;
}

static bool is_zero(const uint8_t *p, size_t size)
{
    return size == 0 || (p[0] == 0 && memcmp(p, p + 1, size - 1) == 0);
}

/* Checks that the file has only zeros from here on, and enough of them for a batch's length field. */
static kw_status check_zeros(kw_log_reader *r)
{
    uint64_t position = r->position;
    bool zeros = r->end - r->start >= KW_BATCH_OVERHEAD;
    kw_status status = KW_OK;
    while (zeros && status == KW_OK && r->end != r->start) {
        zeros = is_zero(r->window + r->start, r->end - r->start);
        kwi_log_reader_skip(r, r->end - r->start);
        status = kwi_log_reader_fill(r, 1);
    }
    kw_log_reader_seek(r, position);
    r->zeros = zeros;
    return status;
}

static bool stop(kw_log_reader *r, kw_status status, uint64_t at, int64_t offset)
{
    r->status = status;
    r->error_at = at;
    r->error_offset = offset;
    return false;
}

/* The current batch continues after the window. */
static bool stop_short(kw_log_reader *r, const kw_batches *bs)
{
    int64_t offset = KW_NO_OFFSET;
    if (bs->partial >= 8)
        offset = (int64_t)kw_load_be64(r->window + r->start);
    r->needed = bs->needed;
    return stop(r, KW_ERR_TORN, r->position, offset);
}

/* Not a batch: an error, or zeros. */
static bool stop_at(kw_log_reader *r, const kw_batches *bs)
{
    const kw_batches found = *bs;
    uint64_t at = r->position + found.error_at;
    if (found.status == KW_ERR_BATCH_SIZE && is_zero(r->window + r->start, KW_BATCH_OVERHEAD)) {
        kw_status status = check_zeros(r);
        if (status != KW_OK)
            return stop(r, status, r->position, KW_NO_OFFSET);
        if (r->zeros)
            return false;
    }
    return stop(r, found.status, at, found.error_offset);
}

bool kw_log_reader_next(kw_log_reader *r, kw_batch *out)
{
    if (r->status != KW_OK || r->zeros)
        return false;
    for (;;) {
        kw_batches bs;
        kw_batches_init_memory(&bs, r->window + r->start, r->end - r->start);
        if (kw_batches_next(&bs, out)) {
            out->position += (size_t)r->position;
            r->next_offset = kw_batch_next_offset(out);
            kwi_log_reader_skip(r, out->size);
            return true;
        }
        if (bs.status != KW_OK)
            return stop_at(r, &bs);
        if (r->at_end)
            return bs.partial != 0 && stop_short(r, &bs);
        size_t needed = bs.partial != 0 ? bs.needed : 1;
        kw_status status = kwi_log_reader_fill(r, needed);
        if (status != KW_OK) {
            (void)stop_short(r, &bs);
            return stop(r, status, r->position, r->error_offset);
        }
    }
}
