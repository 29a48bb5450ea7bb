/* SPDX-License-Identifier: Apache-2.0 */
/* Both pollers report the same of the same sockets; this is linked once with each. */
#include "../../unit/support.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "network/poller.h"

enum { MANY = 50 };

/* The linker redirects the allocator's functions to these. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *memory);

static int calls_until_failure; /* of realloc(); 1: the next one fails; 0: none */
static int blocks;              /* that were not freed */

static void *counted(void *block)
{
    blocks += block != NULL;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    if (calls_until_failure != 0 && --calls_until_failure == 0)
        return NULL;
    void *block = __real_realloc(old, size);
    return old == NULL ? counted(block) : block;
}

void __wrap_free(void *memory)
{
    blocks -= memory != NULL;
    __real_free(memory);
}

static struct poller *poller;
static int ends[2];

static int set_up(void **state)
{
    (void)state;
    poller = poller_create();
    return poller != NULL && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    poller_destroy(poller);
    assert_int_equal(blocks, 0);
    (void)close(ends[0]);
    return close(ends[1]);
}

/* The events of ends[0], which was added with `ends`. */
static unsigned events_now(int timeout_ms)
{
    struct poller_event events[4];
    size_t count = poller_wait(poller, events, COUNT_OF(events), timeout_ms);
    assert_true(count <= 1);
    if (count == 0)
        return 0;
    assert_ptr_equal(events[0].source, ends);
    return events[0].events;
}

static void reports_what_was_asked_for(void **state)
{
    (void)state;
    assert_true(poller_add(poller, ends[0], POLLER_READ, ends));
    assert_int_equal(events_now(0), 0);
    assert_int_equal(send(ends[1], "x", 1, 0), 1);
    assert_int_equal(events_now(1000), POLLER_READ);
    assert_int_equal(events_now(0), POLLER_READ); /* until it is read */
    assert_true(poller_change(poller, ends[0], POLLER_WRITE, ends));
    assert_int_equal(events_now(0), POLLER_WRITE);
    assert_true(poller_change(poller, ends[0], POLLER_READ | POLLER_WRITE, ends));
    assert_int_equal(events_now(0), POLLER_READ | POLLER_WRITE);
    assert_true(poller_change(poller, ends[0], 0, ends));
    assert_int_equal(events_now(0), 0);
}

static void reports_the_end_of_the_peer(void **state)
{
    (void)state;
    assert_true(poller_add(poller, ends[0], POLLER_READ | POLLER_PEER_DONE, ends));
    assert_int_equal(shutdown(ends[1], SHUT_WR), 0);
    unsigned events = events_now(1000);
    assert_int_equal(events & POLLER_READ, POLLER_READ);
    assert_int_equal(events & POLLER_BROKEN, 0);
#ifdef __linux__
    assert_int_equal(events & POLLER_PEER_DONE, POLLER_PEER_DONE);
#endif
    assert_int_equal(shutdown(ends[0], SHUT_WR), 0);
    assert_true(poller_change(poller, ends[0], 0, ends));
    assert_int_equal(events_now(1000), POLLER_BROKEN); /* without asking */
}

static void what_was_removed_is_silent(void **state)
{
    (void)state;
    assert_true(poller_add(poller, ends[0], POLLER_WRITE, ends));
    assert_int_equal(events_now(0), POLLER_WRITE);
    poller_remove(poller, ends[0]);
    assert_int_equal(events_now(0), 0);
    assert_false(poller_change(poller, ends[0], POLLER_WRITE, ends));
    poller_remove(poller, ends[0]);
    assert_true(poller_add(poller, ends[0], POLLER_WRITE, ends));
    assert_int_equal(events_now(0), POLLER_WRITE);
}

static void of_many_only_so_many_at_once(void **state)
{
    (void)state;
    int pairs[MANY][2];
    bool seen[MANY] = {false};
    struct poller_event events[MANY];
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0);
        assert_true(poller_add(poller, pairs[i][0], i % 2 == 0 ? POLLER_WRITE : POLLER_READ, pairs[i]));
    }
    assert_int_equal(poller_wait(poller, events, 3, 0), 3);
    size_t count = poller_wait(poller, events, MANY, 0);
    assert_int_equal(count, MANY / 2);
    for (size_t i = 0; i < count; i++) {
        size_t at = (size_t)((int(*)[2])events[i].source - pairs);
        assert_true(at < MANY && at % 2 == 0 && !seen[at]);
        seen[at] = true;
    }
    for (size_t i = 0; i < MANY; i++) {
        poller_remove(poller, pairs[i][0]);
        (void)close(pairs[i][0]);
        (void)close(pairs[i][1]);
    }
    assert_int_equal(poller_wait(poller, events, MANY, 0), 0);
}

