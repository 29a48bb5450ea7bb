/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

kw_status kwi_open_regular(const char *path, int *descriptor, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? KW_ERR_NO_FILE : KW_ERR_FILE;
    struct stat st;
    int error = 0;
    if (fstat(fd, &st) != 0)
        error = errno;
    else if (!S_ISREG(st.st_mode))
        error = EINVAL;
    else if ((uintmax_t)st.st_size > (uintmax_t)PTRDIFF_MAX)
        error = EFBIG;
    if (error != 0) {
        (void)close(fd);
        errno = error;
        return KW_ERR_FILE;
    }
    *descriptor = fd;
    *size = (size_t)st.st_size;
    return KW_OK;
}

/* Reads `size` bytes or up to the end of the file, which may be shorter than at fstat(). */
static bool read_all(int fd, uint8_t *to, size_t size, size_t *got)
{
    *got = 0;
    while (*got < size) {
        ssize_t n = read(fd, to + *got, size - *got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return true;
}

kw_status kw_file_load(const char *path, size_t limit, kw_arena *arena, kw_bytes *out)
{
    out->data = NULL;
    out->len = 0;
    int fd;
    size_t size;
    kw_status status = kwi_open_regular(path, &fd, &size);
    if (status != KW_OK)
        return status;
    int error = 0;
    size_t got = 0;
    uint8_t *copy = NULL;
    if (size > limit || size > INT32_MAX)
        error = EFBIG;
    else if ((copy = kw_arena_alloc(arena, size)) == NULL)
        status = kw_arena_status(arena);
    else if (!read_all(fd, copy, size, &got))
        error = errno;
    (void)close(fd);
    if (error != 0) {
        errno = error;
        return KW_ERR_FILE;
    }
    out->data = copy;
    out->len = (int32_t)got;
    return status;
}
