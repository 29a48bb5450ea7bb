/* SPDX-License-Identifier: Apache-2.0 */
/* Random conversations of transactional producers that crash, return, fence each other, take too long and use up their
 * epochs, with a coordinator whose log fails now and then and that is loaded again, and partitions that are slow or
 * fail. TXN_CONVERSATIONS says how many. */
#include "txn_shard.h"

enum {
    IDS = 4,
    CLIENTS_OF_ID = 2,
    CLIENTS = IDS * CLIENTS_OF_ID,
    TAGS = 4096,
    LATE_WRITES = 32,
    CONVERSATIONS = 20000,
    BLOCK = 3000 /* steps, after which everything comes to its end */
};

static const char *const names[IDS] = {"a", "b", "c", "d"};

static size_t below(size_t limit)
{
    return random_below(&random_source, limit);
}

static bool one_in(size_t n)
{
    return below(n) == 0;
}

/* ---- transactions, as their clients know them ---- */

enum outcome { NO_OUTCOME, COMMITTED, ABORTED };

struct tag {
    int64_t number;
    bool asked_to_commit;
    bool asked_to_abort;
    enum outcome promised; /* what a client has been answered */
    enum outcome outcome;  /* what its partitions say */
    unsigned open;         /* partitions with records that have no outcome yet */
};

static struct tag tags[TAGS];
static int64_t next_tag;
static size_t committed, aborted;

static struct tag *tag_of(int64_t number)
{
    struct tag *tag = &tags[number % TAGS];
    assert_int_equal(tag->number, number);
    return tag;
}

static int64_t begin_tag(void)
{
    struct tag *tag = &tags[next_tag % TAGS];
    assert_int_equal(tag->open, 0);
    *tag = (struct tag){.number = next_tag};
    return next_tag++;
}

/* One outcome for each transaction, and the one that was promised. */
static void settle_tag(int64_t number, int32_t partition, bool is_commit)
{
    struct tag *tag = tag_of(number);
    enum outcome outcome = is_commit ? COMMITTED : ABORTED;
    assert_true((tag->open >> partition & 1) != 0);
    tag->open &= ~(1U << partition);
    assert_true(tag->outcome == NO_OUTCOME || tag->outcome == outcome);
    assert_true(tag->promised == NO_OUTCOME || tag->promised == outcome);
    assert_true(!is_commit || tag->asked_to_commit);
    if (tag->outcome == NO_OUTCOME)
        *(is_commit ? &committed : &aborted) += 1;
    tag->outcome = outcome;
}

static void promise(int64_t number, enum outcome outcome)
{
    struct tag *tag = tag_of(number);
    assert_true(tag->outcome == NO_OUTCOME || tag->outcome == outcome);
    tag->promised = outcome;
}

/* ---- partitions: what a log knows of producers ---- */

enum { MOST_PRODUCERS = 512 };

struct log_producer {
    int64_t id;
    int16_t epoch;
    int64_t tag;    /* of the open transaction; -1: none */
    uint64_t guard; /* of who may start one; 0: nobody */
};

static struct log_producer producers[TOPIC_PARTITIONS][MOST_PRODUCERS]; /* by producer id, the newest ones */
static uint64_t next_guard;

static struct log_producer *producer_in(int32_t partition, int64_t id)
{
    struct log_producer *p = &producers[partition][id % MOST_PRODUCERS];
    if (p->id != id) {
        assert_true(p->tag < 0);
        assert_true(id > p->id); /* older ones are never seen again */
        *p = (struct log_producer){.id = id, .epoch = -1, .tag = -1};
    }
    return p;
}

static int16_t append_marker(int32_t partition, const struct txn_markers *m)
{
    struct log_producer *p = producer_in(partition, m->producer_id);
    if (m->producer_epoch < p->epoch)
        return KW_ERROR_INVALID_PRODUCER_EPOCH;
    if (m->version >= TXN_VERSION_WITH_EPOCHS && m->producer_epoch == p->epoch && p->tag >= 0)
        return KW_ERROR_INVALID_PRODUCER_EPOCH;
    if (p->tag >= 0)
        settle_tag(p->tag, partition, m->is_commit);
    p->epoch = m->producer_epoch;
    p->tag = -1;
    p->guard = 0;
    return KW_ERROR_NONE;
}

