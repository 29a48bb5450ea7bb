/* SPDX-License-Identifier: Apache-2.0 */
#include "offset_table.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/messages/legacy_offset_commit_key.h>
#include <kwire/messages/legacy_offset_commit_value.h>
#include <kwire/messages/offset_commit_key.h>
#include <kwire/messages/offset_commit_value.h>

#include "../../../base/hash.h"
#include "../group_machine.h"
#include "../group_table.h"

static void *obtain(struct group_machine *m, size_t size)
{
    void *memory = calloc(1, size);
    if (memory != NULL)
        coordinator_budget_force(m->budget, size);
    return memory;
}

static void dispose(struct group_machine *m, void *memory, size_t size)
{
    coordinator_budget_give(m->budget, size);
    free(memory);
}

static size_t length(kw_string s)
{
    return s.len > 0 ? (size_t)s.len : 0;
}

/* ---- topics ---- */

#define OF(link, type) ((type *)(void *)((char *)(link)-offsetof(type, link)))

enum { FIRST_IDS = 2 };

static struct offset_topic *find_topic(const struct group_machine *m, kw_string name, uint32_t hash)
{
    for (struct hash_link *link = hash_chains_first(&m->offsets.topics, hash); link != NULL;
         link = hash_chains_next(link))
        if (kw_string_equal(OF(link, struct offset_topic)->name, name))
            return OF(link, struct offset_topic);
    return NULL;
}

static void topic_destroy(struct group_machine *m, struct offset_topic *topic)
{
    dispose(m, topic->ids, topic->id_capacity * sizeof *topic->ids);
    dispose(m, topic, sizeof *topic + length(topic->name));
}

static struct offset_topic *topic_create(struct group_machine *m, kw_string name)
{
    struct offset_topic *topic = obtain(m, sizeof *topic + length(name));
    if (topic == NULL)
        return NULL;
    if (length(name) != 0)
        memcpy(topic->text, name.data, length(name));
    topic->name = (kw_string){topic->text, (int32_t)length(name)};
    topic->ids = obtain(m, FIRST_IDS * sizeof *topic->ids);
    topic->id_count = 1;
    topic->id_capacity = FIRST_IDS;
    if (topic->ids == NULL) {
        dispose(m, topic, sizeof *topic + length(name));
        return NULL;
    }
    return topic;
}

static uint32_t hash_of_name(const struct group_machine *m, kw_string name)
{
    return hash_text(m->offsets.seed, name);
}

static struct offset_topic *demand_topic(struct group_machine *m, kw_string name)
{
    uint32_t hash = hash_of_name(m, name);
    struct offset_topic *topic = find_topic(m, name, hash);
    if (topic != NULL || !hash_chains_prepare(&m->offsets.topics))
        return topic;
    topic = topic_create(m, name);
    if (topic != NULL)
        hash_chains_add(&m->offsets.topics, &topic->link, hash);
    return topic;
}

static void topic_tidy(struct group_machine *m, struct offset_topic *topic)
{
    if (topic->first != NULL)
        return;
    hash_chains_remove(&m->offsets.topics, &topic->link);
    topic_destroy(m, topic);
}

static bool add_id(struct group_machine *m, struct offset_topic *topic, kw_uuid id)
{
    if (topic->id_count == topic->id_capacity) {
        uint32_t capacity = topic->id_capacity * 2;
        struct offset_topic_id *ids = capacity != 0 ? obtain(m, capacity * sizeof *ids) : NULL;
        if (ids == NULL)
            return false;
        memcpy(ids, topic->ids, topic->id_count * sizeof *ids);
        dispose(m, topic->ids, topic->id_capacity * sizeof *ids);
        topic->ids = ids;
        topic->id_capacity = capacity;
    }
    topic->ids[topic->id_count++].id = id;
    return true;
}

/* False: there is no memory. Most have the newest one. */
static bool demand_id(struct group_machine *m, struct offset_topic *topic, kw_uuid id, uint32_t *index)
{
    uint32_t i = topic->id_count;
    while (i > 0 && memcmp(&topic->ids[i - 1].id, &id, sizeof id) != 0)
        i--;
    *index = i > 0 ? i - 1 : topic->id_count;
    return i > 0 || add_id(m, topic, id);
}

