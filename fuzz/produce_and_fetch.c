/* SPDX-License-Identifier: Apache-2.0 */
/* Any records in Produce requests: what is acknowledged is read back by Fetch, record by record, at dense offsets, and
 * again after the log was closed and recovered; what is refused leaves no trace.
 *
 * The input: settings of the topic (16 bits: codec, then flags), then Produce requests: version (8 bits), flags (8
 * bits), size (16 bits, or as much as the input has), records. */
#include <stdlib.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/frame.h>
#include <kwire/messages/fetch_request.h>
#include <kwire/messages/fetch_response.h>
#include <kwire/messages/produce_request.h>
#include <kwire/messages/produce_response.h>

#include "fix_checksums.h"
#include "folder.h"
#include "fuzz.h"
#include "one_topic.h"
#include "record_contents.h"

enum { CAPACITY = 8 << 20, MOST_REQUESTS = 6, EXPANSION = 1 << 20 };
enum { FETCH_VERSION = 12, LAST_BY_NAME = 12, FIRST_WITH_APPEND_TIME = 2 }; /* of requests */

/* Of the topic. */
enum { APPEND_TIME = 1, COMPACTED = 2, SMALL_SEGMENTS = 4, SMALL_BATCHES = 8, LITTLE_EXPANSION = 16 };

/* Of a request. */
enum { FIX_CHECKSUMS = 1, NO_ACKS = 2, ALL_ACKS = 4, REOPEN = 8 };

static struct log_config config;
static struct record_contents log_contents; /* that was acknowledged */
static uint8_t answer[CAPACITY];

static void configure(fuzz_input *in)
{
    uint8_t codec = fuzz_take8(in), flags = fuzz_take8(in);
    log_config_init(&config);
    config.keep_codec = codec % 6 == 5;
    config.codec = config.keep_codec ? KW_CODEC_NONE : (kw_codec)(codec % 6);
    config.level = KW_LEVEL_DEFAULT;
    config.log_append_time = (flags & APPEND_TIME) != 0;
    config.compact = (flags & COMPACTED) != 0;
    config.segment_bytes = (flags & SMALL_SEGMENTS) != 0 ? 500 : config.segment_bytes;
    config.max_message_bytes = (flags & SMALL_BATCHES) != 0 ? 400 : config.max_message_bytes;
    config.max_decompressed_message_bytes = (flags & LITTLE_EXPANSION) != 0 ? 1000 : EXPANSION;
    config.index_interval_bytes = 100;
}

static int64_t log_end(void)
{
    int64_t start, end;
    FUZZ_REQUIRE(one_topic_extent(&start, &end) && start == 0);
    return end;
}

/* ---- requests and answers ---- */

/* Encodes the request, asks it, and decodes the response; NULL if there is none. */
static void *ask(int16_t key, int16_t version, const kw_message *request, const void *value, kw_arena *arena)
{
    kw_writer w;
    kw_frame frame;
    kw_response response;
    kw_reader in;
    void *decoded;
    size_t size;
    kw_writer_init_growing(&w, kw_allocator_libc(), CAPACITY);
    kw_frame_mark mark = kw_request_begin(&w, key, version, 7, kw_string_of("fuzz"));
    FUZZ_REQUIRE(kw_message_encode(request, version, value, &w) == KW_OK && kw_frame_end(&w, mark) == KW_OK);
    kw_span whole = kw_writer_data(&w);
    bool answered =
        one_topic_ask(kw_bytes_of((const uint8_t *)whole.data + 4, whole.size - 4), answer, CAPACITY, &size);
    kw_writer_finish(&w);
    if (!answered || size == 0)
        return NULL;
    FUZZ_REQUIRE(kw_frame_next(answer, size, CAPACITY, &frame) && frame.consumed == size);
    FUZZ_REQUIRE(kw_response_decode_header(&response, key, version, frame.payload, arena) == KW_OK);
    kw_reader_init_bytes(&in, response.body);
    const kw_message *m = kw_message_find(key, KW_MESSAGE_RESPONSE);
    FUZZ_REQUIRE(kw_message_decode(m, version, &in, arena, &decoded) == KW_OK && kw_reader_end(&in) == KW_OK);
    return decoded;
}

static const kw_produce_response_partition_produce_response *produce(int16_t version, int16_t acks, kw_bytes records,
                                                                     kw_arena *arena)
{
    kw_produce_request request;
    kw_produce_request_topic_produce_data topic;
    kw_produce_request_partition_produce_data partition;
    kw_produce_request_init(&request);
    kw_produce_request_topic_produce_data_init(&topic);
    kw_produce_request_partition_produce_data_init(&partition);
    partition.records = records;
    topic.partition_data.items = &partition;
    topic.name = kw_string_of(version <= LAST_BY_NAME ? "t" : "");
    topic.topic_id = version <= LAST_BY_NAME ? (kw_uuid){{0}} : one_topic_id;
    request.topic_data.items = &topic;
    topic.partition_data.len = request.topic_data.len = 1;
    request.acks = acks;
    request.timeout_ms = 1000;
    const kw_produce_response *response = ask(KW_KEY_PRODUCE, version, &kw_produce_request_message, &request, arena);
    if (response == NULL)
        return NULL;
    FUZZ_REQUIRE(response->responses.len == 1 && response->responses.items[0].partition_responses.len == 1);
    return &response->responses.items[0].partition_responses.items[0];
}

