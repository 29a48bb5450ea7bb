/* SPDX-License-Identifier: Apache-2.0 */
#include "topic_names.h"

#include <stdlib.h>
#include <string.h>

#include "../command/output.h"

enum { FIRST_SLOTS = 64, MAX_NAME = 249 };

typedef struct topic_name {
    kw_uuid id;
    kw_string name; /* owned; data is NULL in a free slot */
} topic_name;

/* Ids are random, so any of their bytes serve as hash; with hostile ids a lookup takes at most TOPIC_NAMES_MAX
 * comparisons. */
static topic_name *slot_of(topic_name *slots, size_t slot_count, kw_uuid id)
{
    uint64_t a, b;
    memcpy(&a, id.bytes, sizeof a);
    memcpy(&b, id.bytes + 8, sizeof b);
    uint64_t hash = (a ^ b >> 7) * UINT64_C(0x9e3779b97f4a7c15) ^ b * UINT64_C(0xff51afd7ed558ccd);
    size_t at = (size_t)(hash >> 32) & (slot_count - 1);
    while (slots[at].name.data != NULL && !kw_uuid_equal(slots[at].id, id))
        at = (at + 1) & (slot_count - 1);
    return &slots[at];
}

static void *allocate(size_t count, size_t size)
{
    void *p = calloc(count, size);
    if (p == NULL)
        die("out of memory: %zu bytes were asked for", count * size);
    return p;
}

static void grow(topic_names *t)
{
    size_t slot_count = t->slot_count == 0 ? FIRST_SLOTS : t->slot_count * 2;
    topic_name *slots = allocate(slot_count, sizeof *slots);
    for (size_t i = 0; i < t->slot_count; i++)
        if (t->slots[i].name.data != NULL)
            *slot_of(slots, slot_count, t->slots[i].id) = t->slots[i];
    free(t->slots);
    t->slots = slots;
    t->slot_count = slot_count;
}

static kw_string copy(kw_string name)
{
    char *data = allocate(1, (size_t)name.len);
    memcpy(data, name.data, (size_t)name.len);
    kw_string s = {data, name.len};
    return s;
}

static void forget(kw_string name)
{
    free((void *)(uintptr_t)name.data);
}

void topic_names_learn(topic_names *t, kw_uuid id, kw_string name)
{
    if (name.len <= 0 || name.len > MAX_NAME || kw_uuid_is_zero(id))
        return;
    if (t->count * 2 >= t->slot_count && t->slot_count < TOPIC_NAMES_MAX * 2)
        grow(t);
    topic_name *slot = slot_of(t->slots, t->slot_count, id);
    if (slot->name.data == NULL) {
        if (t->count == TOPIC_NAMES_MAX)
            return;
        slot->id = id;
        slot->name = copy(name);
        t->count++;
    } else if (!kw_string_equal(slot->name, name)) {
        forget(slot->name);
        slot->name = copy(name);
    }
}

kw_string topic_names_find(const topic_names *t, kw_uuid id)
{
    kw_string none = {NULL, -1};
    if (t->count == 0)
        return none;
    const topic_name *slot = slot_of(t->slots, t->slot_count, id);
    return slot->name.data != NULL ? slot->name : none;
}

void topic_names_finish(topic_names *t)
{
    for (size_t i = 0; i < t->slot_count; i++)
        forget(t->slots[i].name);
    free(t->slots);
    memset(t, 0, sizeof *t);
}
