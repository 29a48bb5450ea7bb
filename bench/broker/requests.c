/* SPDX-License-Identifier: Apache-2.0 */
#include "requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <kwire/api_keys.h>
#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/frame.h>
#include <kwire/messages/fetch_request.h>
#include <kwire/messages/produce_request.h>
#include <kwire/messages/produce_response.h>
#include <kwire/record_builder.h>

#include "../load/program.h"

/* The newest versions that have the name of a topic. */
enum { PRODUCE_VERSION = 12, FETCH_VERSION = 12 };
enum {
    LIMIT = 64 * 1024 * 1024,
    RECORD_OVERHEAD = 9, /* of a value of 64 to 8191 bytes */
    TIMEOUT_MS = 30000,
    SIZE_FIELD = 4
};

/* ---- the batch ---- */

static void write_records(kw_batch_builder *builder, const struct topic *topic, uint32_t count)
{
    struct timespec now;
    uint8_t *value = must_have(malloc(topic->record_size));
    (void)clock_gettime(CLOCK_REALTIME, &now);
    for (size_t i = 0; i < topic->record_size; i++)
        value[i] = (uint8_t)('a' + i % 26);
    for (uint32_t i = 0; i < count; i++) {
        kw_new_record record = {.timestamp = (int64_t)now.tv_sec * 1000,
                                .key = {NULL, -1},
                                .value = kw_bytes_of(value, topic->record_size)};
        if (kw_batch_builder_append(builder, &record) != KW_OK)
            die("the batch cannot be made");
    }
    free(value);
}

static void make_batch(struct prepared *p)
{
    kw_writer out;
    kw_batch_options options;
    kw_batch_builder builder;
    size_t records = (p->topic.batch_size - KW_BATCH_V2_RECORDS) / (p->topic.record_size + RECORD_OVERHEAD);
    p->records = records == 0 ? 1 : (uint32_t)records;
    kw_writer_init_growing(&out, kw_allocator_libc(), LIMIT);
    kw_batch_options_init(&options);
    if (kw_batch_builder_init(&builder, &out, &options) != KW_OK)
        die("the batch cannot be made");
    write_records(&builder, &p->topic, p->records);
    if (kw_batch_builder_end(&builder) != KW_OK)
        die("the batch cannot be made");
    p->size = kw_writer_data(&out).size;
    p->batch = must_have(malloc(p->size));
    memcpy(p->batch, kw_writer_data(&out).data, p->size);
    kw_writer_finish(&out);
}

/* ---- Produce ---- */

static void write_produce(const struct prepared *p, uint32_t partition, int16_t acks, kw_writer *out)
{
    kw_produce_request request;
    kw_produce_request_topic_produce_data topic;
    kw_produce_request_partition_produce_data data;
    kw_produce_request_init(&request);
    kw_produce_request_topic_produce_data_init(&topic);
    kw_produce_request_partition_produce_data_init(&data);
    data.index = (int32_t)partition;
    data.records = kw_bytes_of(p->batch, p->size);
    topic.name = kw_string_of(p->topic.name);
    topic.partition_data.items = &data;
    topic.partition_data.len = 1;
    request.acks = acks;
    request.timeout_ms = TIMEOUT_MS;
    request.topic_data.items = &topic;
    request.topic_data.len = 1;
    kw_frame_mark mark = kw_request_begin(out, KW_KEY_PRODUCE, PRODUCE_VERSION, 0, kw_string_of("bench"));
    if (kw_produce_request_encode(&request, PRODUCE_VERSION, out) != KW_OK || kw_frame_end(out, mark) != KW_OK)
        die("the request cannot be encoded");
}

/* A frame consists of own bytes, the batch and the ends of three structs; only the own bytes differ. */
static void prepare_produce(struct prepared *p, int16_t acks, struct requests *out)
{
    kw_writer w;
    kw_writer_init_growing(&w, kw_allocator_libc(), LIMIT);
    for (uint32_t i = 0; i < p->topic.partitions; i++) {
        kw_writer_reset(&w);
        write_produce(p, i, acks, &w);
        kw_span frame = kw_writer_data(&w);
        const uint8_t *batch = memmem(frame.data, frame.size, p->batch, p->size);
        if (i == 0) {
            out->own = (size_t)(batch - (const uint8_t *)frame.data);
            out->tail_size = frame.size - out->own;
            p->frames = must_have(malloc(out->own * p->topic.partitions));
            p->batch = must_have(realloc(p->batch, out->tail_size));
            memcpy(p->batch, batch, out->tail_size);
        }
        memcpy(p->frames + i * out->own, frame.data, out->own);
    }
    kw_writer_finish(&w);
    out->frame = p->frames;
    out->tail = p->batch;
}