static const kw_fetch_response_partition_data *fetch(int64_t offset, kw_arena *arena)
{
    kw_fetch_request request;
    kw_fetch_request_topic topic;
    kw_fetch_request_partition partition;
    kw_fetch_request_init(&request);
    kw_fetch_request_topic_init(&topic);
    kw_fetch_request_partition_init(&partition);
    partition.fetch_offset = offset;
    partition.partition_max_bytes = request.max_bytes = 1 << 20;
    topic.topic = kw_string_of("t");
    topic.partitions.items = &partition;
    request.topics.items = &topic;
    topic.partitions.len = request.topics.len = 1;
    const kw_fetch_response *response = ask(KW_KEY_FETCH, FETCH_VERSION, &kw_fetch_request_message, &request, arena);
    FUZZ_REQUIRE(response != NULL && response->error_code == KW_ERROR_NONE && response->responses.len == 1);
    const kw_fetch_response_partition_data *data = &response->responses.items[0].partitions.items[0];
    FUZZ_REQUIRE(data->error_code == KW_ERROR_NONE && data->high_watermark == (int64_t)log_contents.count);
    return data;
}

/* ---- the log ---- */

/* Everything from the offset on is what was acknowledged. */
static void read_back(size_t from)
{
    struct record_contents read = {NULL, 0, 0};
    kw_arena arena;
    fuzz_arena(&arena);
    while (from < log_contents.count) {
        kw_bytes records = fetch((int64_t)from, &arena)->records;
        read.count = 0;
        FUZZ_REQUIRE(record_contents_add(&read, records, true) && read.count != 0);
        for (size_t i = 0; i < read.count; i++) {
            size_t offset = (size_t)read.items[i].offset;
            if (offset < from) /* of the batch that has it */
                continue;
            FUZZ_REQUIRE(offset == from && from < log_contents.count);
            FUZZ_REQUIRE(read.items[i].hash == log_contents.items[from].hash);
            FUZZ_REQUIRE(read.items[i].timestamp == log_contents.items[from].timestamp);
            from++;
        }
        kw_arena_reset(&arena);
    }
    kw_arena_finish(&arena);
    record_contents_free(&read);
}

static void acknowledged(const struct record_contents *sent, int64_t append_time)
{
    size_t first = log_contents.count;
    log_contents.items = realloc(log_contents.items, (first + sent->count + 1) * sizeof sent->items[0]);
    FUZZ_REQUIRE(log_contents.items != NULL);
    log_contents.count = log_contents.capacity = first + sent->count;
    for (size_t i = 0; i < sent->count; i++) {
        log_contents.items[first + i] = sent->items[i];
        if (append_time >= 0)
            log_contents.items[first + i].timestamp = append_time;
    }
}

/* The log shows which time was set: not every answer does. -1: none was. */
static int64_t append_time_in_log(void)
{
    kw_arena arena;
    kw_batches bs;
    kw_batch batch;
    int64_t offset = (int64_t)log_contents.count, end = log_end(), time = -1;
    struct record_contents none = log_contents;
    if (!config.log_append_time || offset == end)
        return -1;
    fuzz_arena(&arena);
    log_contents.count = (size_t)end;
    for (kw_batches_init(&bs, fetch(offset, &arena)->records); kw_batches_next(&bs, &batch);)
        time = batch.max_timestamp;
    log_contents = none;
    kw_arena_finish(&arena);
    return time;
}

static void check_refused(const kw_produce_response_partition_produce_response *out)
{
    FUZZ_REQUIRE(log_end() == (int64_t)log_contents.count);
    FUZZ_REQUIRE(out->base_offset == -1 && out->log_append_time_ms == -1);
}

static void check_produced(const kw_produce_response_partition_produce_response *out, int16_t version, kw_bytes records)
{
    bool has_append_time = out != NULL && version >= FIRST_WITH_APPEND_TIME;
    struct record_contents sent = {NULL, 0, 0};
    bool readable = record_contents_add(&sent, records, false);
    int64_t before = (int64_t)log_contents.count, after = log_end();
    if (out != NULL && out->error_code != KW_ERROR_NONE) {
        check_refused(out);
    } else if (after != before) {
        FUZZ_REQUIRE(readable && after == before + (int64_t)sent.count);
        FUZZ_REQUIRE(out == NULL || out->base_offset == before);
        int64_t append_time = append_time_in_log();
        FUZZ_REQUIRE(!has_append_time || out->log_append_time_ms == append_time);
        acknowledged(&sent, append_time);
        read_back((size_t)before);
    } else if (out != NULL) {
        FUZZ_REQUIRE(out->base_offset < before); /* a duplicate, or no records at all */
    }
    record_contents_free(&sent);
}

static void reopen(void)
{
    one_topic_close();
    one_topic_open(&config);
    FUZZ_REQUIRE(log_end() == (int64_t)log_contents.count);
    read_back(0);
}

static void request(fuzz_input *in)
{
    int16_t version = (int16_t)(fuzz_take8(in) % (KW_PRODUCE_REQUEST_MAX_VERSION + 1));
    uint8_t flags = fuzz_take8(in);
    size_t size = fuzz_take16(in);
    kw_arena arena;
    fuzz_arena(&arena);
    size = size < fuzz_left(in) ? size : fuzz_left(in);
    uint8_t *records = fuzz_copy(in->pos, size);
    in->pos += size;
    if ((flags & FIX_CHECKSUMS) != 0)
        fix_checksums(records, size);
    int16_t acks = (flags & NO_ACKS) != 0 ? 0 : (flags & ALL_ACKS) != 0 ? -1 : 1;
    kw_bytes all = kw_bytes_of(records, size);
    check_produced(produce(version, acks, all, &arena), version, all);
    free(records);
    kw_arena_finish(&arena);
    if ((flags & REOPEN) != 0)
        reopen();
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    configure(&in);
    one_topic_prepare("", 0);
    one_topic_open(&config);
    for (int i = 0; i < MOST_REQUESTS && fuzz_left(&in) > 0; i++)
        request(&in);
    reopen();
    one_topic_close();
    record_contents_free(&log_contents);
    folder_clear();
}
