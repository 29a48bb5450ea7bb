/* SPDX-License-Identifier: Apache-2.0 */
/* Random members against a share partition with a clock of its own, and one cell an offset that says what must be: no
 * record is acquired by two, counts are the deliveries, the start passes only what is finished, what is given up is
 * produced as a dead letter once before it is archived, and a state that is
 * loaded from any prefix of what was written gives nothing out that was acknowledged before it. */
#include "../../unit/support.h"

#include <kwire/error.h>

#include "../support/random_test.h"
#include "share/share_acknowledge.h"
#include "share/share_acquire.h"

enum { OFFSETS = 400, MEMBERS = 4, RUNS = 300, STEPS = 400, MOST_WRITES = 8, MOST_BATCHES = 64, LOCK_MS = 1000 };

static struct coordinator_budget budget;
static struct share_partition partition;
static struct share_limits limits;
static struct random_test choices;
static int64_t now;
static const char *const members[MEMBERS] = {"member-1", "member-2", "a-member-whose-id-has-36-characters.", "m"};

/* ---- what must be ---- */

struct cell {
    int8_t state;
    int16_t count;
    int owner; /* -1: none */
    int64_t deadline;
    uint32_t write;
    int8_t next;
    bool is_known;    /* it has been in flight */
    bool is_rejected; /* why it is archiving, or will be; else it was delivered often enough */
    int8_t letters;   /* how often it was taken to be produced */
};

static struct cell cells[OFFSETS];
static int64_t start_before;

static bool is_final(const struct cell *c)
{
    return c->write == 0 && (c->state == SHARE_ACKNOWLEDGED || c->state == SHARE_ARCHIVED);
}

static void set_cell(struct cell *c, int8_t state)
{
    c->state = state;
    c->owner = -1;
    c->write = 0;
}

static int8_t given_up(void)
{
    return limits.has_letters ? SHARE_ARCHIVING : SHARE_ARCHIVED;
}

static int8_t released(struct cell *c)
{
    c->is_rejected = false;
    return c->count >= limits.deliveries ? given_up() : SHARE_AVAILABLE;
}

/* ---- the log ---- */

static struct share_log_batch log_batches[MOST_BATCHES];
static size_t log_count;
static bool exists[OFFSETS]; /* in a batch of the log */

static void make_log(void)
{
    int64_t at = (int64_t)random_below(&choices, 5);
    memset(exists, 0, sizeof exists);
    for (log_count = 0; log_count < MOST_BATCHES && at < OFFSETS - 20;) {
        struct share_log_batch *b = &log_batches[log_count++];
        *b = (struct share_log_batch){at, at + (int64_t)random_below(&choices, 12)};
        for (int64_t i = b->first; i <= b->last; i++)
            exists[i] = true;
        at = b->last + 1 + (random_below(&choices, 5) == 0 ? (int64_t)random_below(&choices, 6) : 0);
    }
}

/* Some batches from the one on that has the offset or comes after it; 0: there are none. */
static size_t read_log(int64_t from, struct share_log_batch *out)
{
    size_t count = 0, most = 1 + random_below(&choices, 6);
    for (size_t i = 0; i < log_count && count < most; i++)
        if (log_batches[i].last >= from)
            out[count++] = log_batches[i];
    return count;
}

/* ---- what was written ---- */

struct written {
    int64_t start;
    int32_t complete_count;
    struct share_batch batches[MOST_BATCHES * 8];
    size_t count;
};

static struct written stored; /* as the coordinator has it */
static struct share_change writes[MOST_WRITES];
static size_t write_count;
static kw_arena arena;

static void store(const struct share_change *change)
{
    const struct share_batches known = {stored.batches, stored.count};
    struct share_batches out;
    kw_arena_reset(&arena);
    if (change->start_offset > stored.start)
        stored.start = change->start_offset;
    assert_int_equal(share_batches_merge(&known, &change->batches, stored.start, &arena, &out), KW_OK);
    assert_true(out.count <= COUNT_OF(stored.batches));
    if (out.count != 0)
        memcpy(stored.batches, out.items, out.count * sizeof *out.items);
    stored.count = out.count;
}

/* What is finished now is never given out by who loads it: it is below the start, or final. */
static void assert_loads(void)
{
    struct share_partition loaded = {.budget = &budget};
    const struct share_batches batches = {stored.batches, stored.count};
    assert_true(share_partition_load(&loaded, stored.start, &batches));
    int64_t next = loaded.start;
    for (size_t i = 0; i < stored.count; i++) {
        const struct share_batch *b = &stored.batches[i];
        if (b->state == SHARE_AVAILABLE)
            continue;
        for (int64_t o = b->first > next ? b->first : next; o <= b->last; o++) {
            size_t at = share_runs_find(&loaded.runs, o);
            assert_true(at == loaded.runs.count || loaded.runs.items[at].first > o ||
                        loaded.runs.items[at].state == b->state);
        }
    }
    share_partition_finish(&loaded);
}

/* ---- comparison ---- */

