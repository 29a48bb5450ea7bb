/* SPDX-License-Identifier: Apache-2.0 */
#include "assignor.h"

#include <stdlib.h>
#include <string.h>

/* ---- who has fewest, who has most ---- */

/* Members in a heap by their number of partitions; equal numbers by index, so that results can be repeated. */
struct heap {
    int32_t *members;
    size_t count;
    const uint32_t *sizes; /* of all members */
    bool most_first;
};

static bool comes_first(const struct heap *heap, int32_t a, int32_t b)
{
    uint32_t of_a = heap->sizes[a], of_b = heap->sizes[b];
    if (of_a == of_b)
        return a < b;
    return heap->most_first ? of_a > of_b : of_a < of_b;
}

static void sift(struct heap *heap, size_t at)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= heap->count)
            return;
        if (child + 1 < heap->count && comes_first(heap, heap->members[child + 1], heap->members[child]))
            child++;
        if (!comes_first(heap, heap->members[child], heap->members[at]))
            return;
        int32_t member = heap->members[at];
        heap->members[at] = heap->members[child];
        heap->members[child] = member;
        at = child;
    }
}

static void order(struct heap *heap)
{
    for (size_t i = heap->count / 2; i-- > 0;)
        sift(heap, i);
}

static void remove_top(struct heap *heap)
{
    heap->members[0] = heap->members[--heap->count];
    sift(heap, 0);
}

/* ---- the work ---- */

struct mixed {
    const struct assignor_input *in;
    int32_t *owners;
    uint32_t *sizes;      /* partitions of each member */
    uint32_t *order;      /* topics: most partitions for each subscriber first */
    uint32_t *starts;     /* of each topic in `subscribers`, and the end of the last one */
    int32_t *subscribers; /* of the first topic, of the second one... */
    struct heap fewest;   /* subscribers of one topic */
    struct heap most;     /* those that have partitions of it */
    uint32_t *of_member;  /* a partition of the topic that the member has, as number + 1 in the topic; 0: none */
    uint32_t *next;       /* another one of the same member, likewise */
    bool has_moved;
};

static size_t subscriber_count(const struct mixed *m, uint32_t topic)
{
    return m->starts[topic + 1] - m->starts[topic];
}

static bool list_subscribers(struct mixed *m, kw_arena *arena)
{
    const struct assignor_input *in = m->in;
    size_t total = 0;
    m->starts = kw_arena_array(arena, in->topic_count + 2, sizeof *m->starts);
    if (m->starts == NULL)
        return false;
    memset(m->starts, 0, (in->topic_count + 2) * sizeof *m->starts);
    for (size_t i = 0; i < in->member_count; i++) {
        total += in->members[i].topic_count;
        for (size_t t = 0; t < in->members[i].topic_count; t++)
            m->starts[in->members[i].topics[t] + 2]++;
    }
    m->subscribers = kw_arena_array(arena, total + 1, sizeof *m->subscribers);
    if (m->subscribers == NULL)
        return false;
    for (size_t t = 2; t < in->topic_count + 2; t++)
        m->starts[t] += m->starts[t - 1];
    for (size_t i = 0; i < in->member_count; i++)
        for (size_t t = 0; t < in->members[i].topic_count; t++)
            m->subscribers[m->starts[in->members[i].topics[t] + 1]++] = (int32_t)i;
    return true;
}

/* By what a topic is put into its place. */
struct weight {
    uint32_t topic;
    uint32_t partitions;
    size_t subscribers;
    kw_uuid id;
};

static int compare_weights(const void *a, const void *b)
{
    const struct weight *x = a, *y = b;
    uint64_t of_x = (uint64_t)x->partitions * y->subscribers, of_y = (uint64_t)y->partitions * x->subscribers;
    if (of_x != of_y)
        return of_x > of_y ? -1 : 1;
    if (x->subscribers != y->subscribers)
        return x->subscribers < y->subscribers ? -1 : 1;
    return memcmp(x->id.bytes, y->id.bytes, sizeof x->id.bytes);
}

static bool order_topics(struct mixed *m, kw_arena *arena)
{
    size_t count = m->in->topic_count;
    struct weight *weights = kw_arena_array(arena, count, sizeof *weights);
    m->order = kw_arena_array(arena, count, sizeof *m->order);
    if (weights == NULL || m->order == NULL)
        return false;
    for (uint32_t t = 0; t < count; t++)
        weights[t] = (struct weight){t, m->in->topics[t].partitions, subscriber_count(m, t), m->in->topics[t].id};
    qsort(weights, count, sizeof *weights, compare_weights);
    for (size_t i = 0; i < count; i++)
        m->order[i] = weights[i].topic;
    return true;
}

