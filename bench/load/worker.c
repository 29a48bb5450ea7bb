/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <kwire/endian.h>

#include "clock.h"
#include "program.h"

enum {
    SIZE_FIELD = 4,
    CORRELATION_ID_IN_REQUEST = 8,
    CORRELATION_ID_IN_ANSWER = 4,
    INPUT_SIZE = 256 * 1024,
    DROP_FROM = 64 * 1024,
    PIECES = 64,
    EVENTS = 256,
    SILENCE_MS = 20000
};

struct connection {
    unsigned number;
    int fd;
    bool is_blocked;    /* the socket takes no more at the moment */
    uint32_t asked;     /* requests made; the next one's correlation id */
    uint32_t sent;      /* of them, how many the socket has taken */
    size_t sent_bytes;  /* of the next one */
    uint32_t answered;  /* the correlation id of the next answer */
    uint64_t *asked_at; /* of the requests in flight, by correlation id modulo depth */
    uint8_t *own;       /* their own bytes, in the same order */
    uint8_t head[ANSWER_HEAD_MAX];
    size_t have; /* received bytes of the current answer */
    size_t size; /* of the current answer, once its size field is here */
};

/* The state of a thread. */
struct engine {
    struct worker *worker;
    struct load *load;
    struct connection *connections;
    uint8_t *input;
    int poll;
    unsigned in_flight; /* of all connections */
    bool is_out;        /* the budget is used */
    int timer;          /* of open load */
    double next_due;    /* ns */
    unsigned next;      /* the connection whose turn it is */
};

/* ---- sending ---- */

/* Adds a piece, to the one before it if that ends there. */
static int add_piece(struct iovec *pieces, int count, const uint8_t *data, size_t size)
{
    if (size == 0)
        return count;
    if (count > 0 && (uint8_t *)pieces[count - 1].iov_base + pieces[count - 1].iov_len == data) {
        pieces[count - 1].iov_len += size;
        return count;
    }
    pieces[count] = (struct iovec){(void *)(uintptr_t)data, size};
    return count + 1;
}

static int next_pieces(const struct engine *e, const struct connection *c, struct iovec pieces[PIECES])
{
    const struct requests *r = &e->load->requests;
    size_t skip = c->sent_bytes;
    int count = 0;
    for (uint32_t i = c->sent; i != c->asked && count + 2 <= PIECES; i++, skip = 0) {
        const uint8_t *own = c->own + i % e->load->depth * r->own;
        size_t of_own = skip < r->own ? skip : r->own;
        count = add_piece(pieces, count, own + of_own, r->own - of_own);
        count = add_piece(pieces, count, r->tail + (skip - of_own), r->tail_size - (skip - of_own));
    }
    return count;
}

static void wait_for_output(const struct engine *e, struct connection *c, bool wait)
{
    struct epoll_event event = {.events = EPOLLIN | (wait ? (unsigned)EPOLLOUT : 0), .data.ptr = c};
    if (c->is_blocked != wait && epoll_ctl(e->poll, EPOLL_CTL_MOD, c->fd, &event) != 0)
        die("epoll_ctl: %s", strerror(errno));
    c->is_blocked = wait;
}

static void send_some(struct engine *e, struct connection *c)
{
    size_t size = e->load->requests.own + e->load->requests.tail_size;
    struct iovec pieces[PIECES];
    while (c->sent != c->asked) {
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = (size_t)next_pieces(e, c, pieces)};
        ssize_t n = sendmsg(c->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0)
            die("the server does not accept requests: %s", strerror(errno));
        c->sent_bytes += (size_t)n;
        c->sent += (uint32_t)(c->sent_bytes / size);
        c->sent_bytes %= size;
    }
    wait_for_output(e, c, c->sent != c->asked);
}

static bool use_budget(struct engine *e)
{
    uint_fast64_t left = atomic_load_explicit(&e->load->budget, memory_order_relaxed);
    while (left != 0 && !atomic_compare_exchange_weak(&e->load->budget, &left, left - 1)) {
    }
    e->is_out = left == 0;
    return !e->is_out;
}

