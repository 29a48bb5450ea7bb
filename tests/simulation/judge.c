/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

enum { NAME = 64 };

static struct {
    uint64_t *acknowledged; /* ids by offset; 0: not known */
    uint64_t *read;         /* the same */
    int64_t capacity;
    int64_t end;      /* of what is known */
    int64_t read_end; /* all before it has been read */
    uint64_t last[MOST_PRODUCERS];
} logs[ALL_PARTITIONS];

static struct {
    int64_t sent, committed;
    int64_t seen; /* all before it has been read */
    int32_t generation;
    char owner[NAME];
} kept[MOST_GROUPS][ALL_PARTITIONS];

void judge_start(void)
{
    memset(logs, 0, sizeof logs);
    memset(kept, 0, sizeof kept);
    for (size_t g = 0; g < MOST_GROUPS; g++)
        for (size_t p = 0; p < ALL_PARTITIONS; p++)
            kept[g][p].sent = kept[g][p].committed = kept[g][p].generation = -1;
}

void judge_finish(void)
{
    for (size_t p = 0; p < ALL_PARTITIONS; p++) {
        free(logs[p].acknowledged);
        free(logs[p].read);
    }
    memset(logs, 0, sizeof logs);
}

/* ---- records ---- */

static void *more(uint64_t *items, int64_t from, int64_t to)
{
    items = realloc(items, (size_t)to * sizeof *items);
    if (items == NULL)
        abort();
    memset(items + from, 0, (size_t)(to - from) * sizeof *items);
    return items;
}

static void reserve(int p, int64_t end)
{
    int64_t before = logs[p].capacity;
    if (end > before) {
        logs[p].capacity = 2 * end;
        logs[p].acknowledged = more(logs[p].acknowledged, before, logs[p].capacity);
        logs[p].read = more(logs[p].read, before, logs[p].capacity);
    }
    if (end > logs[p].end)
        logs[p].end = end;
}

static void compare(int p, int64_t offset)
{
    uint64_t sent = logs[p].acknowledged[offset], read = logs[p].read[offset];
    CHECK(sent == 0 || read == 0 || sent == read,
          "partition %d has record %" PRIx64 " at offset %" PRId64 ", where %" PRIx64 " was acknowledged", p, read,
          offset, sent);
}

void judge_acknowledged(int p, int64_t offset, uint64_t id, size_t count)
{
    CHECK(offset >= 0, "partition %d acknowledges offset %" PRId64, p, offset);
    reserve(p, offset + (int64_t)count);
    for (int64_t i = 0; i < (int64_t)count; i++) {
        uint64_t before = logs[p].acknowledged[offset + i], now = id + (uint64_t)i;
        CHECK(before == 0 || before == now,
              "partition %d acknowledges %" PRIx64 " at offset %" PRId64 " as it did %" PRIx64, p, now, offset + i,
              before);
        logs[p].acknowledged[offset + i] = now;
        compare(p, offset + i);
    }
    world.counts.produced += count;
}

void judge_read(size_t g, int p, int64_t offset, uint64_t id)
{
    size_t producer = (size_t)(id >> 32) - 1;
    CHECK(producer < MOST_PRODUCERS, "partition %d has a record that nobody has sent", p);
    reserve(p, offset + 1);
    CHECK(logs[p].read[offset] == 0 || logs[p].read[offset] == id,
          "partition %d has record %" PRIx64 " at offset %" PRId64 ", which was %" PRIx64 " before", p, id, offset,
          logs[p].read[offset]);
    logs[p].read[offset] = id;
    compare(p, offset);
    if (offset == logs[p].read_end) {
        CHECK(id > logs[p].last[producer],
              "partition %d has record %" PRIx64 " of a producer at offset %" PRId64 " behind %" PRIx64, p, id, offset,
              logs[p].last[producer]);
        logs[p].last[producer] = id;
        logs[p].read_end++;
    }
    CHECK(offset <= kept[g][p].seen, "group %zu skips from %" PRId64 " to %" PRId64 " of partition %d", g,
          kept[g][p].seen, offset, p);
    if (offset == kept[g][p].seen)
        kept[g][p].seen++;
    world.counts.consumed++;
}

int64_t judge_end(int p)
{
    return logs[p].end;
}

bool judge_has_read_all(size_t g, int p)
{
    return kept[g][p].seen >= logs[p].end;
}

/* ---- offsets ---- */

void judge_commit_sent(size_t g, int p, int64_t offset)
{
    CHECK(offset <= kept[g][p].seen,
          "a member of group %zu commits %" PRId64 " of partition %d, but %" PRId64 " is read", g, offset, p,
          kept[g][p].seen);
    if (offset > kept[g][p].sent)
        kept[g][p].sent = offset;
}

int64_t judge_committed(size_t g, int p)
{
    return kept[g][p].committed;
}

static void note_committed(size_t g, int p, int64_t offset)
{
    if (offset > kept[g][p].committed)
        kept[g][p].committed = offset;
}

void judge_commit_acknowledged(size_t g, int p, int64_t offset, int64_t least)
{
    CHECK(offset >= least, "group %zu commits %" PRId64 " of partition %d after %" PRId64 " has been acknowledged", g,
          offset, p, least);
    note_committed(g, p, offset);
    world.counts.commits++;
}

void judge_fetched(size_t g, int p, int64_t offset, int64_t least)
{
    CHECK(offset >= least, "group %zu is at %" PRId64 " of partition %d, after %" PRId64 " has been acknowledged", g,
          offset, p, least);
    CHECK(offset <= kept[g][p].sent, "group %zu is at %" PRId64 " of partition %d, but nobody has committed that", g,
          offset, p);
    note_committed(g, p, offset);
}

void judge_forget(size_t g)
{
    for (size_t p = 0; p < ALL_PARTITIONS; p++)
        kept[g][p].committed = kept[g][p].generation = -1;
}

/* ---- assignments ---- */

void judge_assigned(size_t g, int32_t generation, uint64_t partitions, const char *name)
{
    for (int p = 0; p < ALL_PARTITIONS; p++) {
        if ((partitions & bit(p)) == 0 || kept[g][p].generation > generation)
            continue;
        CHECK(kept[g][p].generation < generation || strcmp(kept[g][p].owner, name) == 0,
              "group %zu: partition %d of generation %d has two owners, %s and %s", g, p, generation, kept[g][p].owner,
              name);
        kept[g][p].generation = generation;
        strncpy(kept[g][p].owner, name, NAME - 1);
    }
    world.counts.rebalances++;
}
