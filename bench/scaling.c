/* SPDX-License-Identifier: Apache-2.0 */
/* kwire-scaling [MOST]: the cost of an element in ns, as their number grows from 1 to MOST (1,000,000): partitions of a
 * Metadata response, records of a batch, tagged fields outside the schema. */
#include <stdio.h>
#include <stdlib.h>

#include <kwire/batches.h>
#include <kwire/records.h>

#include "fill.h"
#include "timing.h"

enum { MOST = 1000000, LIMIT = INT32_MAX, VERSION = 12 };

struct subject {
    struct counted_memory memory;
    kw_arena made;    /* what is encoded */
    kw_arena decoded; /* reset by each decode */
    kw_writer out;
    kw_bytes bytes;
    kw_metadata_response message;
    const kw_new_record *records;
    int32_t count;
};

static void subject_init(struct subject *s, int32_t count)
{
    counted_memory_init(&s->memory);
    kw_arena_init_growing(&s->made, NULL, 0, &s->memory.allocator, LIMIT);
    kw_arena_init_growing(&s->decoded, NULL, 0, &s->memory.allocator, LIMIT);
    kw_writer_init_growing(&s->out, &s->memory.allocator, LIMIT);
    s->count = count;
}

static void subject_finish(struct subject *s)
{
    kw_writer_finish(&s->out);
    kw_arena_finish(&s->decoded);
    kw_arena_finish(&s->made);
}

static void encode(void *context)
{
    struct subject *s = context;
    kw_writer_reset(&s->out);
    if (kw_metadata_response_encode(&s->message, VERSION, &s->out) != KW_OK)
        die("%d elements: %s", (int)s->count, kw_status_text(s->out.status));
}

static void decode(void *context)
{
    struct subject *s = context;
    kw_metadata_response message;
    kw_reader in;
    kw_arena_reset(&s->decoded);
    kw_reader_init_bytes(&in, s->bytes);
    if (kw_metadata_response_decode(&message, VERSION, &in, &s->decoded) != KW_OK || kw_reader_end(&in) != KW_OK)
        die("%d elements: %s at byte %zu", (int)s->count, kw_status_text(in.status), in.error_at);
}

static void build(void *context)
{
    struct subject *s = context;
    kw_writer_reset(&s->out);
    write_batch(&s->out, s->records, s->count);
}

static void iterate(void *context)
{
    const struct subject *s = context;
    kw_batches batches;
    kw_batch batch;
    kw_records records;
    kw_record record;
    size_t sum = 0;
    int32_t seen = 0;
    for (kw_batches_init(&batches, s->bytes); kw_batches_next(&batches, &batch);)
        for (kw_records_init(&records, &batch, NULL, NULL); kw_records_next(&records, &record); seen++)
            sum += (size_t)(uint32_t)record.key.len + (size_t)(uint32_t)record.value.len;
    if (seen != s->count)
        die("%d records of %d", (int)seen, (int)s->count);
    use(sum);
}

/* Two columns: the cost of writing, and of reading that. */
static void print_costs(struct subject *s, operation *write, operation *read)
{
    write(s);
    s->bytes = kw_bytes_of_span(kw_writer_data(&s->out));
    double reading = measure(read, s, &s->memory).least / s->count;
    double writing = measure(write, s, &s->memory).least / s->count;
    printf("  %8.1f  %8.1f", reading, writing);
    fflush(stdout);
}

static void print_row(int32_t count)
{
    struct subject s;
    printf("%8d", (int)count);
    subject_init(&s, count);
    fill_metadata(&s.message, &s.made, 1, count);
    print_costs(&s, encode, decode);
    subject_finish(&s);

    subject_init(&s, count);
    s.records = fill_records(&s.made, count);
    print_costs(&s, build, iterate);
    subject_finish(&s);

    subject_init(&s, count);
    fill_metadata(&s.message, &s.made, 0, 0);
    s.message.unknown_tags = fill_tags(&s.made, count);
    print_costs(&s, encode, decode);
    subject_finish(&s);
    putchar('\n');
}

int main(int count, char **words)
{
    long most = count > 1 ? strtol(words[1], NULL, 10) : MOST;
    if (count > 2 || most < 1 || most > MOST) {
        fprintf(stderr, "usage: kwire-scaling [MOST]   (1 to %d)\n", (int)MOST);
        return 2;
    }
    puts("ns an element       partitions              records                 tags");
    puts("elements    decode    encode   iterate     build    decode    encode");
    for (long elements = 1; elements <= most; elements *= 10)
        print_row((int32_t)elements);
    return 0;
}
