/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_BENCHES_H
#define BENCH_BENCHES_H

#include "inputs.h"

/* Each checks its result once, and then prints a line for each operation. */
void bench_message(const struct bench_input *input); /* decode, encode, and encode_zc if it has payloads */
void bench_batch(const struct bench_input *input);   /* iter, crc, build */
void bench_raw(const struct bench_input *input);     /* crc */

#endif