static void ask(struct engine *e, struct connection *c, uint64_t when)
{
    const struct requests *r = &e->load->requests;
    uint8_t *own = c->own + c->asked % e->load->depth * r->own;
    if (r->fill != NULL)
        r->fill(r, c->number, c->asked, own);
    kw_store_be32(own + CORRELATION_ID_IN_REQUEST, c->asked);
    c->asked_at[c->asked++ % e->load->depth] = when;
    e->in_flight++;
}

static void ask_many(struct engine *e, struct connection *c, unsigned count)
{
    uint64_t now = clock_now();
    while (count-- > 0 && use_budget(e))
        ask(e, c, now);
    if (!c->is_blocked)
        send_some(e, c);
}

/* ---- open load ---- */

static void set_timer(const struct engine *e)
{
    uint64_t due = (uint64_t)e->next_due;
    struct itimerspec when = {.it_value = {(time_t)(due / 1000000000), (long)(due % 1000000000)}};
    if (timerfd_settime(e->timer, TFD_TIMER_ABSTIME, &when, NULL) != 0)
        die("timerfd_settime: %s", strerror(errno));
}

/* The connections take turns; one that has as many requests in flight as it may have is passed over. */
static struct connection *next_connection(struct engine *e)
{
    for (unsigned i = 0; i < e->worker->connections; i++) {
        struct connection *c = &e->connections[e->next++ % e->worker->connections];
        if (c->asked - c->answered < e->load->depth)
            return c;
    }
    return NULL;
}

static void ask_what_is_due(struct engine *e)
{
    struct connection *c;
    while (e->next_due <= (double)clock_now() && (c = next_connection(e)) != NULL && use_budget(e)) {
        ask(e, c, (uint64_t)e->next_due);
        if (!c->is_blocked)
            send_some(e, c);
        e->next_due += 1e9 / e->load->rate;
    }
}

static void start_open_load(struct engine *e)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    (void)prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    e->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (e->timer < 0 || epoll_ctl(e->poll, EPOLL_CTL_ADD, e->timer, &event) != 0)
        die("no timer: %s", strerror(errno));
    e->next_due = (double)clock_now();
    set_timer(e);
}

static void tick(struct engine *e)
{
    uint64_t expired;
    if (read(e->timer, &expired, sizeof expired) < 0 && errno != EAGAIN)
        die("the timer: %s", strerror(errno));
    ask_what_is_due(e);
    set_timer(e);
}

/* ---- receiving ---- */

static void check_head(const struct engine *e, struct connection *c)
{
    const struct requests *r = &e->load->requests;
    uint32_t id = kw_load_be32(c->head + CORRELATION_ID_IN_ANSWER);
    if (id != c->answered)
        die("answer %u of a connection has correlation id %u", c->answered, id);
    r->check(r, c->number, c->answered, c->head, c->size);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Returns the number of bytes that belong to the head. */
static size_t take_head(const struct engine *e, struct connection *c, const uint8_t *data, size_t size)
{
    size_t wanted = c->have < SIZE_FIELD ? SIZE_FIELD : smaller(e->load->requests.head, c->size);
    size_t n = smaller(wanted - c->have, size);
    memcpy(c->head + c->have, data, n);
    c->have += n;
    if (c->have == SIZE_FIELD)
        c->size = (size_t)kw_load_be32(c->head) + SIZE_FIELD;
    if (c->have == wanted && c->have != SIZE_FIELD)
        check_head(e, c);
    return n;
}

static bool has_head(const struct engine *e, const struct connection *c)
{
    return c->have > SIZE_FIELD && c->have >= smaller(e->load->requests.head, c->size);
}

static size_t take_rest(struct connection *c, size_t size)
{
    size_t n = smaller(c->size - c->have, size);
    c->have += n;
    return n;
}

/* Whether the answer is complete now. */
static bool end_answer(struct engine *e, struct connection *c)
{
    if (c->size == 0 || c->have != c->size)
        return false;
    if (atomic_load_explicit(&e->load->phase, memory_order_relaxed) == MEASURES)
        histogram_add(&e->worker->latencies, clock_now() - c->asked_at[c->answered % e->load->depth]);
    c->answered++;
    c->have = c->size = 0;
    e->in_flight--;
    return true;
}

/* The number of answers that these bytes complete. */
static unsigned take(struct engine *e, struct connection *c, const uint8_t *data, size_t size)
{
    unsigned complete = 0;
    while (size != 0) {
        size_t n = has_head(e, c) ? take_rest(c, size) : take_head(e, c, data, size);
        data += n;
        size -= n;
        complete += end_answer(e, c);
    }
    return complete;
}

/* What is left of a large answer is dropped by the system, without copying. */
static ssize_t receive_some(struct engine *e, struct connection *c, unsigned *complete)
{
    bool drop = has_head(e, c) && c->size - c->have >= DROP_FROM;
    ssize_t n = drop ? recv(c->fd, NULL, c->size - c->have, MSG_DONTWAIT | MSG_TRUNC)
                     : recv(c->fd, e->input, INPUT_SIZE, MSG_DONTWAIT);
    *complete = 0;
    if (n > 0 && drop) {
        (void)take_rest(c, (size_t)n);
        *complete = end_answer(e, c);
    } else if (n > 0) {
        *complete = take(e, c, e->input, (size_t)n);
    }
    return n;
}

static void receive(struct engine *e, struct connection *c)
{
    unsigned complete;
    ssize_t n = receive_some(e, c, &complete);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        die("the server ended a connection: %s", n < 0 ? strerror(errno) : "no error");
    if (complete != 0 && e->load->rate > 0)
        ask_what_is_due(e);
    else if (complete != 0)
        ask_many(e, c, complete);
}

/* ---- the thread ---- */

static void dial(struct engine *e, struct connection *c)
{
    const struct load *load = e->load;
    int on = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    c->asked_at = must_have(calloc(load->depth, sizeof *c->asked_at));
    c->own = must_have(malloc(load->depth * load->requests.own));
    for (unsigned i = 0; i < load->depth; i++)
        memcpy(c->own + i * load->requests.own, load->requests.frame, load->requests.own);
    if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&load->address, sizeof load->address) != 0 ||
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        epoll_ctl(e->poll, EPOLL_CTL_ADD, c->fd, &event) != 0)
        die("cannot connect: %s", strerror(errno));
}

