/* SPDX-License-Identifier: Apache-2.0 */
/* Connections over real sockets, with a service that is told how to answer: byte 8 of a request says it. */
#include "../../unit/support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kwire/endian.h>

#include "../support/captured.h"
#include "base/clock.h"
#include "network/connection.h"
#include "network/network.h"
#include "network/socket.h"

enum { HOW = 4, LARGEST = 8 << 20 }; /* the place of that byte behind the size */

/* ---- the service ---- */

/* What a request asks for: 'e' its own bytes, 'p' the same but only when it is hurried, 'c' to be closed, 'l' a
 * megabyte, 'f' to be closed when it is hurried, 'w' to be cancelled only after a while, as by a worker,
 * 's' records that are gone. */
static struct {
    atomic_int started;
    atomic_int hurried;
    atomic_int cancelled;
    atomic_int ended_late;
    _Atomic(pthread_t) threads[16]; /* of the first requests */
    struct endpoint endpoint;       /* of the last request */
} seen;

static uint8_t large[1 << 20];
static uint8_t *gone; /* as many bytes that cannot be read, as of a segment that has become shorter */

static void release_nothing(void *object)
{
    (void)object;
}

static void echo(struct exchange *exchange, kw_bytes frame)
{
    kw_write_bytes(&exchange->responses->writer, frame);
    responses_end_one(exchange->responses);
}

struct pending {
    struct task task;
    struct exchange *exchange;
    kw_bytes frame;
};

static enum exchange_outcome start(void *context, struct exchange *exchange, kw_bytes frame)
{
    (void)context;
    int number = atomic_fetch_add(&seen.started, 1);
    if (number < 16)
        atomic_store(&seen.threads[number], pthread_self());
    seen.endpoint = *exchange->endpoint;
    kw_arena_reset(exchange->arena);
    switch (frame.len > HOW ? frame.data[HOW] : 'e') {
    case 'p':
    case 'f':
    case 'w': {
        struct pending *p = kw_arena_alloc(exchange->arena, sizeof *p);
        *p = (struct pending){.exchange = exchange, .frame = frame};
        exchange->call = p;
        return EXCHANGE_PENDING;
    }
    case 'c':
        strcpy(exchange->fault, "as it asked for");
        return EXCHANGE_CLOSE;
    case 'l': {
        const kw_bytes bytes = {large, sizeof large};
        echo(exchange, bytes);
        return EXCHANGE_ANSWERED;
    }
    case 's': {
        const kw_bytes bytes = {gone, sizeof large};
        if (!responses_expect_records(exchange->responses, 1))
            return EXCHANGE_CLOSE;
        responses_hold(exchange->responses, release_nothing, NULL);
        echo(exchange, bytes);
        return EXCHANGE_ANSWERED;
    }
    default:
        echo(exchange, frame);
        return EXCHANGE_ANSWERED;
    }
}

static void answer_later(struct task *task)
{
    struct pending *p = (struct pending *)(void *)task; /* its first member */
    echo(p->exchange, p->frame);
    p->exchange->ended(p->exchange, EXCHANGE_ANSWERED);
}

static void close_later(struct task *task)
{
    struct pending *p = (struct pending *)(void *)task;
    atomic_fetch_add(&seen.ended_late, 1);
    strcpy(p->exchange->fault, "it failed later");
    p->exchange->ended(p->exchange, EXCHANGE_CLOSE);
}

static void hurry(struct exchange *exchange)
{
    struct pending *p = exchange->call;
    atomic_fetch_add(&seen.hurried, 1);
    if (p->frame.data[HOW] == 'w')
        return;
    p->task.run = p->frame.data[HOW] == 'f' ? close_later : answer_later;
    executor_post(exchange->executor, &p->task);
}

static bool cancel(struct exchange *exchange)
{
    struct pending *p = exchange->call;
    atomic_fetch_add(&seen.cancelled, 1);
    if (p->frame.data[HOW] != 'w')
        return true;
    p->task.run = close_later;
    executor_post(exchange->executor, &p->task);
    return false;
}

