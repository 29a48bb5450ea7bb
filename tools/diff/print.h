/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DIFF_PRINT_H
#define TOOLS_DIFF_PRINT_H

#include "compare.h"

/* Collects differences until the end, to align them in columns. */
typedef struct diff_print {
    kw_arena *arena;
    bool json; /* a line of JSON for each */
    difference *items;
    size_t count;
    size_t cap;
} diff_print;

/* For compare_rows(). */
void diff_print_take(void *self, const difference *d);

/* Prints all to standard output. */
void diff_print_end(const diff_print *p);

#endif