static void assert_cell(const struct share_run *run, int64_t offset)
{
    const struct cell *c = &cells[offset];
    assert_int_equal(run->write, c->write);
    assert_int_equal(run->state, c->state);
    assert_int_equal(run->count, c->count);
    if (run->write != 0)
        assert_int_equal(run->next, c->next);
    if (run->state == SHARE_ACQUIRED) {
        const struct share_owner *owner = &partition.owners[run->owner - 1];
        assert_int_equal(owner->size, strlen(members[c->owner]));
        assert_memory_equal(owner->id, members[c->owner], owner->size);
        assert_int_equal(run->deadline, c->deadline);
    } else {
        assert_int_equal(run->owner, SHARE_NOBODY);
        assert_int_equal(run->deadline, INT64_MAX);
    }
}

static void assert_is_model(void)
{
    int64_t at = -1, first_open = partition.end, deadline = INT64_MAX;
    assert_true(partition.start >= start_before && partition.start <= partition.end);
    for (size_t i = 0; i < partition.runs.count; i++) {
        const struct share_run *run = &partition.runs.items[i];
        assert_true(run->first > at && run->last >= run->first && run->last < partition.end);
        assert_true(run->first >= partition.start || run->state == SHARE_ACQUIRED);
        for (at = run->first; at < run->last; at++)
            assert_cell(run, at);
        assert_cell(run, run->last);
        if (share_run_is_available(run) && first_open == partition.end)
            first_open = run->first;
        if (share_run_is_locked(run) && run->deadline < deadline)
            deadline = run->deadline;
    }
    assert_int_equal(share_partition_next_offset(&partition), first_open);
    assert_int_equal(share_partition_deadline(&partition), deadline);
    for (int64_t o = start_before; o < partition.start; o++)
        assert_true(!cells[o].is_known || is_final(&cells[o]));
    for (int64_t o = partition.start; o < partition.end; o++) {
        size_t i = share_runs_find(&partition.runs, o);
        bool is_there = i < partition.runs.count && partition.runs.items[i].first <= o;
        assert_int_equal(is_there, cells[o].is_known);
    }
    if (partition.start < partition.end && cells[partition.start].is_known)
        assert_false(is_final(&cells[partition.start]));
    start_before = partition.start;
}

/* ---- steps ---- */

static bool is_tight; /* memory is short */

static void tighten(void)
{
    is_tight = random_below(&choices, 10) == 0;
    budget.limit = is_tight ? atomic_load(&budget.used) + random_below(&choices, 400) : SIZE_MAX;
}

static void note_missing(int64_t from, int64_t to)
{
    for (int64_t o = from > partition.start ? from : partition.start; o < to && o < OFFSETS; o++)
        if (cells[o].is_known && cells[o].write == 0 && cells[o].state == SHARE_AVAILABLE)
            set_cell(&cells[o], SHARE_ARCHIVED);
}

static void note_acquired(const struct share_acquired *out, const struct share_acquire *in, int who)
{
    int64_t at = -1, count = 0;
    for (size_t i = 0; i < out->ranges.count; i++) {
        const struct share_batch *b = &out->ranges.items[i];
        assert_true(b->first > at && b->last >= b->first && b->last <= in->batches[in->batch_count - 1].last);
        for (int64_t o = b->first; o <= b->last; o++) {
            struct cell *c = &cells[o];
            assert_true(!c->is_known || (c->state == SHARE_AVAILABLE && c->write == 0));
            *c = (struct cell){.state = SHARE_ACQUIRED,
                               .count = (int16_t)(c->count + 1),
                               .owner = who,
                               .deadline = now + LOCK_MS,
                               .is_known = true};
            assert_int_equal(b->count, c->count);
            assert_true(c->count <= limits.deliveries);
        }
        at = b->last;
        count += b->last - b->first + 1;
    }
    assert_int_equal(count, out->count);
    assert_true(!in->is_exact || count <= in->max_records);
}

static void acquire_some(void)
{
    struct share_log_batch batches[8];
    struct share_acquired out;
    int who = (int)random_below(&choices, MEMBERS);
    int64_t from = share_partition_next_offset(&partition);
    size_t count = read_log(from, batches);
    bool may = share_partition_can_acquire(&partition, &limits);
    const struct share_acquire in = {.member = kw_string_of(members[who]),
                                     .now = now,
                                     .fetch_offset = from,
                                     .batches = batches,
                                     .batch_count = count,
                                     .max_records = 1 + (int32_t)random_below(&choices, 30),
                                     .batch_size = 1 + (int32_t)random_below(&choices, 12),
                                     .is_exact = random_below(&choices, 2) == 0};
    if (count == 0)
        return;
    tighten();
    bool was_empty = partition.start == partition.end;
    bool fine = share_acquire(&partition, &limits, &in, &out);
    budget.limit = SIZE_MAX;
    assert_true(fine || is_tight);
    if (fine || batches[0].first <= from || partition.runs.count == 0 ||
        share_partition_next_offset(&partition) != from)
        note_missing(from, batches[0].first);
    if (fine) {
        bool is_over = !may || out.ranges.count == 0;
        assert_true(is_over || out.count > 0);
        assert_true(!was_empty || partition.end == partition.start || out.count > 0);
        note_acquired(&out, &in, who);
        if (random_below(&choices, 10) == 0 && out.ranges.count != 0) {
            int64_t first = out.ranges.items[0].last - (int64_t)random_below(&choices, 3);
            first = first < out.ranges.items[0].first ? out.ranges.items[0].first : first;
            int64_t last = out.ranges.items[0].last, before = out.count;
            assert_true(share_withdraw(&partition, first, last, &out));
            assert_int_equal(out.count, before - (last - first + 1));
            for (int64_t o = first; o <= last; o++)
                set_cell(&cells[o], SHARE_ARCHIVED);
        }
        share_acquired_finish(&out, &budget);
    }
}

