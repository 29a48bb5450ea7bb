/* SPDX-License-Identifier: Apache-2.0 */
#include "connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kwire/endian.h>
#include <kwire/frame.h>

#include "../observe/console.h"
#include "socket.h"

enum {
    FLUSH_SIZE = 256 * 1024, /* responses wait for each other until they are this much */
    FAREWELL_BYTES = 1 << 20
};

enum state {
    READING,        /* waits for input */
    IN_WORK,        /* an exchange is pending */
    SENDING,        /* the peer has to read responses first */
    WAITING_MEMORY, /* for a large frame */
    ENDING,         /* the last responses are still to be sent */
    FAREWELL,       /* this side has ended; what still comes is dropped */
    CLOSED          /* waits until pending work has ended */
};

struct connection {
    struct event_source source;
    struct transport transport;
    struct network_thread *thread;
    struct connection *next;
    struct connection *previous;
    const struct endpoint *endpoint;
    struct workspace
        *workspace; /* NULL: nothing of a request has arrived or is to be sent, or the exchange is resting */
    struct exchange exchange;
    struct timer timer;
    struct task task; /* to start, and to free it */
    struct memory_claim claim;
    int64_t active;    /* when bytes came or went last */
    int64_t started;   /* READING: when the incomplete frame started; FAREWELL: when that started */
    size_t frame_size; /* of the incomplete frame; 0: none */
    size_t dropped;    /* FAREWELL: bytes */
    enum state state;
    unsigned interest;
    bool peer_done;  /* sends nothing more */
    bool is_blocked; /* responses wait for the peer */
    bool is_resting; /* the exchange is pending, and needs no workspace */
    struct admission_host *host;
};

static struct connection *of_source(struct event_source *source)
{
    return (struct connection *)(void *)source; /* its first member */
}

#define OF(pointer, member) ((struct connection *)(void *)((char *)(pointer)-offsetof(struct connection, member)))

static struct executor *executor_of(struct connection *c)
{
    return &c->thread->reactor.executor;
}

static const struct config *config_of(const struct connection *c)
{
    return c->thread->network->config;
}

static const struct network_patience *patience_of(const struct connection *c)
{
    return &c->thread->network->patience;
}

struct connection *connection_next(const struct connection *c)
{
    return c->next;
}

static void watch(struct connection *c, unsigned events)
{
    if (events != c->interest && poller_change(c->thread->reactor.poller, c->source.fd, events, c))
        c->interest = events;
}

static void log_closed(const struct connection *c, const char *why)
{
    struct endpoint peer;
    char text[ENDPOINT_TEXT_SIZE];
    socket_peer(c->source.fd, &peer);
    console_peer("%s: closed: %s", endpoint_format(&peer, text), why);
}

/* ---- deadlines ---- */

static int64_t shorter(int64_t idle_ms, int64_t ms)
{
    return idle_ms > 0 && idle_ms < ms ? idle_ms : ms;
}

static int64_t frame_deadline(const struct connection *c)
{
    size_t arrived = c->workspace != NULL ? c->workspace->input.size : 0;
    const struct network_patience *patience = patience_of(c);
    return c->started + patience->frame + (int64_t)arrived / patience->frame_rate;
}

/* INT64_MAX: none. */
static int64_t deadline(const struct connection *c)
{
    int64_t idle_ms = config_of(c)->idle_ms;
    int64_t idle = idle_ms > 0 && idle_ms < INT64_MAX - c->active ? c->active + idle_ms : INT64_MAX;
    if (c->state == FAREWELL)
        return c->started + patience_of(c)->farewell;
    if (c->is_blocked)
        return c->active + shorter(idle_ms, patience_of(c)->send);
    if (c->state != READING)
        return INT64_MAX;
    int64_t frame = c->frame_size != 0 ? frame_deadline(c) : INT64_MAX;
    return frame < idle ? frame : idle;
}

/* Deadlines only move away while a connection is busy, so its timer is started anew when it fires, and when a new
 * deadline is nearer. */
static void arm(struct connection *c)
{
    int64_t at = deadline(c);
    if (at == INT64_MAX || (timer_is_running(&c->timer) && c->timer.deadline <= at))
        return;
    executor_start_timer(executor_of(c), &c->timer, at - executor_now(executor_of(c)));
}

static void expire(struct connection *c)
{
    if (c->state == READING && c->frame_size != 0 && frame_deadline(c) <= executor_now(executor_of(c)))
        log_closed(c, "a request does not arrive in time");
    else if (c->is_blocked && c->state != FAREWELL)
        log_closed(c, "the peer does not read its responses");
    connection_close(c);
}

