/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BASE64_H
#define TOOLS_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room that base64_decode() needs for `size` characters. */
static inline size_t base64_room(size_t size)
{
    return size / 4 * 3;
}

/* The standard alphabet with its padding, nothing else: no white space, no line ends. As in Java, the bits that the
 * last character has too many may be anything. False if the text is something else. `to` is not text. */
bool base64_decode(uint8_t *to, size_t *to_size, const char *text, size_t size);

/* Writes four characters for every three bytes begun, without a zero byte, and returns how many. */
size_t base64_encode(char *to, const uint8_t *data, size_t size);

#endif
