/* SPDX-License-Identifier: Apache-2.0 */
#include "txn_records.h"

#include <stdlib.h>

#include <kwire/messages/transaction_log_key.h>
#include <kwire/messages/transaction_log_value.h>
#include <kwire/persisted.h>

typedef kw_transaction_log_value_partitions_schema topic_partitions;

/* ---- writing ---- */

static kw_transaction_log_key key_of(kw_string id)
{
    kw_transaction_log_key key;
    kw_transaction_log_key_init(&key);
    key.transactional_id = id;
    return key;
}

static size_t count_topics(const struct txn_partitions *partitions)
{
    size_t count = 0;
    for (size_t i = 0; i < partitions->count; i++)
        count += i == 0 || !kw_string_equal(partitions->items[i].topic, partitions->items[i - 1].topic);
    return count;
}

static void fill_topics(const struct txn_partitions *partitions, topic_partitions *topics, int32_t *numbers)
{
    topic_partitions *topic = topics;
    for (size_t i = 0; i < partitions->count; i++) {
        const struct txn_partition *partition = &partitions->items[i];
        if (i != 0 && !kw_string_equal(partition->topic, partitions->items[i - 1].topic))
            topic++;
        if (topic->partition_ids.items == NULL) {
            kw_transaction_log_value_partitions_schema_init(topic);
            topic->topic = partition->topic;
            topic->partition_ids.items = &numbers[i];
        }
        topic->partition_ids.items[topic->partition_ids.len++] = partition->partition;
    }
}

/* False: the arena is full. */
static bool describe_partitions(kw_arena *arena, const struct txn_partitions *partitions,
                                kw_transaction_log_value_partitions_schema_array *out)
{
    size_t topics = count_topics(partitions);
    int32_t *numbers = kw_arena_array(arena, partitions->count + 1, sizeof *numbers);
    out->items = kw_arena_array(arena, topics + 1, sizeof *out->items);
    out->len = (int32_t)topics;
    if (numbers == NULL || out->items == NULL)
        return false;
    for (size_t i = 0; i <= topics; i++)
        out->items[i].partition_ids = (kw_int32_array){NULL, 0};
    fill_topics(partitions, out->items, numbers);
    return true;
}

void txn_records_add(struct record_out *out, kw_string id, const struct txn_fields *value, int16_t version)
{
    const kw_transaction_log_key key = key_of(id);
    kw_transaction_log_value v;
    kw_transaction_log_value_init(&v);
    v.producer_id = value->producer_id;
    v.producer_epoch = value->epoch;
    v.transaction_timeout_ms = value->timeout_ms;
    v.transaction_status = (int8_t)value->state;
    v.transaction_last_update_timestamp_ms = value->updated_ms;
    v.transaction_start_timestamp_ms = value->start_ms;
    if (version >= 1) {
        v.previous_producer_id = value->previous_producer_id;
        v.next_producer_id = value->next_producer_id;
        v.client_transaction_version = value->client_version;
    }
    v.transaction_partitions.len = -1;
    if (value->state != TXN_EMPTY && !describe_partitions(out->arena, &value->partitions, &v.transaction_partitions))
        record_out_fail(out, kw_arena_status(out->arena));
    else
        record_out_add(out, &kw_transaction_log_key_message, &key, &kw_transaction_log_value_message,
                       version >= 1 ? 1 : 0, &v);
}

void txn_records_add_tombstone(struct record_out *out, kw_string id)
{
    const kw_transaction_log_key key = key_of(id);
    record_out_add_tombstone(out, &kw_transaction_log_key_message, &key);
}

/* ---- reading ---- */

static size_t count_partitions(const kw_transaction_log_value_partitions_schema_array *topics)
{
    size_t count = 0;
    for (int32_t i = 0; i < topics->len; i++)
        count += topics->items[i].partition_ids.len > 0 ? (size_t)topics->items[i].partition_ids.len : 0;
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

static kw_status read_partitions(const kw_transaction_log_value_partitions_schema_array *topics, kw_arena *arena,
                                 struct txn_partitions *out)
{
    size_t count = 0;
    struct txn_partition *items = kw_arena_array(arena, count_partitions(topics) + 1, sizeof *items);
    if (items == NULL)
        return kw_arena_status(arena);
    for (int32_t i = 0; i < topics->len; i++)
        for (int32_t k = 0; k < topics->items[i].partition_ids.len; k++)
            items[count++] = (struct txn_partition){topics->items[i].topic, topics->items[i].partition_ids.items[k]};
    if (count != 0)
        qsort(items, count, sizeof *items, txn_compare_partitions);
    *out = (struct txn_partitions){items, drop_repeated(items, count)};
    return KW_OK;
}

static kw_status read_value(const kw_persisted *header, kw_arena *arena, struct txn_fields *out)
{
    kw_transaction_log_value v;
    kw_reader in;
    kw_reader_init_bytes(&in, header->value);
    kw_status status = kw_transaction_log_value_decode(&v, header->version, &in, arena);
    if (status != KW_OK)
        return status;
    if (v.transaction_status < 0 || v.transaction_status >= TXN_STATES)
        return KW_ERR_ARGUMENT;
    *out = (struct txn_fields){
        .producer_id = v.producer_id,
        .previous_producer_id = v.previous_producer_id,
        .next_producer_id = v.next_producer_id,
        .epoch = v.producer_epoch,
        .last_epoch = TXN_NO_EPOCH,
        .timeout_ms = v.transaction_timeout_ms,
        .state = (enum txn_state)v.transaction_status,
        .start_ms = v.transaction_start_timestamp_ms,
        .updated_ms = v.transaction_last_update_timestamp_ms,
        .client_version = v.client_transaction_version,
    };
    if (out->state == TXN_EMPTY)
        return KW_OK;
    return read_partitions(&v.transaction_partitions, arena, &out->partitions);
}

kw_status txn_record_read(struct txn_record *out, const struct coordinator_record *record, kw_arena *arena)
{
    kw_persisted header;
    kw_transaction_log_key key;
    kw_reader in;
    kw_status status =
        kw_persisted_decode_header(&header, KW_INTERNAL_TOPIC_TRANSACTION_STATE, record->key, record->value);
    *out = (struct txn_record){.kind = TXN_RECORD_UNKNOWN, .type = header.type, .version = header.version};
    if (status != KW_OK || header.kind == KW_PERSISTED_UNKNOWN_TYPE || header.kind == KW_PERSISTED_UNKNOWN_VERSION)
        return status;
    kw_reader_init_bytes(&in, header.key);
    status = kw_transaction_log_key_decode(&key, 0, &in, arena);
    if (status != KW_OK)
        return status;
    out->id = key.transactional_id;
    out->kind = header.kind == KW_PERSISTED_TOMBSTONE ? TXN_RECORD_TOMBSTONE : TXN_RECORD_VALUE;
    return out->kind == TXN_RECORD_VALUE ? read_value(&header, arena, &out->value) : KW_OK;
}