static void queue_write(const struct share_change *change)
{
    if (change->batches.count == 0)
        return;
    assert_true(write_count < MOST_WRITES);
    assert_true(change->start_offset <= partition.start);
    writes[write_count++] = *change;
}

/* Ranges of what a member has, or nearly. */
static size_t random_ranges(int who, struct share_acknowledgement *out, int8_t types[][64], size_t most)
{
    size_t count = 0;
    int64_t at = partition.start - (int64_t)random_below(&choices, 3);
    bool is_careless = random_below(&choices, 10) == 0;
    for (at = at < 0 ? 0 : at; at < partition.end && count < most; at++) {
        bool is_mine = cells[at].state == SHARE_ACQUIRED && cells[at].owner == who && cells[at].write == 0;
        if ((!is_mine && !is_careless) || random_below(&choices, 4) == 0)
            continue;
        struct share_acknowledgement *ack = &out[count];
        int64_t last = at;
        while (last + 1 < partition.end && last - at < 60 && cells[last + 1].is_known &&
               cells[last + 1].state == SHARE_ACQUIRED && cells[last + 1].owner == who && cells[last + 1].write == 0 &&
               random_below(&choices, 12) != 0)
            last++;
        size_t type_count = random_below(&choices, 2) == 0 ? 1 : (size_t)(last - at + 1);
        for (size_t i = 0; i < type_count; i++)
            types[count][i] = (int8_t)random_below(&choices, 5);
        *ack = (struct share_acknowledgement){at, last, types[count], type_count};
        count++;
        at = last;
    }
    return count;
}

static int8_t type_of(const struct share_acknowledgement *ack, int64_t offset)
{
    return ack->types[ack->type_count > 1 ? offset - ack->first : 0];
}

static bool may_acknowledge(const struct share_acknowledgement *ack, int who)
{
    for (int64_t o = ack->first > partition.start ? ack->first : partition.start; o <= ack->last; o++) {
        const struct cell *c = &cells[o];
        if (c->is_known && (c->state != SHARE_ACQUIRED || c->write != 0 || c->owner != who))
            return false;
        if (c->is_known && type_of(ack, o) == SHARE_RENEW && !limits.may_renew)
            return false;
    }
    return true;
}

static void note_acknowledged(const struct share_acknowledgement *ack, uint32_t write, int64_t start)
{
    for (int64_t o = ack->first > start ? ack->first : start; o <= ack->last; o++) {
        struct cell *c = &cells[o];
        int8_t type = type_of(ack, o);
        if (!c->is_known)
            continue;
        if (type == SHARE_RENEW) {
            c->deadline = now + LOCK_MS;
            continue;
        }
        c->write = write;
        c->next = type == SHARE_ACCEPT    ? SHARE_ACKNOWLEDGED
                  : type == SHARE_RELEASE ? released(c)
                  : type == SHARE_REJECT  ? given_up()
                                          : SHARE_ARCHIVED;
        c->is_rejected = type == SHARE_REJECT;
    }
}

static void acknowledge_some(void)
{
    static int8_t types[6][64];
    struct share_acknowledgement items[6];
    struct share_change change;
    int who = (int)random_below(&choices, MEMBERS);
    const struct share_acknowledgements all = {items, random_ranges(who, items, types, COUNT_OF(items))};
    if (all.count == 0 || write_count == MOST_WRITES)
        return;
    bool may = true;
    for (size_t i = 0; i < all.count; i++)
        may = may && may_acknowledge(&items[i], who);
    int64_t start = partition.start;
    tighten();
    int16_t error = share_acknowledge(&partition, &limits, now, kw_string_of(members[who]), &all, &change).error;
    budget.limit = SIZE_MAX;
    assert_true(error == KW_ERROR_NONE || !may || is_tight || error == KW_ERROR_INVALID_REQUEST ||
                error == KW_ERROR_INVALID_RECORD_STATE);
    assert_true(error != KW_ERROR_NONE || may);
    if (error != KW_ERROR_NONE)
        return;
    for (size_t i = 0; i < all.count; i++)
        note_acknowledged(&items[i], change.write, start);
    queue_write(&change);
}

static void finish_write(void)
{
    if (write_count == 0)
        return;
    struct share_change change = writes[0];
    bool is_written = random_below(&choices, 4) != 0;
    if (is_written)
        store(&change);
    memmove(&writes[0], &writes[1], --write_count * sizeof writes[0]);
    if (change.write != SHARE_NO_WRITE) {
        (void)share_partition_written(&partition, change.write, is_written);
        for (int64_t o = 0; o < OFFSETS; o++) {
            struct cell *c = &cells[o];
            if (c->write != change.write)
                continue;
            if (is_written)
                set_cell(c, c->next);
            c->write = 0;
        }
    }
    share_change_finish(&change, &budget);
    assert_loads();
}

