/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BASE64_H
#define TOOLS_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The capacity that base64_decode() needs for `size` characters. */
static inline size_t base64_capacity(size_t size)
{
    return size / 4 * 3;
}

/* Only the standard alphabet with its padding: no white space, no line ends. As in Java, surplus bits of the last
 * character are ignored. False if the text is anything else. */
bool base64_decode(uint8_t *to, size_t *to_size, const char *text, size_t size);

/* Writes four characters for every started group of three bytes, without a zero byte, and returns their number. */
size_t base64_encode(char *to, const uint8_t *data, size_t size);

#endif
