/* SPDX-License-Identifier: Apache-2.0 */
#include "producer.h"

#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/messages/init_producer_id_request.h>
#include <kwire/messages/init_producer_id_response.h>
#include <kwire/messages/produce_request.h>
#include <kwire/messages/produce_response.h>
#include <kwire/record_builder.h>

#include "topics.h"

enum { TIMEOUT_MS = 30000, AFTER_LOSS_MS = 10000, MOST_RECORDS = 6, VALUE = 300, BATCH = 4096 };

static struct producer *of_asker(struct asker *asker)
{
    return (struct producer *)(void *)asker; /* its first member */
}

static void again(struct producer *p, int64_t ms)
{
    happen_in(&p->next, ms);
}

/* ---- its id ---- */

static void ask_id(struct producer *p)
{
    kw_init_producer_id_request request;
    kw_init_producer_id_request_init(&request);
    request.transactional_id = (kw_string){NULL, -1};
    asker_ask(&p->asker, KW_KEY_INIT_PRODUCER_ID, (int16_t)pick_from(0, 4), &request, TIMEOUT_MS);
}

static void take_id(struct producer *p, const kw_init_producer_id_response *r)
{
    CHECK(r->error_code == KW_ERROR_NONE || r->error_code == KW_ERROR_COORDINATOR_NOT_AVAILABLE ||
              r->error_code == KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS || r->error_code == KW_ERROR_KAFKA_STORAGE_ERROR,
          "InitProducerId is answered with error %d", r->error_code);
    if (r->error_code == KW_ERROR_NONE) {
        CHECK(r->producer_id >= 0, "a producer id below 0");
        p->id = r->producer_id;
        p->epoch = r->producer_epoch;
    }
    again(p, pick_from(0, 100));
}

/* ---- batches ---- */

/* The same bytes each time that it is sent. */
static kw_bytes batch_of(const struct producer *p, uint8_t bytes[BATCH])
{
    kw_writer w;
    kw_batch_options options;
    kw_batch_builder builder;
    uint8_t value[VALUE] = {0};
    kw_writer_init(&w, bytes, BATCH);
    kw_batch_options_init(&options);
    if (!p->is_careless) {
        options.producer_id = p->id;
        options.producer_epoch = p->epoch;
        options.base_sequence = p->sequences[p->partition];
    }
    kw_status status = kw_batch_builder_init(&builder, &w, &options);
    for (size_t i = 0; i < p->count; i++) {
        uint64_t id = record_id(p->number, p->sent + 1 + (uint32_t)i);
        kw_store_be64(value, id);
        const kw_new_record record = {
            .timestamp = p->time, .key = {NULL, -1}, .value = kw_bytes_of(value, 8 + (size_t)(id % (VALUE - 8)))};
        if (status == KW_OK)
            status = kw_batch_builder_append(&builder, &record);
    }
    if (status != KW_OK || kw_batch_builder_end(&builder) != KW_OK)
        broken("a batch cannot be built");
    kw_span data = kw_writer_data(&w);
    return kw_bytes_of_span(data);
}

static void send_batch(struct producer *p)
{
    static uint8_t bytes[BATCH];
    kw_produce_request request;
    kw_produce_request_topic_produce_data topic;
    kw_produce_request_partition_produce_data partition;
    const struct topic *to = &topics.all[topic_of(p->partition)];
    kw_produce_request_init(&request);
    kw_produce_request_topic_produce_data_init(&topic);
    kw_produce_request_partition_produce_data_init(&partition);
    partition.index = index_of(p->partition);
    partition.records = batch_of(p, bytes);
    topic.name = kw_string_of(to->name);
    topic.topic_id = to->id;
    topic.partition_data.items = &partition;
    request.topic_data.items = &topic;
    topic.partition_data.len = request.topic_data.len = 1;
    request.acks = p->is_careless ? 0 : one_in(4) ? 1 : -1;
    p->asker.expects_nothing = p->is_careless;
    request.timeout_ms = TIMEOUT_MS;
    asker_ask(&p->asker, KW_KEY_PRODUCE, (int16_t)pick_from(3, 13), &request, TIMEOUT_MS);
}

static bool is_to_be_tried_again(int16_t error)
{
    return error == KW_ERROR_NOT_LEADER_OR_FOLLOWER || error == KW_ERROR_KAFKA_STORAGE_ERROR ||
           error == KW_ERROR_REQUEST_TIMED_OUT || error == KW_ERROR_INVALID_TIMESTAMP;
}

/* The batch is done with. */
static void go_on(struct producer *p, int64_t ms)
{
    p->sent += (uint32_t)p->count;
    p->partition = -1;
    if (!p->is_ending)
        again(p, ms);
}

static void take_acknowledgement(struct producer *p, const kw_produce_response *r)
{
    CHECK(r->responses.len == 1 && r->responses.items[0].partition_responses.len == 1, "another partition is answered");
    const kw_produce_response_partition_produce_response *one = &r->responses.items[0].partition_responses.items[0];
    CHECK(one->error_code == KW_ERROR_NONE || is_to_be_tried_again(one->error_code),
          "a batch for partition %d is answered with error %d", p->partition, one->error_code);
    if (one->error_code == KW_ERROR_INVALID_TIMESTAMP) {
        judge_refused(&p->asker, p->time);
        p->time = world.epoch + world.now;
    }
    if (one->error_code != KW_ERROR_NONE) {
        again(p, pick_from(10, 200));
        return;
    }
    judge_acknowledged(p->partition, one->base_offset, record_id(p->number, p->sent + 1), p->count);
    p->sequences[p->partition] += (int32_t)p->count;
    go_on(p, pick_from(0, 2 * p->pause_ms));
}

static void choose(struct producer *p)
{
    size_t topic = pick(topics.count);
    p->partition = partition_of(topic, (int32_t)pick((size_t)topics.all[topic].partitions));
    p->count = (size_t)pick_from(1, MOST_RECORDS);
    p->time = world.epoch + world.now;
}

static void act(struct happening *happening)
{
    struct producer *p = (struct producer *)(void *)((char *)happening - offsetof(struct producer, next));
    if (p->asker.is_busy || (p->is_ending && p->partition < 0))
        return;
    if (p->id < 0 && !p->is_careless) {
        ask_id(p);
        return;
    }
    if (p->partition < 0)
        choose(p);
    send_batch(p);
}

static void answered(struct asker *asker, const void *response)
{
    struct producer *p = of_asker(asker);
    if (asker->key == KW_KEY_INIT_PRODUCER_ID)
        take_id(p, response);
    else if (p->is_careless)
        go_on(p, pick_from(0, 2 * p->pause_ms));
    else
        take_acknowledgement(p, response);
}

static void failed(struct asker *asker)
{
    struct producer *p = of_asker(asker);
    if (p->is_careless)
        go_on(p, AFTER_LOSS_MS); /* the broker may still be at work for the connection that has ended */
    else
        again(p, pick_from(10, 300));
}

/* ---- for others ---- */

void producer_start(struct producer *p, size_t number, int64_t pause_ms)
{
    memset(p, 0, sizeof *p);
    p->asker.answered = answered;
    p->asker.failed = failed;
    p->next.happen = act;
    p->number = number;
    p->pause_ms = pause_ms;
    p->is_careless = one_in(6);
    p->id = p->partition = -1;
    again(p, pick_from(0, pause_ms));
}

void producer_end(struct producer *p)
{
    p->is_ending = true;
}

bool producer_has_ended(const struct producer *p)
{
    return p->is_ending && p->partition < 0;
}
