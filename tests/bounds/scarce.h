/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCARCE_H
#define SCARCE_H

/* Makes the system run out of memory or descriptors on request. Calls of the statically linked library and broker are
 * redirected here (ld --wrap): malloc() and similar, strdup() and pthread_create(); open(), opendir(), epoll_create1()
 * and eventfd(). Thread-safe. */

#include <stdbool.h>
#include <stddef.h>

typedef enum scarce_kind { SCARCE_MEMORY, SCARCE_DESCRIPTORS } scarce_kind;

/* The `n`-th call of this kind from now on fails, counted from 1; 0: none. */
void scarce_fail_at(scarce_kind kind, size_t n);

/* From now on each allocation in an arena that can grow is such a call, too, and not only those of its blocks. */
void scarce_count_arenas(void);

/* Whether it failed. */
bool scarce_has_failed(void);

/* The number of blocks that were not freed. */
size_t scarce_blocks(void);

/* The number of open descriptors of this process. */
size_t open_descriptors(void);

#endif
