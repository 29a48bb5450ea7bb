/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include <kwire/topic_name.h>

#include "../observe/console.h"
#include "broker_ids.h"
#include "load.h"

enum { MEMORY_LIMIT = 1024 * 1024 * 1024 };

struct coming_up {
    int32_t self;
    kw_arena arena; /* for one topic at a time */
};

/* Whether Kafka would make this node the leader when it came up alone: it is in sync, or was when it stopped last. */
static bool may_lead(const struct metadata_partition *p, int32_t self)
{
    return p->leader_id == self || broker_ids_have(p->isr, self) || broker_ids_have(p->elr, self) ||
           broker_ids_have(p->last_known_elr, self) || (p->replicas.len == 1 && p->replicas.items[0] == self);
}

static bool change_partition(struct coming_up *c, struct metadata_partition *p)
{
    int32_t *ids = kw_arena_array(&c->arena, (size_t)p->replicas.len + 1, sizeof *ids);
    if (ids == NULL)
        return false;
    bool leads = may_lead(p, c->self);
    p->leader_id = leads ? c->self : -1;
    p->offline = (kw_int32_array){ids, 0};
    for (int32_t i = 0; i < p->replicas.len; i++)
        if (p->replicas.items[i] != c->self)
            ids[p->offline.len++] = p->replicas.items[i];
    if (leads && !broker_ids_have(p->isr, c->self)) { /* who leads is in sync, and no longer eligible only */
        int32_t *self = &ids[p->offline.len];
        *self = c->self;
        p->isr = (kw_int32_array){self, 1};
        p->elr.len = p->last_known_elr.len = 0;
    }
    return true;
}

static struct metadata_topic *change_topic(struct coming_up *c, const struct metadata_topic *from)
{
    kw_arena_reset(&c->arena);
    struct metadata_partition *partitions =
        kw_arena_array(&c->arena, (size_t)from->partition_count, sizeof *partitions);
    if (partitions == NULL)
        return NULL;
    for (int32_t i = 0; i < from->partition_count; i++) {
        partitions[i] = from->partitions[i];
        if (!change_partition(c, &partitions[i]))
            return NULL;
    }
    const struct metadata_topic changed = {.name = from->name,
                                           .id = from->id,
                                           .is_internal = from->is_internal,
                                           .partitions = partitions,
                                           .partition_count = from->partition_count};
    return metadata_topic_create(&changed);
}

/* A name that Kafka does not allow could not be asked for. */
static bool is_usable(const struct metadata_topic *topic)
{
    bool valid = kw_topic_name_is_valid(topic->name);
    if (!valid)
        console_line("topic %.*s is left out: not a valid name", KW_FMT(topic->name));
    return valid;
}

static bool change_topics(struct coming_up *c, const struct metadata_parts *from, struct metadata_parts *to)
{
    for (size_t i = 0; i < from->topic_count; i++) {
        if (!is_usable(from->topics[i]))
            continue;
        to->topics[to->topic_count] = change_topic(c, from->topics[i]);
        if (to->topics[to->topic_count] == NULL)
            return false;
        to->topic_count++;
    }
    return true;
}

struct metadata_image *metadata_come_up(const struct metadata_image *from, int32_t self)
{
    struct coming_up c = {.self = self};
    struct metadata_parts parts = from->parts;
    struct metadata_image *image = NULL;
    parts.topics = calloc(from->parts.topic_count + 1, sizeof(struct metadata_topic *));
    parts.topic_count = 0;
    kw_arena_init_growing(&c.arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    if (parts.topics != NULL && change_topics(&c, &from->parts, &parts))
        image = metadata_image_create(&parts);
    for (size_t i = 0; image != NULL && i < parts.resource_count; i++)
        (void)metadata_resource_share(parts.resources[i]);
    if (image != NULL)
        (void)metadata_kept_share(parts.kept);
    for (size_t i = 0; image == NULL && i < parts.topic_count; i++)
        metadata_topic_release(parts.topics[i]);
    free(parts.topics);
    kw_arena_finish(&c.arena);
    return image;
}