/* A batch of a transaction; false: it is refused. */
static bool append_batch(int32_t partition, struct txn_producer producer, uint64_t guard, int64_t tag)
{
    struct log_producer *p = producer_in(partition, producer.id);
    if (producer.epoch < p->epoch)
        return false;
    bool is_open = p->tag >= 0 && producer.epoch == p->epoch;
    if (!is_open && (guard == 0 || p->guard != guard))
        return false;
    assert_true(p->tag < 0 || p->tag == tag); /* two transactions are never one */
    p->epoch = producer.epoch;
    p->tag = tag;
    p->guard = 0;
    tag_of(tag)->open |= 1U << partition;
    return true;
}

/* Markers reach partitions one by one, in any order; some fail. */
static void write_some(struct txn_markers *markers)
{
    for (size_t i = 0; i < markers->count; i++) {
        int32_t partition = markers->partitions[i].partition;
        markers->errors[i] =
            writer.errors[0] != KW_ERROR_NONE && one_in(3) ? writer.errors[0] : append_marker(partition, markers);
        assert_int_not_equal(markers->errors[i], KW_ERROR_INVALID_PRODUCER_EPOCH);
    }
    markers->done(markers);
}

static void write_or_keep(void *context, struct txn_markers *markers)
{
    (void)context;
    writer.writes++;
    if (!writer.is_later) {
        write_some(markers);
        return;
    }
    assert_true(writer.count < MOST_WRITES);
    writer.asked[writer.count++] = markers;
}

static void write_kept(size_t most)
{
    while (writer.count != 0 && most-- != 0) {
        size_t i = below(writer.count);
        struct txn_markers *markers = writer.asked[i];
        writer.asked[i] = writer.asked[--writer.count];
        write_some(markers);
    }
    sim_run_posted(&sim);
}

/* ---- clients ---- */

enum phase { DEAD, STARTING, IDLE, IN_TRANSACTION, WRITING, ENDING };

struct client {
    struct asked asked;
    enum phase phase;
    bool is_new_protocol;
    bool is_asking;
    bool is_fenced; /* another one has started since */
    struct txn_producer producer;
    bool has_producer;
    int64_t tag;
    int32_t partition;
    unsigned partitions; /* that it has added */
    uint64_t guard;
};

static struct client clients[CLIENTS];
static size_t conversations;
static bool only_old;
static unsigned new_protocol; /* a bit for each id: Kafka does not keep clients of both apart that share one */

/* A batch that is still on its way, though its client may be gone. */
static struct {
    int32_t partition;
    struct txn_producer producer;
    uint64_t guard;
    int64_t tag;
} late[LATE_WRITES];
static size_t late_count;

static void die(struct client *c)
{
    c->phase = DEAD;
}

static void start_client(struct client *c)
{
    size_t id = (size_t)(c - clients) / CLIENTS_OF_ID;
    *c = (struct client){.phase = STARTING, .is_new_protocol = (new_protocol >> id & 1) != 0, .tag = -1};
    c->asked.id = names[id];
    conversations++;
}

static void ask_init(struct client *c, int64_t new_id)
{
    bool goes_on = c->has_producer;
    c->asked.what = ASK_INIT;
    c->asked.producer = goes_on ? c->producer : (struct txn_producer){TXN_NO_PRODUCER, TXN_NO_EPOCH};
    c->asked.timeout_ms = 5000;
    c->asked.new_id = new_id;
}

static void ask_end(struct client *c, bool commits)
{
    struct tag *tag = c->tag >= 0 ? tag_of(c->tag) : NULL;
    c->asked.what = ASK_END;
    c->asked.producer = c->producer;
    c->asked.commits = commits;
    c->asked.version = c->is_new_protocol ? TXN_VERSION_WITH_EPOCHS : 0;
    c->asked.new_id = TXN_NO_PRODUCER;
    if (tag != NULL)
        *(commits ? &tag->asked_to_commit : &tag->asked_to_abort) = true;
}

static void ask_add(struct client *c)
{
    c->asked.what = ASK_ADD;
    c->asked.producer = c->producer;
    c->asked.partitions = 1U << c->partition;
    c->asked.version = c->is_new_protocol ? TXN_VERSION_WITH_EPOCHS : 0;
}

