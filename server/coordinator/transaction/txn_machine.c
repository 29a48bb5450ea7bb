/* SPDX-License-Identifier: Apache-2.0 */
#include "txn_machine.h"

#include <stdlib.h>
#include <string.h>

#include "../../base/hash.h"
#include "../../observe/console.h"
#include "completion.h"
#include "txn_records.h"

/* ---- entries ---- */

static struct txn_entry *entry_of(struct hash_link *link)
{
    return (struct txn_entry *)(void *)((char *)link - offsetof(struct txn_entry, link));
}

static size_t length_of(kw_string text)
{
    return text.len > 0 ? (size_t)text.len : 0;
}

static uint32_t hash_of(const struct txn_machine *m, kw_string id)
{
    return hash_text(m->options.seed, id);
}

struct txn_entry *txn_machine_entry(const struct txn_machine *m, kw_string id)
{
    struct hash_link *link = hash_chains_first(&m->entries, hash_of(m, id));
    while (link != NULL && !kw_string_equal(entry_of(link)->id, id))
        link = hash_chains_next(link);
    return link != NULL ? entry_of(link) : NULL;
}

const struct txn_fields *txn_machine_find(const struct txn_machine *m, kw_string id)
{
    const struct txn_entry *entry = txn_machine_entry(m, id);
    return entry != NULL && entry->value != NULL ? &entry->value->is : NULL;
}

void txn_machine_note_last_epoch(struct txn_machine *m, kw_string id, int16_t last_epoch)
{
    struct txn_entry *entry = txn_machine_entry(m, id);
    if (entry != NULL)
        entry->last_epoch = last_epoch;
}

const struct txn_entry *txn_machine_next(const struct txn_machine *m, const struct txn_entry *entry)
{
    struct hash_link *next = hash_chains_after(&m->entries, entry != NULL ? &entry->link : NULL);
    return next != NULL ? entry_of(next) : NULL;
}

static size_t entry_size(kw_string id)
{
    return sizeof(struct txn_entry) + length_of(id);
}

/* NULL: there is no memory. */
static struct txn_entry *demand(struct txn_machine *m, kw_string id)
{
    struct txn_entry *entry = txn_machine_entry(m, id);
    if (entry != NULL)
        return entry;
    entry = hash_chains_prepare(&m->entries) ? calloc(1, entry_size(id)) : NULL;
    if (entry == NULL)
        return NULL;
    coordinator_budget_force(m->options.budget, entry_size(id));
    if (id.len > 0)
        memcpy(entry->text, id.data, length_of(id));
    entry->id = (kw_string){entry->text, (int32_t)length_of(id)};
    entry->last_epoch = TXN_NO_EPOCH;
    hash_chains_add(&m->entries, &entry->link, hash_of(m, id));
    return entry;
}

static void tidy(struct txn_machine *m, struct txn_entry *entry)
{
    if (entry->value != NULL || entry->references != 0)
        return;
    coordinator_budget_give(m->options.budget, entry_size(entry->id));
    hash_chains_remove(&m->entries, &entry->link);
    free(entry);
}

/* ---- values ---- */

/* NULL: there is no memory. */
static struct txn_value *create_value(struct txn_machine *m, const struct txn_fields *from)
{
    struct txn_value *value = txn_value_create(from);
    if (value != NULL)
        coordinator_budget_force(m->options.budget, value->size);
    return value;
}

static void destroy_value(struct txn_machine *m, struct txn_value *value)
{
    if (value != NULL)
        coordinator_budget_give(m->options.budget, value->size);
    txn_value_free(value);
}

static bool is_open(const struct txn_value *value)
{
    return value != NULL && (value->is.state == TXN_ONGOING || txn_is_prepared(&value->is));
}

static void enter_open(struct txn_machine *m, struct txn_entry *entry)
{
    entry->next_open = m->open;
    entry->open_link = &m->open;
    if (entry->next_open != NULL)
        entry->next_open->open_link = &entry->next_open;
    m->open = entry;
}

static void leave_open(struct txn_entry *entry)
{
    *entry->open_link = entry->next_open;
    if (entry->next_open != NULL)
        entry->next_open->open_link = entry->open_link;
    entry->open_link = NULL;
}

static void put_value(struct txn_machine *m, struct txn_entry *entry, struct txn_value *value)
{
    m->count += (size_t)(value != NULL) - (size_t)(entry->value != NULL);
    entry->value = value;
    if (is_open(value) && entry->open_link == NULL)
        enter_open(m, entry);
    else if (!is_open(value) && entry->open_link != NULL)
        leave_open(entry);
}

/* ---- undo ---- */

