/* SPDX-License-Identifier: Apache-2.0 */
/* A log of __share_group_state of any records: states are loaded from it, or it is reported; records of decisions can
 * be undone, and then the state is as before; the memory that was counted is given back in the end. What a leader loads
 * of a state is then given out, acknowledged, and produced as dead letters: all of it is finished once.
 *
 * The input is a sequence of records: what happens (8 bits, see below), the size of the key and that of the value (16
 * bits each, or as much as the input has; 0xffff: the value is null), key and value. */
#include <kwire/error.h>

#include "base/hash.h"
#include "coordinator/share/share_state.h"
#include "fuzz.h"
#include "share/share_acknowledge.h"
#include "share/share_acquire.h"

enum { MOST_RECORDS = 500, LOCKS = 2000 };

/* What happens with the record: it is in the log; or it is of the decision that goes on; or of one that ends with it,
 * and was written or not. */
enum { LOADED, DECIDED, WRITTEN, FAILED };

static struct coordinator_budget budget;
static struct share_state *machine;
static struct coordinator_undo_list undo;
static int64_t offset;
static uint64_t before; /* the decision */

/* ---- the state as a number ---- */

static uint32_t hash_value(uint32_t hash, const struct share_value *v)
{
    const int64_t numbers[] = {v->is.snapshot_epoch, v->is.state_epoch, v->is.leader_epoch, v->is.start_offset,
                               v->is.complete_count, v->is.created_ms,  v->is.written_ms,   v->leader_epoch,
                               v->state_epoch,       v->snapshot_offset};
    hash = hash_bytes(hash, numbers, sizeof numbers);
    for (size_t i = 0; i < v->is.batches.count; i++) {
        const struct share_batch *b = &v->is.batches.items[i];
        const int64_t batch[] = {b->first, b->last, b->count, b->state};
        hash = hash_bytes(hash, batch, sizeof batch);
    }
    return hash;
}

/* In any order. */
static uint64_t hash_state(void)
{
    uint64_t sum = 0;
    for (const struct share_entry *e = NULL; (e = share_state_next(machine, e)) != NULL;) {
        if (e->value == NULL)
            continue;
        uint32_t hash = hash_bytes(HASH_START, e->key.topic_id.bytes, sizeof e->key.topic_id.bytes);
        hash = hash_bytes(hash, &e->key.partition, sizeof e->key.partition);
        if (e->key.group.len > 0)
            hash = hash_bytes(hash, e->key.group.data, (size_t)e->key.group.len);
        sum += hash_value(hash, e->value);
    }
    return sum;
}

/* ---- records ---- */

static void end_decision(bool is_written)
{
    bool had_any = undo.newest != NULL;
    for (struct coordinator_undo *u = undo.newest, *older; u != NULL; u = older) {
        older = u->older;
        (is_written ? u->drop : u->put_back)(u, machine);
    }
    undo.newest = NULL;
    FUZZ_REQUIRE(is_written || !had_any || hash_state() == before);
}

static kw_bytes take_bytes(fuzz_input *in, size_t size)
{
    size = size < fuzz_left(in) ? size : fuzz_left(in);
    const kw_bytes bytes = kw_bytes_of(in->pos, size);
    in->pos += size;
    return bytes;
}

/* False: the shard would have failed. */
static bool take_record(fuzz_input *in)
{
    uint8_t what = fuzz_take8(in) % 4;
    bool is_loaded = what == LOADED && undo.newest == NULL;
    size_t key_size = fuzz_take16(in), value_size = fuzz_take16(in);
    struct coordinator_record record = {.offset = offset++, .producer_id = KW_NO_PRODUCER_ID, .producer_epoch = -1};
    record.key = take_bytes(in, key_size);
    record.value = value_size != UINT16_MAX ? take_bytes(in, value_size) : (kw_bytes){NULL, -1};
    if (undo.newest == NULL)
        before = hash_state();
    kw_status status = share_state_calls.replay(machine, &record, is_loaded ? NULL : &undo);
    if (is_loaded)
        return status == KW_OK;
    if (status != KW_OK || what >= WRITTEN)
        end_decision(status == KW_OK && what == WRITTEN);
    return true;
}

/* ---- a leader ---- */

static const struct share_limits limits = {.lock_ms = 100, .locks = LOCKS, .deliveries = 5, .has_letters = true};

static void finish_letters(struct share_partition *p)
{
    struct share_dead dead;
    struct share_change change;
    while (share_partition_take_dead(p, &limits, &dead)) {
        FUZZ_REQUIRE(dead.first <= dead.last);
        share_partition_bury(p, &change);
        FUZZ_REQUIRE(change.batches.count == 1);
        share_change_finish(&change, p->budget);
    }
}

/* What is acquired at once is accepted or rejected at once. Returns whether there was something. */
static bool acquire(struct share_partition *p, int8_t type)
{
    int64_t next = share_partition_next_offset(p), last = next < p->end ? p->end - 1 : next;
    const struct share_log_batch batch = {next, last};
    const struct share_acquire in = {.member = {"m", 1},
                                     .fetch_offset = next,
                                     .batches = &batch,
                                     .batch_count = 1,
                                     .max_records = LOCKS,
                                     .batch_size = LOCKS,
                                     .is_exact = true};
    struct share_acquired out;
    struct share_change change;
    if (next >= p->end)
        return false;
    FUZZ_REQUIRE(share_acquire(p, &limits, &in, &out));
    bool has_any = out.ranges.count != 0;
    for (size_t i = 0; i < out.ranges.count; i++) {
        const struct share_acknowledgement ack = {out.ranges.items[i].first, out.ranges.items[i].last, &type, 1};
        const struct share_acknowledgements all = {&ack, 1};
        FUZZ_REQUIRE(share_acknowledge(p, &limits, 0, in.member, &all, &change).error == KW_ERROR_NONE);
        (void)share_partition_written(p, change.write, true);
        share_change_finish(&change, p->budget);
    }
    share_acquired_finish(&out, p->budget);
    return has_any;
}

static void lead(const struct share_value *value)
{
    struct share_partition p = {.budget = &budget};
    if (value->is.start_offset < 0 || !share_partition_load(&p, value->is.start_offset, &value->is.batches))
        return;
    for (int i = 0; i < MOST_RECORDS; i++) {
        finish_letters(&p);
        int64_t start = p.start;
        if (!acquire(&p, i % 2 == 0 ? SHARE_ACCEPT : SHARE_REJECT))
            break;
        FUZZ_REQUIRE(p.start >= start);
    }
    finish_letters(&p);
    share_partition_finish(&p);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    const struct share_state_options options = {.budget = &budget, .seed = 7, .updates_per_snapshot = 500};
    fuzz_input in = {data, data + size};
    budget.limit = SIZE_MAX;
    atomic_store(&budget.used, 0);
    machine = share_state_create(&options);
    FUZZ_REQUIRE(machine != NULL);
    offset = 0;
    for (size_t i = 0; i < MOST_RECORDS && fuzz_left(&in) != 0; i++)
        if (!take_record(&in))
            break;
    end_decision(true);
    for (const struct share_entry *e = NULL; (e = share_state_next(machine, e)) != NULL;)
        if (e->value != NULL)
            lead(e->value);
    share_state_destroy(machine);
    FUZZ_REQUIRE(atomic_load(&budget.used) == 0);
}
