/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "../../../base/growth.h"
#include "../../../base/hash.h"
#include "classic_group.h"
#include "consumer_protocol.h"

static uint32_t hash_of(kw_string name)
{
    return hash_text(HASH_START, name);
}

static struct classic_protocol_name *of_link(struct hash_link *link)
{
    return (struct classic_protocol_name *)(void *)link; /* its first member */
}

/* ---- names ---- */

static struct classic_protocol_name *find_name(const struct classic_group *group, kw_string name)
{
    struct hash_link *at = hash_chains_first(&group->protocol_names, hash_of(name));
    while (at != NULL && !kw_string_equal((kw_string){of_link(at)->text, of_link(at)->len}, name))
        at = hash_chains_next(at);
    return at != NULL ? of_link(at) : NULL;
}

static size_t cost_of_name(const struct classic_protocol_name *name)
{
    return sizeof *name + (size_t)name->len;
}

/* Without a reference yet. NULL: there is no memory. */
static struct classic_protocol_name *demand_name(struct classic_group *group, kw_string text)
{
    struct classic_protocol_name *name = find_name(group, text);
    if (name != NULL)
        return name;
    size_t len = text.len > 0 ? (size_t)text.len : 0;
    if (!hash_chains_prepare(&group->protocol_names) || (name = calloc(1, sizeof *name + len)) == NULL)
        return NULL;
    name->len = (int32_t)len;
    if (len != 0)
        memcpy(name->text, text.data, len);
    hash_chains_add(&group->protocol_names, &name->link, hash_of(text));
    coordinator_budget_force(group->budget, cost_of_name(name));
    return name;
}

static void release_name(struct classic_group *group, struct classic_protocol_name *name)
{
    if (--name->references != 0)
        return;
    hash_chains_remove(&group->protocol_names, &name->link);
    coordinator_budget_give(group->budget, cost_of_name(name));
    free(name);
}

void classic_set_protocol(struct classic_group *group, struct classic_protocol_name *protocol)
{
    struct classic_protocol_name *old = group->protocol;
    if (protocol != NULL)
        protocol->references++;
    group->protocol = protocol;
    if (old != NULL)
        release_name(group, old);
}

/* ---- lists ---- */

static size_t size_of_list(const kw_join_group_request_protocol_array *protocols)
{
    size_t size = sizeof(struct classic_protocols) + (size_t)protocols->len * sizeof(struct classic_protocol);
    for (int32_t i = 0; i < protocols->len; i++)
        size += kw_span_of_bytes(protocols->items[i].metadata).size;
    return size;
}

static bool add_protocol(struct classic_group *group, struct classic_protocols *list, uint8_t **at,
                         const kw_join_group_request_protocol *protocol)
{
    kw_span bytes = kw_span_of_bytes(protocol->metadata);
    struct classic_protocol_name *name = demand_name(group, protocol->name);
    if (name == NULL)
        return false;
    name->references++;
    list->items[list->count++] =
        (struct classic_protocol){name, {*at, (int32_t)bytes.size}, name->mark == (const void *)list};
    name->mark = list;
    if (bytes.size != 0)
        memcpy(*at, bytes.data, bytes.size);
    *at += bytes.size;
    return true;
}

struct classic_protocols *classic_protocols_create(struct classic_group *group,
                                                   const kw_join_group_request_protocol_array *protocols)
{
    size_t size = size_of_list(protocols);
    struct classic_protocols *list = calloc(1, size);
    if (list == NULL)
        return NULL;
    uint8_t *at = (uint8_t *)&list->items[protocols->len];
    list->size = size;
    coordinator_budget_force(group->budget, size);
    bool is_complete = true;
    for (int32_t i = 0; is_complete && i < protocols->len; i++)
        is_complete = add_protocol(group, list, &at, &protocols->items[i]);
    for (size_t i = 0; i < list->count; i++)
        list->items[i].name->mark = NULL;
    if (is_complete)
        return list;
    classic_protocols_free(group, list);
    return NULL;
}

void classic_protocols_free(struct classic_group *group, struct classic_protocols *protocols)
{
    if (protocols == NULL)
        return;
    for (size_t i = 0; i < protocols->count; i++)
        release_name(group, protocols->items[i].name);
    coordinator_budget_give(group->budget, protocols->size);
    free(protocols);
}

static kw_string name_at(const struct classic_protocols *protocols, size_t i)
{
    const struct classic_protocol_name *name = protocols->items[i].name;
    return (kw_string){name->text, name->len};
}

bool classic_protocols_match(const struct classic_protocols *own, const kw_join_group_request_protocol_array *other)
{
    if (own->count != (size_t)(other->len > 0 ? other->len : 0))
        return false;
    for (size_t i = 0; i < own->count; i++)
        if (!kw_string_equal(name_at(own, i), other->items[i].name) ||
            !kw_bytes_equal(own->items[i].metadata, other->items[i].metadata))
            return false;
    return true;
}

