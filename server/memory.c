/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

enum { LARGE_BLOCK = 256 * 1024, KEPT_AT_THE_END = 128 * 1024 };

void memory_prepare(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_AT_THE_END);
}

void memory_give_back(void)
{
    (void)malloc_trim(0);
}
#else
void memory_prepare(void)
{
}

void memory_give_back(void)
{
}
#endif
