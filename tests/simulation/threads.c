/* SPDX-License-Identifier: Apache-2.0 */
#include "threads.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/thread_executor.h"
#include "log/flusher.h"
#include "log/log_append.h"
#include "world.h"

/* ---- clocks and random numbers ---- */

int __wrap_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_getentropy(void *to, size_t size);

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
    int64_t ms = clock == CLOCK_REALTIME ? world.epoch + world.now : world.now;
    out->tv_sec = (time_t)(ms / 1000);
    out->tv_nsec = (long)(ms % 1000 * 1000000);
    return 0;
}

int __wrap_getentropy(void *to, size_t size)
{
    (void)random_fill(&world.entropy.source, to, size);
    return 0;
}

/* ---- the console ---- */

void __wrap_console_line(const char *format, ...);
void __wrap_console_peer(const char *format, ...);
void __wrap_complain(const char *format, ...);

static void say(const char *who, const char *format, va_list arguments)
{
    char line[1024];
    (void)vsnprintf(line, sizeof line, format, arguments);
    world_digest(line, strlen(line));
    if (world.hear != NULL)
        world.hear(line);
    note("%s: %s", who, line);
}

#define SAY(who)                 \
    va_list arguments;           \
    va_start(arguments, format); \
    say(who, format, arguments); \
    va_end(arguments)

void __wrap_console_line(const char *format, ...)
{
    SAY("broker");
}

void __wrap_console_peer(const char *format, ...)
{
    SAY("broker, of a peer");
}

void __wrap_complain(const char *format, ...)
{
    SAY("broker, complaint");
}

/* ---- threads with a queue ---- */

static const void *owners[OTHER_THREADS]; /* of the threads after those of the network */

static size_t index_of(const void *owner)
{
    for (size_t i = 0; i < OTHER_THREADS; i++)
        if (owners[i] == owner)
            return i;
    return OTHER_THREADS;
}

static struct executor *executor_for(const void *owner)
{
    return &world.threads[REACTORS + index_of(owner)].executor;
}

static bool claim(const void *owner)
{
    size_t free_one = index_of(NULL);
    if (free_one == OTHER_THREADS)
        return false;
    owners[free_one] = owner;
    return true;
}

static void give_up(const void *owner)
{
    owners[index_of(owner)] = NULL;
}

static int64_t now(struct executor *executor)
{
    return executor_now(executor_for(executor));
}

static void post(struct executor *executor, struct task *task)
{
    executor_post(executor_for(executor), task);
}

static void offload(struct executor *executor, struct task *task)
{
    executor_offload(executor_for(executor), task);
}

static void start_timer(struct executor *executor, struct timer *timer, int64_t delay_ms)
{
    executor_start_timer(executor_for(executor), timer, delay_ms);
}

static void stop_timer(struct executor *executor, struct timer *timer)
{
    executor_stop_timer(executor_for(executor), timer);
}

bool __wrap_thread_executor_start(struct thread_executor *e);
void __wrap_thread_executor_stop(struct thread_executor *e);

bool __wrap_thread_executor_start(struct thread_executor *e)
{
    static const struct executor_calls calls = {now, post, offload, start_timer, stop_timer};
    memset(e, 0, sizeof *e);
    e->executor.calls = &calls;
    return claim(&e->executor);
}

static void run_all(struct sim *sim)
{
    while (sim_run_one(sim) || sim_run_worker(sim))
        ;
}

/* Its timers do not fire any more. */
void __wrap_thread_executor_stop(struct thread_executor *e)
{
    struct sim *sim = &world.threads[REACTORS + index_of(&e->executor)];
    run_all(sim);
    timer_wheel_init(&sim->timers, world.now);
    give_up(&e->executor);
}

/* ---- threads of their own ---- */

int __wrap_thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument);

/* What cleaners do, the run does. */
int __wrap_thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument)
{
    (void)thread;
    (void)run;
    (void)argument;
    return EAGAIN;
}

/* ---- flushers ---- */

/* One for each flusher; it syncs with the workers of its thread, which may take their time. */
struct flushing {
    struct task task;
    struct flusher *flusher;
    bool is_posted;
};

static struct flushing flushings[OTHER_THREADS];

bool __wrap_flusher_start(struct flusher *flusher);
void __wrap_flusher_stop(struct flusher *flusher);
void __wrap_flusher_request(struct flusher *flusher, struct managed_log *log);

static void complete(struct log_append *appends, int16_t error)
{
    struct log_append *oldest = NULL;
    for (struct log_append *append = appends, *next; append != NULL; append = next) {
        next = append->next;
        append->next = oldest;
        oldest = append;
    }
    for (struct log_append *append = oldest, *next; append != NULL; append = next) {
        next = append->next;
        if (error != 0) {
            append->error = error;
            append->log_start_offset = -1;
        }
        append->done(append);
    }
}

static void flush(struct task *task)
{
    struct flushing *flushing = (struct flushing *)(void *)task; /* its first member */
    struct flusher *flusher = flushing->flusher;
    struct managed_log *log = flusher->first;
    flusher->first = log->next_unsynced;
    if (flusher->first == NULL)
        flusher->last = &flusher->first;
    flushing->is_posted = flusher->first != NULL;
    if (flushing->is_posted)
        executor_offload(executor_for(flusher), task);
    struct log_append *appends = log->unsynced;
    log->unsynced = NULL;
    log->is_unsynced = false;
    complete(appends, flusher_sync(log));
    log_release(&log->log);
}

void __wrap_flusher_request(struct flusher *flusher, struct managed_log *log)
{
    struct flushing *flushing = &flushings[index_of(flusher)];
    if (log->is_unsynced)
        return;
    log_share(&log->log);
    log->is_unsynced = true;
    log->next_unsynced = NULL;
    *flusher->last = log;
    flusher->last = &log->next_unsynced;
    if (flushing->is_posted)
        return;
    flushing->is_posted = true;
    executor_offload(executor_for(flusher), &flushing->task);
}

static void add(const struct log_syncer *syncer, struct partition_log *log, struct log_append *append, int64_t until)
{
    struct flusher *flusher = (struct flusher *)(uintptr_t)syncer; /* its first member */
    struct managed_log *managed = managed_log_of(log);
    (void)until;
    append->next = managed->unsynced;
    managed->unsynced = append;
    __wrap_flusher_request(flusher, managed);
}

bool __wrap_flusher_start(struct flusher *flusher)
{
    memset(flusher, 0, sizeof *flusher);
    flusher->syncer.add = add;
    flusher->last = &flusher->first;
    if (!claim(flusher))
        return false;
    flushings[index_of(flusher)] = (struct flushing){.task = {.run = flush}, .flusher = flusher};
    return true;
}

void __wrap_flusher_stop(struct flusher *flusher)
{
    run_all(&world.threads[REACTORS + index_of(flusher)]);
    give_up(flusher);
}

/* ---- all of them ---- */

size_t threads_timers(void)
{
    size_t count = 0;
    for (size_t i = 0; i < REACTORS; i++)
        for (size_t level = 0; level < TIMER_WHEEL_LEVELS; level++)
            for (size_t slot = 0; slot < TIMER_WHEEL_SLOTS; slot++)
                for (struct timer *t = world.threads[i].timers.slots[level][slot]; t != NULL; t = t->next)
                    count++;
    return count;
}

void threads_end_network(void)
{
    for (size_t i = 0; i < REACTORS; i++)
        timer_wheel_init(&world.threads[i].timers, world.now);
}

void threads_check_ended(void)
{
    for (size_t i = 0; i < OTHER_THREADS; i++)
        if (owners[i] != NULL)
            broken("a thread of the broker has not ended");
}
