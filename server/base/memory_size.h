/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_MEMORY_SIZE_H
#define SERVER_BASE_MEMORY_SIZE_H

#include <stddef.h>

/* Bytes of memory that this process may use: that of the machine, or of its control group if that is less. */
size_t memory_size(void);

/* The number in memory.max of a control group; SIZE_MAX: there is no limit, or no such file. */
size_t memory_limit_in(const char *path);

#endif
