/* SPDX-License-Identifier: Apache-2.0 */
#include "share_partitions.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/hash.h"
#include "dead_letters.h"

enum { KEY_MEMORY = 512 };

/* ---- the table ---- */

static struct shared_partition *entry_of(struct hash_link *link)
{
    return (struct shared_partition *)(void *)((char *)link - offsetof(struct shared_partition, link));
}

static size_t length_of(kw_string text)
{
    return text.len > 0 ? (size_t)text.len : 0;
}

static uint32_t hash_of(const struct share_key *key)
{
    uint32_t hash = hash_bytes(HASH_START, key->topic_id.bytes, sizeof key->topic_id.bytes);
    hash = hash_bytes(hash, &key->partition, sizeof key->partition);
    return hash_text(hash, key->group);
}

static struct shared_partition *find(const struct share_partitions *partitions, const struct share_key *key)
{
    struct hash_link *link = hash_chains_first(&partitions->table, hash_of(key));
    for (; link != NULL; link = hash_chains_next(link)) {
        const struct share_key *other = &entry_of(link)->key;
        if (other->partition == key->partition && kw_uuid_equal(other->topic_id, key->topic_id) &&
            kw_string_equal(other->group, key->group))
            return entry_of(link);
    }
    return NULL;
}

static void destroy(struct share_partitions *partitions, struct shared_partition *e)
{
    *(e->previous != NULL ? &e->previous->next : &partitions->all) = e->next;
    if (e->next != NULL)
        e->next->previous = e->previous;
    dead_letters_forget(e->letters);
    share_partition_finish(&e->p);
    (void)pthread_mutex_destroy(&e->lock);
    coordinator_budget_give(partitions->options.budget, sizeof *e + length_of(e->key.group));
    free(e);
}

/* With the lock of all. */
static void drop(struct share_partitions *partitions, struct shared_partition *e)
{
    if (e->is_dropped)
        return;
    e->is_dropped = true;
    hash_chains_remove(&partitions->table, &e->link);
    if (--e->references == 0)
        destroy(partitions, e);
}

void shared_partition_refer(struct shared_partition *e)
{
    (void)pthread_mutex_lock(&e->owner->lock);
    e->references++;
    (void)pthread_mutex_unlock(&e->owner->lock);
}

/* With the lock of all. Whoever writes or has a timer has a reference. */
static void drop_retired(struct share_partitions *partitions, struct shared_partition *e)
{
    if (e->is_retired && e->references == 1)
        drop(partitions, e);
}

void shared_partition_release(struct shared_partition *e)
{
    struct share_partitions *partitions = e->owner;
    (void)pthread_mutex_lock(&partitions->lock);
    if (--e->references == 0)
        destroy(partitions, e);
    else
        drop_retired(partitions, e);
    (void)pthread_mutex_unlock(&partitions->lock);
}

bool share_partitions_init(struct share_partitions *partitions, const struct share_partitions_options *options)
{
    *partitions = (struct share_partitions){.options = *options};
    atomic_init(&partitions->are_allowed, true);
    return pthread_mutex_init(&partitions->lock, NULL) == 0;
}

void share_partitions_finish(struct share_partitions *partitions)
{
    while (partitions->all != NULL)
        destroy(partitions, partitions->all);
    hash_chains_finish(&partitions->table);
    (void)pthread_mutex_destroy(&partitions->lock);
}

static void start_letters(struct shared_partition *e)
{
    if (e->owner->options.letters != NULL)
        dead_letters_start(e->owner->options.letters, e);
}

/* ---- timers ---- */

static void run_arm(struct task *task);
static void fire(struct timer *timer);

void shared_partition_lock(struct shared_partition *e)
{
    (void)pthread_mutex_lock(&e->lock);
}

void shared_partition_unlock(struct shared_partition *e)
{
    (void)pthread_mutex_unlock(&e->lock);
}

void shared_partition_arm(struct shared_partition *e)
{
    if (e->is_arm_posted || share_partition_deadline(&e->p) >= e->armed)
        return;
    e->is_arm_posted = true;
    shared_partition_refer(e);
    executor_post(e->home, &e->arm);
}

/* On the home executor. */
static void run_arm(struct task *task)
{
    struct shared_partition *e =
        (struct shared_partition *)(void *)((char *)task - offsetof(struct shared_partition, arm));
    shared_partition_lock(e);
    e->is_arm_posted = false;
    int64_t deadline = share_partition_deadline(&e->p);
    bool starts = deadline < e->armed;
    if (starts)
        e->armed = deadline;
    shared_partition_unlock(e);
    if (starts) {
        int64_t delay = deadline - e->owner->options.clock();
        if (!timer_is_running(&e->timer))
            shared_partition_refer(e);
        executor_start_timer(e->home, &e->timer, delay > 0 ? delay : 0);
    }
    shared_partition_release(e);
}

