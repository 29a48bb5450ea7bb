/* SPDX-License-Identifier: Apache-2.0 */
#include "verifications.h"

#include <stdlib.h>

#include "../base/hash.h"

struct verification {
    struct hash_link link;
    struct verification *older;
    struct verification *newer;
    int64_t producer_id;
    uint64_t number;
    int16_t epoch;
    struct producer_verification found;
    bool is_open; /* its transaction; the number is void */
};

static struct verification *entry_of(struct hash_link *link)
{
    return (struct verification *)(void *)((char *)link - offsetof(struct verification, link));
}

/* Producers cannot choose their ids. */
static uint32_t hash_of(int64_t producer_id)
{
    return hash_bytes(HASH_START, &producer_id, sizeof producer_id);
}

static void lock(struct verifications *v)
{
    (void)pthread_mutex_lock(&v->lock);
}

static void unlock(struct verifications *v)
{
    (void)pthread_mutex_unlock(&v->lock);
}

bool verifications_init(struct verifications *v)
{
    *v = (struct verifications){.last_number = 0};
    return pthread_mutex_init(&v->lock, NULL) == 0;
}

static void free_entry(struct hash_link *link, void *context)
{
    (void)context;
    free(entry_of(link));
}

void verifications_finish(struct verifications *v)
{
    hash_chains_clear(&v->entries, free_entry, NULL);
    (void)pthread_mutex_destroy(&v->lock);
}

static struct verification *find(const struct verifications *v, int64_t producer_id)
{
    struct hash_link *link = hash_chains_first(&v->entries, hash_of(producer_id));
    while (link != NULL && entry_of(link)->producer_id != producer_id)
        link = hash_chains_next(link);
    return link != NULL ? entry_of(link) : NULL;
}

/* A new one, of zeros. */
static void link_newest(struct verifications *v, struct verification *entry)
{
    entry->older = v->newest;
    *(v->newest != NULL ? &v->newest->newer : &v->oldest) = entry;
    v->newest = entry;
}

static void drop(struct verifications *v, struct verification *entry)
{
    *(entry->older != NULL ? &entry->older->newer : &v->oldest) = entry->newer;
    *(entry->newer != NULL ? &entry->newer->older : &v->newest) = entry->older;
    hash_chains_remove(&v->entries, &entry->link);
    free(entry);
}

/* The first that waits: a producer that is new here, or whose open transaction was of an older epoch. */
static void wait_first(struct verifications *v, struct verification *entry, int16_t epoch,
                       struct producer_verification first)
{
    entry->is_open = false;
    entry->number = ++v->last_number;
    entry->epoch = epoch;
    entry->found = first;
}

/* NULL: there is no memory. */
static struct verification *add(struct verifications *v, int64_t producer_id)
{
    struct verification *entry = hash_chains_prepare(&v->entries) ? calloc(1, sizeof *entry) : NULL;
    if (entry == NULL)
        return NULL;
    if (v->entries.count == VERIFICATIONS_MAX)
        drop(v, v->oldest);
    entry->producer_id = producer_id;
    hash_chains_add(&v->entries, &entry->link, hash_of(producer_id));
    link_newest(v, entry);
    return entry;
}

static void wait_as_well(struct verification *entry, int16_t epoch, int32_t sequence)
{
    bool is_lower = epoch == entry->epoch && sequence < entry->found.lowest_sequence;
    if (epoch > entry->epoch || is_lower)
        entry->found.lowest_sequence = sequence;
    if (epoch > entry->epoch)
        entry->epoch = epoch;
}

static bool is_open_in(const struct verification *entry, int16_t epoch)
{
    return entry != NULL && entry->is_open && entry->epoch == epoch;
}

bool verifications_is_open(struct verifications *v, int64_t producer_id, int16_t epoch)
{
    lock(v);
    bool is_open = is_open_in(find(v, producer_id), epoch);
    unlock(v);
    return is_open;
}

uint64_t verifications_enter(struct verifications *v, int64_t producer_id, int16_t epoch, int32_t sequence,
                             bool supports_epoch_bump)
{
    lock(v);
    struct verification *entry = find(v, producer_id);
    bool is_open = is_open_in(entry, epoch);
    bool is_first = entry == NULL || (entry->is_open && !is_open);
    if (entry == NULL)
        entry = add(v, producer_id);
    if (entry != NULL && is_first)
        wait_first(v, entry, epoch, (struct producer_verification){sequence, supports_epoch_bump});
    else if (entry != NULL && !is_open)
        wait_as_well(entry, epoch, sequence);
    uint64_t number = is_open ? VERIFICATION_OPEN : entry != NULL ? entry->number : 0;
    unlock(v);
    return number;
}

bool verifications_find(struct verifications *v, int64_t producer_id, uint64_t number,
                        struct producer_verification *out)
{
    lock(v);
    const struct verification *entry = find(v, producer_id);
    bool is_valid = entry != NULL && !entry->is_open && entry->number == number;
    if (is_valid)
        *out = entry->found;
    unlock(v);
    return is_valid;
}

void verifications_start(struct verifications *v, int64_t producer_id, int16_t epoch)
{
    lock(v);
    struct verification *entry = find(v, producer_id);
    if (entry != NULL && entry->epoch <= epoch) {
        entry->epoch = epoch;
        entry->is_open = true;
    }
    unlock(v);
}

void verifications_end(struct verifications *v, int64_t producer_id, int16_t epoch)
{
    lock(v);
    struct verification *entry = find(v, producer_id);
    bool is_next = entry != NULL && !entry->is_open && entry->found.supports_epoch_bump && entry->epoch == epoch;
    if (entry != NULL && !is_next)
        drop(v, entry);
    unlock(v);
}

void verifications_remove(struct verifications *v, int64_t producer_id)
{
    lock(v);
    struct verification *entry = find(v, producer_id);
    if (entry != NULL)
        drop(v, entry);
    unlock(v);
}

size_t verifications_count(struct verifications *v)
{
    lock(v);
    size_t count = v->entries.count;
    unlock(v);
    return count;
}
