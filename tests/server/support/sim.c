/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include <string.h>

/* ---- the executor ---- */

static struct sim *of(struct executor *executor)
{
    return (struct sim *)(void *)executor; /* its first member */
}

static int64_t now(struct executor *executor)
{
    return of(executor)->timers.now;
}

static void append(struct task ***last, struct task *task)
{
    task->next = NULL;
    **last = task;
    *last = &task->next;
}

static void post(struct executor *executor, struct task *task)
{
    append(&of(executor)->last_posted, task);
}

static void offload(struct executor *executor, struct task *task)
{
    append(&of(executor)->last_offloaded, task);
}

static void start_timer(struct executor *executor, struct timer *timer, int64_t delay_ms)
{
    struct timer_wheel *timers = &of(executor)->timers;
    int64_t most = INT64_MAX - timers->now;
    timer_wheel_start(timers, timer, timers->now + (delay_ms < most ? delay_ms : most));
}

static void stop_timer(struct executor *executor, struct timer *timer)
{
    timer_wheel_stop(&of(executor)->timers, timer);
}

void sim_init(struct sim *sim)
{
    static const struct executor_calls calls = {now, post, offload, start_timer, stop_timer};
    memset(sim, 0, sizeof *sim);
    sim->executor.calls = &calls;
    sim->last_posted = &sim->posted;
    sim->last_offloaded = &sim->offloaded;
    timer_wheel_init(&sim->timers, 1000);
}

static struct task *take(struct task **first, struct task ***last)
{
    struct task *task = *first;
    if (task == NULL)
        return NULL;
    *first = task->next;
    if (*first == NULL)
        *last = first;
    return task;
}

bool sim_run_one(struct sim *sim)
{
    struct task *task = take(&sim->posted, &sim->last_posted);
    if (task != NULL)
        task->run(task);
    return task != NULL;
}

void sim_run_posted(struct sim *sim)
{
    while (sim_run_one(sim))
        ;
}

bool sim_run_worker(struct sim *sim)
{
    struct task *task = take(&sim->offloaded, &sim->last_offloaded);
    if (task != NULL)
        task->run(task);
    return task != NULL;
}

void sim_advance(struct sim *sim, int64_t ms)
{
    int64_t end = sim->timers.now + ms;
    for (int64_t next; (next = timer_wheel_next(&sim->timers)) <= end;) {
        timer_wheel_advance(&sim->timers, next);
        sim_run_posted(sim);
    }
    timer_wheel_advance(&sim->timers, end);
    sim_run_posted(sim);
}

void sim_settle(struct sim *sim)
{
    do
        sim_run_posted(sim);
    while (sim_run_worker(sim));
}

/* ---- the client ---- */

static struct sim_client *of_exchange(struct exchange *exchange)
{
    return (struct sim_client *)(void *)((char *)exchange - offsetof(struct sim_client, exchange));
}

static void give_memory(struct sim_client *client)
{
    client->exchange.arena = &client->arena;
    client->exchange.responses = &client->responses;
    client->exchange.fault = client->fault;
}

/* What it had is not there any more. */
static void rest(struct sim_client *client)
{
    kw_arena_finish(&client->arena);
    kw_arena_init_growing(&client->arena, NULL, 0, kw_allocator_libc(), client->arena_limit);
    client->exchange.arena = NULL;
    client->exchange.responses = NULL;
    client->exchange.fault = NULL;
}

static bool wake(struct exchange *exchange)
{
    struct sim_client *client = of_exchange(exchange);
    if (client->memory_is_short)
        return false;
    client->outcome = EXCHANGE_PENDING;
    give_memory(client);
    return true;
}

static void go(struct sim_client *client)
{
    if (client->exchange.is_remembered)
        client->service.leave(client->service.context, &client->exchange);
    sim_client_finish(client);
}

static void ended(struct exchange *exchange, enum exchange_outcome outcome)
{
    struct sim_client *client = of_exchange(exchange);
    bool was_resting = client->outcome == EXCHANGE_RESTING;
    client->outcome = outcome;
    if (outcome == EXCHANGE_RESTING)
        rest(client);
    else if (was_resting)
        give_memory(client);
    if (client->is_gone)
        go(client);
}

void sim_client_init(struct sim_client *client, struct sim *sim, const struct service *service, size_t arena_limit)
{
    memset(client, 0, sizeof *client);
    client->sim = sim;
    client->service = *service;
    strcpy(client->endpoint.host, "127.0.0.1");
    client->endpoint.port = 9092;
    client->outcome = EXCHANGE_ANSWERED;
    client->arena_limit = arena_limit;
    kw_arena_init_growing(&client->arena, NULL, 0, kw_allocator_libc(), arena_limit);
    responses_init(&client->responses);
    client->exchange.executor = &sim->executor;
    client->exchange.endpoint = &client->endpoint;
    give_memory(client);
    client->exchange.ended = ended;
    client->exchange.wake = wake;
    client->exchange.host = "127.0.0.1";
}

void sim_client_finish(struct sim_client *client)
{
    responses_finish(&client->responses);
    kw_arena_finish(&client->arena);
}

enum exchange_outcome sim_client_send(struct sim_client *client, kw_bytes frame)
{
    client->exchange.fault[0] = '\0';
    client->outcome = client->service.start(client->service.context, &client->exchange, frame);
    if (client->outcome == EXCHANGE_RESTING)
        rest(client);
    return client->outcome;
}

void sim_client_hurry(struct sim_client *client)
{
    client->service.hurry(&client->exchange);
}

void sim_client_leave(struct sim_client *client)
{
    client->is_gone = true;
    bool is_pending = client->outcome == EXCHANGE_PENDING || client->outcome == EXCHANGE_RESTING;
    if (!is_pending || client->service.cancel(&client->exchange)) {
        client->outcome = EXCHANGE_CLOSE;
        go(client);
    }
}

/* Takes responses as a socket does that has enough space. */
struct sink {
    struct transport transport;
    uint8_t *to;
    size_t max;
    size_t size;
};

static ssize_t receive_nothing(struct transport *transport, void *to, size_t size)
{
    (void)transport;
    (void)to;
    (void)size;
    return 0;
}

static ssize_t send_to_sink(struct transport *transport, struct iovec *pieces, int count)
{
    struct sink *sink = (struct sink *)(void *)transport; /* its first member */
    size_t before = sink->size;
    for (int i = 0; i < count; i++) {
        size_t space = sink->size < sink->max ? sink->max - sink->size : 0;
        size_t copied = pieces[i].iov_len < space ? pieces[i].iov_len : space;
        if (copied != 0)
            memcpy(sink->to + sink->size, pieces[i].iov_base, copied);
        sink->size += pieces[i].iov_len;
    }
    return (ssize_t)(sink->size - before);
}

static int end_nothing(struct transport *transport)
{
    (void)transport;
    return 0;
}

size_t sim_client_take(struct sim_client *client, uint8_t *to, size_t max)
{
    static const struct transport_calls calls = {receive_nothing, send_to_sink, end_nothing};
    struct sink sink = {{&calls, -1}, to, max, 0};
    (void)responses_send(&client->responses, &sink.transport);
    return sink.size;
}
