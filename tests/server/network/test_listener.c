/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the addresses of a name are listened on, and what happens when accepting fails. The resolver is this file's
 * own, and so is accept4() on Linux. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4() */
#endif
#include "../../unit/support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "../support/captured.h"
#include "network/listener.h"
#include "network/socket.h"
#include "turns.h"

enum { AT_ONCE = 64, PAUSE_MS = 100, MOST_ADDRESSES = 12 };

static struct worker_pool workers;
static struct reactor reactor;
static struct listener listener;
static struct captured captured;

/* ---- the system ---- */

/* Addresses of the name that is asked for. */
static struct sockaddr_in v4[MOST_ADDRESSES];
static struct sockaddr_in6 v6;
static struct addrinfo found[MOST_ADDRESSES];
static int resolver_error;
static char asked_host[64], asked_port[8];
static struct addrinfo asked;
static int lists; /* not freed */

int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **out)
{
    (void)snprintf(asked_host, sizeof asked_host, "%s", host != NULL ? host : "(none)");
    (void)snprintf(asked_port, sizeof asked_port, "%s", port);
    asked = *hints;
    if (resolver_error != 0)
        return resolver_error;
    *out = found;
    lists++;
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    lists -= list == found;
}

/* AF_INET6 is ::1, AF_UNIX something that cannot be listened on. */
static void resolve_to(size_t count, const int *families, const char *const *addresses)
{
    memset(found, 0, sizeof found);
    for (size_t i = 0; i < count; i++) {
        v4[i] = (struct sockaddr_in){.sin_family = AF_INET};
        v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
        found[i].ai_family = families[i];
        found[i].ai_addr = families[i] == AF_INET6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4[i];
        found[i].ai_addrlen = families[i] == AF_INET6 ? sizeof v6 : sizeof v4[i];
        found[i].ai_next = i + 1 < count ? &found[i + 1] : NULL;
        if (families[i] == AF_INET)
            assert_int_equal(inet_pton(AF_INET, addresses[i], &v4[i].sin_addr), 1);
    }
}

static void resolve_to_v4(size_t count, const char *const *addresses)
{
    static const int families[MOST_ADDRESSES] = {AF_INET, AF_INET, AF_INET, AF_INET, AF_INET, AF_INET,
                                                 AF_INET, AF_INET, AF_INET, AF_INET, AF_INET, AF_INET};
    resolve_to(count, families, addresses);
}

/* What accepting fails with first. */
static int failures[8];
static size_t failed, failure_count;
static int attempts;

#ifdef __linux__
int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    attempts++;
    if (failed < failure_count) {
        errno = failures[failed++];
        return -1;
    }
    return (int)syscall(SYS_accept4, fd, address, size, flags);
}
#endif

static void fail_accepting(size_t count, const int *reasons)
{
    memcpy(failures, reasons, count * sizeof *reasons);
    failed = 0;
    failure_count = count;
}

/* ---- the tests' ---- */

static int accepted_count;
static int stop_at; /* connections after which the listener stops; 0: none */

static void accept_one(void *context, int fd)
{
    assert_ptr_equal(context, &accepted_count);
    (void)close(fd);
    if (++accepted_count == stop_at)
        listener_stop(&listener);
}

