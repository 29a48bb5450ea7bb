/* SPDX-License-Identifier: Apache-2.0 */

/* The log of a partition to be compacted, and what is left of it.
 *
 *     kwire-keyed-log make FOLDER BYTES SEGMENT_BYTES KEYS VALUE_BYTES CODEC
 *     kwire-keyed-log digest FOLDER
 *
 * The first writes segments with their indexes into an empty folder: BYTES in all, and behind them one of a single
 * batch, which is the active one. Each record has one of so many keys, by chance; batches are of 16 KiB before
 * compression. The same bytes every time. It prints where the last segment starts, and the number of records before.
 *
 * The second prints the number of records in all segments but the last, and a hash of their offsets, keys and values,
 * in order. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/compression.h>
#include <kwire/endian.h>
#include <kwire/record_builder.h>
#include <kwire/records.h>

#include "../load/program.h"
#include "base/file.h"
#include "log/cleaner/offset_map.h"

enum { BATCH_BYTES = 16 * 1024, VALUE_MAX = 8 * 1024, TEXT = 1 << 20 };

/* ---- making ---- */

struct maker {
    const char *folder;
    uint64_t keys;
    size_t value_bytes;
    uint64_t state;
    char text[TEXT]; /* of which values are pieces */
    kw_batch_options options;
    kw_writer out;
    kw_writer scratch;
    FILE *log;
    FILE *index;
    FILE *time_index;
    uint64_t position; /* in the segment */
    int64_t base_offset;
};

/* Xorshift. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Compresses to about a half. */
static void make_text(struct maker *m)
{
    for (size_t i = 0; i < TEXT; i++)
        m->text[i] = "0123456789abcdef"[next_random(&m->state) >> 60];
}

static FILE *create(const struct maker *m, const char *suffix)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%020lld%s", m->folder, (long long)m->base_offset, suffix);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "wb") : NULL;
    if (file == NULL)
        die("%s%s cannot be made", m->folder, suffix);
    return file;
}

static void put(FILE *file, const void *data, size_t size)
{
    if (fwrite(data, 1, size, file) != size)
        die("writing failed");
}

static void start_segment(struct maker *m)
{
    m->base_offset = m->options.base_offset;
    m->position = 0;
    m->log = create(m, ".log");
    m->index = create(m, ".index");
    m->time_index = create(m, ".timeindex");
}

static void end_segment(struct maker *m)
{
    if (fclose(m->log) != 0 || fclose(m->index) != 0 || fclose(m->time_index) != 0)
        die("writing failed");
}

static void append_record(struct maker *m, kw_batch_builder *batch)
{
    char key[32], value[VALUE_MAX];
    uint64_t random = next_random(&m->state);
    int64_t offset = batch->last_offset + 1;
    int key_size = snprintf(key, sizeof key, "key-%07llu", (unsigned long long)(random % m->keys));
    memcpy(value, m->text + (random >> 32) % (TEXT - m->value_bytes), m->value_bytes);
    memcpy(value, &offset, sizeof offset);
    kw_new_record record = {
        .timestamp = INT64_C(1764000000000) + offset / 10,
        .key = kw_bytes_of(key, (size_t)key_size),
        .value = kw_bytes_of(value, m->value_bytes),
    };
    if (kw_batch_builder_append(batch, &record) != KW_OK)
        die("a record does not fit");
}

static void put_entries(struct maker *m, const kw_batch_builder *batch)
{
    uint8_t entry[8], time[12];
    uint32_t offset = (uint32_t)(batch->last_offset - m->base_offset);
    kw_store_be32(entry, offset);
    kw_store_be32(entry + 4, (uint32_t)m->position);
    put(m->index, entry, sizeof entry);
    kw_store_be64(time, (uint64_t)batch->max_timestamp);
    kw_store_be32(time + 8, offset);
    put(m->time_index, time, sizeof time);
}

static void append_batch(struct maker *m)
{
    kw_batch_builder batch;
    kw_writer_reset(&m->out);
    if (kw_batch_builder_init(&batch, &m->out, &m->options) != KW_OK)
        die("a batch cannot be made");
    for (size_t bytes = 0; bytes < BATCH_BYTES; bytes += m->value_bytes + 20)
        append_record(m, &batch);
    if (kw_batch_builder_end(&batch) != KW_OK)
        die("a batch cannot be made");
    put(m->log, kw_writer_data(&m->out).data, batch.size);
    if (m->position != 0)
        put_entries(m, &batch);
    m->position += batch.size;
    m->options.base_offset = batch.last_offset + 1;
}

