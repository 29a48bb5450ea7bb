/* SPDX-License-Identifier: Apache-2.0 */
#include "sample_log.h"

#include <stdio.h>
#include <string.h>

#include <kwire/control_record.h>
#include <kwire/error.h>
#include <kwire/record_builder.h>

#include "folder.h"
#include "fuzz.h"
#include "log/log_append.h"
#include "log/log_change.h"

enum { TIME = 1700000000, BATCH_SIZE = 512, RECORDS = 3, FILES_LIMIT = 1 << 20 };

static const char path[] = "/fuzz/t-0";

void sample_log_config(struct log_config *config)
{
    log_config_init(config);
    config->segment_bytes = 700;
    config->index_interval_bytes = 100;
    config->retention_ms = -1;
}

/* ---- appending ---- */

static void put_records(kw_writer *w, const kw_batch_options *options, int32_t number)
{
    static const char text[] = "some text that is part of each of the records";
    kw_batch_builder builder;
    FUZZ_REQUIRE(kw_batch_builder_init(&builder, w, options) == KW_OK);
    for (int32_t i = 0; i <= number % RECORDS; i++) {
        kw_new_record record = {.timestamp = TIME + number,
                                .key = {NULL, -1},
                                .value = kw_bytes_of((const uint8_t *)text, (size_t)(number + i) % sizeof text)};
        FUZZ_REQUIRE(kw_batch_builder_append(&builder, &record) == KW_OK);
    }
    FUZZ_REQUIRE(kw_batch_builder_end(&builder) == KW_OK);
}

static void put_marker(kw_writer *w, const kw_batch_options *options, bool commits)
{
    kw_control_record marker = {.type = commits ? KW_CONTROL_COMMIT : KW_CONTROL_ABORT};
    kw_end_txn_marker_init(&marker.value.end_txn);
    FUZZ_REQUIRE(kw_write_control_batch(w, options, TIME, &marker) == KW_OK);
}

/* Every fifth batch of the one with transactions is a marker. */
static void append_one(struct partition_log *log, enum sample_kind kind, int32_t number, int32_t *sequence)
{
    static uint8_t bytes[BATCH_SIZE];
    kw_batch_options options;
    kw_writer w;
    bool is_marker = kind == SAMPLE_TRANSACTIONS && number % 5 == 4;
    kw_writer_init(&w, bytes, sizeof bytes);
    kw_batch_options_init(&options);
    if (kind != SAMPLE_PLAIN) {
        options.producer_id = SAMPLE_PRODUCER + (number / 5) % 2;
        options.producer_epoch = 0;
        options.transactional = kind == SAMPLE_TRANSACTIONS;
        options.base_sequence = is_marker ? KW_NO_SEQUENCE : sequence[(number / 5) % 2];
    }
    if (is_marker)
        put_marker(&w, &options, number % 10 == 9);
    else
        put_records(&w, &options, number);
    size_t size = kw_writer_data(&w).size;
    struct append_batch batch = {.records = kw_bytes_of(bytes + sizeof batch.header, size - sizeof batch.header)};
    struct log_append append = {.batches = &batch,
                                .count = 1,
                                .leader_epoch = number / 8,
                                .origin = is_marker ? APPEND_COORDINATOR : APPEND_CLIENT};
    if (options.transactional && !is_marker)
        append.verification =
            verifications_enter(&log->verifications, options.producer_id, 0, options.base_sequence, false);
    memcpy(batch.header, bytes, sizeof batch.header);
    FUZZ_REQUIRE(log_append(log, &append) && append.error == KW_ERROR_NONE && !append.is_duplicate);
    if (!is_marker)
        sequence[(number / 5) % 2] += number % RECORDS + 1;
}

void sample_log_append(struct partition_log *log, enum sample_kind kind)
{
    int32_t sequence[2] = {0, 0};
    for (int32_t i = 0; i < SAMPLE_BATCHES; i++)
        append_one(log, kind, i, sequence);
}

/* ---- keeping ---- */

static void keep_files(struct sample_log *sample)
{
    struct folder_names names;
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), FILES_LIMIT);
    FUZZ_REQUIRE(folder_list(path, &arena, &names) == KW_OK && names.len <= SAMPLE_MOST_FILES);
    for (size_t i = 0; i < names.len; i++) {
        struct sample_file *file = &sample->files[sample->count++];
        char name[80];
        (void)snprintf(file->name, sizeof file->name, "%s", names.items[i].data);
        (void)snprintf(name, sizeof name, "t-0/%s", file->name);
        kw_bytes content = folder_read(name, &arena);
        FUZZ_REQUIRE(content.len >= 0);
        file->content.size = (size_t)content.len;
        file->content.data = fuzz_copy(content.data, file->content.size);
    }
    kw_arena_finish(&arena);
}

static void make(struct sample_log *sample, enum sample_kind kind, bool is_closed)
{
    struct log_config config;
    struct segment_cache cache;
    struct partition_log log;
    struct log_snapshot snapshot;
    int64_t until;
    const struct partition_log what = {
        .folder = path, .config = &config, .start_offset = -1, .producer_expiration_ms = INT64_MAX};
    sample_log_config(&config);
    folder_write("t-0/00000000000000000000.log", "", 0);
    FUZZ_REQUIRE(segment_cache_init(&cache) && partition_log_init(&log, &what, &cache));
    FUZZ_REQUIRE(partition_log_acquire(&log, false, &snapshot) == KW_ERROR_NONE);
    log_snapshot_release(&snapshot);
    sample_log_append(&log, kind);
    FUZZ_REQUIRE(partition_log_acquire(&log, false, &snapshot) == KW_ERROR_NONE);
    sample->end_offset = snapshot.log_end_offset;
    log_snapshot_release(&snapshot);
    if (is_closed)
        FUZZ_REQUIRE(log_close(&log, 0, &until) == KW_ERROR_NONE);
    keep_files(sample);
    segment_cache_finish(&cache);
    partition_log_finish(&log);
    folder_clear();
}

const struct sample_log *sample_log_get(enum sample_kind kind, bool is_closed)
{
    static struct sample_log samples[SAMPLE_KINDS][2];
    struct sample_log *sample = &samples[kind][is_closed];
    if (sample->count == 0)
        make(sample, kind, is_closed);
    return sample;
}
