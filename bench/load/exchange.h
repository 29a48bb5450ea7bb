/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_LOAD_EXCHANGE_H
#define BENCH_LOAD_EXCHANGE_H

/* Requests as frames, and answers as structs. A failure ends the program with a message. */

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/writer.h>

/* Adds a frame to the writer. */
void exchange_encode(kw_writer *out, int16_t api_key, int16_t version, int32_t correlation_id, const void *body);

/* The body of a frame, without its size field; views of the frame, arrays in the arena. */
void *exchange_decode(kw_arena *arena, int16_t api_key, int16_t version, const uint8_t *frame, size_t size);

/* Asks on a connection of its own. The answer is in the arena. */
void *exchange_ask(const struct sockaddr_in *address, kw_arena *arena, int16_t api_key, int16_t version,
                   const void *body);

#endif