/* ---- the network ---- */

static struct config config;
static struct listener listener;
static struct network network;
static struct connection_limits limits;
static struct network_options options;

static int set_up(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    config_init(&config);
    strcpy(config.listen.host, "127.0.0.1");
    config.listen.port = 0;
    config.request_max_bytes = LARGEST;
    limits = (struct connection_limits){INT32_MAX, INT32_MAX, INT32_MAX};
    options = (struct network_options){.config = &config,
                                       .limits = &limits,
                                       .listener = &listener,
                                       .service = {NULL, start, hurry, cancel, NULL},
                                       .patience = network_patience_default,
                                       .threads = 2};
    return listener_open(&listener, &config.listen) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    network_stop(&network);
    listener_close(&listener);
    return 0;
}

static void begin(void)
{
    assert_true(network_start(&network, &options));
}

/* A socket that is connected, to thread 0 so that the order of events is known. */
static int connect_peer(void)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_true(socket_set_flags(ends[0]));
    assert_true(connection_create(&network.threads[0], ends[0]));
    return ends[1];
}

static void send_all(int fd, const void *data, size_t size)
{
    const char *at = data;
    while (size != 0) {
        ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
        assert_true(n > 0);
        at += n;
        size -= (size_t)n;
    }
}

/* A frame of `size` bytes without the size field. */
static void send_frame(int fd, char how, size_t size)
{
    uint8_t *frame = calloc(1, size + 4);
    assert_non_null(frame);
    kw_store_be32(frame, (uint32_t)size);
    frame[4 + HOW] = (uint8_t)how;
    for (size_t i = 4 + HOW + 1; i < size + 4; i++)
        frame[i] = (uint8_t)(i * 31);
    send_all(fd, frame, size + 4);
    free(frame);
}

static size_t receive_all(int fd, uint8_t *to, size_t size, int ms)
{
    size_t got = 0;
    int64_t end = clock_ms() + ms;
    while (got < size && clock_ms() < end) {
        struct pollfd wanted = {.fd = fd, .events = POLLIN};
        if (poll(&wanted, 1, (int)(end - clock_ms())) <= 0)
            break;
        ssize_t n = recv(fd, to + got, size - got, 0);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    return got;
}

/* The echo of a frame of `size` bytes. */
static void assert_echo(int fd, char how, size_t size)
{
    uint8_t *bytes = malloc(size + 4);
    assert_non_null(bytes);
    assert_int_equal(receive_all(fd, bytes, size + 4, 20000), size + 4);
    assert_int_equal(kw_load_be32(bytes), size);
    assert_int_equal(bytes[4 + HOW], how);
    for (size_t i = 4 + HOW + 1; i < size + 4; i++)
        assert_int_equal(bytes[i], (uint8_t)(i * 31));
    free(bytes);
}

static bool ends_within(int fd, int ms)
{
    uint8_t byte;
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    return poll(&wanted, 1, ms) == 1 && recv(fd, &byte, 1, 0) <= 0;
}

static bool is_quiet(int fd, int ms)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    return poll(&wanted, 1, ms) == 0;
}

static void wait_for(atomic_int *counter, int value)
{
    for (int i = 0; i < 2000 && atomic_load(counter) != value; i++)
        clock_sleep_ms(5);
    assert_int_equal(atomic_load(counter), value);
}

static int64_t held(void)
{
    (void)pthread_mutex_lock(&network.memory.lock);
    int64_t bytes = network.memory.held;
    (void)pthread_mutex_unlock(&network.memory.lock);
    return bytes;
}

static void wait_until_held(int64_t bytes)
{
    for (int i = 0; i < 2000 && held() != bytes; i++)
        clock_sleep_ms(5);
    assert_int_equal(held(), bytes);
}

/* ---- tests ---- */

