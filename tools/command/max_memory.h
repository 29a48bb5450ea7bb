/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_MAX_MEMORY_H
#define TOOLS_MAX_MEMORY_H

/* The option --max-memory. */

#include "options.h"

#define MAX_MEMORY_DEFAULT ((size_t)256 * 1024 * 1024)

/* Enough for an answer that reports the lack of memory. */
#define MAX_MEMORY_LEAST ((size_t)64 * 1024)

/* Returns CONTINUE or the exit status. `text` NULL: the default. */
int max_memory_read(const verb *v, const char *text, size_t *out);

#endif
