/* SPDX-License-Identifier: Apache-2.0 */
/* What a thread keeps for its connections, and which connections it has. */
#include "one_thread.h"

/* Memory is given back when no request has come for a while. */
static void memory_goes_when_it_is_quiet(void **state)
{
    (void)state;
    int fd = connect_peer();
    assert_int_equal(thread.spare.count, 0);
    send_frame(fd, 'e', 9);
    assert_int_equal(thread.spare.count, 1);
    pass(QUIET_MS - 1);
    send_frame(fd, 'e', 9);
    pass(1);
    assert_int_equal(thread.spare.count, 1);
    pass(QUIET_MS - 1);
    assert_int_equal(thread.spare.count, 1);
    assert_int_equal(trimmed, 0);
    pass(1);
    assert_int_equal(thread.spare.count, 0);
    assert_int_equal(trimmed, 1);
    assert_int_equal(timer_wheel_next(&thread.reactor.timers), INT64_MAX); /* nothing wakes it any more */
    send_frame(fd, 'e', 9);
    assert_int_equal(thread.spare.count, 1);
    pass(QUIET_MS);
    assert_int_equal(thread.spare.count, 1); /* as that was a request since the last look */
    pass(QUIET_MS);
    assert_int_equal(thread.spare.count, 0);
    assert_int_equal(trimmed, 2);
    close(fd);
}

static void a_started_request_keeps_its_memory(void **state)
{
    (void)state;
    int fd = connect_peer();
    send_all(fd, frame_of('e', 9), 12);
    assert_int_equal(thread.spare.count, 0);
    send_all(fd, "x", 1);
    assert_int_equal(thread.spare.count, 1);
    assert_echo(fd, 'e', 9);
    close(fd);
}

static void crowds_leave_memory_behind(void **state)
{
    (void)state;
    int fds[2 * CROWD];
    for (int i = 0; i < CROWD - 1; i++)
        fds[i] = connect_peer();
    for (int i = 0; i < CROWD - 1; i++)
        close(fds[i]);
    settle();
    assert_int_equal(thread.count, 0);
    assert_int_equal(trimmed, 0); /* too few */
    for (int i = 0; i < CROWD; i++)
        fds[i] = connect_peer();
    for (int i = 0; i < CROWD / 2 - 1; i++)
        close(fds[i]);
    settle();
    assert_int_equal(trimmed, 0);
    close(fds[CROWD / 2 - 1]);
    settle();
    assert_int_equal(trimmed, 1);
    for (int i = CROWD / 2; i < CROWD; i++)
        close(fds[i]);
    settle();
    assert_int_equal(trimmed, 1); /* the next crowd counts */
    for (int i = 0; i < 2 * CROWD; i++)
        fds[i] = connect_peer();
    for (int i = 0; i < CROWD; i++)
        close(fds[i]);
    settle();
    assert_int_equal(trimmed, 2);
    for (int i = CROWD; i < 2 * CROWD; i++)
        close(fds[i]);
}

static void connections_leave_in_any_order(void **state)
{
    (void)state;
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        int fds[3];
        for (int k = 0; k < 3; k++)
            fds[k] = connect_peer();
        for (int k = 0; k < 3; k++) {
            int listed = 0;
            close(fds[orders[i][k]]);
            settle();
            for (struct connection *c = thread.first; c != NULL; c = connection_next(c))
                listed++;
            assert_int_equal(listed, 2 - k);
            assert_int_equal(thread.count, 2 - k);
        }
    }
}

static void a_thread_that_stops_ends_with_its_last_connection(void **state)
{
    (void)state;
    int first = connect_peer(), second = connect_peer();
    thread.stopping = true;
    close(first);
    settle();
    assert_int_equal(thread.count, 1);
    assert_false(thread.reactor.stopping);
    close(second);
    settle();
    assert_true(thread.reactor.stopping);
}

/* Where clients reach the broker is the same object for each that comes by the same way. */
static void endpoints_are_kept(void **state)
{
    (void)state;
    int fd = connect_peer();
    strcpy(config.listen.host, "one");
    config.listen.port = 0;
    const struct endpoint *one = network_endpoint(&thread, fd);
    assert_string_equal(one->host, "one");
    assert_int_equal(one->port, 1234);
    config.listen.port = 5;
    const struct endpoint *other = network_endpoint(&thread, fd);
    assert_string_equal(other->host, "one");
    assert_int_equal(other->port, 5);
    strcpy(config.advertised.host, "two");
    const struct endpoint *two = network_endpoint(&thread, fd);
    assert_string_equal(two->host, "two");
    assert_int_equal(two->port, 1234);
    assert_ptr_equal(network_endpoint(&thread, fd), two);
    config.advertised.host[0] = '\0';
    assert_ptr_equal(network_endpoint(&thread, fd), other);
    config.listen.port = 0;
    assert_ptr_equal(network_endpoint(&thread, fd), one);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        THREAD_TEST(memory_goes_when_it_is_quiet),
        THREAD_TEST(a_started_request_keeps_its_memory),
        THREAD_TEST(crowds_leave_memory_behind),
        THREAD_TEST(connections_leave_in_any_order),
        THREAD_TEST(a_thread_that_stops_ends_with_its_last_connection),
        THREAD_TEST(endpoints_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
