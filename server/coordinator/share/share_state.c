/* SPDX-License-Identifier: Apache-2.0 */
#include "share_state.h"

#include <stdlib.h>
#include <string.h>

#include "../../base/hash.h"
#include "../../observe/console.h"
#include "share_prune.h"

enum { TYPE_BITS = 63 };

/* ---- entries ---- */

static struct share_entry *entry_of(struct hash_link *link)
{
    return (struct share_entry *)(void *)((char *)link - offsetof(struct share_entry, link));
}

static size_t length_of(kw_string text)
{
    return text.len > 0 ? (size_t)text.len : 0;
}

static uint32_t hash_of(const struct share_state *s, const struct share_key *key)
{
    uint32_t hash = hash_bytes(s->options.seed, key->topic_id.bytes, sizeof key->topic_id.bytes);
    hash = hash_bytes(hash, &key->partition, sizeof key->partition);
    return hash_text(hash, key->group);
}

static bool is_same(const struct share_key *a, const struct share_key *b)
{
    return a->partition == b->partition &&
           memcmp(a->topic_id.bytes, b->topic_id.bytes, sizeof a->topic_id.bytes) == 0 &&
           kw_string_equal(a->group, b->group);
}

static struct share_entry *find(const struct share_state *s, const struct share_key *key, uint32_t hash)
{
    struct hash_link *link = hash_chains_first(&s->entries, hash);
    while (link != NULL && !is_same(&entry_of(link)->key, key))
        link = hash_chains_next(link);
    return link != NULL ? entry_of(link) : NULL;
}

const struct share_value *share_state_find(const struct share_state *s, const struct share_key *key)
{
    const struct share_entry *entry = find(s, key, hash_of(s, key));
    return entry != NULL ? entry->value : NULL;
}

struct share_entry *share_state_next(const struct share_state *s, const struct share_entry *entry)
{
    struct hash_link *next = hash_chains_after(&s->entries, entry != NULL ? &entry->link : NULL);
    return next != NULL ? entry_of(next) : NULL;
}

static size_t entry_size(const struct share_key *key)
{
    return sizeof(struct share_entry) + length_of(key->group);
}

/* NULL: there is no memory. */
static struct share_entry *demand(struct share_state *s, const struct share_key *key)
{
    uint32_t hash = hash_of(s, key);
    struct share_entry *entry = find(s, key, hash);
    if (entry != NULL)
        return entry;
    entry = hash_chains_prepare(&s->entries) ? calloc(1, entry_size(key)) : NULL;
    if (entry == NULL)
        return NULL;
    coordinator_budget_force(s->options.budget, entry_size(key));
    entry->key = *key;
    if (key->group.len > 0)
        memcpy(entry->group, key->group.data, length_of(key->group));
    entry->key.group = (kw_string){entry->group, (int32_t)length_of(key->group)};
    hash_chains_add(&s->entries, &entry->link, hash);
    return entry;
}

static void tidy(struct share_state *s, struct share_entry *entry)
{
    if (entry->value != NULL || entry->references != 0)
        return;
    coordinator_budget_give(s->options.budget, entry_size(&entry->key));
    hash_chains_remove(&s->entries, &entry->link);
    free(entry);
}

/* ---- values ---- */

size_t share_value_size(size_t batches)
{
    return sizeof(struct share_value) + batches * sizeof(struct share_batch);
}

/* NULL: there is no memory. */
static struct share_value *create_value(struct share_state *s, const struct share_snapshot *from)
{
    struct share_value *value = malloc(share_value_size(from->batches.count));
    if (value == NULL)
        return NULL;
    coordinator_budget_force(s->options.budget, share_value_size(from->batches.count));
    value->is = *from;
    value->is.batches.items = value->batches;
    if (from->batches.count != 0)
        memcpy(value->batches, from->batches.items, from->batches.count * sizeof *value->batches);
    return value;
}

static void destroy_value(struct share_state *s, struct share_value *value)
{
    if (value == NULL)
        return;
    coordinator_budget_give(s->options.budget, share_value_size(value->is.batches.count));
    free(value);
}