/* ---- producers ---- */

static uint32_t hash_of_producer(int64_t id)
{
    uint64_t hash = (uint64_t)id * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 32);
}

static struct offset_producer *find_producer(const struct group_machine *m, int64_t id)
{
    for (struct hash_link *link = hash_chains_first(&m->offsets.producers, hash_of_producer(id)); link != NULL;
         link = hash_chains_next(link))
        if (OF(link, struct offset_producer)->id == id)
            return OF(link, struct offset_producer);
    return NULL;
}

static struct offset_producer *demand_producer(struct group_machine *m, int64_t id)
{
    struct offset_producer *producer = find_producer(m, id);
    if (producer != NULL || !hash_chains_prepare(&m->offsets.producers) ||
        (producer = obtain(m, sizeof *producer)) == NULL)
        return producer;
    producer->id = id;
    hash_chains_add(&m->offsets.producers, &producer->link, hash_of_producer(id));
    return producer;
}

static void producer_tidy(struct group_machine *m, struct offset_producer *producer)
{
    if (producer->first != NULL)
        return;
    hash_chains_remove(&m->offsets.producers, &producer->link);
    dispose(m, producer, sizeof *producer);
}

/* ---- tables ---- */

static uint32_t hash_of_table(const struct group *group, const struct offset_topic *topic,
                              const struct offset_producer *producer)
{
    uint64_t hash = (uintptr_t)group * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ (hash >> 29) ^ (uintptr_t)topic) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 32) ^ (uintptr_t)producer) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(hash >> 32);
}

static struct topic_offsets *find_table(const struct group_machine *m, const struct group *group,
                                        const struct offset_topic *topic, const struct offset_producer *producer)
{
    uint32_t hash = hash_of_table(group, topic, producer);
    for (struct hash_link *link = hash_chains_first(&m->offsets.tables, hash); link != NULL;
         link = hash_chains_next(link)) {
        struct topic_offsets *t = OF(link, struct topic_offsets);
        if (t->group == group && t->topic == topic && t->producer == producer)
            return t;
    }
    return NULL;
}

static struct topic_offsets **first_of_group(struct topic_offsets *t)
{
    return t->producer != NULL ? &t->producer->first : &t->group->offsets.first;
}

static struct topic_offsets **first_of_topic(struct topic_offsets *t)
{
    return t->main != NULL ? &t->main->pending : &t->topic->first;
}

static void link_table(struct topic_offsets *t)
{
    struct topic_offsets **of_group = first_of_group(t), **of_topic = first_of_topic(t);
    t->next_of_group = *of_group;
    if (*of_group != NULL)
        (*of_group)->previous_of_group = t;
    *of_group = t;
    t->next_of_topic = *of_topic;
    if (*of_topic != NULL)
        (*of_topic)->previous_of_topic = t;
    *of_topic = t;
}

static void unlink_table(struct topic_offsets *t)
{
    *(t->previous_of_group != NULL ? &t->previous_of_group->next_of_group : first_of_group(t)) = t->next_of_group;
    if (t->next_of_group != NULL)
        t->next_of_group->previous_of_group = t->previous_of_group;
    *(t->previous_of_topic != NULL ? &t->previous_of_topic->next_of_topic : first_of_topic(t)) = t->next_of_topic;
    if (t->next_of_topic != NULL)
        t->next_of_topic->previous_of_topic = t->previous_of_topic;
}

/* Of those that are not found yet. */
static struct topic_offsets *add_table(struct group_machine *m, struct group *group, struct offset_topic *topic,
                                       struct offset_producer *producer, struct topic_offsets *main)
{
    struct topic_offsets *t = hash_chains_prepare(&m->offsets.tables) ? obtain(m, sizeof *t) : NULL;
    if (t == NULL)
        return NULL;
    t->group = group;
    t->topic = topic;
    t->producer = producer;
    t->main = main;
    if (main != NULL)
        main->references++;
    link_table(t);
    hash_chains_add(&m->offsets.tables, &t->link, hash_of_table(group, topic, producer));
    return t;
}

static void free_table(struct group_machine *m, struct topic_offsets *t)
{
    offset_slots_finish(&t->slots, m->budget);
    dispose(m, t, sizeof *t);
}

