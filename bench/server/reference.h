/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_SERVER_REFERENCE_H
#define BENCH_SERVER_REFERENCE_H

/* One answer, asked for before anything is measured, and what all others have in common with it: an answer that
 * refuses the request is never counted as a fast one. */

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes at the beginning of an answer: size, correlation id, and what follows them, which in ApiVersions from version 0
 * and in Fetch from version 7 on includes the error code. */
enum { REFERENCE_HEAD = 16, REFERENCE_COMMON_AT = 8 };

struct reference {
    size_t size; /* of a whole answer, its size field included */
    uint8_t head[REFERENCE_HEAD];
};

/* Sends the request of `size` bytes and decodes the answer. One that cannot be decoded, has an error code other than 0
 * anywhere, or has a field of records without any, ends the program with a message. */
void reference_take(const struct sockaddr_in *address, const uint8_t *request, size_t size, struct reference *out);

#endif