static void expire(void)
{
    struct share_change change;
    if (write_count == MOST_WRITES)
        return;
    now += (int64_t)random_below(&choices, LOCK_MS);
    int64_t start = partition.start;
    tighten();
    bool fine = share_partition_expire(&partition, &limits, now, &change);
    budget.limit = SIZE_MAX;
    assert_true(fine || is_tight);
    if (!fine)
        return;
    for (int64_t o = 0; o < OFFSETS; o++)
        if (cells[o].is_known && cells[o].state == SHARE_ACQUIRED && cells[o].write == 0 && cells[o].deadline <= now)
            set_cell(&cells[o], o < start ? SHARE_ARCHIVED : released(&cells[o]));
    queue_write(&change);
}

static void release_member(void)
{
    struct share_change change;
    int who = (int)random_below(&choices, MEMBERS);
    int64_t start = partition.start;
    if (write_count == MOST_WRITES)
        return;
    assert_true(share_release_all(&partition, &limits, kw_string_of(members[who]), &change));
    for (int64_t o = 0; o < OFFSETS; o++) {
        struct cell *c = &cells[o];
        if (!c->is_known || c->state != SHARE_ACQUIRED || c->write != 0 || c->owner != who)
            continue;
        if (o < start) {
            set_cell(c, SHARE_ARCHIVED);
            continue;
        }
        c->write = change.write;
        c->next = released(c);
    }
    queue_write(&change);
}

/* ---- dead letters ---- */

static struct share_dead taken; /* last -1: nothing is */
static int64_t produced;

static bool is_dead(int64_t offset)
{
    const struct cell *c = &cells[offset];
    return c->is_known && c->write == 0 && c->state == SHARE_ARCHIVING && c->letters == 0;
}

static void take_letters(void)
{
    int64_t first = partition.start;
    while (first < partition.end && !is_dead(first))
        first++;
    bool takes = share_partition_take_dead(&partition, &limits, &taken);
    assert_int_equal(takes, first < partition.end);
    if (!takes) {
        taken.last = -1;
        return;
    }
    assert_int_equal(taken.first, first);
    for (int64_t o = taken.first; o <= taken.last; o++) {
        assert_true(is_dead(o));
        assert_int_equal(taken.count, cells[o].count);
        assert_int_equal(taken.was_rejected, cells[o].is_rejected);
        cells[o].letters++;
        produced++;
    }
}

static void bury_letters(void)
{
    struct share_change change;
    if (write_count == MOST_WRITES)
        return;
    share_partition_bury(&partition, &change);
    for (int64_t o = taken.first; o <= taken.last; o++)
        set_cell(&cells[o], SHARE_ARCHIVED);
    taken.last = -1;
    queue_write(&change);
}

static void delete_records(void)
{
    int64_t to = partition.start + (int64_t)random_below(&choices, 12);
    to = to < OFFSETS ? to : OFFSETS;
    share_partition_move_start(&partition, to);
    start_before = partition.start; /* beyond what members may keep */
    for (int64_t o = 0; o < to && o < OFFSETS; o++)
        if (cells[o].is_known && cells[o].state == SHARE_AVAILABLE)
            set_cell(&cells[o], SHARE_ARCHIVED);
}

static void note_below(void)
{
    for (int64_t o = 0; o < partition.start && o < OFFSETS; o++)
        if (cells[o].is_known && cells[o].write == 0 && cells[o].state == SHARE_AVAILABLE)
            set_cell(&cells[o], SHARE_ARCHIVED); /* its log has gone while it was pending */
}

static void step(void)
{
    switch (random_below(&choices, 13)) {
    case 0:
        expire();
        break;
    case 12:
        if (taken.last < 0)
            take_letters();
        else
            bury_letters();
        break;
    case 1:
        if (random_below(&choices, 4) == 0)
            release_member();
        break;
    case 2:
        if (random_below(&choices, 6) == 0)
            delete_records();
        break;
    case 3:
    case 4:
    case 5:
        finish_write();
        break;
    case 6:
    case 7:
    case 8:
        acknowledge_some();
        break;
    default:
        acquire_some();
    }
    note_below();
    assert_is_model();
}

static void run_once(void)
{
    const struct share_batches no_batches = {NULL, 0};
    memset(cells, 0, sizeof cells);
    memset(&stored, 0, sizeof stored);
    now = 1000;
    start_before = 0;
    write_count = 0;
    limits = (struct share_limits){LOCK_MS, 20 + (int32_t)random_below(&choices, 100),
                                   (int16_t)(2 + random_below(&choices, 5)), random_below(&choices, 2) == 0,
                                   random_below(&choices, 2) == 0};
    taken.last = -1;
    partition = (struct share_partition){.budget = &budget};
    make_log();
    assert_true(share_partition_load(&partition, 0, &no_batches));
    for (int i = 0; i < STEPS; i++)
        step();
    while (write_count != 0)
        share_change_finish(&writes[--write_count], &budget);
    share_partition_finish(&partition);
    assert_int_equal(atomic_load(&budget.used), 0);
}

