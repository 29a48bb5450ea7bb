/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DIFF_VALUE_TEXT_H
#define TOOLS_DIFF_VALUE_TEXT_H

/* Values as one reads them beside each other. */

#include <kwire/writer.h>

#include "rows.h"

/* Appends it; strings and bytes that are longer than `most` are cut, and their size is said. */
void value_text(const diff_row *row, size_t most, kw_writer *out);

/* The same in a C string of `size` bytes, cut where that is not enough. */
void value_text_short(const diff_row *row, char *to, size_t size);

/* Appends it as JSON. */
void value_json(const diff_row *row, kw_writer *out);

#endif
