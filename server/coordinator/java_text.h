/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_JAVA_TEXT_H
#define SERVER_COORDINATOR_JAVA_TEXT_H

/* Strings as Java sees them: UTF-16, where each sequence of bytes that is not UTF-8 became one replacement character.
 */

#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>

/* Stores the character (code point) at the start of `size` bytes, at least one, and returns how many bytes it takes. */
size_t java_character(const uint8_t *bytes, size_t size, uint32_t *character);

/* The UTF-16 units of a character: returns 1 or 2. */
size_t java_units(uint32_t character, uint16_t units[2]);

/* String.compareTo(): below, equal to or above zero. Null is like "". */
int java_compare(kw_string a, kw_string b);

#endif
