/* SPDX-License-Identifier: Apache-2.0 */
#include "dead_letter_batch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <kwire/batches.h>
#include <kwire/record_builder.h>
#include <kwire/records.h>

enum { NUMBER_SIZE = 24, HEADERS = 6, AROUND = 200 /* bytes of a letter beside key and value, more or less */ };

struct building {
    kw_batch_builder builder;
    struct dead_letter_source *source;
    int64_t now;
    size_t bytes; /* of keys and values */
    size_t enough;
    bool needs_keys;
    kw_status status; /* why no letter can be added any more */
};

static const kw_bytes nothing = {NULL, -1};

/* ---- one letter ---- */

static kw_record_header header(const char *key, const char *value, size_t size)
{
    return (kw_record_header){kw_string_of(key), kw_bytes_of(value, size)};
}

static kw_status append(struct building *b, kw_bytes key, kw_bytes value)
{
    static const char rejected[] = "Offset rejected by client.";
    static const char exceeded[] = "Offset delivery count exceeded the threshold.";
    const struct dead_letter_source *s = b->source;
    const char *why = s->was_rejected ? rejected : exceeded;
    char partition[NUMBER_SIZE], offset[NUMBER_SIZE], count[NUMBER_SIZE];
    const kw_record_header headers[HEADERS] = {
        header("__dlq.errors.topic", s->topic.data, (size_t)s->topic.len),
        header("__dlq.errors.partition", partition,
               (size_t)snprintf(partition, sizeof partition, "%" PRId32, s->partition)),
        header("__dlq.errors.offset", offset, (size_t)snprintf(offset, sizeof offset, "%" PRId64, s->next)),
        header("__dlq.errors.group", s->group.data, (size_t)s->group.len),
        header("__dlq.errors.delivery.count", count, (size_t)snprintf(count, sizeof count, "%d", s->count)),
        header("__dlq.errors.message", why, strlen(why)),
    };
    const kw_new_record record = {
        .timestamp = b->now, .key = key, .value = value, .headers = headers, .header_count = HEADERS};
    return kw_batch_builder_append(&b->builder, &record);
}

static bool is_full(kw_status status)
{
    return status == KW_ERR_SPACE || status == KW_ERR_MEMORY_LIMIT || status == KW_ERR_BATCH_FULL;
}

static size_t size_of(kw_bytes bytes)
{
    return bytes.len > 0 ? (size_t)bytes.len : 0;
}

/* The next letter. False: the batch gets no more. */
static bool put(struct building *b, kw_bytes key, kw_bytes value)
{
    if (b->bytes >= b->enough)
        return false;
    size_t bytes = size_of(key) + size_of(value);
    b->status = b->needs_keys && key.len < 0 ? KW_ERR_NULL : append(b, key, value);
    if (is_full(b->status) && b->builder.count == 0) {
        b->status = append(b, b->needs_keys ? key : nothing, nothing);
        bytes = b->needs_keys ? size_of(key) : 0;
    }
    b->bytes += b->status == KW_OK ? bytes + AROUND : 0;
    b->source->next += b->status == KW_OK;
    return b->status == KW_OK;
}

/* Letters of offsets without records. */
static bool put_until(struct building *b, int64_t end)
{
    while (b->source->next < end)
        if (!put(b, nothing, nothing))
            return false;
    return true;
}

/* ---- the records ---- */

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Where a batch cannot be read its records have no keys and values. */
static bool put_batch(struct building *b, const kw_batch *batch, kw_decompressor *decompressor, kw_writer *scratch)
{
    int64_t end = smaller(batch->last_offset, b->source->last) + 1;
    kw_records records;
    kw_record record;
    for (kw_records_init(&records, batch, decompressor, scratch); kw_records_next(&records, &record);) {
        if (record.offset < b->source->next)
            continue;
        if (record.offset >= end)
            break;
        if (!put_until(b, record.offset) || !put(b, record.key, record.value))
            return false;
    }
    return put_until(b, end);
}

static void put_all(struct building *b, kw_bytes records, kw_decompressor *decompressor, size_t limit)
{
    int64_t first = b->source->next;
    kw_writer scratch;
    kw_batches batches;
    kw_batch batch;
    bool continues = true;
    kw_writer_init_growing(&scratch, kw_allocator_libc(), limit);
    for (kw_batches_init(&batches, records); continues && kw_batches_next(&batches, &batch);)
        continues = b->source->next <= b->source->last && put_batch(b, &batch, decompressor, &scratch);
    kw_writer_finish(&scratch);
    if (b->source->next == first && b->status == KW_OK)
        (void)put_until(b, b->source->last + 1);
}

/* ---- the batch ---- */

kw_status dead_letter_batch(struct dead_letter_source *source, kw_bytes records, const struct log_config *config,
                            const struct dead_letter_tools *tools, int64_t now, kw_writer *out)
{
    size_t limit = (size_t)config->max_message_bytes;
    struct building b = {.source = source,
                         .now = now,
                         .needs_keys = config->compact,
                         .enough = limit < DEAD_LETTER_ENOUGH ? limit : DEAD_LETTER_ENOUGH};
    kw_writer scratch;
    kw_batch_options options;
    kw_batch_options_init(&options);
    kw_writer_init_growing(&scratch, kw_allocator_libc(), limit);
    options.append_time = config->log_append_time ? now : KW_NO_TIMESTAMP;
    if (!config->keep_codec && config->codec != KW_CODEC_NONE && tools->compressor != NULL) {
        options.codec = config->codec;
        options.level = config->level;
        options.compressor = tools->compressor;
        options.scratch = &scratch;
    }
    kw_status status = kw_batch_builder_init(&b.builder, out, &options);
    if (status == KW_OK)
        put_all(&b, records, tools->decompressor, limit);
    if (status == KW_OK && b.builder.count != 0 && b.status != KW_ERR_NULL)
        status = kw_batch_builder_end(&b.builder);
    else if (status == KW_OK) {
        kw_batch_builder_cancel(&b.builder);
        status = is_full(b.status) ? KW_ERR_BATCH_FULL : b.status;
    }
    kw_writer_finish(&scratch);
    return status;
}