static int set_up(void **state)
{
    (void)state;
    memset(&listener, 0x5a, sizeof listener);
    resolver_error = 0;
    failed = failure_count = 0;
    attempts = accepted_count = stop_at = 0;
    if (!worker_pool_init(&workers, 1) || !reactor_init(&reactor, &workers))
        return -1;
    turns_set_clock(&reactor, 1000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    reactor_finish(&reactor);
    worker_pool_finish(&workers);
    return lists == 0 ? 0 : -1;
}

static struct endpoint named(uint16_t port)
{
    const struct endpoint at = {"a name", port};
    return at;
}

static void assert_opened(struct endpoint at, size_t sockets)
{
    assert_true(listener_open(&listener, &at));
    assert_int_equal(listener.count, sockets);
    assert_true(at.port != 0);
    assert_int_equal(listener.port, at.port);
    for (size_t i = 0; i < sockets; i++) {
        struct endpoint name;
        socket_name(listener.sockets[i].source.fd, &name);
        assert_int_equal(name.port, at.port); /* of all of them */
        int fd = listener.sockets[i].source.fd;
        assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
        assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    }
}

static void assert_not_opened(struct endpoint at, int reason)
{
    char expected[300], text[ENDPOINT_TEXT_SIZE];
    (void)snprintf(expected, sizeof expected, "kwire-broker: cannot listen on %s: %s%s\n", endpoint_format(&at, text),
                   strerror(reason),
                   reason == EADDRINUSE ? ": stop who does, or choose another address with --listen" : "");
    capture_start(&captured);
    bool opened = listener_open(&listener, &at);
    assert_string_equal(capture_end(&captured), expected);
    assert_false(opened);
    assert_int_equal(listener.count, 0);
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* ---- listening ---- */

static void every_address_of_a_name(void **state)
{
    (void)state;
    resolve_to_v4(3, (const char *const[]){"127.0.0.1", "127.0.0.2", "127.0.0.3"});
    assert_opened(named(0), 3);
    assert_string_equal(asked_host, "a name");
    assert_string_equal(asked_port, "0");
    assert_int_equal(asked.ai_socktype, SOCK_STREAM);
    assert_int_equal(asked.ai_family, AF_UNSPEC);
    assert_int_equal(asked.ai_flags, AI_PASSIVE);
    uint16_t port = listener.port;
    listener_close(&listener);
    assert_int_equal(listener.count, 0);
    assert_opened(named(port), 3);
    assert_int_equal(listener.port, port);
    listener_close(&listener);
}

static void no_more_addresses_than_there_are_places(void **state)
{
    (void)state;
    static const char *const addresses[] = {"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5",
                                            "127.0.0.6", "127.0.0.7", "127.0.0.8", "127.0.0.9", "127.0.0.10"};
    resolve_to_v4(COUNT_OF(addresses), addresses);
    assert_opened(named(0), LISTENER_SOCKETS);
    listener_close(&listener);
}

static void addresses_of_others_are_left_out(void **state)
{
    (void)state;
    resolve_to_v4(3, (const char *const[]){"192.0.2.1", "127.0.0.1", "240.0.0.1"});
    assert_opened(named(0), 1);
    listener_close(&listener);
    resolve_to_v4(2, (const char *const[]){"192.0.2.1", "240.0.0.1"});
    assert_not_opened(named(9092), EADDRNOTAVAIL);
    assert_not_opened(named(0), EADDRNOTAVAIL);
    resolve_to(1, (const int[]){AF_UNIX}, (const char *const[]){NULL});
    assert_not_opened(named(0), EADDRNOTAVAIL);
    resolve_to(2, (const int[]){AF_UNIX, AF_INET}, (const char *const[]){NULL, "127.0.0.1"});
    assert_opened(named(0), 1);
    listener_close(&listener);
}

/* A port that is taken on one of the addresses would be somebody else's for a part of the clients. */
static void the_port_must_be_free_everywhere(void **state)
{
    (void)state;
    resolve_to_v4(1, (const char *const[]){"127.0.0.2"});
    assert_opened(named(0), 1);
    struct listener other = listener;
    resolve_to_v4(3, (const char *const[]){"127.0.0.1", "127.0.0.2", "127.0.0.3"});
    assert_not_opened(named(other.port), EADDRINUSE);
    resolve_to_v4(1, (const char *const[]){"127.0.0.1"});
    assert_opened(named(other.port), 1); /* the attempt has left nothing behind */
    listener_close(&listener);
    listener_close(&other);
}

static void both_families_of_a_name(void **state)
{
    (void)state;
    resolve_to(1, (const int[]){AF_INET6}, (const char *const[]){NULL});
    struct endpoint at = named(0);
    capture_start(&captured);
    bool has_ipv6 = listener_open(&listener, &at);
    (void)capture_end(&captured);
    listener_close(&listener);
    if (!has_ipv6)
        skip();
    resolve_to(3, (const int[]){AF_INET6, AF_UNIX, AF_INET}, (const char *const[]){NULL, NULL, "127.0.0.1"});
    assert_opened(named(0), 2);
    listener_close(&listener);
    const struct endpoint one_letter = {"x", 0};
    assert_opened(one_letter, 2);
    assert_string_equal(asked_host, "x");
    listener_close(&listener);
}

/* One socket for both families where there is IPv6, whichever comes first; else one of IPv4. */
static void every_interface_is_one_socket(void **state)
{
    (void)state;
    struct endpoint at = {"", 0};
    resolve_to_v4(2, (const char *const[]){"127.0.0.1", "127.0.0.2"});
    assert_true(listener_open(&listener, &at));
    assert_string_equal(asked_host, "(none)");
    assert_int_equal(listener.count, 1);
    assert_string_equal(at.host, "127.0.0.1");
    struct endpoint same = {"", at.port};
    struct listener first = listener;
    assert_not_opened(same, EADDRINUSE);
    listener_close(&first);

    resolve_to(2, (const int[]){AF_INET, AF_INET6}, (const char *const[]){"127.0.0.1", NULL});
    at = (struct endpoint){"", 0};
    assert_true(listener_open(&listener, &at));
    assert_int_equal(listener.count, 1);
    first = listener;
    if (strcmp(at.host, "::1") == 0) {
        same = (struct endpoint){"", at.port};
        assert_not_opened(same, EADDRINUSE); /* and not IPv4 alone */
    }
    listener_close(&first);
}

static int buffer_of(int fd, int which)
{
    int size = 0;
    socklen_t length = sizeof size;
    assert_int_equal(getsockopt(fd, SOL_SOCKET, which, &size, &length), 0);
    return size;
}

/* Linux doubles what is set, for its own use. */
static void connections_have_the_buffers_that_were_set(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    resolve_to_v4(1, (const char *const[]){"127.0.0.1"});
    assert_opened(named(0), 1);
    int fd = listener.sockets[0].source.fd;
    int usual_send = buffer_of(fd, SO_SNDBUF), usual_receive = buffer_of(fd, SO_RCVBUF);
    listener_set_buffers(&listener, -1, 0);
    assert_int_equal(buffer_of(fd, SO_SNDBUF), usual_send);
    assert_int_equal(buffer_of(fd, SO_RCVBUF), usual_receive);
    listener_set_buffers(&listener, 20000, 30000);
    address.sin_port = htons(listener.port);
    int peer = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(peer, (struct sockaddr *)&address, sizeof address), 0);
    int accepted = accept(fd, NULL, NULL);
    assert_true(accepted >= 0);
    assert_in_range(buffer_of(accepted, SO_SNDBUF), 20000, 2 * 20000);
    assert_in_range(buffer_of(accepted, SO_RCVBUF), 30000, 2 * 30000);
    close(accepted);
    close(peer);
    listener_close(&listener);
}

static void names_that_nobody_knows(void **state)
{
    (void)state;
    struct endpoint at = named(9);
    char expected[200];
    resolver_error = EAI_NONAME;
    (void)snprintf(expected, sizeof expected, "kwire-broker: cannot listen on a name:9: %s\n",
                   gai_strerror(EAI_NONAME));
    capture_start(&captured);
    bool opened = listener_open(&listener, &at);
    assert_string_equal(capture_end(&captured), expected);
    assert_false(opened);
}

/* ---- accepting ---- */

static void open_here(void)
{
    resolve_to_v4(1, (const char *const[]){"127.0.0.1"});
    assert_opened(named(0), 1);
    assert_true(listener_start(&listener, &reactor, accept_one, &accepted_count));
}

static void close_here(void)
{
    listener_stop(&listener);
    listener_close(&listener);
}

/* Others get their turn in between. */
static void connections_are_accepted_in_parts(void **state)
{
    (void)state;
    int fds[AT_ONCE + 1];
    open_here();
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        fds[i] = connect_to(listener.port);
    assert_int_equal(turns_serve_events(&reactor), 1);
    assert_int_equal(accepted_count, AT_ONCE);
    assert_int_equal(turns_serve_events(&reactor), 1);
    assert_int_equal(accepted_count, AT_ONCE + 1);
    assert_int_equal(turns_serve_events(&reactor), 0);
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        close(fds[i]);
    close_here();
}

static void each_address_accepts(void **state)
{
    (void)state;
    struct sockaddr_in to = {.sin_family = AF_INET};
    resolve_to_v4(3, (const char *const[]){"127.0.0.1", "127.0.0.2", "127.0.0.3"});
    assert_opened(named(0), 3);
    assert_true(listener_start(&listener, &reactor, accept_one, &accepted_count));
    to.sin_port = htons(listener.port);
    for (uint32_t i = 0; i < 3; i++) {
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK + i);
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
        turns_settle(&reactor);
        assert_int_equal(accepted_count, i + 1);
        close(fd);
    }
    listener_stop(&listener);
    for (uint32_t i = 0; i < 3; i++) {
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK + i);
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
        assert_int_equal(turns_serve_events(&reactor), 0);
        close(fd);
    }
    listener_close(&listener);
}