static void fire(struct timer *timer)
{
    struct shared_partition *e =
        (struct shared_partition *)(void *)((char *)timer - offsetof(struct shared_partition, timer));
    struct shared_job *job = shared_job_create(e);
    struct share_change change;
    shared_partition_lock(e);
    e->armed = INT64_MAX;
    if (share_partition_expire(&e->p, &e->limits, e->owner->options.clock(), &change)) {
        if (job != NULL) {
            job->change = change;
            (void)shared_job_queue(job);
        } else { /* it is written with what comes later, or given out again after a restart */
            share_change_finish(&change, e->p.budget);
        }
        shared_partition_wake(e);
    } else {
        shared_job_destroy(job);
    }
    shared_partition_arm(e);
    shared_partition_unlock(e);
    shared_partition_write(e);
    start_letters(e);
    shared_partition_release(e);
}

/* ---- entries ---- */

/* With the lock of all; NULL: there is no memory. */
static struct shared_partition *create(struct share_partitions *partitions, const struct share_key *key,
                                       int32_t leader_epoch, struct executor *home)
{
    size_t size = sizeof(struct shared_partition) + length_of(key->group);
    if (!coordinator_budget_take(partitions->options.budget, size))
        return NULL;
    struct shared_partition *e = hash_chains_prepare(&partitions->table) ? calloc(1, size) : NULL;
    if (e == NULL || pthread_mutex_init(&e->lock, NULL) != 0) {
        coordinator_budget_give(partitions->options.budget, size);
        free(e);
        return NULL;
    }
    e->owner = partitions;
    e->key = *key;
    if (length_of(key->group) != 0)
        memcpy(e->group, key->group.data, length_of(key->group));
    e->key.group = (kw_string){e->group, (int32_t)length_of(key->group)};
    e->leader_epoch = leader_epoch;
    e->home = home;
    e->p.budget = partitions->options.budget;
    e->last = &e->first;
    e->armed = INT64_MAX;
    e->arm.run = run_arm;
    e->timer.fire = fire;
    e->references = 1; /* of the table */
    e->next = partitions->all;
    if (e->next != NULL)
        e->next->previous = e;
    partitions->all = e;
    hash_chains_add(&partitions->table, &e->link, hash_of(key));
    return e;
}

struct shared_partition *share_partitions_get(struct share_partitions *partitions, const struct share_key *key,
                                              int32_t leader_epoch, struct executor *home)
{
    (void)pthread_mutex_lock(&partitions->lock);
    struct shared_partition *e = find(partitions, key);
    if (e != NULL && (e->leader_epoch != leader_epoch || atomic_load(&e->has_failed))) {
        drop(partitions, e);
        e = NULL;
    }
    if (e == NULL && atomic_load(&partitions->are_allowed))
        e = create(partitions, key, leader_epoch, home);
    if (e != NULL) {
        e->is_retired = false;
        e->references++;
    }
    (void)pthread_mutex_unlock(&partitions->lock);
    return e;
}

struct shared_partition *share_partitions_find(struct share_partitions *partitions, const struct share_key *key)
{
    (void)pthread_mutex_lock(&partitions->lock);
    struct shared_partition *e = find(partitions, key);
    if (e != NULL)
        e->references++;
    (void)pthread_mutex_unlock(&partitions->lock);
    if (e == NULL)
        return NULL;
    shared_partition_lock(e);
    bool is_active = e->stage == SHARED_ACTIVE;
    shared_partition_unlock(e);
    if (is_active)
        return e;
    shared_partition_release(e);
    return NULL;
}

void share_partitions_drop(struct share_partitions *partitions, const struct share_key *key)
{
    (void)pthread_mutex_lock(&partitions->lock);
    struct shared_partition *e = find(partitions, key);
    if (e != NULL)
        drop(partitions, e);
    (void)pthread_mutex_unlock(&partitions->lock);
}

void share_partitions_allow(struct share_partitions *partitions, bool are_allowed)
{
    (void)pthread_mutex_lock(&partitions->lock);
    atomic_store(&partitions->are_allowed, are_allowed);
    for (struct shared_partition *e = are_allowed ? NULL : partitions->all, *next; e != NULL; e = next) {
        next = e->next;
        drop(partitions, e);
    }
    (void)pthread_mutex_unlock(&partitions->lock);
}