static void random_members(void **state)
{
    (void)state;
    int64_t finished = 0;
    random_test_init(&choices, 932);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1 << 20);
    for (int i = 0; i < RUNS; i++) {
        run_once();
        finished += start_before;
    }
    kw_arena_finish(&arena);
    assert_true(finished > 50 * RUNS);
    assert_true(produced > RUNS);
}

/* ---- one by one ---- */

static const struct share_batches nothing = {NULL, 0};

static void start_partition(int64_t start, const struct share_batches *batches)
{
    limits = (struct share_limits){LOCK_MS, 2000, 5, true, false};
    now = 0;
    partition = (struct share_partition){.budget = &budget};
    assert_true(share_partition_load(&partition, start, batches));
}

static void end_partition(void)
{
    share_partition_finish(&partition);
    assert_int_equal(atomic_load(&budget.used), 0);
}

/* The ranges as text: FIRST-LAST*COUNT. */
static const char *acquire_as(const char *member, const struct share_log_batch *batches, size_t count,
                              int32_t max_records, int32_t batch_size, bool is_exact)
{
    static char text[1024];
    struct share_acquired out;
    const struct share_acquire in = {.member = kw_string_of(member),
                                     .now = now,
                                     .fetch_offset = share_partition_next_offset(&partition),
                                     .batches = batches,
                                     .batch_count = count,
                                     .max_records = max_records,
                                     .batch_size = batch_size,
                                     .is_exact = is_exact};
    FILE *file = fmemopen(text, sizeof text, "w");
    assert_true(share_acquire(&partition, &limits, &in, &out));
    for (size_t i = 0; i < out.ranges.count; i++)
        fprintf(file, "%s%lld-%lld*%d", i != 0 ? " " : "", (long long)out.ranges.items[i].first,
                (long long)out.ranges.items[i].last, out.ranges.items[i].count);
    if (out.ranges.count == 0)
        fputs("-", file);
    fclose(file);
    share_acquired_finish(&out, &budget);
    return text;
}

static int16_t acknowledge_range(const char *member, int64_t first, int64_t last, int8_t type)
{
    struct share_change change;
    const struct share_acknowledgement ack = {first, last, &type, 1};
    const struct share_acknowledgements all = {&ack, 1};
    int16_t error = share_acknowledge(&partition, &limits, now, kw_string_of(member), &all, &change).error;
    if (error != KW_ERROR_NONE)
        return error;
    if (change.write != SHARE_NO_WRITE)
        (void)share_partition_written(&partition, change.write, true);
    share_change_finish(&change, &budget);
    return error;
}

/* All that is acquired is available again, or archived. */
static void end_locks(void)
{
    struct share_change change;
    now += LOCK_MS;
    assert_true(share_partition_expire(&partition, &limits, now, &change));
    assert_int_equal(change.write, SHARE_NO_WRITE);
    share_change_finish(&change, &budget);
}

static const struct share_log_batch ten_by_ten[] = {{0, 9}, {10, 19}, {20, 29}, {30, 39}};

static void batches_of_the_log(void **state)
{
    (void)state;
    start_partition(0, &nothing);
    assert_string_equal(acquire_as("m", ten_by_ten, 4, 15, 500, false), "0-19*1"); /* the second one whole */
    assert_string_equal(acquire_as("m", ten_by_ten, 4, 100, 10, false), "20-29*1 30-39*1");
    assert_int_equal(partition.end, 40);
    assert_string_equal(acquire_as("m", ten_by_ten, 4, 100, 10, false), "-");
    end_locks();
    assert_string_equal(acquire_as("m", ten_by_ten, 3, 100, 500, false), "0-19*2 20-29*2"); /* as they were */
    end_partition();
}

static void not_more_than_was_asked_for(void **state)
{
    (void)state;
    start_partition(3, &nothing);
    assert_string_equal(acquire_as("m", ten_by_ten, 4, 4, 1, true), "3-6*1");
    assert_int_equal(share_partition_next_offset(&partition), 7);
    assert_string_equal(acquire_as("n", ten_by_ten, 4, 5, 1, true), "7-11*1");
    end_locks();
    assert_string_equal(acquire_as("n", ten_by_ten, 4, 6, 1, true), "3-6*2 7-8*2");
    limits.locks = 9; /* as many as are in flight */
    assert_true(share_partition_can_acquire(&partition, &limits));
    assert_string_equal(acquire_as("n", ten_by_ten, 4, 60, 1, true), "9-11*2"); /* only up to the end */
    assert_false(share_partition_can_acquire(&partition, &limits));
    assert_int_equal(acknowledge_range("n", 10, 10, SHARE_RELEASE), KW_ERROR_NONE);
    assert_true(share_partition_can_acquire(&partition, &limits));
    assert_string_equal(acquire_as("o", ten_by_ten, 4, 60, 1, true), "10-10*3");
    end_partition();
}

