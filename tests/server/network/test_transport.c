/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets that signals interrupt, and peers that have gone. */
#include "../../unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "network/transport.h"

static int ends[2];
static struct transport transport;
static atomic_int signals;
static pthread_t waiting;

static int set_up(void **state)
{
    (void)state;
    atomic_store(&signals, 0);
    waiting = pthread_self();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return -1;
    transport = (struct transport){&transport_plain, ends[0]};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(ends[0]);
    return ends[1] >= 0 ? close(ends[1]) : 0;
}

static void count_signal(int number)
{
    (void)number;
    atomic_fetch_add(&signals, 1);
}

/* Interrupts the other thread a few times, and then has its call end. */
static void *interrupt(void *argument)
{
    void (*end)(void) = *(void (**)(void))argument;
    for (int sent = 1; sent <= 5; sent++) {
        clock_sleep_ms(2);
        (void)pthread_kill(waiting, SIGUSR1);
        while (atomic_load(&signals) < sent)
            clock_sleep_ms(1);
    }
    end();
    return NULL;
}

static void send_to_it(void)
{
    (void)!send(ends[1], "abc", 3, 0);
}

static void read_from_it(void)
{
    static char bytes[64 * 1024];
    while (recv(ends[1], bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
}

static void signals_do_not_end_what_waits(void **state)
{
    (void)state;
    static char bytes[64 * 1024];
    pthread_t thread;
    void (*end)(void) = send_to_it;
    assert_int_equal(pthread_create(&thread, NULL, interrupt, &end), 0);
    assert_int_equal(transport_receive(&transport, bytes, sizeof bytes), 3);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_memory_equal(bytes, "abc", 3);

    while (send(ends[0], bytes, sizeof bytes, MSG_DONTWAIT) > 0) /* until it is full */
        ;
    atomic_store(&signals, 0);
    end = read_from_it;
    struct iovec pieces[] = {{bytes, 5}, {bytes, 2}};
    assert_int_equal(pthread_create(&thread, NULL, interrupt, &end), 0);
    assert_int_equal(transport_send(&transport, pieces, 2), 7);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void what_cannot_be_done_now_fails(void **state)
{
    (void)state;
    char bytes[100] = {0};
    struct iovec piece = {bytes, sizeof bytes};
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    errno = EINTR; /* of a call before */
    assert_int_equal(transport_receive(&transport, bytes, sizeof bytes), -1);
    assert_true(errno == EAGAIN || errno == EWOULDBLOCK);
    do
        errno = EINTR;
    while (transport_send(&transport, &piece, 1) > 0);
    assert_true(errno == EAGAIN || errno == EWOULDBLOCK);
}

static void the_end_is_for_what_is_sent(void **state)
{
    (void)state;
    char bytes[4];
    struct iovec piece = {bytes, 1};
    assert_int_equal(send(ends[1], "x", 1, 0), 1);
    assert_int_equal(transport_end(&transport), 0);
    assert_int_equal(recv(ends[1], bytes, 1, 0), 0);
    assert_int_equal(transport_receive(&transport, bytes, sizeof bytes), 1);
    assert_int_equal(transport_send(&transport, &piece, 1), -1); /* without a signal that ends the program */
    assert_int_equal(errno, EPIPE);
    close(ends[1]);
    ends[1] = -1;
    errno = EINTR; /* of a call before */
    assert_int_equal(transport_receive(&transport, bytes, sizeof bytes), 0);
    const struct transport none = {&transport_plain, -1};
    transport = none;
    assert_int_equal(transport_end(&transport), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(signals_do_not_end_what_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_done_now_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_end_is_for_what_is_sent, set_up, tear_down),
    };
    struct sigaction action = {.sa_handler = count_signal}; /* calls are not started again */
    (void)sigaction(SIGUSR1, &action, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
