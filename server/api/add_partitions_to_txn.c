/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>
#include <kwire/persisted.h>

#include "../coordinator/transaction/txn_requests.h"
#include "call_parts.h"
#include "handlers.h"

enum { FIRST_WITH_FENCED = 2, FIRST_WITH_MANY = 4 };

typedef kw_add_partitions_to_txn_request request_type;
typedef kw_add_partitions_to_txn_response response_type;
typedef kw_add_partitions_to_txn_request_topic request_topic;
typedef kw_add_partitions_to_txn_request_transaction transaction;
typedef kw_add_partitions_to_txn_response_result result;
typedef kw_add_partitions_to_txn_response_topic_result topic_result;
typedef kw_add_partitions_to_txn_response_partition_result partition_result;

/* The error of a partition. */
typedef int16_t error_function(const struct call *call, kw_string topic, int32_t partition);

struct adding {
    struct call_parts parts; /* the transactions */
    const transaction *transactions;
    result *results;
    /* Of the transaction that is looked at. */
    error_function *refusal; /* NULL: it is decided */
    struct txn_partitions partitions;
    int16_t *errors; /* of a question, one for each partition */
    int16_t error;   /* of all */
    bool is_refused; /* a client has a protocol that transaction.version does not allow */
};

static const transaction *current(const struct call *call)
{
    const struct adding *a = call->state;
    return &a->transactions[a->parts.index];
}

/* ---- results, with no errors yet ---- */

static bool make_topic_result(kw_arena *arena, kw_string name, size_t count, topic_result *out)
{
    kw_add_partitions_to_txn_response_topic_result_init(out);
    out->name = name;
    out->results_by_partition.items = kw_arena_array(arena, count, sizeof *out->results_by_partition.items);
    out->results_by_partition.len = (int32_t)count;
    for (size_t i = 0; i < count && out->results_by_partition.items != NULL; i++)
        kw_add_partitions_to_txn_response_partition_result_init(&out->results_by_partition.items[i]);
    return out->results_by_partition.items != NULL;
}

static bool make_result(kw_arena *arena, const transaction *txn, size_t topic_count, result *out)
{
    kw_add_partitions_to_txn_response_result_init(out);
    out->transactional_id = txn->transactional_id;
    out->topic_results.items = kw_arena_array(arena, topic_count, sizeof *out->topic_results.items);
    out->topic_results.len = (int32_t)topic_count;
    return out->topic_results.items != NULL;
}

/* What is said of the transaction as a whole is said of all that it names, as it names it. */
static bool copy_request(kw_arena *arena, const transaction *txn, result *out)
{
    size_t count = txn->topics.len > 0 ? (size_t)txn->topics.len : 0;
    if (!make_result(arena, txn, count, out))
        return false;
    for (size_t i = 0; i < count; i++) {
        const request_topic *topic = &txn->topics.items[i];
        topic_result *to = &out->topic_results.items[i];
        if (!make_topic_result(arena, topic->name, topic->partitions.len > 0 ? (size_t)topic->partitions.len : 0, to))
            return false;
        for (int32_t k = 0; k < to->results_by_partition.len; k++)
            to->results_by_partition.items[k].partition_index = topic->partitions.items[k];
    }
    return true;
}

static bool is_new_topic(const struct txn_partitions *partitions, size_t i)
{
    return i == 0 || !kw_string_equal(partitions->items[i - 1].topic, partitions->items[i].topic);
}

/* What is said of single partitions is said of each once. */
static bool list_partitions(kw_arena *arena, const transaction *txn, const struct txn_partitions *partitions,
                            result *out)
{
    size_t topics = 0;
    for (size_t i = 0; i < partitions->count; i++)
        topics += is_new_topic(partitions, i);
    if (!make_result(arena, txn, topics, out))
        return false;
    topic_result *to = out->topic_results.items;
    for (size_t i = 0, end = 0; i < partitions->count; i = end, to++) {
        for (end = i + 1; end < partitions->count && !is_new_topic(partitions, end);)
            end++;
        if (!make_topic_result(arena, partitions->items[i].topic, end - i, to))
            return false;
        for (size_t k = i; k < end; k++)
            to->results_by_partition.items[k - i].partition_index = partitions->items[k].partition;
    }
    return true;
}

