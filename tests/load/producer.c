/* SPDX-License-Identifier: Apache-2.0 */
#include "producer.h"

#include <string.h>
#include <time.h>

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/messages/init_producer_id_request.h>
#include <kwire/messages/init_producer_id_response.h>
#include <kwire/messages/produce_request.h>
#include <kwire/messages/produce_response.h>
#include <kwire/record_builder.h>

#include "../../bench/load/program.h"

enum { PRODUCE_VERSION = 12, INIT_VERSION = 5, TIMEOUT_MS = 30000, BATCH_SIZE = 1 << 20, VALUE_MAX = 1 << 16 };

static const double RETRY_SECONDS = 0.2;

static double pick(struct producer *p, double most)
{
    p->random = p->random * 6364136223846793005u + 1442695040888963407u;
    return most * (double)(p->random >> 40) / (double)(1u << 24);
}

/* ---- its id ---- */

static void ask_id(struct producer *p)
{
    kw_init_producer_id_request request;
    kw_init_producer_id_request_init(&request);
    request.transactional_id = (kw_string){NULL, -1};
    link_ask(&p->link, KW_KEY_INIT_PRODUCER_ID, INIT_VERSION, &request);
}

static void take_id(struct producer *p, const kw_init_producer_id_response *r)
{
    if (r->error_code == KW_ERROR_NONE) {
        p->id = r->producer_id;
        p->epoch = r->producer_epoch;
    } else if (r->error_code != KW_ERROR_COORDINATOR_NOT_AVAILABLE &&
               r->error_code != KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS &&
               r->error_code != KW_ERROR_KAFKA_STORAGE_ERROR) {
        history_violation(p->all->history, "InitProducerId: %s", kw_error_name(r->error_code));
    }
    link_rest(&p->link, RETRY_SECONDS);
}

/* ---- batches ---- */

static kw_bytes batch_of(const struct producer *p, uint8_t bytes[BATCH_SIZE])
{
    static uint8_t value[VALUE_MAX];
    const struct history *h = p->all->history;
    kw_writer w;
    kw_batch_options options;
    kw_batch_builder builder;
    uint64_t first = h->acknowledged[p->number];
    kw_writer_init(&w, bytes, BATCH_SIZE);
    kw_batch_options_init(&options);
    options.producer_id = p->id;
    options.producer_epoch = p->epoch;
    options.base_sequence = (int32_t)(first & INT32_MAX);
    kw_status status = kw_batch_builder_init(&builder, &w, &options);
    for (uint32_t i = 0; i < p->on_its_way && status == KW_OK; i++) {
        history_write(value, p->number, first + i);
        const kw_new_record record = {.timestamp = (int64_t)time(NULL) * 1000,
                                      .key = {NULL, -1},
                                      .value = kw_bytes_of(value, p->all->value_size)};
        status = kw_batch_builder_append(&builder, &record);
    }
    if (status != KW_OK || kw_batch_builder_end(&builder) != KW_OK)
        die("a batch cannot be made");
    return kw_bytes_of_span(kw_writer_data(&w));
}

static void send_batch(struct producer *p)
{
    static uint8_t bytes[BATCH_SIZE];
    kw_produce_request request;
    kw_produce_request_topic_produce_data topic;
    kw_produce_request_partition_produce_data data;
    kw_produce_request_init(&request);
    kw_produce_request_topic_produce_data_init(&topic);
    kw_produce_request_partition_produce_data_init(&data);
    data.index = (int32_t)(p->number % p->all->history->partitions);
    data.records = batch_of(p, bytes);
    topic.name = kw_string_of(p->all->topic);
    topic.partition_data.items = &data;
    topic.partition_data.len = 1;
    request.acks = -1;
    request.timeout_ms = TIMEOUT_MS;
    request.topic_data.items = &topic;
    request.topic_data.len = 1;
    link_ask(&p->link, KW_KEY_PRODUCE, PRODUCE_VERSION, &request);
}

static bool is_for_later(int16_t error)
{
    return error == KW_ERROR_NOT_LEADER_OR_FOLLOWER || error == KW_ERROR_KAFKA_STORAGE_ERROR ||
           error == KW_ERROR_REQUEST_TIMED_OUT || error == KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
}

static void take_acknowledgement(struct producer *p, const kw_produce_response *r)
{
    if (r->responses.len != 1 || r->responses.items[0].partition_responses.len != 1)
        die("not the answer to this Produce");
    const kw_produce_response_partition_produce_response *one = &r->responses.items[0].partition_responses.items[0];
    if (one->error_code != KW_ERROR_NONE) {
        p->was_tried = true;
        p->all->refused++;
        if (!is_for_later(one->error_code))
            history_violation(p->all->history, "producer %u: %s", p->number, kw_error_name(one->error_code));
        link_rest(&p->link, RETRY_SECONDS + pick(p, RETRY_SECONDS));
        return;
    }
    history_acknowledge(p->all->history, p->number, p->on_its_way, one->base_offset);
    if (!p->was_tried)
        histogram_add(p->all->latencies, link_latency(&p->link));
    p->was_tried = false;
    p->on_its_way = 0;
    link_rest(&p->link, pick(p, 2 * p->all->pause));
}

/* ---- the link ---- */

static struct producer *producer_of(struct link *l)
{
    return (struct producer *)(void *)l;
}

static void act(struct link *l)
{
    struct producer *p = producer_of(l);
    if (p->id < 0) {
        ask_id(p);
        return;
    }
    if (p->on_its_way == 0 && p->all->is_ending) {
        link_rest(l, 1);
        return;
    }
    if (p->on_its_way == 0) {
        p->on_its_way = p->all->batch;
        p->all->history->sent[p->number] += p->on_its_way;
    }
    send_batch(p);
}

static void answered(struct link *l, const void *body)
{
    struct producer *p = producer_of(l);
    if (p->id < 0)
        take_id(p, body);
    else
        take_acknowledgement(p, body);
}

static void lost(struct link *l)
{
    struct producer *p = producer_of(l);
    p->was_tried = p->on_its_way != 0;
    link_rest(l, RETRY_SECONDS + pick(p, RETRY_SECONDS));
}

void producer_start(struct producer *p, struct producing *all, uint32_t number, struct links *links)
{
    *p = (struct producer){.link = {.act = act, .answered = answered, .lost = lost},
                           .all = all,
                           .number = number,
                           .id = -1,
                           .random = number * 2654435761u + 1};
    links_add(links, &p->link, pick(p, all->pause + RETRY_SECONDS));
}

bool producer_has_ended(const struct producer *p)
{
    return p->all->is_ending && p->on_its_way == 0;
}
