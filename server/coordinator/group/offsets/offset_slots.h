/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_OFFSETS_OFFSET_SLOTS_H
#define SERVER_COORDINATOR_GROUP_OFFSETS_OFFSET_SLOTS_H

/* Offsets by partition: a table of 48 bytes for each. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../budget.h"
#include "../group_records.h"

/* What most offsets do not have: metadata, an expiry time. */
struct offset_note {
    int64_t expire_ms; /* -1: none */
    int32_t size;      /* of the metadata */
    char metadata[];
};

struct offset_slot {
    int64_t offset;
    int64_t commit_ms;
    int64_t record_offset;    /* -1: no offset stands there */
    struct offset_note *note; /* NULL: neither metadata nor expiry time */
    int32_t partition;
    int32_t leader_epoch;
    uint32_t topic_id; /* index of the topic's ids */
    uint32_t open;     /* transactions that have an offset pending there; 0 and no offset: the slot is free */
};

/* Zero bytes are a table that is empty. Private fields but for used. */
struct offset_slots {
    struct offset_slot *items;
    uint32_t capacity; /* power of two, or 0 */
    uint32_t used;
};

/* A slot without an offset. */
struct offset_slot offset_slot_none(int32_t partition);

static inline bool offset_is_set(const struct offset_slot *slot)
{
    return slot->record_offset >= 0;
}

/* A transaction is open on it. */
static inline bool offset_is_pending(const struct offset_slot *slot)
{
    return slot->open != 0;
}

void offset_slots_finish(struct offset_slots *slots, struct coordinator_budget *budget);

/* From then on the partition can be put there without memory, until another one is. False: there is no memory. */
bool offset_slots_reserve(struct offset_slots *slots, int32_t partition, struct coordinator_budget *budget);

/* NULL: nothing is set or pending there. */
struct offset_slot *offset_slots_find(const struct offset_slots *slots, int32_t partition);

/* All of them: from NULL on, to NULL. In any order. */
struct offset_slot *offset_slots_next(const struct offset_slots *slots, const struct offset_slot *slot);

/* Puts everything but `open` there; a slot without an offset removes what is there. Returns what stood there; the note
 * is the caller's then. The partition is reserved. */
struct offset_slot offset_slots_replace(struct offset_slots *slots, const struct offset_slot *with);

/* One transaction more, or less, is open there. The partition is reserved. */
void offset_slots_open(struct offset_slots *slots, int32_t partition, bool is_open);

bool offset_needs_note(const struct offset_value *value);

/* NULL: there is no memory. */
struct offset_note *offset_note_create(const struct offset_value *value, struct coordinator_budget *budget);
void offset_note_destroy(struct offset_note *note, struct coordinator_budget *budget);

/* The note that stands at the partition with the content of this value, if it has the size for it: it is the caller's.
 * NULL: it has not. */
struct offset_note *offset_slots_take_note(struct offset_slots *slots, int32_t partition,
                                           const struct offset_value *value);

#endif
