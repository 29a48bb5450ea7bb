/* SPDX-License-Identifier: Apache-2.0 */
#include "shard.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../observe/console.h"

/* What one thread does for the others before it gives the turn back. */
enum { ROUND_EVENTS = 64, ROUND_MS = 2 };

enum { MEMORY_LIMIT = 1024 * 1024 * 1024 };

/* Bits of `pending`. */
enum { WRITTEN = 1, COMMITTED = 2, DEADLINE = 4, NEW_IMAGE = 8, UNLOAD = 16 };

#define OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static void lock(struct shard *s)
{
    (void)pthread_mutex_lock(&s->lock);
}

static void unlock(struct shard *s)
{
    (void)pthread_mutex_unlock(&s->lock);
}

static void set_state(struct shard *s, enum shard_state state)
{
    lock(s);
    s->state = state;
    unlock(s);
}

/* ---- the end of an event ---- */

static void complete(struct shard *s, struct coordinator_event *event, int16_t error)
{
    event->error = error;
    if (event == s->own)
        s->own = NULL;
    else
        event->complete(event, error);
}

static void fail(struct shard *s, struct coordinator_event *event, int16_t error)
{
    if (event->failed != NULL)
        event->failed(event, s->options.state, error);
    complete(s, event, error);
}

static struct coordinator_event *take_first_waiting(struct shard *s)
{
    struct coordinator_event *event = s->waiting;
    s->waiting = event->next;
    if (s->waiting == NULL)
        s->last_waiting = &s->waiting;
    return event;
}

static void complete_committed(struct shard *s)
{
    while (s->waiting != NULL && s->waiting->until <= s->log.committed)
        complete(s, take_first_waiting(s), KW_ERROR_NONE);
}

/* If the log has refused the batch that would have ended at `refused`, that is the fault of one event; what was decided
 * after it is to be decided again. */
