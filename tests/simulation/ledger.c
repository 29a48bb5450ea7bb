/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

/* An offset of a partition. */
struct place {
    uint64_t acknowledged; /* id; 0: not known */
    uint64_t seen;
    uint32_t txn; /* of what was seen; 0: a marker, or nothing yet */
    bool is_marker;
    bool is_commit;
    int64_t copy; /* where a chain has copied it; 0: nowhere yet */
};

/* A producer id, as a partition shows it. */
struct presence {
    int16_t epoch;
    uint32_t open; /* the transaction that has no marker yet; 0: none */
};

struct known_producer {
    int64_t id;
    struct presence in[LEDGER_ALL];
};

struct txn {
    bool may_commit, is_committed, is_aborted;
    int chain;
    int64_t to;
};

/* The last record of a life in each partition. */
struct life {
    uint64_t last[LEDGER_ALL];
};

static struct {
    struct place *places;
    int64_t capacity;
    int64_t end;
    int64_t read_end;
    int64_t last_source[LEDGER_PARTITIONS]; /* of the last copy by each chain */
    int64_t visible_end;                    /* order of copies is known up to here */
} logs[LEDGER_ALL];

static struct txn *txns;
static size_t txn_count, txn_capacity;
static struct life *lives;
static size_t life_count, life_capacity;
static struct known_producer *producers;
static size_t producer_count, producer_capacity;

static void *grow(void *items, size_t *capacity, size_t count, size_t size)
{
    size_t before = *capacity;
    if (count <= before)
        return items;
    *capacity = 2 * count + 64;
    items = realloc(items, *capacity * size);
    if (items == NULL)
        abort();
    memset((char *)items + before * size, 0, (*capacity - before) * size);
    return items;
}

void ledger_start(void)
{
    memset(logs, 0, sizeof logs);
    for (size_t p = 0; p < LEDGER_ALL; p++)
        for (size_t c = 0; c < LEDGER_PARTITIONS; c++)
            logs[p].last_source[c] = NO_SOURCE;
    txn_count = 1; /* 0 is none */
    txns = grow(txns, &txn_capacity, txn_count, sizeof *txns);
}

void ledger_finish(void)
{
    for (size_t p = 0; p < LEDGER_ALL; p++)
        free(logs[p].places);
    memset(logs, 0, sizeof logs);
    free(txns);
    free(lives);
    free(producers);
    txns = NULL;
    lives = NULL;
    producers = NULL;
    txn_count = txn_capacity = life_count = life_capacity = producer_count = producer_capacity = 0;
}

static struct place *place_at(int p, int64_t offset)
{
    CHECK(offset >= 0, "ledger %d has offset %" PRId64, p, offset);
    size_t capacity = (size_t)logs[p].capacity;
    logs[p].places = grow(logs[p].places, &capacity, (size_t)offset + 1, sizeof(struct place));
    logs[p].capacity = (int64_t)capacity;
    if (offset >= logs[p].end)
        logs[p].end = offset + 1;
    return &logs[p].places[offset];
}

/* ---- transactions ---- */

uint32_t ledger_new_life(void)
{
    lives = grow(lives, &life_capacity, life_count + 1, sizeof *lives);
    return (uint32_t)++life_count;
}

uint32_t ledger_begin(void)
{
    txns = grow(txns, &txn_capacity, txn_count + 1, sizeof *txns);
    txns[txn_count] = (struct txn){.chain = NO_SOURCE};
    return (uint32_t)txn_count++;
}

static struct txn *txn_of(uint32_t number)
{
    CHECK(number != 0 && number < txn_count, "a transaction %" PRIu32 " that nobody has started", number);
    return &txns[number];
}

void ledger_moves(uint32_t number, int chain, int64_t to)
{
    struct txn *t = txn_of(number);
    t->chain = chain;
    t->to = to;
}

void ledger_may_commit(uint32_t number)
{
    txn_of(number)->may_commit = true;
}

void ledger_committed(uint32_t number)
{
    struct txn *t = txn_of(number);
    CHECK(t->may_commit, "transaction %" PRIu32 " is committed, for which nobody has asked", number);
    CHECK(!t->is_aborted, "transaction %" PRIu32 " is committed, and was aborted", number);
    t->is_committed = true;
}