static void put_value(struct share_state *s, struct share_entry *entry, struct share_value *value)
{
    s->count += (size_t)(value != NULL) - (size_t)(entry->value != NULL);
    entry->value = value;
}

/* ---- undo ---- */

struct share_undo {
    struct coordinator_undo undo; /* the first member */
    struct share_entry *entry;
    struct share_value *before;
    int64_t tombstone;
};

static void release(struct share_state *s, struct share_undo *u)
{
    u->entry->references--;
    tidy(s, u->entry);
    free(u);
}

static void put_back(struct coordinator_undo *undo, void *state)
{
    struct share_undo *u = (struct share_undo *)(void *)undo;
    struct share_state *s = state;
    destroy_value(s, u->entry->value);
    put_value(s, u->entry, u->before);
    s->tombstone = u->tombstone;
    release(s, u);
}

static void drop(struct coordinator_undo *undo, void *state)
{
    struct share_undo *u = (struct share_undo *)(void *)undo;
    destroy_value(state, u->before);
    release(state, u);
}

/* Puts the value there, which becomes the entry's. False: there is no memory, and nothing has changed. */
static bool replace(struct share_state *s, struct share_entry *entry, struct share_value *value,
                    struct coordinator_undo_list *undo)
{
    if (undo != NULL) {
        struct share_undo *u = malloc(sizeof *u);
        if (u == NULL)
            return false;
        *u = (struct share_undo){{put_back, drop, NULL}, entry, entry->value, s->tombstone};
        entry->references++;
        coordinator_undo_add(undo, &u->undo);
    } else {
        destroy_value(s, entry->value);
    }
    put_value(s, entry, value);
    return true;
}

/* ---- replay ---- */

