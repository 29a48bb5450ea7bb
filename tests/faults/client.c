/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <inttypes.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/batches.h>
#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/messages/fetch_request.h>
#include <kwire/messages/fetch_response.h>
#include <kwire/messages/list_offsets_request.h>
#include <kwire/messages/list_offsets_response.h>
#include <kwire/record_builder.h>
#include <kwire/records.h>

#include "../simulation/process.h"
#include "../simulation/world.h"

enum { VALUE = 48, KEY = 4, BATCH = 1024, MOST_ABORTED = 64 };

static const void *ask(int16_t key, int16_t version, const void *request)
{
    return process_take(requests_await(process_send(key, version, request)));
}

#define ERROR_OF(response, field) ((response) != NULL ? (int16_t)(response)->field : (int16_t)NO_ANSWER)

/* ---- writing ---- */

int64_t client_time_of(int64_t number)
{
    return world.epoch + number;
}

static void fill_value(uint8_t value[VALUE], int64_t number)
{
    kw_store_be64(value, (uint64_t)number);
    for (size_t i = 8; i < VALUE; i++)
        value[i] = (uint8_t)((uint64_t)number * 31 + i);
}

static kw_bytes batch_of(const struct sent *sent, uint8_t bytes[BATCH])
{
    kw_writer w;
    kw_batch_options options;
    kw_batch_builder builder;
    uint8_t value[VALUE], key[KEY];
    fill_value(value, sent->number);
    kw_store_be32(key, (uint32_t)sent->key);
    kw_writer_init(&w, bytes, BATCH);
    kw_batch_options_init(&options);
    if (sent->producer->id >= 0) {
        options.producer_id = sent->producer->id;
        options.producer_epoch = sent->producer->epoch;
        options.base_sequence = sent->sequence;
        options.transactional = sent->producer->transactional_id != NULL;
    }
    const kw_new_record record = {.timestamp = client_time_of(sent->number),
                                  .key = {sent->key >= 0 ? key : NULL, sent->key >= 0 ? KEY : -1},
                                  .value = {value, VALUE}};
    if (kw_batch_builder_init(&builder, &w, &options) != KW_OK || kw_batch_builder_append(&builder, &record) != KW_OK ||
        kw_batch_builder_end(&builder) != KW_OK)
        broken("a batch cannot be built");
    return kw_bytes_of_span(kw_writer_data(&w));
}

int16_t client_produce(const struct sent *sent, int64_t *offset)
{
    static uint8_t bytes[BATCH];
    const struct produced produced = {.topic = sent->topic,
                                      .partition = sent->partition,
                                      .transactional_id = sent->producer->transactional_id,
                                      .records = batch_of(sent, bytes),
                                      .acks = sent->acks};
    return take_produced(requests_await(send_records(&produced)), offset);
}

/* ---- reading ---- */

int16_t client_list_offset(const char *name, int32_t partition, int64_t timestamp, int64_t *offset)
{
    kw_list_offsets_request request;
    kw_list_offsets_request_topic topic;
    kw_list_offsets_request_partition one;
    kw_list_offsets_request_init(&request);
    kw_list_offsets_request_topic_init(&topic);
    kw_list_offsets_request_partition_init(&one);
    one.partition_index = partition;
    one.timestamp = timestamp;
    topic.name = kw_string_of(name);
    topic.partitions.items = &one;
    request.topics.items = &topic;
    topic.partitions.len = request.topics.len = 1;
    request.replica_id = -1;
    const kw_list_offsets_response *r = ask(KW_KEY_LIST_OFFSETS, 7, &request);
    if (r != NULL)
        *offset = r->topics.items[0].partitions.items[0].offset;
    return ERROR_OF(r, topics.items[0].partitions.items[0].error_code);
}

struct aborted_list {
    int64_t producers[MOST_ABORTED];
    int64_t first_offsets[MOST_ABORTED];
    size_t count;
};

static const kw_fetch_response_partition_data *fetch(const char *name, int32_t partition, int64_t offset,
                                                     bool is_committed)
{
    kw_fetch_request request;
    kw_fetch_request_topic topic;
    kw_fetch_request_partition one;
    kw_fetch_request_init(&request);
    kw_fetch_request_topic_init(&topic);
    kw_fetch_request_partition_init(&one);
    one.partition = partition;
    one.fetch_offset = offset;
    one.partition_max_bytes = 1 << 18;
    topic.topic = kw_string_of(name);
    topic.partitions.items = &one;
    request.topics.items = &topic;
    topic.partitions.len = request.topics.len = 1;
    request.max_bytes = 1 << 18;
    request.isolation_level = is_committed;
    const kw_fetch_response *r = ask(KW_KEY_FETCH, 12, &request);
    return r != NULL && r->error_code == KW_ERROR_NONE ? &r->responses.items[0].partitions.items[0] : NULL;
}

