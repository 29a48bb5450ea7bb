/* SPDX-License-Identifier: Apache-2.0 */
#include "assign_simple.h"

#include <string.h>

/* A pair of members and partitions, and who of the former has which of the latter. */
struct scope {
    const size_t *members; /* indexes of all members */
    size_t member_count;
    size_t first; /* partition */
    size_t partition_count;
};

struct assigning {
    struct partition_set partitions;
    struct simple_member *members;
    size_t member_count;
    uint8_t *has;    /* a bit for each member and partition */
    size_t row;      /* bytes of a member */
    size_t *counts;  /* of partitions, by member: in the scope */
    size_t *sharing; /* of members, by partition */
    size_t *listed;  /* members of a scope */
};

static bool has(const struct assigning *a, size_t member, size_t partition)
{
    return (a->has[member * a->row + partition / 8] >> (partition % 8) & 1) != 0;
}

static void set(struct assigning *a, size_t member, size_t partition, bool value)
{
    uint8_t bit = (uint8_t)(1u << (partition % 8));
    uint8_t *byte = &a->has[member * a->row + partition / 8];
    *byte = (uint8_t)(value ? *byte | bit : *byte & ~bit);
    a->counts[member] += value ? 1 : (size_t)-1;
    a->sharing[partition] += value ? 1 : (size_t)-1;
}

/* How many partitions the i-th member of a scope is to have, so that all together are `total`. */
static size_t quota(const struct scope *s, size_t total, size_t i)
{
    size_t m = s->member_count;
    return (total * (i + 1) + m - 1) / m - (total * i + m - 1) / m;
}

/* ---- what members keep ---- */

static void take_before(struct assigning *a, const struct scope *s)
{
    for (size_t i = 0; i < s->member_count; i++) {
        size_t member = s->members[i];
        a->counts[member] = 0;
        for (size_t p = s->first; p < s->first + s->partition_count; p++) {
            const struct set_partition *partition = &a->partitions.items[p];
            if (partition_set_find(a->members[member].before, partition->topic, partition->index) != NULL)
                set(a, member, p, true);
        }
    }
}

/* Those go first that most others have. */
static void drop_surplus(struct assigning *a, const struct scope *s, size_t sharing)
{
    for (size_t i = 0; i < s->member_count; i++) {
        size_t member = s->members[i], most = quota(s, sharing * s->partition_count, i);
        for (size_t p = s->first; p < s->first + s->partition_count; p++)
            if (has(a, member, p) && a->sharing[p] > sharing)
                set(a, member, p, false);
        for (size_t p = s->first; p < s->first + s->partition_count && a->counts[member] > most; p++)
            if (has(a, member, p) && a->sharing[p] > 1)
                set(a, member, p, false);
        for (size_t p = s->first; p < s->first + s->partition_count && a->counts[member] > most; p++)
            if (has(a, member, p))
                set(a, member, p, false);
    }
}

/* ---- what they get ---- */

/* Members in turn, as long as they may have more. */
static void give(struct assigning *a, const struct scope *s, size_t sharing, size_t p, size_t wanted, size_t *turn)
{
    for (size_t tries = 0; tries < s->member_count && a->sharing[p] < wanted; tries++) {
        size_t i = *turn, member = s->members[i];
        *turn = (i + 1) % s->member_count;
        if (!has(a, member, p) && a->counts[member] < quota(s, sharing * s->partition_count, i))
            set(a, member, p, true);
    }
}

static void assign_scope(struct assigning *a, const struct scope *s)
{
    size_t turn = 0;
    if (s->member_count == 0 || s->partition_count == 0)
        return;
    size_t sharing = (s->member_count + s->partition_count - 1) / s->partition_count;
    take_before(a, s);
    drop_surplus(a, s, sharing);
    for (size_t wanted = 1; wanted <= sharing; wanted++)
        for (size_t p = s->first; p < s->first + s->partition_count; p++)
            give(a, s, sharing, p, wanted, &turn);
}

/* ---- all ---- */

static bool is_subscribed(const struct simple_member *member, size_t topic)
{
    for (size_t i = 0; i < member->topic_count; i++)
        if (member->topics[i] == topic)
            return true;
    return false;
}

static bool have_same_topics(const struct simple_member *members, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (members[i].topic_count != members[0].topic_count ||
            (members[i].topics != members[0].topics &&
             memcmp(members[i].topics, members[0].topics, members[0].topic_count * sizeof *members[0].topics) != 0))
            return false;
    return true;
}

static void assign_topics(struct assigning *a, const kw_uuid *topics, size_t topic_count)
{
    size_t at = 0;
    for (size_t t = 0; t < topic_count; t++) {
        struct scope s = {.members = a->listed, .first = at};
        while (at < a->partitions.count && kw_uuid_equal(a->partitions.items[at].topic, topics[t]))
            at++;
        s.partition_count = at - s.first;
        for (size_t i = 0; i < a->member_count; i++)
            if (is_subscribed(&a->members[i], t))
                a->listed[s.member_count++] = i;
        assign_scope(a, &s);
    }
}

static void assign_all(struct assigning *a)
{
    const struct scope s = {
        .members = a->listed, .member_count = a->member_count, .partition_count = a->partitions.count};
    for (size_t i = 0; i < a->member_count; i++)
        a->listed[i] = i;
    assign_scope(a, &s);
}

static bool list_results(struct assigning *a, kw_arena *arena)
{
    for (size_t i = 0; i < a->member_count; i++) {
        size_t count = 0;
        for (size_t p = 0; p < a->partitions.count; p++)
            count += has(a, i, p);
        struct set_partition *items = kw_arena_array(arena, count + 1, sizeof *items);
        if (items == NULL)
            return false;
        a->members[i].after = (struct partition_set){items, count};
        for (size_t p = 0; p < a->partitions.count; p++)
            if (has(a, i, p))
                *items++ = a->partitions.items[p];
    }
    return true;
}

/* Of topics that all members have only those with partitions matter: the others have no scope. */
bool assign_simple(struct partition_set partitions, const kw_uuid *topics, size_t topic_count,
                   struct simple_member *members, size_t member_count, kw_arena *arena)
{
    struct assigning a = {.partitions = partitions, .members = members, .member_count = member_count};
    a.row = partitions.count / 8 + 1;
    a.has = kw_arena_array(arena, member_count + 1, a.row);
    a.counts = kw_arena_array(arena, member_count + 1, sizeof *a.counts);
    a.listed = kw_arena_array(arena, member_count + 1, sizeof *a.listed);
    a.sharing = kw_arena_array(arena, partitions.count + 1, sizeof *a.sharing);
    if (a.has == NULL || a.counts == NULL || a.listed == NULL || a.sharing == NULL)
        return false;
    memset(a.has, 0, (member_count + 1) * a.row);
    memset(a.sharing, 0, (partitions.count + 1) * sizeof *a.sharing);
    memset(a.counts, 0, (member_count + 1) * sizeof *a.counts);
    bool is_homogeneous =
        have_same_topics(members, member_count) && member_count != 0 && members[0].topic_count == topic_count;
    if (is_homogeneous)
        assign_all(&a);
    else
        assign_topics(&a, topics, topic_count);
    return list_results(&a, arena);
}
