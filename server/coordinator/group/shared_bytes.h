/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_SHARED_BYTES_H
#define SERVER_COORDINATOR_GROUP_SHARED_BYTES_H

/* Bytes that do not change and have several owners, also on other threads. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <kwire/view.h>

/* NULL stands for none and for empty ones. */
struct shared_bytes {
    atomic_uint references;
    int32_t len;
    uint8_t data[];
};

/* A copy, with one reference. False: there is no memory. */
bool shared_bytes_copy(kw_bytes bytes, struct shared_bytes **out);

struct shared_bytes *shared_bytes_share(struct shared_bytes *bytes);
void shared_bytes_release(struct shared_bytes *bytes);

/* Not null, but may be empty; valid as long as the reference. */
static inline kw_bytes shared_bytes_view(const struct shared_bytes *bytes)
{
    return bytes != NULL ? (kw_bytes){bytes->data, bytes->len} : (kw_bytes){NULL, 0};
}

#endif
