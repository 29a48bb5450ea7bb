/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PRINTABLE_H
#define TOOLS_PRINTABLE_H

/* Untrusted bytes as text that is safe for a terminal: visible UTF-8 as it is, the rest escaped. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The size of the longest escape. */
enum { PRINTABLE_SIZE = 8 };

/* The next character of `size` > 0 bytes: writes at most PRINTABLE_SIZE bytes, without a zero byte, to `to` and returns
 * their number; *taken is the number of bytes read. Quotes and backslashes are escaped; bytes that are not UTF-8 become
 * \xNN. */
size_t printable_next(const uint8_t *data, size_t size, char to[PRINTABLE_SIZE], size_t *taken);

/* Whether it is not empty and all visible UTF-8 or white space. */
bool printable_all(const uint8_t *data, size_t size);

/* The same, and some of it is ASCII, which makes a match by chance unlikely. */
bool printable_text(const uint8_t *data, size_t size);

#endif
