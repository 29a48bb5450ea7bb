/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to kwire-broker, in the same process: each frame is either refused or answered by a response that decodes
 * and has its correlation id. The input is a sequence of frames as a client sends them. The broker has a topic "t"
 * with records, to which more can be appended; what an input has changed is made anew for the next one. Checksums of
 * produced batches are made right, so that what is behind them is reached. */
#include <stdlib.h>

#include <kwire/api_keys.h>
#include <kwire/frame.h>
#include <kwire/record_builder.h>

#include <kwire/messages/produce_request.h>

#include "fix_checksums.h"
#include "folder.h"
#include "fuzz.h"
#include "one_topic.h"

enum { CAPACITY = 1 << 20, LARGEST_FRAME = 1 << 16, RECORDS = 20, MOST_FRAMES = 8 };

static void make_data(void)
{
    static uint8_t log[4096];
    kw_writer w;
    kw_writer_init(&w, log, sizeof log);
    for (int64_t offset = 0; offset < RECORDS; offset += RECORDS / 2) {
        kw_batch_options options;
        kw_batch_builder builder;
        kw_batch_options_init(&options);
        options.base_offset = offset;
        options.leader_epoch = 0;
        FUZZ_REQUIRE(kw_batch_builder_init(&builder, &w, &options) == KW_OK);
        for (int64_t i = 0; i < RECORDS / 2; i++) {
            kw_new_record record = {.timestamp = 1000 + offset + i, .key = {NULL, -1}, .value = {log, 0}};
            FUZZ_REQUIRE(kw_batch_builder_append(&builder, &record) == KW_OK);
        }
        FUZZ_REQUIRE(kw_batch_builder_end(&builder) == KW_OK);
    }
    one_topic_prepare(log, kw_writer_data(&w).size);
}

static bool is_open;

static void open_broker(void)
{
    static struct log_config config;
    log_config_init(&config);
    make_data();
    one_topic_open(&config);
    is_open = true;
}

static bool has_changed(void)
{
    int64_t start, end;
    return !one_topic_extent(&start, &end) || start != 0 || end != RECORDS;
}

static void fix_produced(kw_bytes frame)
{
    kw_request request;
    kw_produce_request *produce;
    kw_reader in;
    kw_arena arena;
    fuzz_arena(&arena);
    if (kw_request_decode_header(&request, frame, &arena) == KW_OK && request.api_key == KW_KEY_PRODUCE) {
        void *value = NULL;
        kw_reader_init_bytes(&in, request.body);
        if (kw_message_decode(&kw_produce_request_message, request.api_version, &in, &arena, &value) == KW_OK) {
            produce = value;
            for (int32_t t = 0; t < produce->topic_data.len; t++)
                for (int32_t p = 0; p < produce->topic_data.items[t].partition_data.len; p++) {
                    kw_bytes records = produce->topic_data.items[t].partition_data.items[p].records;
                    if (records.len > 0)
                        fix_checksums((uint8_t *)(uintptr_t)records.data, (size_t)records.len);
                }
        }
    }
    kw_arena_finish(&arena);
}

/* The response belongs to the request: its body decodes to its end. */
static void check_answer(kw_bytes frame, const uint8_t *data, size_t size)
{
    kw_frame answer;
    kw_request request;
    kw_response response;
    kw_reader in;
    kw_arena arena;
    void *value;
    if (size == 0)
        return; /* Produce without acks */
    fuzz_arena(&arena);
    FUZZ_REQUIRE(kw_request_decode_header(&request, frame, &arena) == KW_OK);
    FUZZ_REQUIRE(kw_frame_next(data, size, CAPACITY, &answer) && answer.consumed == size);
    FUZZ_REQUIRE(kw_response_decode_header(&response, request.api_key, request.api_version, answer.payload, &arena) ==
                 KW_OK);
    FUZZ_REQUIRE(response.correlation_id == request.correlation_id && response.kind == KW_FRAME_KNOWN);
    const kw_message *message = kw_message_find(response.api_key, KW_MESSAGE_RESPONSE);
    kw_reader_init_bytes(&in, response.body);
    FUZZ_REQUIRE(kw_message_decode(message, response.api_version, &in, &arena, &value) == KW_OK);
    FUZZ_REQUIRE(kw_reader_end(&in) == KW_OK);
    kw_arena_finish(&arena);
}

static bool ask(kw_bytes request)
{
    static uint8_t answer[CAPACITY];
    size_t size;
    if (!is_open)
        open_broker();
    bool good = one_topic_ask(request, answer, sizeof answer, &size);
    if (good && size < sizeof answer)
        check_answer(request, answer, size);
    return good;
}

void fuzz_target(const uint8_t *data, size_t size)
{
    kw_frame frame;
    for (int i = 0; i < MOST_FRAMES && kw_frame_next(data, size, LARGEST_FRAME, &frame); i++) {
        uint8_t *copy = fuzz_copy(frame.payload.data, (size_t)frame.payload.len);
        fix_produced((kw_bytes){copy, frame.payload.len});
        bool good = ask((kw_bytes){copy, frame.payload.len});
        free(copy);
        if (!good)
            break;
        data += frame.consumed;
        size -= frame.consumed;
    }
    if (is_open && has_changed()) {
        one_topic_close();
        folder_clear();
        is_open = false;
    }
}