static bool prepare(struct mixed *m, kw_arena *arena)
{
    const struct assignor_input *in = m->in;
    uint32_t longest = 0;
    for (size_t t = 0; t < in->topic_count; t++)
        if (in->topics[t].partitions > longest)
            longest = in->topics[t].partitions;
    m->sizes = kw_arena_array(arena, in->member_count, sizeof *m->sizes);
    m->fewest.members = kw_arena_array(arena, in->member_count, sizeof *m->fewest.members);
    m->most.members = kw_arena_array(arena, in->member_count, sizeof *m->most.members);
    m->of_member = kw_arena_array(arena, in->member_count, sizeof *m->of_member);
    m->next = kw_arena_array(arena, longest, sizeof *m->next);
    if (m->sizes == NULL || m->fewest.members == NULL || m->most.members == NULL || m->of_member == NULL ||
        m->next == NULL)
        return false;
    memset(m->sizes, 0, in->member_count * sizeof *m->sizes);
    memset(m->of_member, 0, in->member_count * sizeof *m->of_member);
    m->fewest.sizes = m->most.sizes = m->sizes;
    m->most.most_first = true;
    return list_subscribers(m, arena) && order_topics(m, arena);
}

/* Owners of `in` are subscribed to what they have; the caller has seen to that. */
static void keep(struct mixed *m)
{
    for (size_t p = 0; p < m->in->partition_count; p++) {
        m->owners[p] = m->in->owners[p];
        if (m->owners[p] != NO_MEMBER)
            m->sizes[m->owners[p]]++;
    }
}

static void order_subscribers(struct mixed *m, uint32_t topic)
{
    m->fewest.count = subscriber_count(m, topic);
    memcpy(m->fewest.members, m->subscribers + m->starts[topic], m->fewest.count * sizeof *m->fewest.members);
    order(&m->fewest);
}

static void assign_free(struct mixed *m, uint32_t topic)
{
    const struct assignor_topic *t = &m->in->topics[topic];
    bool is_ordered = false;
    for (uint32_t p = t->first; p < t->first + t->partitions; p++) {
        if (m->owners[p] != NO_MEMBER)
            continue;
        if (!is_ordered)
            order_subscribers(m, topic);
        is_ordered = true;
        m->owners[p] = m->fewest.members[0];
        m->sizes[m->owners[p]]++;
        sift(&m->fewest, 0);
    }
}

static void list_partitions(struct mixed *m, const struct assignor_topic *t)
{
    m->most.count = 0;
    for (uint32_t p = 0; p < t->partitions; p++) {
        int32_t owner = m->owners[t->first + p];
        if (m->of_member[owner] == 0)
            m->most.members[m->most.count++] = owner;
        m->next[p] = m->of_member[owner];
        m->of_member[owner] = p + 1;
    }
}

static void forget_partitions(struct mixed *m, const struct assignor_topic *t)
{
    for (uint32_t p = 0; p < t->partitions; p++)
        m->of_member[m->owners[t->first + p]] = 0;
}

/* Moves partitions of a topic from who has most to who has fewest. Whoever got one never has to give it back here: all
 * others have at most one less. And who gave one never is the one with fewest before the end, for the same reason; so
 * neither heap needs the changes of the other one. */
static void level(struct mixed *m, uint32_t topic)
{
    const struct assignor_topic *t = &m->in->topics[topic];
    list_partitions(m, t);
    order(&m->most);
    order_subscribers(m, topic);
    while (m->most.count != 0) {
        int32_t giver = m->most.members[0], taker = m->fewest.members[0];
        if (m->sizes[giver] <= m->sizes[taker] + 1)
            break;
        uint32_t p = m->of_member[giver] - 1;
        m->of_member[giver] = m->next[p];
        m->owners[t->first + p] = taker;
        m->sizes[giver]--;
        m->sizes[taker]++;
        m->has_moved = true;
        sift(&m->fewest, 0);
        if (m->of_member[giver] == 0)
            remove_top(&m->most);
        else
            sift(&m->most, 0);
    }
    forget_partitions(m, t);
}

bool assign_uniform_mixed(const struct assignor_input *in, kw_arena *arena, int32_t *owners)
{
    struct mixed m = {.in = in, .owners = owners};
    for (size_t p = 0; p < in->partition_count; p++)
        owners[p] = NO_MEMBER;
    if (in->member_count == 0 || in->partition_count == 0)
        return true;
    if (!prepare(&m, arena))
        return false;
    keep(&m);
    for (size_t i = 0; i < in->topic_count; i++)
        assign_free(&m, m.order[i]);
    m.has_moved = true;
    for (int pass = 0; pass < ASSIGN_PASSES && m.has_moved; pass++) {
        m.has_moved = false;
        for (size_t i = 0; i < in->topic_count; i++)
            level(&m, m.order[i]);
    }
    return true;
}
