/* SPDX-License-Identifier: Apache-2.0 */
#include "transacting.h"

#include <kwire/api_keys.h>
#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/messages/add_offsets_to_txn_request.h>
#include <kwire/messages/add_offsets_to_txn_response.h>
#include <kwire/messages/add_partitions_to_txn_request.h>
#include <kwire/messages/add_partitions_to_txn_response.h>
#include <kwire/messages/end_txn_request.h>
#include <kwire/messages/end_txn_response.h>
#include <kwire/messages/produce_request.h>
#include <kwire/messages/produce_response.h>
#include <kwire/messages/txn_offset_commit_request.h>
#include <kwire/messages/txn_offset_commit_response.h>
#include <kwire/record_builder.h>

#include "reading.h"
#include "transactions.h"

enum { BATCH = 4096, MOST_RECORDS = 6, NEWEST_OLD_PRODUCE = 11, FIRST_NEW_PRODUCE = 12, NEWEST_PRODUCE = 13 };

/* ---- batches ---- */

bool transacting_choose(struct transactor *t)
{
    if (t->batches == 0)
        return false;
    t->batches--;
    t->partition = (int)pick(LEDGER_PARTITIONS) + (t->chain == NO_SOURCE ? 0 : LEDGER_PARTITIONS);
    t->count = t->chain == NO_SOURCE ? (size_t)pick_from(1, MOST_RECORDS)
               : t->batches == 0     ? t->read - t->copied
                                     : (size_t)pick_from(1, (int64_t)(t->read - t->copied) - 1);
    t->time = world.epoch + world.now;
    return true;
}

static kw_bytes batch_of(const struct transactor *t, uint8_t bytes[BATCH])
{
    kw_writer w;
    kw_batch_options options;
    kw_batch_builder builder;
    uint8_t value[READING_VALUE] = {0};
    kw_writer_init(&w, bytes, BATCH);
    kw_batch_options_init(&options);
    options.producer_id = t->producer_id;
    options.producer_epoch = t->epoch;
    options.base_sequence = t->sequences[t->partition];
    options.transactional = true;
    kw_status status = kw_batch_builder_init(&builder, &w, &options);
    for (size_t i = 0; i < t->count; i++) {
        const struct ledger_record one = {(uint64_t)t->life << 32 | (t->serial + 1 + i), t->txn,
                                          t->chain == NO_SOURCE ? 0 : t->sources[t->copied + i], t->chain};
        reading_write(value, &one);
        const kw_new_record record = {
            .timestamp = t->time, .key = {NULL, -1}, .value = kw_bytes_of(value, sizeof value)};
        if (status == KW_OK)
            status = kw_batch_builder_append(&builder, &record);
    }
    if (status != KW_OK || kw_batch_builder_end(&builder) != KW_OK)
        broken("a batch cannot be built");
    kw_span data = kw_writer_data(&w);
    return kw_bytes_of_span(data);
}

static const struct ledger_topic *topic_of_batch(const struct transactor *t)
{
    return &ledger_topics[t->partition / LEDGER_PARTITIONS];
}

static void send_batch(struct transactor *t)
{
    static uint8_t bytes[BATCH];
    kw_produce_request request;
    kw_produce_request_topic_produce_data topic;
    kw_produce_request_partition_produce_data partition;
    kw_produce_request_init(&request);
    kw_produce_request_topic_produce_data_init(&topic);
    kw_produce_request_partition_produce_data_init(&partition);
    partition.index = t->partition % LEDGER_PARTITIONS;
    partition.records = batch_of(t, bytes);
    topic.name = kw_string_of(topic_of_batch(t)->name);
    topic.topic_id = topic_of_batch(t)->id;
    topic.partition_data.items = &partition;
    request.topic_data.items = &topic;
    topic.partition_data.len = request.topic_data.len = 1;
    request.transactional_id = kw_string_of(t->id);
    request.acks = -1;
    request.timeout_ms = ANSWER_MS;
    int64_t version = t->is_new ? pick_from(FIRST_NEW_PRODUCE, NEWEST_PRODUCE) : pick_from(3, NEWEST_OLD_PRODUCE);
    asker_ask(&t->asker, KW_KEY_PRODUCE, (int16_t)version, &request, ANSWER_MS);
}

static int16_t take_batch(struct transactor *t, const kw_produce_response *r)
{
    CHECK(r->responses.len == 1 && r->responses.items[0].partition_responses.len == 1, "another partition is answered");
    const kw_produce_response_partition_produce_response *one = &r->responses.items[0].partition_responses.items[0];
    if (one->error_code != KW_ERROR_NONE)
        return one->error_code;
    ledger_acknowledged(t->partition, one->base_offset, (uint64_t)t->life << 32 | (t->serial + 1), t->count);
    t->serial += (uint32_t)t->count;
    t->sequences[t->partition] += (int32_t)t->count;
    t->copied += t->count;
    return KW_ERROR_NONE;
}

/* ---- partitions and groups of the old protocol ---- */

