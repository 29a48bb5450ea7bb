/* SPDX-License-Identifier: Apache-2.0 */
#include "shards.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/clock.h"
#include "../observe/console.h"
#include "partition_of_key.h"
#include "shard_load.h"

enum { NAME_SIZE = 64, RETRY_MS = 1000, COMPRESSED_LIMIT = 256 * 1024 * 1024 };

enum stage {
    BLOCKED, /* an older shard of the partition may still write to its log */
    QUEUED,  /* to be loaded */
    LOADING,
    READY, /* it is active, or has failed */
    LEAVING
};

/* A shard is counted: the table, a loader, the shard itself until it is released, and those who have found it have a
 * reference each. */
struct counted_shard {
    struct shard shard; /* first, so that a pointer to it is one to this */
    struct shards *owner;
    atomic_uint references;
    struct partition_log *log;
    kw_uuid topic_id;
    int32_t partition;
    enum stage stage; /* with the owner's lock */
    atomic_bool is_lost;
    int64_t retry_ms; /* with the lock: from when on it may be loaded again, by clock_ms(); INT64_MAX: never */
    struct task reload;
    char name[NAME_SIZE];
};

struct shards_slot {
    struct counted_shard *current; /* NULL: this node does not lead the partition */
    unsigned leaving;              /* older ones that are not unloaded yet */
};

static void lock(struct shards *shards)
{
    (void)pthread_mutex_lock(&shards->lock);
}

static void unlock(struct shards *shards)
{
    (void)pthread_mutex_unlock(&shards->lock);
}

static struct counted_shard *counted(struct shard *shard)
{
    return (struct counted_shard *)(void *)shard;
}

static void share(struct counted_shard *shard)
{
    atomic_fetch_add(&shard->references, 1);
}

void shards_hold(struct shard *shard)
{
    share(counted(shard));
}

void shards_release(struct shard *shard)
{
    if (shard == NULL || atomic_fetch_sub(&counted(shard)->references, 1) != 1)
        return;
    shard_finish(shard);
    log_release(counted(shard)->log);
    free(counted(shard));
}

/* ---- who waits; with the lock ---- */

static void remove_waiter(struct shards *shards, struct shards_waiter *waiter)
{
    *waiter->link = waiter->next;
    if (waiter->next != NULL)
        waiter->next->link = waiter->link;
    else
        shards->last_waiter = waiter->link;
    waiter->link = NULL;
}

static void add_waiter(struct shards *shards, struct shards_waiter *waiter, int32_t partition)
{
    waiter->partition = partition;
    waiter->next = NULL;
    waiter->link = shards->last_waiter;
    *waiter->link = waiter;
    shards->last_waiter = &waiter->next;
}

static void resume_waiters(struct shards *shards, int32_t partition)
{
    for (struct shards_waiter *waiter = shards->waiters, *next; waiter != NULL; waiter = next) {
        next = waiter->next;
        if (waiter->partition != partition)
            continue;
        remove_waiter(shards, waiter);
        waiter->resume(waiter->context);
    }
}

/* ---- finding ---- */

/* With the lock; NULL: there is none. */
static struct counted_shard *current(const struct shards *shards, int32_t partition)
{
    return partition >= 0 && (size_t)partition < shards->slot_count ? shards->slots[partition].current : NULL;
}

/* With the lock. */
static int16_t why_not(const struct shards *shards, int32_t partition)
{
    const struct counted_shard *shard = current(shards, partition);
    if (shards->home_count == 0)
        return KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    if (shard == NULL)
        return KW_ERROR_NOT_COORDINATOR;
    return shard->stage == READY ? KW_ERROR_NONE : KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS;
}

bool shards_wait(struct shards *shards, int32_t partition, struct shards_waiter *waiter)
{
    lock(shards);
    int16_t error = why_not(shards, partition);
    bool waits = error == KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS ||
                 (error == KW_ERROR_COORDINATOR_NOT_AVAILABLE && !shards->is_stopping);
    if (waits)
        add_waiter(shards, waiter, partition);
    unlock(shards);
    return waits;
}

void shards_forget(struct shards *shards, struct shards_waiter *waiter)
{
    lock(shards);
    if (waiter->link != NULL)
        remove_waiter(shards, waiter);
    unlock(shards);
}

int32_t shards_partitions(struct shards *shards)
{
    return atomic_load_explicit(&shards->partitions, memory_order_relaxed);
}

int32_t shards_partition_of(struct shards *shards, kw_string key)
{
    int32_t partitions = shards_partitions(shards);
    return partitions > 0 ? partition_of_key(key, partitions) : -1;
}

/* ---- loading ---- */

