/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../simulation/world.h"
#include "clients.h"
#include "node.h"
#include "tape.h"

enum { MOST_ENDING_MS = 10000 };

static struct kept_txn *add_txn(const struct sender *p)
{
    if (ledger.txn_count == ledger.txn_capacity) {
        ledger.txn_capacity = ledger.txn_capacity * 2 + 16;
        ledger.txns = realloc(ledger.txns, ledger.txn_capacity * sizeof *ledger.txns);
        if (ledger.txns == NULL)
            broken("there is no memory");
    }
    struct kept_txn *txn = &ledger.txns[ledger.txn_count++];
    memset(txn, 0, sizeof *txn);
    (void)snprintf(txn->id, sizeof txn->id, "%s", p->transactional_id);
    txn->producer_id = p->id;
    txn->epoch = p->epoch;
    txn->begun_at = tape.count;
    txn->answered_at = SIZE_MAX;
    return txn;
}

/* NULL: nothing was ever in its log. */
static const struct kept_log *kept_log_of(const struct batch *b)
{
    struct partition_log *log = log_of(b->topic, b->partition);
    const struct kept_log *kept = ledger_log(kw_string_of(b->topic), log->topic_id, b->partition);
    log_release(log);
    return kept;
}

static void add_part(struct kept_txn *txn, const struct batch *b, int64_t offset)
{
    const struct kept_log *kept = kept_log_of(b);
    if (txn->part_count < sizeof txn->parts / sizeof txn->parts[0])
        txn->parts[txn->part_count++] = (struct txn_part){(size_t)(kept - ledger.logs), offset, offset + b->count - 1};
}

static void send_in_txn(struct sender *p, struct kept_txn *txn, bool is_new)
{
    const struct topic *t = any_topic();
    struct batch b = any_batch(t);
    int64_t offset = -1;
    b.producer = p;
    b.sequence = *sequence_of(p, t, b.partition);
    b.is_transactional = true;
    b.is_new = is_new;
    int16_t error = KW_ERROR_NONE;
    while (!is_new && (error = add_partitions(p, t->name, &b.partition, 1)) == KW_ERROR_CONCURRENT_TRANSACTIONS)
        world_pass(10);
    must(error, "a partition is not added to a transaction");
    const struct kept_log *kept = kept_log_of(&b);
    int64_t end = kept != NULL ? marks_at(&kept->ends, SIZE_MAX) : 0;
    while ((error = produce(&b, &offset)) == KW_ERROR_CONCURRENT_TRANSACTIONS)
        world_pass(10);
    bool is_unknown = error == KW_ERROR_INVALID_PRODUCER_EPOCH || error == KW_ERROR_OUT_OF_ORDER_SEQUENCE_NUMBER ||
                      (error == KW_ERROR_NONE && offset < end);
    if (is_unknown && clients.is_recovery && !clients.is_synced) {
        p->id = -1; /* the coordinator has forgotten an epoch of which the partition has batches */
        return;
    }
    must(error, "a batch of a transaction is not taken");
    if (offset < end)
        broken("a batch of a transaction is taken for one at %" PRId64, offset);
    ledger_look();
    *sequence_of(p, t, b.partition) += b.count;
    add_part(txn, &b, offset);
}

/* Its last transaction may have to end before. Where the coordinator has forgotten an epoch that a partition knows,
 * that one stays prepared, as in Kafka. */
static bool start_producer(struct sender *p)
{
    int16_t error;
    int64_t until = world.now + MOST_ENDING_MS;
    while ((error = init_producer(p, TXN_TIMEOUT_MS)) == KW_ERROR_CONCURRENT_TRANSACTIONS && world.now < until)
        world_pass(10);
    if (error == KW_ERROR_CONCURRENT_TRANSACTIONS && clients.is_recovery && !clients.is_synced) {
        p->id = -1;
        return false;
    }
    must(error, "a transactional producer gets no id");
    return true;
}

struct kept_txn *start_txn(struct sender *p, bool is_new)
{
    if ((p->id < 0 || one_in(8)) && !start_producer(p))
        return NULL;
    struct kept_txn *txn = add_txn(p);
    for (int64_t i = pick_from(1, 4); i > 0 && p->id >= 0; i--)
        send_in_txn(p, txn, is_new);
    return p->id >= 0 ? txn : NULL;
}

void run_txn(void)
{
    struct sender *p = &clients.transactional[pick(PRODUCERS)];
    bool is_new = one_in(2);
    struct kept_txn *txn = start_txn(p, is_new);
    if (txn == NULL || one_in(5)) {
        p->id = -1; /* it is never heard of again; the next one with its id ends the transaction */
        return;
    }
    bool commits = !one_in(3);
    txn->asked_at = tape.count;
    txn->asked = commits ? TXN_COMMIT : TXN_ABORT;
    int16_t error;
    while ((error = end_txn(p, commits, is_new)) == KW_ERROR_CONCURRENT_TRANSACTIONS)
        world_pass(10);
    must(error, "a transaction does not end");
    world_settle();
    ledger_look();
    txn->answered_at = tape.count;
}
