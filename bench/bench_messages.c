/* SPDX-License-Identifier: Apache-2.0 */
#include "benches.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/message.h>

#include "timing.h"

enum { SLOTS = 4096, SMALLEST_SPAN = 512, LIMIT = 1 << 30 };

struct message_bench {
    const kw_message *message;
    int16_t version;
    const uint8_t *body;
    size_t size;
    kw_arena arena;
    void *value;
    kw_writer out;
    kw_gathered slots[SLOTS];
    kw_span spans[2 * SLOTS + 1];
};

static void decode(void *context)
{
    struct message_bench *b = context;
    kw_reader in;
    kw_arena_reset(&b->arena);
    kw_reader_init(&in, b->body, b->size);
    if (kw_message_decode(b->message, b->version, &in, &b->arena, &b->value) != KW_OK || kw_reader_end(&in) != KW_OK)
        die("%s: %s at byte %zu", b->message->name, kw_status_text(in.status), in.error_at);
}

static void encode(void *context)
{
    struct message_bench *b = context;
    kw_writer_reset(&b->out);
    if (kw_message_encode(b->message, b->version, b->value, &b->out) != KW_OK)
        die("%s: %s", b->message->name, kw_status_text(b->out.status));
}

/* The payloads by reference; only a writev() of the spans would remain. */
static void encode_gathering(void *context)
{
    struct message_bench *b = context;
    kw_writer_reset(&b->out);
    kw_writer_gather(&b->out, b->slots, SLOTS, SMALLEST_SPAN);
    if (kw_message_encode(b->message, b->version, b->value, &b->out) != KW_OK)
        die("%s: %s", b->message->name, kw_status_text(b->out.status));
    use(kw_writer_spans(&b->out, b->spans, 2 * SLOTS + 1));
}

static void check_copy(const struct message_bench *b)
{
    kw_span all = kw_writer_data(&b->out);
    if (all.size != b->size || memcmp(all.data, b->body, b->size) != 0)
        die("%s: the encoded message differs from the decoded one", b->message->name);
}

static void check_spans(const struct message_bench *b)
{
    size_t count = kw_writer_spans(&b->out, NULL, 0), at = 0;
    for (size_t i = 0; i < count; at += b->spans[i++].size)
        if (b->spans[i].size > b->size - at || memcmp(b->body + at, b->spans[i].data, b->spans[i].size) != 0)
            die("%s: the gathered message differs from the decoded one", b->message->name);
    if (at != b->size)
        die("%s: %zu bytes gathered, not %zu", b->message->name, at, b->size);
}

void bench_message(const struct bench_input *input)
{
    struct message_bench *b = calloc(1, sizeof *b);
    struct counted_memory memory;
    if (b == NULL)
        die("out of memory");
    b->message = kw_message_find(input->api_key, input->type);
    if (b->message == NULL)
        die("%s: unknown API %d", input->name, input->api_key);
    b->version = input->version;
    b->body = input->data;
    b->size = input->size;
    counted_memory_init(&memory);
    kw_arena_init_growing(&b->arena, NULL, 0, &memory.allocator, LIMIT);
    kw_writer_init_growing(&b->out, &memory.allocator, LIMIT);

    bench(input->name, "decode", decode, b, &memory);
    encode(b);
    check_copy(b);
    bench(input->name, "encode", encode, b, &memory);
    encode_gathering(b);
    check_spans(b);
    if (kw_writer_spans(&b->out, NULL, 0) > 1)
        bench(input->name, "encode_zc", encode_gathering, b, &memory);
    kw_writer_finish(&b->out);
    kw_arena_finish(&b->arena);
    free(b);
}
