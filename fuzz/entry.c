/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

uint8_t *fuzz_copy(const void *data, size_t size)
{
    uint8_t *copy = malloc(size);
    if (copy == NULL && size != 0)
        fuzz_fail(__FILE__, __LINE__, "out of memory");
    if (size != 0)
        memcpy(copy, data, size);
    return copy;
}

void fuzz_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = fuzz_copy(data, size);
    fuzz_target(copy, size);
    free(copy);
    return 0;
}
