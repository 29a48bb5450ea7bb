/* SPDX-License-Identifier: Apache-2.0 */
/* Each promise that the ledger knows can be broken: a process that reports something else ends with an error. */
#include "../unit/support.h"

#include <sys/wait.h>
#include <unistd.h>

#include "ledger.h"
#include "world.h"

enum { IN = 1, OUT = LEDGER_PARTITIONS + 2 };

/* What must not be, after what was well. */
typedef void story(void);

static const struct ledger_producer first = {7, 0}, second = {7, 1}, other = {8, 0};
static uint32_t life, later_life, committed, aborted;

static struct ledger_record record_of(uint32_t of_life, uint32_t number, uint32_t txn)
{
    return (struct ledger_record){(uint64_t)of_life << 32 | number, txn, 0, NO_SOURCE};
}

static struct ledger_record copy_of(uint32_t number, uint32_t txn, int64_t source)
{
    return (struct ledger_record){(uint64_t)later_life << 32 | number, txn, source, IN};
}

static void saw(int p, int64_t offset, struct ledger_record record, struct ledger_producer by, enum ledger_view view)
{
    ledger_saw(p, offset, &record, by, view);
}

/* Partition IN: a record of a transaction that commits, its marker, one of a transaction that aborts, its marker. */
static void start(void)
{
    world_start(1);
    ledger_start();
    life = ledger_new_life();
    later_life = ledger_new_life();
    committed = ledger_begin();
    aborted = ledger_begin();
    ledger_acknowledged(IN, 0, (uint64_t)life << 32 | 1, 1);
    ledger_acknowledged(IN, 2, (uint64_t)life << 32 | 2, 1);
    ledger_may_commit(committed);
    ledger_moves(committed, 3, 10);
    saw(IN, 0, record_of(life, 1, committed), first, LEDGER_VISIBLE);
    ledger_saw_marker(IN, 1, first, true);
    saw(IN, 2, record_of(life, 2, aborted), first, LEDGER_RAW);
}

static void all_is_well(void)
{
    saw(IN, 2, record_of(life, 2, aborted), first, LEDGER_HIDDEN);
    ledger_saw_marker(IN, 3, second, false);
    ledger_committed(committed);
    ledger_aborted(aborted);
    ledger_offset_fetched(3, 10, ledger_least_offset(3));
    ledger_offset_fetched(2, -1, ledger_least_offset(2));
    uint32_t copying = ledger_begin();
    ledger_may_commit(copying);
    saw(OUT, 0, copy_of(1, copying, 0), other, LEDGER_VISIBLE);
    saw(OUT, 0, copy_of(1, copying, 0), other, LEDGER_VISIBLE);
    ledger_saw_marker(OUT, 1, other, true);
    ledger_check_end(IN + 1);
    assert_int_equal(ledger_end(IN), 4);
    assert_int_equal(ledger_read_end(IN), 4);
}

static void aborted_is_visible(void)
{
    saw(IN, 2, record_of(life, 2, aborted), first, LEDGER_VISIBLE);
}

static void committed_is_hidden(void)
{
    saw(IN, 0, record_of(life, 1, committed), first, LEDGER_HIDDEN);
}

static void committed_but_aborted(void)
{
    ledger_may_commit(aborted);
    ledger_saw_marker(IN, 3, second, false);
    ledger_committed(aborted);
}

static void commit_that_nobody_has_asked_for(void)
{
    ledger_saw_marker(IN, 3, first, true);
}

static void no_marker(void)
{
    saw(IN, 3, record_of(life, 3, ledger_begin()), first, LEDGER_RAW);
}

static void no_marker_at_the_end(void)
{
    ledger_aborted(aborted);
    ledger_check_end(0);
}

static void lost_record(void)
{
    ledger_acknowledged(IN, 3, (uint64_t)life << 32 | 3, 1);
    ledger_saw_marker(IN, 3, second, false);
}

static void record_that_is_read_as_another(void)
{
    saw(IN, 2, record_of(life, 3, aborted), first, LEDGER_RAW);
}

static void acknowledged_where_another_was_read(void)
{
    saw(IN, 3, record_of(life, 3, aborted), first, LEDGER_RAW);
    ledger_acknowledged(IN, 3, (uint64_t)life << 32 | 4, 1);
}

static void record_twice(void)
{
    saw(IN, 3, record_of(life, 2, aborted), first, LEDGER_RAW);
}

static void fenced_producer_that_writes(void)
{
    ledger_saw_marker(IN, 3, second, false);
    saw(IN, 4, record_of(life, 3, ledger_begin()), first, LEDGER_RAW);
}

static void copied_twice(void)
{
    uint32_t copying = ledger_begin();
    ledger_may_commit(copying);
    saw(OUT, 0, copy_of(1, copying, 0), other, LEDGER_VISIBLE);
    saw(OUT, 1, copy_of(2, copying, 0), other, LEDGER_VISIBLE);
}

static void not_copied(void)
{
    ledger_saw_marker(IN, 3, second, false);
    ledger_check_end(IN + 1);
}

static void copies_out_of_order(void)
{
    uint32_t copying = ledger_begin();
    ledger_may_commit(copying);
    saw(OUT, 0, copy_of(1, copying, 2), other, LEDGER_VISIBLE);
    saw(OUT, 1, copy_of(2, copying, 0), other, LEDGER_VISIBLE);
}

static void offset_that_stays_behind(void)
{
    ledger_offset_fetched(3, -1, ledger_least_offset(3));
}

static void offset_that_no_transaction_has(void)
{
    ledger_offset_fetched(3, 11, ledger_least_offset(3));
}

static void offset_of_an_aborted_one(void)
{
    ledger_may_commit(aborted);
    ledger_moves(aborted, 3, 12);
    ledger_aborted(aborted);
    ledger_offset_fetched(3, 12, ledger_least_offset(3));
}

static void gap(void)
{
    saw(IN, 4, record_of(life, 3, aborted), first, LEDGER_RAW);
}

static void not_read_to_the_end(void)
{
    ledger_saw_marker(IN, 3, second, false);
    ledger_acknowledged(IN, 4, (uint64_t)life << 32 | 3, 1);
    ledger_check_end(0);
}

static void assert_breaks(story *tell, bool breaks)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(2);
        start();
        tell();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), breaks ? 1 : 0);
}

static void test_stories(void **state)
{
    static story *const broken_promises[] = {
        aborted_is_visible,
        committed_is_hidden,
        committed_but_aborted,
        commit_that_nobody_has_asked_for,
        no_marker,
        no_marker_at_the_end,
        lost_record,
        record_that_is_read_as_another,
        acknowledged_where_another_was_read,
        record_twice,
        fenced_producer_that_writes,
        copied_twice,
        not_copied,
        copies_out_of_order,
        offset_that_stays_behind,
        offset_that_no_transaction_has,
        offset_of_an_aborted_one,
        gap,
        not_read_to_the_end,
    };
    (void)state;
    assert_breaks(all_is_well, false);
    for (size_t i = 0; i < sizeof broken_promises / sizeof broken_promises[0]; i++)
        assert_breaks(broken_promises[i], true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stories)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