void share_partitions_retire(struct share_partitions *partitions, kw_string group)
{
    (void)pthread_mutex_lock(&partitions->lock);
    for (struct shared_partition *e = partitions->all, *next; e != NULL; e = next) {
        next = e->next;
        if (e->is_dropped || !kw_string_equal(e->key.group, group))
            continue;
        e->is_retired = true;
        drop_retired(partitions, e);
    }
    (void)pthread_mutex_unlock(&partitions->lock);
}

/* ---- who waits ---- */

void shared_partition_wait(struct shared_partition *e, struct shared_waiter *waiter)
{
    waiter->next = e->waiters;
    waiter->link = &e->waiters;
    if (waiter->next != NULL)
        waiter->next->link = &waiter->next;
    e->waiters = waiter;
}

static void unlink_waiter(struct shared_waiter *waiter)
{
    *waiter->link = waiter->next;
    if (waiter->next != NULL)
        waiter->next->link = waiter->link;
    waiter->link = NULL;
}

void shared_partition_wake(struct shared_partition *e)
{
    while (e->waiters != NULL) {
        struct shared_waiter *waiter = e->waiters;
        unlink_waiter(waiter);
        waiter->resume(waiter->context);
    }
}

void shared_partition_forget(struct shared_partition *e, struct shared_waiter *waiter)
{
    shared_partition_lock(e);
    if (waiter->link != NULL)
        unlink_waiter(waiter);
    shared_partition_unlock(e);
}

/* ---- the coordinator of the state ---- */

/* The shard that has the key, counted. */
static int16_t find_shard(struct shared_partition *e, struct shard **out)
{
    uint8_t memory[KEY_MEMORY];
    kw_arena arena;
    *out = NULL;
    kw_arena_init_growing(&arena, memory, sizeof memory, kw_allocator_libc(), KEY_MEMORY + length_of(e->key.group));
    kw_string text = share_key_format(&e->key, &arena);
    int16_t error = KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    if (text.data != NULL)
        error = shards_find(e->owner->options.states, shards_partition_of(e->owner->options.states, text), out);
    kw_arena_finish(&arena);
    return error;
}

/* As docs/share-groups.md has it. */
static int16_t error_of_state(int16_t error)
{
    switch (error) {
    case KW_ERROR_NONE:
    case KW_ERROR_GROUP_ID_NOT_FOUND:
    case KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION:
        return error;
    case KW_ERROR_NOT_COORDINATOR:
    case KW_ERROR_COORDINATOR_NOT_AVAILABLE:
    case KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS:
        return KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    case KW_ERROR_FENCED_LEADER_EPOCH:
    case KW_ERROR_FENCED_STATE_EPOCH:
        return KW_ERROR_NOT_LEADER_OR_FOLLOWER;
    default:
        return KW_ERROR_UNKNOWN_SERVER_ERROR;
    }
}

/* ---- loading ---- */

struct loading {
    struct coordinator_event event; /* the first member */
    struct shared_partition *e;
    struct shard *shard;
    struct share_answer answer;
    struct share_snapshot state;
    kw_arena arena;
};

enum { STATE_LIMIT = 16 * 1024 * 1024 };

static void decide_load(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct loading *l = (struct loading *)(void *)event;
    const struct share_asked asked = {l->e->key, l->e->leader_epoch, 0};
    l->answer = share_read(d, &asked, &l->arena, &l->state);
}

static void end_load(struct shared_partition *e, int16_t error, const struct share_snapshot *state)
{
    shared_partition_lock(e);
    e->stage = SHARED_FAILED;
    e->error = error;
    if (error == KW_ERROR_NONE) {
        e->state_epoch = state->state_epoch;
        if (state->start_offset < 0)
            e->stage = SHARED_WITHOUT_START;
        else if (share_partition_load(&e->p, state->start_offset, &state->batches))
            e->stage = SHARED_ACTIVE;
        else
            e->error = KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    }
    atomic_store(&e->has_failed, e->stage == SHARED_FAILED);
    shared_partition_wake(e);
    shared_partition_unlock(e);
    start_letters(e);
}

static void complete_load(struct coordinator_event *event, int16_t error)
{
    struct loading *l = (struct loading *)(void *)event;
    struct shared_partition *e = l->e;
    error = error != KW_ERROR_NONE ? error : l->answer.error;
    end_load(e, error_of_state(error), &l->state);
    shards_release(l->shard);
    kw_arena_finish(&l->arena);
    free(l);
    shared_partition_release(e);
}

