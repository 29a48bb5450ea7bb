/* SPDX-License-Identifier: Apache-2.0 */
#include "malloc_tuning.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LARGE_PAGE = 2 * 1024 * 1024 };

#if defined __has_feature
#define IS_SANITIZED \
    (__has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer))
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

/* Whole ones that are inside the block. */
void malloc_tuning_large_pages(void *block, size_t size)
{
#ifdef MADV_HUGEPAGE
    uintptr_t first = ((uintptr_t)block + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    uintptr_t end = ((uintptr_t)block + size) / LARGE_PAGE * LARGE_PAGE;
    if (first < end)
        (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
#else
    (void)block;
    (void)size;
#endif
}
