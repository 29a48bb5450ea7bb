/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PRINTABLE_H
#define TOOLS_PRINTABLE_H

/* Bytes of anybody as text that does a terminal no harm: what is UTF-8 and visible as it is, the rest escaped. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for one escape. */
enum { PRINTABLE_SIZE = 8 };

/* The next character of `size` > 0 bytes: puts at most PRINTABLE_SIZE bytes, without a zero byte, in `to` and returns
 * how many; *taken bytes of the data are done then. Quotes and backslashes are escaped; what is not UTF-8 becomes
 * \xNN. */
size_t printable_next(const uint8_t *data, size_t size, char to[PRINTABLE_SIZE], size_t *taken);

/* Whether all of it is UTF-8 that is visible, white space included, and there is any. */
bool printable_all(const uint8_t *data, size_t size);

/* The same, and some of it is ASCII: few bytes that are no text are so by chance. */
bool printable_text(const uint8_t *data, size_t size);

#endif
