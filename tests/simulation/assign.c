/* SPDX-License-Identifier: Apache-2.0 */
#include "assign.h"

#include "topics.h"

static bool is_subscribed(const struct candidate *c, int partition)
{
    return (c->topics >> topic_of(partition) & 1) != 0;
}

static void assign_range(struct candidate *candidates, size_t count)
{
    for (size_t t = 0; t < topics.count; t++) {
        size_t subscribed = 0, at = 0, given = 0;
        for (size_t i = 0; i < count; i++)
            subscribed += candidates[i].topics >> t & 1;
        for (size_t i = 0; i < count; i++) {
            if ((candidates[i].topics >> t & 1) == 0)
                continue;
            size_t partitions = (size_t)topics.all[t].partitions;
            size_t share = partitions / subscribed + (at++ < partitions % subscribed);
            for (size_t end = given + share; given < end; given++)
                candidates[i].assigned |= bit(partition_of(t, (int32_t)given));
        }
    }
}

static unsigned all_topics(const struct candidate *candidates, size_t count)
{
    unsigned set = 0;
    for (size_t i = 0; i < count; i++)
        set |= candidates[i].topics;
    return set;
}

static void assign_roundrobin(struct candidate *candidates, size_t count)
{
    uint64_t all = partitions_of_topics(all_topics(candidates, count));
    size_t next = 0;
    for (int p = 0; p < ALL_PARTITIONS; p++) {
        if ((all & bit(p)) == 0)
            continue;
        while (!is_subscribed(&candidates[next % count], p))
            next++;
        candidates[next++ % count].assigned |= bit(p);
    }
}

/* ---- cooperative: who has partitions keeps them, and gives up some before others get them ---- */

static size_t size_of(uint64_t set)
{
    size_t size = 0;
    for (; set != 0; set &= set - 1)
        size++;
    return size;
}

/* Who has been given it last, of those who say that they have it; count: nobody has. */
static size_t owner_of(const struct candidate *candidates, size_t count, int p)
{
    size_t owner = count;
    for (size_t i = 0; i < count; i++)
        if ((candidates[i].owned & bit(p)) != 0 &&
            (owner == count || candidates[i].generation > candidates[owner].generation))
            owner = i;
    return owner;
}

static size_t smallest(const struct candidate *candidates, size_t count, int p)
{
    size_t found = count;
    for (size_t i = 0; i < count; i++)
        if (is_subscribed(&candidates[i], p) &&
            (found == count || size_of(candidates[i].assigned) < size_of(candidates[found].assigned)))
            found = i;
    return found;
}

static void assign_cooperative(struct candidate *candidates, size_t count)
{
    uint64_t all = partitions_of_topics(all_topics(candidates, count)), taken = 0;
    size_t least = size_of(all) / count, more = size_of(all) % count;
    for (int p = 0; p < ALL_PARTITIONS; p++) {
        size_t owner = (all & bit(p)) != 0 ? owner_of(candidates, count, p) : count;
        if (owner == count)
            continue;
        taken |= bit(p);
        size_t has = size_of(candidates[owner].assigned);
        if (has < least || (has == least && more != 0)) {
            candidates[owner].assigned |= bit(p);
            more -= has == least;
        }
    }
    for (int p = 0; p < ALL_PARTITIONS; p++)
        if ((all & ~taken & bit(p)) != 0)
            candidates[smallest(candidates, count, p)].assigned |= bit(p);
}

void assign(enum assignor assignor, struct candidate *candidates, size_t count)
{
    for (size_t i = 0; i < count; i++)
        candidates[i].assigned = 0;
    if (assignor == RANGE)
        assign_range(candidates, count);
    else if (assignor == ROUNDROBIN)
        assign_roundrobin(candidates, count);
    else
        assign_cooperative(candidates, count);
}
