/* SPDX-License-Identifier: Apache-2.0 */
/* Several clients that ask at once, each on a connection of its own. */
#include <string.h>

#include <kwire/error.h>

#include "../simulation/world.h"
#include "clients.h"
#include "node.h"
#include "tape.h"

enum flight_kind { FLIGHT_BATCH, FLIGHT_COMMIT, FLIGHT_CREATE, FLIGHT_DELETE, FLIGHT_END };

struct flight {
    enum flight_kind kind;
    size_t call;
    bool is_over;
    struct topic *topic;     /* all but FLIGHT_COMMIT and FLIGHT_END */
    struct batch batch;      /* FLIGHT_BATCH */
    struct sender *producer; /* FLIGHT_BATCH: NULL: none; FLIGHT_END */
    struct kept_commit commit;
    size_t txn; /* FLIGHT_END: in the ledger */
    bool is_new;
};

static struct flight flights[PROCESS_CALLS];
static size_t count;
static unsigned changing;   /* topics that are made or deleted, by bits */
static unsigned carrying;   /* topics with a batch under way whose sequence must not come to a later topic */
static unsigned committing; /* groups */
static unsigned producing;  /* idempotent producers: each has one batch under way, as these may arrive in any order */

static struct flight *add(enum flight_kind kind)
{
    struct flight *f = &flights[count++];
    memset(f, 0, sizeof *f);
    f->kind = kind;
    return f;
}

static unsigned bit_of(const struct topic *t)
{
    return 1u << (t - clients.topics);
}

/* ---- departures ---- */

static void send_any_batch(struct topic *t)
{
    struct batch b = any_batch(t);
    size_t which = pick(PRODUCERS);
    struct flight *f = add(FLIGHT_BATCH);
    if ((changing & bit_of(t)) == 0 && (producing & 1u << which) == 0 && one_in(2)) {
        producing |= 1u << which;
        carrying |= bit_of(t);
        f->producer = any_idempotent(which);
        b.producer = f->producer;
        b.sequence = *sequence_of(f->producer, t, b.partition);
    }
    f->topic = t;
    f->batch = b;
    f->call = send_produce(&b);
}

static void send_any_commit(size_t group)
{
    if ((committing & 1u << group) != 0)
        return;
    committing |= 1u << group;
    struct kept_commit commit = any_commit(group);
    struct flight *f = add(FLIGHT_COMMIT);
    f->commit = commit;
    f->call = send_commit_offset(commit.group, commit.topic, commit.partition, commit.offset);
}

static void send_creation(struct topic *t)
{
    struct new_topic new;
    changing |= bit_of(t);
    name_topic(t, &new);
    struct flight *f = add(FLIGHT_CREATE);
    f->topic = t;
    f->call = send_create_topic(t->name, &new);
}

/* And mostly another one of that name, which is made before it, in vain, or after it. */
static void send_deletion(struct topic *t)
{
    changing |= bit_of(t);
    struct flight *f = add(FLIGHT_DELETE);
    f->topic = t;
    f->call = send_delete_topic(t->name);
    if (count == PROCESS_CALLS || one_in(3))
        return;
    const struct new_topic plain = {.partitions = 1};
    f = add(FLIGHT_CREATE);
    f->topic = t;
    f->call = send_create_topic(t->name, &plain);
}

/* ---- arrivals ---- */

static void land_batch(const struct flight *f)
{
    int64_t offset = -1;
    const struct batch *b = &f->batch;
    int16_t error = take_produced(f->call, &offset);
    if ((changing & bit_of(f->topic)) != 0)
        return; /* the topic may be gone, or not be there yet */
    must(error, "a batch is not taken");
    if (f->producer != NULL)
        *sequence_of(f->producer, f->topic, b->partition) += b->count;
    check_synced(b->topic, b->partition, offset + b->count);
}

static void land_creation(const struct flight *f)
{
    int16_t error = take_create_topic(f->call);
    if (error != KW_ERROR_TOPIC_ALREADY_EXISTS)
        must(error, "a topic is not created");
}