void ledger_aborted(uint32_t number)
{
    struct txn *t = txn_of(number);
    CHECK(!t->is_committed, "transaction %" PRIu32 " is aborted, and was committed", number);
    t->is_aborted = true;
}

/* ---- records ---- */

static void compare(int p, int64_t offset, const struct place *place)
{
    CHECK(place->acknowledged == 0 || offset >= logs[p].read_end || place->seen == place->acknowledged,
          "ledger %d has %" PRIx64 " at offset %" PRId64 ", where %" PRIx64 " was acknowledged", p, place->seen, offset,
          place->acknowledged);
}

void ledger_acknowledged(int p, int64_t offset, uint64_t id, size_t count)
{
    note("ledger %d acknowledges %" PRIx64 " and so on at %" PRId64 ", %zu records", p, id, offset, count);
    for (size_t i = 0; i < count; i++) {
        struct place *place = place_at(p, offset + (int64_t)i);
        CHECK(place->acknowledged == 0 || place->acknowledged == id + i,
              "ledger %d acknowledges %" PRIx64 " at offset %" PRId64 ", as it did %" PRIx64, p, id + i,
              offset + (int64_t)i, place->acknowledged);
        place->acknowledged = id + i;
        compare(p, offset + (int64_t)i, place);
    }
    world.counts.produced += count;
}

static struct presence *presence_of(int64_t id, int p)
{
    size_t i = producer_count;
    while (i > 0 && producers[i - 1].id != id)
        i--;
    if (i == 0) {
        producers = grow(producers, &producer_capacity, producer_count + 1, sizeof *producers);
        producers[producer_count].id = id;
        i = ++producer_count;
    }
    return &producers[i - 1].in[p];
}

/* A later epoch has begun: the earlier ones are fenced. */
static struct presence *move_epoch(int p, int64_t offset, struct ledger_producer by)
{
    struct presence *presence = presence_of(by.id, p);
    CHECK(by.epoch >= presence->epoch,
          "ledger %d: producer %" PRId64 " of epoch %d has written offset %" PRId64 " after epoch %d", p, by.id,
          by.epoch, offset, presence->epoch);
    presence->epoch = by.epoch;
    return presence;
}

/* The first time that this offset is read, after all before it. */
static void read_on(int p, int64_t offset, const struct ledger_record *record, struct ledger_producer by)
{
    note("ledger %d has %" PRIx64 " of transaction %" PRIu32 " at %" PRId64 " of producer %" PRId64 " epoch %d", p,
         record->id, record->txn, offset, by.id, by.epoch);
    struct presence *presence = move_epoch(p, offset, by);
    size_t life = (size_t)(record->id >> 32);
    CHECK(life >= 1 && life <= life_count, "ledger %d has a record that nobody has sent", p);
    uint64_t *last = &lives[life - 1].last[p];
    CHECK(record->id > *last, "ledger %d has record %" PRIx64 " at offset %" PRId64 " behind %" PRIx64, p, record->id,
          offset, *last);
    *last = record->id;
    CHECK(presence->open == 0 || presence->open == record->txn,
          "ledger %d: transaction %" PRIu32 " has no marker before %" PRIu32 " starts", p, presence->open, record->txn);
    presence->open = record->txn;
    struct place *place = place_at(p, offset);
    place->seen = record->id;
    place->txn = record->txn;
    logs[p].read_end++;
    compare(p, offset, place);
}

static void note_copy(int p, int64_t offset, const struct ledger_record *record)
{
    struct place *source = place_at(record->chain, record->source);
    int64_t where = (int64_t)p << 48 | offset;
    CHECK(source->copy == 0 || source->copy == where,
          "offset %" PRId64 " of ledger %d is copied twice: to %" PRIx64 " and %" PRIx64, record->source, record->chain,
          source->copy, where);
    source->copy = where;
    if (offset < logs[p].visible_end)
        return;
    int64_t *last = &logs[p].last_source[record->chain];
    CHECK(record->source > *last, "a copy of offset %" PRId64 " of ledger %d is behind that of %" PRId64,
          record->source, record->chain, *last);
    *last = record->source;
    logs[p].visible_end = offset + 1;
}

