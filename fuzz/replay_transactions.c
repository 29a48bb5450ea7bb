/* SPDX-License-Identifier: Apache-2.0 */
/* A log of __transaction_state of any records, and requests of producers: transactions are loaded, or the log is
 * reported; what is decided can be undone, and then the state is as before; a prepared state can be completed, and
 * nothing but that; the memory that was counted is given back in the end.
 *
 * The input is a sequence of steps: what happens (8 bits: how it ends, and what it is, see below). A record has the
 * size of the key and that of the value (16 bits each, or as much as the input has; 0xffff: the value is null), key and
 * value. A request has the id, the producer id, the epoch, and what it may ask for, 8 bits each. */
#include <kwire/error.h>

#include "base/hash.h"
#include "coordinator/transaction/txn_list.h"
#include "coordinator/transaction/txn_records.h"
#include "coordinator/transaction/txn_requests.h"
#include "fuzz.h"

enum { MOST_STEPS = 500, TIMEOUT_MS = 1000, LEVELS = 3 };

/* How the step ends: it is in the log; or of the decision that goes on; or of one that ends with it, and was written or
 * not. */
enum { LOADED, DECIDED, WRITTEN, FAILED };

enum { RECORD, INIT, GO_ON, ADD, VERIFY, END, FENCE, COMPLETE, EXPIRE, DESCRIBE, KINDS };

static struct coordinator_budget budget;
static struct txn_machine *machine;
static struct coordinator_undo_list undo;
static const struct metadata_image *images[LEVELS];
static kw_arena arena;
static int64_t offset, next_id;
static uint64_t before; /* the decision */

/* ---- the state as a number ---- */

static uint64_t hash_state(void)
{
    uint64_t sum = 0;
    for (const struct txn_entry *e = NULL; (e = txn_machine_next(machine, e)) != NULL;) {
        if (e->value == NULL)
            continue;
        const struct txn_fields *t = &e->value->is;
        const int64_t numbers[] = {t->producer_id, t->previous_producer_id, t->next_producer_id,
                                   t->epoch,       t->timeout_ms,           t->state,
                                   t->start_ms,    t->updated_ms,           t->client_version};
        uint32_t hash = hash_bytes(HASH_START, numbers, sizeof numbers);
        hash = hash_bytes(hash, e->id.data, (size_t)e->id.len);
        for (size_t i = 0; i < t->partitions.count; i++) {
            hash = hash_bytes(hash, t->partitions.items[i].topic.data, (size_t)t->partitions.items[i].topic.len);
            hash = hash_bytes(hash, &t->partitions.items[i].partition, sizeof t->partitions.items[i].partition);
        }
        sum += hash;
    }
    return sum;
}

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

/* False: it cannot be read. */
static bool replay(kw_bytes key, kw_bytes value, uint8_t how)
{
    const struct coordinator_record record = {key, value, offset++, KW_NO_PRODUCER_ID, -1};
    bool is_loaded = how == LOADED && undo.newest == NULL;
    if (undo.newest == NULL)
        before = hash_state();
    kw_status status = txn_machine_calls.replay(machine, &record, is_loaded ? NULL : &undo);
    if (!is_loaded && (status != KW_OK || how >= WRITTEN))
        end_decision(status == KW_OK && how == WRITTEN);
    return status == KW_OK;
}

/* ---- records ---- */

static kw_bytes take_bytes(fuzz_input *in, size_t size)
{
    size = size < fuzz_left(in) ? size : fuzz_left(in);
    const kw_bytes bytes = kw_bytes_of(in->pos, size);
    in->pos += size;
    return bytes;
}

static bool take_record(fuzz_input *in, uint8_t how)
{
    size_t key_size = fuzz_take16(in), value_size = fuzz_take16(in);
    const kw_bytes key = take_bytes(in, key_size);
    const kw_bytes value = value_size != UINT16_MAX ? take_bytes(in, value_size) : (kw_bytes){NULL, -1};
    return replay(key, value, how) || how != LOADED;
}

/* ---- requests ---- */

struct asked {
    char text[1];
    kw_string id;
    struct txn_producer producer;
    uint8_t what;
};

/* The producer is mostly the known one, or beside it. */
static struct asked take_asked(fuzz_input *in)
{
    struct asked a = {.text = {(char)('a' + fuzz_take8(in) % 4)}};
    const struct txn_fields *known = txn_machine_find(machine, (kw_string){a.text, 1});
    a.producer.id = (int8_t)fuzz_take8(in);
    a.producer.epoch = (int8_t)fuzz_take8(in);
    a.what = fuzz_take8(in);
    if (known != NULL && a.producer.id >= 0)
        a.producer.id = known->producer_id;
    if (known != NULL && a.producer.epoch >= 0)
        a.producer.epoch = (int16_t)(known->epoch - (a.what >> 6 == 3 && known->epoch > INT16_MIN));
    return a;
}

