/* SPDX-License-Identifier: Apache-2.0 */
/* Name lookup and connecting, with a replaceable getaddrinfo(). */
#define _POSIX_C_SOURCE 200809L
#include "../../unit/support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../../tools/client/resolve.h"
#include "../../../tools/client/socket.h"

enum { MOST = 3 };

/* The results of lookups. */
static struct {
    int error;
    int number; /* errno, for EAI_SYSTEM */
    long delay_ms;
    uint16_t ports[MOST]; /* of 127.0.0.1; 0: no more */
} names;

static atomic_int lists; /* not freed yet */

typedef struct list {
    struct addrinfo info[MOST];
    struct sockaddr_in addresses[MOST];
} list;

static void sleep_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
    (void)node;
    (void)service;
    if ((hints->ai_flags & AI_NUMERICHOST) != 0)
        return EAI_NONAME;
    sleep_ms(names.delay_ms);
    errno = names.number;
    if (names.error != 0)
        return names.error;
    list *l = calloc(1, sizeof *l);
    for (size_t i = 0; i < MOST && names.ports[i] != 0; i++) {
        l->addresses[i].sin_family = AF_INET;
        l->addresses[i].sin_port = htons(names.ports[i]);
        l->addresses[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        l->info[i] = (struct addrinfo){.ai_family = AF_INET,
                                       .ai_socktype = SOCK_STREAM,
                                       .ai_addr = (struct sockaddr *)&l->addresses[i],
                                       .ai_addrlen = sizeof l->addresses[i]};
        if (i != 0)
            l->info[i - 1].ai_next = &l->info[i];
    }
    lists++;
    *out = l->info;
    return 0;
}

void freeaddrinfo(struct addrinfo *info)
{
    free(info); /* the first member of a list */
    lists--;
}

/* Returns the descriptor; the port goes to *port. */
static int listen_on_loopback(int queue, uint16_t *port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof here;
    assert_int_equal(bind(fd, (struct sockaddr *)&here, sizeof here), 0);
    if (queue >= 0)
        assert_int_equal(listen(fd, queue), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&here, &size), 0);
    *port = ntohs(here.sin_port);
    return fd;
}

static const address somewhere = {"broker.test", "9092"};

static int reset(void **state)
{
    (void)state;
    memset(&names, 0, sizeof names);
    return 0;
}

static void name_that_does_not_exist(void **state)
{
    (void)state;
    report r;
    names.error = EAI_NONAME;
    assert_null(resolve(&somewhere, deadline_in(5000), &r));
    assert_string_equal(r.code, CODE_CONNECTION);
    assert_string_equal(r.detail, gai_strerror(EAI_NONAME));
}

static void system_that_fails(void **state)
{
    (void)state;
    report r;
    names.error = EAI_SYSTEM;
    names.number = EMFILE;
    assert_null(resolve(&somewhere, deadline_in(5000), &r));
    assert_string_equal(r.detail, strerror(EMFILE));
}

static void lookup_that_is_late(void **state)
{
    (void)state;
    report r;
    names.delay_ms = 600;
    names.ports[0] = 1;
    assert_null(resolve(&somewhere, deadline_in(100), &r));
    assert_string_equal(r.code, CODE_TIMEOUT);
    assert_string_equal(r.detail, "looking up broker.test: timed out (see --timeout)");
    assert_int_equal(lists, 0);
    sleep_ms(900); /* the lookup has ended, and the thread freed its result */
    assert_int_equal(lists, 0);
}

static void lookup_in_time(void **state)
{
    (void)state;
    report r;
    names.delay_ms = 50;
    names.ports[0] = 1;
    struct addrinfo *found = resolve(&somewhere, deadline_in(5000), &r);
    assert_non_null(found);
    assert_int_equal(lists, 1);
    freeaddrinfo(found);
}

static void second_address(void **state)
{
    (void)state;
    report r;
    int closed = listen_on_loopback(-1, &names.ports[0]);
    int open = listen_on_loopback(5, &names.ports[1]);
    int fd = socket_connect(&somewhere, deadline_in(5000), &r);
    assert_true(fd >= 0);
    assert_int_equal(lists, 0);
    close(fd);
    close(open);
    close(closed);
}

static void no_address(void **state)
{
    (void)state;
    report r;
    int one = listen_on_loopback(-1, &names.ports[0]);
    int other = listen_on_loopback(-1, &names.ports[1]);
    assert_int_equal(socket_connect(&somewhere, deadline_in(5000), &r), -1);
    assert_string_equal(r.code, CODE_CONNECTION);
    assert_string_equal(r.detail, "127.0.0.1: Connection refused; 127.0.0.1: Connection refused");
    close(one);
    close(other);
}

/* A listener whose queue is full does not answer; the next address gets its share of the time. */
static void silent_address(void **state)
{
    (void)state;
    report r;
    int waiting[4];
    int full = listen_on_loopback(0, &names.ports[0]);
    for (size_t i = 0; i < COUNT_OF(waiting); i++) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        to.sin_port = htons(names.ports[0]);
        waiting[i] = socket(AF_INET, SOCK_STREAM, 0);
        fcntl(waiting[i], F_SETFL, O_NONBLOCK);
        assert_true(connect(waiting[i], (struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS);
    }
    int open = listen_on_loopback(5, &names.ports[1]);
    int fd = socket_connect(&somewhere, deadline_in(1000), &r);
    assert_true(fd >= 0);
    close(fd);
    close(open);
    close(full);
    for (size_t i = 0; i < COUNT_OF(waiting); i++)
        close(waiting[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(name_that_does_not_exist, reset), cmocka_unit_test_setup(system_that_fails, reset),
        cmocka_unit_test_setup(lookup_that_is_late, reset),      cmocka_unit_test_setup(lookup_in_time, reset),
        cmocka_unit_test_setup(second_address, reset),           cmocka_unit_test_setup(no_address, reset),
        cmocka_unit_test_setup(silent_address, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
