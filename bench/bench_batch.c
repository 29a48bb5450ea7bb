/* SPDX-License-Identifier: Apache-2.0 */
#include "benches.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/batches.h>
#include <kwire/crc.h>
#include <kwire/record_builder.h>
#include <kwire/records.h>

#include "timing.h"

struct batch_bench {
    kw_batch batch;
    kw_bytes bytes;
    kw_new_record *records;
    int32_t count;
    kw_writer out;
};

static void iterate(void *context)
{
    struct batch_bench *b = context;
    kw_batches batches;
    kw_batch batch;
    kw_records records;
    kw_record record;
    size_t sum = 0;
    for (kw_batches_init(&batches, b->bytes); kw_batches_next(&batches, &batch);)
        for (kw_records_init(&records, &batch, NULL, NULL); kw_records_next(&records, &record);)
            sum += (size_t)(uint32_t)record.key.len + (size_t)(uint32_t)record.value.len;
    use(sum);
}

static void build(void *context)
{
    struct batch_bench *b = context;
    kw_batch_options options;
    kw_batch_builder builder;
    kw_batch_options_init(&options);
    options.base_offset = b->batch.base_offset;
    options.leader_epoch = b->batch.leader_epoch;
    options.producer_id = b->batch.producer_id;
    options.producer_epoch = b->batch.producer_epoch;
    options.base_sequence = b->batch.base_sequence;
    kw_writer_reset(&b->out);
    if (kw_batch_builder_init(&builder, &b->out, &options) != KW_OK)
        die("a batch cannot be started");
    if (kw_batch_builder_append_all(&builder, b->records, (size_t)b->count, NULL) != KW_OK)
        die("the records do not fit in their batch");
    if (kw_batch_builder_end(&builder) != KW_OK)
        die("a batch cannot be ended");
}

static void checksum(void *context)
{
    const struct batch_bench *b = context;
    use(kw_batch_check_crc(&b->batch) == KW_OK);
}

static void read_batch(const struct bench_input *input, struct batch_bench *b)
{
    kw_batches batches;
    kw_records records;
    kw_record record;
    kw_batches_init(&batches, b->bytes);
    if (!kw_batches_next(&batches, &b->batch) || kw_batch_check_crc(&b->batch) != KW_OK || b->batch.count < 1)
        die("%s: not a valid batch of magic 2", input->name);
    b->records = calloc((size_t)b->batch.count, sizeof *b->records);
    if (b->records == NULL)
        die("out of memory");
    for (kw_records_init(&records, &b->batch, NULL, NULL); kw_records_next(&records, &record);)
        b->records[b->count++] = (kw_new_record){record.timestamp, record.key, record.value, NULL, 0};
    if (records.status != KW_OK)
        die("%s: %s", input->name, kw_status_text(records.status));
}

void bench_batch(const struct bench_input *input)
{
    struct batch_bench b = {.bytes = {input->data, (int32_t)input->size}};
    struct counted_memory memory;
    counted_memory_init(&memory);
    kw_writer_init_growing(&b.out, &memory.allocator, INT32_MAX);
    read_batch(input, &b);
    bench(input->name, "iter", iterate, &b, &memory);
    bench(input->name, "crc", checksum, &b, &memory);
    build(&b);
    kw_span built = kw_writer_data(&b.out);
    if (built.size != input->size || memcmp(built.data, input->data, built.size) != 0)
        die("%s: the built batch differs from the read one", input->name);
    bench(input->name, "build", build, &b, &memory);
    kw_writer_finish(&b.out);
    free(b.records);
}

static void checksum_all(void *context)
{
    const struct bench_input *input = context;
    use(kw_crc32c(0, input->data, input->size));
}

void bench_raw(const struct bench_input *input)
{
    struct bench_input copy = *input;
    struct counted_memory memory;
    counted_memory_init(&memory);
    bench(input->name, "crc", checksum_all, &copy, &memory);
}
