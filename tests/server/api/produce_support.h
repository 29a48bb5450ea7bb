/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_API_PRODUCE_SUPPORT_H
#define TESTS_SERVER_API_PRODUCE_SUPPORT_H

/* Produce requests to the broker of topic_broker.h, and what has become of them. */

#include "topic_broker.h"

#include <inttypes.h>

#include <kwire/record_builder.h>

#include "log/log_read.h"

enum { NEWEST = 12 };

/* ---- requests and responses ---- */

/* What is asked for: records for some partitions of "t". */
struct asked {
    int32_t partition;
    kw_bytes records;
};

/* Of the next requests. */
static const char *transactional_id; /* NULL: none */
static kw_uuid topic_id;

static inline kw_bytes frame_of(int16_t version, int16_t acks, const struct asked *asked, int32_t count)
{
    kw_produce_request request;
    kw_produce_request_topic_produce_data topic;
    kw_produce_request_partition_produce_data partitions[PARTITIONS + 1];
    kw_produce_request_init(&request);
    kw_produce_request_topic_produce_data_init(&topic);
    for (int32_t i = 0; i < count; i++) {
        kw_produce_request_partition_produce_data_init(&partitions[i]);
        partitions[i].index = asked[i].partition;
        partitions[i].records = asked[i].records;
    }
    topic.name = kw_string_of(version < 13 ? "t" : "");
    topic.topic_id = topic_id;
    topic.partition_data.items = partitions;
    topic.partition_data.len = count;
    request.acks = acks;
    request.transactional_id = kw_string_of(transactional_id);
    request.topic_data.items = &topic;
    request.topic_data.len = 1;
    return request_frame(KW_KEY_PRODUCE, version, &request);
}

static inline enum exchange_outcome send_one(int16_t version, int16_t acks, int32_t partition, kw_bytes records)
{
    const struct asked asked = {partition, records};
    return sim_client_send(&client, frame_of(version, acks, &asked, 1));
}

/* The partitions of the response, which have arrived. */
static inline const kw_produce_response_partition_produce_response *take(int16_t version, int32_t count)
{
    const kw_produce_response *produce = take_response(KW_KEY_PRODUCE, version);
    assert_int_equal(produce->responses.len, 1);
    assert_int_equal(produce->responses.items[0].partition_responses.len, count);
    return produce->responses.items[0].partition_responses.items;
}

static inline void assert_error(int16_t version, int16_t error)
{
    const kw_produce_response_partition_produce_response *p = take(version, 1);
    assert_int_equal(p->error_code, error);
    assert_int_equal(p->base_offset, -1);
    assert_int_equal(p->log_append_time_ms, -1);
}

static inline kw_bytes made_by(int64_t producer_id, int32_t count, uint16_t attributes)
{
    uint8_t *data = given_size(1000);
    const made_batch b = {.count = count, .timestamp = 100, .producer_id = producer_id, .attributes = attributes};
    return (kw_bytes){data, (int32_t)put_batch(data, b)};
}

static inline kw_bytes made(int32_t count, uint16_t attributes)
{
    return made_by(-1, count, attributes);
}

/* All that is in the log. */
static inline kw_bytes stored(int32_t partition)
{
    struct log_snapshot snapshot;
    struct log_slice slice;
    const struct log_read_request request = {.end = INT64_MAX, .max_bytes = INT32_MAX};
    assert_int_equal(partition_log_acquire(log_of(partition), false, &snapshot), KW_ERROR_NONE);
    assert_int_equal(log_read(log_of(partition), &snapshot, &request, &slice), KW_ERROR_NONE);
    kw_bytes copy = {given_size((size_t)slice.records.len), slice.records.len};
    if (copy.len > 0)
        memcpy((void *)(uintptr_t)copy.data, slice.records.data, (size_t)copy.len);
    if (slice.segment != NULL)
        segment_release(slice.segment);
    log_snapshot_release(&snapshot);
    return copy;
}

/* The batches in the log, one after the other, with valid checksums. */
static inline kw_batch stored_batch(int32_t partition, int number)
{
    kw_batches bs;
    kw_batch b;
    kw_batches_init(&bs, stored(partition));
    bs.flags |= KW_BATCHES_CHECK_CRC;
    for (int i = 0; i <= number; i++)
        assert_true(kw_batches_next(&bs, &b));
    return b;
}

#endif
