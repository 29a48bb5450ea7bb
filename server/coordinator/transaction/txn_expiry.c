/* SPDX-License-Identifier: Apache-2.0 */
#include "txn_expiry.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "txn_machine.h"
#include "txn_requests.h"

/* One part: what is looked at, what is written, and the pause after it. */
enum { PART_IDS = 20000, PART_RECORDS = 2000, PART_PAUSE_MS = 100 };

#define OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* ---- transactions that take too long ---- */

/* The producer id that the abort of a transaction with an exhausted epoch needs, and then the abort. */
struct fencing {
    struct coordinator_event event; /* the first member */
    struct txn_id_demand demand;
    struct task task;
    struct txn_environment environment;
    struct shard *shard; /* held */
    kw_string id;
    char text[];
};

static bool is_late(const struct txn_fields *txn, int64_t now)
{
    return txn->state == TXN_ONGOING && txn->start_ms < now - txn->timeout_ms;
}

static void end_fencing(struct fencing *f)
{
    f->environment.release(f->environment.context, f->shard);
    free(f);
}

static void decide_fencing(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct fencing *f = (struct fencing *)(void *)event;
    const struct txn_fields *known = txn_machine_find(d->state, f->id);
    if (known != NULL && is_late(known, d->now))
        (void)txn_request_fence(d, f->id, f->demand.id);
}

/* What could not be written is made up for with the next look. */
static void complete_fencing(struct coordinator_event *event, int16_t error)
{
    (void)error;
    end_fencing((struct fencing *)(void *)event);
}

static void run_fencing(struct task *task)
{
    struct fencing *f = OF(task, struct fencing, task);
    if (f->demand.id == TXN_NO_PRODUCER || coordinator_submit(f->shard, &f->event))
        end_fencing(f);
}

static void take_id(struct txn_id_demand *demand)
{
    struct fencing *f = OF(demand, struct fencing, demand);
    f->task.run = run_fencing;
    executor_post(demand->executor, &f->task);
}

static void demand_id(struct txn_machine *m, const struct txn_entry *entry)
{
    size_t len = (size_t)entry->id.len;
    struct fencing *f = m->options.environment.demand_id != NULL ? calloc(1, sizeof *f + len) : NULL;
    if (f == NULL)
        return; /* until the next look */
    memcpy(f->text, entry->id.data, len);
    f->id = (kw_string){f->text, entry->id.len};
    f->shard = m->shard;
    f->environment = m->options.environment;
    f->environment.hold(f->environment.context, f->shard);
    f->event.decide = decide_fencing;
    f->event.complete = complete_fencing;
    f->event.executor = f->demand.executor = f->shard->options.home;
    f->demand.done = take_id;
    f->environment.demand_id(f->environment.context, &f->demand);
}

static void abort_late(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct txn_machine *m = d->state;
    d->may_be_split = true;
    for (const struct txn_entry *entry = m->open; entry != NULL && d->records.count < PART_RECORDS;
         entry = entry->next_open)
        if (is_late(&entry->value->is, d->now) && txn_request_fence(d, entry->id, TXN_NO_PRODUCER).needs_producer_id)
            demand_id(m, entry);
    bool is_part = d->records.count >= PART_RECORDS;
    coordinator_timer_start(d->shard, timer,
                            d->clock + (is_part ? PART_PAUSE_MS : m->options.expiry.abort_interval_ms));
}

/* ---- ids that nobody uses ---- */

static void remove_idle(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct txn_machine *m = d->state;
    struct txn_expiry *expiry = &m->expiry;
    size_t looked_at = 0;
    d->may_be_split = true;
    while (expiry->bucket < m->entries.bucket_count && looked_at < PART_IDS && d->records.count < PART_RECORDS) {
        for (struct hash_link *link = m->entries.buckets[expiry->bucket]; link != NULL; link = link->next, looked_at++)
            txn_request_expire(d, OF(link, struct txn_entry, link)->id, d->now - m->options.expiry.idle_ms);
        expiry->bucket++;
    }
    bool is_end = expiry->bucket >= m->entries.bucket_count;
    if (is_end)
        expiry->bucket = 0;
    coordinator_timer_start(d->shard, timer,
                            d->clock + (is_end ? m->options.expiry.remove_interval_ms : PART_PAUSE_MS));
}

void txn_expiry_start(struct txn_machine *m)
{
    int64_t now = m->shard->options.clock();
    m->expiry.aborts.tick = abort_late;
    m->expiry.removals.tick = remove_idle;
    coordinator_timer_start(m->shard, &m->expiry.aborts, now + m->options.expiry.abort_interval_ms);
    coordinator_timer_start(m->shard, &m->expiry.removals, now + m->options.expiry.remove_interval_ms);
}
