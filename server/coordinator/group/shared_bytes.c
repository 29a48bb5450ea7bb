/* SPDX-License-Identifier: Apache-2.0 */
#include "shared_bytes.h"

#include <stdlib.h>
#include <string.h>

bool shared_bytes_copy(kw_bytes bytes, struct shared_bytes **out)
{
    *out = NULL;
    if (bytes.len <= 0)
        return true;
    struct shared_bytes *copy = malloc(sizeof *copy + (size_t)bytes.len);
    if (copy == NULL)
        return false;
    atomic_init(&copy->references, 1);
    copy->len = bytes.len;
    memcpy(copy->data, bytes.data, (size_t)bytes.len);
    *out = copy;
    return true;
}

struct shared_bytes *shared_bytes_share(struct shared_bytes *bytes)
{
    if (bytes != NULL)
        atomic_fetch_add(&bytes->references, 1);
    return bytes;
}

void shared_bytes_release(struct shared_bytes *bytes)
{
    if (bytes != NULL && atomic_fetch_sub(&bytes->references, 1) == 1)
        free(bytes);
}
