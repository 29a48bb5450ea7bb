/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>
#include <kwire/frame.h>

#include "../base/clock.h"
#include "dispatch.h"
#include "fault.h"

static struct call *of_task(struct task *task)
{
    return (struct call *)(void *)((char *)task - offsetof(struct call, task));
}

static struct call *of_timer(struct timer *timer)
{
    return (struct call *)(void *)((char *)timer - offsetof(struct call, timer));
}

static struct executor *executor_of(struct call *call)
{
    return call->exchange->executor;
}

/* ---- the end ---- */

static kw_status encode(struct call *call)
{
    kw_writer *out = &call->responses->writer;
    kw_frame_mark mark = kw_response_begin(out, call->api->key, call->version, call->correlation_id);
    kw_status status = kw_message_encode(call->api->response, call->version, call->response, out);
    if (status == KW_OK)
        status = kw_frame_end(out, mark);
    if (status != KW_OK)
        kw_frame_cancel(out, mark);
    return status;
}

static void release_shard(struct call *call)
{
    shards_release(call->shard);
    call->shard = NULL;
}

static void release(struct call *call)
{
    release_shard(call);
    metadata_image_release(call->image);
    call->image = NULL;
}

static enum exchange_outcome fail(struct call *call, kw_status status)
{
    responses_release(call->responses, call->held_before);
    fault_describe(call->exchange, call->api->key, call->version, call->correlation_id,
                   kw_status_text(status != KW_OK ? status : KW_ERR_NO_MEMORY));
    release(call);
    return EXCHANGE_CLOSE;
}

static enum exchange_outcome conclude(struct call *call, enum call_outcome outcome)
{
    if (outcome == CALL_PARKED)
        return ((const struct call *)call->exchange->call)->is_bare ? EXCHANGE_RESTING : EXCHANGE_PENDING;
    if (outcome == CALL_FAILED)
        return fail(call, kw_arena_status(call->arena));
    if (outcome == CALL_SILENT || outcome == CALL_REFUSED) {
        release(call);
        return outcome == CALL_SILENT ? EXCHANGE_ANSWERED : EXCHANGE_CLOSE;
    }
    kw_status status = encode(call);
    if (status != KW_OK)
        return fail(call, status);
    responses_end_one(call->responses);
    release(call);
    return EXCHANGE_ANSWERED;
}

enum exchange_outcome call_start(struct call *call)
{
    call->image = metadata_image_acquire(&call->broker->metadata);
    call->held_before = responses_held(call->responses);
    return conclude(call, call->api->handle(call));
}

/* ---- parking and continuing ---- */

/* After this no other thread posts the task. */
static void leave_lists(struct call *call)
{
    void (*forget)(struct call * call) = call->forget;
    executor_stop_timer(executor_of(call), &call->timer);
    call->forget = NULL;
    if (forget != NULL)
        forget(call);
}

static void proceed(struct call *call)
{
    enum exchange_outcome outcome = conclude(call, call->resume(call));
    if (outcome != EXCHANGE_PENDING)
        call->exchange->ended(call->exchange, outcome);
}

/* Memory is short. */
static enum call_outcome give_up(struct call *call)
{
    if (call->abandon != NULL)
        call->abandon(call);
    return CALL_FAILED;
}

static void abandon(struct call *call)
{
    if (call->abandon != NULL)
        call->abandon(call);
    release(call);
}

static void free_bare(struct call *call)
{
    if (call->is_bare)
        free(call);
}

static void run_resumed(struct task *task)
{
    struct call *call = of_task(task);
    leave_lists(call);
    atomic_store(&call->posted, false);
    if (!call_is_cancelled(call)) {
        proceed(call);
        return;
    }
    abandon(call);
    call->exchange->ended(call->exchange, EXCHANGE_CLOSE);
}

static void fire(struct timer *timer)
{
    struct call *call = of_timer(timer);
    call->is_hurried = true;
    leave_lists(call);
    if (!atomic_load(&call->posted))
        proceed(call);
}

