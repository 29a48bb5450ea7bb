/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kwire/endian.h>

#include "clock.h"

enum {
    SIZE_FIELD = 4,
    CORRELATION_ID_IN_REQUEST = 8,
    CORRELATION_ID_IN_ANSWER = 4,
    INPUT_SIZE = 256 * 1024,
    EVENTS = 256,
    SILENCE_MS = 20000
};

struct connection {
    int fd;
    uint32_t asked;    /* requests sent; the next one's correlation id */
    uint32_t answered; /* the correlation id of the next answer */
    uint64_t *sent_at; /* of the requests in flight, by correlation id modulo depth */
    uint8_t head[REFERENCE_HEAD];
    size_t have; /* received bytes of the current answer */
};

/* The state of a thread. */
struct engine {
    struct worker *worker;
    const struct load *load;
    struct connection *connections;
    uint8_t *requests; /* as many as the depth, one after another */
    uint8_t *input;
    int poll;
};

static void *must_have(void *memory)
{
    if (memory == NULL)
        die("no memory");
    return memory;
}

/* ---- sending ---- */

/* Requests in flight fit in the buffers of the socket, so this does not wait for the server to read. */
static void ask(struct engine *e, struct connection *c, unsigned count)
{
    size_t size = e->load->frame_size;
    uint64_t now = clock_now();
    for (unsigned i = 0; i < count; i++) {
        kw_store_be32(e->requests + i * size + CORRELATION_ID_IN_REQUEST, c->asked);
        c->sent_at[c->asked++ % e->load->depth] = now;
    }
    if (send(c->fd, e->requests, count * size, MSG_NOSIGNAL) != (ssize_t)(count * size))
        die("the server does not accept requests: %s", strerror(errno));
}

/* ---- receiving ---- */

static void check_size(const struct engine *e, const struct connection *c)
{
    size_t size = (size_t)kw_load_be32(c->head) + SIZE_FIELD;
    if (size != e->load->reference.size)
        die("answer %u of a connection has %zu bytes, the first one has %zu", c->answered, size,
            e->load->reference.size);
}

static void check_head(const struct engine *e, const struct connection *c)
{
    uint32_t id = kw_load_be32(c->head + CORRELATION_ID_IN_ANSWER);
    if (id != c->answered)
        die("answer %u of a connection has correlation id %u", c->answered, id);
    if (memcmp(c->head + REFERENCE_COMMON_AT, e->load->reference.head + REFERENCE_COMMON_AT,
               REFERENCE_HEAD - REFERENCE_COMMON_AT) != 0)
        die("answer %u of a connection does not start like the first one", c->answered);
}

/* Returns the number of bytes that belong to the head. */
static size_t take_head(const struct engine *e, struct connection *c, const uint8_t *data, size_t size)
{
    size_t n = REFERENCE_HEAD - c->have < size ? REFERENCE_HEAD - c->have : size;
    memcpy(c->head + c->have, data, n);
    c->have += n;
    if (c->have >= SIZE_FIELD)
        check_size(e, c);
    if (c->have == REFERENCE_HEAD)
        check_head(e, c);
    return n;
}

static size_t take_rest(const struct engine *e, struct connection *c, size_t size)
{
    size_t wanted = e->load->reference.size - c->have;
    size_t n = wanted < size ? wanted : size;
    c->have += n;
    return n;
}

static void end_answer(struct engine *e, struct connection *c, uint64_t now)
{
    if (atomic_load_explicit(&e->load->phase, memory_order_relaxed) == MEASURES)
        histogram_add(&e->worker->latencies, now - c->sent_at[c->answered % e->load->depth]);
    c->answered++;
    c->have = 0;
}

/* The number of answers that these bytes complete. */
static unsigned take(struct engine *e, struct connection *c, const uint8_t *data, size_t size)
{
    uint64_t now = clock_now();
    unsigned complete = 0;
    while (size != 0) {
        size_t n = c->have < REFERENCE_HEAD ? take_head(e, c, data, size) : take_rest(e, c, size);
        data += n;
        size -= n;
        if (c->have == e->load->reference.size) {
            end_answer(e, c, now);
            complete++;
        }
    }
    return complete;
}

static void receive(struct engine *e, struct connection *c)
{
    ssize_t n = recv(c->fd, e->input, INPUT_SIZE, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        die("the server ended a connection: %s", n < 0 ? strerror(errno) : "no error");
    unsigned complete = take(e, c, e->input, (size_t)n);
    if (complete != 0)
        ask(e, c, complete);
}

/* ---- the thread ---- */

static void dial(struct engine *e, struct connection *c)
{
    int on = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    c->sent_at = must_have(calloc(e->load->depth, sizeof *c->sent_at));
    if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&e->load->address, sizeof e->load->address) != 0 ||
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        epoll_ctl(e->poll, EPOLL_CTL_ADD, c->fd, &event) != 0)
        die("cannot connect: %s", strerror(errno));
}

static void prepare(struct engine *e, struct worker *worker)
{
    const struct load *load = worker->load;
    e->worker = worker;
    e->load = load;
    e->connections = must_have(calloc(worker->connections, sizeof *e->connections));
    e->requests = must_have(malloc(load->depth * load->frame_size));
    e->input = must_have(malloc(INPUT_SIZE));
    e->poll = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < load->depth; i++)
        memcpy(e->requests + i * load->frame_size, load->frame, load->frame_size);
    for (unsigned i = 0; i < worker->connections; i++)
        dial(e, &e->connections[i]);
}

static void finish(struct engine *e)
{
    for (unsigned i = 0; i < e->worker->connections; i++) {
        close(e->connections[i].fd);
        free(e->connections[i].sent_at);
    }
    close(e->poll);
    free(e->connections);
    free(e->requests);
    free(e->input);
}

static void *run(void *argument)
{
    struct engine e;
    struct epoll_event events[EVENTS];
    prepare(&e, argument);
    pthread_barrier_wait((pthread_barrier_t *)&e.load->connected);
    for (unsigned i = 0; i < e.worker->connections; i++)
        ask(&e, &e.connections[i], e.load->depth);
    while (atomic_load_explicit(&e.load->phase, memory_order_relaxed) != ENDS) {
        int n = epoll_wait(e.poll, events, EVENTS, SILENCE_MS);
        if (n == 0)
            die("no answer for %d seconds", SILENCE_MS / 1000);
        for (int i = 0; i < n; i++)
            receive(&e, events[i].data.ptr);
    }
    finish(&e);
    return NULL;
}

void worker_start(struct worker *worker)
{
    int error = pthread_create(&worker->thread, NULL, run, worker);
    if (error != 0)
        die("no thread: %s", strerror(error));
}
