/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "network/receive_buffer.h"
#include "node.h"
#include "world.h"

enum {
    ARENA_LIMIT = 64 << 20,
    LITTLE_MEMORY = 20000,
    LONGEST_HALF_OPEN_MS = 60000,
    LONGEST_IN_WORK_MS = 200,
    PIECE = 100
};

struct weather weather;
bool all_are_answered;

enum link_state {
    FREE,      /* nothing is asked */
    ON_WAY,    /* the request */
    IN_WORK,   /* the broker has it */
    BEING_READ /* the answer is on its way, or waits for the client to read */
};

struct link {
    struct link *next;
    struct link **link;
    struct link_owner *owner; /* NULL: the client has gone */
    struct happening happening;
    struct happening deadline; /* of the client */
    struct exchange exchange;
    kw_arena arena;
    struct responses responses;
    struct endpoint endpoint;
    char fault[EXCHANGE_FAULT_SIZE];
    uint8_t *request;
    size_t request_size;
    struct receive_buffer received; /* of the request */
    bool is_split;
    uint8_t *answer;
    size_t answer_size, answer_capacity;
    enum link_state state;
    bool is_undisturbed;
    bool is_cut;     /* the broker's side has ended; the exchange may be in work */
    bool is_resting; /* the exchange needs no memory */
    bool is_slow;
    bool must_be_answered;
    bool hurries; /* the client ends its side before it goes */
    bool is_last; /* the answer: the broker's side has ended behind it */
};

static struct link *links;

/* ---- the client ---- */

static void set_free(struct link *l)
{
    happen_not(&l->happening);
    happen_not(&l->deadline);
    responses_finish(&l->responses);
    kw_arena_finish(&l->arena);
    *l->link = l->next;
    if (l->next != NULL)
        l->next->link = l->link;
    receive_buffer_finish(&l->received);
    free(l->request);
    free(l->answer);
    free(l);
}

/* Whoever is left frees it. */
static void free_if_done(struct link *l)
{
    if (l->owner == NULL && l->is_cut && l->state != IN_WORK)
        set_free(l);
}

static void tell_lost(struct happening *happening)
{
    struct link *l = (struct link *)(void *)((char *)happening - offsetof(struct link, deadline));
    struct link_owner *owner = l->owner;
    CHECK(l->is_cut || !l->must_be_answered, "a request is not answered: %02x%02x", l->request[4], l->request[5]);
    link_leave(l);
    if (owner != NULL)
        owner->lost(owner);
}

/* The broker forgets what it has of the connection. */
static void leave_broker(struct link *l)
{
    const struct service *service = node_service();
    if (l->exchange.is_remembered && service != NULL)
        service->leave(service->context, &l->exchange);
    l->exchange.is_remembered = false;
}

/* What the answer holds of the broker is given back. */
static void drop_answer(struct link *l)
{
    leave_broker(l);
    responses_finish(&l->responses);
    responses_init(&l->responses);
    l->state = FREE;
}

/* The broker's side ends, which the client hears of now or at its deadline. */
static void cut(struct link *l)
{
    if (l->is_cut)
        return;
    l->is_cut = true;
    happen_not(&l->happening);
    if (l->state != IN_WORK || node_service()->cancel(&l->exchange))
        drop_answer(l); /* else ended() comes */
    if (l->owner != NULL && (!is_expected(&l->deadline) || !one_in(10)))
        happen_in(&l->deadline, pick_from(0, 5));
    free_if_done(l);
}

static bool hits(const struct link *l, size_t many)
{
    if (l->is_undisturbed || many == 0 || !one_in(many))
        return false;
    world.counts.faults++;
    return true;
}

static int64_t delay(const struct link *l)
{
    if (l->is_undisturbed)
        return 0;
    return hits(l, weather.late) ? pick_from(100, one_in(10) ? 40000 : 3000) : pick_from(0, 3);
}

/* ---- answers ---- */

static void give_memory(struct link *l)
{
    l->exchange.arena = &l->arena;
    l->exchange.responses = &l->responses;
    l->exchange.fault = l->fault;
}

static void renew_arena(struct link *l, size_t limit)
{
    kw_arena_finish(&l->arena);
    kw_arena_init_growing(&l->arena, NULL, 0, kw_allocator_libc(), limit);
}

static void rest(struct link *l)
{
    renew_arena(l, ARENA_LIMIT);
    l->exchange.arena = NULL;
    l->exchange.responses = NULL;
    l->exchange.fault = NULL;
    l->is_resting = true;
}

/* Takes up to so many bytes. */
struct taking {
    struct transport transport;
    struct link *link;
    size_t left;
};

