/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_MALLOC_TUNING_H
#define SERVER_BASE_MALLOC_TUNING_H

/* What the C library's allocator keeps for later, and pages. Where there are no such calls, nothing is done. */

#include <stddef.h>

/* Before there are threads: large blocks are the system's again as soon as they are freed, where
 * glibc would keep tens of MiB for itself once it has seen one of them; of the rest a few MiB are kept until all is
 * quiet. */
void malloc_tuning_start(void);

/* Asks for large pages under a new block of many MiB that is going to be used at random: the processor finds few small
 * ones without looking them up in memory. */
void malloc_tuning_large_pages(void *block, size_t size);

/* Gives pages that nothing is on back to the system. */
void malloc_tuning_trim(void);

#endif