static void frames_of_all_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {5, 100, 4092, 4093, 65531, 65532, 65533, 300000, 5};
    begin();
    int fd = connect_peer();
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        send_frame(fd, 'e', sizes[i]);
        assert_echo(fd, 'e', sizes[i]);
    }
    for (size_t i = 0; i < 200; i++)
        send_frame(fd, 'e', 10 + i);
    for (size_t i = 0; i < 200; i++)
        assert_echo(fd, 'e', 10 + i);
    close(fd);
}

/* A peer that sends and sends without reading is answered as far as the socket goes, and completely when it reads. */
static void a_peer_that_reads_late_misses_nothing(void **state)
{
    (void)state;
    enum { REQUESTS = 12 };
    static uint8_t bytes[sizeof large + 4];
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (uint8_t)(i * 13 + i / 1000);
    begin();
    int fd = connect_peer();
    for (int i = 0; i < REQUESTS; i++)
        send_frame(fd, 'l', 20);
    send_frame(fd, 'e', 33);
    clock_sleep_ms(50);
    assert_true(atomic_load(&seen.started) < REQUESTS);
    for (int i = 0; i < REQUESTS; i++) {
        assert_int_equal(receive_all(fd, bytes, sizeof bytes, 20000), sizeof bytes);
        assert_memory_equal(bytes + 4, large, sizeof large);
    }
    assert_echo(fd, 'e', 33);
    close(fd);
}

static void a_peer_that_never_reads_is_closed(void **state)
{
    (void)state;
    static uint8_t bytes[sizeof large];
    options.patience.send = 200;
    begin();
    int fd = connect_peer();
    for (int i = 0; i < 12; i++)
        send_frame(fd, 'l', 20);
    clock_sleep_ms(500);
    size_t got = receive_all(fd, bytes, sizeof bytes, 2000);
    assert_true(got < sizeof bytes); /* what was in the socket, and then the end */
    close(fd);
}

/* While one request is pending the next ones wait, and keep their order. */
static void requests_behind_a_pending_one_wait(void **state)
{
    (void)state;
    begin();
    int fd = connect_peer();
    send_frame(fd, 'e', 11);
    send_frame(fd, 'p', 12);
    send_frame(fd, 'e', 13);
    assert_echo(fd, 'e', 11);
    assert_true(is_quiet(fd, 50));
    send_frame(fd, 'p', 70000);
    send_frame(fd, 'e', 15);
    assert_int_equal(atomic_load(&seen.started), 2);
    (void)shutdown(fd, SHUT_WR); /* it wants the rest now */
    assert_echo(fd, 'p', 12);
    assert_echo(fd, 'e', 13);
    assert_echo(fd, 'p', 70000);
    assert_echo(fd, 'e', 15);
    assert_true(ends_within(fd, 2000));
    assert_int_equal(atomic_load(&seen.hurried), 2);
    close(fd);
}

/* The connection stays until what works for it has noticed. */
static void who_leaves_may_be_waited_for(void **state)
{
    (void)state;
    begin();
    int fd = connect_peer();
    send_frame(fd, 'w', 70000);
    wait_for(&seen.started, 1);
    close(fd);
    wait_for(&seen.ended_late, 1);
    assert_int_equal(atomic_load(&seen.cancelled), 1);
    wait_until_held(0);
    fd = connect_peer();
    send_frame(fd, 'e', 11);
    assert_echo(fd, 'e', 11);
    close(fd);
}

static void what_fails_later_ends_the_connection(void **state)
{
    (void)state;
    begin();
    int fd = connect_peer();
    send_frame(fd, 'e', 11);
    send_frame(fd, 'f', 12);
    send_frame(fd, 'e', 13);
    assert_echo(fd, 'e', 11);
    wait_for(&seen.started, 2);
    (void)shutdown(fd, SHUT_WR);
    assert_true(ends_within(fd, 5000)); /* without an answer to it, or to what follows */
    assert_int_equal(atomic_load(&seen.started), 2);
    close(fd);
}

