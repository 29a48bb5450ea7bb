/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_MALLOC_TUNING_H
#define SERVER_BASE_MALLOC_TUNING_H

/* What the C library's allocator keeps for later. Where it has no such calls, nothing is done. */

/* Before there are threads: large blocks are the system's again as soon as they are freed, where
 * glibc would keep tens of MiB for itself once it has seen one of them; of the rest a few MiB are kept until all is
 * quiet. */
void malloc_tuning_start(void);

/* Gives pages that nothing is on back to the system. */
void malloc_tuning_trim(void);

#endif
