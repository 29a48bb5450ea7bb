/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CRASH_BATCHES_H
#define TESTS_CRASH_BATCHES_H

/* Batches that the clients of a run send. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/compression.h>

#include "../simulation/requests.h"

/* A batch; its record i has the key of that number, or none where that is below 0. */
struct batch {
    const char *topic;
    int32_t partition;
    const struct sender *producer; /* NULL: none */
    int32_t sequence;
    int64_t time;
    uint64_t first_value; /* of the first record; each next has one more */
    int32_t count;
    int32_t keys;      /* of as many; 0: no keys */
    bool is_tombstone; /* all records are without value */
    size_t size;       /* of each value, at least 8 */
    kw_codec codec;
    int16_t acks;
    bool is_transactional;
    bool is_new; /* Produce adds the partition to the transaction */
};

/* See requests.h. */
size_t send_produce(const struct batch *batch);
int16_t produce(const struct batch *batch, int64_t *offset);

#endif
