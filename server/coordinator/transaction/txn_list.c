/* SPDX-License-Identifier: Apache-2.0 */
#include "txn_list.h"

#include <stdlib.h>

#include <kwire/error.h>

#include "../../base/growth.h"
#include "txn_machine.h"

/* ---- one ---- */

typedef kw_describe_transactions_response_topic_data topic_data;

/* The partitions are sorted by topic. False: the arena is full. */
static bool describe_topics(const struct txn_partitions *partitions, kw_arena *arena,
                            kw_describe_transactions_response_topic_data_array *out)
{
    int32_t *numbers = kw_arena_array(arena, partitions->count + 1, sizeof *numbers);
    out->items = kw_arena_array(arena, partitions->count + 1, sizeof *out->items);
    out->len = 0;
    if (numbers == NULL || out->items == NULL)
        return false;
    for (size_t i = 0; i < partitions->count; i++) {
        const struct txn_partition *partition = &partitions->items[i];
        if (i == 0 || !kw_string_equal(partition->topic, partitions->items[i - 1].topic)) {
            topic_data *topic = &out->items[out->len++];
            kw_describe_transactions_response_topic_data_init(topic);
            topic->topic = arena_copy_string(arena, partition->topic);
            topic->partitions = (kw_int32_array){&numbers[i], 0};
            if (topic->topic.data == NULL)
                return false;
        }
        numbers[i] = partition->partition;
        out->items[out->len - 1].partitions.len++;
    }
    return true;
}

void txn_describe(struct coordinator_decision *d, kw_string id, kw_arena *arena,
                  kw_describe_transactions_response_transaction_state *out)
{
    const struct txn_fields *known = txn_machine_find(d->state, id);
    if (known == NULL) {
        out->error_code = KW_ERROR_TRANSACTIONAL_ID_NOT_FOUND;
        return;
    }
    out->transaction_state = kw_string_of(txn_state_text(known->state));
    out->transaction_timeout_ms = known->timeout_ms;
    out->transaction_start_time_ms = known->start_ms;
    out->producer_id = known->producer_id;
    out->producer_epoch = known->epoch;
    if (!describe_topics(&known->partitions, arena, &out->topics))
        record_out_fail(&d->records, kw_arena_status(arena));
}

/* ---- all ---- */

bool txn_state_bit(kw_string name, unsigned *bit)
{
    *bit = 0;
    for (unsigned state = 0; state < TXN_STATES; state++)
        if (kw_string_equal(name, kw_string_of(txn_state_text((enum txn_state)state))))
            *bit = 1U << state;
    return *bit != 0 || kw_string_equal(name, kw_string_of("Dead")) ||
           kw_string_equal(name, kw_string_of("PrepareEpochFence"));
}

static int compare_ids(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static bool is_asked_for(const struct txn_filter *filter, kw_string id, const struct txn_fields *txn, int64_t now)
{
    if (filter->producer_id_count != 0 && bsearch(&txn->producer_id, filter->producer_ids, filter->producer_id_count,
                                                  sizeof *filter->producer_ids, compare_ids) == NULL)
        return false;
    if (filter->has_states && (filter->states >> (unsigned)txn->state & 1) == 0)
        return false;
    if (filter->duration_ms >= 0 && txn->start_ms >= now - filter->duration_ms)
        return false;
    return filter->pattern == NULL || pattern_matches(filter->pattern, id);
}

static kw_status add(struct txn_list *list, kw_string id, const struct txn_fields *txn)
{
    void *items = arena_grow(list->arena, list->items, list->count, &list->capacity, sizeof *list->items);
    if (items == NULL)
        return kw_arena_status(list->arena);
    list->items = items;
    kw_list_transactions_response_transaction_state *out = &list->items[list->count];
    kw_list_transactions_response_transaction_state_init(out);
    out->transactional_id = arena_copy_string(list->arena, id);
    out->producer_id = txn->producer_id;
    out->transaction_state = kw_string_of(txn_state_text(txn->state));
    if (out->transactional_id.data == NULL)
        return kw_arena_status(list->arena);
    list->count++;
    return KW_OK;
}

void txn_list(struct coordinator_decision *d, const struct txn_filter *filter, struct txn_list *list)
{
    const struct txn_machine *m = d->state;
    kw_status status = KW_OK;
    for (const struct txn_entry *entry = txn_machine_next(m, NULL); entry != NULL && status == KW_OK;
         entry = txn_machine_next(m, entry))
        if (entry->value != NULL && is_asked_for(filter, entry->id, &entry->value->is, d->now))
            status = add(list, entry->id, &entry->value->is);
    if (status != KW_OK)
        record_out_fail(&d->records, status);
}
