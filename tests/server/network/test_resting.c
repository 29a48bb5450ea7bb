/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that rest: their connection has no memory of them meanwhile, and answers them all the same. */
#include "one_thread.h"

static size_t spare(void)
{
    return thread.spare.count;
}

static void wake_and_answer(void)
{
    struct exchange *exchange = seen.pending;
    assert_true(exchange->wake(exchange));
    assert_non_null(exchange->arena);
    assert_int_equal(kw_arena_used(exchange->arena), 0);
    const kw_bytes bytes = {(const uint8_t *)"rrest", 5};
    seen.pending = NULL;
    answer(exchange, bytes);
    exchange->ended(exchange, EXCHANGE_ANSWERED);
}

static void close_resting(void)
{
    struct exchange *exchange = seen.pending;
    seen.pending = NULL;
    exchange->ended(exchange, EXCHANGE_CLOSE);
}

static void assert_rested(int fd)
{
    uint8_t got[16];
    settle();
    assert_int_equal(recv(fd, got, 9, 0), 9);
    assert_memory_equal(got, "\0\0\0\5rrest", 9);
}

static void memory_is_given_back(void **state)
{
    (void)state;
    int fd = connect_peer();
    send_frame(fd, 'e', 20);
    assert_echo(fd, 'e', 20);
    assert_int_equal(spare(), 1);
    send_frame(fd, 'r', 9);
    assert_non_null(seen.pending);
    assert_int_equal(spare(), 1);
    pass(10000000); /* nobody minds how long */
    wake_and_answer();
    assert_int_equal(spare(), 1);
    assert_rested(fd);
    send_frame(fd, 'e', 20);
    assert_echo(fd, 'e', 20);
    close(fd);
}

/* Others use what it has given back. */
static void many_rest_with_one_workspace(void **state)
{
    (void)state;
    struct exchange *resting[5];
    int fds[COUNT_OF(resting)];
    for (size_t i = 0; i < COUNT_OF(resting); i++) {
        fds[i] = connect_peer();
        send_frame(fds[i], 'r', 9);
        resting[i] = seen.pending;
        assert_int_equal(spare(), 1);
    }
    for (size_t i = 0; i < COUNT_OF(resting); i++) {
        seen.pending = resting[i];
        wake_and_answer();
        assert_rested(fds[i]);
        close(fds[i]);
    }
}

/* It gets a workspace without a buffer. */
static void wakes_while_others_have_the_memory(void **state)
{
    (void)state;
    int resting = connect_peer();
    send_frame(resting, 'r', 9);
    struct exchange *first = seen.pending;
    int busy = connect_peer();
    send_frame(busy, 'p', 9);
    assert_int_equal(spare(), 0);
    struct exchange *second = seen.pending;
    seen.pending = first;
    wake_and_answer();
    assert_rested(resting);
    send_frame(resting, 'e', 20);
    assert_echo(resting, 'e', 20);
    seen.pending = second;
    end_pending(EXCHANGE_CLOSE);
    settle();
    close(resting);
    close(busy);
}

static void what_arrives_meanwhile_is_answered_afterwards(void **state)
{
    (void)state;
    int fd = connect_peer();
    send_frame(fd, 'r', 9);
    send_frame(fd, 'e', 30);
    assert_int_equal(seen.started, 1);
    wake_and_answer();
    assert_rested(fd);
    assert_echo(fd, 'e', 30);
    close(fd);
}

/* In the same read: then it keeps its memory. */
static void what_has_arrived_behind_it_stays(void **state)
{
    (void)state;
    static const uint8_t both[] = "\0\0\0\4rest\0\0\0\4echo\0\0";
    int fd = connect_peer();
    send_all(fd, both, sizeof both - 1);
    assert_int_equal(seen.started, 1);
    assert_int_equal(spare(), 0);
    wake_and_answer();
    assert_rested(fd);
    assert_int_equal(read_some(fd, 8), 8);
    assert_int_equal(seen.started, 2);
    send_all(fd, "\0\5extra", 7); /* the rest of the third one */
    assert_int_equal(read_some(fd, 9), 9);
    close(fd);
}