static void prepare(struct engine *e, struct worker *worker)
{
    memset(e, 0, sizeof *e);
    e->worker = worker;
    e->load = worker->load;
    e->connections = must_have(calloc(worker->connections, sizeof *e->connections));
    e->input = must_have(malloc(INPUT_SIZE));
    e->poll = epoll_create1(EPOLL_CLOEXEC);
    e->timer = -1;
    for (unsigned i = 0; i < worker->connections; i++) {
        e->connections[i].number = worker->first + i;
        dial(e, &e->connections[i]);
    }
}

static void finish(struct engine *e)
{
    for (unsigned i = 0; i < e->worker->connections; i++) {
        close(e->connections[i].fd);
        free(e->connections[i].asked_at);
        free(e->connections[i].own);
    }
    if (e->timer >= 0)
        close(e->timer);
    close(e->poll);
    free(e->connections);
    free(e->input);
}

static void serve(struct engine *e, const struct epoll_event *event)
{
    struct connection *c = event->data.ptr;
    if (c == NULL) {
        tick(e);
        return;
    }
    if ((event->events & EPOLLOUT) != 0)
        send_some(e, c);
    if ((event->events & ~(unsigned)EPOLLOUT) != 0)
        receive(e, c);
}

static void start(struct engine *e)
{
    if (e->load->rate > 0)
        start_open_load(e);
    else
        for (unsigned i = 0; i < e->worker->connections; i++)
            ask_many(e, &e->connections[i], e->load->depth);
}

static void *run(void *argument)
{
    struct engine e;
    struct epoll_event events[EVENTS];
    prepare(&e, argument);
    pthread_barrier_wait(&e.load->connected);
    start(&e);
    while (atomic_load_explicit(&e.load->phase, memory_order_relaxed) != ENDS && !(e.is_out && e.in_flight == 0)) {
        int n = epoll_wait(e.poll, events, EVENTS, SILENCE_MS);
        if (n == 0)
            die("no answer for %d seconds", SILENCE_MS / 1000);
        for (int i = 0; i < n; i++)
            serve(&e, &events[i]);
    }
    finish(&e);
    (void)atomic_fetch_sub(&e.load->working, 1);
    return NULL;
}

void worker_start(struct worker *worker)
{
    int error = pthread_create(&worker->thread, NULL, run, worker);
    if (error != 0)
        die("no thread: %s", strerror(error));
}