static void accepting_may_stop_itself(void **state)
{
    (void)state;
    open_here();
    int a = connect_to(listener.port), b = connect_to(listener.port);
    stop_at = 1;
    turns_settle(&reactor);
    assert_int_equal(accepted_count, 1);
    assert_null(listener.reactor);
    close(a);
    close(b);
    close_here();
}

static void starting_may_fail(void **state)
{
    (void)state;
    open_here();
    assert_false(listener_start(&listener, &reactor, accept_one, &accepted_count)); /* it has its sockets already */
    close_here();
}

/* The broker may be started without standard input. */
static void a_listener_may_be_descriptor_0(void **state)
{
    (void)state;
    resolve_to_v4(1, (const char *const[]){"127.0.0.1"});
    int real = dup(STDIN_FILENO);
    (void)close(STDIN_FILENO);
    struct endpoint at = named(0);
    bool opened = listener_open(&listener, &at);
    int fd = opened ? listener.sockets[0].source.fd : -1;
    listener_close(&listener);
    if (real >= 0) {
        assert_int_equal(dup2(real, STDIN_FILENO), STDIN_FILENO);
        close(real);
    }
    assert_true(opened);
    assert_int_equal(fd, STDIN_FILENO);
}

static void a_connection_may_be_descriptor_0(void **state)
{
    (void)state;
    open_here();
    int fd = connect_to(listener.port), real = dup(STDIN_FILENO);
    (void)close(STDIN_FILENO);
    turns_settle(&reactor);
    assert_int_equal(accepted_count, 1);
    if (real >= 0) {
        assert_int_equal(dup2(real, STDIN_FILENO), STDIN_FILENO);
        close(real);
    }
    close(fd);
    close_here();
}

