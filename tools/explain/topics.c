/* SPDX-License-Identifier: Apache-2.0 */
#include "topics.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/endian.h>

#include "../command/output.h"

/* A name and its zero byte take at most this; Kafka allows 249 characters. */
enum { NAME_SIZE = 250 };

#define SMALLEST ((size_t)64)
#define MOST_TOPICS ((size_t)65536)

typedef struct topic_slot {
    kw_uuid id;
    char *name; /* NULL: the slot is free */
} topic_slot;

/* The slot of the id, or the free one for it. Ids are random, so their own bits are the hash. */
static topic_slot *slot_of(const topics *t, kw_uuid id)
{
    size_t i = (size_t)(kw_load_be64(id.bytes) ^ kw_load_be64(id.bytes + 8)) & (t->cap - 1);
    while (t->slots[i].name != NULL && !kw_uuid_equal(t->slots[i].id, id))
        i = (i + 1) & (t->cap - 1);
    return &t->slots[i];
}

/* Keeps at most half of the slots in use. */
static void grow(topics *t)
{
    topics larger = {.cap = t->cap == 0 ? SMALLEST : 2 * t->cap, .count = t->count};
    larger.slots = calloc(larger.cap, sizeof *larger.slots);
    if (larger.slots == NULL)
        die("out of memory");
    for (size_t i = 0; i < t->cap; i++)
        if (t->slots[i].name != NULL)
            *slot_of(&larger, t->slots[i].id) = t->slots[i];
    free(t->slots);
    *t = larger;
}

void topics_add(topics *t, kw_uuid id, kw_string name)
{
    if (name.len <= 0 || name.len >= NAME_SIZE || memchr(name.data, '\0', (size_t)name.len) != NULL ||
        kw_uuid_is_zero(id))
        return;
    if (t->count * 2 >= t->cap && t->count < MOST_TOPICS)
        grow(t);
    topic_slot *slot = slot_of(t, id);
    if (slot->name == NULL && t->count == MOST_TOPICS)
        return;
    if (slot->name != NULL && kw_string_equal(kw_string_of(slot->name), name))
        return;
    char *copy = malloc((size_t)name.len + 1);
    if (copy == NULL)
        die("out of memory");
    memcpy(copy, name.data, (size_t)name.len);
    copy[name.len] = '\0';
    t->count += slot->name == NULL;
    free(slot->name);
    slot->id = id;
    slot->name = copy;
}

kw_string topics_find(const topics *t, kw_uuid id)
{
    return kw_string_of(t->cap != 0 ? slot_of(t, id)->name : NULL);
}

void topics_finish(topics *t)
{
    for (size_t i = 0; i < t->cap; i++)
        free(t->slots[i].name);
    free(t->slots);
    *t = (topics){.slots = NULL};
}