static void ask(struct client *c)
{
    c->is_asking = true;
    submit_asked(&c->asked);
}

static bool is_older(struct txn_producer a, struct txn_producer b)
{
    return a.id != b.id ? a.id < b.id : a.epoch < b.epoch;
}

/* The broker refuses what an older producer writes from now on. */
static void fence_others(const struct client *c)
{
    size_t first = (size_t)(c - clients) / CLIENTS_OF_ID * CLIENTS_OF_ID;
    for (size_t i = first; i < first + CLIENTS_OF_ID; i++)
        if (clients[i].has_producer && is_older(clients[i].producer, c->producer))
            clients[i].is_fenced = true;
}

static void append(struct client *c)
{
    bool is_taken = append_batch(c->partition, c->producer, c->guard, c->tag);
    assert_false(is_taken && c->is_fenced);
    if (!is_taken) {
        die(c);
        return;
    }
    c->phase = IN_TRANSACTION;
}

/* Now, or later: the client may have ended by then. */
static void write_batch(struct client *c)
{
    if (!one_in(6) || late_count == LATE_WRITES) {
        append(c);
        return;
    }
    late[late_count].partition = c->partition;
    late[late_count].producer = c->producer;
    late[late_count].guard = c->guard;
    late[late_count++].tag = c->tag;
    die(c);
}

static void arrive_late(void)
{
    if (late_count == 0)
        return;
    size_t i = below(late_count);
    (void)append_batch(late[i].partition, late[i].producer, late[i].guard, late[i].tag);
    late[i] = late[--late_count];
}

static void take_init(struct client *c, int16_t error)
{
    if (error == KW_ERROR_NONE && c->asked.answer.needs_producer_id) {
        ask_init(c, ids.next++);
        ask(c);
    } else if (error == KW_ERROR_NONE) {
        c->producer = c->asked.answer.producer;
        c->has_producer = true;
        c->is_fenced = false;
        c->partitions = 0;
        c->tag = -1;
        c->phase = IDLE;
        fence_others(c);
    } else if (error != KW_ERROR_CONCURRENT_TRANSACTIONS && c->asked.error == KW_ERROR_NONE) {
        assert_true(c->has_producer);
        die(c);
    }
}

static void take_add(struct client *c, int16_t error)
{
    if (error == KW_ERROR_NONE) {
        struct log_producer *p = producer_in(c->partition, c->producer.id);
        c->partitions |= 1U << c->partition;
        c->guard = p->guard = ++next_guard;
        write_batch(c);
    } else if (error != KW_ERROR_CONCURRENT_TRANSACTIONS && c->asked.error == KW_ERROR_NONE) {
        die(c);
    }
}

static void take_end(struct client *c, int16_t error)
{
    if (error == KW_ERROR_NONE && c->asked.answer.needs_producer_id) {
        c->asked.new_id = ids.next++;
        ask(c);
    } else if (error == KW_ERROR_NONE) {
        if (c->tag >= 0)
            promise(c->tag, c->asked.commits ? COMMITTED : ABORTED);
        if (c->is_new_protocol)
            c->producer = c->asked.answer.producer;
        c->tag = -1;
        c->partitions = 0;
        c->phase = IDLE;
    } else if (error != KW_ERROR_CONCURRENT_TRANSACTIONS && c->asked.error == KW_ERROR_NONE) {
        die(c);
    }
}

/* The answer, unless it is lost: then the client asks again. */
static void take_answer(struct client *c)
{
    c->is_asking = false;
    if (c->phase == DEAD || one_in(20))
        return;
    int16_t error = result_of(&c->asked);
    if (c->phase == STARTING)
        take_init(c, error);
    else if (c->phase == WRITING)
        take_add(c, error);
    else if (c->phase == ENDING)
        take_end(c, error);
}

