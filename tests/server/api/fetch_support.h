/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_API_FETCH_SUPPORT_H
#define TESTS_SERVER_API_FETCH_SUPPORT_H

/* Fetch of those partitions: requests that tests change, and what is answered. */

#include "partitions.h"

#include <kwire/api_keys.h>
#include <kwire/frame.h>

enum { LATEST_VERSION = 18 };

/* The request, and what was answered last. */
static kw_fetch_request request;
static kw_fetch_request_topic topics[2];
static kw_fetch_request_partition asked[2][8];
static kw_fetch_response response;

/* ---- questions ---- */

/* One partition of t from an offset on; tests change what they need, and may add more. */
static inline kw_fetch_request_partition *ask_for(int32_t partition, int64_t offset)
{
    kw_fetch_request_init(&request);
    request.topics.items = topics;
    request.topics.len = 1;
    request.max_bytes = LIMIT;
    for (size_t t = 0; t < 2; t++) {
        kw_fetch_request_topic_init(&topics[t]);
        topics[t].topic = kw_string_of(t == 0 ? "t" : "u");
        topics[t].topic_id.bytes[0] = (uint8_t)(t + 1);
        topics[t].partitions.items = asked[t];
        topics[t].partitions.len = 1;
        for (size_t i = 0; i < 8; i++) {
            kw_fetch_request_partition_init(&asked[t][i]);
            asked[t][i].partition_max_bytes = LIMIT;
        }
    }
    asked[0][0].partition = partition;
    asked[0][0].fetch_offset = offset;
    return &asked[0][0];
}

static inline kw_fetch_request_partition *and_for(int32_t partition, int64_t offset)
{
    kw_fetch_request_partition *more = &asked[0][topics[0].partitions.len++];
    more->partition = partition;
    more->fetch_offset = offset;
    return more;
}

static inline kw_bytes frame_of(int16_t version)
{
    static uint8_t frame[2048];
    kw_writer w;
    kw_writer_init(&w, frame, sizeof frame);
    kw_frame_mark mark = kw_request_begin(&w, KW_KEY_FETCH, version, 7, kw_string_of("test"));
    assert_status(kw_fetch_request_encode(&request, version, &w), KW_OK);
    assert_status(kw_frame_end(&w, mark), KW_OK);
    return (kw_bytes){frame + 4, (int32_t)kw_frame_size(&w, mark) - 4};
}

static inline void take(int16_t version)
{
    static uint8_t bytes[8192];
    kw_response header;
    kw_reader in;
    assert_int_equal(client.outcome, EXCHANGE_ANSWERED);
    size_t size = sim_client_take(&client, bytes, sizeof bytes);
    assert_in_range(size, 5, sizeof bytes);
    kw_arena_reset(&arena);
    assert_status(kw_response_decode_header(&header, KW_KEY_FETCH, version, kw_bytes_of(bytes + 4, size - 4), &arena),
                  KW_OK);
    kw_reader_init_bytes(&in, header.body);
    assert_status(kw_fetch_response_decode(&response, version, &in, &arena), KW_OK);
}

/* Asks; nothing may be left that waits. */
static inline void ask(int16_t version)
{
    (void)sim_client_send(&client, frame_of(version));
    sim_settle(&sim);
    take(version);
}

static inline const kw_fetch_response_partition_data *at(int32_t topic, int32_t index)
{
    assert_true(topic < response.responses.len);
    assert_true(index < response.responses.items[topic].partitions.len);
    return &response.responses.items[topic].partitions.items[index];
}

static inline const kw_fetch_response_partition_data *only(int16_t version)
{
    ask(version);
    assert_int_equal(response.responses.len, 1);
    assert_int_equal(response.responses.items[0].partitions.len, 1);
    return at(0, 0);
}

static inline void assert_error(int16_t version, int16_t error)
{
    const kw_fetch_response_partition_data *p = only(version);
    assert_int_equal(p->error_code, error);
    assert_int_equal(p->partition_index, asked[0][0].partition);
    assert_int_equal(p->high_watermark, -1);
    assert_int_equal(p->last_stable_offset, -1);
    assert_int_equal(p->log_start_offset, -1);
    assert_true(p->records.len <= 0);
    assert_int_equal(p->aborted_transactions.len, version >= 4 ? -1 : 0); /* version 3 has no such field */
}

static inline void assert_size(int16_t version, int32_t size)
{
    const kw_fetch_response_partition_data *p = only(version);
    assert_int_equal(p->error_code, KW_ERROR_NONE);
    assert_int_equal(p->records.len, size);
}

#endif
