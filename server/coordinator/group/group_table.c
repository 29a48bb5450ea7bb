/* SPDX-License-Identifier: Apache-2.0 */
#include "group_table.h"

#include <stdlib.h>
#include <string.h>

#include "../../base/hash.h"
#include "group_machine.h"

static struct group *group_of(struct hash_link *link)
{
    return (struct group *)(void *)((char *)link - offsetof(struct group, link));
}

static uint32_t hash_of(const struct group_machine *m, kw_string id)
{
    return hash_text(m->groups.seed, id);
}

static struct group *find(const struct group_machine *m, kw_string id, uint32_t hash)
{
    for (struct hash_link *link = hash_chains_first(&m->groups.by_id, hash); link != NULL;
         link = hash_chains_next(link))
        if (kw_string_equal(group_of(link)->id, id))
            return group_of(link);
    return NULL;
}

struct group *group_find_any(const struct group_machine *m, kw_string id)
{
    return find(m, id, hash_of(m, id));
}

struct group *group_find(const struct group_machine *m, kw_string id)
{
    struct group *group = group_find_any(m, id);
    return group != NULL && group->type != GROUP_NONE ? group : NULL;
}

static size_t size_of(kw_string id)
{
    return sizeof(struct group) + (id.len > 0 ? (size_t)id.len : 0);
}

struct group *group_demand(struct group_machine *m, kw_string id)
{
    uint32_t hash = hash_of(m, id);
    struct group *group = find(m, id, hash);
    if (group != NULL)
        return group;
    group = hash_chains_prepare(&m->groups.by_id) ? calloc(1, size_of(id)) : NULL;
    if (group == NULL)
        return NULL;
    coordinator_budget_force(m->budget, size_of(id));
    if (id.len > 0)
        memcpy(group->text, id.data, (size_t)id.len);
    group->id = (kw_string){group->text, id.len > 0 ? id.len : 0};
    hash_chains_add(&m->groups.by_id, &group->link, hash);
    return group;
}

static void destroy(struct group_machine *m, struct group *group)
{
    coordinator_budget_give(m->budget, size_of(group->id));
    hash_chains_remove(&m->groups.by_id, &group->link);
    free(group);
}

void group_tidy(struct group_machine *m, struct group *group)
{
    if (group->type == GROUP_NONE && group->references == 0 && group->offsets.first == NULL)
        destroy(m, group);
}

void group_refer(struct group *group)
{
    group->references++;
}

void group_release(struct group_machine *m, struct group *group)
{
    group->references--;
    group_tidy(m, group);
}

/* ---- types ---- */

struct group_undo {
    struct coordinator_undo undo; /* the first member */
    struct group *group;
    enum group_type type;
    void *state;
};

static void destroy_state(struct group_machine *m, enum group_type type, void *state)
{
    if (type != GROUP_NONE)
        group_kind_of(type)->destroy(m, state);
}

static void put_back(struct coordinator_undo *undo, void *state)
{
    struct group_undo *u = (struct group_undo *)(void *)undo;
    struct group *group = u->group;
    destroy_state(state, group->type, group->state.any);
    group->type = u->type;
    group->state.any = u->state;
    group_release(state, group);
    free(u);
}

static void drop(struct coordinator_undo *undo, void *state)
{
    struct group_undo *u = (struct group_undo *)(void *)undo;
    destroy_state(state, u->type, u->state);
    group_release(state, u->group);
    free(u);
}

kw_status group_become(struct group_machine *m, struct group *group, enum group_type type, void *state,
                       struct coordinator_undo_list *undo)
{
    if (undo != NULL) {
        struct group_undo *u = malloc(sizeof *u);
        if (u == NULL)
            return KW_ERR_NO_MEMORY;
        *u = (struct group_undo){{put_back, drop, NULL}, group, group->type, group->state.any};
        group_refer(group);
        coordinator_undo_add(undo, &u->undo);
    } else {
        destroy_state(m, group->type, group->state.any);
    }
    group->type = type;
    group->state.any = state;
    group_tidy(m, group);
    return KW_OK;
}

/* ---- all of them ---- */

size_t group_bucket_count(const struct group_machine *m)
{
    return m->groups.by_id.bucket_count;
}

struct group *group_first_in(const struct group_machine *m, size_t bucket)
{
    struct hash_link *link = m->groups.by_id.buckets[bucket];
    return link != NULL ? group_of(link) : NULL;
}

struct group *group_next_in(const struct group *group)
{
    return group->link.next != NULL ? group_of(group->link.next) : NULL;
}

void group_table_finish(struct group_machine *m)
{
    for (size_t i = 0; i < group_bucket_count(m); i++)
        for (struct group *group = group_first_in(m, i), *next; group != NULL; group = next) {
            next = group_next_in(group);
            destroy_state(m, group->type, group->state.any);
            destroy(m, group);
        }
    hash_chains_finish(&m->groups.by_id);
}
