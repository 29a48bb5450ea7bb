/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HEX_H
#define TOOLS_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/writer.h>

/* size / 2 bytes from `size` digits of either case. False if the size is odd or another character is among them, see
 * hex_error_at(). */
bool hex_decode(uint8_t *to, const char *text, size_t size);

/* The offset of the byte whose two digits hex_decode() does not find. */
size_t hex_error_at(const char *text, size_t size);

/* Appends two lower-case digits a byte. */
void hex_encode(kw_writer *out, const uint8_t *data, size_t size);

#endif
