/* SPDX-License-Identifier: Apache-2.0 */
#include "malloc_tuning.h"

#include <stdlib.h>

#if defined __has_feature
#define IS_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

/* Sanitizers have an allocator of their own; that of the C library is not even initialized beside it. */
#if defined __GLIBC__ && !IS_SANITIZED
#include <malloc.h>

enum { LARGE_BLOCK = 256 * 1024, KEPT_AT_MOST = 8 * 1024 * 1024 };

/* Of each arena; at 128 KiB, the default, every crowd of requests returns pages that the next one takes again. */
void malloc_tuning_start(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_AT_MOST);
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
