/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: deadlines to the millisecond, memory to the byte, and how they end. */
#include "one_thread.h"

/* ---- idleness ---- */

static void idle_connections_are_closed_to_the_millisecond(void **state)
{
    (void)state;
    config.idle_ms = 3000;
    int idle = connect_peer(), busy = connect_peer();
    capture_start(&captured);
    pass(2000);
    send_frame(busy, 'e', 9);
    assert_echo(busy, 'e', 9);
    pass(999);
    assert_int_equal(network.admission.count, 2);
    pass(1);
    assert_int_equal(network.admission.count, 1);
    assert_true(has_ended(idle));
    pass(1999);
    assert_int_equal(network.admission.count, 1);
    pass(1);
    assert_int_equal(network.admission.count, 0);
    assert_nothing_logged();
    close(idle);
    close(busy);
}

static void no_connection_is_too_idle(void **state)
{
    (void)state;
    static const int64_t times[] = {-1, 0, INT64_MAX, INT64_MAX - START};
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        config.idle_ms = times[i];
        int fd = connect_peer();
        assert_int_equal(timer_wheel_next(&thread.reactor.timers), INT64_MAX);
        pass(1000000000);
        assert_int_equal(network.admission.count, 1);
        close(fd);
        settle();
        turns_set_clock(&thread.reactor, START);
    }
}

/* A pending request is not the peer's fault. */
static void who_waits_for_an_answer_is_not_idle(void **state)
{
    (void)state;
    config.idle_ms = 3000;
    int fd = connect_peer();
    send_frame(fd, 'p', 9);
    pass(100000);
    assert_int_equal(network.admission.count, 1);
    end_pending(EXCHANGE_ANSWERED);
    assert_echo(fd, 'p', 9);
    pass(2999);
    assert_int_equal(network.admission.count, 1);
    pass(1);
    assert_int_equal(network.admission.count, 0);
    close(fd);
}

/* ---- requests that arrive slowly ---- */

static void a_request_has_a_deadline(void **state)
{
    (void)state;
    int fd = connect_peer();
    pass(5000);
    capture_start(&captured);
    send_all(fd, frame_of('e', 1000), 100);
    pass(400);
    send_all(fd, "more", 4);
    send_all(fd, "more", 4);
    send_all(fd, "more", 2); /* 110 bytes: 11 ms more */
    pass(FRAME + 11 - 400 - 1);
    assert_int_equal(network.admission.count, 1);
    pass(1);
    assert_int_equal(network.admission.count, 0);
    assert_log(": closed: a request does not arrive in time\n");
    close(fd);
}

static void the_first_byte_starts_a_request(void **state)
{
    (void)state;
    int fd = connect_peer();
    send_all(fd, "", 1);
    pass(FRAME - 1);
    assert_int_equal(network.admission.count, 1);
    pass(1);
    assert_int_equal(network.admission.count, 0);
    close(fd);
}

/* As docs/security.md says. */
static void peers_have_half_a_minute(void **state)
{
    (void)state;
    assert_int_equal(network_patience_default.send, 30000);
    assert_int_equal(network_patience_default.frame, 30000);
    assert_int_equal(network_patience_default.frame_rate, 64);
    assert_int_equal(network_patience_default.farewell, 1000);
}

/* The time of the next one starts with its own first byte. */
static void each_request_has_its_own_deadline(void **state)
{
    (void)state;
    int fd = connect_peer();
    capture_start(&captured);
    send_all(fd, frame_of('e', 96), 50);
    pass(FRAME - 100);
    send_all(fd, frame_of('e', 96) + 50, 50);
    assert_echo(fd, 'e', 96);
    pass(FRAME * 3);
    send_all(fd, frame_of('e', 96), 50);
    pass(FRAME + 5 - 1);
    assert_int_equal(network.admission.count, 1);
    send_all(fd, frame_of('e', 96) + 50, 50);
    assert_echo(fd, 'e', 96);
    uint8_t both[150];
    memcpy(both, frame_of('e', 96), 100);
    memcpy(both + 100, frame_of('e', 96), 50);
    send_all(fd, both, 50);
    pass(FRAME - 100);
    send_all(fd, both + 50, 100); /* the second one starts */
    assert_echo(fd, 'e', 96);
    pass(FRAME + 5 - 1);
    assert_int_equal(network.admission.count, 1);
    pass(1);
    assert_int_equal(network.admission.count, 0);
    assert_log("a request does not arrive in time");
    close(fd);
}

