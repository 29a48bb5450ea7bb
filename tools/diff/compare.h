/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DIFF_COMPARE_H
#define TOOLS_DIFF_COMPARE_H

/* What two inputs have in common and what not, field by field. */

#include "rows.h"

typedef enum difference_kind {
    ONLY_FIRST,
    ONLY_SECOND,
    OTHER_VALUE,
    OTHER_BYTES /* the same value, written in another way */
} difference_kind;

typedef struct difference {
    difference_kind kind;
    const diff_row *first;  /* NULL: ONLY_SECOND */
    const diff_row *second; /* NULL: ONLY_FIRST */
} difference;

/* Calls `tell` for every difference, in the order of the fields. `same_layout`: both are of one message and version, so
 * that the same value in other bytes is a difference. Returns how many there are. */
size_t compare_rows(const diff_rows *first, const diff_rows *second, bool same_layout,
                    void (*tell)(void *context, const difference *d), void *context);

#endif
