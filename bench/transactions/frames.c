/* SPDX-License-Identifier: Apache-2.0 */
#include "frames.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <kwire/api_keys.h>
#include <kwire/crc.h>
#include <kwire/endian.h>
#include <kwire/messages/end_txn_request.h>
#include <kwire/messages/produce_request.h>
#include <kwire/record_builder.h>

#include "../load/exchange.h"
#include "../load/program.h"

enum { LIMIT = 64 * 1024 * 1024, TIMEOUT_MS = 30000, CORRELATION_ID = 8 };

/* Unlikely to be in a request by chance. */
static const int64_t SOME_ID = 0x123456789abcdef;

static struct frame copy_of(const kw_writer *w)
{
    kw_span data = kw_writer_data(w);
    struct frame copy = {must_have(malloc(data.size)), data.size};
    memcpy(copy.bytes, data.data, data.size);
    return copy;
}

/* ---- the batch ---- */

static void write_records(kw_batch_builder *builder, const struct shape *shape)
{
    struct timespec now;
    uint8_t *value = must_have(malloc(shape->record_size + 1));
    (void)clock_gettime(CLOCK_REALTIME, &now);
    for (size_t i = 0; i < shape->record_size; i++)
        value[i] = (uint8_t)('a' + i % 26);
    for (unsigned i = 0; i < shape->records; i++) {
        kw_new_record record = {.timestamp = (int64_t)now.tv_sec * 1000,
                                .key = {NULL, -1},
                                .value = kw_bytes_of(value, shape->record_size)};
        if (kw_batch_builder_append(builder, &record) != KW_OK)
            die("the batch cannot be made");
    }
    free(value);
}

static struct frame make_batch(const struct shape *shape)
{
    kw_writer out;
    kw_batch_options options;
    kw_batch_builder builder;
    kw_writer_init_growing(&out, kw_allocator_libc(), LIMIT);
    kw_batch_options_init(&options);
    options.producer_id = SOME_ID;
    options.producer_epoch = 0;
    options.base_sequence = 0;
    options.transactional = !shape->is_plain;
    if (kw_batch_builder_init(&builder, &out, &options) != KW_OK)
        die("the batch cannot be made");
    write_records(&builder, shape);
    if (kw_batch_builder_end(&builder) != KW_OK)
        die("the batch cannot be made");
    struct frame batch = copy_of(&out);
    kw_writer_finish(&out);
    return batch;
}

/* ---- the frames ---- */

static struct frame encode_produce(const struct shape *shape, const char *transactional_id, const struct frame *batch)
{
    kw_produce_request request;
    kw_produce_request_topic_produce_data topic;
    kw_produce_request_partition_produce_data *data = must_have(calloc(shape->partitions, sizeof *data));
    kw_writer w;
    kw_produce_request_init(&request);
    kw_produce_request_topic_produce_data_init(&topic);
    for (unsigned i = 0; i < shape->partitions; i++) {
        kw_produce_request_partition_produce_data_init(&data[i]);
        data[i].index = (int32_t)i;
        data[i].records = kw_bytes_of(batch->bytes, batch->size);
    }
    topic.name = kw_string_of(shape->topic);
    topic.partition_data.items = data;
    topic.partition_data.len = (int32_t)shape->partitions;
    request.transactional_id = kw_string_of(shape->is_plain ? NULL : transactional_id);
    request.acks = -1;
    request.timeout_ms = TIMEOUT_MS;
    request.topic_data.items = &topic;
    request.topic_data.len = 1;
    kw_writer_init_growing(&w, kw_allocator_libc(), LIMIT);
    exchange_encode(&w, KW_KEY_PRODUCE, PRODUCE_VERSION, 0, &request);
    struct frame frame = copy_of(&w);
    kw_writer_finish(&w);
    free(data);
    return frame;
}

static struct frame encode_end(const char *transactional_id)
{
    kw_end_txn_request request;
    kw_writer w;
    kw_end_txn_request_init(&request);
    request.transactional_id = kw_string_of(transactional_id);
    request.producer_id = SOME_ID;
    request.committed = true;
    kw_writer_init_growing(&w, kw_allocator_libc(), LIMIT);
    exchange_encode(&w, KW_KEY_END_TXN, END_TXN_VERSION, 0, &request);
    struct frame frame = copy_of(&w);
    kw_writer_finish(&w);
    return frame;
}

static size_t find(const struct frame *frame, size_t from, const void *what, size_t size)
{
    const uint8_t *found = memmem(frame->bytes + from, frame->size - from, what, size);
    if (found == NULL)
        die("a field is not in its request");
    return (size_t)(found - frame->bytes);
}

void frames_make(struct frames *f, const struct shape *shape, const char *transactional_id)
{
    struct frame batch = make_batch(shape);
    uint8_t id[8];
    size_t from = 0;
    kw_store_be64(id, (uint64_t)SOME_ID);
    f->batch_size = batch.size;
    f->produce = encode_produce(shape, transactional_id, &batch);
    f->batches = must_have(calloc(shape->partitions, sizeof *f->batches));
    for (unsigned i = 0; i < shape->partitions; i++, from = f->batches[i - 1] + batch.size)
        f->batches[i] = find(&f->produce, from, batch.bytes, batch.size);
    f->end = encode_end(transactional_id);
    f->end_id_at = find(&f->end, 0, id, sizeof id);
    free(batch.bytes);
}

void frames_free(struct frames *f)
{
    free(f->produce.bytes);
    free(f->batches);
    free(f->end.bytes);
}

/* The batches of all partitions have the same bytes. */
void frames_set_produce(struct frames *f, const struct shape *shape, struct producer_id producer, int32_t sequence,
                        uint32_t correlation_id)
{
    uint8_t *batch = f->produce.bytes + f->batches[0];
    kw_store_be32(f->produce.bytes + CORRELATION_ID, correlation_id);
    kw_store_be64(batch + KW_BATCH_V2_PRODUCER_ID, (uint64_t)producer.id);
    kw_store_be16(batch + KW_BATCH_V2_PRODUCER_EPOCH, (uint16_t)producer.epoch);
    kw_store_be32(batch + KW_BATCH_V2_BASE_SEQUENCE, (uint32_t)sequence);
    kw_store_be32(batch + KW_BATCH_V2_CRC,
                  kw_crc32c(0, batch + KW_BATCH_V2_ATTRIBUTES, f->batch_size - KW_BATCH_V2_ATTRIBUTES));
    for (unsigned i = 1; i < shape->partitions; i++)
        memcpy(f->produce.bytes + f->batches[i], batch, KW_BATCH_V2_RECORDS);
}

void frames_set_end(struct frames *f, struct producer_id producer, uint32_t correlation_id)
{
    kw_store_be32(f->end.bytes + CORRELATION_ID, correlation_id);
    kw_store_be64(f->end.bytes + f->end_id_at, (uint64_t)producer.id);
    kw_store_be16(f->end.bytes + f->end_id_at + 8, (uint16_t)producer.epoch);
}
