/* SPDX-License-Identifier: Apache-2.0 */
/* Consumers that choose their partitions themselves (assign()), and only keep their offsets in a group. */
#include <kwire/api_keys.h>
#include <kwire/error.h>

#include "member.h"
#include "topics.h"

enum { NO_GENERATION = -1, NEVER_MS = 3600000 };

static bool ask(struct member *m, int64_t *at)
{
    uint64_t all = partitions_of_topics(m->group->topics);
    m->epoch = NO_GENERATION;
    if (m->is_leaving && (member_dirty(m) == 0 || world.now < m->next_commit)) {
        member_has_left(m);
        return true;
    }
    if (m->is_leaving) {
        member_commit(m, member_dirty(m));
        return true;
    }
    if (m->owned != all)
        member_own(m, all, true);
    *at = world.now + NEVER_MS;
    return false;
}

static void answered(struct member *m, const void *response)
{
    (void)response;
    broken("%s/%zu has asked for nothing", m->group->name, m->number);
}

static void failed(struct member *m)
{
    (void)m;
}

static void refused(struct member *m, int16_t error)
{
    broken("%s/%zu is no member, but is answered with error %d", m->group->name, m->number, error);
}

static bool may_read(const struct member *m)
{
    (void)m;
    return true;
}

const struct protocol simple_members = {ask, answered, failed, refused, may_read};
