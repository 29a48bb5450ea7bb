/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_BENCHES_H
#define BENCH_BENCHES_H

#include <stddef.h>
#include <stdint.h>

#include <kwire/message.h>

/* One input: a body of a message, a batch, or just bytes. */
struct bench_input {
    const char *name;
    int16_t api_key; /* this and the next two: of a message */
    int16_t version;
    kw_message_type type;
    const uint8_t *data;
    size_t size;
};

/* Each checks once that it does the right thing, and then prints a line an operation. */
void bench_message(const struct bench_input *input); /* decode, encode, and encode_zc if it has payloads */
void bench_batch(const struct bench_input *input);   /* iter, crc, build */
void bench_raw(const struct bench_input *input);     /* crc */

#endif