enum call_outcome call_park(struct call *call, call_function *resume, void (*forget)(struct call *call))
{
    call->resume = resume;
    call->forget = forget;
    call->task.run = run_resumed;
    return CALL_PARKED;
}

/* The call in the arena that it has now; NULL: memory is short. */
static struct call *wake(struct call *bare)
{
    struct exchange *exchange = bare->exchange;
    if (!exchange->wake(exchange))
        return NULL;
    kw_arena_reset(exchange->arena);
    struct call *call = kw_arena_alloc(exchange->arena, sizeof *call);
    void *response = kw_arena_alloc(exchange->arena, bare->api->response->type->size);
    if (call == NULL || response == NULL) {
        fault_describe(exchange, bare->api->key, bare->version, bare->correlation_id,
                       kw_status_text(kw_arena_status(exchange->arena)));
        return NULL;
    }
    memcpy(call, bare, sizeof *call);
    kw_message_init(call->api->response, response);
    call->is_bare = false;
    call->response = response;
    call->arena = exchange->arena;
    call->responses = exchange->responses;
    call->held_before = responses_held(call->responses);
    call->image = metadata_image_acquire(&call->broker->metadata);
    exchange->call = call;
    free(bare);
    return call;
}

static void run_bare(struct task *task)
{
    struct call *bare = of_task(task);
    struct exchange *exchange = bare->exchange;
    leave_lists(bare);
    atomic_store(&bare->posted, false);
    struct call *call = bare->is_hurried || call_is_cancelled(bare) ? NULL : wake(bare);
    if (call != NULL) {
        proceed(call);
        return;
    }
    abandon(bare);
    free(bare);
    exchange->ended(exchange, EXCHANGE_CLOSE);
}

enum call_outcome call_park_bare(struct call *call, bool (*start)(struct call *call), call_function *resume,
                                 void (*forget)(struct call *call))
{
    struct call *bare = calloc(1, sizeof *bare);
    if (bare == NULL)
        return give_up(call);
    bare->broker = call->broker;
    bare->endpoint = call->endpoint;
    bare->client_id = (kw_string){NULL, -1};
    bare->version = call->version;
    bare->correlation_id = call->correlation_id;
    bare->state = call->state;
    bare->abandon = call->abandon;
    bare->api = call->api;
    bare->exchange = call->exchange;
    bare->is_bare = true;
    (void)call_park(bare, resume, forget);
    bare->task.run = run_bare;
    if (!start(bare)) {
        free(bare);
        return resume(call);
    }
    release(call);
    call->exchange->call = bare;
    return CALL_PARKED;
}

enum call_outcome call_park_for(struct call *call, int64_t ms, call_function *resume, void (*forget)(struct call *call))
{
    call->timer.fire = fire;
    executor_start_timer(executor_of(call), &call->timer, ms);
    return call_park(call, resume, forget);
}

void call_resume(struct call *call)
{
    if (!atomic_exchange(&call->posted, true))
        executor_post(executor_of(call), &call->task);
}

static void work_and_resume(struct task *task)
{
    struct call *call = of_task(task);
    call->work(call);
    call->task.run = run_resumed;
    executor_post(executor_of(call), &call->task);
}

enum call_outcome call_offload(struct call *call, void (*work)(struct call *call), call_function *resume)
{
    call->work = work;
    call->resume = resume;
    call->forget = NULL;
    call->task.run = work_and_resume;
    atomic_store(&call->posted, true);
    executor_offload(executor_of(call), &call->task);
    return CALL_PARKED;
}

enum call_outcome call_hold(struct call *call, call_function *resume)
{
    call->resume = resume;
    call->forget = NULL;
    call->task.run = run_resumed;
    atomic_store(&call->posted, true);
    return CALL_PARKED;
}

void call_continue(struct call *call)
{
    executor_post(executor_of(call), &call->task);
}

void call_let_go(struct call *call)
{
    atomic_store(&call->posted, false);
}

enum call_outcome call_refuse(struct call *call, const char *why)
{
    fault_describe(call->exchange, call->api->key, call->version, call->correlation_id, why);
    return CALL_REFUSED;
}

/* ---- decided by the controller ---- */