static void fail_waiting(struct shard *s, int64_t beyond, int16_t error, int64_t refused)
{
    struct coordinator_event **link = &s->waiting;
    while (*link != NULL && (*link)->until <= beyond)
        link = &(*link)->next;
    struct coordinator_event *failed = *link;
    *link = NULL;
    s->last_waiting = link;
    for (struct coordinator_event *event = failed, *next; event != NULL; event = next) {
        next = event->next;
        bool is_own = refused < 0 || (event->has_batch && event->until == refused);
        fail(s, event, is_own ? error : (int16_t)KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
    }
}

/* ---- decisions ---- */

static void start_decision(struct shard *s, struct coordinator_decision *d)
{
    kw_arena_reset(&s->arena);
    s->clock = s->options.clock();
    if (s->round_start < 0)
        s->round_start = s->clock;
    *d = (struct coordinator_decision){
        .state = s->options.state,
        .shard = s,
        .image = s->image,
        .now = s->options.now(),
        .clock = s->clock,
        .random = s->options.random,
        .is_on_worker = s->is_on_worker,
    };
    record_out_init(&d->records, &s->arena);
}

static void wait_until_committed(struct shard *s, struct coordinator_event *event, int64_t now)
{
    event->until = s->log.end;
    if (event->until <= s->log.committed) {
        complete(s, event, KW_ERROR_NONE);
        return;
    }
    event->deadline = now + s->options.timeout_ms;
    event->next = NULL;
    *s->last_waiting = event;
    s->last_waiting = &event->next;
    if (!coordinator_timer_is_running(&s->timeout))
        shard_timers_start(&s->timers, &s->timeout, event->deadline);
}

static void append_all(struct shard *s);

static void carry_out(struct shard *s, struct coordinator_event *event, struct coordinator_decision *d)
{
    int16_t error = shard_log_add(&s->log, d);
    if (error != KW_ERROR_NONE) {
        fail(s, event, error);
        return;
    }
    event->has_batch = shard_log_has_batch(d);
    bool must_append = event->has_batch; /* it may be refused, so what follows should not depend on it */
    wait_until_committed(s, event, d->clock);
    if (must_append)
        append_all(s);
}

/* Then it is the next one there. */
static bool must_go_to_worker(struct shard *s, const struct coordinator_decision *d)
{
    s->needs_worker = s->needs_worker || (d->needs_worker && !s->is_on_worker);
    return s->needs_worker;
}

static void decide(struct shard *s, struct coordinator_event *event)
{
    struct coordinator_decision d;
    if (s->state != SHARD_ACTIVE) {
        complete(s, event, KW_ERROR_NOT_COORDINATOR);
        return;
    }
    start_decision(s, &d);
    event->decide(event, &d);
    if (must_go_to_worker(s, &d))
        s->long_one = event;
    else
        carry_out(s, event, &d);
}

/* ---- timers ---- */

static void tick_failed(struct coordinator_event *event, void *state, int16_t error)
{
    struct coordinator_timer *timer = shard_tick_end(OF(event, struct shard_tick, event));
    (void)state;
    (void)error;
    if (timer != NULL)
        shard_timers_start(timer->timers, timer, timer->timers->clock() + TICK_RETRY_MS);
}

static void tick_ended(struct coordinator_event *event, int16_t error)
{
    struct shard_tick *tick = OF(event, struct shard_tick, event);
    (void)error;
    (void)shard_tick_end(tick);
    free(tick);
}

static void decide_tick(struct shard *s, struct coordinator_timer *timer)
{
    struct coordinator_decision d;
    struct shard_tick *tick = calloc(1, sizeof *tick);
    if (tick == NULL) {
        shard_timers_start(&s->timers, timer, s->options.clock() + TICK_RETRY_MS);
        return;
    }
    tick->event.failed = tick_failed;
    tick->event.complete = tick_ended;
    tick->event.executor = s->options.home;
    shard_tick_wait(tick, timer);
    start_decision(s, &d);
    timer->tick(timer, &d); /* which may free the timer */
    if (!must_go_to_worker(s, &d)) {
        carry_out(s, &tick->event, &d);
        return;
    }
    (void)shard_tick_end(tick);
    free(tick);
    shard_timers_put_back(&s->timers, timer);
}

static void expire_waiting(struct shard *s)
{
    int64_t now = s->options.clock();
    while (s->waiting != NULL && s->waiting->deadline <= now)
        fail(s, take_first_waiting(s), KW_ERROR_REQUEST_TIMED_OUT);
    if (s->waiting != NULL)
        shard_timers_start(&s->timers, &s->timeout, s->waiting->deadline);
}

static void on_timer(struct shard *s)
{
    struct coordinator_timer *timer = shard_timers_take(&s->timers);
    if (timer == &s->timeout)
        expire_waiting(s);
    else if (timer != &s->linger)
        decide_tick(s, timer);
}

/* ---- the log ---- */

static void give_up_log(struct shard *s)
{
    fail_waiting(s, INT64_MIN, KW_ERROR_NOT_COORDINATOR, -1);
    shard_log_give_up(&s->log);
}

static void lose_log(struct shard *s, bool is_of_others)
{
    console_line("%s: %s at offset %lld; its coordinator starts again", s->options.name,
                 is_of_others ? "somebody else has written" : "nobody knows whether the disk has what is",
                 (long long)s->log.written);
    set_state(s, SHARD_FAILED);
    give_up_log(s);
    if (s->options.lost != NULL)
        s->options.lost(s);
}

static void take_written(struct shard *s)
{
    int64_t refused = shard_log_refused(&s->log);
    bool is_of_others = s->log.first->append.error == KW_ERROR_NONE;
    int16_t error = shard_log_written(&s->log);
    if (s->state != SHARD_ACTIVE)
        shard_log_give_up(&s->log);
    else if (error == KW_ERROR_NOT_COORDINATOR)
        lose_log(s, is_of_others);
    else if (error != KW_ERROR_NONE)
        fail_waiting(s, s->log.written, error, refused);
}

/* What waits for the high watermark only. */
static bool waits_for_others(const struct shard *s)
{
    return s->waiting != NULL && s->waiting->until <= s->log.written;
}

/* After a sync that has failed the log has records of which nobody will know whether the disk has them. */
static void fail_in_vain(struct shard *s)
{
    const struct shard_sink *sink = &s->options.sink;
    while (waits_for_others(s) && sink->is_closed(sink->context))
        fail(s, take_first_waiting(s), KW_ERROR_KAFKA_STORAGE_ERROR);
}

static void watch_log(struct shard *s)
{
    const struct shard_sink *sink = &s->options.sink;
    if (waits_for_others(s) && !s->is_watching) {
        s->is_watching = true;
        sink->watch(sink->context, &s->watcher);
        shard_log_look(&s->log); /* it may have moved before that */
        complete_committed(s);
    }
    fail_in_vain(s);
    if (s->is_watching && !waits_for_others(s)) {
        s->is_watching = false;
        sink->unwatch(sink->context, &s->watcher);
    }
}

static void append_all(struct shard *s)
{
    while (shard_log_append(&s->log))
        take_written(s);
}

/* But for a batch that is to be filled for some time. */
static void append_due(struct shard *s)
{
    if (s->options.linger_ms <= 0) {
        append_all(s);
        return;
    }
    while (!shard_log_must_wait(&s->log, s->options.clock()) && shard_log_append(&s->log))
        take_written(s);
    if (shard_log_must_wait(&s->log, s->options.clock()) && !coordinator_timer_is_running(&s->linger))
        shard_timers_start(&s->timers, &s->linger, s->log.first->start + s->options.linger_ms);
}

/* After some events. */
static void settle(struct shard *s)
{
    append_due(s);
    complete_committed(s);
    watch_log(s);
    shard_timers_arm(&s->timers);
}

/* ---- life with the turn ---- */

static void unload(struct shard *s)
{
    append_all(s);
    settle(s);
    set_state(s, SHARD_UNLOADED);
    give_up_log(s);
    watch_log(s);
    s->options.machine->unloaded(s->options.state);
    s->options.state = NULL;
    shard_timers_end(&s->timers);
}

static void take_image(struct shard *s)
{
    const struct metadata_image *before = s->image;
    lock(s);
    const struct metadata_image *after = s->next_image;
    s->next_image = NULL;
    unlock(s);
    if (after == NULL)
        return; /* an earlier note has been enough */
    s->image = after;
    if (s->options.machine->changed != NULL && s->state == SHARD_ACTIVE)
        s->options.machine->changed(s->options.state, s, before, after);
    metadata_image_release(before);
}

/* ---- the turn ---- */

static bool is_released(const struct shard *s)
{
    return s->state == SHARD_UNLOADED && s->is_timer_stopped && !s->log.is_appending && !s->is_nudged;
}

static bool has_due_timers(const struct shard *s)
{
    return s->state == SHARD_ACTIVE && s->timers.due != NULL;
}

static void take_pending(struct shard *s, unsigned pending)
{
    if ((pending & WRITTEN) != 0)
        take_written(s);
    if ((pending & COMMITTED) != 0)
        shard_log_look(&s->log);
    if ((pending & DEADLINE) != 0 && s->state == SHARD_ACTIVE)
        shard_timers_advance(&s->timers, s->options.clock());
    if ((pending & NEW_IMAGE) != 0)
        take_image(s);
    if ((pending & UNLOAD) != 0)
        unload(s);
}

static struct coordinator_event *take_event(struct shard *s, unsigned *pending)
{
    lock(s);
    struct coordinator_event *event = s->first;
    if (event != NULL)
        s->first = event->next;
    if (s->first == NULL)
        s->last = &s->first;
    *pending = s->pending;
    s->pending = 0;
    unlock(s);
    return event;
}

/* False: there was nothing. */
static bool do_next(struct shard *s)
{
    unsigned pending;
    struct coordinator_event *event = take_event(s, &pending);
    take_pending(s, pending);
    if (event != NULL)
        decide(s, event);
    bool has_timer = has_due_timers(s) && !s->needs_worker;
    if (has_timer)
        on_timer(s);
    return event != NULL || has_timer;
}

/* Gives the turn back if nothing is left to do, or if this thread has done enough. Whoever comes first takes it then,
 * at the latest the nudge: a turn that waited for one thread would make all others queue what they submit meanwhile.
 * False: the turn has gone. */
static bool keep_turn(struct shard *s, bool is_enough)
{
    struct executor *next = NULL;
    if (s->needs_worker) {
        executor_offload(s->options.home, &s->task);
        return false;
    }
    lock(s);
    bool is_more = s->pending != 0 || s->first != NULL || has_due_timers(s);
    s->has_turn = is_more && !is_enough;
    if (is_more && is_enough && !s->is_nudged)
        next = s->first != NULL ? s->first->executor : s->options.home;
    s->is_nudged = s->is_nudged || next != NULL;
    bool is_end = !is_more && is_released(s);
    unlock(s);
    if (next != NULL)
        executor_post(next, &s->nudge);
    if (is_end)
        s->options.released(s);
    return is_more && !is_enough;
}

/* The thread's own event is queued, or the next one, as nothing is. What others queue meanwhile shares its batch, if
 * there is one. True: it is completed. */
static bool use_turn(struct shard *s, struct coordinator_event *own, bool is_next)
{
    unsigned left = ROUND_EVENTS;
    bool own_is_done;
    s->own = own;
    s->round_start = -1;
    if (is_next) {
        decide(s, own);
        left--;
    }
    bool look = !is_next || s->log.first != NULL;
    do {
        while (look && left != 0 && !s->needs_worker && do_next(s))
            left = s->clock - s->round_start < ROUND_MS ? left - 1 : 0;
        look = true;
        settle(s);
        own_is_done = s->own == NULL;
        if (left == 0 || s->needs_worker)
            s->own = NULL;
    } while (keep_turn(s, left == 0));
    return own_is_done;
}

/* One decision; then others have their turn. */
static void run_on_worker(struct task *task)
{
    struct shard *s = OF(task, struct shard, task);
    struct coordinator_event *event = s->long_one;
    s->long_one = NULL;
    s->needs_worker = false;
    s->is_on_worker = true;
    if (event != NULL)
        decide(s, event);
    else if (has_due_timers(s))
        on_timer(s);
    s->is_on_worker = false;
    settle(s);
    (void)keep_turn(s, true);
}

static void use_turn_if_free(struct shard *s, unsigned pending)
{
    lock(s);
    bool is_free = !s->has_turn;
    s->has_turn = true;
    s->pending |= pending;
    unlock(s);
    if (is_free)
        (void)use_turn(s, NULL, false);
}

static void run_nudge(struct task *task)
{
    struct shard *s = OF(task, struct shard, nudge);
    lock(s);
    s->is_nudged = false;
    bool is_free = !s->has_turn;
    s->has_turn = true;
    unlock(s);
    if (is_free)
        (void)use_turn(s, NULL, false);
}

/* On a thread that has something else to do. */
static void note_and_nudge(struct shard *s, unsigned pending)
{
    lock(s);
    bool must_nudge = !s->has_turn && !s->is_nudged;
    s->is_nudged = s->is_nudged || must_nudge;
    s->pending |= pending;
    unlock(s);
    if (must_nudge)
        executor_post(s->options.home, &s->nudge);
}

static void append_done(struct log_append *append)
{
    note_and_nudge(append->context, WRITTEN);
}

static void watermark_moved(void *context)
{
    note_and_nudge(context, COMMITTED);
}

static void deadline_passed(struct shard_timers *timers)
{
    struct shard *s = OF(timers, struct shard, timers);
    use_turn_if_free(s, DEADLINE);
}

static void timers_ended(struct shard_timers *timers)
{
    struct shard *s = OF(timers, struct shard, timers);
    lock(s);
    s->is_timer_stopped = true;
    bool is_end = !s->has_turn && is_released(s);
    unlock(s);
    if (is_end)
        s->options.released(s);
}

bool coordinator_submit(struct shard *s, struct coordinator_event *event)
{
    bool is_free = false, is_next = false;
    event->next = NULL;
    lock(s);
    bool is_taken = s->state == SHARD_ACTIVE;
    if (is_taken) {
        is_free = !s->has_turn;
        is_next = is_free && s->first == NULL && s->pending == 0;
        s->has_turn = true;
        if (!is_next) {
            *s->last = event;
            s->last = &event->next;
        }
    } else {
        event->error = s->state == SHARD_LOADING ? KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS : KW_ERROR_NOT_COORDINATOR;
    }
    unlock(s);
    return !is_taken || (is_free && use_turn(s, event, is_next));
}

/* ---- life ---- */

bool shard_init(struct shard *s, const struct shard_options *options)
{
    memset(s, 0, sizeof *s);
    if (pthread_mutex_init(&s->lock, NULL) != 0)
        return false;
    const struct shard_log_options log = {
        .machine = options->machine,
        .state = options->state,
        .sink = options->sink,
        .leader_epoch = options->leader_epoch,
        .codec = options->codec,
        .linger_ms = options->linger_ms,
        .done = append_done,
        .context = s,
    };
    s->options = *options;
    s->image = metadata_image_share(options->image);
    s->has_turn = true;
    s->last = &s->first;
    s->last_waiting = &s->waiting;
    s->task.run = run_on_worker;
    s->nudge.run = run_nudge;
    s->watcher = (struct log_watcher){.callback = watermark_moved, .context = s};
    shard_log_init(&s->log, &log);
    shard_timers_init(&s->timers, options->home, options->clock);
    s->timers.on_deadline = deadline_passed;
    s->timers.on_end = timers_ended;
    kw_arena_init_growing(&s->arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    return true;
}

void shard_finish(struct shard *s)
{
    metadata_image_release(s->image);
    metadata_image_release(s->next_image);
    shard_log_finish(&s->log);
    kw_arena_finish(&s->arena);
    (void)pthread_mutex_destroy(&s->lock);
}

void shard_loaded(struct shard *s, int64_t end_offset)
{
    shard_log_start(&s->log, end_offset);
    set_state(s, SHARD_ACTIVE);
    s->options.machine->loaded(s->options.state, s);
    (void)use_turn(s, NULL, false);
}

void shard_fail_to_load(struct shard *s)
{
    set_state(s, SHARD_FAILED);
    (void)use_turn(s, NULL, false);
}

bool shard_is_wanted(struct shard *s)
{
    lock(s);
    bool is_wanted = (s->pending & UNLOAD) == 0;
    unlock(s);
    return is_wanted;
}

void shard_unload(struct shard *s)
{
    use_turn_if_free(s, UNLOAD);
}

void shard_publish(struct shard *s, const struct metadata_image *image)
{
    const struct metadata_image *unused;
    lock(s);
    unused = s->next_image;
    s->next_image = metadata_image_share(image);
    unlock(s);
    metadata_image_release(unused);
    use_turn_if_free(s, NEW_IMAGE);
}

void coordinator_timer_start(struct shard *s, struct coordinator_timer *timer, int64_t deadline)
{
    shard_timers_start(&s->timers, timer, deadline);
}
