/* SPDX-License-Identifier: Apache-2.0 */
/* Connections and what their thread lends them, on the test's own thread and by the test's own clock. */
#include "../unit/support.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kwire/endian.h>

#include "base/malloc_tuning.h"
#include "captured.h"
#include "network/connection.h"
#include "network/network.h"
#include "network/socket.h"
#include "turns.h"

enum {
    START = 1000000, /* the clock's first value */
    SEND = 1000,     /* what peers may take, in ms */
    FRAME = 500,
    RATE = 10,
    FAREWELL = 300,
    CROWD = 16,
    LARGE = 1 << 20, /* more than a socket takes */
    FLUSH_SIZE = 256 * 1024,
    QUIET_MS = 1000,
    LARGEST = 4 << 20
};

static struct config config;
static struct listener listener;
static struct network network;
static struct network_thread thread;
static struct captured captured;

/* In the place of server/base/malloc_tuning.c. */
static int trimmed;

void malloc_tuning_start(void)
{
}

void malloc_tuning_trim(void)
{
    trimmed++;
}

/* ---- the service ---- */

/* The first byte of a request says what becomes of it: 'e' it is answered with its own bytes, 'n' with as many bytes as
 * the number behind it says, 'p' it is pending, 'c' the connection is closed. */
static struct {
    int started, hurried, cancelled;
    bool is_cancelled_later;
    size_t waiting; /* bytes of responses that the last request found */
    struct exchange *pending;
    kw_bytes frame; /* of the pending one */
} seen;

static uint8_t many_bytes[LARGEST];

static void answer(struct exchange *exchange, kw_bytes bytes)
{
    kw_write_bytes(&exchange->responses->writer, bytes);
    responses_end_one(exchange->responses);
}

static enum exchange_outcome start(void *context, struct exchange *exchange, kw_bytes frame)
{
    assert_ptr_equal(context, &seen);
    assert_ptr_equal(exchange->executor, &thread.reactor.executor);
    assert_non_null(exchange->arena);
    seen.started++;
    seen.waiting = responses_size(exchange->responses);
    switch (frame.data[0]) {
    case 'n':
        answer(exchange, kw_bytes_of(many_bytes, kw_load_be32(frame.data + 1)));
        return EXCHANGE_ANSWERED;
    case 'p':
        seen.pending = exchange;
        seen.frame = frame;
        return EXCHANGE_PENDING;
    case 'c':
        strcpy(exchange->fault, "as it asked for");
        return EXCHANGE_CLOSE;
    default:
        answer(exchange, frame);
        return EXCHANGE_ANSWERED;
    }
}

static void hurry(struct exchange *exchange)
{
    assert_ptr_equal(exchange, seen.pending);
    seen.hurried++;
}

static bool cancel(struct exchange *exchange)
{
    assert_ptr_equal(exchange, seen.pending);
    seen.cancelled++;
    return !seen.is_cancelled_later;
}

static void end_pending(enum exchange_outcome outcome)
{
    struct exchange *exchange = seen.pending;
    seen.pending = NULL;
    if (outcome == EXCHANGE_ANSWERED)
        answer(exchange, seen.frame);
    else
        strcpy(exchange->fault, "it failed later");
    exchange->ended(exchange, outcome);
}

/* ---- the thread ---- */

static void settle(void)
{
    turns_settle(&thread.reactor);
}

static void pass(int64_t ms)
{
    turns_pass(&thread.reactor, ms);
}

static int set_up(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    memset(&network, 0, sizeof network);
    memset(&thread, 0x5a, sizeof thread);
    memset(&listener, 0, sizeof listener);
    config_init(&config);
    config.request_max_bytes = LARGEST;
    config.idle_ms = -1;
    listener.port = 1234;
    network.config = &config;
    network.listener = &listener;
    network.service = (struct service){&seen, start, hurry, cancel};
    network.patience = (struct network_patience){SEND, FRAME, RATE, FAREWELL};
    network.threads = &thread;
    network.thread_count = 1;
    if (!memory_pool_init(&network.memory, -1) || !admission_init(&network.admission, 100, INT32_MAX) ||
        !network_thread_init(&thread, &network))
        return -1;
    turns_set_clock(&thread.reactor, START);
    trimmed = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (struct connection *c = thread.first, *next; c != NULL; c = next) {
        next = connection_next(c);
        connection_close(c);
    }
    settle();
    bool all_gone =
        thread.first == NULL && thread.count == 0 && network.admission.count == 0 && network.memory.held == 0;
    network_thread_finish(&thread);
    memory_pool_finish(&network.memory);
    admission_finish(&network.admission);
    return all_gone ? 0 : -1;
}

/* ---- peers ---- */

/* The end of a connection that the thread has started to serve. */
static int connect_peer(void)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_true(socket_set_flags(ends[0]) && socket_set_flags(ends[1]));
    assert_true(connection_create(&thread, ends[0]));
    settle();
    return ends[1];
}

/* Of the newest connection. */
static void set_send_buffer(int size)
{
    assert_non_null(thread.first);
    int fd = ((struct event_source *)(void *)thread.first)->fd; /* its first member */
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
}

static void send_all(int fd, const void *data, size_t size)
{
    const char *at = data;
    while (size != 0) {
        ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
        assert_true(n > 0 || errno == EAGAIN);
        at += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
        settle();
    }
}

/* The frame of a request with the size field. */
static const uint8_t *frame_of(char how, size_t size)
{
    static uint8_t frame[LARGEST + 4];
    memset(frame, 'x', size + 4);
    kw_store_be32(frame, (uint32_t)size);
    frame[4] = (uint8_t)how;
    return frame;
}