static uint32_t partition_of(const struct prepared *p, unsigned connection, uint32_t number)
{
    return (connection + number) % p->topic.partitions;
}

static void fill_produce(const struct requests *requests, unsigned connection, uint32_t number, uint8_t *own)
{
    const struct prepared *p = requests->context;
    memcpy(own, p->frames + partition_of(p, connection, number) * requests->own, requests->own);
}

static void check_offset(struct prepared *p, unsigned connection, uint32_t partition, int64_t base_offset)
{
    int64_t *least = &p->offsets[connection * p->topic.partitions + partition];
    if (base_offset < *least)
        die("base offset %lld of partition %u, at least %lld is expected", (long long)base_offset, partition,
            (long long)*least);
    *least = p->topic.same_offset ? 0 : base_offset + p->records;
}

static void check_produce(const struct requests *requests, unsigned connection, uint32_t number, const uint8_t *head,
                          size_t size)
{
    struct prepared *p = requests->context;
    uint32_t partition = partition_of(p, connection, number);
    uint8_t memory[4096];
    kw_arena arena;
    kw_response response;
    kw_reader in;
    kw_produce_response body;
    if (size > requests->head)
        die("a Produce response of %zu bytes", size);
    kw_arena_init(&arena, memory, sizeof memory);
    if (kw_response_decode_header(&response, KW_KEY_PRODUCE, PRODUCE_VERSION,
                                  kw_bytes_of(head + SIZE_FIELD, size - SIZE_FIELD), &arena) != KW_OK)
        die("a response without a header");
    kw_reader_init_bytes(&in, response.body);
    if (kw_produce_response_decode(&body, PRODUCE_VERSION, &in, &arena) != KW_OK || body.responses.len != 1 ||
        body.responses.items[0].partition_responses.len != 1)
        die("not a response to this Produce request");
    const kw_produce_response_partition_produce_response *answer =
        &body.responses.items[0].partition_responses.items[0];
    if (answer->error_code != KW_ERROR_NONE || answer->index != (int32_t)partition)
        die("Produce to partition %u: error %d of partition %d", partition, answer->error_code, answer->index);
    check_offset(p, connection, partition, answer->base_offset);
}

void requests_produce(struct prepared *p, const struct topic *topic, int16_t acks, struct requests *out)
{
    *p = (struct prepared){.topic = *topic};
    make_batch(p);
    prepare_produce(p, acks, out);
    p->offsets = must_have(calloc((size_t)topic->connections * topic->partitions, sizeof *p->offsets));
    out->fill = fill_produce;
    out->check = check_produce;
    out->head = ANSWER_HEAD_MAX;
    out->context = p;
}

/* ---- Fetch ---- */

static const uint64_t SOME_OFFSET = 0x123456789abcdef;

/* Without a session, so that the broker keeps no state. */
static void write_fetch(const struct prepared *p, uint32_t partition, kw_writer *out)
{
    kw_fetch_request request;
    kw_fetch_request_topic topic;
    kw_fetch_request_partition data;
    kw_fetch_request_init(&request);
    kw_fetch_request_topic_init(&topic);
    kw_fetch_request_partition_init(&data);
    data.partition = (int32_t)partition;
    data.fetch_offset = (int64_t)SOME_OFFSET;
    data.partition_max_bytes = (int32_t)(p->fetched * p->size);
    topic.topic = kw_string_of(p->topic.name);
    topic.partitions.items = &data;
    topic.partitions.len = 1;
    request.max_wait_ms = TIMEOUT_MS;
    request.min_bytes = 1;
    request.max_bytes = LIMIT;
    request.topics.items = &topic;
    request.topics.len = 1;
    kw_frame_mark mark = kw_request_begin(out, KW_KEY_FETCH, FETCH_VERSION, 0, kw_string_of("bench"));
    if (kw_fetch_request_encode(&request, FETCH_VERSION, out) != KW_OK || kw_frame_end(out, mark) != KW_OK)
        die("the request cannot be encoded");
}

static size_t place_of(const uint8_t *what, size_t size, kw_span in)
{
    return (size_t)((const uint8_t *)memmem(in.data, in.size, what, size) - (const uint8_t *)in.data);
}

