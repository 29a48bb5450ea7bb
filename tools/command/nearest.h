/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_NEAREST_H
#define TOOLS_NEAREST_H

/* The candidate nearest to a mistyped word. */

#include <stddef.h>

typedef struct nearest {
    const char *word;
    size_t size;
    const char *best; /* NULL: nothing is near enough */
    size_t distance;
} nearest;

void nearest_init(nearest *n, const char *word, size_t size);

/* `candidate` must outlive `n`. */
void nearest_offer(nearest *n, const char *candidate);

enum { HINT_SIZE = 96 };

/* "; did you mean X?", or "" if none is near. Returns `to`. */
const char *nearest_hint(const nearest *n, char to[HINT_SIZE]);

#endif