/* With the lock: one that somebody waits for, or any. */
static struct counted_shard *next_to_load(struct shards *shards)
{
    for (const struct shards_waiter *waiter = shards->waiters; waiter != NULL; waiter = waiter->next) {
        struct counted_shard *shard = current(shards, waiter->partition);
        if (shard != NULL && shard->stage == QUEUED)
            return shard;
    }
    for (size_t i = 0; i < shards->slot_count; i++) {
        struct counted_shard *shard = shards->slots[i].current;
        if (shard != NULL && shard->stage == QUEUED)
            return shard;
    }
    return NULL;
}

/* NULL: there is nothing to do, and the loader ends. */
static struct counted_shard *take_to_load(struct shards_loader *loader)
{
    lock(loader->shards);
    struct counted_shard *shard = next_to_load(loader->shards);
    if (shard != NULL) {
        shard->stage = LOADING;
        share(shard);
    } else {
        loader->is_running = false;
        (void)pthread_cond_broadcast(&loader->shards->changed);
    }
    unlock(loader->shards);
    return shard;
}

static void load(struct shards *shards, struct counted_shard *shard)
{
    bool may_retry = !shard_load(&shard->shard, shard->log, shards->options.load_step, COMPRESSED_LIMIT);
    lock(shards);
    if (may_retry)
        shard->retry_ms = clock_ms() + RETRY_MS;
    if (shard->stage == LOADING) {
        shard->stage = READY;
        resume_waiters(shards, shard->partition);
    }
    unlock(shards);
    shards_release(&shard->shard);
}

/* On a worker. */
static void run_loader(struct task *task)
{
    struct shards_loader *loader =
        (struct shards_loader *)(void *)((char *)task - offsetof(struct shards_loader, task));
    for (struct counted_shard *shard; (shard = take_to_load(loader)) != NULL;)
        load(loader->shards, shard);
}

static void start_loaders(struct shards *shards)
{
    for (int i = 0; i < SHARDS_LOADERS; i++) {
        struct shards_loader *loader = &shards->loaders[i];
        lock(shards);
        bool starts = !loader->is_running && next_to_load(shards) != NULL;
        loader->is_running = loader->is_running || starts;
        unlock(shards);
        if (starts)
            executor_offload(shards->homes[0], &loader->task);
    }
}

/* ---- one shard ---- */

/* Its log is free now for the one that follows. */
static void released(struct shard *s)
{
    struct counted_shard *shard = counted(s);
    struct shards *shards = shard->owner;
    lock(shards);
    struct shards_slot *slot = &shards->slots[shard->partition];
    slot->leaving--;
    bool is_unblocked = slot->leaving == 0 && slot->current != NULL && slot->current->stage == BLOCKED;
    if (is_unblocked)
        slot->current->stage = QUEUED;
    unlock(shards);
    if (is_unblocked)
        start_loaders(shards);
    lock(shards);
    shards->live--;
    (void)pthread_cond_broadcast(&shards->changed);
    unlock(shards);
    shards_release(s);
}

static void start_to_replace(struct task *task);

/* With the lock. Not here: whoever has the turn may be applying an image. */
static void start_again(struct shards *shards, struct counted_shard *shard)
{
    atomic_store(&shard->is_lost, true);
    shard->retry_ms = INT64_MAX;
    share(shard);
    shards->reloading++;
    shard->reload.run = start_to_replace;
    executor_post(shard->shard.options.home, &shard->reload);
}

static void lost(struct shard *s)
{
    struct counted_shard *shard = counted(s);
    lock(shard->owner);
    start_again(shard->owner, shard);
    unlock(shard->owner);
}

int16_t shards_find(struct shards *shards, int32_t partition, struct shard **out)
{
    lock(shards);
    int16_t error = why_not(shards, partition);
    struct counted_shard *shard = error == KW_ERROR_NONE ? current(shards, partition) : NULL;
    if (shard != NULL)
        share(shard);
    if (shard != NULL && clock_ms() >= shard->retry_ms)
        start_again(shards, shard);
    unlock(shards);
    *out = shard != NULL ? &shard->shard : NULL;
    return error;
}

/* Whoever has not been loaded still has the turn. */
static void unload(struct shards *shards, size_t partition)
{
    struct shards_slot *slot = &shards->slots[partition];
    lock(shards);
    struct counted_shard *shard = slot->current;
    bool is_loaded = shard->stage == LOADING || shard->stage == READY;
    shard->stage = LEAVING;
    slot->current = NULL;
    slot->leaving++;
    resume_waiters(shards, shard->partition);
    unlock(shards);
    shard_unload(&shard->shard);
    if (!is_loaded)
        shard_fail_to_load(&shard->shard);
    shards_release(&shard->shard);
}

