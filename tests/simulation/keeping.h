/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_KEEPING_H
#define TESTS_SIMULATION_KEEPING_H

/* The judge of a partition that loses records by compaction or age: what may be gone, and what may not. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEYS = 24, TOMBSTONE_EVERY = 5 };

/* A key has versions from 1 on. */
struct kept_record {
    uint32_t key, version;
    int64_t time;
};

struct keeping {
    const char *topic;
    int32_t partition;
    bool is_compacted;           /* else records expire */
    uint32_t sent[KEYS];         /* the last version */
    uint32_t acknowledged[KEYS]; /* the same */
    uint32_t required[KEYS];     /* what was acknowledged when the pass began */
    uint32_t seen[KEYS];         /* in this pass */
    int64_t next;                /* offset after the last that was seen in this pass */
    int64_t start;               /* of the log, as far as it was looked at */
    struct kept_record *places;  /* by offset; key 0, version 0: not known */
    size_t capacity;
    int64_t end; /* of what is known */
};

extern int64_t keeping_retention_ms;

/* Some versions remove their key. */
static inline bool is_tombstone(uint32_t version)
{
    return version % TOMBSTONE_EVERY == 0;
}

void keeping_start(struct keeping *keeping, const char *topic, int32_t partition, bool is_compacted);
void keeping_finish(struct keeping *keeping);

/* The next version of a key, to be sent. */
struct kept_record keeping_new(struct keeping *keeping, uint32_t key);
void keeping_acknowledged(struct keeping *keeping, int64_t offset, const struct kept_record *records, size_t count);

/* The log starts there: what is before must have been old. */
void keeping_starts_at(struct keeping *keeping, int64_t offset);

/* A pass of a reader: from the start of the log, in the order of offsets, to the end that it had then. */
void keeping_begin(struct keeping *keeping, int64_t offset);
void keeping_saw(struct keeping *keeping, int64_t offset, const struct kept_record *record);
void keeping_end(struct keeping *keeping, int64_t offset);

#endif