static void fire(struct timer *timer)
{
    struct connection *c = OF(timer, timer);
    if (deadline(c) <= executor_now(executor_of(c)))
        expire(c);
    else
        arm(c);
}

/* ---- the end ---- */

static void free_connection(struct connection *c)
{
    struct network_thread *thread = c->thread;
    const struct service *service = &thread->network->service;
    if (c->exchange.is_remembered)
        service->leave(service->context, &c->exchange);
    if (c->workspace != NULL)
        network_return(thread, c->workspace);
    *(c->previous != NULL ? &c->previous->next : &thread->first) = c->next;
    if (c->next != NULL)
        c->next->previous = c->previous;
    free(c);
    network_count(thread, false);
}

static void free_later(struct task *task)
{
    free_connection(OF(task, task));
}

/* Events that were reported together with this one may still name the connection, so it is freed after them. */
void connection_close(struct connection *c)
{
    if (c->state == CLOSED)
        return;
    bool pending = c->state == IN_WORK;
    struct network *network = c->thread->network;
    c->state = CLOSED;
    executor_stop_timer(executor_of(c), &c->timer);
    poller_remove(c->thread->reactor.poller, c->source.fd);
    (void)close(c->source.fd);
    c->exchange.host = "";
    admission_leave(&network->admission, c->host);
    if (pending && !network->service.cancel(&c->exchange))
        return; /* ended() comes */
    if (memory_pool_give(&network->memory, &c->claim))
        return; /* granted() comes */
    c->task.run = free_later;
    executor_post(executor_of(c), &c->task);
}

/* Closing a socket with unread input resets the connection, and the peer may lose responses that are still on their
 * way. So the broker ends its side first, and for a moment reads what the peer still sends. */
static void say_farewell(struct connection *c)
{
    c->state = FAREWELL;
    c->started = executor_now(executor_of(c));
    (void)transport_end(&c->transport); /* it fails if the peer has gone, which is reported as an event */
    watch(c, POLLER_READ);
    arm(c);
}

static void drop_input(struct connection *c)
{
    uint8_t dropped[4096];
    while (c->dropped < FAREWELL_BYTES) {
        ssize_t n = transport_receive(&c->transport, dropped, sizeof dropped);
        if (n < 0 && socket_would_block(errno))
            return;
        if (n <= 0)
            break;
        c->dropped += (size_t)n;
    }
    connection_close(c);
}

/* ---- output ---- */

/* False if the connection is closed. */
static bool flush(struct connection *c)
{
    if (responses_size(&c->workspace->responses) == 0)
        return true;
    size_t before = c->workspace->responses.sent;
    switch (responses_send(&c->workspace->responses, &c->transport)) {
    case RESPONSES_SENT:
        if (c->is_blocked)
            watch(c, c->interest & ~(unsigned)POLLER_WRITE);
        c->is_blocked = false;
        return true;
    case RESPONSES_BLOCKED:
        if (!c->is_blocked || c->workspace->responses.sent != before)
            c->active = executor_now(executor_of(c));
        c->is_blocked = true;
        watch(c, c->interest | POLLER_WRITE);
        arm(c);
        return true;
    default:
        if (errno == EFAULT)
            log_closed(c, "a segment has become shorter while it was sent");
        connection_close(c);
        return false;
    }
}

/* The answers before a bad frame are sent. */
static void end_badly(struct connection *c, const char *why)
{
    log_closed(c, why);
    if (!flush(c))
        return;
    c->state = ENDING;
    if (!c->is_blocked)
        say_farewell(c);
}

/* ---- input ---- */

static void end_bad_frame(struct connection *c, const uint8_t *data, const kw_frame *frame)
{
    char why[160];
    if (frame->status == KW_ERR_FRAME_SIZE)
        (void)snprintf(why, sizeof why, "%s: %ld bytes, 4 to %zu are allowed", kw_status_text(frame->status),
                       (long)(int32_t)kw_load_be32(data), config_of(c)->request_max_bytes);
    else
        (void)snprintf(why, sizeof why, "%s", kw_status_text(frame->status));
    end_badly(c, why);
}

static void drop_answered(struct connection *c)
{
    struct workspace *w = c->workspace;
    if (w->done == 0)
        return;
    receive_buffer_drop(&w->input, w->done);
    w->done = 0;
    c->frame_size = 0;
    if (c->claim.held != 0) {
        receive_buffer_shrink(&w->input);
        (void)memory_pool_give(&c->thread->network->memory, &c->claim);
    }
}