static void keep(struct link *l, const void *data, size_t size)
{
    if (l->answer_size + size > l->answer_capacity) {
        l->answer_capacity = 2 * (l->answer_size + size);
        l->answer = realloc(l->answer, l->answer_capacity);
        if (l->answer == NULL)
            abort();
    }
    memcpy(l->answer + l->answer_size, data, size);
    l->answer_size += size;
}

static ssize_t take(struct transport *transport, struct iovec *pieces, int count)
{
    struct taking *taking = (struct taking *)(void *)transport; /* its first member */
    size_t before = taking->left;
    for (int i = 0; i < count && taking->left != 0; i++) {
        size_t size = pieces[i].iov_len < taking->left ? pieces[i].iov_len : taking->left;
        keep(taking->link, pieces[i].iov_base, size);
        taking->left -= size;
    }
    if (before != taking->left)
        return (ssize_t)(before - taking->left);
    errno = EAGAIN;
    return -1;
}

/* The rest of the answer has been taken, and arrives some time later. */
static void read_answer(struct link *l)
{
    static const struct transport_calls calls = {.send = take};
    struct taking taking = {{&calls, -1}, l, l->is_slow ? (size_t)pick_from(1, PIECE) : SIZE_MAX};
    if (responses_size(&l->responses) == 0) {
        happen_in(&l->happening, delay(l));
        l->is_slow = false;
        return;
    }
    (void)responses_send(&l->responses, &taking.transport);
    happen_in(&l->happening, l->is_slow ? pick_from(1, 400) : delay(l));
}

static void be_answered(struct link *l)
{
    l->state = BEING_READ;
    if (disk_is_dead() || hits(l, weather.lost_answers)) {
        cut(l);
        return;
    }
    l->is_slow = hits(l, weather.slow_readers);
    l->answer_size = 0;
    read_answer(l);
}

static void hand_over(struct link *l)
{
    struct link_owner *owner = l->owner;
    if (responses_size(&l->responses) != 0) {
        read_answer(l);
        return;
    }
    l->state = FREE;
    l->is_cut = l->is_last;
    happen_not(&l->deadline);
    world_digest(l->answer, l->answer_size);
    uint8_t *answer = l->answer; /* the owner may end the link meanwhile */
    l->answer = NULL;
    l->answer_capacity = 0;
    size_t size = l->answer_size;
    if (owner != NULL)
        owner->heard(owner, kw_bytes_of(answer, size));
    else
        cut(l);
    free(answer);
}

/* ---- the broker's side ---- */

static void handle(struct link *l, enum exchange_outcome outcome)
{
    if (outcome == EXCHANGE_RESTING) {
        rest(l);
    } else if (outcome == EXCHANGE_ANSWERED) {
        be_answered(l);
    } else if (outcome == EXCHANGE_CLOSE) {
        note("the broker closes a connection: %s", l->exchange.fault != NULL ? l->fault : "");
        l->state = FREE;
        cut(l);
    }
}

static void ended(struct exchange *exchange, enum exchange_outcome outcome)
{
    struct link *l = (struct link *)(void *)((char *)exchange - offsetof(struct link, exchange));
    if (outcome != EXCHANGE_RESTING && l->is_resting) {
        give_memory(l);
        l->is_resting = false;
    }
    if (!l->is_cut) {
        handle(l, outcome);
    } else if (outcome == EXCHANGE_RESTING) {
        rest(l);
    } else {
        drop_answer(l);
        free_if_done(l);
    }
}

static bool wake(struct exchange *exchange)
{
    struct link *l = (struct link *)(void *)((char *)exchange - offsetof(struct link, exchange));
    if (hits(l, weather.little_memory))
        return false;
    l->is_resting = false;
    give_memory(l);
    return true;
}

/* What a socket gives of a request. */
struct giving {
    struct transport transport;
    struct link *link;
    size_t most;
};

static ssize_t give(struct transport *transport, void *to, size_t size)
{
    struct giving *giving = (struct giving *)(void *)transport; /* its first member */
    const struct link *l = giving->link;
    size_t left = l->request_size - l->received.size;
    if (size > left)
        size = left;
    if (size > giving->most)
        size = giving->most;
    memcpy(to, l->request + l->received.size, size);
    return (ssize_t)size;
}

/* False: not all of the request has arrived yet. */
static bool receive(struct link *l)
{
    static const struct transport_calls calls = {.receive = give};
    struct giving giving = {{&calls, -1}, l, l->is_split ? (size_t)pick_from(1, PIECE) : SIZE_MAX};
    do {
        size_t frame = l->received.size < 4 ? 0 : l->request_size;
        size_t wanted = receive_buffer_wanted(&l->received, frame, RECEIVE_BUFFER_BUSY);
        if (wanted > l->received.capacity && !receive_buffer_resize(&l->received, wanted))
            abort();
        (void)receive_buffer_receive(&l->received, &giving.transport);
    } while (!l->is_split && l->received.size < l->request_size);
    return l->received.size == l->request_size;
}

