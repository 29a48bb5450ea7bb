/* SPDX-License-Identifier: Apache-2.0 */
#include "batches.h"

#include <kwire/endian.h>
#include <kwire/record_builder.h>

#include "../simulation/world.h"

enum { LARGEST_BATCH = 1 << 18, LARGEST_VALUE = 1 << 14 };

static kw_bytes build(const struct batch *b, uint8_t *bytes)
{
    static kw_compressor *compressor;
    static uint8_t value[LARGEST_VALUE];
    kw_writer w, scratch;
    kw_batch_options options;
    kw_batch_builder builder;
    if (compressor == NULL)
        compressor = kw_compressor_create(kw_allocator_libc());
    kw_writer_init(&w, bytes, LARGEST_BATCH);
    kw_writer_init_growing(&scratch, kw_allocator_libc(), LARGEST_BATCH);
    kw_batch_options_init(&options);
    if (b->producer != NULL) {
        options.producer_id = b->producer->id;
        options.producer_epoch = b->producer->epoch;
        options.base_sequence = b->sequence;
        options.transactional = b->is_transactional;
    }
    options.codec = b->codec;
    if (b->codec != KW_CODEC_NONE) {
        options.compressor = compressor;
        options.scratch = &scratch;
    }
    kw_status status = kw_batch_builder_init(&builder, &w, &options);
    for (int32_t i = 0; status == KW_OK && i < b->count; i++) {
        uint8_t key[8];
        uint64_t number = b->first_value + (uint64_t)i;
        kw_store_be64(value, number);
        kw_store_be64(key, b->keys > 0 ? number * 2654435761u % (uint64_t)b->keys : 0);
        const kw_new_record record = {
            .timestamp = b->time,
            .key = b->keys > 0 ? kw_bytes_of(key, sizeof key) : (kw_bytes){NULL, -1},
            .value = b->is_tombstone ? (kw_bytes){NULL, -1} : kw_bytes_of(value, b->size),
        };
        status = kw_batch_builder_append(&builder, &record);
    }
    if (status != KW_OK || kw_batch_builder_end(&builder) != KW_OK)
        broken("a batch cannot be built");
    kw_writer_finish(&scratch);
    kw_span data = kw_writer_data(&w);
    return kw_bytes_of_span(data);
}

size_t send_produce(const struct batch *b)
{
    static uint8_t bytes[LARGEST_BATCH];
    const struct produced produced = {.topic = b->topic,
                                      .partition = b->partition,
                                      .transactional_id = b->is_transactional ? b->producer->transactional_id : NULL,
                                      .records = build(b, bytes),
                                      .acks = b->acks,
                                      .is_new = b->is_new};
    return send_records(&produced);
}

int16_t produce(const struct batch *b, int64_t *offset)
{
    return take_produced(requests_await(send_produce(b)), offset);
}