static void write_something(struct client *c)
{
    if (c->tag < 0) {
        c->tag = begin_tag();
        c->partitions = 0;
    }
    c->partition = (int32_t)below(TOPIC_PARTITIONS);
    const struct log_producer *p = producer_in(c->partition, c->producer.id);
    c->guard = 0;
    bool may_write = c->is_new_protocol || (c->partitions >> c->partition & 1) != 0; /* older clients add it first */
    if (may_write && p->tag >= 0 && p->epoch == c->producer.epoch) {
        c->phase = IN_TRANSACTION;
        append(c);
        return;
    }
    c->phase = WRITING;
    ask_add(c);
    ask(c);
}

static void end_something(struct client *c)
{
    bool commits = !one_in(3) && c->partitions != 0;
    if (c->partitions == 0 && !c->is_new_protocol)
        return;
    c->phase = ENDING;
    ask_end(c, commits);
    ask(c);
}

static void act(struct client *c)
{
    if (c->is_asking) {
        if (c->asked.is_complete)
            take_answer(c);
        return;
    }
    if (c->phase != DEAD && one_in(60)) {
        die(c);
        return;
    }
    switch (c->phase) {
    case DEAD:
        start_client(c);
        break;
    case STARTING:
        ask_init(c, TXN_NO_PRODUCER);
        ask(c);
        break;
    case IDLE:
        if (one_in(30) && c->is_new_protocol)
            end_something(c);
        else
            write_something(c);
        break;
    case IN_TRANSACTION:
        if (one_in(25))
            c->phase = STARTING; /* it goes on after an error */
        else if (one_in(3))
            end_something(c);
        else
            write_something(c);
        break;
    case WRITING:
    case ENDING:
        ask(c); /* the answer was lost, or says that it is to be asked again */
        break;
    }
    if (c->is_asking && c->asked.is_complete)
        take_answer(c);
}

/* ---- epochs near their end ---- */

struct aging {
    struct coordinator_event event; /* the first member */
    const char *id;
};

static void decide_aging(struct coordinator_event *event, struct coordinator_decision *d)
{
    const struct aging *a = (const struct aging *)(void *)event;
    const struct txn_fields *txn = txn_machine_find(d->state, kw_string_of(a->id));
    if (txn == NULL || txn->state == TXN_ONGOING || txn_is_prepared(txn) || txn->epoch > TXN_LAST_EPOCH - 10)
        return;
    struct txn_fields aged = *txn;
    aged.epoch = (int16_t)(TXN_LAST_EPOCH - (int16_t)below(4));
    txn_records_add(&d->records, kw_string_of(a->id), &aged, 1);
}

static void complete_aging(struct coordinator_event *event, int16_t error)
{
    (void)error;
    free(event);
}

static void age_one(void)
{
    struct aging *a = calloc(1, sizeof *a);
    assert_non_null(a);
    a->event =
        (struct coordinator_event){.decide = decide_aging, .complete = complete_aging, .executor = &sim.executor};
    a->id = names[below(IDS)];
    if (coordinator_submit(&shard, &a->event))
        free(a);
}

/* ---- the coordinator ---- */

static struct {
    kw_arena arena;
    struct record_out out; /* what the log had been compacted to when it was emptied last */
} base;

static char *text_of(const struct txn_machine *m)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    for (size_t i = 0; i < IDS; i++) {
        const struct txn_fields *txn = txn_machine_find(m, kw_string_of(names[i]));
        if (txn == NULL)
            continue;
        fprintf(out, "%s %s %lld %lld %lld %d %lld %d:", names[i], txn_state_text(txn->state),
                (long long)txn->producer_id, (long long)txn->previous_producer_id, (long long)txn->next_producer_id,
                txn->epoch, (long long)txn->start_ms, txn->client_version);
        for (size_t k = 0; k < txn->partitions.count; k++)
            fprintf(out, " %d", txn->partitions.items[k].partition);
        fprintf(out, "\n");
    }
    fclose(out);
    return text;
}

static void replay_all(struct txn_machine *m)
{
    for (size_t i = 0; i < base.out.count; i++) {
        const struct coordinator_record record = {base.out.items[i].key, base.out.items[i].value, 0, KW_NO_PRODUCER_ID,
                                                  -1};
        assert_int_equal(txn_machine_calls.replay(m, &record, NULL), KW_OK);
    }
    replay_log(m);
}

