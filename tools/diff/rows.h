/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DIFF_ROWS_H
#define TOOLS_DIFF_ROWS_H

/* An explanation as a list of fields that can be compared. */

#include <stdbool.h>
#include <stddef.h>

#include <kwire/arena.h>

#include "../explain/explain.h"

typedef struct diff_row {
    const char *path; /* header fields are below "header" */
    explain_value value;
    const char *meaning; /* "" if there is none */
    kw_bytes bytes;      /* on the wire */
    bool secret;         /* must not be shown */
    bool key;            /* identifies its element in the array */
} diff_row;

/* Rows and what they point to are in `arena`. */
typedef struct diff_rows {
    kw_arena *arena;
    diff_row *items;
    size_t count;
    size_t cap;
    const kw_message *m; /* of the current part */
    const char *title;   /* of the first part */
    bool fine;           /* the input is valid */
    char problem[700];   /* the first problem, if any */
} diff_rows;

void diff_rows_init(diff_rows *rows, kw_arena *arena);

/* For explain_options.printer; adds to `rows`. */
printer diff_rows_printer(diff_rows *rows);

#endif