static bool init_shard(const struct shards *shards, struct counted_shard *shard, const struct metadata_image *image)
{
    const struct shards_options *o = &shards->options;
    void *state = o->create(o->context, shard->partition);
    const struct shard_options options = {
        .machine = o->machine,
        .state = state,
        .image = image,
        .sink = shard_sink_of(shard->log),
        .leader_epoch = shard->shard.options.leader_epoch,
        .home = shards->homes[(size_t)shard->partition % shards->home_count],
        .random = o->random,
        .now = o->now,
        .clock = o->clock,
        .timeout_ms = o->timeout_ms,
        .lost = lost,
        .linger_ms = o->linger_ms,
        .codec = o->codec,
        .released = released,
        .name = shard->name,
    };
    if (state == NULL)
        return false;
    if (shard_init(&shard->shard, &options))
        return true;
    o->machine->unloaded(state);
    return false;
}

/* NULL: there is no memory. */
static struct counted_shard *create(struct shards *shards, const struct metadata_topic *topic,
                                    const struct metadata_partition *partition, struct partition_log *log,
                                    const struct metadata_image *image)
{
    struct counted_shard *shard = calloc(1, sizeof *shard);
    if (shard == NULL)
        return NULL;
    shard->owner = shards;
    shard->retry_ms = INT64_MAX;
    shard->log = log;
    shard->topic_id = topic->id;
    shard->partition = partition->index;
    shard->shard.options.leader_epoch = partition->leader_epoch;
    atomic_init(&shard->references, 2);
    (void)snprintf(shard->name, sizeof shard->name, "%.*s-%" PRId32, KW_FMT(topic->name), partition->index);
    if (init_shard(shards, shard, image))
        return shard;
    free(shard);
    return NULL;
}

/* False: memory is short. */
static bool add(struct shards *shards, const struct metadata_topic *topic, const struct metadata_partition *partition,
                const struct metadata_image *image)
{
    struct partition_log *log = log_manager_find(shards->options.logs, topic->name, topic->id, partition->index);
    if (log == NULL)
        return true; /* it could not be created, which has been reported */
    struct counted_shard *shard = create(shards, topic, partition, log, image);
    if (shard == NULL) {
        log_release(log);
        return false;
    }
    lock(shards);
    struct shards_slot *slot = &shards->slots[partition->index];
    shard->stage = slot->leaving == 0 ? QUEUED : BLOCKED;
    slot->current = shard;
    shards->live++;
    unlock(shards);
    return true;
}

/* ---- images ---- */

static bool make_slots(struct shards *shards, size_t count)
{
    if (count <= shards->slot_count)
        return true;
    lock(shards);
    struct shards_slot *slots = realloc(shards->slots, count * sizeof *slots);
    if (slots != NULL) {
        memset(slots + shards->slot_count, 0, (count - shards->slot_count) * sizeof *slots);
        shards->slots = slots;
        shards->slot_count = count;
    }
    unlock(shards);
    return slots != NULL;
}

/* The partition, if this node leads it; else NULL. */
static const struct metadata_partition *led(const struct shards *shards, const struct metadata_topic *topic,
                                            size_t index)
{
    const struct metadata_partition *partition = topic != NULL ? metadata_topic_partition(topic, (int32_t)index) : NULL;
    return partition != NULL && partition->leader_id == shards->options.node_id ? partition : NULL;
}

static bool continues(const struct counted_shard *shard, const struct metadata_topic *topic,
                      const struct metadata_partition *partition)
{
    return partition != NULL && kw_uuid_equal(shard->topic_id, topic->id) && !atomic_load(&shard->is_lost) &&
           shard->shard.options.leader_epoch >= partition->leader_epoch;
}

static void leave_one(struct shards *shards, size_t index, const struct metadata_topic *topic)
{
    const struct counted_shard *shard = shards->slots[index].current;
    if (shard != NULL && !continues(shard, topic, led(shards, topic, index)))
        unload(shards, index);
}

/* False: memory is short. */
static bool apply_to(struct shards *shards, size_t index, const struct metadata_topic *topic,
                     const struct metadata_image *image)
{
    const struct metadata_partition *partition = led(shards, topic, index);
    leave_one(shards, index, topic);
    if (shards->slots[index].current == NULL)
        return partition == NULL || add(shards, topic, partition, image);
    shard_publish(&shards->slots[index].current->shard, image);
    return true;
}

/* No key is in a partition with a higher index, which only records of another hand can have. */
static size_t slots_of(const struct metadata_topic *topic)
{
    return topic != NULL ? (size_t)topic->partition_count : 0;
}

/* NULL: there is none. */
static const struct metadata_topic *topic_of(const struct shards *shards, const struct metadata_image *image)
{
    return metadata_topic_by_name(image, kw_string_of(kw_internal_topic_name(shards->options.topic)));
}

