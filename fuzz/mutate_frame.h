/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_MUTATE_FRAME_H
#define FUZZ_MUTATE_FRAME_H

#include <stddef.h>
#include <stdint.h>

/* Changes a request in a frame in place, whose buffer has a capacity of `max_size` bytes: mostly its body, while header
 * and size stay valid; at times it becomes another request, of one of the `count` API keys, or of any if `keys` is
 * NULL. Returns the new size. */
size_t mutate_frame(uint8_t *data, size_t size, size_t max_size, const int16_t *keys, size_t count, uint64_t *random);

#endif