static void idleness_counts_within_a_request(void **state)
{
    (void)state;
    config.idle_ms = 200;
    int fd = connect_peer();
    capture_start(&captured);
    send_all(fd, frame_of('e', 96), 50);
    pass(199);
    assert_int_equal(network.admission.count, 1);
    pass(1);
    assert_int_equal(network.admission.count, 0);
    assert_nothing_logged();
    close(fd);
}

/* ---- peers that do not read ---- */

static void assert_blocked_for(int64_t ms)
{
    pass(ms - 1);
    assert_int_equal(network.admission.count, 1);
    pass(1);
    assert_int_equal(network.admission.count, 0);
    assert_log(": closed: the peer does not read its responses\n");
}

static void responses_have_to_be_read(void **state)
{
    (void)state;
    static const struct {
        int64_t idle_ms, allowed;
    } cases[] = {{-1, SEND}, {0, SEND}, {1, 1}, {SEND - 1, SEND - 1}, {SEND, SEND}, {SEND + 1, SEND}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        config.idle_ms = cases[i].idle_ms;
        int fd = connect_peer();
        capture_start(&captured);
        ask_for(fd, LARGE);
        assert_blocked_for(cases[i].allowed);
        close(fd);
    }
}

/* Each part that is read gives as much time again. */
static void slow_readers_are_served(void **state)
{
    (void)state;
    int fd = connect_peer();
    ask_for(fd, LARGEST);
    size_t got = 0;
    for (int i = 0; i < 4; i++) {
        pass(SEND - 1);
        got += read_some(fd, 600000);
    }
    assert_int_equal(got, 4 * 600000);
    capture_start(&captured);
    assert_blocked_for(SEND);
    close(fd);
}

/* What was sent in full has no deadline, and the next request is served. */
static void who_has_read_all_is_awaited(void **state)
{
    (void)state;
    int fd = connect_peer();
    ask_for(fd, LARGE);
    ask_for(fd, LARGE);
    send_frame(fd, 'e', 9);
    assert_int_equal(seen.started, 1);
    assert_int_equal(thread.spare.count, 0);
    assert_int_equal(read_some(fd, LARGE), LARGE);
    assert_int_equal(seen.started, 2);
    assert_int_equal(read_some(fd, LARGE), LARGE);
    assert_echo(fd, 'e', 9);
    assert_int_equal(thread.spare.count, 1);
    pass(10 * SEND);
    assert_int_equal(network.admission.count, 1);
    close(fd);
}

