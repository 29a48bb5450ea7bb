/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DIFF_COMPARE_H
#define TOOLS_DIFF_COMPARE_H

/* Compares two inputs field by field. */

#include "rows.h"

typedef enum difference_kind {
    ONLY_FIRST,
    ONLY_SECOND,
    OTHER_VALUE,
    OTHER_BYTES /* the same value, encoded differently */
} difference_kind;

typedef struct difference {
    difference_kind kind;
    const diff_row *first;  /* NULL: ONLY_SECOND */
    const diff_row *second; /* NULL: ONLY_FIRST */
} difference;

/* Calls `show` for every difference, in the order of the fields. `same_layout`: both have the same message and version,
 * so the same value in other bytes is a difference. Returns the number of differences. */
size_t compare_rows(const diff_rows *first, const diff_rows *second, bool same_layout,
                    void (*show)(void *context, const difference *d), void *context);

#endif