#ifdef __linux__
/* What a connection fails with before it is accepted is no reason to wait. */
static void other_connections_are_accepted_after_a_failure(void **state)
{
    (void)state;
    static const int reasons[] = {EINTR, ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH, ENETUNREACH};
    open_here();
    int fd = connect_to(listener.port);
    fail_accepting(COUNT_OF(reasons), reasons);
    capture_start(&captured);
    assert_int_equal(turns_serve_events(&reactor), 1);
    assert_string_equal(capture_end(&captured), "");
    assert_int_equal(accepted_count, 1);
    assert_int_equal(attempts, COUNT_OF(reasons) + 2); /* until there is none left */
    close(fd);
    close_here();
}

static void nothing_to_accept_is_no_failure(void **state)
{
    (void)state;
    open_here();
    int fd = connect_to(listener.port);
    fail_accepting(1, (const int[]){EWOULDBLOCK});
    capture_start(&captured);
    assert_int_equal(turns_serve_events(&reactor), 1);
    assert_string_equal(capture_end(&captured), "");
    assert_int_equal(attempts, 1);
    assert_int_equal(turns_serve_events(&reactor), 1);
    assert_int_equal(accepted_count, 1);
    close(fd);
    close_here();
}

static void assert_pause_is_reported(bool is_reported)
{
    char expected[128];
    (void)snprintf(expected, sizeof expected, " cannot accept connections: %s\n", strerror(ENFILE));
    capture_start(&captured);
    turns_settle(&reactor);
    const char *text = capture_end(&captured);
    assert_true((strstr(text, expected) != NULL) == is_reported);
    assert_true((text[0] != '\0') == is_reported);
}

static void a_shortage_pauses(void **state)
{
    (void)state;
    open_here();
    int fd = connect_to(listener.port);
    fail_accepting(3, (const int[]){ENFILE, ENFILE, ENFILE});
    assert_pause_is_reported(true);
    assert_int_equal(attempts, 1);
    for (int i = 2; i <= 3; i++) {
        turns_pass(&reactor, PAUSE_MS - 1);
        assert_int_equal(attempts, i - 1);
        reactor.now++;
        timer_wheel_advance(&reactor.timers, reactor.now);
        assert_pause_is_reported(false); /* as that is known */
        assert_int_equal(attempts, i);
    }
    turns_pass(&reactor, PAUSE_MS);
    assert_int_equal(accepted_count, 1);
    close(fd);
    fd = connect_to(listener.port);
    fail_accepting(1, (const int[]){ENFILE});
    assert_pause_is_reported(true); /* again, after it had ended */
    close(fd);

    listener_stop(&listener);
    assert_int_equal(timer_wheel_next(&reactor.timers), INT64_MAX);
    listener_close(&listener);
}
#endif

#define ON_REACTOR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_REACTOR(every_address_of_a_name),
        ON_REACTOR(no_more_addresses_than_there_are_places),
        ON_REACTOR(addresses_of_others_are_left_out),
        ON_REACTOR(the_port_must_be_free_everywhere),
        ON_REACTOR(both_families_of_a_name),
        ON_REACTOR(every_interface_is_one_socket),
        ON_REACTOR(connections_have_the_buffers_that_were_set),
        ON_REACTOR(names_that_nobody_knows),
        ON_REACTOR(connections_are_accepted_in_parts),
        ON_REACTOR(each_address_accepts),
        ON_REACTOR(accepting_may_stop_itself),
        ON_REACTOR(starting_may_fail),
        ON_REACTOR(a_listener_may_be_descriptor_0),
        ON_REACTOR(a_connection_may_be_descriptor_0),
#ifdef __linux__
        ON_REACTOR(other_connections_are_accepted_after_a_failure),
        ON_REACTOR(nothing_to_accept_is_no_failure),
        ON_REACTOR(a_shortage_pauses),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