/* All complete frames are answered and their responses are on their way. */
static void wait_for_input(struct connection *c, size_t needed)
{
    struct workspace *w = c->workspace;
    c->state = READING;
    if (w->input.size == 0 && !c->is_blocked) {
        network_return(c->thread, w);
        c->workspace = NULL;
    } else if (w->input.size != 0) {
        if (c->frame_size == 0)
            c->started = executor_now(executor_of(c));
        c->frame_size = needed;
    }
    watch(c, c->interest | POLLER_READ);
    arm(c);
}

/* The exchange needs no memory until it continues, but what has arrived after its frame does. */
static void rest(struct connection *c)
{
    c->is_resting = true;
    drop_answered(c);
    if (c->workspace->input.size == 0 && !c->is_blocked) {
        network_return(c->thread, c->workspace);
        c->workspace = NULL;
    }
    if (c->peer_done)
        c->thread->network->service.hurry(&c->exchange);
}

/* Answers the complete frames of the input, until one is pending or the peer has to read. */
static void process(struct connection *c)
{
    struct workspace *w = c->workspace;
    const struct service *service = &c->thread->network->service;
    while (!c->is_blocked) {
        kw_frame frame;
        const uint8_t *data = w->input.size != 0 ? w->input.data + w->done : NULL; /* a new workspace has no buffer */
        bool complete = kw_frame_next(data, w->input.size - w->done, config_of(c)->request_max_bytes, &frame);
        if (!complete && frame.status != KW_OK) {
            end_bad_frame(c, data, &frame);
            return;
        }
        if (!complete) {
            drop_answered(c);
            if (!flush(c))
                return;
            c->state = SENDING;
            if (!c->is_blocked)
                wait_for_input(c, frame.needed);
            return;
        }
        w->done += frame.consumed;
        switch (service->start(service->context, &c->exchange, frame.payload)) {
        case EXCHANGE_ANSWERED:
            break;
        case EXCHANGE_PENDING:
            c->state = IN_WORK;
            if (flush(c) && c->peer_done)
                service->hurry(&c->exchange);
            return;
        case EXCHANGE_RESTING:
            c->state = IN_WORK;
            if (flush(c))
                rest(c);
            return;
        default:
            end_badly(c, c->exchange.fault);
            return;
        }
        if (responses_size(&w->responses) >= FLUSH_SIZE && !flush(c))
            return;
    }
    c->state = SENDING;
}

static void ended(struct exchange *exchange, enum exchange_outcome outcome)
{
    struct connection *c = OF(exchange, exchange);
    if (c->state == CLOSED) {
        if (!memory_pool_give(&c->thread->network->memory, &c->claim))
            free_connection(c);
    } else if (outcome == EXCHANGE_RESTING) {
        rest(c);
    } else if (c->is_resting) {
        c->state = READING;
        connection_close(c);
    } else if (outcome != EXCHANGE_ANSWERED) {
        c->state = READING;
        end_badly(c, exchange->fault);
    } else {
        c->state = READING; /* nothing is pending: closing the connection must not cancel what has ended */
        c->active = executor_now(executor_of(c));
        process(c);
    }
}

static bool borrow_workspace(struct connection *c)
{
    struct workspace *w = network_lend(c->thread);
    if (w == NULL)
        return false;
    c->workspace = w;
    c->exchange.arena = &w->arena;
    c->exchange.responses = &w->responses;
    c->exchange.fault = w->fault;
    return true;
}

static bool wake(struct exchange *exchange)
{
    struct connection *c = OF(exchange, exchange);
    c->is_resting = c->workspace == NULL && !borrow_workspace(c);
    if (c->is_resting)
        log_closed(c, "out of memory");
    return !c->is_resting;
}

static void receive(struct connection *c)
{
    ssize_t n = receive_buffer_receive(&c->workspace->input, &c->transport);
    if (n > 0) {
        c->active = executor_now(executor_of(c));
        process(c);
    } else if (n == 0 || !socket_would_block(errno)) {
        connection_close(c);
    }
}

static void end_without_memory(struct connection *c)
{
    char why[80];
    (void)snprintf(why, sizeof why, "no memory for a frame of %zu bytes", c->frame_size);
    end_badly(c, why);
}

