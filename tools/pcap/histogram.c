/* SPDX-License-Identifier: Apache-2.0 */
#include "histogram.h"

/* Values below 2 * PARTS have a bucket each; above, each power of two has PARTS of them. */
static uint32_t bucket_of(uint64_t value)
{
    uint32_t shift = 0;
    while (value >> shift >= (uint64_t)2 * HISTOGRAM_PARTS)
        shift++;
    return shift * HISTOGRAM_PARTS + (uint32_t)(value >> shift);
}

static int64_t middle_of(uint32_t bucket)
{
    if (bucket < 2 * HISTOGRAM_PARTS)
        return bucket;
    uint32_t shift = bucket / HISTOGRAM_PARTS - 1;
    uint64_t least = (uint64_t)(bucket - shift * HISTOGRAM_PARTS) << shift;
    return (int64_t)(least + (UINT64_C(1) << shift) / 2);
}

void histogram_add(histogram *h, int64_t value)
{
    h->least = h->count == 0 || value < h->least ? value : h->least;
    h->count++;
    h->most = value > h->most ? value : h->most;
    h->buckets[bucket_of((uint64_t)value)]++;
}

int64_t histogram_quantile(const histogram *h, double share)
{
    double wanted = share * (double)h->count;
    uint64_t passed = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        passed += h->buckets[i];
        if (h->buckets[i] == 0 || (double)passed < wanted)
            continue;
        int64_t middle = middle_of(i);
        return middle < h->least ? h->least : middle > h->most ? h->most : middle;
    }
    return h->most;
}
