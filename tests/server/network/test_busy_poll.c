/* SPDX-License-Identifier: Apache-2.0 */
/* When a reactor looks for events before it sleeps. The poller here is the test's own: it reports what a test has
 * planned, and notes how it was asked. */
#include "../../unit/support.h"

#include "network/reactor.h"

enum { LOOKS = 3, MOST_CALLS = 64 };

static struct event_source one, other;

/* ---- the decision ---- */

static void note(struct busy_poll *poll, struct event_source *source)
{
    busy_poll_note(poll, source != NULL ? &source->history : NULL);
}

static int forget_sources(void **state)
{
    (void)state;
    one = other = (struct event_source){0};
    return 0;
}

static void only_a_source_that_came_twice_is_looked_for(void **state)
{
    (void)state;
    struct busy_poll poll = {0};
    assert_false(busy_poll_starts(&poll));
    note(&poll, &one);
    assert_false(busy_poll_starts(&poll));
    note(&poll, &one);
    assert_true(busy_poll_starts(&poll));
    note(&poll, &other);
    assert_false(busy_poll_starts(&poll));
    note(&poll, &other);
    assert_true(busy_poll_starts(&poll));
    note(&poll, NULL);
    assert_false(busy_poll_starts(&poll));
}

static void the_past_is_forgotten(void **state)
{
    (void)state;
    struct busy_poll poll = {0};
    note(&poll, &one);
    note(&poll, &one);
    for (int i = 0; i < 2; i++) {
        note(&poll, NULL);
        note(&poll, &one);
        assert_true(busy_poll_starts(&poll));
    }
    note(&poll, NULL);
    note(&poll, &one);
    assert_false(busy_poll_starts(&poll));
}

/* Each source sends two requests, one at once after the other, and comes again after the other source. */
static void pairs_are_recognized(void **state)
{
    (void)state;
    struct busy_poll poll = {0};
    unsigned looks[2] = {0, 0};
    for (int i = 0; i < 1000; i++) {
        struct event_source *source = i % 2 == 0 ? &one : &other;
        for (int second = 0; second < 2; second++) {
            note(&poll, source);
            if (!busy_poll_starts(&poll))
                continue;
            looks[second]++;
            busy_poll_ends(&poll, second == 0);
        }
    }
    assert_in_range(looks[0], 996, 1000);
    assert_in_range(looks[1], 1, 8);
}

static unsigned skipped_before_next(struct busy_poll *poll)
{
    unsigned skipped = 0;
    for (; !busy_poll_starts(poll); skipped++)
        assert_true(skipped < 10000);
    return skipped;
}

static void wasted_looks_become_rare(void **state)
{
    (void)state;
    static const unsigned more[] = {0, 7, 63, 511, 1023, 1023};
    static const unsigned less[] = {511, 255, 127, 63, 31, 15, 7, 3, 1, 0, 0};
    struct busy_poll poll = {0};
    note(&poll, &one);
    note(&poll, &one);
    for (size_t i = 0; i < COUNT_OF(more); i++) {
        assert_int_equal(skipped_before_next(&poll), more[i]);
        busy_poll_ends(&poll, false);
    }
    assert_int_equal(skipped_before_next(&poll), BUSY_POLL_MOST_SKIPPED);
    for (size_t i = 0; i < COUNT_OF(less); i++) {
        busy_poll_ends(&poll, true);
        assert_int_equal(skipped_before_next(&poll), less[i]);
    }
    busy_poll_ends(&poll, false);
    assert_int_equal(skipped_before_next(&poll), 7);
}

/* ---- the reactor ---- */

const unsigned poller_looks = LOOKS;

static const char *plan;           /* for each call: the number of events */
static char asked[MOST_CALLS + 1]; /* for each call: whether it could sleep or only looked */
static size_t calls;

struct poller *poller_create(void)
{
    return (struct poller *)(void *)&plan;
}

void poller_destroy(struct poller *poller)
{
    (void)poller;
}