static struct txn_partitions some_partitions(uint8_t what, struct txn_partition items[2])
{
    for (int32_t i = 0; i < 2; i++)
        items[i] = (struct txn_partition){kw_string_of("t"), (what & 3) + i};
    return (struct txn_partitions){items, 1 + (what >> 2 & 1)};
}

static void describe(struct coordinator_decision *d, const struct asked *a)
{
    kw_describe_transactions_response_transaction_state out;
    const struct txn_filter filter = {.has_states = (a->what & 1) != 0,
                                      .states = a->what,
                                      .producer_ids = &a->producer.id,
                                      .producer_id_count = a->what >> 7,
                                      .duration_ms = (int64_t)a->what - 1};
    struct txn_list list = {.arena = &arena};
    kw_describe_transactions_response_transaction_state_init(&out);
    txn_describe(d, a->id, &arena, &out);
    txn_list(d, &filter, &list);
    FUZZ_REQUIRE(list.count <= machine->count);
}

static void ask(struct coordinator_decision *d, uint8_t kind, const struct asked *a)
{
    struct txn_partition items[2];
    const struct txn_partitions partitions = some_partitions(a->what, items);
    int16_t errors[2], version = (a->what & 8) != 0 ? TXN_VERSION_WITH_EPOCHS : 0;
    int64_t new_id = (a->what & 16) != 0 ? next_id++ : TXN_NO_PRODUCER;
    const struct txn_fields *known = txn_machine_find(machine, a->id);
    bool is_prepared = known != NULL && txn_is_prepared(known);
    if (kind == INIT || kind == GO_ON) {
        const struct txn_init_request request = {kind == INIT ? TXN_NO_PRODUCER : a->producer.id,
                                                 kind == INIT ? TXN_NO_EPOCH : a->producer.epoch, TIMEOUT_MS};
        (void)txn_request_init(d, a->id, &request, new_id);
    } else if (kind == ADD) {
        (void)txn_request_add(d, a->id, a->producer, &partitions, version);
    } else if (kind == VERIFY) {
        (void)txn_request_verify(d, a->id, a->producer, &partitions, errors);
    } else if (kind == END) {
        const struct txn_end_request request = {a->producer.id, a->producer.epoch, (a->what & 32) != 0, version};
        (void)txn_request_end(d, a->id, &request, new_id);
    } else if (kind == FENCE) {
        (void)txn_request_fence(d, a->id, new_id);
    } else if (kind == EXPIRE) {
        txn_request_expire(d, a->id, d->now - a->what);
    } else if (kind == DESCRIBE) {
        describe(d, a);
    } else {
        bool is_completed = txn_request_complete(d, a->id, a->producer);
        FUZZ_REQUIRE(is_completed == (d->records.count == 1));
        return;
    }
    FUZZ_REQUIRE(!is_prepared || d->records.count == 0);
}

static void take_request(fuzz_input *in, uint8_t kind, uint8_t how)
{
    struct asked a = take_asked(in);
    a.id = (kw_string){a.text, 1};
    struct coordinator_decision d = {.state = machine, .image = images[a.what % LEVELS], .now = 1000 + offset};
    kw_arena_reset(&arena);
    record_out_init(&d.records, &arena);
    ask(&d, kind, &a);
    if (d.records.status != KW_OK || d.records.count == 0)
        return;
    FUZZ_REQUIRE(d.records.count == 1);
    FUZZ_REQUIRE(replay(d.records.items[0].key, d.records.items[0].value, how == LOADED ? DECIDED : how));
}

/* ---- */

static void make_images(void)
{
    for (int16_t level = 0; level < LEVELS && images[level] == NULL; level++) {
        const struct metadata_feature feature = {kw_string_of("transaction.version"), level};
        const struct metadata_parts parts = {.features = &feature, .feature_count = level > 0, .epoch = -1};
        images[level] = metadata_image_create(&parts);
        FUZZ_REQUIRE(images[level] != NULL);
    }
}

void fuzz_target(const uint8_t *data, size_t size)
{
    const struct txn_machine_options options = {.budget = &budget, .seed = 7};
    fuzz_input in = {data, data + size};
    bool is_good = true;
    make_images();
    fuzz_arena(&arena);
    budget.limit = SIZE_MAX;
    atomic_store(&budget.used, 0);
    machine = txn_machine_create(&options);
    FUZZ_REQUIRE(machine != NULL);
    offset = next_id = 0;
    for (size_t i = 0; i < MOST_STEPS && fuzz_left(&in) != 0 && is_good; i++) {
        uint8_t step = fuzz_take8(&in);
        if (step / 4 % KINDS == RECORD)
            is_good = take_record(&in, step % 4);
        else
            take_request(&in, step / 4 % KINDS, step % 4);
    }
    end_decision(true);
    txn_machine_destroy(machine);
    kw_arena_finish(&arena);
    FUZZ_REQUIRE(atomic_load(&budget.used) == 0);
}
