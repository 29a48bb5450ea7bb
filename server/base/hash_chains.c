/* SPDX-License-Identifier: Apache-2.0 */
#include "hash_chains.h"

#include <stdlib.h>

enum { FIRST_BUCKETS = 16 };

void hash_chains_finish(struct hash_chains *table)
{
    free(table->buckets);
    *table = (struct hash_chains){NULL, 0, 0};
}

static struct hash_link **bucket_of(struct hash_link **buckets, size_t count, uint32_t hash)
{
    return &buckets[hash & (count - 1)];
}

static void put(struct hash_link **buckets, size_t count, struct hash_link *link)
{
    struct hash_link **bucket = bucket_of(buckets, count, link->hash);
    link->next = *bucket;
    *bucket = link;
}

static bool resize(struct hash_chains *table, size_t count)
{
    struct hash_link **buckets = calloc(count, sizeof(struct hash_link *));
    if (buckets == NULL)
        return false;
    for (size_t i = 0; i < table->bucket_count; i++)
        for (struct hash_link *link = table->buckets[i], *next; link != NULL; link = next) {
            next = link->next;
            put(buckets, count, link);
        }
    free(table->buckets);
    table->buckets = buckets;
    table->bucket_count = count;
    return true;
}

bool hash_chains_prepare(struct hash_chains *table)
{
    return table->bucket_count != 0 || resize(table, FIRST_BUCKETS);
}

void hash_chains_add(struct hash_chains *table, struct hash_link *link, uint32_t hash)
{
    if (table->count >= table->bucket_count)
        (void)resize(table, table->bucket_count * 2);
    link->hash = hash;
    put(table->buckets, table->bucket_count, link);
    table->count++;
}

void hash_chains_remove(struct hash_chains *table, struct hash_link *link)
{
    struct hash_link **at = bucket_of(table->buckets, table->bucket_count, link->hash);
    while (*at != link)
        at = &(*at)->next;
    *at = link->next;
    table->count--;
}

struct hash_link *hash_chains_after(const struct hash_chains *table, const struct hash_link *link)
{
    if (link != NULL && link->next != NULL)
        return link->next;
    size_t bucket = link != NULL ? (link->hash & (table->bucket_count - 1)) + 1 : 0;
    while (bucket < table->bucket_count && table->buckets[bucket] == NULL)
        bucket++;
    return bucket < table->bucket_count ? table->buckets[bucket] : NULL;
}

void hash_chains_clear(struct hash_chains *table, void (*release)(struct hash_link *link, void *context), void *context)
{
    for (size_t i = 0; i < table->bucket_count; i++)
        for (struct hash_link *link = table->buckets[i], *next; link != NULL; link = next) {
            next = link->next;
            release(link, context);
        }
    hash_chains_finish(table);
}