/* Frees a table that nobody needs any more, and what only it has needed. */
static void table_tidy(struct group_machine *m, struct topic_offsets *t)
{
    if (t->slots.used != 0 || t->references != 0)
        return;
    struct topic_offsets *main = t->main;
    struct group *group = t->group;
    struct offset_topic *topic = t->topic;
    struct offset_producer *producer = t->producer;
    hash_chains_remove(&m->offsets.tables, &t->link);
    unlink_table(t);
    free_table(m, t);
    if (producer != NULL) {
        producer_tidy(m, producer);
        main->references--;
        table_tidy(m, main);
    } else {
        topic_tidy(m, topic);
        group_tidy(m, group);
    }
}

/* NULL: there is no memory. table_tidy() must follow. */
static struct topic_offsets *demand_main(struct group_machine *m, struct group *group, kw_string name)
{
    struct offset_topic *topic = demand_topic(m, name);
    if (topic == NULL)
        return NULL;
    struct topic_offsets *t = find_table(m, group, topic, NULL);
    if (t == NULL)
        t = add_table(m, group, topic, NULL, NULL);
    if (t == NULL)
        topic_tidy(m, topic);
    return t;
}

static struct topic_offsets *demand_pending(struct group_machine *m, struct topic_offsets *main, int64_t producer_id)
{
    struct offset_producer *producer = demand_producer(m, producer_id);
    if (producer == NULL)
        return NULL;
    struct topic_offsets *t = find_table(m, main->group, main->topic, producer);
    if (t == NULL)
        t = add_table(m, main->group, main->topic, producer, main);
    if (t == NULL)
        producer_tidy(m, producer);
    return t;
}

const struct topic_offsets *offsets_find(const struct group_machine *m, const struct group *group, kw_string topic)
{
    struct offset_topic *known = find_topic(m, topic, hash_of_name(m, topic));
    return known != NULL ? find_table(m, group, known, NULL) : NULL;
}

/* ---- changes ---- */

/* Returns what stood there. The partition is reserved, here and in `main`. */
static struct offset_slot replace(struct topic_offsets *t, const struct offset_slot *with)
{
    size_t *count = t->main != NULL ? &t->group->offsets.pending : &t->group->offsets.committed;
    struct offset_slot before = offset_slots_replace(&t->slots, with);
    bool is = offset_is_set(with);
    if (offset_is_set(&before) == is)
        return before;
    *count = is ? *count + 1 : *count - 1;
    if (t->main != NULL)
        offset_slots_open(&t->main->slots, with->partition, is);
    return before;
}

struct offset_undo {
    struct coordinator_undo undo; /* the first member */
    struct topic_offsets *table;
    struct offset_slot before;
};

static void end_undo(struct group_machine *m, struct offset_undo *u, struct offset_note *unused)
{
    offset_note_destroy(unused, m->budget);
    u->table->references--;
    table_tidy(m, u->table);
    free(u);
}

/* Tables do not shrink while they have references, so it fits. */
static void put_back(struct coordinator_undo *undo, void *state)
{
    struct offset_undo *u = (struct offset_undo *)(void *)undo;
    struct offset_slot after = replace(u->table, &u->before);
    end_undo(state, u, after.note);
}

static void drop(struct coordinator_undo *undo, void *state)
{
    struct offset_undo *u = (struct offset_undo *)(void *)undo;
    end_undo(state, u, u->before.note);
}

static bool reserve(struct group_machine *m, struct topic_offsets *t, int32_t partition)
{
    return offset_slots_reserve(&t->slots, partition, m->budget);
}

/* The note of `with` becomes the table's; after an error it remains the caller's. */
static kw_status change(struct group_machine *m, struct topic_offsets *t, const struct offset_slot *with,
                        struct coordinator_undo_list *undo)
{
    struct offset_undo *u = NULL;
    if (!reserve(m, t, with->partition) || (t->main != NULL && !reserve(m, t->main, with->partition)) ||
        (undo != NULL && (u = malloc(sizeof *u)) == NULL))
        return KW_ERR_NO_MEMORY;
    struct offset_slot before = replace(t, with);
    if (u == NULL) {
        offset_note_destroy(before.note, m->budget);
        return KW_OK;
    }
    *u = (struct offset_undo){{put_back, drop, NULL}, t, before};
    t->references++;
    coordinator_undo_add(undo, &u->undo);
    return KW_OK;
}

