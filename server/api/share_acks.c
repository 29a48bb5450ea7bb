/* SPDX-License-Identifier: Apache-2.0 */
#include "share_acks.h"

#include <stdlib.h>

#include <kwire/error.h>

#include "../coordinator/group/partition_set.h"

enum { FIRST_WITH_RENEW = 2, MOST_TYPE = SHARE_REJECT, MOST_TYPE_WITH_RENEW = SHARE_RENEW };

static bool are_valid(const struct share_acknowledgements *ranges, int8_t most_type, bool may_renew)
{
    int64_t before = -1;
    for (size_t i = 0; i < ranges->count; i++) {
        const struct share_acknowledgement *ack = &ranges->items[i];
        if (ack->first > ack->last || ack->first < before || ack->type_count == 0)
            return false;
        if (ack->type_count > 1 && (uint64_t)(ack->last - ack->first) + 1 != ack->type_count)
            return false;
        for (size_t t = 0; t < ack->type_count; t++)
            if (ack->types[t] < 0 || ack->types[t] > most_type || (ack->types[t] == SHARE_RENEW && !may_renew))
                return false;
        before = ack->last;
    }
    return true;
}

static void check(const struct call *call, struct share_ack *ack, bool may_renew)
{
    const struct metadata_topic *topic = metadata_topic_by_id(call->image, ack->topic);
    int8_t most_type = call->version >= FIRST_WITH_RENEW ? MOST_TYPE_WITH_RENEW : MOST_TYPE;
    ack->answer.error = topic == NULL                                         ? KW_ERROR_UNKNOWN_TOPIC_ID
                        : !are_valid(&ack->ranges, most_type, may_renew)      ? KW_ERROR_INVALID_REQUEST
                        : metadata_topic_partition(topic, ack->index) == NULL ? KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION
                                                                              : KW_ERROR_NONE;
}

static int compare_partitions(const struct share_ack *a, const struct share_ack *b)
{
    const struct set_partition of_a = {a->topic, a->index, 0}, of_b = {b->topic, b->index, 0};
    return set_partition_compare(&of_a, &of_b);
}

static int compare(const void *left, const void *right)
{
    const struct share_ack *a = left, *b = right;
    int order = compare_partitions(a, b);
    return order != 0 ? order : (a->place > b->place) - (a->place < b->place);
}

void share_acks_check(const struct call *call, struct share_acks *acks, bool may_renew)
{
    size_t kept = 0;
    for (size_t i = 0; i < acks->count; i++)
        acks->items[i].place = i;
    if (acks->count != 0)
        qsort(acks->items, acks->count, sizeof *acks->items, compare);
    for (size_t i = 0; i < acks->count; i++)
        if (i + 1 == acks->count || compare_partitions(&acks->items[i], &acks->items[i + 1]) != 0)
            acks->items[kept++] = acks->items[i];
    acks->count = kept;
    for (size_t i = 0; i < kept; i++)
        check(call, &acks->items[i], may_renew);
}

bool share_ack_is_listed(const struct share_acks *acks, const struct share_ack *ack)
{
    return acks->has_any || ack->ranges.count != 0 || ack->answer.error != KW_ERROR_NONE;
}

/* On any thread. */
static void note_written(void *context, struct share_answer answer)
{
    struct share_ack *ack = context;
    struct call *call = ack->call;
    ack->answer = answer;
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
        ack->answer = (struct share_answer){KW_ERROR_UNKNOWN_SERVER_ERROR, "memory is short"};
        return;
    }
    job->done = note_written;
    job->context = ack;
    shared_partition_lock(e);
    e->limits = config->limits;
    ack->answer =
        share_acknowledge(&e->p, &config->limits, e->owner->options.clock(), member, &ack->ranges, &job->change);
    bool is_queued = ack->answer.error == KW_ERROR_NONE && job->change.batches.count != 0;
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
    const struct share_answer not_in_use = {KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION,
                                            share_error_text(KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION)};
    const struct share_config config = share_config_of(call->broker, call->image, group);
    atomic_init(&acks->waiting, 1);
    (void)call_hold(call, resume);
    for (size_t i = 0; i < acks->count; i++) {
        struct share_ack *ack = &acks->items[i];
        const struct share_key key = {group, ack->topic, ack->index};
        ack->call = call;
        ack->waiting = &acks->waiting;
        if (ack->answer.error != KW_ERROR_NONE || ack->ranges.count == 0)
            continue;
        acks->has_any = true;
        ack->e = share_partitions_find(&call->broker->share_partitions, &key);
        if (ack->e == NULL)
            ack->answer = not_in_use;
        else
            acknowledge(acks, ack, &config, member);
    }
    release_entries(acks); /* jobs have their own */
    if (atomic_fetch_sub(&acks->waiting, 1) != 1)
        return CALL_PARKED;
    call_let_go(call);
    return resume(call);
}