static void responses_before_it_stay(void **state)
{
    (void)state;
    int fd = connect_peer();
    set_send_buffer(4096);
    ask_for(fd, LARGE);
    send_frame(fd, 'r', 9);
    assert_int_equal(seen.started, 1); /* the peer has to read first */
    assert_int_equal(read_some(fd, LARGE), LARGE);
    assert_int_equal(seen.started, 2);
    wake_and_answer();
    assert_rested(fd);
    close(fd);
}

/* Two in one read, of which the first one has a response that is not sent yet. */
static void responses_of_the_same_read_stay(void **state)
{
    (void)state;
    uint8_t both[] = "\0\0\0\5n\0\0\0\0\0\0\0\4rest";
    int fd = connect_peer();
    set_send_buffer(4096);
    kw_store_be32(both + 5, FLUSH_SIZE / 2);
    send_all(fd, both, sizeof both - 1);
    assert_int_equal(seen.started, 2);
    assert_int_equal(spare(), 0);
    assert_int_equal(read_some(fd, FLUSH_SIZE / 2 + 4), FLUSH_SIZE / 2 + 4);
    wake_and_answer();
    assert_rested(fd);
    assert_int_equal(spare(), 1);
    close(fd);
}

static void a_large_request_gives_back_what_it_took(void **state)
{
    (void)state;
    int fd = connect_peer();
    send_frame(fd, 'r', LARGE);
    assert_non_null(seen.pending);
    assert_int_equal(network.memory.held, 0);
    assert_int_equal(spare(), 1);
    wake_and_answer();
    assert_rested(fd);
    close(fd);
}

/* It starts to rest only after a while. */
static void rests_later(void **state)
{
    (void)state;
    int fd = connect_peer();
    send_frame(fd, 'p', 9);
    assert_int_equal(spare(), 0);
    seen.pending->ended(seen.pending, EXCHANGE_RESTING);
    assert_int_equal(spare(), 1);
    wake_and_answer();
    assert_rested(fd);
    close(fd);
}

/* Before it rests, or while it does. */
static void who_sends_nothing_more_is_in_a_hurry(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++) {
        int fd = connect_peer();
        send_frame(fd, 'p', 9);
        if (!before)
            seen.pending->ended(seen.pending, EXCHANGE_RESTING);
        seen.hurried = 0;
        assert_int_equal(shutdown(fd, SHUT_WR), 0);
        settle();
        assert_int_equal(seen.hurried, 1);
        if (before) {
            seen.pending->ended(seen.pending, EXCHANGE_RESTING);
            assert_int_equal(seen.hurried, 2);
        }
        capture_start(&captured);
        close_resting();
        assert_true(has_ended(fd));
        assert_nothing_logged();
        assert_int_equal(seen.cancelled, 0);
        close(fd);
    }
}

static void who_leaves_is_cancelled(void **state)
{
    (void)state;
    int fd = connect_peer();
    send_frame(fd, 'r', 9);
    close(fd);
    settle();
    assert_int_equal(seen.cancelled, 1);
    assert_int_equal(network.admission.count, 0);
}

static void the_connection_outlives_what_continues_it(void **state)
{
    (void)state;
    int fd = connect_peer();
    send_frame(fd, 'r', 9);
    seen.is_cancelled_later = true;
    connection_close(thread.first);
    settle();
    assert_non_null(thread.first);
    close_resting();
    assert_null(thread.first);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        THREAD_TEST(memory_is_given_back),
        THREAD_TEST(many_rest_with_one_workspace),
        THREAD_TEST(wakes_while_others_have_the_memory),
        THREAD_TEST(what_arrives_meanwhile_is_answered_afterwards),
        THREAD_TEST(what_has_arrived_behind_it_stays),
        THREAD_TEST(responses_before_it_stay),
        THREAD_TEST(responses_of_the_same_read_stay),
        THREAD_TEST(a_large_request_gives_back_what_it_took),
        THREAD_TEST(rests_later),
        THREAD_TEST(who_sends_nothing_more_is_in_a_hurry),
        THREAD_TEST(who_leaves_is_cancelled),
        THREAD_TEST(the_connection_outlives_what_continues_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
