/* SPDX-License-Identifier: Apache-2.0 */
#include "share_initializer.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../coordinator/share/share_requests.h"
#include "../coordinator/share_key.h"

enum { KEY_MEMORY = 512 };

/* On its executor but for decisions; it frees itself in the end. */
struct initializer {
    struct task task; /* the first member */
    struct coordinator_event event;
    struct shards_waiter waiter;
    struct shards *states;
    struct shards *groups;
    struct executor *executor;
    struct shard *shard; /* that decides, counted */
    struct share_answer answer;
    int32_t epoch;
    size_t next;
    size_t count;
    struct set_partition *items;
    struct set_partition *done; /* and the failed ones from the end on */
    size_t done_count;
    int64_t *starts;
    bool is_telling; /* the group */
    kw_string group;
    char text[];
};

static struct initializer *of_event(struct coordinator_event *event)
{
    return (struct initializer *)(void *)((char *)event - offsetof(struct initializer, event));
}

static void finish(struct initializer *job)
{
    free(job->items);
    free(job->done);
    free(job->starts);
    free(job);
}

/* ---- decisions ---- */

static void decide_state(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct initializer *job = of_event(event);
    const struct set_partition *p = &job->items[job->next];
    const struct share_asked asked = {{job->group, p->topic, p->index}, 0, job->epoch};
    job->answer = share_initialize(d, &asked, job->starts[job->next]);
}

static void decide_group(struct coordinator_event *event, struct coordinator_decision *d)
{
    const struct initializer *job = of_event(event);
    const struct partition_set done = {job->done, job->done_count};
    const struct partition_set failed = {job->done + job->done_count, job->count - job->done_count};
    share_topics_initialized(d->state, d, job->group, done, failed);
}

static void complete(struct coordinator_event *event, int16_t error)
{
    struct initializer *job = of_event(event);
    (void)error; /* event->error */
    executor_post(job->executor, &job->task);
}

/* True: it is over; false: the task is going to run. */
static bool submit(struct initializer *job, void (*decide)(struct coordinator_event *, struct coordinator_decision *))
{
    job->event = (struct coordinator_event){.decide = decide, .complete = complete, .executor = job->executor};
    return coordinator_submit(job->shard, &job->event);
}

/* ---- one partition after the other ---- */

static void resume(void *context)
{
    struct initializer *job = context;
    executor_post(job->executor, &job->task);
}

/* Both lists stay sorted: those that are done from the front, the others from the back in reverse order. */
static void note(struct initializer *job, int16_t error)
{
    size_t failed = job->next - job->done_count;
    size_t at = error == KW_ERROR_NONE ? job->done_count++ : job->count - 1 - failed;
    job->done[at] = job->items[job->next++];
}

static void take_result(struct initializer *job)
{
    int16_t error = job->event.error != KW_ERROR_NONE ? job->event.error : job->answer.error;
    shards_release(job->shard);
    job->shard = NULL;
    note(job, error);
}

/* KW_ERROR_NONE: it is being decided; COORDINATOR_LOAD_IN_PROGRESS: it is going to be loaded; both go on in the task.
 */
static bool start_partition(struct initializer *job)
{
    uint8_t memory[KEY_MEMORY];
    kw_arena arena;
    kw_arena_init_growing(&arena, memory, sizeof memory, kw_allocator_libc(), KEY_MEMORY + (size_t)job->group.len);
    const struct share_key key = {job->group, job->items[job->next].topic, job->items[job->next].index};
    kw_string text = share_key_format(&key, &arena);
    int32_t partition = text.data != NULL ? shards_partition_of(job->states, text) : -1;
    kw_arena_finish(&arena);
    int16_t error = text.data != NULL ? shards_find(job->states, partition, &job->shard) : KW_ERROR_NOT_COORDINATOR;
    if (error == KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS) {
        shards_forget(job->states, &job->waiter);
        job->waiter = (struct shards_waiter){.resume = resume, .context = job};
        if (shards_wait(job->states, partition, &job->waiter))
            return false;
        error = shards_find(job->states, partition, &job->shard);
    }
    if (error != KW_ERROR_NONE) {
        note(job, error);
        return true;
    }
    if (!submit(job, decide_state))
        return false;
    take_result(job);
    return true;
}

static void tell_group(struct initializer *job)
{
    const struct partition_set failed = {job->done + job->done_count, job->count - job->done_count};
    (void)partition_set_of(job->done + job->done_count, failed.count); /* sorts them */
    job->is_telling = true;
    if (shards_find(job->groups, shards_partition_of(job->groups, job->group), &job->shard) == KW_ERROR_NONE &&
        !submit(job, decide_group))
        return;
    shards_release(job->shard);
    finish(job);
}

static void run(struct task *task)
{
    struct initializer *job = (struct initializer *)(void *)task;
    if (job->is_telling) {
        shards_release(job->shard);
        finish(job);
        return;
    }
    if (job->shard != NULL)
        take_result(job);
    while (job->next < job->count)
        if (!start_partition(job))
            return;
    tell_group(job);
}

/* ---- start ---- */

static void *copy(const void *from, size_t count, size_t size)
{
    void *to = malloc(count * size);
    if (to != NULL)
        memcpy(to, from, count * size);
    return to;
}

void share_initializer_start(struct shards *states, struct shards *groups, struct executor *executor, kw_string group,
                             const struct share_wanted *wanted)
{
    size_t count = wanted->set.count, length = group.len > 0 ? (size_t)group.len : 0;
    struct initializer *job = calloc(1, sizeof *job + length);
    if (job == NULL)
        return;
    job->states = states;
    job->groups = groups;
    job->executor = executor;
    job->epoch = wanted->epoch;
    job->count = count;
    job->items = copy(wanted->set.items, count, sizeof *job->items);
    job->done = copy(wanted->set.items, count, sizeof *job->done);
    job->starts = copy(wanted->starts, count, sizeof *job->starts);
    if (length != 0)
        memcpy(job->text, group.data, length);
    job->group = (kw_string){job->text, (int32_t)length};
    job->task.run = run;
    if (job->items == NULL || job->done == NULL || job->starts == NULL)
        finish(job);
    else
        executor_post(executor, &job->task);
}