/* Whether a batch is of an aborted transaction; a marker ends it. */
static bool is_aborted(struct aborted_list *aborted, const kw_batch *batch)
{
    for (size_t i = 0; i < aborted->count; i++) {
        if (aborted->producers[i] != batch->producer_id || aborted->first_offsets[i] > batch->last_offset)
            continue;
        if (kw_batch_is_control(batch)) {
            aborted->producers[i] = aborted->producers[--aborted->count];
            aborted->first_offsets[i] = aborted->first_offsets[aborted->count];
        }
        return true;
    }
    return false;
}

static void take_record(const char *topic, const kw_record *record, struct read_log *out)
{
    uint8_t expected[VALUE];
    CHECK(record->value.len == VALUE, "a record of %s at offset %" PRId64 " has %d bytes", topic, record->offset,
          record->value.len);
    struct read_record read = {
        .number = (int64_t)kw_load_be64(record->value.data), .offset = record->offset, .key = -1};
    fill_value(expected, read.number);
    CHECK(memcmp(expected, record->value.data, VALUE) == 0 && record->timestamp == client_time_of(read.number),
          "record %" PRId64 " of %s at offset %" PRId64 " is not what was sent", read.number, topic, record->offset);
    if (record->key.len == KEY)
        read.key = (int)kw_load_be32(record->key.data);
    CHECK(out->count < MOST_READ, "there are too many records in %s", topic);
    out->records[out->count++] = read;
}

static void take_batch(const char *topic, const kw_batch *batch, int64_t from, struct read_log *out)
{
    kw_records records;
    kw_record record;
    (void)kw_records_init(&records, batch, NULL, NULL);
    while (kw_records_next(&records, &record))
        if (record.offset >= from)
            take_record(topic, &record, out);
    CHECK(records.status == KW_OK, "a batch of %s at offset %" PRId64 " cannot be read", topic, batch->base_offset);
}

/* Returns where to continue. */
static int64_t take_batches(const char *topic, const kw_fetch_response_partition_data *p, int64_t offset,
                            struct read_log *out)
{
    struct aborted_list aborted = {.count = 0};
    kw_batches batches;
    kw_batch batch;
    int64_t next = offset;
    for (int32_t i = 0; i < p->aborted_transactions.len && i < MOST_ABORTED; i++) {
        aborted.producers[aborted.count] = p->aborted_transactions.items[i].producer_id;
        aborted.first_offsets[aborted.count++] = p->aborted_transactions.items[i].first_offset;
    }
    kw_batches_init(&batches, p->records);
    batches.flags |= KW_BATCHES_CHECK_CRC;
    while (kw_batches_next(&batches, &batch)) {
        CHECK(batch.last_offset >= next, "%s: asked for offset %" PRId64 ", a batch up to %" PRId64 " is answered",
              topic, next, batch.last_offset);
        CHECK(batch.base_offset >= next || next == offset, "%s: offsets of batches are not in order at %" PRId64, topic,
              batch.base_offset);
        if (!is_aborted(&aborted, &batch) && !kw_batch_is_control(&batch))
            take_batch(topic, &batch, next, out);
        next = batch.last_offset + 1;
    }
    CHECK(batches.status == KW_OK, "a batch of %s that is not valid is answered, at offset %" PRId64, topic, next);
    return next;
}

int16_t client_read(const char *topic, int32_t partition, bool is_committed, struct read_log *out)
{
    out->count = 0;
    int16_t error = client_list_offset(topic, partition, -2, &out->start);
    if (error != KW_ERROR_NONE)
        return error;
    out->end = out->start;
    for (bool more = true; more;) {
        const kw_fetch_response_partition_data *p = fetch(topic, partition, out->end, is_committed);
        if (p == NULL || p->error_code != KW_ERROR_NONE)
            return ERROR_OF(p, error_code);
        int64_t until = is_committed ? p->last_stable_offset : p->high_watermark;
        int64_t next = take_batches(topic, p, out->end, out);
        more = next > out->end && next < until;
        CHECK(next > out->end || next >= until, "%s-%d: nothing is answered at offset %" PRId64 " of %" PRId64, topic,
              partition, next, until);
        out->end = next;
    }
    return KW_ERROR_NONE;
}
