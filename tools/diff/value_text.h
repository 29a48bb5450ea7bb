/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DIFF_VALUE_TEXT_H
#define TOOLS_DIFF_VALUE_TEXT_H

/* Values as text for comparison. */

#include <kwire/writer.h>

#include "rows.h"

/* Appends it; strings and bytes longer than `most` are cut and followed by their size. */
void value_text(const diff_row *row, size_t most, kw_writer *out);

/* The same in a C string of `size` bytes, cut if that is too short. */
void value_text_short(const diff_row *row, char *to, size_t size);

/* Appends it as JSON. */
void value_json(const diff_row *row, kw_writer *out);

#endif
