/* SPDX-License-Identifier: Apache-2.0 */
#include "producers.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kwire/api_keys.h>
#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/messages/end_txn_response.h>
#include <kwire/messages/init_producer_id_request.h>
#include <kwire/messages/init_producer_id_response.h>
#include <kwire/messages/produce_response.h>

#include "../load/clock.h"
#include "../load/exchange.h"
#include "../load/program.h"

enum {
    INIT_VERSION = 5,
    INIT_TRIES = 200,
    LIMIT = 1024 * 1024,
    INPUT_SIZE = 64 * 1024,
    SIZE_FIELD = 4,
    ID_SIZE = 96,
    EVENTS = 256,
    SILENCE_MS = 20000,
    PAUSE_MS = 1, /* how often a thread looks whether the pause is over */
    TRANSACTION_TIMEOUT_MS = 60000
};

struct producer {
    int fd;
    struct producer_id own;
    struct frames frames;
    int32_t sequence; /* of the next batch */
    uint32_t asked;   /* requests of any kind: the correlation id of the next one */
    uint32_t taken;   /* answers */
    uint64_t sent;    /* of this transaction: Produce requests; plain: of all */
    uint64_t answered;
    bool is_ending;
    bool is_resting; /* until its next transaction is due */
    uint64_t due;
    uint64_t started_at; /* the transaction */
    uint64_t ended_at;   /* when EndTxn was sent */
    size_t have;         /* bytes of the input */
    uint8_t *input;
};

static const uint64_t MS = 1000000;

/* The state of a thread. */
struct engine {
    struct producers *producers;
    struct production *production;
    struct producer *all;
    kw_arena arena;
    int poll;
    bool has_held; /* producers that wait for the end of a pause */
};

/* ---- sending ---- */