static void set_errors(const struct call *call, error_function *error_of)
{
    const struct adding *a = call->state;
    result *r = &a->results[a->parts.index];
    for (int32_t i = 0; i < r->topic_results.len; i++) {
        topic_result *topic = &r->topic_results.items[i];
        for (int32_t k = 0; k < topic->results_by_partition.len; k++) {
            partition_result *partition = &topic->results_by_partition.items[k];
            partition->partition_error_code = error_of(call, topic->name, partition->partition_index);
        }
    }
}

/* ---- whether the partitions are there ---- */

static bool is_internal(kw_string topic)
{
    kw_internal_topic found;
    return kw_internal_topic_find(topic, &found) && found >= KW_INTERNAL_TOPIC_CONSUMER_OFFSETS;
}

/* As in Kafka, clients may not write to internal topics in a transaction, but brokers say so for them. */
static int16_t check_partition(const struct call *call, kw_string topic, int32_t partition)
{
    const struct metadata_topic *found = metadata_topic_by_name(call->image, topic);
    if (call->version < FIRST_WITH_MANY && is_internal(topic))
        return KW_ERROR_TOPIC_AUTHORIZATION_FAILED;
    return found != NULL && metadata_topic_partition(found, partition) != NULL ? KW_ERROR_NONE
                                                                               : KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
}

static int16_t check_or_not_attempted(const struct call *call, kw_string topic, int32_t partition)
{
    int16_t error = check_partition(call, topic, partition);
    return error != KW_ERROR_NONE ? error : KW_ERROR_OPERATION_NOT_ATTEMPTED;
}

static bool are_there(const struct call *call, const transaction *txn)
{
    for (int32_t i = 0; i < txn->topics.len; i++)
        for (int32_t k = 0; k < txn->topics.items[i].partitions.len; k++)
            if (check_partition(call, txn->topics.items[i].name, txn->topics.items[i].partitions.items[k]) !=
                KW_ERROR_NONE)
                return false;
    return true;
}

/* ---- the partitions, sorted and each once ---- */

static size_t count_partitions(const transaction *txn)
{
    size_t count = 0;
    for (int32_t i = 0; i < txn->topics.len; i++)
        count += txn->topics.items[i].partitions.len > 0 ? (size_t)txn->topics.items[i].partitions.len : 0;
    return count;
}

static size_t drop_repeated(struct txn_partition *items, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || txn_compare_partitions(&items[kept - 1], &items[i]) != 0)
            items[kept++] = items[i];
    return kept;
}

static bool collect(struct adding *a, const transaction *txn, kw_arena *arena)
{
    size_t count = count_partitions(txn), n = 0;
    struct txn_partition *items = kw_arena_array(arena, count + 1, sizeof *items);
    a->errors = kw_arena_array(arena, count + 1, sizeof *a->errors);
    if (items == NULL || a->errors == NULL)
        return false;
    for (int32_t i = 0; i < txn->topics.len; i++)
        for (int32_t k = 0; k < txn->topics.items[i].partitions.len; k++)
            items[n++] = (struct txn_partition){txn->topics.items[i].name, txn->topics.items[i].partitions.items[k]};
    qsort(items, n, sizeof *items, txn_compare_partitions);
    a->partitions = (struct txn_partitions){items, drop_repeated(items, n)};
    return true;
}

/* ---- one transaction ---- */

static void decide(struct call *call, struct coordinator_decision *d)
{
    struct adding *a = call->state;
    const transaction *txn = current(call);
    const struct txn_producer producer = {txn->producer_id, txn->producer_epoch};
    if (txn->verify_only)
        a->error = txn_request_verify(d, txn->transactional_id, producer, &a->partitions, a->errors);
    else
        a->error = txn_request_add(d, txn->transactional_id, producer, &a->partitions,
                                   call->version >= FIRST_WITH_MANY ? TXN_VERSION_WITH_EPOCHS : 0);
}

static int16_t error_of_all(const struct call *call, kw_string topic, int32_t partition)
{
    const struct adding *a = call->state;
    (void)topic;
    (void)partition;
    bool is_fenced = a->error == KW_ERROR_PRODUCER_FENCED && call->version < FIRST_WITH_FENCED;
    return is_fenced ? KW_ERROR_INVALID_PRODUCER_EPOCH : a->error;
}