static void add_partition(struct transactor *t)
{
    kw_add_partitions_to_txn_request request;
    kw_add_partitions_to_txn_request_topic topic;
    int32_t index = t->partition % LEDGER_PARTITIONS;
    kw_add_partitions_to_txn_request_init(&request);
    kw_add_partitions_to_txn_request_topic_init(&topic);
    topic.name = kw_string_of(topic_of_batch(t)->name);
    topic.partitions = (kw_int32_array){&index, 1};
    request.v3_and_below_transactional_id = kw_string_of(t->id);
    request.v3_and_below_producer_id = t->producer_id;
    request.v3_and_below_producer_epoch = t->epoch;
    request.v3_and_below_topics.items = &topic;
    request.v3_and_below_topics.len = 1;
    asker_ask(&t->asker, KW_KEY_ADD_PARTITIONS_TO_TXN, (int16_t)pick_from(0, 3), &request, ANSWER_MS);
}

static int16_t take_partition(struct transactor *t, const kw_add_partitions_to_txn_response *r)
{
    CHECK(r->results_by_topic_v3_and_below.len == 1 &&
              r->results_by_topic_v3_and_below.items[0].results_by_partition.len == 1,
          "another partition is added");
    int16_t error = r->results_by_topic_v3_and_below.items[0].results_by_partition.items[0].partition_error_code;
    if (error == KW_ERROR_NONE)
        t->added |= 1u << t->partition;
    return error;
}

static void add_group(struct transactor *t)
{
    kw_add_offsets_to_txn_request request;
    kw_add_offsets_to_txn_request_init(&request);
    request.transactional_id = request.group_id = kw_string_of(t->id);
    request.producer_id = t->producer_id;
    request.producer_epoch = t->epoch;
    asker_ask(&t->asker, KW_KEY_ADD_OFFSETS_TO_TXN, (int16_t)pick_from(0, 3), &request, ANSWER_MS);
}

/* ---- offsets ---- */

static void move_offset(struct transactor *t)
{
    kw_txn_offset_commit_request request;
    kw_txn_offset_commit_request_topic topic;
    kw_txn_offset_commit_request_partition partition;
    kw_txn_offset_commit_request_init(&request);
    kw_txn_offset_commit_request_topic_init(&topic);
    kw_txn_offset_commit_request_partition_init(&partition);
    partition.partition_index = t->chain;
    partition.committed_offset = t->copied_to;
    partition.committed_metadata = kw_string_of("simulated");
    topic.name = kw_string_of(ledger_topics[0].name);
    topic.topic_id = ledger_topics[0].id;
    topic.partitions.items = &partition;
    request.transactional_id = request.group_id = kw_string_of(t->id);
    request.producer_id = t->producer_id;
    request.producer_epoch = t->epoch;
    request.topics.items = &topic;
    topic.partitions.len = request.topics.len = 1;
    asker_ask(&t->asker, KW_KEY_TXN_OFFSET_COMMIT, (int16_t)(t->is_new ? pick_from(5, 6) : pick_from(0, 4)), &request,
              ANSWER_MS);
}

static int16_t take_offset(const kw_txn_offset_commit_response *r)
{
    CHECK(r->topics.len == 1 && r->topics.items[0].partitions.len == 1, "another offset is answered");
    return r->topics.items[0].partitions.items[0].error_code;
}

/* ---- the end ---- */

static void end(struct transactor *t)
{
    kw_end_txn_request request;
    kw_end_txn_request_init(&request);
    request.transactional_id = kw_string_of(t->id);
    request.producer_id = t->producer_id;
    request.producer_epoch = t->epoch;
    request.committed = t->commits;
    if (t->commits)
        ledger_may_commit(t->txn);
    asker_ask(&t->asker, KW_KEY_END_TXN, (int16_t)(t->is_new ? 5 : pick_from(0, 4)), &request, ANSWER_MS);
}

static int16_t take_end(struct transactor *t, const kw_end_txn_response *r)
{
    if (r->error_code != KW_ERROR_NONE || !t->is_new)
        return r->error_code;
    CHECK(r->producer_id >= 0 && (r->producer_id != t->producer_id || r->producer_epoch > t->epoch),
          "%s has epoch %d after epoch %d", t->id, r->producer_epoch, t->epoch);
    t->producer_id = r->producer_id;
    t->epoch = r->producer_epoch;
    for (int p = 0; p < LEDGER_ALL; p++)
        t->sequences[p] = 0;
    return KW_ERROR_NONE;
}

/* ---- steps ---- */

void transacting_ask(struct transactor *t)
{
    switch (t->step) {
    case ADD:
        add_partition(t);
        break;
    case PRODUCE:
        send_batch(t);
        break;
    case ADD_GROUP:
        add_group(t);
        break;
    case MOVE:
        move_offset(t);
        break;
    default:
        end(t);
    }
}

int16_t transacting_answered(struct transactor *t, const void *response)
{
    switch (t->step) {
    case ADD:
        return take_partition(t, response);
    case PRODUCE:
        return take_batch(t, response);
    case ADD_GROUP:
        return ((const kw_add_offsets_to_txn_response *)response)->error_code;
    case MOVE:
        return take_offset(response);
    default:
        return take_end(t, response);
    }
}
