/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DIFF_PRINT_H
#define TOOLS_DIFF_PRINT_H

#include "compare.h"

/* Differences as they come; kept until the end, so that they stand in columns. */
typedef struct diff_print {
    kw_arena *arena;
    bool json; /* a line of JSON each instead */
    difference *items;
    size_t count;
    size_t cap;
} diff_print;

/* For compare_rows(). */
void diff_print_take(void *self, const difference *d);

/* Writes all to standard output. */
void diff_print_end(const diff_print *p);

#endif