static void wait_until_left(int connections)
{
    for (int i = 0; i < 2000; i++) {
        (void)pthread_mutex_lock(&network.admission.lock);
        int32_t count = network.admission.count;
        (void)pthread_mutex_unlock(&network.admission.lock);
        if (count == connections)
            return;
        clock_sleep_ms(5);
    }
    fail_msg("connections stay");
}

/* Its request is answered in a hurry; the response finds nobody, but what has ended is not cancelled. */
static void who_leaves_is_answered_in_vain(void **state)
{
    (void)state;
    begin();
    int fd = connect_peer();
    send_frame(fd, 'p', 12);
    wait_for(&seen.started, 1);
    close(fd); /* of a pair of sockets: both directions end */
    wait_for(&seen.hurried, 1);
    wait_until_left(0);
    assert_int_equal(atomic_load(&seen.cancelled), 0);
}

/* Only the second is a reason to say something about segments. */
static void who_leaves_while_it_is_sent_to(void **state)
{
    (void)state;
    static struct captured captured;
    begin();
    int fd = connect_peer();
    for (int i = 0; i < 8; i++)
        send_frame(fd, 'l', 9);
    wait_for(&seen.started, 1); /* it is blocked then: the peer reads nothing */
    capture_start(&captured);
    close(fd);
    wait_until_left(0);
    assert_null(strstr(capture_end(&captured), "shorter"));

    gone = mmap(NULL, sizeof large, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(gone != MAP_FAILED);
    fd = connect_peer();
    capture_start(&captured);
    send_frame(fd, 's', 9);
    wait_until_left(0);
    assert_non_null(strstr(capture_end(&captured), ": closed: a segment has become shorter while it was sent\n"));
    close(fd);
    (void)munmap(gone, sizeof large);
}

static void stopping_cancels_what_is_pending(void **state)
{
    (void)state;
    begin();
    int fd = connect_peer();
    send_frame(fd, 'p', 12);
    wait_for(&seen.started, 1);
    network_stop(&network);
    assert_int_equal(atomic_load(&seen.cancelled), 1);
    assert_true(ends_within(fd, 0));
    close(fd);
    begin(); /* for tear_down() */
}

static void bad_frames_end_the_connection_after_what_came_before(void **state)
{
    (void)state;
    begin();
    int fd = connect_peer();
    send_frame(fd, 'e', 40);
    send_frame(fd, 'c', 40);
    send_frame(fd, 'e', 40);
    assert_echo(fd, 'e', 40);
    assert_true(ends_within(fd, 2000));
    close(fd);
    fd = connect_peer();
    send_frame(fd, 'e', 40);
    send_all(fd, "\xff\xff\xff\xff", 4);
    assert_echo(fd, 'e', 40);
    assert_true(ends_within(fd, 2000));
    close(fd);
}

/* A byte now and then does not keep a request alive; steady progress does. */
static void a_started_request_has_to_arrive(void **state)
{
    (void)state;
    static uint8_t part[4000];
    options.patience.frame = 200;
    options.patience.frame_rate = 10; /* 10 kB a second */
    begin();
    int idle = connect_peer(), slow = connect_peer(), steady = connect_peer();
    int64_t start_time = clock_ms();
    send_all(slow, "\0\1\0\0", 4);
    send_all(steady, "\0\0\x5d\xc0", 4);
    for (int i = 0; i < 6; i++) {
        clock_sleep_ms(80);
        send_all(steady, part, sizeof part);
        (void)!send(slow, "x", 1, MSG_NOSIGNAL);
    }
    assert_true(ends_within(slow, 2000));
    assert_true(clock_ms() - start_time >= 200);
    uint8_t echoed[24004];
    assert_int_equal(receive_all(steady, echoed, sizeof echoed, 5000), sizeof echoed);
    assert_true(is_quiet(idle, 0)); /* who has started nothing has no deadline */
    close(idle);
    close(slow);
    close(steady);
}

/* 40 peers announce what is far more than the limit; nothing of it counts, and others are served. */
static void announced_bytes_are_not_charged(void **state)
{
    (void)state;
    enum { PEERS = 40 };
    int peers[PEERS];
    config.queued_max_bytes = LARGEST;
    begin();
    for (int i = 0; i < PEERS; i++) {
        peers[i] = connect_peer();
        send_all(peers[i], "\0\x70\0\0", 4);
    }
    int fd = connect_peer();
    for (int i = 0; i < 3; i++) {
        send_frame(fd, 'e', 3 << 20);
        assert_echo(fd, 'e', 3 << 20);
    }
    wait_until_held(0);
    for (int i = 0; i < PEERS; i++)
        close(peers[i]);
    close(fd);
}

/* What has arrived is charged, who finds nothing left waits, and goes on when the others have left. */
static void arrived_bytes_are_charged(void **state)
{
    (void)state;
    static uint8_t part[1 << 20];
    config.queued_max_bytes = LARGEST;
    begin();
    int oldest = connect_peer(), second = connect_peer(), late = connect_peer();
    kw_store_be32(part, 7 << 20);
    for (int i = 0; i < 5; i++) {
        send_all(oldest, part, sizeof part);
        send_all(second, part, i < 2 ? sizeof part : 0);
        kw_store_be32(part, 0);
    }
    for (int i = 0; i < 2000 && held() < 6 << 20; i++)
        clock_sleep_ms(5);
    assert_true(held() >= 6 << 20 && held() <= (LARGEST + LARGEST));
    send_frame(late, 'e', 100000); /* small ones need nothing of the pool's: 64 KiB are free, the rest is waited for */
    close(second);
    assert_echo(late, 'e', 100000);
    close(oldest);
    wait_until_held(0);
    close(late);
}

static void who_waits_for_memory_gets_it(void **state)
{
    (void)state;
    static uint8_t part[250000];
    config.queued_max_bytes = 250000;
    begin();
    int oldest = connect_peer(), second = connect_peer(), third = connect_peer();
    kw_store_be32(part, 400000);
    send_all(oldest, part, sizeof part);
    for (int i = 0; i < 2000 && held() < 190000; i++)
        clock_sleep_ms(5);
    send_frame(second, 'e', 150000);
    send_frame(third, 'e', 150000);
    assert_true(is_quiet(second, 200));
    assert_int_equal(atomic_load(&seen.started), 0);
    close(third); /* waits no more */
    close(oldest);
    assert_echo(second, 'e', 150000);
    wait_until_held(0);
    send_frame(second, 'e', 150000);
    assert_echo(second, 'e', 150000);
    close(second);
    wait_until_left(0);
}

/* A connection as clients make one. */
static int connect_client(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(listener.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* They are accepted by a thread that has been asked to stop already. */
static void stopping_ends_who_has_just_come(void **state)
{
    (void)state;
    int fds[20];
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        fds[i] = connect_client();
    begin();
    network_stop(&network);
    listener_close(&listener); /* and with it who was not accepted */
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        assert_true(ends_within(fds[i], 0));
        close(fds[i]);
    }
    assert_true(listener_open(&listener, &config.listen)); /* for tear_down() */
    begin();
}

static void threads_take_connections_in_turn(void **state)
{
    (void)state;
    int fds[6];
    begin();
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = connect_client();
        send_frame(fds[i], 'e', 9);
        assert_echo(fds[i], 'e', 9);
    }
    for (size_t i = 2; i < COUNT_OF(fds); i++)
        assert_true(pthread_equal(atomic_load(&seen.threads[i]), atomic_load(&seen.threads[i - 2])));
    assert_false(pthread_equal(atomic_load(&seen.threads[0]), atomic_load(&seen.threads[1])));
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        close(fds[i]);
}

static void hosts_are_limited(void **state)
{
    (void)state;
    limits.per_host = 1;
    begin();
    int a = connect_client(), b = connect_client();
    assert_true(ends_within(b, 5000));
    send_frame(a, 'e', 9);
    assert_echo(a, 'e', 9);
    close(a);
    close(b);
}

/* Who is busy is not idle; who is idle is closed, without a word. */
static void idle_connections_are_closed(void **state)
{
    (void)state;
    config.idle_ms = 400;
    begin();
    int busy = connect_peer(), idle = connect_peer();
    int64_t start_ms = clock_ms();
    for (int i = 0; i < 8; i++) {
        clock_sleep_ms(100);
        send_frame(busy, 'e', 9);
        assert_echo(busy, 'e', 9);
    }
    assert_true(ends_within(idle, 0));
    assert_true(ends_within(busy, 5000));
    assert_true(clock_ms() - start_ms >= 800 + 400 - 50);
    close(busy);
    close(idle);
}

static void assert_endpoint(const char *host, uint16_t port)
{
    int fd = connect_client();
    send_frame(fd, 'e', 9);
    assert_echo(fd, 'e', 9);
    assert_string_equal(seen.endpoint.host, host);
    assert_int_equal(seen.endpoint.port, port);
    close(fd);
}

static void clients_are_told_where_to_connect(void **state)
{
    (void)state;
    begin();
    assert_endpoint("127.0.0.1", listener.port);
    network_stop(&network);
    strcpy(config.advertised.host, "example.com");
    config.advertised.port = 1234;
    begin();
    assert_endpoint("example.com", 1234);
    assert_endpoint("example.com", 1234);
    network_stop(&network);
    config.advertised.port = 0; /* the one that is listened on */
    begin();
    assert_endpoint("example.com", listener.port);
    network_stop(&network);
    strcpy(config.advertised.host, "0.0.0.0"); /* nobody can connect to it: the address that the client came to */
    config.advertised.port = 77;
    begin();
    assert_endpoint("127.0.0.1", 77);
}

static void connections_are_limited(void **state)
{
    (void)state;
    limits.all = 2;
    begin();
    int a = connect_peer(), b = connect_peer(), c = connect_peer();
    assert_true(ends_within(c, 2000));
    send_frame(a, 'e', 9);
    assert_echo(a, 'e', 9);
    close(c);
    close(a);
    for (int i = 0; i < 500; i++) { /* until the broker has noticed */
        c = connect_peer();
        if (!ends_within(c, 0))
            break;
        close(c);
        clock_sleep_ms(5);
    }
    send_frame(c, 'e', 9);
    assert_echo(c, 'e', 9);
    close(b);
    close(c);
}

#define NETWORK_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NETWORK_TEST(frames_of_all_sizes),
        NETWORK_TEST(a_peer_that_reads_late_misses_nothing),
        NETWORK_TEST(a_peer_that_never_reads_is_closed),
        NETWORK_TEST(requests_behind_a_pending_one_wait),
        NETWORK_TEST(who_leaves_is_answered_in_vain),
        NETWORK_TEST(who_leaves_may_be_waited_for),
        NETWORK_TEST(what_fails_later_ends_the_connection),
        NETWORK_TEST(who_leaves_while_it_is_sent_to),
        NETWORK_TEST(stopping_cancels_what_is_pending),
        NETWORK_TEST(stopping_ends_who_has_just_come),
        NETWORK_TEST(bad_frames_end_the_connection_after_what_came_before),
        NETWORK_TEST(a_started_request_has_to_arrive),
        NETWORK_TEST(announced_bytes_are_not_charged),
        NETWORK_TEST(arrived_bytes_are_charged),
        NETWORK_TEST(who_waits_for_memory_gets_it),
        NETWORK_TEST(connections_are_limited),
        NETWORK_TEST(threads_take_connections_in_turn),
        NETWORK_TEST(hosts_are_limited),
        NETWORK_TEST(idle_connections_are_closed),
        NETWORK_TEST(clients_are_told_where_to_connect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