static kw_status put(struct group_machine *m, struct topic_offsets *t, int32_t partition,
                     const struct offset_value *value, struct coordinator_undo_list *undo)
{
    struct offset_slot with = {.offset = value->offset,
                               .commit_ms = value->commit_ms,
                               .record_offset = value->record_offset,
                               .partition = partition,
                               .leader_epoch = value->leader_epoch};
    if (!demand_id(m, t->topic, value->topic_id, &with.topic_id))
        return KW_ERR_NO_MEMORY;
    if (offset_needs_note(value) && undo == NULL)
        with.note = offset_slots_take_note(&t->slots, partition, value); /* nobody is going to put it back */
    if (offset_needs_note(value) && with.note == NULL && (with.note = offset_note_create(value, m->budget)) == NULL)
        return KW_ERR_NO_MEMORY;
    kw_status status = change(m, t, &with, undo);
    if (status != KW_OK)
        offset_note_destroy(with.note, m->budget);
    return status;
}

static kw_status take_out(struct group_machine *m, struct topic_offsets *t, int32_t partition,
                          struct coordinator_undo_list *undo)
{
    const struct offset_slot with = offset_slot_none(partition);
    const struct offset_slot *slot = offset_slots_find(&t->slots, partition);
    return slot != NULL && offset_is_set(slot) ? change(m, t, &with, undo) : KW_OK;
}

/* ---- records ---- */

/* A group that is only known by its offsets. */
static kw_status be_group(struct group_machine *m, struct group *group, struct coordinator_undo_list *undo)
{
    return group->type == GROUP_NONE ? group_become(m, group, GROUP_CLASSIC, NULL, undo) : KW_OK;
}

static kw_status put_in_main(struct group_machine *m, struct topic_offsets *main, int32_t partition,
                             const struct offset_value *value, int64_t producer_id, struct coordinator_undo_list *undo)
{
    if (producer_id == KW_NO_PRODUCER_ID)
        return put(m, main, partition, value, undo);
    struct topic_offsets *pending = demand_pending(m, main, producer_id);
    if (pending == NULL)
        return KW_ERR_NO_MEMORY;
    main->references++; /* it is the caller's */
    kw_status status = put(m, pending, partition, value, undo);
    table_tidy(m, pending);
    main->references--;
    return status;
}

static kw_status commit(struct group_machine *m, kw_string group_id, kw_string topic, int32_t partition,
                        const struct offset_value *value, int64_t producer_id, struct coordinator_undo_list *undo)
{
    struct group *group = group_demand(m, group_id);
    if (group == NULL)
        return KW_ERR_NO_MEMORY;
    kw_status status = be_group(m, group, undo);
    struct topic_offsets *main = status == KW_OK ? demand_main(m, group, topic) : NULL;
    if (main == NULL) {
        group_tidy(m, group);
        return KW_ERR_NO_MEMORY;
    }
    status = put_in_main(m, main, partition, value, producer_id, undo);
    table_tidy(m, main);
    return status;
}

/* What is committed and what is pending. */
static kw_status forget(struct group_machine *m, kw_string group_id, kw_string topic, int32_t partition,
                        struct coordinator_undo_list *undo)
{
    const struct group *group = group_find_any(m, group_id);
    struct offset_topic *known = group != NULL ? find_topic(m, topic, hash_of_name(m, topic)) : NULL;
    struct topic_offsets *main = known != NULL ? find_table(m, group, known, NULL) : NULL;
    if (main == NULL)
        return KW_OK;
    main->references++;
    kw_status status = take_out(m, main, partition, undo);
    for (struct topic_offsets *t = main->pending, *next; t != NULL && status == KW_OK; t = next) {
        next = t->next_of_topic;
        status = take_out(m, t, partition, undo);
        table_tidy(m, t);
    }
    main->references--;
    table_tidy(m, main);
    return status;
}

kw_status offset_replay(struct group_machine *m, const struct group_record *record, struct coordinator_undo_list *undo)
{
    const kw_offset_commit_key *key = record->key;
    const kw_offset_commit_value *v = record->value;
    if (v == NULL)
        return forget(m, key->group, key->topic, key->partition, undo);
    const struct offset_value value = {v->offset,   v->commit_timestamp, v->expire_timestamp, v->leader_epoch,
                                       v->metadata, v->topic_id,         record->offset};
    return commit(m, key->group, key->topic, key->partition, &value, record->producer_id, undo);
}

