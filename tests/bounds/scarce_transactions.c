/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_transactions FOLDER   FOLDER is not used: the log is in memory.
 *
 * Transactions are opened, committed, aborted, completed, take too long and use up their epochs while one allocation
 * after the other fails: once there is memory again they go on as if nothing had been, the state is what the log says,
 * and nothing leaks. */
#include "../server/coordinator/transaction/txn_shard.h"

#include "scarce.h"

enum { MOST_CALLS = 50000, TRIES = 20 };

/* Until there is memory, as a client does it. */
static int16_t ask_again(struct asked *a)
{
    for (int i = 0; i < TRIES; i++) {
        submit_asked(a);
        pass(1);
        while (!a->is_complete)
            pass(100);
        if (a->error == KW_ERROR_NONE && a->answer.needs_producer_id)
            a->new_id = ids.next++;
        else if (a->error != COORDINATOR_NO_MEMORY && result_of(a) != KW_ERROR_CONCURRENT_TRANSACTIONS)
            return result_of(a);
        else
            pass(200);
    }
    return COORDINATOR_NO_MEMORY;
}

static struct txn_producer start(const char *id, int32_t timeout_ms)
{
    struct asked a = {.what = ASK_INIT,
                      .id = id,
                      .producer = {TXN_NO_PRODUCER, TXN_NO_EPOCH},
                      .timeout_ms = timeout_ms,
                      .new_id = TXN_NO_PRODUCER};
    assert_int_equal(ask_again(&a), KW_ERROR_NONE);
    return a.answer.producer;
}

static struct txn_producer run_one(const char *id, struct txn_producer producer, bool commits)
{
    struct asked add = to_add(id, producer, 5), end = to_end(id, producer, commits);
    assert_int_equal(ask_again(&add), KW_ERROR_NONE);
    assert_int_equal(ask_again(&end), KW_ERROR_NONE);
    return end.answer.producer;
}

struct aging {
    struct coordinator_event event; /* the first member */
    bool is_complete;
};

static void decide_aging(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct txn_fields aged = *txn_machine_find(d->state, kw_string_of("b"));
    (void)event;
    aged.epoch = TXN_LAST_EPOCH;
    txn_records_add(&d->records, kw_string_of("b"), &aged, 1);
}

static void complete_aging(struct coordinator_event *event, int16_t error)
{
    ((struct aging *)(void *)event)->is_complete = error == KW_ERROR_NONE;
}

/* The producer of "b" has used all its epochs. */
static void age(void)
{
    struct aging a = {.event = {.decide = decide_aging, .complete = complete_aging, .executor = &sim.executor}};
    for (int i = 0; i < TRIES && !a.is_complete; i++)
        if (coordinator_submit(&shard, &a.event))
            complete_aging(&a.event, a.event.error);
    assert_true(a.is_complete);
}

static void live(void)
{
    struct txn_producer a = start("a", 60000), b = start("b", 1000);
    a = run_one("a", a, true);
    a = run_one("a", a, false);
    pass(3000); /* until its markers are written, whatever has failed */
    writer.is_later = true;
    (void)run_one("a", a, true);
    pass(3000);
    answer_all();
    writer.is_later = false;
    age();
    b.epoch = TXN_LAST_EPOCH;
    struct asked add = to_add("b", b, 2);
    assert_int_equal(ask_again(&add), KW_ERROR_NONE);
    for (int i = 0; i < 4; i++)
        pass(ABORT_MS);
    assert_state("a", TXN_COMPLETE_COMMIT);
    assert_state("b", TXN_COMPLETE_ABORT);
    assert_int_equal(known("b")->epoch, 0);
    assert_int_equal(held, 0);
}

static void assert_state_is_log(void)
{
    size_t used = atomic_load(&budget.used);
    struct txn_machine *loaded = make_machine();
    replay_log(loaded);
    assert_int_equal(atomic_load(&budget.used), 2 * used); /* nothing is left of what failed */
    assert_int_equal(loaded->count, machine->count);
    for (const struct txn_entry *e = NULL; (e = txn_machine_next(machine, e)) != NULL;) {
        const struct txn_fields *txn = txn_machine_find(loaded, e->id);
        assert_non_null(txn);
        assert_int_equal(txn->state, e->value->is.state);
        assert_int_equal(txn->epoch, e->value->is.epoch);
        assert_int_equal(txn->producer_id, e->value->is.producer_id);
    }
    txn_machine_destroy(loaded);
}

static void without_memory(void **state)
{
    (void)state;
    size_t failures = 0;
    for (size_t n = 1; n < MOST_CALLS; n++) {
        size_t blocks = scarce_blocks();
        assert_int_equal(set_up_shard(NULL), 0);
        scarce_fail_at(SCARCE_MEMORY, n);
        live();
        bool has_failed = scarce_has_failed();
        scarce_fail_at(SCARCE_MEMORY, 0);
        assert_state_is_log();
        assert_int_equal(tear_down_shard(NULL), 0);
        assert_int_equal(scarce_blocks(), blocks);
        if (!has_failed)
            break;
        failures++;
    }
    assert_true(failures > 50 && failures < MOST_CALLS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(without_memory)};
    scarce_count_arenas();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
