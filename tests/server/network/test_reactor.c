/* SPDX-License-Identifier: Apache-2.0 */
/* Reactors run tasks, timers and what comes by sockets, and sleep in between; listeners accept on them. */
#include "../../unit/support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../support/captured.h"
#include "base/thread.h"
#include "network/listener.h"
#include "network/socket.h"

enum { TASKS = 50, PATIENCE_MS = 20000 };

static struct worker_pool workers;
static struct reactor reactor;
static struct timer end;
static struct captured captured;

static void stop(struct timer *timer)
{
    (void)timer;
    reactor_stop(&reactor);
}

static int set_up(void **state)
{
    (void)state;
    memset(&reactor, 0x5a, sizeof reactor);
    end = (struct timer){.fire = stop};
    return worker_pool_init(&workers, 2) && reactor_init(&reactor, &workers) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    worker_pool_finish(&workers);
    reactor_finish(&reactor);
    return 0;
}

/* Runs the reactor on this thread until something stops it, but not for longer than that. */
static void run_for(int64_t ms)
{
    reactor.stopping = false;
    executor_start_timer(&reactor.executor, &end, ms);
    reactor_run(&reactor);
    executor_stop_timer(&reactor.executor, &end);
}

/* ---- tasks ---- */

struct job {
    struct task task; /* first */
    int number;
    struct job *posts;
    pthread_t thread;
};

static int order[TASKS];
static int ran;
static int last = TASKS;

static void run(struct task *task)
{
    struct job *job = (struct job *)(void *)task;
    order[ran++] = job->number;
    job->thread = pthread_self();
    if (job->posts != NULL)
        executor_post(&reactor.executor, &job->posts->task);
    if (ran == last)
        reactor_stop(&reactor);
}

static void tasks_run_in_order(void **state)
{
    (void)state;
    struct job jobs[TASKS];
    ran = 0;
    last = TASKS;
    for (int i = 0; i < TASKS; i++)
        jobs[i] = (struct job){.task = {.run = run}, .number = i};
    for (int i = 0; i < TASKS - 2; i++)
        executor_post(&reactor.executor, &jobs[i].task);
    jobs[0].posts = &jobs[TASKS - 2]; /* comes after what waits already */
    jobs[TASKS - 2].posts = &jobs[TASKS - 1];
    run_for(PATIENCE_MS);
    assert_int_equal(ran, TASKS);
    for (int i = 0; i < TASKS; i++)
        assert_int_equal(order[i], i);
}

static void *post_later(void *argument)
{
    const struct timespec time = {0, 30 * 1000000};
    (void)nanosleep(&time, NULL);
    executor_post(&reactor.executor, argument);
    return NULL;
}