kw_status offset_replay_legacy(struct group_machine *m, const struct group_record *record,
                               struct coordinator_undo_list *undo)
{
    const kw_legacy_offset_commit_key *key = record->key;
    const kw_legacy_offset_commit_value *v = record->value;
    if (v == NULL)
        return forget(m, key->group, key->topic, key->partition, undo);
    const struct offset_value value = {v->offset, v->commit_timestamp, -1, -1, v->metadata, {{0}}, record->offset};
    return commit(m, key->group, key->topic, key->partition, &value, record->producer_id, undo);
}

/* ---- the end of transactions ---- */

/* A committed offset that is newer than the transaction's stays. */
static kw_status commit_pending(struct group_machine *m, struct topic_offsets *t, const struct offset_slot *slot,
                                struct coordinator_undo_list *undo)
{
    const struct offset_slot *committed = offset_slots_find(&t->main->slots, slot->partition);
    const struct offset_value value = offset_value_of(t, slot);
    if (committed != NULL && committed->record_offset >= slot->record_offset)
        return KW_OK;
    return put(m, t->main, slot->partition, &value, undo);
}

/* What is taken out leaves its slot to another one, or free. */
static kw_status end_table(struct group_machine *m, struct topic_offsets *t, bool is_commit,
                           struct coordinator_undo_list *undo)
{
    const struct offset_slot *slot = offset_slots_next(&t->slots, NULL);
    kw_status status = KW_OK;
    while (slot != NULL && status == KW_OK) {
        if (is_commit)
            status = commit_pending(m, t, slot, undo);
        if (status == KW_OK)
            status = take_out(m, t, slot->partition, undo);
        if (!offset_is_set(slot))
            slot = offset_slots_next(&t->slots, slot);
    }
    return status;
}

kw_status offset_replay_marker(struct group_machine *m, const struct coordinator_marker *marker,
                               struct coordinator_undo_list *undo)
{
    struct offset_producer *producer = find_producer(m, marker->producer_id);
    kw_status status = KW_OK;
    if (producer == NULL)
        return KW_OK;
    for (struct topic_offsets *t = producer->first, *next; t != NULL && status == KW_OK; t = next) {
        next = t->next_of_group;
        status = end_table(m, t, marker->is_commit, undo);
        table_tidy(m, t);
    }
    return status;
}

/* ---- life ---- */

struct offset_value offset_value_of(const struct topic_offsets *table, const struct offset_slot *slot)
{
    const struct offset_note *note = slot->note;
    return (struct offset_value){
        .offset = slot->offset,
        .commit_ms = slot->commit_ms,
        .expire_ms = note != NULL ? note->expire_ms : -1,
        .leader_epoch = slot->leader_epoch,
        .metadata = note != NULL ? (kw_string){note->metadata, note->size} : kw_string_of(""),
        .topic_id = table->topic->ids[slot->topic_id].id,
        .record_offset = slot->record_offset,
    };
}

size_t offset_cost(kw_string group, kw_string topic, kw_string metadata)
{
    return sizeof(struct group) + length(group) + sizeof(struct offset_topic) + length(topic) +
           FIRST_IDS * sizeof(struct offset_topic_id) + sizeof(struct topic_offsets) + 2 * sizeof(struct offset_slot) +
           sizeof(struct offset_note) + length(metadata);
}

static void release_table(struct hash_link *link, void *context)
{
    free_table(context, OF(link, struct topic_offsets));
}

static void release_topic(struct hash_link *link, void *context)
{
    topic_destroy(context, OF(link, struct offset_topic));
}

static void release_producer(struct hash_link *link, void *context)
{
    dispose(context, OF(link, struct offset_producer), sizeof(struct offset_producer));
}

void offset_store_finish(struct group_machine *m)
{
    hash_chains_clear(&m->offsets.tables, release_table, m);
    hash_chains_clear(&m->offsets.topics, release_topic, m);
    hash_chains_clear(&m->offsets.producers, release_producer, m);
}