/* The log has one record for each id, and is empty but for that. */
static void compact(const struct txn_machine *m)
{
    kw_arena_reset(&base.arena);
    record_out_init(&base.out, &base.arena);
    for (size_t i = 0; i < IDS; i++) {
        const struct txn_fields *txn = txn_machine_find(m, kw_string_of(names[i]));
        if (txn != NULL)
            txn_records_add(&base.out, kw_string_of(names[i]), txn, 1);
    }
    assert_int_equal(base.out.status, KW_OK);
    store.size = 0;
}

static void end_appends(void)
{
    while (store.append != NULL) {
        toy_log_finish_append(&store);
        sim_run_posted(&sim);
    }
}

static void wait_for_answers(void)
{
    for (size_t i = 0; i < CLIENTS; i++)
        if (clients[i].is_asking && clients[i].asked.is_complete)
            take_answer(&clients[i]);
}

/* What is loaded is what was there. */
static void load_again(void)
{
    end_appends();
    writer.is_later = true;
    sim_run_posted(&sim);
    wait_for_answers();
    end_appends();
    char *before = text_of(machine);
    shard_unload(&shard);
    sim_settle(&sim);
    write_kept(SIZE_MAX);
    sim_settle(&sim);
    assert_int_equal(released, 1);
    assert_int_equal(held, 0);
    shard_finish(&shard);
    assert_int_equal(atomic_load(&budget.used), 0);
    for (size_t i = 0; i < CLIENTS; i++)
        assert_true(!clients[i].is_asking || clients[i].asked.is_complete);
    init_shard();
    machine->options.environment.write_markers = write_or_keep;
    replay_all(machine);
    char *after = text_of(machine);
    assert_string_equal(after, before);
    free(before);
    free(after);
    if (store.size > TOY_LOG / 2)
        compact(machine);
    shard_loaded(&shard, store.end);
}

/* ---- all together ---- */

/* The last stable offset has passed what it says: no transaction is open. */
static void assert_all_ended(void)
{
    for (size_t i = 0; i < IDS; i++) {
        const struct txn_fields *txn = known(names[i]);
        assert_true(txn == NULL || (txn->state != TXN_ONGOING && !txn_is_prepared(txn)));
        assert_true(txn == NULL || txn->partitions.count == 0);
    }
    for (size_t i = 0; i < TOPIC_PARTITIONS; i++)
        for (size_t k = 0; k < MOST_PRODUCERS; k++)
            assert_true(producers[i][k].tag < 0);
    for (size_t i = 0; i < TAGS; i++)
        assert_int_equal(tags[i].open, 0);
    assert_null(machine->open);
    assert_int_equal(held, 0);
}

static void come_to_an_end(void)
{
    store.error = KW_ERROR_NONE;
    store.is_later = writer.is_later = false;
    writer.errors[0] = KW_ERROR_NONE;
    ids.has_none = false;
    end_appends();
    write_kept(SIZE_MAX);
    sim_run_posted(&sim);
    wait_for_answers();
    for (size_t i = 0; i < CLIENTS; i++) {
        assert_true(!clients[i].is_asking || clients[i].asked.is_complete);
        die(&clients[i]);
        clients[i].is_asking = false;
    }
    while (late_count != 0)
        arrive_late();
    for (int i = 0; i < 4; i++)
        pass(ABORT_MS);
    assert_all_ended();
}

static void disturb(void)
{
    switch (below(12)) {
    case 0:
        store.error = one_in(2) ? KW_ERROR_KAFKA_STORAGE_ERROR : KW_ERROR_NONE;
        break;
    case 1:
        store.error = KW_ERROR_NONE;
        break;
    case 2:
        if (store.append == NULL)
            store.is_later = !store.is_later;
        break;
    case 3:
        writer.is_later = !writer.is_later;
        break;
    case 4:
        writer.errors[0] = one_in(2) ? KW_ERROR_NOT_LEADER_OR_FOLLOWER : KW_ERROR_NONE;
        break;
    case 5:
        pass((int64_t)below(3000));
        break;
    case 6:
        age_one();
        break;
    case 7:
        arrive_late();
        break;
    case 8:
        ids.has_none = one_in(2);
        break;
    case 9:
        if (one_in(10))
            load_again();
        break;
    default:
        write_kept(1 + below(3));
    }
}