/* Half of it, then half of that: one that fails again and again takes few others with it. */
static void records_that_fail_again_and_again(void **state)
{
    (void)state;
    static const struct share_log_batch all[] = {{0, 499}};
    static const char *const expected[] = {"0-499*1", "0-499*2", "0-499*3", "0-499*4", "0-499*5",
                                           "0-249*6", "0-124*7", "0-61*8",  "0-30*9",  "0-0*10"};
    start_partition(0, &nothing);
    limits.deliveries = 10;
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_string_equal(acquire_as("m", all, 1, 500, 500, false), expected[i]);
        end_locks();
    }
    assert_int_equal(partition.start, 1); /* the first one is archived */
    assert_string_equal(acquire_as("m", all, 1, 500, 500, false), "1-1*10");
    assert_int_equal(acknowledge_range("m", 1, 1, SHARE_ACCEPT), KW_ERROR_NONE);
    assert_int_equal(partition.start, 2);
    end_partition();
}

static void take_letters_of_loaded(int64_t first, int64_t last, bool was_rejected)
{
    struct share_dead dead;
    struct share_change change;
    assert_true(share_partition_take_dead(&partition, &limits, &dead));
    assert_int_equal(dead.first, first);
    assert_int_equal(dead.last, last);
    assert_int_equal(dead.was_rejected, was_rejected);
    assert_false(share_partition_take_dead(&partition, &limits, &dead)); /* once */
    share_partition_bury(&partition, &change);
    assert_int_equal(change.batches.count, 1);
    assert_int_equal(change.batches.items[0].state, SHARE_ARCHIVED);
    share_change_finish(&change, &budget);
    share_partition_bury(&partition, &change);
    assert_int_equal(change.batches.count, 0);
}

static void a_state_with_gaps(void **state)
{
    (void)state;
    struct share_batch items[] = {
        {15, 19, 1, SHARE_ACKNOWLEDGED}, {20, 24, 2, SHARE_AVAILABLE}, {30, 34, 1, SHARE_ARCHIVING}};
    const struct share_batches batches = {items, COUNT_OF(items)};
    start_partition(10, &batches);
    assert_int_equal(partition.end, 35);
    assert_int_equal(share_partition_next_offset(&partition), 10);
    assert_string_equal(acquire_as("m", ten_by_ten, 4, 100, 500, false), "10-14*1 20-24*3 25-29*1 35-39*1");
    assert_int_equal(acknowledge_range("m", 10, 14, SHARE_ACCEPT), KW_ERROR_NONE);
    assert_int_equal(partition.start, 20);
    assert_int_equal(acknowledge_range("m", 20, 39, SHARE_REJECT), KW_ERROR_INVALID_RECORD_STATE); /* 30 is archiving */
    assert_int_equal(acknowledge_range("m", 20, 29, SHARE_REJECT), KW_ERROR_NONE);
    assert_int_equal(partition.start, 30);
    take_letters_of_loaded(30, 34, true); /* it is produced again */
    assert_int_equal(partition.start, 35);
    end_partition();

    items[2].count = 5; /* then it has been delivered too often */
    start_partition(10, &batches);
    take_letters_of_loaded(30, 34, false);
    assert_int_equal(partition.start, 10);
    end_partition();
}

static void states_that_cannot_be(void **state)
{
    (void)state;
    static const struct share_batch bad[][2] = {
        {{5, 9, 1, SHARE_AVAILABLE}, {9, 12, 1, SHARE_AVAILABLE}},
        {{5, 4, 1, SHARE_AVAILABLE}, {9, 12, 1, SHARE_AVAILABLE}},
        {{1, 4, 1, SHARE_AVAILABLE}, {9, 12, 1, SHARE_AVAILABLE}},
        {{5, 8, 1, SHARE_ACQUIRED}, {9, 12, 1, SHARE_AVAILABLE}},
        {{5, 8, 1, 5}, {9, 12, 1, SHARE_AVAILABLE}},
        {{5, INT64_MAX, 1, SHARE_AVAILABLE}, {INT64_MIN, 12, 1, SHARE_AVAILABLE}},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct share_batch items[2];
        memcpy(items, bad[i], sizeof items);
        const struct share_batches batches = {items, 2};
        partition = (struct share_partition){.budget = &budget};
        assert_false(share_partition_load(&partition, 3, &batches));
        assert_int_equal(partition.runs.count, 0);
    }
    assert_false(share_partition_load(&partition, -1, &nothing));
    end_partition();
}

