/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_MEMORY_H
#define SERVER_MEMORY_H

/* What the C library's allocator keeps for later. Where it has no such calls, nothing is done. */

/* Before there are threads: large blocks are the system's again as soon as they are freed. glibc would keep tens of MiB
 * for itself once it has seen one of them. */
void memory_prepare(void);

/* Gives pages that nothing is on back to the system. */
void memory_give_back(void);

#endif