static struct call *of_event(struct controller_event *event)
{
    return (struct call *)(void *)((char *)event - offsetof(struct call, event));
}

static void decide(struct controller_event *event, struct decision *decision)
{
    struct call *call = of_event(event);
    call->is_late = clock_ms() >= call->decide_before;
    if (call->is_late)
        return;
    metadata_image_release(call->image);
    call->image = metadata_image_share(decision->image);
    call->decide(call, decision);
}

static void complete(struct controller_event *event, int16_t error)
{
    struct call *call = of_event(event);
    call->decided = error == KW_ERROR_NONE && call->is_late ? KW_ERROR_REQUEST_TIMED_OUT : error;
    call_continue(call);
}

static enum call_outcome decide_before(struct call *call, int64_t deadline, call_decision *decision,
                                       call_function *resume)
{
    if (call->broker->controller == NULL) {
        call->decided = KW_ERROR_POLICY_VIOLATION;
        return resume(call);
    }
    call->decide = decision;
    call->decide_before = deadline;
    call->event.decide = decide;
    call->event.complete = complete;
    (void)call_hold(call, resume);
    controller_submit(call->broker->controller, &call->event);
    return CALL_PARKED;
}

enum call_outcome call_decide(struct call *call, call_decision *decision, call_function *resume)
{
    return decide_before(call, INT64_MAX, decision, resume);
}

enum call_outcome call_decide_within(struct call *call, int32_t timeout_ms, call_decision *decision,
                                     call_function *resume)
{
    return decide_before(call, clock_ms() + timeout_ms, decision, resume);
}

/* ---- decided by a coordinator ---- */

static struct call *of_coordination(struct coordinator_event *event)
{
    return (struct call *)(void *)((char *)event - offsetof(struct call, coordination));
}

static void coordinate(struct coordinator_event *event, struct coordinator_decision *decision)
{
    struct call *call = of_coordination(event);
    metadata_image_release(call->image);
    call->image = metadata_image_share(decision->image);
    call->coordinate(call, decision);
}

static void fail_to_coordinate(struct coordinator_event *event, void *state, int16_t error)
{
    struct call *call = of_coordination(event);
    if (call->uncoordinated != NULL)
        call->uncoordinated(call, state, error);
}

static enum call_outcome continue_coordinated(struct call *call)
{
    call->decided = call->coordination.error;
    release_shard(call);
    return call->decided != COORDINATOR_NO_MEMORY ? call->coordinated(call) : give_up(call);
}

static void complete_coordination(struct coordinator_event *event, int16_t error)
{
    (void)error;
    call_continue(of_coordination(event));
}

enum call_outcome call_coordinate(struct call *call, struct shard *shard, call_coordination *decision,
                                  void (*failed)(struct call *call, void *state, int16_t error), call_function *resume)
{
    call->coordination = (struct coordinator_event){.decide = coordinate,
                                                    .failed = fail_to_coordinate,
                                                    .complete = complete_coordination,
                                                    .executor = executor_of(call),
                                                    .error = KW_ERROR_NOT_COORDINATOR};
    call->coordinate = decision;
    call->uncoordinated = failed;
    call->coordinated = resume;
    if (shard == NULL)
        return continue_coordinated(call);
    (void)call_hold(call, continue_coordinated);
    if (!coordinator_submit(shard, &call->coordination))
        return CALL_PARKED;
    call_let_go(call);
    return continue_coordinated(call);
}

kw_string call_undecided_reason(const struct call *call)
{
    if (call->decided == KW_ERROR_REQUEST_TIMED_OUT)
        return (kw_string){NULL, -1};
    return kw_string_of(call->decided == KW_ERROR_POLICY_VIOLATION
                            ? "this broker serves its topics for reading only"
                            : "the metadata could not be changed; the broker reports why");
}

void call_hurry(struct call *call)
{
    call->is_hurried = true;
    call_resume(call);
}

bool call_cancel(struct call *call)
{
    atomic_store(&call->cancelled, true);
    leave_lists(call);
    if (atomic_load(&call->posted))
        return false;
    abandon(call);
    free_bare(call);
    return true;
}
