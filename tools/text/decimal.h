/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DECIMAL_H
#define TOOLS_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

/* The longest number with its sign; no zero byte. */
enum { DECIMAL_SIZE = 20 };

/* Writes a decimal number at the end of `to`. Returns the index of its start. */
static inline size_t decimal_put(char to[DECIMAL_SIZE], int64_t number)
{
    size_t at = DECIMAL_SIZE;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        to[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left != 0);
    if (number < 0)
        to[--at] = '-';
    return at;
}

#endif
