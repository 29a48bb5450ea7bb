/* SPDX-License-Identifier: Apache-2.0 */
#include "assignor.h"

#include <stdlib.h>
#include <string.h>

#include "../../java_text.h"

struct rank {
    kw_string instance_id;
    kw_string id;
    uint32_t member;
};

/* What is left of a topic. */
struct rest {
    uint32_t subscribers;
    uint32_t quota;
    uint32_t extras; /* so many subscribers get one more */
    uint32_t next;   /* partition */
};

static int compare_ranks(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    bool x_is_static = x->instance_id.len >= 0, y_is_static = y->instance_id.len >= 0;
    if (x_is_static && y_is_static)
        return java_compare(x->instance_id, y->instance_id);
    if (x_is_static != y_is_static)
        return x_is_static ? -1 : 1;
    return java_compare(x->id, y->id);
}

static struct rank *rank_members(const struct assignor_input *in, kw_arena *arena)
{
    struct rank *ranks = kw_arena_array(arena, in->member_count, sizeof *ranks);
    if (ranks == NULL)
        return NULL;
    for (size_t i = 0; i < in->member_count; i++)
        ranks[i] = (struct rank){in->members[i].instance_id, in->members[i].id, (uint32_t)i};
    qsort(ranks, in->member_count, sizeof *ranks, compare_ranks);
    return ranks;
}

static struct rest *share_out(const struct assignor_input *in, kw_arena *arena)
{
    struct rest *rests = kw_arena_array(arena, in->topic_count, sizeof *rests);
    if (rests == NULL)
        return NULL;
    memset(rests, 0, in->topic_count * sizeof *rests);
    for (size_t i = 0; i < in->member_count; i++)
        for (size_t t = 0; t < in->members[i].topic_count; t++)
            rests[in->members[i].topics[t]].subscribers++;
    for (size_t t = 0; t < in->topic_count; t++) {
        struct rest *rest = &rests[t];
        if (rest->subscribers == 0)
            continue;
        rest->quota = in->topics[t].partitions / rest->subscribers;
        rest->extras = in->topics[t].partitions % rest->subscribers;
    }
    return rests;
}

static void take(struct rest *rest, const struct assignor_topic *topic, int32_t member, int32_t *owners)
{
    uint32_t end = rest->next + rest->quota;
    if (rest->extras > 0) {
        rest->extras--;
        end++;
    }
    for (; rest->next < end; rest->next++)
        owners[topic->first + rest->next] = member;
}

bool assign_range(const struct assignor_input *in, kw_arena *arena, int32_t *owners)
{
    for (size_t p = 0; p < in->partition_count; p++)
        owners[p] = NO_MEMBER;
    if (in->member_count == 0 || in->partition_count == 0)
        return true;
    struct rank *ranks = rank_members(in, arena);
    struct rest *rests = ranks != NULL ? share_out(in, arena) : NULL;
    if (rests == NULL)
        return false;
    for (size_t i = 0; i < in->member_count; i++) {
        const struct assignor_member *member = &in->members[ranks[i].member];
        for (size_t t = 0; t < member->topic_count; t++)
            take(&rests[member->topics[t]], &in->topics[member->topics[t]], (int32_t)ranks[i].member, owners);
    }
    return true;
}