static size_t wanted(void)
{
    const char *text = getenv("TXN_CONVERSATIONS");
    return text != NULL ? (size_t)strtoull(text, NULL, 10) : CONVERSATIONS;
}

static void start_world(uint64_t seed)
{
    random_test_init(&random_source, seed);
    machine->options.environment.write_markers = write_or_keep;
    kw_arena_init_growing(&base.arena, NULL, 0, kw_allocator_libc(), 1 << 20);
    record_out_init(&base.out, &base.arena);
    memset(clients, 0, sizeof clients);
    memset(tags, 0, sizeof tags);
    for (size_t i = 0; i < TOPIC_PARTITIONS; i++)
        for (size_t k = 0; k < MOST_PRODUCERS; k++)
            producers[i][k] = (struct log_producer){.id = -1, .epoch = -1, .tag = -1};
    next_tag = 1;
    late_count = conversations = committed = aborted = 0;
}

static void converse(uint64_t seed, size_t count)
{
    start_world(seed);
    while (conversations < count) {
        new_protocol = only_old ? 0 : (unsigned)below(1U << IDS);
        for (int i = 0; i < BLOCK; i++) {
            act(&clients[below(CLIENTS)]);
            if (one_in(10))
                disturb();
            if (store.append != NULL && one_in(4)) {
                toy_log_finish_append(&store);
                sim_run_posted(&sim);
            }
        }
        come_to_an_end();
        load_again();
        come_to_an_end();
    }
    assert_true(committed > count / 20);
    assert_true(aborted > count / 20);
    kw_arena_finish(&base.arena);
}

static void producers_of_both_protocols(void **state)
{
    (void)state;
    only_old = false;
    converse(7, wanted());
}

static void producers_of_the_old_protocol(void **state)
{
    (void)state;
    only_old = true;
    publish(make_image(1, TOPIC_PARTITIONS));
    converse(11, wanted() / 4);
}

/* ---- every prefix of the log ---- */

enum { MOST_PREFIXES = 2000, PREFIX_STEPS = 1500 };

/* The shard of a log that ends with this batch: what was prepared is completed, what was open takes too long. */
static void load_prefix(const uint8_t *bytes, size_t size, int64_t end)
{
    stop_shard();
    memcpy(store.bytes, bytes, size);
    store.size = size;
    store.end = end;
    atomic_store(&store.high_watermark, end);
    init_shard();
    replay_log(machine);
    unsigned open = 0;
    for (const struct txn_entry *e = machine->open; e != NULL; e = e->next_open)
        open += e->value->is.partitions.count != 0;
    unsigned writes = writer.writes;
    shard_loaded(&shard, store.end);
    for (int i = 0; i < 3; i++)
        pass(ABORT_MS);
    for (size_t i = 0; i < IDS; i++)
        assert_true(known(names[i]) == NULL || known(names[i])->state >= TXN_COMPLETE_COMMIT ||
                    known(names[i])->state == TXN_EMPTY);
    assert_int_equal(writer.writes - writes, open);
}

static void every_prefix_is_completed(void **state)
{
    (void)state;
    static int64_t ends[MOST_PREFIXES];
    static size_t sizes[MOST_PREFIXES];
    size_t count = 0;
    kw_batches batches;
    kw_batch batch;
    start_world(5);
    new_protocol = 5;
    for (int i = 0; i < PREFIX_STEPS; i++)
        act(&clients[below(CLIENTS)]);
    come_to_an_end();
    size_t size = store.size;
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    memcpy(bytes, store.bytes, size);
    kw_batches_init_memory(&batches, bytes, size);
    for (; kw_batches_next(&batches, &batch) && count < MOST_PREFIXES; count++) {
        sizes[count] = (size_t)(batches.pos - bytes);
        ends[count] = kw_batch_next_offset(&batch);
    }
    assert_true(count > 300 && count < MOST_PREFIXES);
    assert_int_equal(sizes[count - 1], size);
    for (size_t i = 0; i < count; i++)
        load_prefix(bytes, sizes[i], ends[i]);
    free(bytes);
    kw_arena_finish(&base.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(producers_of_both_protocols, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(producers_of_the_old_protocol, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(every_prefix_is_completed, set_up_shard, tear_down_shard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
