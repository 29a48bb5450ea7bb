/* SPDX-License-Identifier: Apache-2.0 */
#include "share_acks.h"

#include <kwire/error.h>

int16_t share_ack_check(const struct share_acknowledgements *ranges, int8_t most_type, bool may_renew)
{
    int64_t before = -1;
    for (size_t i = 0; i < ranges->count; i++) {
        const struct share_acknowledgement *ack = &ranges->items[i];
        if (ack->first > ack->last || ack->first < before || ack->first < 0 || ack->type_count == 0)
            return KW_ERROR_INVALID_REQUEST;
        if (ack->type_count > 1 && (uint64_t)(ack->last - ack->first) + 1 != ack->type_count)
            return KW_ERROR_INVALID_REQUEST;
        for (size_t t = 0; t < ack->type_count; t++)
            if (ack->types[t] < 0 || ack->types[t] > most_type || (ack->types[t] == SHARE_RENEW && !may_renew))
                return KW_ERROR_INVALID_REQUEST;
        before = ack->last;
    }
    return KW_ERROR_NONE;
}

static bool exists(const struct call *call, const struct share_ack *ack)
{
    const struct metadata_topic *topic = metadata_topic_by_id(call->image, ack->topic);
    return topic != NULL && metadata_topic_partition(topic, ack->index) != NULL;
}

/* On any thread. */
static void note_written(void *context, int16_t error)
{
    struct share_ack *ack = context;
    struct call *call = ack->call;
    ack->error = error;
    if (atomic_fetch_sub(ack->waiting, 1) == 1)
        call_continue(call);
}

/* Queues the change; its end is waited for. */
static void acknowledge(struct share_acks *acks, struct share_ack *ack, const struct share_config *config,
                        kw_string member)
{
    struct shared_partition *e = ack->e;
    struct shared_job *job = shared_job_create(e);
    if (job == NULL) {
        ack->error = KW_ERROR_UNKNOWN_SERVER_ERROR;
        return;
    }
    job->done = note_written;
    job->context = ack;
    shared_partition_lock(e);
    e->limits = config->limits;
    ack->error =
        share_acknowledge(&e->p, &config->limits, e->owner->options.clock(), member, &ack->ranges, &job->change);
    bool is_queued = ack->error == KW_ERROR_NONE && job->change.batches.count != 0;
    if (is_queued) {
        atomic_fetch_add(&acks->waiting, 1);
        (void)shared_job_queue(job);
    }
    shared_partition_arm(e); /* locks may have been renewed */
    shared_partition_unlock(e);
    if (is_queued)
        shared_partition_write(e);
    else
        shared_job_destroy(job);
}

static void release_entries(struct share_acks *acks)
{
    for (size_t i = 0; i < acks->count; i++) {
        if (acks->items[i].e != NULL)
            shared_partition_release(acks->items[i].e);
        acks->items[i].e = NULL;
    }
}

enum call_outcome share_acks_run(struct call *call, struct share_acks *acks, kw_string group, kw_string member,
                                 call_function *resume)
{
    const struct share_config config = share_config_of(call, group);
    atomic_init(&acks->waiting, 1);
    (void)call_hold(call, resume);
    for (size_t i = 0; i < acks->count; i++) {
        struct share_ack *ack = &acks->items[i];
        const struct share_key key = {group, ack->topic, ack->index};
        ack->call = call;
        ack->waiting = &acks->waiting;
        if (ack->error != KW_ERROR_NONE || ack->ranges.count == 0)
            continue;
        ack->e = exists(call, ack) ? share_partitions_find(&call->broker->share_partitions, &key) : NULL;
        if (ack->e == NULL)
            ack->error = KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
        else
            acknowledge(acks, ack, &config, member);
    }
    release_entries(acks); /* jobs have their own */
    if (atomic_fetch_sub(&acks->waiting, 1) != 1)
        return CALL_PARKED;
    call_let_go(call);
    return resume(call);
}

void share_release(struct call *call, kw_string group, kw_string member, struct partition_set partitions)
{
    const struct share_config config = share_config_of(call, group);
    for (size_t i = 0; i < partitions.count; i++) {
        const struct share_key key = {group, partitions.items[i].topic, partitions.items[i].index};
        struct shared_partition *e = share_partitions_find(&call->broker->share_partitions, &key);
        struct shared_job *job = e != NULL ? shared_job_create(e) : NULL;
        if (job != NULL) {
            shared_partition_lock(e);
            if (share_release_all(&e->p, &config.limits, member, &job->change))
                (void)shared_job_queue(job);
            else
                shared_job_destroy(job); /* their locks end */
            shared_partition_unlock(e);
            shared_partition_write(e);
        }
        if (e != NULL)
            shared_partition_release(e);
    }
}