static void make(struct maker *m, uint64_t bytes, uint64_t segment_bytes)
{
    make_text(m);
    start_segment(m);
    for (uint64_t written = 0; written + m->position < bytes;) {
        if (m->position + 2 * BATCH_BYTES > segment_bytes) {
            written += m->position;
            end_segment(m);
            start_segment(m);
        }
        append_batch(m);
    }
    end_segment(m);
    start_segment(m);
    append_batch(m);
    end_segment(m);
    printf("%lld\n", (long long)m->base_offset);
}

static kw_codec codec_of(const char *name)
{
    for (int codec = KW_CODEC_NONE; codec <= KW_CODEC_ZSTD; codec++)
        if (strcmp(kw_codec_name((kw_codec)codec), name) == 0)
            return (kw_codec)codec;
    die("%s is no codec", name);
}

static void make_log(char **arguments)
{
    struct maker *m = must_have(calloc(1, sizeof *m));
    m->folder = arguments[0];
    m->keys = (uint64_t)option_number(arguments[3], 1, 1e9);
    m->value_bytes = (size_t)option_number(arguments[4], sizeof(int64_t), VALUE_MAX);
    m->state = UINT64_C(88172645463325252);
    kw_batch_options_init(&m->options);
    m->options.leader_epoch = 0;
    m->options.codec = codec_of(arguments[5]);
    m->options.compressor = must_have(kw_compressor_create(kw_allocator_libc()));
    m->options.scratch = &m->scratch;
    kw_writer_init_growing(&m->out, kw_allocator_libc(), (size_t)1 << 20);
    kw_writer_init_growing(&m->scratch, kw_allocator_libc(), (size_t)1 << 20);
    make(m, (uint64_t)option_number(arguments[1], 1, 1e12),
         (uint64_t)option_number(arguments[2], 4 * BATCH_BYTES, 1 << 30));
    kw_compressor_destroy(m->options.compressor);
    kw_writer_finish(&m->out);
    kw_writer_finish(&m->scratch);
    free(m);
}

/* ---- looking ---- */

struct digest {
    kw_decompressor *decompressor;
    kw_writer records;
    uint64_t hash[2];
    uint64_t count;
};

static void add(struct digest *d, kw_bytes bytes)
{
    uint64_t secret[2] = {d->hash[0], d->hash[1] ^ (uint64_t)(int64_t)bytes.len};
    siphash_128(secret, bytes.data, bytes.len > 0 ? (size_t)bytes.len : 0, d->hash);
}

static void add_batch(struct digest *d, const kw_batch *batch)
{
    kw_records records;
    kw_record record;
    kw_status status = kw_records_init(&records, batch, d->decompressor, &d->records);
    while (status == KW_OK && kw_records_next(&records, &record)) {
        d->hash[0] ^= (uint64_t)record.offset;
        add(d, record.key);
        add(d, record.value);
        d->count++;
    }
    if (status != KW_OK || records.status != KW_OK)
        die("damaged records at offset %lld", (long long)batch->base_offset);
}

static void add_segment(struct digest *d, const char *folder, const char *name)
{
    char path[4096];
    struct file_map file;
    kw_batches batches;
    kw_batch batch;
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof path || file_map_open(&file, path) != KW_OK)
        die("%s/%s cannot be read", folder, name);
    kw_batches_init_memory(&batches, file.data, file.size);
    batches.flags |= KW_BATCHES_CHECK_CRC;
    while (kw_batches_next(&batches, &batch))
        add_batch(d, &batch);
    if (batches.status != KW_OK || batches.partial != 0)
        die("%s is damaged", path);
    file_map_close(&file);
}

static int is_log(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".log") == 0;
}

static void print_digest(const char *folder)
{
    struct dirent **names;
    int count = scandir(folder, &names, is_log, alphasort);
    struct digest d = {.decompressor = must_have(kw_decompressor_create(kw_allocator_libc()))};
    if (count < 1)
        die("%s has no segments", folder);
    kw_writer_init_growing(&d.records, kw_allocator_libc(), (size_t)1 << 24);
    for (int i = 0; i < count; i++) {
        if (i + 1 < count)
            add_segment(&d, folder, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    printf("%llu %016llx%016llx\n", (unsigned long long)d.count, (unsigned long long)d.hash[0],
           (unsigned long long)d.hash[1]);
    kw_writer_finish(&d.records);
    kw_decompressor_destroy(d.decompressor);
}

int main(int argc, char **argv)
{
    if (argc == 8 && strcmp(argv[1], "make") == 0)
        make_log(argv + 2);
    else if (argc == 3 && strcmp(argv[1], "digest") == 0)
        print_digest(argv[2]);
    else
        die("usage: make FOLDER BYTES SEGMENT_BYTES KEYS VALUE_BYTES CODEC | digest FOLDER");
    return 0;
}
