/* SPDX-License-Identifier: Apache-2.0 */
#include "max_memory.h"

#include <stdint.h>

int max_memory_read(const verb *v, const char *text, size_t *out)
{
    long long n = (long long)MAX_MEMORY_DEFAULT;
    if (text != NULL && !size_read(text, (long long)MAX_MEMORY_LEAST, (long long)(SIZE_MAX / 2), &n))
        return usage_error(v, "--max-memory is a number of bytes, at least %zu", MAX_MEMORY_LEAST);
    *out = (size_t)n;
    return CONTINUE;
}
