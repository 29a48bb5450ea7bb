/* SPDX-License-Identifier: Apache-2.0 */
#include "member.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/error.h>

#include "fetching.h"
#include "offsets.h"
#include "sharing.h"
#include "topics.h"

enum { COMMIT_MS = 5000 };

static struct member *of_coordinator(struct asker *asker)
{
    return (struct member *)(void *)asker; /* its first member */
}

kw_string member_instance(const struct member *m)
{
    return m->instance[0] != '\0' ? kw_string_of(m->instance) : (kw_string){NULL, -1};
}

bool is_about_coordinator(int16_t error)
{
    return error == KW_ERROR_COORDINATOR_NOT_AVAILABLE || error == KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS ||
           error == KW_ERROR_NOT_COORDINATOR;
}

/* ---- partitions ---- */

uint64_t member_dirty(const struct member *m)
{
    uint64_t dirty = 0;
    for (int p = 0; p < ALL_PARTITIONS; p++)
        if ((m->known & bit(p)) != 0 && m->positions[p] != m->committed[p])
            dirty |= bit(p);
    return dirty;
}

void member_own(struct member *m, uint64_t partitions, bool keeps_positions)
{
    m->known = keeps_positions ? m->known & m->owned & partitions : 0;
    m->owned = partitions;
    m->dropped = 0;
    happen_in(&m->fetch, 0);
}

/* ---- what is due at the coordinator ---- */

static void again(struct member *m, int64_t at)
{
    happen_in(&m->act, at > world.now ? at - world.now : 0);
}

void member_wait(struct member *m, int64_t ms)
{
    m->not_before = world.now + ms;
}

void member_commit(struct member *m, uint64_t partitions)
{
    m->next_commit = world.now + pick_from(1, COMMIT_MS);
    offsets_commit(m, partitions);
}

static void act(struct happening *happening)
{
    struct member *m = (struct member *)(void *)((char *)happening - offsetof(struct member, act));
    int64_t at = INT64_MAX;
    if (!m->is_present || m->coordinator.is_busy)
        return;
    if (world.now < m->not_before) {
        again(m, m->not_before);
        return;
    }
    if (m->group->protocol->ask(m, &at))
        return;
    if (m->group->protocol->may_read(m) && (m->owned & ~m->known) != 0) {
        offsets_fetch(m, m->owned & ~m->known);
        return;
    }
    uint64_t dirty = member_dirty(m);
    if (dirty != 0 && world.now >= m->next_commit) {
        member_commit(m, dirty);
        return;
    }
    if (dirty != 0 && m->next_commit < at)
        at = m->next_commit;
    again(m, at < world.now + COMMIT_MS ? at : world.now + COMMIT_MS);
}

static void answered(struct asker *asker, const void *response)
{
    struct member *m = of_coordinator(asker);
    if (asker->key == KW_KEY_OFFSET_COMMIT)
        offsets_committed(m, response);
    else if (asker->key == KW_KEY_OFFSET_FETCH)
        offsets_fetched(m, response);
    else
        m->group->protocol->answered(m, response);
    if (m->is_present)
        again(m, 0);
}

static void failed(struct asker *asker)
{
    struct member *m = of_coordinator(asker);
    if (asker->key != KW_KEY_OFFSET_COMMIT && asker->key != KW_KEY_OFFSET_FETCH)
        m->group->protocol->failed(m);
    if (!m->is_present)
        return;
    member_wait(m, pick_from(20, 500));
    again(m, m->not_before);
}

/* ---- life ---- */

static void stop_reading(struct member *m)
{
    if (m->group->protocol == &share_members)
        sharing_stop(m);
    else
        fetching_stop(m);
}

void member_init(struct member *m, struct group *group, size_t number, const char *instance)
{
    memset(m, 0, sizeof *m);
    m->group = group;
    m->number = number;
    strcpy(m->instance, instance);
    m->coordinator.answered = answered;
    m->coordinator.failed = failed;
    m->act.happen = act;
    if (group->protocol == &share_members)
        sharing_init(m);
    else
        fetching_init(m);
}

void member_join(struct member *m)
{
    m->is_present = true;
    m->is_leaving = false;
    m->epoch = 0;
    m->id[0] = '\0';
    m->owned = m->known = m->dropped = 0;
    m->not_before = m->asleep_until = m->next_heartbeat = 0;
    m->state = OUT;
    m->must_rejoin = false;
    m->says_all = true;
    m->interval_ms = 1000;
    note("%s/%zu joins", m->group->name, m->number);
    again(m, world.now);
}

void member_leave(struct member *m)
{
    note("%s/%zu leaves", m->group->name, m->number);
    m->is_leaving = true;
    m->next_commit = 0;
    again(m, world.now);
}

void member_die(struct member *m)
{
    note("%s/%zu dies", m->group->name, m->number);
    asker_stop(&m->coordinator);
    member_has_left(m);
}

void member_has_left(struct member *m)
{
    note("%s/%zu is gone", m->group->name, m->number);
    m->is_present = m->is_leaving = false;
    m->owned = m->known = m->dropped = 0;
    stop_reading(m);
    happen_not(&m->act);
    free(m->plan);
    m->plan = NULL;
    m->plan_size = 0;
}

void member_sleep(struct member *m, int64_t ms)
{
    note("%s/%zu sleeps for %" PRId64 " ms", m->group->name, m->number, ms);
    asker_stop(&m->coordinator);
    m->group->protocol->failed(m);
    stop_reading(m);
    member_wait(m, ms);
    m->asleep_until = m->not_before;
    again(m, m->not_before);
    happen_in(&m->fetch, ms);
}