static void send_frame(int fd, char how, size_t size)
{
    send_all(fd, frame_of(how, size), size + 4);
}

static void ask_for(int fd, size_t size)
{
    uint8_t frame[9] = {0, 0, 0, 5, 'n'};
    kw_store_be32(frame + 5, (uint32_t)size - 4); /* with the size field */
    send_all(fd, frame, sizeof frame);
}

/* Reads up to so many bytes while the thread does its part. */
static size_t read_some(int fd, size_t size)
{
    static uint8_t bytes[64 * 1024];
    size_t got = 0;
    for (settle(); got < size; settle()) {
        ssize_t n = recv(fd, bytes, size - got < sizeof bytes ? size - got : sizeof bytes, 0);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    return got;
}

static void assert_echo(int fd, char how, size_t size)
{
    uint8_t byte;
    uint8_t got[8];
    assert_true(size >= 4);
    settle();
    assert_int_equal(recv(fd, got, 8, 0), 8);
    assert_int_equal(kw_load_be32(got), size);
    assert_int_equal(got[4], how);
    assert_int_equal(read_some(fd, size - 4), size - 4);
    assert_int_equal(recv(fd, &byte, 1, 0), -1);
    assert_int_equal(errno, EAGAIN);
}

/* Whether this side was ended, after what was sent before. */
static bool has_ended(int fd)
{
    char byte;
    (void)read_some(fd, SIZE_MAX);
    return recv(fd, &byte, 1, 0) == 0;
}

static void assert_log(const char *reason)
{
    const char *text = capture_end(&captured);
    if (strstr(text, reason) == NULL)
        fail_msg("`%s` instead of `%s`", text, reason);
}

static void assert_nothing_logged(void)
{
    assert_string_equal(capture_end(&captured), "");
}

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
    send_frame(fd, 'p', RECEIVE_BUFFER_BUSY + 1000);
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

static void large_requests_give_back_what_they_took(void **state)
{
    (void)state;
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

static void usual_requests_keep_their_buffer(void **state)
{
    (void)state;
    int fd = connect_peer();
    send_frame(fd, 'e', RECEIVE_BUFFER_BUSY - 4);
    assert_int_equal(read_some(fd, SIZE_MAX), RECEIVE_BUFFER_BUSY);
    assert_int_equal(thread.spare.first->input.capacity, RECEIVE_BUFFER_BUSY);
    close(fd);
}

/* The time that is spent waiting is not the peer's. */
static void who_waits_for_memory_has_time(void **state)
{
    (void)state;
    config.idle_ms = 50000;
    memory_pool_finish(&network.memory);
    assert_true(memory_pool_init(&network.memory, 100000));
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
    memory_pool_finish(&network.memory);
    assert_true(memory_pool_init(&network.memory, 100000));
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

/* ---- what a thread keeps ---- */

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

static void who_comes_to_a_thread_that_stops_is_closed(void **state)
{
    (void)state;
    int first = connect_peer();
    thread.stopping = true;
    int fd = connect_peer();
    assert_true(has_ended(fd));
    assert_int_equal(thread.count, 1);
    assert_false(thread.reactor.stopping);
    close(first);
    settle();
    assert_true(thread.reactor.stopping); /* with the last one */
    close(fd);
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

#define CONNECTION_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONNECTION_TEST(idle_connections_are_closed_to_the_millisecond),
        CONNECTION_TEST(no_connection_is_too_idle),
        CONNECTION_TEST(who_waits_for_an_answer_is_not_idle),
        CONNECTION_TEST(a_request_has_a_deadline),
        CONNECTION_TEST(the_first_byte_starts_a_request),
        CONNECTION_TEST(peers_have_half_a_minute),
        CONNECTION_TEST(each_request_has_its_own_deadline),
        CONNECTION_TEST(idleness_counts_within_a_request),
        CONNECTION_TEST(responses_have_to_be_read),
        CONNECTION_TEST(slow_readers_are_served),
        CONNECTION_TEST(who_has_read_all_is_awaited),
        CONNECTION_TEST(small_responses_leave_together),
        CONNECTION_TEST(input_waits_for_a_pending_request),
        CONNECTION_TEST(who_sends_nothing_more_is_in_a_hurry),
        CONNECTION_TEST(who_leaves_is_cancelled),
        CONNECTION_TEST(the_last_request_of_who_leaves_is_served),
        CONNECTION_TEST(the_connection_outlives_what_works_for_it),
        CONNECTION_TEST(a_refused_request_ends_the_connection),
        CONNECTION_TEST(frames_of_other_sizes_end_the_connection),
        CONNECTION_TEST(farewell_ends_with_the_peer),
        CONNECTION_TEST(farewell_takes_a_megabyte),
        CONNECTION_TEST(farewell_ends_with_a_reset),
        CONNECTION_TEST(the_last_responses_are_waited_for),
        CONNECTION_TEST(large_requests_give_back_what_they_took),
        CONNECTION_TEST(usual_requests_keep_their_buffer),
        CONNECTION_TEST(who_waits_for_memory_has_time),
        CONNECTION_TEST(granted_memory_may_come_too_late),
        CONNECTION_TEST(memory_goes_when_it_is_quiet),
        CONNECTION_TEST(a_started_request_keeps_its_memory),
        CONNECTION_TEST(crowds_leave_memory_behind),
        CONNECTION_TEST(connections_leave_in_any_order),
        CONNECTION_TEST(who_comes_to_a_thread_that_stops_is_closed),
        CONNECTION_TEST(endpoints_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
