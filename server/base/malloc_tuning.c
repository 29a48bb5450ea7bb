/* SPDX-License-Identifier: Apache-2.0 */
#include "malloc_tuning.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

enum { LARGE_BLOCK = 256 * 1024 };

/* M_TRIM_THRESHOLD stays at its 128 KiB then, too. */
void malloc_tuning_start(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
}

void malloc_tuning_trim(void)
{
    (void)malloc_trim(0);
}
#else
void malloc_tuning_start(void)
{
}

void malloc_tuning_trim(void)
{
}
#endif
