/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PLAIN_LINE_H
#define TOOLS_PLAIN_LINE_H

/* The usual shape of a question to decode, read without building a JSON tree: some three times as fast. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>

typedef struct plain_line {
    kw_string message;
    int64_t version;
    const char *hex;
    size_t hex_size;
} plain_line;

/* True for an object of exactly the keys "message", "version" and "hex", in any order, then all is set. The message is
 * printable ASCII without escapes. Hex is what stands before the next quote, not looked at: only if it is all hex
 * digits it is what JSON means. False says nothing but that jansson shall look at the line. */
bool plain_line_read(plain_line *out, const char *line, size_t size);

#endif
