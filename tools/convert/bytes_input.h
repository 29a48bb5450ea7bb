/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BYTES_INPUT_H
#define TOOLS_BYTES_INPUT_H

/* The bytes that `decode` reads, in any form that `explain` reads, and those that `encode` writes. */

#include <kwire/writer.h>

#include "../command/buffer.h"
#include "../command/report.h"
#include "../text/bytes_shape.h"

/* `shape` NULL: recognised. Appends the bytes to `to`. Errors in plain hex are CODE_HEX with the byte. */
bool bytes_input_read(const char *text, size_t size, const bytes_shape *shape, kw_writer *to, report *r);

typedef enum output_form { OUTPUT_HEX, OUTPUT_0X, OUTPUT_BASE64, OUTPUT_BINARY } output_form;

/* E.g. "base64"; false if there is no such form. */
bool output_form_named(const char *name, output_form *out);

/* Writes bytes, given as hex digits, to standard output; a line unless they are binary. */
void output_bytes(output_form form, const char *digits, size_t size);

#endif
