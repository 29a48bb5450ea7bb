/* SPDX-License-Identifier: Apache-2.0 */
#include "witness.h"

#include <string.h>

#include "reading.h"

enum { LONGEST_WAIT_MS = 5000 };

static void read_partition(void *context, int p, const kw_fetch_response_partition_data *data)
{
    struct witness *w = context;
    w->positions[p] = reading_walk(data, p, w->positions[p], w->is_committed, NULL, NULL);
    w->is_at_end[p] = w->positions[p] == data->high_watermark && data->last_stable_offset == data->high_watermark;
}

static void answered(struct asker *asker, const void *response)
{
    struct witness *w = (struct witness *)(void *)asker; /* its first member */
    reading_answered(asker, response, w, read_partition);
    if (w->returns && one_in(100))
        memset(w->positions, 0, sizeof w->positions);
    happen_in(&w->next, one_in(20) ? pick_from(0, 5000) : pick_from(0, 100));
}

static void failed(struct asker *asker)
{
    struct witness *w = (struct witness *)(void *)asker;
    happen_in(&w->next, pick_from(10, 500));
}

static void act(struct happening *happening)
{
    struct witness *w = (struct witness *)(void *)((char *)happening - offsetof(struct witness, next));
    reading_ask(&w->asker, w->positions, w->is_committed, (int32_t)pick_from(0, LONGEST_WAIT_MS));
}

void witness_start(struct witness *w, bool is_committed, bool returns)
{
    memset(w, 0, sizeof *w);
    w->asker.answered = answered;
    w->asker.failed = failed;
    w->next.happen = act;
    w->is_committed = is_committed;
    w->returns = returns;
    happen_in(&w->next, 0);
}

void witness_stop(struct witness *w)
{
    asker_stop(&w->asker);
    happen_not(&w->next);
}

bool witness_has_read_all(const struct witness *w)
{
    for (int p = 0; p < LEDGER_ALL; p++)
        if (!w->is_at_end[p])
            return false;
    return true;
}