void shared_partition_load(struct shared_partition *e, const struct share_limits *limits)
{
    shared_partition_lock(e);
    e->limits = *limits;
    bool starts = e->stage == SHARED_NEW;
    if (starts)
        e->stage = SHARED_LOADING;
    shared_partition_unlock(e);
    if (!starts)
        return;
    struct loading *l = calloc(1, sizeof *l);
    int16_t error = l != NULL ? find_shard(e, &l->shard) : KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    if (error != KW_ERROR_NONE) {
        free(l);
        end_load(e, KW_ERROR_COORDINATOR_NOT_AVAILABLE, NULL);
        return;
    }
    shared_partition_refer(e);
    l->e = e;
    kw_arena_init_growing(&l->arena, NULL, 0, kw_allocator_libc(), STATE_LIMIT);
    l->event = (struct coordinator_event){.decide = decide_load, .complete = complete_load, .executor = e->home};
    if (coordinator_submit(l->shard, &l->event))
        complete_load(&l->event, l->event.error);
}

void shared_partition_start_at(struct shared_partition *e, int64_t offset)
{
    static const struct share_batches nothing = {NULL, 0};
    if (e->stage != SHARED_WITHOUT_START)
        return;
    bool fine = share_partition_load(&e->p, offset, &nothing);
    e->stage = fine ? SHARED_ACTIVE : SHARED_FAILED;
    e->error = fine ? KW_ERROR_NONE : KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    atomic_store(&e->has_failed, !fine);
}

/* ---- writing ---- */

struct shared_job *shared_job_create(struct shared_partition *e)
{
    struct shared_job *job = calloc(1, sizeof *job);
    if (job != NULL)
        job->e = e;
    return job;
}

void shared_job_destroy(struct shared_job *job)
{
    if (job == NULL)
        return;
    share_change_finish(&job->change, job->e->p.budget);
    free(job);
}

bool shared_job_queue(struct shared_job *job)
{
    struct shared_partition *e = job->e;
    if (job->change.batches.count == 0) {
        shared_job_destroy(job);
        return false;
    }
    *e->last = job;
    e->last = &job->next;
    return true;
}

static void decide_write(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct shared_job *job = (struct shared_job *)(void *)event;
    const struct share_asked asked = {job->e->key, job->e->leader_epoch, job->e->state_epoch};
    job->answer = share_write(d, &asked, job->change.start_offset, job->change.complete_count, &job->change.batches);
}

static bool is_lost(int16_t error)
{
    return error == KW_ERROR_GROUP_ID_NOT_FOUND || error == KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION ||
           error == KW_ERROR_NOT_LEADER_OR_FOLLOWER;
}

/* After it others may be written. */
static void end_write(struct shared_job *job, int16_t runtime_error)
{
    struct shared_partition *e = job->e;
    struct share_partitions *owner = e->owner;
    if (runtime_error != KW_ERROR_NONE)
        job->answer = (struct share_answer){runtime_error, share_error_text(runtime_error)};
    int16_t error = error_of_state(job->answer.error);
    shared_partition_lock(e);
    if (job->change.write != SHARE_NO_WRITE)
        (void)share_partition_written(&e->p, job->change.write, error == KW_ERROR_NONE);
    e->is_writing = false;
    shared_partition_wake(e);
    shared_partition_arm(e);
    shared_partition_unlock(e);
    if (is_lost(error)) {
        (void)pthread_mutex_lock(&owner->lock);
        drop(owner, e);
        (void)pthread_mutex_unlock(&owner->lock);
    }
    shards_release(job->shard);
    start_letters(e);
    if (job->done != NULL)
        job->done(job->context, (struct share_answer){error, job->answer.message});
    shared_job_destroy(job);
}

static void complete_write(struct coordinator_event *event, int16_t error)
{
    struct shared_job *job = (struct shared_job *)(void *)event;
    struct shared_partition *e = job->e;
    end_write(job, error);
    shared_partition_write(e);
    shared_partition_release(e);
}

/* The next one, if none is being written. */
static struct shared_job *take_job(struct shared_partition *e)
{
    shared_partition_lock(e);
    struct shared_job *job = e->is_writing ? NULL : e->first;
    if (job != NULL) {
        e->first = job->next;
        if (e->first == NULL)
            e->last = &e->first;
        e->is_writing = true;
    }
    shared_partition_unlock(e);
    return job;
}

void shared_partition_write(struct shared_partition *e)
{
    for (struct shared_job *job; (job = take_job(e)) != NULL;) {
        int16_t error = find_shard(e, &job->shard);
        if (error != KW_ERROR_NONE) {
            end_write(job, error);
            continue;
        }
        shared_partition_refer(e);
        job->event =
            (struct coordinator_event){.decide = decide_write, .complete = complete_write, .executor = e->home};
        if (!coordinator_submit(job->shard, &job->event))
            return;
        end_write(job, job->event.error);
        shared_partition_release(e);
    }
}
