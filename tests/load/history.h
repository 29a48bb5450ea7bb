/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LOAD_HISTORY_H
#define TESTS_LOAD_HISTORY_H

/* What producers have sent and what was acknowledged, and whether what consumers find agrees with it. Producer p writes
 * to partition p % partitions the records 0, 1, 2, ... in this order; each says who has written it, and its number. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/view.h>

enum { HISTORY_RECORD = 16 }; /* bytes that a value must have at least */

struct history {
    uint32_t producers, partitions;
    uint64_t *sent;         /* of each producer: records, with those on their way */
    uint64_t *acknowledged; /* the same */
    int64_t *offsets;       /* of each: where its last acknowledged batch starts */
    uint64_t violations;
};

/* What a consumer of a partition has found so far. */
struct reading {
    uint32_t partition;
    int64_t offset; /* of the next record */
    uint64_t *next; /* number of the next record of each producer of the partition */
};

void history_init(struct history *h, uint32_t producers, uint32_t partitions);
void history_finish(struct history *h);

/* Prints what is wrong, the first times, and counts it. */
__attribute__((format(printf, 2, 3))) void history_violation(struct history *h, const char *format, ...);

/* The value of record `number`. */
void history_write(uint8_t *value, uint32_t producer, uint64_t number);

/* The first `count` records of the producer that were not acknowledged yet have been now. */
void history_acknowledge(struct history *h, uint32_t producer, uint64_t count, int64_t base_offset);

void reading_init(struct reading *r, const struct history *h, uint32_t partition);
void reading_finish(struct reading *r);
void reading_copy(struct reading *to, const struct reading *from, const struct history *h);

/* A record that was found; the next one in the partition. */
void history_read(struct history *h, struct reading *r, int64_t offset, kw_bytes value);

/* Whether all that was acknowledged of the partition has been found. */
bool history_is_complete(const struct history *h, const struct reading *r);

/* Once all producers have ended: a violation for each that has records which were not found, or too many. */
void history_compare(struct history *h, const struct reading *r);

#endif
