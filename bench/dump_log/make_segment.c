/* SPDX-License-Identifier: Apache-2.0 */

/* Writes a segment like those of a busy topic, with its indexes: records with a key of 10 bytes and 100 bytes of JSON,
 * in batches of 16 KiB before compression, as Kafka's producers make by default. The same bytes every time.
 *
 *     make-segment DIR SIZE CODEC      DIR/00000000000000000000.log of at least SIZE bytes, .index, .timeindex */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/compression.h>
#include <kwire/endian.h>
#include <kwire/record_builder.h>

enum { BATCH_BYTES = 16 * 1024, VALUE_BYTES = 100 };

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "make-segment: %s: %s\n", what, why);
    exit(1);
}

static FILE *create(const char *folder, const char *suffix)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/00000000000000000000%s", folder, suffix);
    if (length < 0 || (size_t)length >= sizeof path)
        die(folder, "too long");
    FILE *f = fopen(path, "wb");
    if (f == NULL)
        die(path, strerror(errno));
    return f;
}

static void put(FILE *f, const void *data, size_t size)
{
    if (fwrite(data, 1, size, f) != size)
        die("writing", strerror(errno));
}

static void finish(FILE *f)
{
    if (fclose(f) != 0)
        die("writing", strerror(errno));
}

/* Xorshift: values compress about as well as real ones, which are half repeated names and half numbers. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static kw_new_record make_record(char *key, char *value, int64_t offset, uint64_t *state)
{
    unsigned long long random = next_random(state);
    snprintf(key, 16, "key-%06llu", random % 1000000);
    int n = snprintf(value, VALUE_BYTES + 1,
                     "{\"id\":%lld,\"name\":\"customer %06llu\",\"amount\":%llu.%02llu,\"tags\":[\"", (long long)offset,
                     random % 1000000, random >> 20 & 0xffff, random >> 40 & 63);
    memset(value + n, 'x', (size_t)(VALUE_BYTES - n));
    for (; n < VALUE_BYTES - 3; n++)
        value[n] = (char)('a' + next_random(state) % 26);
    memcpy(value + VALUE_BYTES - 3, "\"]}", 3);
    kw_new_record record = {
        .timestamp = INT64_C(1764000000000) + offset / 10,
        .key = {(const uint8_t *)key, (int32_t)strlen(key)},
        .value = {(const uint8_t *)value, VALUE_BYTES},
    };
    return record;
}

static void make_batch(kw_writer *out, const kw_batch_options *options, uint64_t *state, kw_batch_builder *b)
{
    if (kw_batch_builder_init(b, out, options) != KW_OK)
        die("batch", kw_status_name(out->status));
    size_t bytes = 0;
    while (bytes < BATCH_BYTES) {
        char key[16];
        char value[VALUE_BYTES + 1];
        kw_new_record record = make_record(key, value, b->last_offset + 1, state);
        kw_status status = kw_batch_builder_append(b, &record);
        if (status != KW_OK)
            die("record", kw_status_name(status));
        bytes += VALUE_BYTES + 20;
    }
    kw_status status = kw_batch_builder_end(b);
    if (status != KW_OK)
        die("batch", kw_status_name(status));
}

static void put_index(FILE *index, FILE *time_index, const kw_batch_builder *b, uint64_t position)
{
    uint8_t entry[8];
    kw_store_be32(entry, (uint32_t)b->last_offset);
    kw_store_be32(entry + 4, (uint32_t)position);
    put(index, entry, sizeof entry);
    uint8_t time[12];
    kw_store_be64(time, (uint64_t)b->max_timestamp);
    kw_store_be32(time + 8, (uint32_t)b->last_offset);
    put(time_index, time, sizeof time);
}

static void make_segment(const char *folder, uint64_t size, kw_codec codec)
{
    FILE *log = create(folder, ".log");
    FILE *index = create(folder, ".index");
    FILE *time_index = create(folder, ".timeindex");
    kw_writer out, scratch;
    kw_writer_init_growing(&out, kw_allocator_libc(), (size_t)1 << 20);
    kw_writer_init_growing(&scratch, kw_allocator_libc(), (size_t)1 << 20);
    kw_batch_options options;
    kw_batch_options_init(&options);
    options.leader_epoch = 0;
    options.codec = codec;
    options.compressor = kw_compressor_create(kw_allocator_libc());
    options.scratch = &scratch;
    uint64_t state = 88172645463325252;
    int64_t latest = -1;
    for (uint64_t at = 0; at < size;) {
        kw_batch_builder b;
        kw_writer_reset(&out);
        make_batch(&out, &options, &state, &b);
        put(log, kw_writer_data(&out).data, b.size);
        if (at != 0 && b.max_timestamp > latest)
            put_index(index, time_index, &b, at);
        latest = b.max_timestamp;
        at += b.size;
        options.base_offset = b.last_offset + 1;
    }
    kw_compressor_destroy(options.compressor);
    kw_writer_finish(&scratch);
    kw_writer_finish(&out);
    finish(log);
    finish(index);
    finish(time_index);
}

int main(int argc, char **argv)
{
    if (argc == 4)
        for (int codec = KW_CODEC_NONE; codec <= KW_CODEC_ZSTD; codec++)
            if (strcmp(kw_codec_name((kw_codec)codec), argv[3]) == 0) {
                make_segment(argv[1], strtoull(argv[2], NULL, 10), (kw_codec)codec);
                return 0;
            }
    fprintf(stderr, "usage: make-segment DIR SIZE none|gzip|snappy|lz4|zstd\n");
    return 2;
}