static void arrive(struct link *l)
{
    const struct service *service = node_service();
    if (service == NULL || hits(l, weather.lost_requests)) {
        cut(l);
        return;
    }
    if (!receive(l)) {
        happen_in(&l->happening, pick_from(0, 20));
        return;
    }
    world.counts.requests++;
    renew_arena(l, hits(l, weather.little_memory) ? pick(LITTLE_MEMORY) : ARENA_LIMIT);
    l->state = IN_WORK;
    l->fault[0] = '\0';
    if (hits(l, weather.lost_in_work))
        happen_in(&l->happening, pick_from(0, LONGEST_IN_WORK_MS)); /* unless it is answered before */
    handle(l, service->start(service->context, &l->exchange, kw_bytes_of(l->received.data + 4, l->request_size - 4)));
}

/* The broker notices that the client has gone; or first, that it sends nothing more. */
static void notice(struct link *l)
{
    if (!l->hurries) {
        cut(l);
        return;
    }
    l->hurries = false;
    happen_in(&l->happening, pick_from(0, 1000));
    node_service()->hurry(&l->exchange);
}

/* What the link waits for. */
static void go_on(struct happening *happening)
{
    struct link *l = (struct link *)(void *)((char *)happening - offsetof(struct link, happening));
    switch (l->state) {
    case ON_WAY:
        arrive(l);
        break;
    case BEING_READ:
        hand_over(l);
        break;
    default:
        notice(l);
    }
}

/* ---- for clients ---- */

struct link *link_open(struct link_owner *owner, bool is_undisturbed)
{
    struct link *l = calloc(1, sizeof *l);
    if (l == NULL)
        abort();
    l->owner = owner;
    l->is_undisturbed = is_undisturbed;
    l->happening.happen = go_on;
    l->deadline.happen = tell_lost;
    strcpy(l->endpoint.host, "127.0.0.1");
    l->endpoint.port = PROCESS_PORT;
    kw_arena_init_growing(&l->arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    responses_init(&l->responses);
    l->exchange.executor = &world.threads[pick(REACTORS)].executor;
    l->exchange.endpoint = &l->endpoint;
    l->exchange.ended = ended;
    l->exchange.wake = wake;
    l->exchange.host = "127.0.0.1";
    give_memory(l);
    l->next = links;
    l->link = &links;
    if (links != NULL)
        links->link = &l->next;
    links = l;
    return l;
}

bool link_is_cut(const struct link *l)
{
    return l->is_cut || l->is_last;
}

void link_ask(struct link *l, kw_bytes frame, int64_t timeout_ms)
{
    l->request = realloc(l->request, (size_t)frame.len);
    if (l->request == NULL)
        abort();
    memcpy(l->request, frame.data, (size_t)frame.len);
    l->request_size = (size_t)frame.len;
    receive_buffer_drop(&l->received, l->received.size);
    l->is_split = hits(l, weather.split);
    l->must_be_answered = all_are_answered;
    happen_in(&l->deadline, l->is_cut && !one_in(10) ? pick_from(0, 5) : timeout_ms);
    if (l->is_cut)
        return; /* nobody answers */
    l->state = ON_WAY;
    happen_in(&l->happening, delay(l));
}

void link_leave(struct link *l)
{
    bool is_in_work = l->state == IN_WORK;
    l->owner = NULL;
    happen_not(&l->deadline);
    if (l->is_cut) {
        free_if_done(l);
        return;
    }
    if (!is_in_work && l->state != BEING_READ) {
        cut(l);
        return;
    }
    /* The broker has it, or is sending the answer: it notices later. */
    l->hurries = is_in_work && !l->is_undisturbed && one_in(4);
    if (is_in_work)
        happen_in(&l->happening, hits(l, weather.half_open) ? pick_from(0, LONGEST_HALF_OPEN_MS) : pick_from(0, 3));
    else
        cut(l);
}

void links_cut(void)
{
    for (struct link *l = links, *next; l != NULL; l = next) {
        next = l->next;
        l->is_last = l->state == BEING_READ && responses_size(&l->responses) == 0 && one_in(2);
        if (l->is_last)
            leave_broker(l); /* the answer has left it */
        else
            cut(l);
    }
}

size_t links_at_work(void)
{
    size_t count = 0;
    for (struct link *l = links; l != NULL; l = l->next)
        count += l->state == IN_WORK;
    return count;
}

void links_finish(void)
{
    while (links != NULL)
        set_free(links);
}