void ledger_saw(int p, int64_t offset, const struct ledger_record *record, struct ledger_producer by,
                enum ledger_view view)
{
    struct place *place = place_at(p, offset);
    if (offset == logs[p].read_end)
        read_on(p, offset, record, by);
    CHECK(offset < logs[p].read_end, "ledger %d is read from %" PRId64 " on, but is known up to %" PRId64, p, offset,
          logs[p].read_end);
    CHECK(place->seen == record->id, "ledger %d has record %" PRIx64 " at offset %" PRId64 ", which was %" PRIx64, p,
          record->id, offset, place->seen);
    world.counts.consumed++;
    if (view == LEDGER_HIDDEN)
        ledger_aborted(record->txn);
    if (view != LEDGER_VISIBLE)
        return;
    ledger_committed(record->txn);
    if (record->chain != NO_SOURCE)
        note_copy(p, offset, record);
}

void ledger_saw_marker(int p, int64_t offset, struct ledger_producer by, bool is_commit)
{
    struct place *place = place_at(p, offset);
    if (offset == logs[p].read_end) {
        note("ledger %d has a marker at %" PRId64 " of producer %" PRId64 " epoch %d: %s", p, offset, by.id, by.epoch,
             is_commit ? "commit" : "abort");
        struct presence *presence = move_epoch(p, offset, by);
        if (presence->open != 0 && is_commit)
            ledger_committed(presence->open);
        else if (presence->open != 0)
            ledger_aborted(presence->open);
        presence->open = 0;
        place->is_marker = true;
        place->is_commit = is_commit;
        logs[p].read_end++;
        compare(p, offset, place);
        world.counts.markers++;
    }
    CHECK(offset < logs[p].read_end, "ledger %d is read from %" PRId64 " on, but is known up to %" PRId64, p, offset,
          logs[p].read_end);
    CHECK(place->is_marker && place->is_commit == is_commit, "ledger %d has another marker at offset %" PRId64, p,
          offset);
}

/* ---- offsets ---- */

int64_t ledger_least_offset(int chain)
{
    int64_t least = -1;
    for (size_t i = 1; i < txn_count; i++)
        if (txns[i].is_committed && txns[i].chain == chain && txns[i].to > least)
            least = txns[i].to;
    return least;
}

void ledger_offset_fetched(int chain, int64_t offset, int64_t least)
{
    bool is_moved = offset < 0;
    CHECK(offset >= least, "chain %d is at %" PRId64 ", but a transaction has moved it to %" PRId64, chain, offset,
          least);
    for (size_t i = 1; i < txn_count && !is_moved; i++)
        is_moved = txns[i].may_commit && !txns[i].is_aborted && txns[i].chain == chain && txns[i].to == offset;
    CHECK(is_moved, "chain %d is at %" PRId64 ", to which no transaction has moved it", chain, offset);
}

/* ---- the end ---- */

int64_t ledger_end(int p)
{
    return logs[p].end;
}

int64_t ledger_read_end(int p)
{
    return logs[p].read_end;
}

void ledger_check_end(int chains)
{
    for (int p = 0; p < LEDGER_ALL; p++) {
        CHECK(logs[p].read_end == logs[p].end, "ledger %d ends at %" PRId64 ", but is read up to %" PRId64, p,
              logs[p].end, logs[p].read_end);
        for (size_t i = 0; i < producer_count; i++)
            CHECK(producers[i].in[p].open == 0, "ledger %d: transaction %" PRIu32 " has no marker", p,
                  producers[i].in[p].open);
        for (int64_t offset = 0; offset < logs[p].end; offset++) {
            const struct place *place = &logs[p].places[offset];
            CHECK(place->txn == 0 || txns[place->txn].is_committed != txns[place->txn].is_aborted,
                  "transaction %" PRIu32 " has no outcome", place->txn);
            CHECK(p >= chains || place->txn == 0 || !txns[place->txn].is_committed || place->copy != 0,
                  "offset %" PRId64 " of ledger %d is not copied", offset, p);
        }
    }
}