/* Bits of the sources, which are that many places after `sources`. */
static unsigned ready_now(const char *sources)
{
    struct poller_event events[8];
    unsigned found = 0;
    size_t count = poller_wait(poller, events, COUNT_OF(events), 0);
    for (size_t i = 0; i < count; i++)
        found |= 1U << ((const char *)events[i].source - sources);
    return found;
}

static void each_has_its_own_source(void **state)
{
    (void)state;
    char sources[3];
    int fds[3];
    for (size_t i = 0; i < 3; i++) {
        assert_true((fds[i] = dup(ends[0])) >= 0);
        assert_true(poller_add(poller, fds[i], POLLER_WRITE, &sources[i]));
    }
    assert_int_equal(ready_now(sources), 7);
    assert_true(poller_change(poller, fds[1], POLLER_READ, &sources[1]));
    assert_int_equal(ready_now(sources), 1 | 4);
    poller_remove(poller, fds[0]);
    assert_int_equal(ready_now(sources), 4);
    assert_false(poller_change(poller, fds[0], POLLER_WRITE, &sources[0]));
    assert_true(poller_change(poller, fds[2], POLLER_READ, &sources[2]));
    assert_true(poller_change(poller, fds[1], POLLER_WRITE, &sources[1]));
    assert_int_equal(ready_now(sources), 2);
    for (size_t i = 0; i < 3; i++) {
        poller_remove(poller, fds[i]);
        (void)close(fds[i]);
    }
}

/* Only one of the pollers needs memory for this. */
static void without_memory_it_stays_as_it_was(void **state)
{
    (void)state;
    struct poller_event events[MANY];
    int fds[MANY];
    size_t added = 0;
    for (size_t i = 0; i < MANY; i++) {
        fds[i] = dup(ends[0]);
        for (int call = 1; call <= 2; call++) {
            calls_until_failure = call;
            bool fails = !poller_add(poller, fds[i], POLLER_WRITE, &fds[i]);
            bool failed = calls_until_failure == 0;
            calls_until_failure = 0;
            assert_true(fails == failed);
            if (!fails)
                break;
            assert_int_equal(poller_wait(poller, events, MANY, 0), added);
            assert_true(call == 1 || poller_add(poller, fds[i], POLLER_WRITE, &fds[i]));
        }
        added++;
        assert_int_equal(poller_wait(poller, events, MANY, 0), added);
    }
    for (size_t i = 0; i < MANY; i++) {
        poller_remove(poller, fds[i]);
        (void)close(fds[i]);
    }
}

/* Only one of the pollers needs one for itself. */
static void its_own_descriptor(void **state)
{
    (void)state;
    struct rlimit before, none;
    struct poller *other;
    int next = dup(ends[0]), input = dup(STDIN_FILENO);
    assert_true(next >= 0 && input >= 0);
    assert_int_equal(close(next), 0);
    assert_non_null(other = poller_create());
    poller_destroy(other);
    assert_int_equal(dup(ends[0]), next); /* it was closed */
    assert_int_equal(close(next), 0);

    assert_int_equal(close(STDIN_FILENO), 0); /* any will do */
    assert_non_null(other = poller_create());
    poller_destroy(other);
    assert_int_equal(dup2(input, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(close(input), 0);

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    int blocks_before = blocks;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    other = poller_create();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    poller_destroy(other);
    assert_int_equal(blocks, blocks_before);
}

#define POLLER_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        POLLER_TEST(reports_what_was_asked_for),        POLLER_TEST(reports_the_end_of_the_peer),
        POLLER_TEST(what_was_removed_is_silent),        POLLER_TEST(of_many_only_so_many_at_once),
        POLLER_TEST(without_memory_it_stays_as_it_was), POLLER_TEST(its_own_descriptor),
        POLLER_TEST(each_has_its_own_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
