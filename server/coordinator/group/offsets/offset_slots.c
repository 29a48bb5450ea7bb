/* SPDX-License-Identifier: Apache-2.0 */
#include "offset_slots.h"

#include <stdlib.h>
#include <string.h>

static const struct offset_slot free_slot = {.record_offset = -1, .leader_epoch = -1};

struct offset_slot offset_slot_none(int32_t partition)
{
    struct offset_slot slot = free_slot;
    slot.partition = partition;
    return slot;
}

/* ---- notes ---- */

static size_t metadata_size(const struct offset_value *value)
{
    return value->metadata.len > 0 ? (size_t)value->metadata.len : 0;
}

bool offset_needs_note(const struct offset_value *value)
{
    return value->metadata.len > 0 || value->expire_ms != -1;
}

static void fill_note(struct offset_note *note, const struct offset_value *value)
{
    note->expire_ms = value->expire_ms;
    note->size = (int32_t)metadata_size(value);
    if (note->size != 0)
        memcpy(note->metadata, value->metadata.data, (size_t)note->size);
}

struct offset_note *offset_note_create(const struct offset_value *value, struct coordinator_budget *budget)
{
    size_t size = sizeof(struct offset_note) + metadata_size(value);
    struct offset_note *note = malloc(size);
    if (note == NULL)
        return NULL;
    coordinator_budget_force(budget, size);
    fill_note(note, value);
    return note;
}

void offset_note_destroy(struct offset_note *note, struct coordinator_budget *budget)
{
    if (note != NULL)
        coordinator_budget_give(budget, sizeof *note + (size_t)note->size);
    free(note);
}

/* ---- slots ---- */

static bool is_free(const struct offset_slot *slot)
{
    return !offset_is_set(slot) && slot->open == 0;
}

static uint32_t home_of(const struct offset_slots *slots, int32_t partition)
{
    uint32_t hash = (uint32_t)partition * UINT32_C(0x9e3779b1);
    return (hash ^ (hash >> 16)) & (slots->capacity - 1);
}

struct offset_slot *offset_slots_find(const struct offset_slots *slots, int32_t partition)
{
    uint32_t mask = slots->capacity - 1, at = slots->capacity != 0 ? home_of(slots, partition) : 0;
    for (uint32_t i = 0; i < slots->capacity && !is_free(&slots->items[at]); i++, at = (at + 1) & mask)
        if (slots->items[at].partition == partition)
            return &slots->items[at];
    return NULL;
}

struct offset_slot *offset_slots_next(const struct offset_slots *slots, const struct offset_slot *slot)
{
    size_t at = slot != NULL ? (size_t)(slot - slots->items) + 1 : 0;
    while (at < slots->capacity && is_free(&slots->items[at]))
        at++;
    return at < slots->capacity ? &slots->items[at] : NULL;
}

/* Small tables may be full. */
static bool is_full(const struct offset_slots *slots)
{
    return slots->used >= slots->capacity - slots->capacity / 8;
}

static struct offset_slot *insert(struct offset_slots *slots, int32_t partition)
{
    uint32_t at = home_of(slots, partition);
    while (!is_free(&slots->items[at]))
        at = (at + 1) & (slots->capacity - 1);
    slots->used++;
    slots->items[at] = offset_slot_none(partition);
    return &slots->items[at];
}

static bool grow(struct offset_slots *slots, struct coordinator_budget *budget)
{
    struct offset_slots larger = {NULL, slots->capacity != 0 ? slots->capacity * 2 : 1, 0};
    if (larger.capacity == 0 || (larger.items = calloc(larger.capacity, sizeof *larger.items)) == NULL)
        return false;
    coordinator_budget_force(budget, larger.capacity * sizeof *larger.items);
    for (uint32_t i = 0; i < larger.capacity; i++)
        larger.items[i] = free_slot;
    for (uint32_t i = 0; i < slots->capacity; i++)
        if (!is_free(&slots->items[i]))
            *insert(&larger, slots->items[i].partition) = slots->items[i];
    coordinator_budget_give(budget, slots->capacity * sizeof *slots->items);
    free(slots->items);
    *slots = larger;
    return true;
}

bool offset_slots_reserve(struct offset_slots *slots, int32_t partition, struct coordinator_budget *budget)
{
    return !is_full(slots) || offset_slots_find(slots, partition) != NULL || grow(slots, budget);
}

/* What follows moves up, so that no search ends too early. */
static void erase(struct offset_slots *slots, struct offset_slot *slot)
{
    struct offset_slot *items = slots->items;
    uint32_t mask = slots->capacity - 1, hole = (uint32_t)(slot - items);
    items[hole] = free_slot;
    slots->used--;
    for (uint32_t at = (hole + 1) & mask; !is_free(&items[at]); at = (at + 1) & mask) {
        uint32_t home = home_of(slots, items[at].partition);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue; /* it is found without the hole */
        items[hole] = items[at];
        items[at] = free_slot;
        hole = at;
    }
}

struct offset_slot offset_slots_replace(struct offset_slots *slots, const struct offset_slot *with)
{
    struct offset_slot *slot = offset_slots_find(slots, with->partition);
    struct offset_slot before = offset_slot_none(with->partition);
    if (slot == NULL && !offset_is_set(with))
        return before;
    if (slot != NULL)
        before = *slot;
    else
        slot = insert(slots, with->partition);
    *slot = *with;
    slot->open = before.open;
    if (is_free(slot))
        erase(slots, slot);
    return before;
}

void offset_slots_open(struct offset_slots *slots, int32_t partition, bool is_open)
{
    struct offset_slot *slot = offset_slots_find(slots, partition);
    if (slot == NULL)
        slot = insert(slots, partition);
    slot->open = is_open ? slot->open + 1 : slot->open - 1;
    if (is_free(slot))
        erase(slots, slot);
}

void offset_slots_finish(struct offset_slots *slots, struct coordinator_budget *budget)
{
    for (uint32_t i = 0; i < slots->capacity; i++)
        offset_note_destroy(slots->items[i].note, budget);
    coordinator_budget_give(budget, slots->capacity * sizeof *slots->items);
    free(slots->items);
    *slots = (struct offset_slots){NULL, 0, 0};
}

struct offset_note *offset_slots_take_note(struct offset_slots *slots, int32_t partition,
                                           const struct offset_value *value)
{
    struct offset_slot *slot = offset_slots_find(slots, partition);
    struct offset_note *note = slot != NULL ? slot->note : NULL;
    if (note == NULL || (size_t)note->size != metadata_size(value))
        return NULL;
    slot->note = NULL;
    fill_note(note, value);
    return note;
}
