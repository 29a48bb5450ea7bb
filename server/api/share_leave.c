/* SPDX-License-Identifier: Apache-2.0 */
#include "share_leave.h"

#include "../share/share_acknowledge.h"
#include "share_config.h"

static void release_one(struct shared_partition *e, const struct share_limits *limits, kw_string member)
{
    struct shared_job *job = shared_job_create(e);
    if (job == NULL)
        return; /* the locks end in time */
    shared_partition_lock(e);
    if (share_release_all(&e->p, limits, member, &job->change))
        (void)shared_job_queue(job);
    else
        shared_job_destroy(job);
    shared_partition_unlock(e);
    shared_partition_write(e);
}

void share_release(struct broker *broker, const struct metadata_image *image, kw_string group, kw_string member,
                   struct partition_set partitions)
{
    const struct share_config config = share_config_of(broker, image, group);
    for (size_t i = 0; i < partitions.count; i++) {
        const struct share_key key = {group, partitions.items[i].topic, partitions.items[i].index};
        struct shared_partition *e = share_partitions_find(&broker->share_partitions, &key);
        if (e == NULL)
            continue;
        release_one(e, &config.limits, member);
        shared_partition_release(e);
    }
}

struct leaving {
    struct broker *broker;
    const struct metadata_image *image;
};

static void end_session(void *context, kw_string group, kw_string member, struct partition_set partitions)
{
    const struct leaving *l = context;
    share_release(l->broker, l->image, group, member, partitions);
}

static void end_group(void *context, kw_string group)
{
    const struct leaving *l = context;
    share_partitions_retire(&l->broker->share_partitions, group);
}

void share_leave(struct broker *broker, const struct exchange *exchange)
{
    struct leaving l = {broker, metadata_image_acquire(&broker->metadata)};
    const struct share_session_listener listener = {&l, end_session, end_group};
    share_sessions_leave(&broker->share_sessions, exchange, &listener);
    metadata_image_release(l.image);
}
