/* SPDX-License-Identifier: Apache-2.0 */
#include "memory_size.h"

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "file.h"

static size_t machine_size(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    if (pages <= 0 || page <= 0)
        return (size_t)1024 * 1024 * 1024;
    return (size_t)pages > SIZE_MAX / (size_t)page ? SIZE_MAX : (size_t)pages * (size_t)page;
}

size_t memory_limit_in(const char *path)
{
    enum { LIMIT = 64 };
    size_t size = 0;
    char *text = file_read(path, LIMIT, &size);
    unsigned long long limit = 0;
    if (text != NULL && size != 0 && size < LIMIT && text[0] >= '0' && text[0] <= '9') {
        text[size - 1] = '\0'; /* in place of the line's end */
        limit = strtoull(text, NULL, 10);
    }
    free(text);
    return limit != 0 && limit < SIZE_MAX ? (size_t)limit : SIZE_MAX;
}

size_t memory_size(void)
{
    size_t machine = machine_size(), group = memory_limit_in("/sys/fs/cgroup/memory.max");
    return machine < group ? machine : group;
}
