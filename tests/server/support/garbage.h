/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_SUPPORT_GARBAGE_H
#define TESTS_SERVER_SUPPORT_GARBAGE_H

/* What is going to be initialized is no zeros before: a member that is forgotten shows. */

#include <stddef.h>
#include <string.h>

static inline void fill_with_garbage(void *data, size_t size)
{
    memset(data, 0xa5, size);
}

#endif
