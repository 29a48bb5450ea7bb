/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../coordinator/transaction/txn_list.h"
#include "call_parts.h"
#include "handlers.h"

typedef kw_list_transactions_request request_type;

struct listing {
    struct call_parts parts; /* the shards */
    struct txn_filter filter;
    struct pattern *pattern; /* owned; NULL: none */
    struct txn_list list;
    kw_string_array unknown_states;
    int16_t error;
};

static void free_pattern(struct call *call)
{
    struct listing *l = call->state;
    pattern_free(l->pattern);
    l->pattern = NULL;
    call->abandon = NULL;
}

static enum call_outcome end(struct call *call, enum call_outcome outcome)
{
    free_pattern(call);
    return outcome;
}

static enum call_outcome answer(struct call *call)
{
    const struct listing *l = call->state;
    kw_list_transactions_response *response = call->response;
    response->error_code = l->error;
    if (l->error == KW_ERROR_NONE) {
        response->unknown_state_filters = l->unknown_states;
        response->transaction_states.items = l->list.items;
        response->transaction_states.len = (int32_t)l->list.count;
    }
    return end(call, CALL_ANSWERED);
}

/* ---- the shards ---- */

static void decide(struct call *call, struct coordinator_decision *decision)
{
    struct listing *l = call->state;
    txn_list(decision, &l->filter, &l->list);
}

static enum call_outcome start_shard(struct call *call)
{
    const struct listing *l = call->state;
    return call_coordinate_partition(call, &call->broker->transactions, (int32_t)l->parts.index, decide, NULL,
                                     call_part_decided);
}

/* Those that are coordinated elsewhere are listed there; another error is that of all. */
static bool take_shard(struct call *call)
{
    struct listing *l = call->state;
    int16_t error = call_coordinator_error(call);
    if (error != KW_ERROR_NONE && error != KW_ERROR_NOT_COORDINATOR) {
        l->error = error;
        l->parts.index = l->parts.count - 1;
    }
    return true;
}

/* ---- the request ---- */

static int compare_ids(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static bool copy_ids(struct listing *l, const kw_int64_array *from, kw_arena *arena)
{
    size_t count = from->len > 0 ? (size_t)from->len : 0;
    int64_t *ids = kw_arena_array(arena, count, sizeof *ids);
    if (ids == NULL)
        return false;
    if (count != 0) {
        memcpy(ids, from->items, count * sizeof *ids);
        qsort(ids, count, sizeof *ids, compare_ids);
    }
    l->filter.producer_ids = ids;
    l->filter.producer_id_count = count;
    return true;
}

static int compare_names(const void *a, const void *b)
{
    const kw_string *x = a, *y = b;
    size_t shorter = (size_t)(x->len < y->len ? x->len : y->len);
    int order = shorter != 0 ? memcmp(x->data, y->data, shorter) : 0;
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* Each once. */
static void tidy_names(kw_string_array *names)
{
    int32_t kept = 0;
    if (names->len > 1)
        qsort(names->items, (size_t)names->len, sizeof *names->items, compare_names);
    for (int32_t i = 0; i < names->len; i++)
        if (i == 0 || !kw_string_equal(names->items[i], names->items[kept - 1]))
            names->items[kept++] = names->items[i];
    names->len = kept;
}

static bool take_states(struct listing *l, const kw_string_array *names, kw_arena *arena)
{
    size_t count = names->len > 0 ? (size_t)names->len : 0;
    l->unknown_states.items = kw_arena_array(arena, count, sizeof *l->unknown_states.items);
    if (l->unknown_states.items == NULL)
        return false;
    l->filter.has_states = count != 0;
    for (size_t i = 0; i < count; i++) {
        unsigned bit;
        if (!txn_state_bit(names->items[i], &bit))
            l->unknown_states.items[l->unknown_states.len++] = names->items[i];
        l->filter.states |= bit;
    }
    tidy_names(&l->unknown_states);
    return true;
}

/* False: memory is short. */
static bool take_pattern(struct listing *l, kw_string text)
{
    const char *why;
    if (text.len <= 0)
        return true;
    enum pattern_status status = pattern_compile(text, &l->pattern, &why);
    l->filter.pattern = l->pattern;
    if (status == PATTERN_INVALID || status == PATTERN_NOT_BUILT)
        l->error = KW_ERROR_INVALID_REGULAR_EXPRESSION;
    return status != PATTERN_NO_MEMORY;
}

static bool take_request(struct call *call, struct listing *l, const request_type *request)
{
    l->filter.duration_ms = request->duration_filter;
    return copy_ids(l, &request->producer_id_filters, call->arena) &&
           take_states(l, &request->state_filters, call->arena) && take_pattern(l, request->transactional_id_pattern);
}

enum call_outcome handle_list_transactions(struct call *call, const request_type *request,
                                           kw_list_transactions_response *response)
{
    struct listing *l = kw_arena_alloc(call->arena, sizeof *l);
    int32_t shards = shards_partitions(&call->broker->transactions);
    (void)response;
    if (l == NULL)
        return CALL_FAILED;
    memset(l, 0, sizeof *l);
    l->parts =
        (struct call_parts){.count = (size_t)shards, .start = start_shard, .decided = take_shard, .finish = answer};
    l->list.arena = call->arena;
    call->state = l;
    call->abandon = free_pattern;
    if (!take_request(call, l, request))
        return end(call, CALL_FAILED);
    if (shards == 0)
        l->error = KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    return l->error != KW_ERROR_NONE ? answer(call) : call_parts_start(call);
}
