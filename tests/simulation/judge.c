/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "asker.h"
#include "world.h"

enum { NAME = 64 };

/* Of a record, for a share group. */
struct shared {
    bool is_delivered;
    int64_t accepted_at; /* 0: it is not */
    const struct asker *holder;
    uint32_t holding;    /* of the holder */
    uint32_t connection; /* the same */
    int64_t since;       /* when it was known to have it */
    int64_t until;       /* the lock lasts that long at least */
};

static uint32_t holders;

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
    struct shared *shared; /* by offset */
    int64_t shared_capacity;
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
    for (size_t g = 0; g < MOST_GROUPS; g++)
        for (size_t p = 0; p < ALL_PARTITIONS; p++) {
            free(kept[g][p].shared);
            kept[g][p].shared = NULL;
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

static void note_read(int p, int64_t offset, uint64_t id)
{
    size_t producer = (size_t)(id >> 32) - 1;
    CHECK(producer < MOST_PRODUCERS, "partition %d has a record that nobody has sent", p);
    reserve(p, offset + 1);
    CHECK(logs[p].read[offset] == 0 || logs[p].read[offset] == id,
          "partition %d has record %" PRIx64 " at offset %" PRId64 ", which was %" PRIx64 " before", p, id, offset,
          logs[p].read[offset]);
    logs[p].read[offset] = id;
    compare(p, offset);
    world.counts.consumed++;
}

void judge_read(size_t g, int p, int64_t offset, uint64_t id)
{
    size_t producer = (size_t)(id >> 32) - 1;
    note_read(p, offset, id);
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
}

int64_t judge_end(int p)
{
    return logs[p].end;
}

bool judge_has_read_all(size_t g, int p)
{
    return kept[g][p].seen >= logs[p].end;
}

/* ---- records of share groups ---- */

static struct shared *shared_at(size_t g, int p, int64_t offset)
{
    int64_t before = kept[g][p].shared_capacity;
    CHECK(offset >= 0, "group %zu has offset %" PRId64 " of partition %d", g, offset, p);
    if (offset >= before) {
        kept[g][p].shared_capacity = 2 * (offset + 1);
        size_t size = (size_t)kept[g][p].shared_capacity * sizeof(struct shared);
        kept[g][p].shared = realloc(kept[g][p].shared, size);
        if (kept[g][p].shared == NULL)
            abort();
        memset(kept[g][p].shared + before, 0, (size_t)(kept[g][p].shared_capacity - before) * sizeof(struct shared));
    }
    return &kept[g][p].shared[offset];
}

uint32_t judge_new_holder(void)
{
    return ++holders;
}

void judge_delivered(size_t g, int p, int64_t offset, uint64_t id, int64_t asked_at)
{
    struct shared *s = shared_at(g, p, offset);
    note_read(p, offset, id);
    CHECK(s->accepted_at == 0 || s->accepted_at >= asked_at,
          "group %zu gets offset %" PRId64 " of partition %d again, which it has accepted", g, offset, p);
    s->is_delivered = true;
    while (kept[g][p].seen < kept[g][p].shared_capacity && kept[g][p].shared[kept[g][p].seen].is_delivered)
        kept[g][p].seen++;
}

static bool is_held(const struct shared *s)
{
    return s->holder != NULL && s->until > world.now && s->holder->holding == s->holding &&
           s->holder->connection == s->connection && asker_is_connected(s->holder);
}

/* An answer that comes late may be of a lock that ended before this one began. */
void judge_acquired(size_t g, int p, int64_t first, int64_t last, const struct asker *by, int32_t lock_ms)
{
    for (int64_t offset = first; offset <= last; offset++) {
        struct shared *s = shared_at(g, p, offset);
        bool was_held = is_held(s);
        CHECK(!was_held || by->asked_at < s->since, "group %zu: offset %" PRId64 " of partition %d has two holders", g,
              offset, p);
        if (was_held)
            continue;
        s->holder = by;
        s->holding = by->holding;
        s->connection = by->connection;
        s->since = world.now;
        s->until = by->asked_at + lock_ms;
    }
}

void judge_let_go(size_t g, int p, int64_t first, int64_t last)
{
    for (int64_t offset = first; offset <= last; offset++)
        shared_at(g, p, offset)->holder = NULL;
}

void judge_accepted(size_t g, int p, int64_t first, int64_t last)
{
    for (int64_t offset = first; offset <= last; offset++)
        shared_at(g, p, offset)->accepted_at = world.now;
}

/* ---- times ---- */

/* The answer may come after the clock was set: then nobody knows by which time the batch was refused. */
void judge_refused(const struct asker *by, int64_t time)
{
    CHECK(time > world.epoch + world.now || world.jumped_at >= by->asked_at,
          "a batch of the past is refused, %" PRId64 " ms old", world.epoch + world.now - time);
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