struct txn_undo {
    struct coordinator_undo undo; /* the first member */
    struct txn_entry *entry;
    struct txn_value *before;
};

static void release(struct txn_machine *m, struct txn_undo *u)
{
    u->entry->references--;
    tidy(m, u->entry);
    free(u);
}

static void put_back(struct coordinator_undo *undo, void *state)
{
    struct txn_undo *u = (struct txn_undo *)(void *)undo;
    struct txn_machine *m = state;
    destroy_value(m, u->entry->value);
    put_value(m, u->entry, u->before);
    if (u->before != NULL && txn_is_prepared(&u->before->is))
        completion_look_later(m);
    release(m, u);
}

static void drop(struct coordinator_undo *undo, void *state)
{
    struct txn_undo *u = (struct txn_undo *)(void *)undo;
    const struct txn_value *value = u->entry->value;
    destroy_value(state, u->before);
    if (u->entry->references == 1 && value != NULL && txn_is_prepared(&value->is))
        completion_start(state, u->entry);
    release(state, u);
}

/* Puts the value there, which becomes the entry's. False: there is no memory, and nothing has changed. */
static bool replace(struct txn_machine *m, struct txn_entry *entry, struct txn_value *value,
                    struct coordinator_undo_list *undo)
{
    if (undo != NULL) {
        struct txn_undo *u = malloc(sizeof *u);
        if (u == NULL)
            return false;
        *u = (struct txn_undo){{put_back, drop, NULL}, entry, entry->value};
        entry->references++;
        coordinator_undo_add(undo, &u->undo);
    } else {
        destroy_value(m, entry->value);
    }
    put_value(m, entry, value);
    return true;
}

/* ---- replay ---- */

static kw_status replay_known(struct txn_machine *m, struct txn_record *record, struct coordinator_undo_list *undo)
{
    struct txn_value *value = NULL;
    struct txn_entry *entry = demand(m, record->id);
    if (entry == NULL)
        return KW_ERR_NO_MEMORY;
    record->value.last_epoch = entry->last_epoch;
    entry->last_epoch = TXN_NO_EPOCH;
    bool is_done = record->kind == TXN_RECORD_TOMBSTONE || (value = create_value(m, &record->value)) != NULL;
    if (is_done && !replace(m, entry, value, undo)) {
        destroy_value(m, value);
        is_done = false;
    }
    tidy(m, entry);
    return is_done ? KW_OK : KW_ERR_NO_MEMORY;
}

/* As in Kafka, a later release may have written it. */
static void skip(struct txn_machine *m, const struct txn_record *record)
{
    if (!m->has_skipped)
        console_line("__transaction_state-%d: records are skipped, as they are not known: type %d, version %d",
                     m->options.partition, record->type, record->version);
    m->has_skipped = true;
}

static kw_status replay(void *state, const struct coordinator_record *record, struct coordinator_undo_list *undo)
{
    struct txn_machine *m = state;
    struct txn_record read;
    kw_arena_reset(&m->arena);
    kw_status status = txn_record_read(&read, record, &m->arena);
    if (status != KW_OK)
        return status;
    if (read.kind != TXN_RECORD_UNKNOWN)
        return replay_known(m, &read, undo);
    skip(m, &read);
    return KW_OK;
}

/* ---- life ---- */

struct txn_machine *txn_machine_create(const struct txn_machine_options *options)
{
    struct txn_machine *m = calloc(1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->options = *options;
    kw_arena_init_growing(&m->arena, NULL, 0, kw_allocator_libc(), COORDINATOR_RECORD_LIMIT);
    return m;
}

static void free_entry(struct hash_link *link, void *context)
{
    struct txn_machine *m = context;
    struct txn_entry *entry = entry_of(link);
    destroy_value(m, entry->value);
    coordinator_budget_give(m->options.budget, entry_size(entry->id));
    free(entry);
}

void txn_machine_destroy(struct txn_machine *m)
{
    hash_chains_clear(&m->entries, free_entry, m);
    kw_arena_finish(&m->arena);
    free(m);
}

static void loaded(void *state, struct shard *shard)
{
    struct txn_machine *m = state;
    kw_arena_reset(&m->arena);
    m->shard = shard;
    txn_expiry_start(m);
    completions_start(m);
}

static void unloaded(void *state)
{
    completions_stop(state);
    txn_machine_destroy(state);
}

/* Kafka writes no transactions there. */
static kw_status marker(void *state, const struct coordinator_marker *end, struct coordinator_undo_list *undo)
{
    (void)state;
    (void)end;
    (void)undo;
    return KW_OK;
}

const struct coordinator_calls txn_machine_calls = {replay, marker, loaded, unloaded, NULL};