/* The socket may wait: the broker always reads, as answers are short. */
static void send_all(const struct producer *p, const struct frame *frame)
{
    for (size_t sent = 0; sent < frame->size;) {
        ssize_t n = send(p->fd, frame->bytes + sent, frame->size - sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            die("the broker does not accept requests: %s", strerror(errno));
        sent += n > 0 ? (size_t)n : 0;
    }
}

static void send_produce(struct engine *e, struct producer *p)
{
    const struct shape *shape = &e->production->shape;
    frames_set_produce(&p->frames, shape, p->own, p->sequence, p->asked++);
    p->sent++;
    p->sequence += (int32_t)shape->records;
    send_all(p, &p->frames.produce);
}

static void send_end(struct producer *p)
{
    frames_set_end(&p->frames, p->own, p->asked++);
    p->is_ending = true;
    p->ended_at = clock_now();
    send_all(p, &p->frames.end);
}

/* False: it is too early. */
static bool start_transaction(struct engine *e, struct producer *p, uint64_t now)
{
    p->is_resting = p->due > now;
    if (p->is_resting)
        return false;
    p->started_at = now;
    p->due += e->production->interval;
    return true;
}

static bool is_paused(const struct engine *e)
{
    return atomic_load_explicit(&e->production->is_paused, memory_order_relaxed);
}

/* The first request of a transaction is alone, as the broker may refuse it as long as the one before is not complete.
 */
static void advance(struct engine *e, struct producer *p)
{
    bool is_plain = e->production->shape.is_plain;
    if (is_paused(e)) {
        e->has_held = true;
        return;
    }
    uint64_t all = is_plain ? UINT64_MAX : e->production->requests;
    while (p->sent < all && p->sent - p->answered < e->production->depth &&
           (is_plain || p->sent == 0 || p->answered != 0))
        send_produce(e, p);
    if (p->answered == all)
        send_end(p);
}

/* ---- answers ---- */

static bool measures(const struct engine *e)
{
    return atomic_load_explicit(&e->production->phase, memory_order_relaxed) == MEASURES;
}

/* All partitions say the same of a transaction that is not complete; anything else is the end. */
static int16_t error_of(const struct engine *e, const kw_produce_response *answer)
{
    if (answer->responses.len != 1 ||
        answer->responses.items[0].partition_responses.len != (int32_t)e->production->shape.partitions)
        die("not a response to this Produce");
    int16_t first = answer->responses.items[0].partition_responses.items[0].error_code;
    for (int32_t i = 0; i < answer->responses.items[0].partition_responses.len; i++) {
        int16_t error = answer->responses.items[0].partition_responses.items[i].error_code;
        if (error != first || (error != KW_ERROR_NONE && error != KW_ERROR_CONCURRENT_TRANSACTIONS))
            die("Produce: error %d of partition %d", error, i);
    }
    return first;
}

static void take_produce(struct engine *e, struct producer *p, const kw_produce_response *answer)
{
    if (error_of(e, answer) == KW_ERROR_CONCURRENT_TRANSACTIONS) {
        if (p->sent != 1 || p->answered != 0)
            die("Produce is refused within a transaction");
        p->sent = 0;
        p->sequence = 0;
        e->producers->refused += measures(e);
        return;
    }
    p->answered++;
    atomic_fetch_add_explicit(&e->production->answered, 1, memory_order_relaxed);
    if (!e->production->shape.is_plain || p->answered % e->production->requests != 0)
        return;
    uint64_t now = clock_now();
    if (measures(e))
        histogram_add(&e->producers->transactions, now - p->started_at);
    p->started_at = now;
}

static void take_end(struct engine *e, struct producer *p, const kw_end_txn_response *answer)
{
    uint64_t now = clock_now();
    if (answer->error_code != KW_ERROR_NONE)
        die("EndTxn: error %d", answer->error_code);
    if (measures(e)) {
        histogram_add(&e->producers->commits, now - p->ended_at);
        histogram_add(&e->producers->transactions, now - p->started_at);
    }
    p->own = (struct producer_id){answer->producer_id, answer->producer_epoch};
    p->is_ending = false;
    p->sequence = 0;
    p->sent = p->answered = 0;
    (void)start_transaction(e, p, now);
}

static void take(struct engine *e, struct producer *p, const uint8_t *frame, size_t size)
{
    if (kw_load_be32(frame) != p->taken++)
        die("answers come in another order");
    if (p->is_ending)
        take_end(e, p, exchange_decode(&e->arena, KW_KEY_END_TXN, END_TXN_VERSION, frame, size));
    else
        take_produce(e, p, exchange_decode(&e->arena, KW_KEY_PRODUCE, PRODUCE_VERSION, frame, size));
    kw_arena_reset(&e->arena);
    if (!p->is_resting)
        advance(e, p);
}

static void receive(struct engine *e, struct producer *p)
{
    size_t at = 0;
    ssize_t n = recv(p->fd, p->input + p->have, INPUT_SIZE - p->have, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        die("the broker ended a connection: %s", n < 0 ? strerror(errno) : "no error");
    p->have += (size_t)n;
    while (p->have - at >= SIZE_FIELD && p->have - at - SIZE_FIELD >= kw_load_be32(p->input + at)) {
        size_t size = kw_load_be32(p->input + at);
        take(e, p, p->input + at + SIZE_FIELD, size);
        at += SIZE_FIELD + size;
    }
    p->have -= at;
    memmove(p->input, p->input + at, p->have);
    if (p->have == INPUT_SIZE)
        die("an answer is too large");
}

/* ---- producers ---- */

static bool may_try_again(int16_t error)
{
    return error == KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS || error == KW_ERROR_COORDINATOR_NOT_AVAILABLE ||
           error == KW_ERROR_NOT_COORDINATOR || error == KW_ERROR_CONCURRENT_TRANSACTIONS;
}

static void make_known(struct engine *e, struct producer *p, const char *id)
{
    kw_init_producer_id_request request;
    int16_t error = KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    kw_init_producer_id_request_init(&request);
    request.transactional_id = kw_string_of(e->production->shape.is_plain ? NULL : id);
    request.transaction_timeout_ms = TRANSACTION_TIMEOUT_MS;
    for (int i = 0; i < INIT_TRIES && may_try_again(error); i++) {
        if (i != 0)
            clock_sleep(0.1);
        const kw_init_producer_id_response *answer =
            exchange_ask(&e->production->address, &e->arena, KW_KEY_INIT_PRODUCER_ID, INIT_VERSION, &request);
        error = answer->error_code;
        p->own = (struct producer_id){answer->producer_id, answer->producer_epoch};
        kw_arena_reset(&e->arena);
    }
    if (error != KW_ERROR_NONE)
        die("InitProducerId: error %d", error);
}

static void dial(struct engine *e, struct producer *p)
{
    const struct sockaddr_in *address = &e->production->address;
    int on = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = p};
    p->input = must_have(malloc(INPUT_SIZE));
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (p->fd < 0 || connect(p->fd, (const struct sockaddr *)address, sizeof *address) != 0 ||
        setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        epoll_ctl(e->poll, EPOLL_CTL_ADD, p->fd, &event) != 0)
        die("cannot connect: %s", strerror(errno));
}

static void prepare(struct engine *e, struct producers *producers)
{
    memset(e, 0, sizeof *e);
    e->producers = producers;
    e->production = producers->production;
    e->all = must_have(calloc(producers->count, sizeof *e->all));
    e->poll = epoll_create1(EPOLL_CLOEXEC);
    kw_arena_init_growing(&e->arena, NULL, 0, kw_allocator_libc(), LIMIT);
    for (unsigned i = 0; i < producers->count; i++) {
        char id[ID_SIZE];
        (void)snprintf(id, sizeof id, "%s-%06u", e->production->prefix, producers->first + i);
        make_known(e, &e->all[i], id);
        frames_make(&e->all[i].frames, &e->production->shape, id);
        dial(e, &e->all[i]);
    }
}

static void finish(struct engine *e)
{
    for (unsigned i = 0; i < e->producers->count; i++) {
        close(e->all[i].fd);
        frames_free(&e->all[i].frames);
        free(e->all[i].input);
    }
    close(e->poll);
    kw_arena_finish(&e->arena);
    free(e->all);
}

/* Transactions that are due start. Returns how many ms there are until the next one is. */
static int start_due(struct engine *e)
{
    uint64_t now = clock_now(), next = UINT64_MAX;
    if (e->production->interval == 0)
        return SILENCE_MS;
    for (unsigned i = 0; i < e->producers->count; i++) {
        struct producer *p = &e->all[i];
        if (p->is_resting && start_transaction(e, p, now))
            advance(e, p);
        else if (p->is_resting && p->due < next)
            next = p->due;
    }
    return next == UINT64_MAX || next - now > SILENCE_MS * MS ? SILENCE_MS : (int)((next - now + MS - 1) / MS);
}

/* At a rate, they start at different times, those of other threads as well. */
static void start_all(struct engine *e)
{
    uint64_t now = clock_now();
    for (unsigned i = 0; i < e->producers->count; i++) {
        e->all[i].due = now + e->production->spacing * (e->producers->first + i);
        if (start_transaction(e, &e->all[i], now))
            advance(e, &e->all[i]);
    }
}

static void resume_all(struct engine *e)
{
    e->has_held = false;
    for (unsigned i = 0; i < e->producers->count; i++)
        if (!e->all[i].is_ending && !e->all[i].is_resting)
            advance(e, &e->all[i]);
}

static void *run(void *argument)
{
    struct engine e;
    struct epoll_event events[EVENTS];
    prepare(&e, argument);
    pthread_barrier_wait(&e.production->connected);
    start_all(&e);
    while (atomic_load_explicit(&e.production->phase, memory_order_relaxed) != ENDS) {
        bool pauses = is_paused(&e);
        if (e.has_held && !pauses)
            resume_all(&e);
        int timeout = pauses ? PAUSE_MS : start_due(&e), n = epoll_wait(e.poll, events, EVENTS, timeout);
        if (n == 0 && timeout == SILENCE_MS)
            die("no answer for %d seconds", SILENCE_MS / 1000);
        for (int i = 0; i < n; i++)
            receive(&e, events[i].data.ptr);
    }
    finish(&e);
    return NULL;
}

struct producers *producers_start(struct production *production, unsigned producers, unsigned threads)
{
    struct producers *all = must_have(calloc(threads, sizeof *all));
    if (pthread_barrier_init(&production->connected, NULL, threads + 1) != 0)
        die("no memory");
    for (unsigned i = 0, first = 0; i < threads; first += all[i++].count) {
        all[i].production = production;
        all[i].first = first;
        all[i].count = producers / threads + (i < producers % threads);
        int error = pthread_create(&all[i].thread, NULL, run, &all[i]);
        if (error != 0)
            die("no thread: %s", strerror(error));
    }
    pthread_barrier_wait(&production->connected);
    return all;
}