static int64_t processor_ms(void)
{
    struct timespec used;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static void a_sleeping_reactor_is_woken(void **state)
{
    (void)state;
    pthread_t thread;
    last = 1;
    for (int i = 0; i < 5; i++) {
        struct job job = {.task = {.run = run}};
        ran = 0;
        assert_int_equal(thread_start(&thread, post_later, &job.task), 0);
        run_for(PATIENCE_MS);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(ran, 1);
        assert_true(pthread_equal(job.thread, pthread_self()));
    }
    int64_t before = processor_ms();
    run_for(300);
    assert_in_range(processor_ms() - before, 0, 150); /* it sleeps meanwhile, and does not turn */
}

/* It has the descriptors of its poller and of what wakes it, and closes them. */
static void descriptors_are_closed(void **state)
{
    (void)state;
    struct reactor other;
    int before = dup(STDERR_FILENO);
    close(before);
    for (int i = 0; i < 3; i++) {
        assert_true(reactor_init(&other, &workers));
        assert_true((fcntl(other.wakeup.read_fd, F_GETFL) & O_NONBLOCK) != 0);
        assert_true((fcntl(other.wakeup.read_fd, F_GETFD) & FD_CLOEXEC) != 0);
        wakeup_clear(&other.wakeup); /* does not wait */
        wakeup_signal(&other.wakeup);
        wakeup_signal(&other.wakeup);
        struct poller_event event;
        assert_int_equal(poller_wait(other.poller, &event, 1, 0), 1);
        assert_ptr_equal(event.source, &other);
        wakeup_clear(&other.wakeup);
        assert_int_equal(poller_wait(other.poller, &event, 1, 0), 0);
        reactor_finish(&other);
    }
    int after = dup(STDERR_FILENO);
    close(after);
    assert_int_equal(after, before);
}

enum { THREADS = 4, EACH = 3000 };

static struct task shared_tasks[THREADS][EACH];
static int counted;

static void count(struct task *task)
{
    (void)task;
    if (++counted == THREADS * EACH)
        reactor_stop(&reactor);
}

static void *post_many(void *argument)
{
    struct task *mine = argument;
    for (int i = 0; i < EACH; i++) {
        mine[i].run = count;
        executor_post(&reactor.executor, &mine[i]);
    }
    return NULL;
}

static void threads_post_at_once(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(thread_start(&threads[i], post_many, shared_tasks[i]), 0);
    run_for(PATIENCE_MS);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(counted, THREADS * EACH);
}

static struct job finished = {.task = {.run = run}, .number = 2};

static void work(struct task *task)
{
    ((struct job *)(void *)task)->thread = pthread_self();
    executor_post(&reactor.executor, &finished.task);
}

static void workers_post_back(void **state)
{
    (void)state;
    struct job job = {.task = {.run = work}};
    ran = 0;
    last = 1;
    executor_offload(&reactor.executor, &job.task);
    run_for(PATIENCE_MS);
    assert_int_equal(ran, 1);
    assert_int_equal(order[0], 2);
    assert_false(pthread_equal(job.thread, pthread_self()));
    assert_true(pthread_equal(finished.thread, pthread_self()));
}

static int64_t fired_at;

static void fire(struct timer *timer)
{
    (void)timer;
    fired_at = executor_now(&reactor.executor);
    reactor_stop(&reactor);
}

static void timers_fire_in_time(void **state)
{
    (void)state;
    struct timer timer = {.fire = fire};
    static const int64_t delays[] = {0, 1, 30, 100};
    for (size_t i = 0; i < COUNT_OF(delays); i++) {
        int64_t before = executor_now(&reactor.executor);
        executor_start_timer(&reactor.executor, &timer, delays[i]);
        run_for(PATIENCE_MS);
        assert_false(timer_is_running(&timer));
        assert_in_range(fired_at - before, delays[i], delays[i] + PATIENCE_MS / 2);
    }
    executor_start_timer(&reactor.executor, &timer, INT64_MAX); /* no time is too long */
    fired_at = -1;
    run_for(20);
    assert_int_equal(fired_at, -1);
    assert_true(timer_is_running(&timer));
    executor_stop_timer(&reactor.executor, &timer);
    assert_false(timer_is_running(&timer));
}

/* ---- listeners ---- */

static struct listener listener;
static int accepted[200];
static int accepted_count;
static int enough;

static void accept_one(void *context, int fd)
{
    assert_ptr_equal(context, &listener);
    accepted[accepted_count++] = fd;
    if (accepted_count == enough)
        reactor_stop(&reactor);
}

static void close_accepted(void)
{
    while (accepted_count > 0)
        close(accepted[--accepted_count]);
}

static int connect_to(const char *host, uint16_t port)
{
    struct sockaddr_storage address = {0};
    socklen_t size;
    if (strchr(host, ':') != NULL) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        (void)inet_pton(AF_INET6, host, &v6->sin6_addr);
        size = sizeof *v6;
    } else {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        (void)inet_pton(AF_INET, host, &v4->sin_addr);
        size = sizeof *v4;
    }
    int fd = socket(address.ss_family, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, size) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void listen_at(const char *text, struct endpoint *at)
{
    assert_true(endpoint_parse(text, at));
    assert_true(listener_open(&listener, at));
    assert_int_equal(listener.port, at->port);
    assert_true(at->port != 0);
}

static int option_of(int fd, int level, int option)
{
    int value = 0;
    socklen_t size = sizeof value;
    assert_int_equal(getsockopt(fd, level, option, &value, &size), 0);
    return value;
}

static void connections_are_accepted(void **state)
{
    (void)state;
    struct endpoint at, peer, name;
    int fds[150];
    listen_at("127.0.0.1:0", &at);
    assert_string_equal(at.host, "127.0.0.1");
    assert_true(listener_start(&listener, &reactor, accept_one, &listener));
    enough = 150; /* more than are accepted at once */
    for (int i = 0; i < enough; i++)
        assert_true((fds[i] = connect_to("127.0.0.1", at.port)) >= 0);
    run_for(PATIENCE_MS);
    assert_int_equal(accepted_count, enough);
    int fd = accepted[0];
    assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_true(option_of(fd, IPPROTO_TCP, TCP_NODELAY) != 0);
    assert_true(option_of(fd, SOL_SOCKET, SO_KEEPALIVE) != 0);
    socket_name(fd, &name);
    assert_string_equal(name.host, "127.0.0.1");
    assert_int_equal(name.port, at.port);
    socket_peer(fd, &peer);
    socket_name(fds[0], &name);
    assert_string_equal(peer.host, "127.0.0.1");
    assert_int_equal(peer.port, name.port);
    socket_peer(-1, &peer);
    assert_string_equal(peer.host, "");
    assert_int_equal(peer.port, 0);
    socket_name(-1, &name);
    assert_string_equal(name.host, "");

    listener_stop(&listener);
    listener_stop(&listener); /* once more does nothing */
    close_accepted();
    int late = connect_to("127.0.0.1", at.port);
    run_for(50);
    assert_int_equal(accepted_count, 0);
    close(late);
    listener_close(&listener);
    assert_int_equal(connect_to("127.0.0.1", at.port), -1);
    for (int i = 0; i < enough; i++)
        close(fds[i]);
}

static void every_interface_is_both_families(void **state)
{
    (void)state;
    struct endpoint at;
    listen_at(":0", &at);
    assert_true(endpoint_is_wildcard(&at));
    assert_true(at.host[0] != '\0');
    assert_int_equal(listener.count, 1);
    int v4 = connect_to("127.0.0.1", at.port);
    assert_true(v4 >= 0);
    close(v4);
    if (strcmp(at.host, "::") == 0) {
        int v6 = connect_to("::1", at.port);
        assert_true(v6 >= 0 || errno == EADDRNOTAVAIL);
        if (v6 >= 0)
            close(v6);
    }
    listener_close(&listener);
}

/* A socket of IPv6 leaves the same port of IPv4 to others, unless it serves every interface. */
static void addresses_are_opened_one_by_one(void **state)
{
    (void)state;
    struct endpoint at, again;
    assert_true(endpoint_parse("[::1]:0", &at));
    capture_start(&captured);
    bool has_ipv6 = listener_open(&listener, &at);
    (void)capture_end(&captured);
    if (!has_ipv6)
        skip();
    struct listener v6 = listener;
    again = (struct endpoint){"127.0.0.1", at.port};
    assert_true(listener_open(&listener, &again));
    assert_int_equal(again.port, at.port);
    listener_close(&listener);
    listener_close(&v6);
    assert_int_equal(connect_to("::1", at.port), -1);
}

static void assert_not_opened(struct endpoint at, const char *complaint)
{
    capture_start(&captured);
    bool opened = listener_open(&listener, &at);
    const char *said = capture_end(&captured);
    assert_false(opened);
    assert_int_equal(listener.count, 0);
    if (strstr(said, complaint) == NULL)
        fail_msg("not `%s`, but `%s`", complaint, said);
}

static void addresses_that_cannot_be_listened_on(void **state)
{
    (void)state;
    struct endpoint at;
    char expected[128];
    listen_at("127.0.0.1:0", &at);
    struct listener first = listener;
    (void)snprintf(expected, sizeof expected, "cannot listen on 127.0.0.1:%u: %s: stop who does, ", at.port,
                   strerror(EADDRINUSE));
    assert_not_opened(at, expected);
    listener_close(&first);
    assert_true(listener_open(&listener, &at)); /* at once */
    listener_close(&listener);

    (void)snprintf(expected, sizeof expected, "cannot listen on 192.0.2.1:9092: %s\n", strerror(EADDRNOTAVAIL));
    assert_not_opened((struct endpoint){"192.0.2.1", 9092}, expected);
}

/* Without descriptors accepting would fail at once again: it pauses, which is reported once. */
static void accepting_pauses_without_descriptors(void **state)
{
    (void)state;
    struct endpoint at;
    struct rlimit limit;
    listen_at("127.0.0.1:0", &at);
    assert_true(listener_start(&listener, &reactor, accept_one, &listener));
    int fd = connect_to("127.0.0.1", at.port);
    assert_true(fd >= 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    enough = 1;
    capture_start(&captured);
    struct rlimit none = {1, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int64_t before = processor_ms();
    run_for(250); /* two more attempts */
    int64_t used = processor_ms() - before;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    const char *said = capture_end(&captured);
    assert_int_equal(accepted_count, 0);
    assert_in_range(used, 0, 150);
    char expected[128];
    (void)snprintf(expected, sizeof expected, "cannot accept connections: %s\n", strerror(EMFILE));
    assert_non_null(strstr(said, expected));
    assert_null(strstr(strstr(said, expected) + 1, "cannot accept"));
    run_for(PATIENCE_MS);
    assert_int_equal(accepted_count, 1);
    close_accepted();
    close(fd);
    listener_stop(&listener);
    listener_close(&listener);
}

static void do_nothing(struct task *task)
{
    (void)task;
}

/* However many post while it sleeps. Linux counts signals. */
static void a_sleeping_reactor_is_signalled_once(void **state)
{
    (void)state;
    struct task tasks[3] = {{.run = do_nothing}, {.run = do_nothing}, {.run = do_nothing}};
    uint64_t signals = 0;
    reactor.awake = false;
    for (size_t i = 0; i < COUNT_OF(tasks); i++)
        executor_post(&reactor.executor, &tasks[i]);
#ifdef __linux__
    assert_int_equal(read(reactor.wakeup.read_fd, &signals, sizeof signals), sizeof signals);
    assert_int_equal(signals, 1);
#else
    (void)signals;
#endif
    run_for(1);
}

int main(void)
{
#define ON_REACTOR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ON_REACTOR(tasks_run_in_order),
        ON_REACTOR(a_sleeping_reactor_is_woken),
        ON_REACTOR(a_sleeping_reactor_is_signalled_once),
        ON_REACTOR(threads_post_at_once),
        ON_REACTOR(descriptors_are_closed),
        ON_REACTOR(workers_post_back),
        ON_REACTOR(timers_fire_in_time),
        ON_REACTOR(connections_are_accepted),
        cmocka_unit_test(every_interface_is_both_families),
        cmocka_unit_test(addresses_are_opened_one_by_one),
        cmocka_unit_test(addresses_that_cannot_be_listened_on),
        ON_REACTOR(accepting_pauses_without_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