static int32_t greater(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

kw_status share_apply_update(const struct share_snapshot *known, const struct share_snapshot *update, kw_arena *arena,
                             struct share_snapshot *out)
{
    *out = *known;
    if (update->start_offset != SHARE_NO_START)
        out->start_offset = update->start_offset;
    if (update->leader_epoch != -1)
        out->leader_epoch = update->leader_epoch;
    out->complete_count = update->complete_count;
    return share_batches_merge(&known->batches, &update->batches, out->start_offset, arena, &out->batches);
}

/* After an update without a state, which Kafka never writes, the state is the update. */
static kw_status value_after(struct share_state *s, const struct share_value *before, const struct share_record *record,
                             int64_t offset, struct share_value **out)
{
    struct share_snapshot is = record->value;
    bool is_update = record->kind == SHARE_RECORD_UPDATE;
    kw_status status = KW_OK;
    if (is_update && before != NULL)
        status = share_apply_update(&before->is, &record->value, &s->arena, &is);
    if (status != KW_OK)
        return status;
    struct share_value *value = *out = create_value(s, &is);
    if (value == NULL)
        return KW_ERR_NO_MEMORY;
    value->leader_epoch = record->value.leader_epoch;
    value->state_epoch = record->value.state_epoch;
    value->updates = is_update;
    value->snapshot_offset = is_update ? -1 : offset;
    if (before == NULL)
        return KW_OK;
    value->leader_epoch = greater(before->leader_epoch, record->value.leader_epoch);
    value->state_epoch = is_update ? before->state_epoch : greater(before->state_epoch, record->value.state_epoch);
    if (is_update) {
        value->updates = before->updates < INT32_MAX ? before->updates + 1 : INT32_MAX;
        value->snapshot_offset = before->snapshot_offset;
    } else {
        value->updates = before->updates < s->options.updates_per_snapshot ? before->updates : 0;
    }
    return KW_OK;
}

static kw_status replay_known(struct share_state *s, const struct share_record *record, int64_t offset,
                              struct coordinator_undo_list *undo)
{
    struct share_value *value = NULL;
    bool is_tombstone = record->kind == SHARE_RECORD_TOMBSTONE;
    struct share_entry *entry = demand(s, &record->key);
    if (entry == NULL)
        return KW_ERR_NO_MEMORY;
    kw_status status = is_tombstone ? KW_OK : value_after(s, entry->value, record, offset, &value);
    if (status == KW_OK && !replace(s, entry, value, undo)) {
        destroy_value(s, value);
        status = KW_ERR_NO_MEMORY;
    }
    if (status == KW_OK && is_tombstone)
        s->tombstone = offset;
    tidy(s, entry);
    return status;
}

/* As in Kafka, a later release may have written it. */
static void skip(struct share_state *s, int16_t type)
{
    unsigned bit = type >= 0 && type < TYPE_BITS ? (unsigned)type : TYPE_BITS;
    if ((s->skipped_types >> bit & 1) == 0)
        console_line("__share_group_state-%d: records of type %d are skipped, as they are not known",
                     s->options.partition, type);
    s->skipped_types |= UINT64_C(1) << bit;
}

static kw_status replay(void *state, const struct coordinator_record *record, struct coordinator_undo_list *undo)
{
    struct share_state *s = state;
    struct share_record read;
    kw_arena_reset(&s->arena);
    kw_status status = share_record_read(&read, record, &s->arena);
    if (status != KW_OK)
        return status;
    if (read.kind != SHARE_RECORD_UNKNOWN)
        return replay_known(s, &read, record->offset, undo);
    skip(s, read.type);
    return KW_OK;
}

/* ---- deleted topics ---- */

static void remove_orphans(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct share_state *s = d->state;
    (void)timer;
    d->may_be_split = true;
    for (struct share_entry *e = share_state_next(s, NULL); e != NULL; e = share_state_next(s, e))
        if (e->is_orphan && e->value != NULL)
            share_records_add_tombstone(&d->records, &e->key);
}

/* Those whose topic is not in the image. The image of a shard is never older than what its records are about. */
static void look_for_orphans(struct share_state *s, struct shard *shard, const struct metadata_image *image)
{
    bool has_some = false;
    for (struct share_entry *e = share_state_next(s, NULL); e != NULL; e = share_state_next(s, e)) {
        e->is_orphan = metadata_topic_by_id(image, e->key.topic_id) == NULL;
        has_some |= e->is_orphan && e->value != NULL;
    }
    if (has_some)
        coordinator_timer_start(shard, &s->orphan_timer, shard->options.clock());
}

/* ---- life ---- */

struct share_state *share_state_create(const struct share_state_options *options)
{
    struct share_state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->options = *options;
    s->tombstone = s->pruned = -1;
    s->orphan_timer.tick = remove_orphans;
    s->prune_timer.tick = share_prune_tick;
    s->cold_timer.tick = share_cold_tick;
    kw_arena_init_growing(&s->arena, NULL, 0, kw_allocator_libc(), COORDINATOR_RECORD_LIMIT);
    return s;
}

static void free_entry(struct hash_link *link, void *context)
{
    struct share_state *s = context;
    struct share_entry *entry = entry_of(link);
    destroy_value(s, entry->value);
    coordinator_budget_give(s->options.budget, entry_size(&entry->key));
    free(entry);
}

void share_state_destroy(struct share_state *s)
{
    hash_chains_clear(&s->entries, free_entry, s);
    kw_arena_finish(&s->arena);
    free(s);
}

static void loaded(void *state, struct shard *shard)
{
    struct share_state *s = state;
    int64_t now = shard->options.clock();
    s->shard = shard;
    kw_arena_reset(&s->arena);
    coordinator_timer_start(shard, &s->prune_timer, now + s->options.prune_interval_ms);
    coordinator_timer_start(shard, &s->cold_timer, now + s->options.cold_interval_ms);
    look_for_orphans(s, shard, shard->image);
}

static void unloaded(void *state)
{
    share_state_destroy(state);
}

static void changed(void *state, struct shard *shard, const struct metadata_image *before,
                    const struct metadata_image *after)
{
    (void)before;
    look_for_orphans(state, shard, after);
}

/* Kafka writes no transactions there. */
static kw_status marker(void *state, const struct coordinator_marker *end, struct coordinator_undo_list *undo)
{
    (void)state;
    (void)end;
    (void)undo;
    return KW_OK;
}

const struct coordinator_calls share_state_calls = {replay, marker, loaded, unloaded, changed};
