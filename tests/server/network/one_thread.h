/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_NETWORK_ONE_THREAD_H
#define TESTS_SERVER_NETWORK_ONE_THREAD_H

/* One thread of the network, served on the test's own thread and by the test's own clock, and peers of it. */

#include "../../unit/support.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kwire/endian.h>

#include "../support/captured.h"
#include "base/malloc_tuning.h"
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
 * the number behind it says, 'p' it is pending, 'r' it is resting, 'c' the connection is closed. */
static struct {
    int started, hurried, cancelled;
    bool is_cancelled_later;
    size_t waiting; /* bytes of responses that the last request found */
    struct exchange *pending;
    kw_bytes frame; /* of the pending one */
    int left;       /* connections that were remembered */
} seen;

static uint8_t many_bytes[LARGEST];

static inline void answer(struct exchange *exchange, kw_bytes bytes)
{
    kw_write_bytes(&exchange->responses->writer, bytes);
    responses_end_one(exchange->responses);
}

static inline enum exchange_outcome start(void *context, struct exchange *exchange, kw_bytes frame)
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
    case 'r':
        seen.pending = exchange;
        return EXCHANGE_RESTING;
    case 'm':
        exchange->is_remembered = true;
        answer(exchange, frame);
        return EXCHANGE_ANSWERED;
    case 'c':
        strcpy(exchange->fault, "as it asked for");
        return EXCHANGE_CLOSE;
    default:
        answer(exchange, frame);
        return EXCHANGE_ANSWERED;
    }
}

static inline void hurry(struct exchange *exchange)
{
    assert_ptr_equal(exchange, seen.pending);
    seen.hurried++;
}

static inline bool cancel(struct exchange *exchange)
{
    assert_ptr_equal(exchange, seen.pending);
    seen.cancelled++;
    return !seen.is_cancelled_later;
}

static inline void leave(void *context, const struct exchange *exchange)
{
    assert_ptr_equal(context, &seen);
    assert_true(exchange->is_remembered);
    seen.left++;
}

static inline void end_pending(enum exchange_outcome outcome)
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

static inline void settle(void)
{
    turns_settle(&thread.reactor);
}

static inline void pass(int64_t ms)
{
    turns_pass(&thread.reactor, ms);
}

static inline int set_up(void **state)
{
    static const struct connection_limits limits = {100, INT32_MAX, INT32_MAX};
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
    network.service = (struct service){&seen, start, hurry, cancel, leave};
    network.patience = (struct network_patience){SEND, FRAME, RATE, FAREWELL};
    network.threads = &thread;
    network.thread_count = 1;
    if (!memory_pool_init(&network.memory, -1) || !admission_init(&network.admission, &limits) ||
        !network_thread_init(&thread, &network))
        return -1;
    turns_set_clock(&thread.reactor, START);
    trimmed = 0;
    return 0;
}

static inline int tear_down(void **state)
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
static inline int connect_peer(void)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_true(socket_set_flags(ends[0]) && socket_set_flags(ends[1]));
    assert_true(connection_create(&thread, ends[0]));
    settle();
    return ends[1];
}

/* Of the newest connection. */
static inline void set_send_buffer(int size)
{
    assert_non_null(thread.first);
    int fd = ((struct event_source *)(void *)thread.first)->fd; /* its first member */
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
}

static inline void send_all(int fd, const void *data, size_t size)
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
static inline const uint8_t *frame_of(char how, size_t size)
{
    static uint8_t frame[LARGEST + 4];
    memset(frame, 'x', size + 4);
    kw_store_be32(frame, (uint32_t)size);
    frame[4] = (uint8_t)how;
    return frame;
}

static inline void send_frame(int fd, char how, size_t size)
{
    send_all(fd, frame_of(how, size), size + 4);
}

static inline void ask_for(int fd, size_t size)
{
    uint8_t frame[9] = {0, 0, 0, 5, 'n'};
    kw_store_be32(frame + 5, (uint32_t)size - 4); /* with the size field */
    send_all(fd, frame, sizeof frame);
}

/* Reads up to so many bytes while the thread does its part. */
static inline size_t read_some(int fd, size_t size)
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

static inline void assert_echo(int fd, char how, size_t size)
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
static inline bool has_ended(int fd)
{
    char byte;
    (void)read_some(fd, SIZE_MAX);
    return recv(fd, &byte, 1, 0) == 0;
}

static inline void assert_log(const char *reason)
{
    const char *text = capture_end(&captured);
    if (strstr(text, reason) == NULL)
        fail_msg("`%s` instead of `%s`", text, reason);
}

static inline void assert_nothing_logged(void)
{
    assert_string_equal(capture_end(&captured), "");
}

#define THREAD_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#endif
