/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PRINT_TEXT_H
#define TOOLS_PRINT_TEXT_H

/* An explanation as a dump: offset, bytes, path, type, value and meaning in columns. */

#include <stdbool.h>

#include "printer.h"
#include "sheet.h"

typedef struct print_text {
    sheet sheet;
    bool colour;
    bool full; /* no bytes are cut */
    bool short_names;
    unsigned digits; /* of an offset */
    size_t path_at;  /* the columns; within an input they only move to the right */
    size_t type_at;
    size_t value_at;
    bool follows; /* something was printed before this input */
    bool titled;  /* the title included that of the first part */
} print_text;

/* A plain dump, unless flags are set afterwards. `write` NULL: standard output. */
printer print_text_init(print_text *p, void (*write)(void *context, const void *data, size_t size), void *context);

#endif
