/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_MAX_MEMORY_H
#define TOOLS_MAX_MEMORY_H

/* The option --max-memory. */

#include "options.h"

#define MAX_MEMORY_DEFAULT ((size_t)256 * 1024 * 1024)

/* Enough for an answer that says that there is not enough. */
#define MAX_MEMORY_LEAST ((size_t)64 * 1024)

/* GO_ON or the exit status. `text` NULL: the default. */
int max_memory_read(const verb *v, const char *text, size_t *out);

#endif
