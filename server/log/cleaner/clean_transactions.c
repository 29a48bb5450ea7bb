/* SPDX-License-Identifier: Apache-2.0 */
#include "clean_transactions.h"

#include <stdlib.h>

#include <kwire/control_record.h>
#include <kwire/records.h>

#include "../../base/hash.h"

/* A producer with a transaction that has begun before. */
struct open_transaction {
    struct hash_link link;
    int64_t producer_id;
    const kw_aborted_txn *aborted; /* NULL: not known to be aborted */
    bool has_aborted_batches;
    bool has_other_batches;
};

static struct open_transaction *open_of(struct hash_link *link)
{
    return (struct open_transaction *)(void *)link; /* its first member */
}

static uint32_t hash_of(int64_t producer_id)
{
    return hash_bytes(HASH_START, &producer_id, sizeof producer_id);
}

/* ---- life ---- */

static int by_start(const void *a, const void *b)
{
    const kw_aborted_txn *one = a, *other = b;
    return (one->first_offset > other->first_offset) - (one->first_offset < other->first_offset);
}

bool clean_transactions_init(struct clean_transactions *t, const struct log_snapshot *log, int64_t start, int64_t end)
{
    *t = (struct clean_transactions){0};
    size_t count = 0, i = 0;
    kw_aborted_txn txn;
    while (log_next_aborted(log, &i, start, end, &txn))
        count++;
    t->aborted = malloc((count + 1) * sizeof *t->aborted);
    if (t->aborted == NULL)
        return false;
    for (i = 0; log_next_aborted(log, &i, start, end, &txn);)
        t->aborted[t->aborted_count++] = txn;
    qsort(t->aborted, count, sizeof *t->aborted, by_start);
    return true;
}

static void release(struct hash_link *link, void *context)
{
    (void)context;
    free(open_of(link));
}

void clean_transactions_finish(struct clean_transactions *t)
{
    hash_chains_clear(&t->open, release, NULL);
    free(t->aborted);
    t->aborted = NULL;
}

/* ---- the open ones ---- */

static struct open_transaction *find(const struct clean_transactions *t, int64_t producer_id)
{
    struct hash_link *link = hash_chains_first(&t->open, hash_of(producer_id));
    while (link != NULL && open_of(link)->producer_id != producer_id)
        link = hash_chains_next(link);
    return link != NULL ? open_of(link) : NULL;
}

/* NULL: there is no memory. */
static struct open_transaction *demand(struct clean_transactions *t, int64_t producer_id)
{
    struct open_transaction *one = find(t, producer_id);
    if (one != NULL)
        return one;
    one = hash_chains_prepare(&t->open) ? calloc(1, sizeof *one) : NULL;
    if (one == NULL)
        return NULL;
    one->producer_id = producer_id;
    hash_chains_add(&t->open, &one->link, hash_of(producer_id));
    return one;
}

static bool begin_aborted(struct clean_transactions *t, int64_t until)
{
    for (; t->next < t->aborted_count && t->aborted[t->next].first_offset <= until; t->next++) {
        struct open_transaction *one = demand(t, t->aborted[t->next].producer_id);
        if (one == NULL)
            return false;
        if (one->aborted == NULL)
            one->aborted = &t->aborted[t->next];
    }
    return true;
}

/* ---- batches ---- */

/* -1: there is none, or it cannot be read. */
static int marker_type(const kw_batch *batch)
{
    kw_records records;
    kw_record record;
    kw_records_init(&records, batch, NULL, NULL);
    if (!kw_records_next(&records, &record) || record.key.len < 4)
        return -1;
    return record.key.data[2] << 8 | record.key.data[3];
}

static void end_aborted(struct clean_transactions *t, int64_t producer_id, struct clean_verdict *out)
{
    struct open_transaction *one = find(t, producer_id);
    out->can_go = one == NULL || one->aborted == NULL || !one->has_aborted_batches;
    if (!out->can_go)
        out->kept = one->aborted;
    if (one == NULL)
        return;
    one->aborted = NULL;
    one->has_aborted_batches = false;
}

static void end_committed(struct clean_transactions *t, int64_t producer_id, struct clean_verdict *out)
{
    struct open_transaction *one = find(t, producer_id);
    out->can_go = one == NULL || !one->has_other_batches;
    if (one != NULL)
        one->has_other_batches = false;
}

/* What is left is removed with its entry, so that the table has only what is open. */
static void tidy(struct clean_transactions *t, int64_t producer_id)
{
    struct open_transaction *one = find(t, producer_id);
    if (one == NULL || one->aborted != NULL || one->has_other_batches)
        return;
    hash_chains_remove(&t->open, &one->link);
    free(one);
}

static void look_at_control(struct clean_transactions *t, const kw_batch *batch, struct clean_verdict *out)
{
    if (batch->count == 0) {
        out->can_go = true; /* its marker has gone already */
        return;
    }
    int type = marker_type(batch);
    if (type == KW_CONTROL_ABORT)
        end_aborted(t, batch->producer_id, out);
    else if (type == KW_CONTROL_COMMIT)
        end_committed(t, batch->producer_id, out);
    else
        return;
    tidy(t, batch->producer_id);
}

bool clean_transactions_next(struct clean_transactions *t, const kw_batch *batch, struct clean_verdict *out)
{
    *out = (struct clean_verdict){false, NULL};
    if (!begin_aborted(t, batch->last_offset))
        return false;
    if (kw_batch_is_control(batch)) {
        look_at_control(t, batch, out);
        return true;
    }
    if (!kw_batch_is_transactional(batch))
        return true;
    struct open_transaction *one = demand(t, batch->producer_id);
    if (one == NULL)
        return false;
    out->can_go = one->aborted != NULL;
    one->has_aborted_batches |= out->can_go;
    one->has_other_batches |= !out->can_go;
    return true;
}