/* Responses to requests that came together leave together, up to a limit. */
static void small_responses_leave_together(void **state)
{
    (void)state;
    static const struct {
        uint32_t size, waiting;
    } cases[] = {{100, 100}, {FLUSH_SIZE - 1, FLUSH_SIZE - 1}, {FLUSH_SIZE, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t frames[18] = {0, 0, 0, 5, 'n', 0, 0, 0, 0, 0, 0, 0, 5, 'n', 0, 0, 0, 1};
        kw_store_be32(frames + 5, cases[i].size - 4);
        int fd = connect_peer();
        set_send_buffer(2 * FLUSH_SIZE);
        send_all(fd, frames, sizeof frames);
        assert_int_equal(read_some(fd, SIZE_MAX), cases[i].size + 5);
        assert_int_equal(seen.waiting, cases[i].waiting);
        close(fd);
        settle();
    }
}

/* ---- pending requests ---- */

static void input_waits_for_a_pending_request(void **state)
{
    (void)state;
    int fd = connect_peer();
    send_frame(fd, 'p', 9);
    assert_int_equal(seen.started, 1);
    send_frame(fd, 'e', 10);
    assert_int_equal(seen.started, 1);
    end_pending(EXCHANGE_ANSWERED);
    settle();
    assert_int_equal(seen.started, 2);
    assert_int_equal(read_some(fd, 13 + 14), 13 + 14);
    send_frame(fd, 'e', 9);
    assert_echo(fd, 'e', 9);
    close(fd);
}

/* Who sends nothing more has its pending requests hurried, each of them once. */
static void who_sends_nothing_more_is_in_a_hurry(void **state)
{
    (void)state;
    int fd = connect_peer();
    uint8_t frames[26];
    memcpy(frames, frame_of('p', 9), 13);
    memcpy(frames + 13, frame_of('p', 9), 13);
    send_all(fd, frames, sizeof frames);
    assert_int_equal(seen.started, 1);
    assert_int_equal(seen.hurried, 0);
    (void)shutdown(fd, SHUT_WR);
    settle();
    assert_int_equal(seen.hurried, 1);
    end_pending(EXCHANGE_ANSWERED);
    assert_int_equal(seen.started, 2);
    assert_int_equal(seen.hurried, 2);
    settle();
    assert_int_equal(seen.hurried, 2);
    end_pending(EXCHANGE_ANSWERED);
    assert_int_equal(read_some(fd, 26), 26);
    assert_true(has_ended(fd));
    assert_int_equal(network.admission.count, 0);
    close(fd);
}

static void who_leaves_is_cancelled(void **state)
{
    (void)state;
    int fd = connect_peer();
    send_frame(fd, 'p', 9);
    close(fd);
    settle();
    assert_int_equal(seen.cancelled, 1);
    assert_int_equal(thread.count, 0);
    assert_int_equal(thread.spare.count, 1);
}

/* What has ended is not cancelled as well, though its response finds nobody. */
static void who_leaves_before_the_response_is_not_cancelled(void **state)
{
    (void)state;
    int fd = connect_peer();
    send_frame(fd, 'p', 9);
    close(fd);
    end_pending(EXCHANGE_ANSWERED);
    settle();
    assert_int_equal(seen.cancelled, 0);
    assert_int_equal(thread.count, 0);
}

/* It may be one that needs no answer. */
static void the_last_request_of_who_leaves_is_served(void **state)
{
    (void)state;
    int fd = connect_peer();
    assert_int_equal(send(fd, frame_of('e', 9), 13, 0), 13);
    close(fd);
    settle();
    assert_int_equal(seen.started, 1);
    assert_int_equal(thread.count, 0);
}

static void the_connection_outlives_what_works_for_it(void **state)
{
    (void)state;
    int fd = connect_peer(), other = connect_peer();
    seen.is_cancelled_later = true;
    send_frame(fd, 'p', RECEIVE_BUFFER_FAST + 1000);
    assert_true(network.memory.held > 0);
    close(fd);
    settle();
    assert_int_equal(seen.cancelled, 1);
    assert_int_equal(network.admission.count, 1);
    assert_int_equal(thread.count, 2);
    end_pending(EXCHANGE_CLOSE);
    assert_int_equal(thread.count, 1);
    assert_int_equal(network.memory.held, 0);
    send_frame(other, 'e', 9);
    assert_echo(other, 'e', 9);
    close(other);
}

/* ---- the last words ---- */

static void assert_farewell(int fd)
{
    char bytes[1000] = {0};
    assert_true(has_ended(fd));
    for (int i = 0; i < 5; i++) {
        send_all(fd, bytes, i == 0 ? 1 : sizeof bytes);
        pass(FAREWELL / 10);
    }
    pass(FAREWELL / 2 - 1);
    assert_int_equal(network.admission.count, 1);
    pass(1);
    assert_int_equal(network.admission.count, 0);
    assert_int_equal(send(fd, bytes, 1, MSG_NOSIGNAL), -1);
    close(fd);
}

static void a_refused_request_ends_the_connection(void **state)
{
    (void)state;
    int fd = connect_peer();
    pass(77);
    capture_start(&captured);
    send_frame(fd, 'c', 9);
    assert_log(": closed: as it asked for\n");
    assert_farewell(fd);
    assert_int_equal(seen.started, 1);

    fd = connect_peer();
    send_frame(fd, 'p', 9);
    pass(5000);
    capture_start(&captured);
    end_pending(EXCHANGE_CLOSE);
    assert_log(": closed: it failed later\n");
    assert_farewell(fd);
}

static void frames_of_other_sizes_end_the_connection(void **state)
{
    (void)state;
    static const struct {
        const char *size, *said;
    } cases[] = {
        {"\xff\xff\xff\xff", ": -1 bytes, 4 to 4194304 are allowed\n"},
        {"\0\0\0\3", ": 3 bytes, 4 to 4194304 are allowed\n"},
        {"\0\x40\0\1", ": 4194305 bytes, 4 to 4194304 are allowed\n"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t bytes[17];
        memcpy(bytes, frame_of('e', 9), 13);
        memcpy(bytes + 13, cases[i].size, 4);
        int fd = connect_peer();
        capture_start(&captured);
        send_all(fd, bytes, sizeof bytes);
        assert_log(cases[i].said);
        assert_int_equal(read_some(fd, 13), 13); /* what came before is answered */
        assert_farewell(fd);
    }
}

/* Once nothing of it is pending. */
static void the_end_of_a_remembered_connection(void **state)
{
    (void)state;
    int plain = connect_peer(), remembered = connect_peer();
    send_frame(plain, 'e', 9);
    send_frame(remembered, 'm', 9);
    close(plain);
    settle();
    assert_int_equal(seen.left, 0);
    close(remembered);
    settle();
    assert_int_equal(seen.left, 1);

    remembered = connect_peer();
    send_frame(remembered, 'm', 9);
    send_frame(remembered, 'p', 9);
    seen.is_cancelled_later = true;
    struct linger at_once = {1, 0};
    assert_int_equal(setsockopt(remembered, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    close(remembered);
    settle();
    assert_int_equal(seen.cancelled, 1);
    assert_int_equal(seen.left, 1);
    end_pending(EXCHANGE_CLOSE);
    settle();
    assert_int_equal(seen.left, 2);
    assert_int_equal(network.admission.count, 0);
}

static void farewell_ends_with_the_peer(void **state)
{
    (void)state;
    int fd = connect_peer();
    capture_start(&captured);
    send_frame(fd, 'c', 9);
    (void)capture_end(&captured);
    assert_int_equal(network.admission.count, 1);
    (void)shutdown(fd, SHUT_WR);
    settle();
    assert_int_equal(network.admission.count, 0);
    close(fd);
}

static void farewell_takes_a_megabyte(void **state)
{
    (void)state;
    static const uint8_t bytes[1 << 20];
    int fd = connect_peer();
    capture_start(&captured);
    send_frame(fd, 'c', 9);
    (void)capture_end(&captured);
    send_all(fd, bytes, sizeof bytes - 1);
    assert_int_equal(network.admission.count, 1);
    send_all(fd, bytes, 1);
    assert_int_equal(network.admission.count, 0);
    close(fd);
}

/* Responses before a bad frame are sent, as long as they are read. */
static void the_last_responses_are_waited_for(void **state)
{
    (void)state;
    uint8_t bytes[13] = {0, 0, 0, 5, 'n', 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
    kw_store_be32(bytes + 5, FLUSH_SIZE - 1 - 4);
    for (int reads = 0; reads < 2; reads++) {
        int fd = connect_peer();
        set_send_buffer(4096);
        capture_start(&captured);
        send_all(fd, bytes, sizeof bytes);
        assert_log("-1 bytes");
        capture_start(&captured);
        if (reads == 0) {
            assert_blocked_for(SEND);
            close(fd);
            continue;
        }
        pass(SEND - 1);
        assert_int_equal(network.admission.count, 1);
        assert_int_equal(read_some(fd, FLUSH_SIZE - 1), FLUSH_SIZE - 1);
        assert_nothing_logged();
        assert_farewell(fd);
    }
}

/* Who leaves without reading resets the connection. */
static void farewell_ends_with_a_reset(void **state)
{
    (void)state;
    uint8_t bytes[17];
    memcpy(bytes, frame_of('e', 9), 13);
    memset(bytes + 13, 0xff, 4);
    int fd = connect_peer();
    capture_start(&captured);
    send_all(fd, bytes, sizeof bytes);
    (void)capture_end(&captured);
    assert_int_equal(network.admission.count, 1);
    close(fd);
    settle();
    assert_int_equal(network.admission.count, 0);
}

/* ---- memory of large requests ---- */

/* As if the broker had started so. */
static void limit_memory(int64_t limit)
{
    memory_pool_finish(&network.memory);
    assert_true(memory_pool_init(&network.memory, limit));
    network_thread_finish(&thread);
    assert_true(network_thread_init(&thread, &network));
    turns_set_clock(&thread.reactor, START);
}

static void large_requests_give_back_what_they_took(void **state)
{
    (void)state;
    limit_memory(1 << 30);
    int fd = connect_peer();
    send_all(fd, frame_of('e', RECEIVE_BUFFER_BUSY - 4), RECEIVE_BUFFER_BUSY);
    assert_int_equal(read_some(fd, SIZE_MAX), RECEIVE_BUFFER_BUSY);
    assert_int_equal(network.memory.newest == NULL, true);
    send_all(fd, frame_of('p', 300000), 200000);
    assert_int_equal(network.memory.held, 262144 - RECEIVE_BUFFER_BUSY);
    send_all(fd, frame_of('p', 300000) + 200000, 100004);
    assert_int_equal(network.memory.held, 300004 - RECEIVE_BUFFER_BUSY);
    end_pending(EXCHANGE_ANSWERED);
    assert_int_equal(read_some(fd, SIZE_MAX), 300004);
    assert_int_equal(network.memory.held, 0);
    assert_int_equal(thread.spare.count, 1);
    assert_int_equal(thread.spare.first->input.capacity, RECEIVE_BUFFER_SMALL);
    close(fd);
}

/* More may be received at once where nobody limits what large requests take. */
static void usual_requests_keep_their_buffer(void **state)
{
    (void)state;
    static const size_t usual[] = {RECEIVE_BUFFER_FAST, RECEIVE_BUFFER_BUSY};
    for (size_t i = 0; i < 2; i++) {
        if (i == 1)
            limit_memory(1 << 30);
        int fd = connect_peer();
        send_frame(fd, 'e', usual[i] - 4);
        assert_int_equal(read_some(fd, SIZE_MAX), usual[i]);
        assert_int_equal(thread.spare.first->input.capacity, usual[i]);
        assert_null(network.memory.newest);
        close(fd);
        settle();
    }
}

/* The time that is spent waiting is not the peer's. */
static void who_waits_for_memory_has_time(void **state)
{
    (void)state;
    config.idle_ms = 50000;
    limit_memory(100000);
    int oldest = connect_peer(), second = connect_peer();
    send_all(oldest, frame_of('p', 160000), 160004);
    assert_int_equal(network.memory.held, 160004 - RECEIVE_BUFFER_BUSY);
    send_all(second, frame_of('e', 150000), 100000);
    assert_int_equal(network.memory.waiting, 1);
    pass(1000000);
    assert_int_equal(network.admission.count, 2);
    end_pending(EXCHANGE_ANSWERED);
    settle();
    assert_int_equal(network.memory.waiting, 0);
    assert_int_equal(network.memory.held, 131072 - RECEIVE_BUFFER_BUSY);
    pass(FRAME - 1 + 100000 / RATE);
    assert_int_equal(network.admission.count, 2);
    capture_start(&captured);
    pass(1);
    assert_int_equal(network.admission.count, 1);
    assert_log(": closed: a request does not arrive in time\n");
    close(oldest);
    close(second);
}

static void granted_memory_may_come_too_late(void **state)
{
    (void)state;
    limit_memory(100000);
    int oldest = connect_peer(), second = connect_peer();
    send_all(oldest, frame_of('p', 160000), 160004);
    send_all(second, frame_of('e', 150000), 100000);
    assert_int_equal(network.memory.waiting, 1);
    struct connection *waits = thread.first;
    end_pending(EXCHANGE_ANSWERED); /* posts to the second, which has gone when it comes */
    connection_close(waits);
    settle();
    assert_int_equal(thread.count, 1);
    close(oldest);
    close(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        THREAD_TEST(idle_connections_are_closed_to_the_millisecond),
        THREAD_TEST(no_connection_is_too_idle),
        THREAD_TEST(who_waits_for_an_answer_is_not_idle),
        THREAD_TEST(a_request_has_a_deadline),
        THREAD_TEST(the_first_byte_starts_a_request),
        THREAD_TEST(peers_have_half_a_minute),
        THREAD_TEST(each_request_has_its_own_deadline),
        THREAD_TEST(idleness_counts_within_a_request),
        THREAD_TEST(responses_have_to_be_read),
        THREAD_TEST(slow_readers_are_served),
        THREAD_TEST(who_has_read_all_is_awaited),
        THREAD_TEST(small_responses_leave_together),
        THREAD_TEST(input_waits_for_a_pending_request),
        THREAD_TEST(who_sends_nothing_more_is_in_a_hurry),
        THREAD_TEST(who_leaves_is_cancelled),
        THREAD_TEST(who_leaves_before_the_response_is_not_cancelled),
        THREAD_TEST(the_last_request_of_who_leaves_is_served),
        THREAD_TEST(the_connection_outlives_what_works_for_it),
        THREAD_TEST(a_refused_request_ends_the_connection),
        THREAD_TEST(frames_of_other_sizes_end_the_connection),
        THREAD_TEST(the_end_of_a_remembered_connection),
        THREAD_TEST(farewell_ends_with_the_peer),
        THREAD_TEST(farewell_takes_a_megabyte),
        THREAD_TEST(farewell_ends_with_a_reset),
        THREAD_TEST(the_last_responses_are_waited_for),
        THREAD_TEST(large_requests_give_back_what_they_took),
        THREAD_TEST(usual_requests_keep_their_buffer),
        THREAD_TEST(who_waits_for_memory_has_time),
        THREAD_TEST(granted_memory_may_come_too_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