bool poller_add(struct poller *poller, int fd, unsigned events, void *source)
{
    (void)poller, (void)fd, (void)events, (void)source;
    return true;
}

bool poller_change(struct poller *poller, int fd, unsigned events, void *source)
{
    return poller_add(poller, fd, events, source);
}

void poller_remove(struct poller *poller, int fd)
{
    (void)poller, (void)fd;
}

size_t poller_wait(struct poller *poller, struct poller_event *events, size_t max, int timeout_ms)
{
    struct event_source *const sources[] = {&one, &other};
    (void)poller;
    assert_true(calls < strlen(plan));
    asked[calls] = timeout_ms == 0 ? 'l' : 's';
    size_t count = (size_t)(plan[calls++] - '0');
    assert_true(count <= COUNT_OF(sources) && count <= max);
    for (size_t i = 0; i < count; i++)
        events[i] = (struct poller_event){sources[i], POLLER_READ};
    return count;
}

static struct worker_pool workers;
static struct reactor reactor;
static size_t post_at; /* the call after which a task is posted that posts another one */

static void do_nothing(struct task *task)
{
    (void)task;
}

static void post_another(struct task *task)
{
    static struct task another = {.run = do_nothing};
    (void)task;
    executor_post(&reactor.executor, &another);
}

static void ready(struct event_source *source, unsigned events)
{
    static struct task task = {.run = post_another};
    (void)source, (void)events;
    if (calls == post_at)
        executor_post(&reactor.executor, &task);
    if (calls == strlen(plan))
        reactor_stop(&reactor);
}

/* The calls of the poller that a reactor makes for these numbers of events. */
static const char *calls_for(const char *events, size_t task_after)
{
    one = other = (struct event_source){.ready = ready};
    plan = events;
    post_at = task_after;
    calls = 0;
    memset(asked, 0, sizeof asked);
    assert_true(reactor_init(&reactor, &workers));
    reactor_run(&reactor);
    reactor_finish(&reactor);
    return asked;
}

static void a_reactor_looks_before_it_sleeps(void **state)
{
    (void)state;
    assert_string_equal(calls_for("11"
                                  "1"
                                  "001"
                                  "0001"
                                  "1111111"
                                  "01",
                                  0),
                        "ss"
                        "l"
                        "lll"
                        "llls"
                        "sssssss"
                        "ll");
}

/* What was there already does not make up for looks in vain. */
static void the_first_look_does_not_count(void **state)
{
    (void)state;
    assert_string_equal(calls_for("11"
                                  "11"
                                  "0001"
                                  "1111111"
                                  "1"
                                  "1111111"
                                  "01"
                                  "111"
                                  "1",
                                  0),
                        "ss"
                        "ll"
                        "llls"
                        "sssssss"
                        "l"
                        "sssssss"
                        "ll"
                        "sss"
                        "l");
}

static void a_reactor_with_many_sources_sleeps(void **state)
{
    (void)state;
    assert_string_equal(calls_for("121212", 0), "ssssss");
    assert_string_equal(calls_for("2222", 0), "ssss");
    assert_string_equal(calls_for("1010101", 0), "sssssss");
}

/* The reactor polls once for a task that waits, and then runs it. */
static void tasks_are_not_delayed_by_looks(void **state)
{
    (void)state;
    assert_string_equal(calls_for("1101", 2), "ssls");
    assert_string_equal(calls_for("1101", 0), "ssll");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(only_a_source_that_came_twice_is_looked_for, forget_sources),
        cmocka_unit_test_setup(the_past_is_forgotten, forget_sources),
        cmocka_unit_test_setup(pairs_are_recognized, forget_sources),
        cmocka_unit_test_setup(wasted_looks_become_rare, forget_sources),
        TEST(a_reactor_looks_before_it_sleeps),
        TEST(the_first_look_does_not_count),
        TEST(a_reactor_with_many_sources_sleeps),
        TEST(tasks_are_not_delayed_by_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
