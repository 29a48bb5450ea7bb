/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_UTF8_H
#define KWI_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The next piece of a text of size > 0: one character, or invalid bytes that Java replaces by a single U+FFFD.
 * Returns its length, 1 to 4. */
size_t kwi_utf8_next(const uint8_t *text, size_t size, bool *valid);

#endif
