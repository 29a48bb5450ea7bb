/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kwire/endian.h>

#include "../../bench/load/clock.h"
#include "../../bench/load/exchange.h"
#include "../../bench/load/measure.h"
#include "../../bench/load/program.h"

enum { FRAME_LIMIT = 64 * 1024 * 1024, EVENTS = 256, WAIT_MS = 5, HEAD = 4 };

/* A broker that is alive answers; one that does not is a failure of the run. */
static const double PATIENCE_SECONDS = 90;

void links_init(struct links *all, uint16_t port)
{
    *all = (struct links){.address = loopback(port), .poll = epoll_create1(EPOLL_CLOEXEC), .now = clock_now()};
    if (all->poll < 0)
        die("epoll: %s", strerror(errno));
    kw_arena_init_growing(&all->arena, NULL, 0, kw_allocator_libc(), FRAME_LIMIT);
    kw_writer_init_growing(&all->frame, kw_allocator_libc(), FRAME_LIMIT);
}

void links_finish(struct links *all)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i]->fd >= 0)
            (void)close(all->items[i]->fd);
        free(all->items[i]->out);
        free(all->items[i]->in);
    }
    free(all->items);
    (void)close(all->poll);
    kw_arena_finish(&all->arena);
    kw_writer_finish(&all->frame);
}

void link_rest(struct link *l, double seconds)
{
    l->due = l->all->now + (uint64_t)(seconds * 1e9);
}

void links_add(struct links *all, struct link *l, double seconds)
{
    if (all->count == all->capacity) {
        all->capacity = all->capacity * 2 + 64;
        all->items = must_have(realloc(all->items, all->capacity * sizeof *all->items));
    }
    all->items[all->count++] = l;
    l->all = all;
    l->fd = -1;
    link_rest(l, seconds);
}

uint64_t link_latency(const struct link *l)
{
    return l->all->now - l->asked_at;
}

/* ---- the connection ---- */

static void hang_up(struct link *l)
{
    if (l->fd >= 0)
        (void)close(l->fd);
    free(l->in);
    free(l->out);
    l->fd = -1;
    l->in = l->out = NULL;
    l->in_have = l->out_size = l->out_sent = 0;
    l->is_connecting = false;
}

static void lose(struct link *l)
{
    bool was_asking = l->is_asking;
    hang_up(l);
    l->is_asking = false;
    if (!was_asking)
        return;
    l->all->lost++;
    l->due = UINT64_MAX;
    l->lost(l);
}

static bool is_for_later(int error)
{
    return error == EAGAIN || error == EINTR;
}

/* False: the connection has ended. */
static bool flush(struct link *l)
{
    while (l->out_sent < l->out_size) {
        ssize_t sent = send(l->fd, l->out + l->out_sent, l->out_size - l->out_sent, MSG_NOSIGNAL);
        if (sent < 0)
            return is_for_later(errno);
        l->out_sent += (size_t)sent;
    }
    return true;
}

/* False: it cannot be connected to. */
static bool start_connecting(struct link *l)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = l};
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->fd < 0 || epoll_ctl(l->all->poll, EPOLL_CTL_ADD, l->fd, &event) != 0)
        die("a connection: %s", strerror(errno));
    l->is_connecting = true;
    return connect(l->fd, (const struct sockaddr *)&l->all->address, sizeof l->all->address) == 0 ||
           errno == EINPROGRESS;
}

void link_ask(struct link *l, int16_t key, int16_t version, const void *body)
{
    struct links *all = l->all;
    kw_writer_reset(&all->frame);
    exchange_encode(&all->frame, key, version, ++l->correlation, body);
    kw_span frame = kw_writer_data(&all->frame);
    l->out = must_have(realloc(l->out, frame.size));
    memcpy(l->out, frame.data, frame.size);
    l->out_size = frame.size;
    l->out_sent = 0;
    l->key = key;
    l->version = version;
    l->is_asking = true;
    l->asked_at = all->now;
    l->due = UINT64_MAX;
}

/* ---- answers ---- */

static void take_answer(struct link *l)
{
    uint8_t *frame = l->in;
    if (l->in_size < sizeof(int32_t) || (int32_t)kw_load_be32(frame) != l->correlation)
        die("an answer to another request");
    kw_arena_reset(&l->all->arena);
    const void *body = exchange_decode(&l->all->arena, l->key, l->version, frame, l->in_size);
    l->in = NULL;
    l->in_have = 0;
    l->is_asking = false;
    l->all->answers++;
    l->answered(l, body);
    free(frame);
}

/* Bytes of the head, then of the rest. */
static ssize_t receive_part(struct link *l)
{
    if (l->in_have < HEAD)
        return recv(l->fd, l->head + l->in_have, HEAD - l->in_have, 0);
    return recv(l->fd, l->in + l->in_have - HEAD, l->in_size + HEAD - l->in_have, 0);
}

/* False: the connection has ended. */
static bool receive(struct link *l)
{
    for (;;) {
        ssize_t got = receive_part(l);
        if (got <= 0)
            return got < 0 && is_for_later(errno);
        l->in_have += (size_t)got;
        if (l->in_have == HEAD) {
            l->in_size = kw_load_be32(l->head);
            if (!l->is_asking || l->in_size == 0 || l->in_size > FRAME_LIMIT)
                die("a frame of %zu bytes that nobody has asked for", l->in_size);
            l->in = must_have(malloc(l->in_size));
        }
        if (l->in_have > HEAD && l->in_have == l->in_size + HEAD)
            take_answer(l);
    }
}

/* ---- the loop ---- */

static void handle(struct link *l, uint32_t events)
{
    if (l->fd < 0)
        return;
    if (l->is_connecting && (events & (EPOLLERR | EPOLLHUP)) == 0 && (events & EPOLLOUT) != 0)
        l->is_connecting = false;
    if (l->is_connecting && (events & (EPOLLERR | EPOLLHUP)) == 0)
        return;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0 && l->is_connecting)
        lose(l);
    else if (!flush(l) || !receive(l))
        lose(l);
}

/* A request that waits to be sent: the connection is made first. */
static void send_out(struct link *l)
{
    if (l->fd < 0) {
        if (!start_connecting(l))
            lose(l);
    } else if (!l->is_connecting && !flush(l)) {
        lose(l);
    }
}

static void look_at(struct link *l)
{
    if (!l->is_asking && l->due <= l->all->now) {
        l->due = UINT64_MAX;
        l->act(l);
    }
    if (l->is_asking && l->out_sent < l->out_size)
        send_out(l);
    if (l->is_asking && (double)(l->all->now - l->asked_at) > PATIENCE_SECONDS * 1e9)
        die("API %d is not answered within %.0f s", l->key, PATIENCE_SECONDS);
}

void links_run(struct links *all)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(all->poll, events, EVENTS, WAIT_MS);
    all->now = clock_now();
    for (int i = 0; i < count; i++)
        handle(events[i].data.ptr, events[i].events);
    for (size_t i = 0; i < all->count; i++)
        look_at(all->items[i]);
}