static void what_may_be_acknowledged(void **state)
{
    (void)state;
    static const struct share_log_batch with_hole[] = {{0, 9}, {20, 29}};
    start_partition(0, &nothing);
    assert_string_equal(acquire_as("m", with_hole, 1, 10, 500, false), "0-9*1");
    assert_string_equal(acquire_as("m", with_hole + 1, 1, 10, 500, false), "20-29*1");
    assert_int_equal(acknowledge_range("n", 0, 9, SHARE_ACCEPT), KW_ERROR_INVALID_RECORD_STATE);
    assert_int_equal(acknowledge_range("m", 0, 30, SHARE_ACCEPT), KW_ERROR_INVALID_REQUEST);
    assert_int_equal(acknowledge_range("m", 12, 14, SHARE_ACCEPT), KW_ERROR_INVALID_REQUEST);
    assert_int_equal(acknowledge_range("m", 30, 31, SHARE_ACCEPT), KW_ERROR_INVALID_REQUEST);
    assert_int_equal(acknowledge_range("m", 5, 22, SHARE_ACCEPT), KW_ERROR_NONE); /* there is nothing in between */
    assert_int_equal(acknowledge_range("m", 5, 5, SHARE_ACCEPT), KW_ERROR_INVALID_RECORD_STATE);
    assert_int_equal(acknowledge_range("m", 0, 4, SHARE_ACCEPT), KW_ERROR_NONE);
    assert_int_equal(partition.start, 23);
    assert_int_equal(acknowledge_range("m", 0, 4, SHARE_ACCEPT), KW_ERROR_NONE); /* below the start */
    limits.may_renew = false;
    assert_int_equal(acknowledge_range("m", 23, 23, SHARE_RENEW), KW_ERROR_INVALID_RECORD_STATE);
    limits.may_renew = true;
    now += LOCK_MS / 2;
    assert_int_equal(acknowledge_range("m", 23, 23, SHARE_RENEW), KW_ERROR_NONE);
    assert_int_equal(share_partition_deadline(&partition), LOCK_MS);
    now = 0;
    end_locks();
    assert_int_equal(share_partition_deadline(&partition), LOCK_MS + LOCK_MS / 2);
    assert_int_equal(share_partition_next_offset(&partition), 24);
    share_partition_move_start(&partition, 25);
    assert_int_equal(acknowledge_range("m", 23, 23, SHARE_ACCEPT), KW_ERROR_NONE); /* too late, which is no error */
    end_partition();
}

/* A range that is given twice is pending the second time. */
static void ranges_that_overlap(void **state)
{
    (void)state;
    static const int8_t accept = SHARE_ACCEPT;
    const struct share_acknowledgement acks[] = {{0, 4, &accept, 1}, {4, 9, &accept, 1}};
    const struct share_acknowledgements all = {acks, 2};
    struct share_change change;
    start_partition(0, &nothing);
    assert_string_equal(acquire_as("m", ten_by_ten, 1, 10, 500, false), "0-9*1");
    assert_int_equal(share_acknowledge(&partition, &limits, now, kw_string_of("m"), &all, &change).error,
                     KW_ERROR_INVALID_RECORD_STATE);
    assert_int_equal(acknowledge_range("m", 0, 9, SHARE_ACCEPT), KW_ERROR_NONE);
    assert_int_equal(partition.start, 10);
    end_partition();
}

static void what_is_written(void **state)
{
    (void)state;
    static const int8_t types[] = {SHARE_ACCEPT, SHARE_ACCEPT, SHARE_RELEASE, SHARE_GAP, SHARE_REJECT};
    const struct share_acknowledgement ack = {5, 9, types, COUNT_OF(types)};
    const struct share_acknowledgements all = {&ack, 1};
    struct share_change change;
    start_partition(0, &nothing);
    assert_string_equal(acquire_as("m", ten_by_ten, 1, 10, 500, false), "0-9*1");
    assert_int_equal(share_acknowledge(&partition, &limits, now, kw_string_of("m"), &all, &change).error,
                     KW_ERROR_NONE);
    assert_int_not_equal(change.write, SHARE_NO_WRITE);
    assert_int_equal(change.start_offset, 0);
    assert_int_equal(change.complete_count, 4);
    static const struct share_batch expected[] = {
        {5, 6, 1, SHARE_ACKNOWLEDGED}, {7, 7, 1, SHARE_AVAILABLE}, {8, 9, 1, SHARE_ARCHIVED}};
    assert_int_equal(change.batches.count, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_int_equal(change.batches.items[i].first, expected[i].first);
        assert_int_equal(change.batches.items[i].last, expected[i].last);
        assert_int_equal(change.batches.items[i].count, expected[i].count);
        assert_int_equal(change.batches.items[i].state, expected[i].state);
    }
    end_locks(); /* not of what is pending */
    assert_int_equal(share_partition_next_offset(&partition), 0);
    assert_true(share_partition_written(&partition, change.write, false) == false);
    share_change_finish(&change, &budget);
    assert_int_equal(share_partition_deadline(&partition), LOCK_MS); /* it is over */
    end_locks();
    assert_string_equal(acquire_as("n", ten_by_ten, 1, 10, 500, false), "0-9*2");
    end_partition();
}

static void members_come_and_go(void **state)
{
    (void)state;
    char name[40];
    start_partition(0, &nothing);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "member %d", i);
        const struct share_log_batch one = {i, i};
        (void)acquire_as(name, &one, 1, 1, 1, false);
        assert_int_equal(acknowledge_range(name, i, i, SHARE_ACCEPT), KW_ERROR_NONE);
    }
    assert_int_equal(partition.owner_count, 1);
    assert_int_equal(share_partition_owner(&partition, kw_string_of("")), SHARE_NOBODY);
    memset(name, 'm', sizeof name);
    assert_int_equal(share_partition_owner(&partition, (kw_string){name, 37}), SHARE_NOBODY);
    assert_int_not_equal(share_partition_owner(&partition, (kw_string){name, 36}), SHARE_NOBODY);
    end_partition();
}