static void count_support(const struct classic_protocols *protocols, size_t by)
{
    for (size_t i = 0; i < protocols->count; i++)
        if (!protocols->items[i].is_repeated)
            protocols->items[i].name->supporters += by;
}

void classic_support(const struct classic_protocols *protocols)
{
    count_support(protocols, 1);
}

void classic_support_no_more(const struct classic_protocols *protocols)
{
    count_support(protocols, SIZE_MAX);
}

struct classic_protocols *classic_set_protocols(struct classic_member *member, struct classic_protocols *protocols)
{
    struct classic_protocols *old = member->protocols;
    classic_support_no_more(old);
    classic_support(protocols);
    member->protocols = protocols;
    return old;
}

bool classic_supports(const struct classic_group *group, kw_string protocol_type,
                      const kw_join_group_request_protocol_array *protocols)
{
    if (group->state == CLASSIC_EMPTY)
        return protocol_type.len > 0 && protocols->len > 0;
    if (!kw_string_equal(classic_protocol_type(group), protocol_type))
        return false;
    for (int32_t i = 0; i < protocols->len; i++) {
        const struct classic_protocol_name *name = find_name(group, protocols->items[i].name);
        if ((name != NULL ? name->supporters : 0) == classic_member_count(group))
            return true;
    }
    return false;
}

static const struct classic_protocol *find_protocol(const struct classic_member *member,
                                                    const struct classic_protocol_name *name)
{
    for (size_t i = 0; i < member->protocols->count; i++)
        if (member->protocols->items[i].name == name)
            return &member->protocols->items[i];
    return NULL;
}

kw_bytes classic_metadata(const struct classic_member *member, const struct classic_protocol_name *protocol)
{
    const struct classic_protocol *found = find_protocol(member, protocol);
    return found != NULL ? found->metadata : (kw_bytes){NULL, 0};
}

/* ---- the vote ---- */

static struct classic_protocol_name *first_candidate(const struct classic_member *member)
{
    for (size_t i = 0; i < member->protocols->count; i++)
        if (member->protocols->items[i].name->supporters == classic_member_count(member->group))
            return member->protocols->items[i].name;
    return NULL;
}

/* All candidates are in the list of each member. */
struct classic_protocol_name *classic_select_protocol(struct classic_group *group)
{
    struct classic_protocol_name *chosen = NULL;
    const struct classic_protocols *leaders = group->leader->protocols;
    for (size_t i = 0; i < leaders->count; i++)
        leaders->items[i].name->votes = 0;
    for (const struct classic_member *member = group->first; member != NULL; member = member->next) {
        struct classic_protocol_name *candidate = first_candidate(member);
        if (candidate != NULL)
            candidate->votes++;
    }
    for (size_t i = 0; i < leaders->count; i++)
        if (leaders->items[i].name->votes > (chosen != NULL ? chosen->votes : 0))
            chosen = leaders->items[i].name;
    return chosen;
}

/* ---- what members say for the chosen one ---- */

static bool collect_topics(const struct classic_group *group, struct classic_topics *all)
{
    kw_bytes last = {NULL, -1};
    for (const struct classic_member *member = group->first; member != NULL; member = member->next) {
        struct subscribed_topics topics;
        kw_string name;
        if (!subscribed_topics_init(&topics, classic_metadata(member, group->protocol)))
            return false;
        if (kw_bytes_equal(topics.encoded, last))
            continue; /* most members say the same */
        last = topics.encoded;
        while (subscribed_topics_next(&topics, &name))
            if (!classic_topics_add(all, name))
                return false;
    }
    return true;
}

void classic_compute_topics(struct classic_group *group)
{
    struct classic_topics *topics = classic_is_consumer(group) ? classic_topics_create() : NULL;
    if (topics != NULL && !collect_topics(group, topics)) {
        classic_topics_free(topics);
        topics = NULL;
    }
    coordinator_budget_give(group->budget, classic_topics_size(group->topics));
    classic_topics_free(group->topics);
    group->topics = topics;
    coordinator_budget_force(group->budget, classic_topics_size(group->topics));
}

static bool copy_bytes(kw_arena *arena, kw_bytes from, kw_bytes *to)
{
    kw_string copy;
    bool done = arena_put_string(arena, kw_string_of_bytes(from), &copy);
    *to = kw_bytes_of_string(copy);
    return done;
}

bool classic_list_members(const struct classic_group *group, kw_arena *arena, kw_join_group_response_member_array *out)
{
    kw_join_group_response_member *at = kw_arena_array(arena, classic_member_count(group), sizeof *at);
    *out = (kw_join_group_response_member_array){at, (int32_t)classic_member_count(group)};
    if (at == NULL)
        return false;
    for (const struct classic_member *member = group->first; member != NULL; member = member->next, at++) {
        kw_join_group_response_member_init(at);
        if (!arena_put_string(arena, classic_member_id(member), &at->member_id) ||
            !arena_put_string(arena, member->instance_id, &at->group_instance_id) ||
            !copy_bytes(arena, classic_metadata(member, group->protocol), &at->metadata))
            return false;
    }
    return true;
}