/* Its end may have to wait for that of the one before. */
static void land_end(struct flight *f)
{
    bool commits = ledger.txns[f->txn].asked == TXN_COMMIT;
    int16_t error = take_end_txn(f->call, f->producer, f->is_new);
    f->is_over = error != KW_ERROR_CONCURRENT_TRANSACTIONS;
    if (f->is_over) {
        must(error, "a transaction does not end");
        return;
    }
    world_pass(10);
    f->call = send_end_txn(f->producer, commits, f->is_new);
}

static void land(struct flight *f)
{
    f->is_over = true;
    switch (f->kind) {
    case FLIGHT_BATCH:
        land_batch(f);
        break;
    case FLIGHT_COMMIT:
        must(take_commit_offset(f->call), "an offset is not committed");
        note_commit(&f->commit, false);
        break;
    case FLIGHT_CREATE:
        land_creation(f);
        break;
    case FLIGHT_DELETE:
        must(take_delete_topic(f->call), "a topic is not deleted");
        break;
    case FLIGHT_END:
        land_end(f);
        break;
    }
}

static void land_all(void)
{
    for (size_t left = count; left != 0;) {
        node_step();
        left = 0;
        for (size_t i = 0; i < count; i++) {
            if (!flights[i].is_over && process_is_answered(flights[i].call))
                land(&flights[i]);
            left += !flights[i].is_over;
        }
    }
    world_settle();
    ledger_look();
    for (size_t i = 0; i < TOPICS; i++)
        if ((changing & 1u << i) != 0)
            forget_topic(&clients.topics[i]);
    if (changing != 0)
        find_topics();
}

/* ---- together ---- */

static void start_together(void)
{
    count = 0;
    changing = carrying = committing = producing = 0;
}

static void send_any(void)
{
    struct topic *t = &clients.topics[pick(TOPICS)];
    bool is_changing = (changing & bit_of(t)) != 0;
    if (clients.has_groups && one_in(2))
        send_any_commit(pick(GROUPS));
    else if (t->partitions == 0 && !is_changing)
        send_creation(t);
    else if (!t->is_kept && !is_changing && (carrying & bit_of(t)) == 0 && one_in(4))
        send_deletion(t);
    else if (t->partitions != 0)
        send_any_batch(t);
}

void send_together(void)
{
    if (clients.has_groups)
        (void)kept_topic();
    for (size_t i = 0; i < PRODUCERS; i++)
        (void)any_idempotent(i);
    start_together();
    size_t most = (size_t)pick_from(2, PROCESS_CALLS);
    for (size_t i = 0; i < 3 * PROCESS_CALLS && count < most; i++) {
        send_any();
        node_tell();
    }
    land_all();
}

static void send_end(struct sender *p, size_t txn, bool is_new)
{
    bool commits = !one_in(3);
    struct flight *f = add(FLIGHT_END);
    ledger.txns[txn].asked_at = tape.count;
    ledger.txns[txn].asked = commits ? TXN_COMMIT : TXN_ABORT;
    f->producer = p;
    f->txn = txn;
    f->is_new = is_new;
    f->call = send_end_txn(p, commits, is_new);
}

void end_together(void)
{
    size_t txns[PRODUCERS];
    bool are_new = one_in(2);
    for (size_t i = 0; i < PRODUCERS; i++) {
        const struct kept_txn *txn = start_txn(&clients.transactional[i], are_new);
        txns[i] = txn != NULL ? (size_t)(txn - ledger.txns) : SIZE_MAX;
    }
    struct topic *t = any_topic();
    start_together();
    for (size_t i = 0; i < PRODUCERS; i++) {
        if (txns[i] != SIZE_MAX)
            send_end(&clients.transactional[i], txns[i], are_new);
        send_any_batch(t);
    }
    land_all();
    for (size_t i = 0; i < PRODUCERS; i++)
        if (txns[i] != SIZE_MAX)
            ledger.txns[txns[i]].answered_at = tape.count;
}