static void prepare_fetch(struct prepared *p, struct requests *out)
{
    kw_writer w;
    uint8_t offset[8];
    kw_store_be64(offset, SOME_OFFSET);
    kw_writer_init_growing(&w, kw_allocator_libc(), LIMIT);
    for (uint32_t i = 0; i < p->topic.partitions; i++) {
        kw_writer_reset(&w);
        write_fetch(p, i, &w);
        kw_span frame = kw_writer_data(&w);
        if (i == 0) {
            out->own = frame.size;
            p->offset_at = place_of(offset, sizeof offset, frame);
            p->frames = must_have(malloc(frame.size * p->topic.partitions));
        }
        memcpy(p->frames + i * out->own, frame.data, frame.size);
    }
    kw_writer_finish(&w);
    out->frame = p->frames;
}

/* Connections start at different places, and take the partitions in turn. */
static uint64_t offset_of(const struct prepared *p, unsigned connection, uint32_t number)
{
    uint64_t answers = p->available / p->fetched;
    uint64_t start = answers * connection / p->topic.connections;
    return (start + number / p->topic.partitions) % answers * p->fetched * p->records;
}

static void fill_fetch(const struct requests *requests, unsigned connection, uint32_t number, uint8_t *own)
{
    const struct prepared *p = requests->context;
    memcpy(own, p->frames + partition_of(p, connection, number) * requests->own, requests->own);
    kw_store_be64(own + p->offset_at, offset_of(p, connection, number));
}

/* The first batch has to be the one that was asked for; that there are as many as expected, the size says. */
static void check_fetch(const struct requests *requests, unsigned connection, uint32_t number, const uint8_t *head,
                        size_t size)
{
    const struct prepared *p = requests->context;
    const uint8_t *batch = head + p->reference.records_at;
    uint64_t offset = kw_load_be64(batch + KW_BATCH_OFFSET);
    if (size != p->reference.size)
        die("a Fetch response of %zu bytes, %zu are expected", size, p->reference.size);
    if (memcmp(head + REFERENCE_COMMON_AT, p->reference.head + REFERENCE_COMMON_AT,
               REFERENCE_HEAD - REFERENCE_COMMON_AT) != 0)
        die("a Fetch response with an error");
    if (offset != offset_of(p, connection, number) ||
        kw_load_be32(batch + KW_BATCH_V2_CRC) != kw_load_be32(p->batch + KW_BATCH_V2_CRC))
        die("a Fetch response that starts with another batch, of offset %llu", (unsigned long long)offset);
}

void requests_fetch(struct prepared *p, const struct topic *topic, size_t fetched, uint64_t available,
                    const struct sockaddr_in *address, struct requests *out)
{
    *p = (struct prepared){.topic = *topic, .fetched = fetched, .available = available / fetched * fetched};
    if (p->available == 0)
        die("a partition has fewer batches than are to be fetched at once");
    make_batch(p);
    prepare_fetch(p, out);
    out->fill = fill_fetch;
    out->check = check_fetch;
    out->head = ANSWER_HEAD_MAX;
    out->context = p;
    uint8_t *first = must_have(malloc(out->own));
    fill_fetch(out, 0, 0, first);
    reference_take(address, first, out->own, &p->reference);
    free(first);
    if (p->reference.records_at == 0 || p->reference.records_at + KW_BATCH_V2_RECORDS > ANSWER_HEAD_MAX)
        die("the records are not near the start of the response");
    if (p->reference.records_size != fetched * p->size)
        die("a Fetch is answered with %zu bytes of records, %zu are expected", p->reference.records_size,
            fetched * p->size);
    memcpy(p->batch, p->reference.head + p->reference.records_at, KW_BATCH_V2_RECORDS);
}

void requests_save_answer(const struct sockaddr_in *address, const struct requests *requests, const char *file)
{
    size_t size;
    uint8_t *request = must_have(malloc(requests->own + requests->tail_size));
    memcpy(request, requests->frame, requests->own);
    requests->fill(requests, 0, 0, request);
    if (requests->tail_size != 0)
        memcpy(request + requests->own, requests->tail, requests->tail_size);
    uint8_t *answer = reference_ask(address, request, requests->own + requests->tail_size, &size);
    FILE *f = fopen(file, "wb");
    if (f == NULL || fwrite(answer, 1, size, f) != size || fclose(f) != 0)
        die("cannot write %s", file);
    free(request);
    free(answer);
}

void prepared_free(struct prepared *p)
{
    free(p->frames);
    free(p->batch);
    free(p->offsets);
}
