/* SPDX-License-Identifier: Apache-2.0 */
#include "share_prune.h"

#include <stdlib.h>

#include <kwire/error.h>

/* ---- pruning ---- */

/* A state without a snapshot, which Kafka never writes, may need all. */
int64_t share_prune_below(const struct share_state *s)
{
    int64_t below = s->tombstone;
    bool is_first = true;
    for (const struct share_entry *e = share_state_next(s, NULL); e != NULL; e = share_state_next(s, e)) {
        if (e->value == NULL)
            continue;
        if (is_first || e->value->snapshot_offset < below)
            below = e->value->snapshot_offset;
        is_first = false;
    }
    return below > 0 ? below : -1;
}

/* Waits until the snapshots that it relies on are committed. */
struct share_pruning {
    struct coordinator_event event; /* the first member */
    struct share_state_options options;
    int64_t below;
};

static void decide(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct share_pruning *pruning = (struct share_pruning *)(void *)event;
    struct share_state *s = d->state;
    pruning->below = share_prune_below(s);
    if (pruning->below <= s->pruned)
        pruning->below = -1;
    else
        s->pruned = pruning->below;
}

/* The state may have been freed. */
static void complete(struct coordinator_event *event, int16_t error)
{
    struct share_pruning *pruning = (struct share_pruning *)(void *)event;
    const struct share_state_options *options = &pruning->options;
    if (error == KW_ERROR_NONE && pruning->below >= 0)
        options->prune(options->context, event->executor, options->partition, pruning->below);
    free(pruning);
}

static void failed(struct coordinator_event *event, void *state, int16_t error)
{
    struct share_state *s = state;
    (void)event;
    (void)error;
    s->pruned = -1;
}

void share_prune_tick(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct share_state *s = d->state;
    struct share_pruning *pruning = s->options.prune != NULL ? calloc(1, sizeof *pruning) : NULL;
    coordinator_timer_start(d->shard, timer, d->clock + s->options.prune_interval_ms);
    if (pruning == NULL)
        return;
    pruning->event.decide = decide;
    pruning->event.complete = complete;
    pruning->event.failed = failed;
    pruning->event.executor = d->shard->options.home;
    pruning->options = s->options;
    if (coordinator_submit(d->shard, &pruning->event))
        complete(&pruning->event, pruning->event.error);
}

/* ---- cold keys ---- */

/* As in Kafka nothing is written while none has changed since its last snapshot was repeated. */
static bool has_warm(const struct share_state *s)
{
    for (const struct share_entry *e = share_state_next(s, NULL); e != NULL; e = share_state_next(s, e))
        if (e->value != NULL && e->value->is.created_ms == e->value->is.written_ms)
            return true;
    return false;
}

void share_cold_tick(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct share_state *s = d->state;
    bool is_needed = has_warm(s);
    d->may_be_split = true;
    coordinator_timer_start(d->shard, timer, d->clock + s->options.cold_interval_ms);
    for (const struct share_entry *e = share_state_next(s, NULL); e != NULL && is_needed; e = share_state_next(s, e)) {
        if (e->value == NULL || e->value->is.written_ms > d->now - s->options.cold_interval_ms)
            continue;
        struct share_snapshot again = e->value->is;
        again.snapshot_epoch = share_epoch_after(again.snapshot_epoch);
        again.written_ms = d->now;
        share_records_add_snapshot(&d->records, &e->key, &again);
    }
}
