/* SPDX-License-Identifier: Apache-2.0 */
#include "classic_topics.h"

#include <stdlib.h>
#include <string.h>

#include "../../../base/hash.h"

enum { MEMORY_LIMIT = 256 * 1024 * 1024 };

struct topic_name {
    struct hash_link link; /* the first member */
    int32_t len;
    char text[];
};

struct classic_topics *classic_topics_create(void)
{
    struct classic_topics *topics = calloc(1, sizeof *topics);
    if (topics == NULL || !hash_chains_prepare(&topics->names)) {
        free(topics);
        return NULL;
    }
    kw_arena_init_growing(&topics->arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    return topics;
}

void classic_topics_free(struct classic_topics *topics)
{
    if (topics == NULL)
        return;
    hash_chains_finish(&topics->names);
    kw_arena_finish(&topics->arena);
    free(topics);
}

static const struct topic_name *of_link(const struct hash_link *link)
{
    return (const struct topic_name *)(const void *)link;
}

static uint32_t hash_of(kw_string name)
{
    return hash_text(HASH_START, name);
}

bool classic_topics_have(const struct classic_topics *topics, kw_string name)
{
    const struct hash_link *link = hash_chains_first(&topics->names, hash_of(name));
    while (link != NULL && !kw_string_equal((kw_string){of_link(link)->text, of_link(link)->len}, name))
        link = hash_chains_next(link);
    return link != NULL;
}

bool classic_topics_add(struct classic_topics *topics, kw_string name)
{
    if (classic_topics_have(topics, name))
        return true;
    struct topic_name *copy = kw_arena_alloc(&topics->arena, sizeof *copy + (size_t)name.len);
    if (copy == NULL)
        return false;
    copy->len = name.len;
    memcpy(copy->text, name.data, (size_t)name.len);
    hash_chains_add(&topics->names, &copy->link, hash_of(name));
    return true;
}
