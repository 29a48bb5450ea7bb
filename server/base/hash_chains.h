/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_HASH_CHAINS_H
#define SERVER_BASE_HASH_CHAINS_H

/* A table of items that may be removed again, by the hash of their key. The link is a member of the item, so adding one
 * needs memory only when the table grows; if there is none it becomes slower instead. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Private fields. */
struct hash_link {
    struct hash_link *next;
    uint32_t hash;
};

struct hash_chains {
    struct hash_link **buckets; /* each is the first of its links; to read */
    size_t bucket_count;        /* power of two, or 0; to read */
    size_t count;               /* of items; to read */
};

/* Zero bytes are a table that is empty. The items are the caller's. */
void hash_chains_finish(struct hash_chains *table);

/* Makes the table ready for the first item. False: there is no memory. */
bool hash_chains_prepare(struct hash_chains *table);

/* After hash_chains_prepare(). An item with this key must not be in the table. */
void hash_chains_add(struct hash_chains *table, struct hash_link *link, uint32_t hash);

void hash_chains_remove(struct hash_chains *table, struct hash_link *link);

/* Hands out every item, which may be freed, and finishes the table. */
void hash_chains_clear(struct hash_chains *table, void (*release)(struct hash_link *link, void *context),
                       void *context);

/* Every item in turn, in any order: the one after this one, or the first; NULL: no more. Nothing may be added or
 * removed meanwhile. */
struct hash_link *hash_chains_after(const struct hash_chains *table, const struct hash_link *link);

/* The first item with this hash, and the next one; NULL: no more. The caller compares the keys. */
static inline struct hash_link *hash_chains_next(const struct hash_link *link)
{
    uint32_t hash = link->hash;
    struct hash_link *next = link->next;
    while (next != NULL && next->hash != hash)
        next = next->next;
    return next;
}

static inline struct hash_link *hash_chains_first(const struct hash_chains *table, uint32_t hash)
{
    if (table->bucket_count == 0)
        return NULL;
    struct hash_link *link = table->buckets[hash & (table->bucket_count - 1)];
    while (link != NULL && link->hash != hash)
        link = link->next;
    return link;
}

#endif
