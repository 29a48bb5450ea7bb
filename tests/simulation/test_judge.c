/* SPDX-License-Identifier: Apache-2.0 */
/* Each promise that the judge knows can be broken: a process that reports something else ends with an error. */
#include "../unit/support.h"

#include <sys/wait.h>
#include <unistd.h>

#include "asker.h"
#include "judge.h"
#include "world.h"

bool asker_is_connected(const struct asker *asker)
{
    return asker->link != NULL;
}

/* What must not be, after what was well. */
typedef void story(void);

static void start(void)
{
    world_start(1);
    judge_start();
    judge_acknowledged(3, 0, record_id(0, 1), 2);
    judge_read(0, 3, 0, record_id(0, 1));
    judge_read(0, 3, 1, record_id(0, 2));
    judge_commit_sent(0, 3, 2);
    judge_commit_acknowledged(0, 3, 2, -1);
    judge_assigned(0, 5, bit(3) | bit(4), "a");
}

static void all_is_well(void)
{
    judge_fetched(0, 3, 2, judge_committed(0, 3));
    judge_read(1, 3, 0, record_id(0, 1));
    judge_assigned(0, 6, bit(3), "b");
    judge_assigned(0, 5, bit(4), "a");
    judge_forget(0);
    judge_fetched(0, 3, -1, judge_committed(0, 3));
    judge_read(0, 3, 2, record_id(1, 1));
    judge_read(0, 3, 3, record_id(0, 4));
    assert_int_equal(judge_end(3), 4);
    assert_true(judge_has_read_all(0, 3));
    assert_false(judge_has_read_all(1, 3));
}

static void another_record(void)
{
    judge_read(1, 3, 1, record_id(0, 7));
}

static void acknowledged_where_another_is(void)
{
    judge_acknowledged(3, 1, record_id(1, 1), 1);
}

static void read_again_as_another(void)
{
    judge_read(0, 3, 2, record_id(1, 1));
    judge_read(0, 3, 2, record_id(1, 2));
}

static void twice(void)
{
    judge_read(0, 3, 2, record_id(0, 2));
}

static void skipped(void)
{
    judge_read(1, 3, 1, record_id(0, 2));
}

static void commit_of_what_nobody_has_read(void)
{
    judge_commit_sent(0, 3, 3);
}

static void commit_that_goes_back(void)
{
    judge_commit_acknowledged(0, 3, 1, judge_committed(0, 3));
}

static void lost_commit(void)
{
    judge_fetched(0, 3, -1, judge_committed(0, 3));
}

static void commit_that_nobody_has_sent(void)
{
    judge_fetched(0, 3, 3, judge_committed(0, 3));
}

static void two_owners(void)
{
    judge_assigned(0, 5, bit(4), "b");
}

/* ---- share groups ---- */

static struct asker one = {.asked_at = 900, .holding = 1, .link = (struct link *)&one};
static struct asker other = {.asked_at = 900, .holding = 2, .link = (struct link *)&other};

static void shared_is_well(void)
{
    judge_delivered(2, 3, 1, record_id(0, 2), 900);
    judge_delivered(2, 3, 0, record_id(0, 1), 900);
    assert_true(judge_has_read_all(2, 3));
    judge_acquired(2, 3, 0, 1, &one, 500);
    judge_let_go(2, 3, 0, 0);
    judge_acquired(2, 3, 0, 0, &other, 500);
    judge_accepted(2, 3, 0, 0);
    judge_delivered(2, 3, 0, record_id(0, 1), world.now);
    one.holding = 3; /* another session */
    judge_acquired(2, 3, 1, 1, &other, 500);
    other.link = NULL;
    judge_acquired(2, 3, 1, 1, &one, 500);
    one.connection++; /* it has not heard yet that its session has ended with the one before */
    other.asked_at = world.now;
    judge_acquired(2, 3, 1, 1, &other, 0);
    other.asked_at = 900;
    one.asked_at = world.now;
    judge_acquired(2, 3, 1, 1, &other, 0);
}

static void two_holders(void)
{
    judge_acquired(2, 3, 0, 1, &one, 500);
    judge_acquired(2, 3, 0, 1, &other, 500); /* comes late */
    other.asked_at = world.now;
    judge_acquired(2, 3, 1, 1, &other, 500);
}

static void accepted_but_delivered(void)
{
    judge_accepted(2, 3, 0, 1);
    judge_delivered(2, 3, 1, record_id(0, 2), world.now + 1);
}

static void another_record_is_shared(void)
{
    judge_delivered(2, 3, 1, record_id(0, 7), 900);
}

/* ---- times ---- */

static void refused_is_well(void)
{
    judge_refused(&one, world.epoch + world.now + 1);
    world.now = one.asked_at + 2;
    world.jumped_at = one.asked_at + 1;
    judge_refused(&one, world.epoch);
}

static void refused_of_the_past(void)
{
    world.now = one.asked_at + 2;
    world.jumped_at = one.asked_at - 1;
    judge_refused(&one, world.epoch + world.now);
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
        another_record,
        acknowledged_where_another_is,
        read_again_as_another,
        twice,
        skipped,
        commit_of_what_nobody_has_read,
        commit_that_goes_back,
        lost_commit,
        two_owners,
        commit_that_nobody_has_sent,
        two_holders,
        accepted_but_delivered,
        another_record_is_shared,
        refused_of_the_past,
    };
    (void)state;
    assert_breaks(all_is_well, false);
    assert_breaks(shared_is_well, false);
    assert_breaks(refused_is_well, false);
    for (size_t i = 0; i < sizeof broken_promises / sizeof broken_promises[0]; i++)
        assert_breaks(broken_promises[i], true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stories)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