/* ---- runs ---- */

static const struct share_run acquired = {.first = 10,
                                          .last = 19,
                                          .deadline = 500,
                                          .owner = 2,
                                          .write = 3,
                                          .count = 4,
                                          .state = SHARE_ACQUIRED,
                                          .next = SHARE_ACKNOWLEDGED,
                                          .letter = SHARE_NO_LETTER,
                                          .is_start = true};

/* How many there are of this one and of what follows it. */
static size_t runs_with(const struct share_run *next)
{
    struct share_runs runs = {NULL, 0, 0};
    assert_true(share_runs_add(&runs, &acquired, &budget));
    assert_true(share_runs_add(&runs, next, &budget));
    size_t count = runs.count;
    assert_int_equal(runs.items[0].first, 10);
    assert_int_equal(runs.items[0].last, count == 1 && next->last > 19 ? next->last : 19);
    assert_true(runs.items[0].is_start);
    share_runs_finish(&runs, &budget);
    return count;
}

/* Whatever they do not have in common keeps them apart. */
static void runs_are_joined(void **state)
{
    (void)state;
    struct share_run next = acquired;
    next.first = 20;
    next.last = 20;
    next.is_start = false;
    assert_int_equal(runs_with(&next), 1);
    next.last = 25;
    assert_int_equal(runs_with(&next), 1);
    next.last = 19;
    assert_int_equal(runs_with(&next), 1); /* it is empty */
    next.last = 25;
    struct share_run others[9];
    for (size_t i = 0; i < COUNT_OF(others); i++)
        others[i] = next;
    others[0].first++;
    others[1].deadline++;
    others[2].owner++;
    others[3].write++;
    others[4].count++;
    others[5].state = SHARE_ARCHIVED;
    others[6].next = SHARE_ARCHIVED;
    others[7].letter = SHARE_LETTER_REJECTED;
    others[8].is_start = true;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_int_equal(runs_with(&others[i]), 2);
}

static void parts_of_runs(void **state)
{
    (void)state;
    static const struct {
        int64_t first, last, part_first, part_last;
        bool is_start;
    } cases[] = {{0, 100, 10, 19, true},  {10, 19, 10, 19, true},  {10, 10, 10, 10, true},
                 {11, 19, 11, 19, false}, {19, 19, 19, 19, false}, {9, 18, 10, 18, true}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct share_run part = share_run_part(&acquired, cases[i].first, cases[i].last);
        assert_int_equal(part.first, cases[i].part_first);
        assert_int_equal(part.last, cases[i].part_last);
        assert_int_equal(part.is_start, cases[i].is_start);
        assert_int_equal(part.owner, acquired.owner);
        assert_int_equal(part.deadline, acquired.deadline);
    }
}

static void runs_at_offsets(void **state)
{
    (void)state;
    enum { COUNT = 21 };
    struct share_runs runs = {NULL, 0, 0};
    size_t before = atomic_load(&budget.used);
    assert_int_equal(share_runs_find(&runs, 0), 0);
    for (int64_t i = 0; i < COUNT; i++) { /* of five offsets, and gaps of as many */
        struct share_run run = acquired;
        run.first = 10 * i;
        run.last = 10 * i + 4;
        assert_true(share_runs_add(&runs, &run, &budget));
    }
    assert_int_equal(runs.count, COUNT);
    assert_int_equal(atomic_load(&budget.used) - before, runs.capacity * sizeof *runs.items);
    for (int64_t offset = -1; offset < 10 * COUNT + 10; offset++)
        assert_int_equal(share_runs_find(&runs, offset), offset < 0                ? 0
                                                         : offset > 10 * COUNT - 6 ? COUNT
                                                                                   : (offset + 5) / 10);
    share_runs_finish(&runs, &budget);
    assert_int_equal(atomic_load(&budget.used), before);
    assert_int_equal(runs.count, 0);
    budget.limit = before; /* there is no memory */
    assert_false(share_runs_add(&runs, &acquired, &budget));
    assert_int_equal(runs.count, 0);
    budget.limit = SIZE_MAX;
}

static int set_up(void **state)
{
    (void)state;
    atomic_init(&budget.used, 0);
    budget.limit = SIZE_MAX;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_members),
        cmocka_unit_test(batches_of_the_log),
        cmocka_unit_test(not_more_than_was_asked_for),
        cmocka_unit_test(records_that_fail_again_and_again),
        cmocka_unit_test(a_state_with_gaps),
        cmocka_unit_test(states_that_cannot_be),
        cmocka_unit_test(what_may_be_acknowledged),
        cmocka_unit_test(ranges_that_overlap),
        cmocka_unit_test(what_is_written),
        cmocka_unit_test(members_come_and_go),
        cmocka_unit_test(runs_are_joined),
        cmocka_unit_test(parts_of_runs),
        cmocka_unit_test(runs_at_offsets),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
