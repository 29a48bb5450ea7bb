/* SPDX-License-Identifier: Apache-2.0 */
#include "partition_owners.h"

#include <stdlib.h>
#include <string.h>

#include "../../../base/hash.h"

struct owned_slot {
    kw_uuid topic;
    int32_t index;
    uint32_t members;
    uint32_t hash; /* 0: the slot is free */
};

enum { SMALLEST = 16 };

void partition_owners_finish(struct partition_owners *owners)
{
    free(owners->slots);
    memset(owners, 0, sizeof *owners);
}

static uint32_t hash_of(kw_uuid topic, int32_t index)
{
    uint32_t hash = hash_bytes(hash_bytes(HASH_START, topic.bytes, sizeof topic.bytes), &index, sizeof index);
    hash ^= hash >> 15;
    return hash != 0 ? hash : 1;
}

/* Where it is, or the free slot where it would be. Some slot is free. */
static size_t find(const struct owned_slot *slots, size_t capacity, uint32_t hash, kw_uuid topic, int32_t index)
{
    size_t at = hash & (capacity - 1);
    while (slots[at].hash != 0 &&
           !(slots[at].hash == hash && slots[at].index == index && kw_uuid_equal(slots[at].topic, topic)))
        at = (at + 1) & (capacity - 1);
    return at;
}

bool partition_owners_has(const struct partition_owners *owners, kw_uuid topic, int32_t index)
{
    if (owners->used == 0)
        return false;
    return owners->slots[find(owners->slots, owners->capacity, hash_of(topic, index), topic, index)].hash != 0;
}

bool partition_owners_reserve(struct partition_owners *owners, size_t count)
{
    size_t capacity = owners->capacity != 0 ? owners->capacity : SMALLEST, wanted = owners->used + count;
    while (capacity / 4 * 3 < wanted)
        capacity *= 2;
    if (capacity == owners->capacity)
        return true;
    struct owned_slot *slots = calloc(capacity, sizeof *slots);
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < owners->capacity; i++) {
        const struct owned_slot *slot = &owners->slots[i];
        if (slot->hash != 0)
            slots[find(slots, capacity, slot->hash, slot->topic, slot->index)] = *slot;
    }
    free(owners->slots);
    owners->slots = slots;
    owners->capacity = capacity;
    return true;
}

void partition_owners_put(struct partition_owners *owners, struct partition_set set)
{
    for (size_t i = 0; i < set.count; i++) {
        uint32_t hash = hash_of(set.items[i].topic, set.items[i].index);
        size_t at = find(owners->slots, owners->capacity, hash, set.items[i].topic, set.items[i].index);
        struct owned_slot *slot = &owners->slots[at];
        if (slot->hash == 0) {
            *slot = (struct owned_slot){set.items[i].topic, set.items[i].index, 0, hash};
            owners->used++;
        }
        slot->members++;
    }
}

/* Those behind it that would not be found any more with a free slot before them move there. */
static void remove_slot(struct partition_owners *owners, size_t at)
{
    size_t mask = owners->capacity - 1;
    for (size_t next = (at + 1) & mask; owners->slots[next].hash != 0; next = (next + 1) & mask) {
        size_t home = owners->slots[next].hash & mask;
        if (((next - home) & mask) < ((next - at) & mask))
            continue;
        owners->slots[at] = owners->slots[next];
        at = next;
    }
    owners->slots[at].hash = 0;
    owners->used--;
}

void partition_owners_take(struct partition_owners *owners, struct partition_set set)
{
    for (size_t i = 0; i < set.count; i++) {
        uint32_t hash = hash_of(set.items[i].topic, set.items[i].index);
        size_t at = find(owners->slots, owners->capacity, hash, set.items[i].topic, set.items[i].index);
        if (--owners->slots[at].members == 0)
            remove_slot(owners, at);
    }
}
