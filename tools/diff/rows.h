/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DIFF_ROWS_H
#define TOOLS_DIFF_ROWS_H

/* An explanation as a list of fields that can be compared with another. */

#include <stdbool.h>
#include <stddef.h>

#include <kwire/arena.h>

#include "../explain/explain.h"

typedef struct diff_row {
    const char *path; /* header fields are below "header" */
    explain_value value;
    const char *meaning; /* "" where there is none */
    kw_bytes bytes;      /* on the wire */
    bool secret;         /* not to be shown */
    bool key;            /* tells the element that it is in from others of the array */
} diff_row;

/* Rows and what they point to live in `arena`. */
typedef struct diff_rows {
    kw_arena *arena;
    diff_row *items;
    size_t count;
    size_t cap;
    const kw_message *m; /* of the part at hand */
    const char *title;   /* of the first part */
    bool fine;           /* nothing is wrong with the input */
    char problem[700];   /* what is, if anything: the first thing */
} diff_rows;

void diff_rows_init(diff_rows *rows, kw_arena *arena);

/* For explain_options.printer; adds to `rows`. */
printer diff_rows_printer(diff_rows *rows);

#endif
