/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCARCE_H
#define SCARCE_H

/* A system that runs out of memory or descriptors when a test says so. What the library and the broker, which are
 * linked statically, call to get them comes here (ld --wrap): malloc() and its like, strdup() and pthread_create();
 * open() and opendir(). Threads may call at once. */

#include <stdbool.h>
#include <stddef.h>

typedef enum scarce_kind { SCARCE_MEMORY, SCARCE_DESCRIPTORS } scarce_kind;

/* The call number `n` of this kind from now on fails, counted from 1; 0: none does. */
void scarce_fail_at(scarce_kind kind, size_t n);

/* Whether it has. */
bool scarce_has_failed(void);

/* Blocks that are allocated and not freed. */
size_t scarce_blocks(void);

/* Descriptors that this process has open. */
size_t open_descriptors(void);

#endif