/* With `changes`. */
static bool apply(struct shards *shards, const struct metadata_image *image)
{
    const struct metadata_topic *topic = topic_of(shards, image);
    if (!make_slots(shards, slots_of(topic)))
        return false;
    bool is_complete = true;
    for (size_t i = 0; i < shards->slot_count; i++)
        is_complete = apply_to(shards, i, topic, image) && is_complete;
    start_loaders(shards);
    return is_complete;
}

void shards_leave(struct shards *shards, const struct metadata_image *image)
{
    const struct metadata_topic *topic = topic_of(shards, image);
    (void)pthread_mutex_lock(&shards->changes);
    for (size_t i = 0; i < shards->slot_count; i++)
        leave_one(shards, i, topic);
    (void)pthread_mutex_unlock(&shards->changes);
}

bool shards_apply(struct shards *shards, const struct metadata_image *image)
{
    bool is_complete = true;
    (void)pthread_mutex_lock(&shards->changes);
    metadata_image_release(shards->image);
    shards->image = metadata_image_share(image);
    if (shards->home_count != 0 && !shards->is_stopping)
        is_complete = apply(shards, image);
    (void)pthread_mutex_unlock(&shards->changes);
    return is_complete;
}

/* ---- shards whose log somebody else has written to ---- */

static void replace(struct shards *shards, size_t index)
{
    (void)pthread_mutex_lock(&shards->changes);
    if (!shards->is_stopping && !apply_to(shards, index, topic_of(shards, shards->image), shards->image))
        console_line("%s: memory is too short for a coordinator", kw_internal_topic_name(shards->options.topic));
    (void)pthread_mutex_unlock(&shards->changes);
    start_loaders(shards);
}

/* On a worker: it may wait for who applies an image. */
static void run_replace(struct task *task)
{
    struct counted_shard *shard =
        (struct counted_shard *)(void *)((char *)task - offsetof(struct counted_shard, reload));
    struct shards *shards = shard->owner;
    replace(shards, (size_t)shard->partition);
    lock(shards);
    shards->reloading--;
    (void)pthread_cond_broadcast(&shards->changed);
    unlock(shards);
    shards_release(&shard->shard);
}

/* On the home executor. */
static void start_to_replace(struct task *task)
{
    struct counted_shard *shard =
        (struct counted_shard *)(void *)((char *)task - offsetof(struct counted_shard, reload));
    task->run = run_replace;
    executor_offload(shard->shard.options.home, task);
}

/* ---- life ---- */

bool shards_init(struct shards *shards, const struct shards_options *options)
{
    memset(shards, 0, sizeof *shards);
    shards->options = *options;
    shards->last_waiter = &shards->waiters;
    for (int i = 0; i < SHARDS_LOADERS; i++)
        shards->loaders[i] = (struct shards_loader){.task.run = run_loader, .shards = shards};
    if (pthread_mutex_init(&shards->changes, NULL) != 0)
        return false;
    if (pthread_mutex_init(&shards->lock, NULL) == 0) {
        if (pthread_cond_init(&shards->changed, NULL) == 0)
            return true;
        (void)pthread_mutex_destroy(&shards->lock);
    }
    (void)pthread_mutex_destroy(&shards->changes);
    return false;
}

bool shards_start(struct shards *shards, struct executor *const *homes, size_t home_count, int32_t partitions)
{
    (void)pthread_mutex_lock(&shards->changes);
    lock(shards);
    shards->homes = homes;
    shards->home_count = home_count;
    atomic_store(&shards->partitions, partitions);
    unlock(shards);
    bool is_complete = shards->image == NULL || apply(shards, shards->image);
    lock(shards);
    resume_waiters(shards, -1);
    unlock(shards);
    (void)pthread_mutex_unlock(&shards->changes);
    return is_complete;
}

void shards_stop(struct shards *shards)
{
    (void)pthread_mutex_lock(&shards->changes);
    lock(shards);
    shards->is_stopping = true;
    resume_waiters(shards, -1);
    unlock(shards);
    for (size_t i = 0; i < shards->slot_count; i++)
        if (shards->slots[i].current != NULL)
            unload(shards, i);
    (void)pthread_mutex_unlock(&shards->changes);
}

static bool is_at_rest(const struct shards *shards)
{
    bool is_loading = false;
    for (int i = 0; i < SHARDS_LOADERS; i++)
        is_loading = is_loading || shards->loaders[i].is_running;
    return shards->live == 0 && shards->reloading == 0 && !is_loading;
}

void shards_await(struct shards *shards)
{
    lock(shards);
    while (!is_at_rest(shards))
        (void)pthread_cond_wait(&shards->changed, &shards->lock);
    unlock(shards);
}

void shards_finish(struct shards *shards)
{
    metadata_image_release(shards->image);
    free(shards->slots);
    (void)pthread_cond_destroy(&shards->changed);
    (void)pthread_mutex_destroy(&shards->lock);
    (void)pthread_mutex_destroy(&shards->changes);
}