static int16_t answer_of_question(const struct call *call, kw_string topic, int32_t partition)
{
    const struct adding *a = call->state;
    const struct txn_partition key = {topic, partition};
    const struct txn_partition *found =
        bsearch(&key, a->partitions.items, a->partitions.count, sizeof *a->partitions.items, txn_compare_partitions);
    return found != NULL ? a->errors[found - a->partitions.items] : KW_ERROR_NONE;
}

static bool take_transaction(struct call *call)
{
    struct adding *a = call->state;
    if (call->decided != KW_ERROR_NONE)
        a->error = call_coordinator_error(call);
    a->is_refused = a->is_refused || a->error == KW_ERROR_UNSUPPORTED_VERSION;
    bool is_answered = current(call)->verify_only && a->error == KW_ERROR_NONE;
    set_errors(call, a->refusal != NULL ? a->refusal : is_answered ? answer_of_question : error_of_all);
    return true;
}

static enum call_outcome refuse(struct call *call, error_function *error_of)
{
    struct adding *a = call->state;
    a->refusal = error_of;
    call->decided = KW_ERROR_NONE;
    return call_part_decided(call);
}

static enum call_outcome start_transaction(struct call *call)
{
    struct adding *a = call->state;
    const transaction *txn = current(call);
    result *out = &a->results[a->parts.index];
    if (!collect(a, txn, call->arena))
        return CALL_FAILED;
    bool is_refused = !are_there(call, txn);
    if (!(is_refused || txn->verify_only ? list_partitions(call->arena, txn, &a->partitions, out)
                                         : copy_request(call->arena, txn, out)))
        return CALL_FAILED;
    a->refusal = NULL;
    if (is_refused)
        return refuse(call, check_or_not_attempted);
    a->error = KW_ERROR_INVALID_REQUEST;
    if (txn->transactional_id.len <= 0)
        return refuse(call, error_of_all);
    return call_coordinate_key(call, &call->broker->transactions, txn->transactional_id, decide, NULL,
                               call_part_decided);
}

/* ---- all of them ---- */

static enum call_outcome answer(struct call *call)
{
    const struct adding *a = call->state;
    response_type *response = call->response;
    if (call->version < FIRST_WITH_MANY) {
        response->results_by_topic_v3_and_below = a->results[0].topic_results;
        return CALL_ANSWERED;
    }
    if (a->is_refused) {
        response->error_code = KW_ERROR_UNSUPPORTED_VERSION; /* as Kafka, for the whole request */
        return CALL_ANSWERED;
    }
    response->results_by_transaction.items = a->results;
    response->results_by_transaction.len = (int32_t)a->parts.count;
    return CALL_ANSWERED;
}

/* Older versions have one transaction, in fields of their own. NULL: memory is short. */
static const transaction *transactions_of(struct call *call, const request_type *request)
{
    if (call->version >= FIRST_WITH_MANY)
        return request->transactions.items;
    transaction *txn = kw_arena_alloc(call->arena, sizeof *txn);
    if (txn == NULL)
        return NULL;
    kw_add_partitions_to_txn_request_transaction_init(txn);
    txn->transactional_id = request->v3_and_below_transactional_id;
    txn->producer_id = request->v3_and_below_producer_id;
    txn->producer_epoch = request->v3_and_below_producer_epoch;
    txn->topics = request->v3_and_below_topics;
    return txn;
}

enum call_outcome handle_add_partitions_to_txn(struct call *call, const request_type *request, response_type *response)
{
    struct adding *a = kw_arena_alloc(call->arena, sizeof *a);
    int32_t count = call->version >= FIRST_WITH_MANY ? request->transactions.len : 1;
    (void)response;
    if (a == NULL)
        return CALL_FAILED;
    memset(a, 0, sizeof *a);
    a->parts = (struct call_parts){.count = count > 0 ? (size_t)count : 0,
                                   .start = start_transaction,
                                   .decided = take_transaction,
                                   .finish = answer};
    call->state = a;
    a->results = kw_arena_array(call->arena, a->parts.count, sizeof *a->results);
    if (a->results == NULL)
        return CALL_FAILED;
    if (a->parts.count == 0)
        return answer(call);
    a->transactions = transactions_of(call, request);
    return a->transactions != NULL ? call_parts_start(call) : CALL_FAILED;
}