/* What a frame takes beyond the usual buffer is charged as it arrives. */
static void read_more(struct connection *c)
{
    if (c->workspace == NULL && !borrow_workspace(c)) {
        log_closed(c, "out of memory");
        connection_close(c);
        return;
    }
    struct receive_buffer *input = &c->workspace->input;
    size_t usual = c->thread->spare.usual_input;
    size_t wanted = receive_buffer_wanted(input, c->frame_size, usual);
    size_t charged = input->capacity > usual ? input->capacity : usual;
    if (wanted > charged && !memory_pool_take(&c->thread->network->memory, &c->claim, wanted - charged)) {
        c->state = WAITING_MEMORY;
        watch(c, c->interest & ~(unsigned)POLLER_READ);
        return;
    }
    if (wanted > input->capacity && !receive_buffer_resize(input, wanted))
        end_without_memory(c);
    else
        receive(c);
}

/* The time that was spent waiting for others is not the peer's. */
static void granted(struct task *task)
{
    struct connection *c = OF(task, claim.granted);
    memory_pool_acknowledge(&c->thread->network->memory, &c->claim);
    if (c->state == CLOSED) {
        free_connection(c);
        return;
    }
    c->state = READING;
    c->started = c->active = executor_now(executor_of(c));
    watch(c, c->interest | POLLER_READ);
    arm(c);
    struct receive_buffer *input = &c->workspace->input;
    if (!receive_buffer_resize(input, receive_buffer_wanted(input, c->frame_size, c->thread->spare.usual_input)))
        end_without_memory(c);
}

/* ---- events ---- */

static void write_more(struct connection *c)
{
    if (c->workspace == NULL || !flush(c) || c->is_blocked)
        return;
    c->active = executor_now(executor_of(c));
    if (c->state == ENDING)
        say_farewell(c);
    else if (c->state == SENDING)
        process(c);
}

/* Level-triggered events that cannot be served now are no longer asked for. */
static void defer_input(struct connection *c, unsigned events)
{
    if ((events & POLLER_PEER_DONE) != 0) {
        bool news = !c->peer_done;
        c->peer_done = true;
        watch(c, c->interest & ~(unsigned)(POLLER_PEER_DONE | POLLER_READ));
        if (news && c->state == IN_WORK)
            c->thread->network->service.hurry(&c->exchange);
    } else if ((events & POLLER_READ) != 0) {
        watch(c, c->interest & ~(unsigned)POLLER_READ);
    }
}

static void ready(struct event_source *source, unsigned events)
{
    struct connection *c = of_source(source);
    if (c->state == CLOSED)
        return;
    if (c->state == FAREWELL) {
        drop_input(c);
        return;
    }
    if ((events & POLLER_BROKEN) != 0 && (events & POLLER_READ) == 0) {
        connection_close(c);
        return;
    }
    if ((events & POLLER_WRITE) != 0)
        write_more(c);
    if (c->state == READING && (events & (POLLER_READ | POLLER_PEER_DONE)) != 0)
        read_more(c);
    else if (c->state != CLOSED && c->state != FAREWELL)
        defer_input(c, events);
}

/* ---- the start ---- */

static void start(struct task *task)
{
    struct connection *c = OF(task, task);
    struct network_thread *thread = c->thread;
    c->next = thread->first;
    if (c->next != NULL)
        c->next->previous = c;
    thread->first = c;
    network_count(thread, true);
    c->endpoint = network_endpoint(thread, c->source.fd);
    c->exchange.executor = executor_of(c);
    c->exchange.endpoint = c->endpoint;
    c->exchange.host = admission_host_name(c->host);
    c->exchange.ended = ended;
    c->exchange.wake = wake;
    c->active = executor_now(executor_of(c));
    c->interest = POLLER_READ | POLLER_PEER_DONE;
    if (!poller_add(thread->reactor.poller, c->source.fd, c->interest, c) || c->endpoint == NULL) {
        console_peer("connection refused: out of memory");
        connection_close(c);
    } else {
        arm(c);
    }
}

bool connection_create(struct network_thread *thread, int fd)
{
    struct network *network = thread->network;
    struct endpoint peer;
    socket_peer(fd, &peer);
    struct admission_host *host;
    const char *reason = admission_enter(&network->admission, peer.host, &host);
    if (reason != NULL) {
        char text[ENDPOINT_TEXT_SIZE];
        console_peer("%s: refused: %s", endpoint_format(&peer, text), reason);
        (void)close(fd);
        return true;
    }
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL) {
        admission_leave(&network->admission, host);
        console_peer("connection refused: out of memory");
        (void)close(fd);
        return false;
    }
    c->host = host;
    c->source = (struct event_source){.ready = ready, .fd = fd};
    c->transport = (struct transport){&transport_plain, fd};
    c->thread = thread;
    c->timer.fire = fire;
    c->claim.granted.run = granted;
    c->claim.executor = executor_of(c);
    c->task.run = start;
    executor_post(executor_of(c), &c->task);
    return true;
}
