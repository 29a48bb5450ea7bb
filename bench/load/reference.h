/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_LOAD_REFERENCE_H
#define BENCH_LOAD_REFERENCE_H

/* One answer, requested before the measurement, and the bytes that all others have in common with it: so an answer that
 * refuses the request is never counted as a fast one. */

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes at the start of an answer: size, correlation id, and the next fields, which in ApiVersions from version 0 and
 * in Fetch from version 7 on include the error code. */
enum { REFERENCE_HEAD = 16, REFERENCE_COMMON_AT = 8 };

enum { REFERENCE_KEPT = 256 };

struct reference {
    size_t size; /* of a whole answer, its size field included */
    uint8_t head[REFERENCE_KEPT];
    size_t records_at;   /* of the first records field, from the start of the answer; 0: it has none */
    size_t records_size; /* bytes */
};

/* Sends a request on a connection of its own. Returns the answer, its size field included, which the caller frees. */
uint8_t *reference_ask(const struct sockaddr_in *address, const uint8_t *request, size_t request_size, size_t *size);

/* Sends the request of `size` bytes and decodes the answer. The program ends with a message if that fails, if the
 * answer has an error code other than 0, or a records field without records. */
void reference_take(const struct sockaddr_in *address, const uint8_t *request, size_t size, struct reference *out);

#endif
