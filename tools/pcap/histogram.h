/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HISTOGRAM_H
#define TOOLS_HISTOGRAM_H

/* Quantiles of any number of values in fixed memory, exact to 1/128 of the value. */

#include <stdint.h>

enum {
    HISTOGRAM_PARTS = 64, /* of each power of two */
    HISTOGRAM_BUCKETS = HISTOGRAM_PARTS * 58
};

/* All zero is an empty one. */
typedef struct histogram {
    uint64_t count;
    int64_t least;
    int64_t most;
    uint64_t buckets[HISTOGRAM_BUCKETS];
} histogram;

/* `value` is not negative. */
void histogram_add(histogram *h, int64_t value);

/* The value that `share`, between 0 and 1, of all values do not exceed; 0 if it is empty. */
int64_t histogram_quantile(const histogram *h, double share);

#endif
