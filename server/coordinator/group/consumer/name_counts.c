/* SPDX-License-Identifier: Apache-2.0 */
#include "name_counts.h"

#include <stdlib.h>
#include <string.h>

#include "../../../base/hash.h"

static struct name_count *count_of(const struct hash_link *link)
{
    return link != NULL ? (struct name_count *)(void *)((char *)(uintptr_t)link - offsetof(struct name_count, link))
                        : NULL;
}

static size_t size_of(kw_string name)
{
    return name.len > 0 ? (size_t)name.len : 0;
}

static uint32_t hash_of(const struct name_counts *counts, kw_string name)
{
    return hash_text(HASH_START ^ counts->seed, name);
}

static void release(struct hash_link *link, void *context)
{
    (void)context;
    free(count_of(link));
}

void name_counts_finish(struct name_counts *counts)
{
    hash_chains_clear(&counts->table, release, NULL);
}

static struct name_count *find(const struct name_counts *counts, kw_string name, uint32_t hash)
{
    for (struct hash_link *link = hash_chains_first(&counts->table, hash); link != NULL; link = hash_chains_next(link))
        if (kw_string_equal(count_of(link)->name, name))
            return count_of(link);
    return NULL;
}

struct name_count *name_counts_find(const struct name_counts *counts, kw_string name)
{
    return find(counts, name, hash_of(counts, name));
}

struct name_count *name_counts_demand(struct name_counts *counts, kw_string name)
{
    uint32_t hash = hash_of(counts, name);
    struct name_count *count = find(counts, name, hash);
    if (count != NULL)
        return count;
    count = hash_chains_prepare(&counts->table) ? calloc(1, sizeof *count + size_of(name)) : NULL;
    if (count == NULL)
        return NULL;
    if (name.len > 0)
        memcpy(count->text, name.data, (size_t)name.len);
    count->name = (kw_string){count->text, name.len > 0 ? name.len : 0};
    hash_chains_add(&counts->table, &count->link, hash);
    return count;
}

bool name_count_is_used(const struct name_count *count)
{
    return count->members != 0 || count->patterns != 0;
}

void name_counts_tidy(struct name_counts *counts, struct name_count *count)
{
    if (count == NULL || name_count_is_used(count) || count->held != 0)
        return;
    hash_chains_remove(&counts->table, &count->link);
    free(count);
}

struct name_count *name_counts_next(const struct name_counts *counts, const struct name_count *count)
{
    return count_of(hash_chains_after(&counts->table, count != NULL ? &count->link : NULL));
}
