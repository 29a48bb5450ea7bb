/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the content of records fields: a line of hex in, a line of JSON out, in the format of the oracle's
 * read-records. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/control_record.h>
#include <kwire/json.h>
#include <kwire/records.h>

#define MAX_RECORDS ((size_t)1 << 24)

static const char *const codecs[] = {"none", "gzip", "snappy", "lz4", "zstd", "unknown", "unknown", "unknown"};

/* Shared by all lines. */
typedef struct bench {
    kw_decompressor *decompressor;
    kw_writer scratch;
    kw_writer json;
    kw_arena arena;
} bench;

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

static void print_hex(const void *data, int32_t len)
{
    if (len < 0) {
        printf("null");
        return;
    }
    putchar('"');
    for (int32_t i = 0; i < len; i++)
        printf("%02x", ((const unsigned char *)data)[i]);
    putchar('"');
}

static void print_text(bench *b, kw_string text)
{
    kw_writer_reset(&b->json);
    kw_json_string(text, &b->json);
    printf("%.*s", (int)kw_writer_data(&b->json).size, (const char *)kw_writer_data(&b->json).data);
}

static void print_headers(bench *b, const kw_record *record)
{
    kw_record_headers hs;
    kw_record_header h;
    const char *separator = "[";
    printf(",\"headers\":");
    for (kw_record_headers_init(&hs, record); kw_record_headers_next(&hs, &h); separator = ",") {
        printf("%s[", separator);
        print_text(b, h.key);
        putchar(',');
        print_hex(h.value.data, h.value.len);
        putchar(']');
    }
    putchar(']');
}

static kw_status print_control(bench *b, const kw_record *record)
{
    kw_control_record control;
    kw_arena_reset(&b->arena);
    kw_status status = kw_control_record_decode(&control, record, &b->arena);
    if (status != KW_OK)
        return status;
    printf(",\"type\":\"%s\",\"content\":", kw_control_type_name(control.type));
    if (control.message == NULL) {
        printf("null");
        return KW_OK;
    }
    kw_writer_reset(&b->json);
    int16_t last = control.message->versions.last, version = control.version < last ? control.version : last;
    status = kw_message_json(control.message, version, &control.value, &b->json);
    printf("%.*s", (int)kw_writer_data(&b->json).size, (const char *)kw_writer_data(&b->json).data);
    return status;
}

static kw_status print_record(bench *b, const kw_batch *batch, const kw_record *record)
{
    printf("{\"offset\":%lld,\"timestamp\":%lld,\"sequence\":%ld,\"key\":", (long long)record->offset,
           (long long)record->timestamp, (long)record->sequence);
    print_hex(record->key.data, record->key.len);
    printf(",\"value\":");
    print_hex(record->value.data, record->value.len);
    if (record->header_count != 0)
        print_headers(b, record);
    kw_status status = kw_batch_is_control(batch) ? print_control(b, record) : KW_OK;
    putchar('}');
    return status;
}

static void print_batch(bench *b, const kw_batch *batch)
{
    printf("{\"magic\":%d,\"size\":%zu,\"valid\":%s,\"codec\":\"%s\"", batch->magic, batch->size,
           truth(kw_batch_check_crc(batch) == KW_OK), codecs[kw_batch_codec(batch)]);
    printf(",\"lastOffset\":%lld,\"nextOffset\":%lld,\"appendTime\":%s,\"maxTimestamp\":%lld",
           (long long)batch->last_offset, (long long)kw_batch_next_offset(batch),
           truth(kw_batch_has_append_time(batch)), (long long)batch->max_timestamp);
    if (batch->magic == KW_MAGIC_V2) {
        printf(",\"baseOffset\":%lld,\"count\":%ld,\"producerId\":%lld,\"producerEpoch\":%d,\"baseSequence\":%ld",
               (long long)batch->base_offset, (long)batch->count, (long long)batch->producer_id, batch->producer_epoch,
               (long)batch->base_sequence);
        printf(",\"leaderEpoch\":%ld,\"transactional\":%s,\"control\":%s,\"deleteHorizon\":%lld",
               (long)batch->leader_epoch, truth(kw_batch_is_transactional(batch)), truth(kw_batch_is_control(batch)),
               (long long)kw_batch_delete_horizon(batch));
    }
    kw_records rs;
    kw_record record;
    const char *separator = "";
    kw_status status = KW_OK;
    printf(",\"records\":[");
    for (kw_records_init(&rs, batch, b->decompressor, &b->scratch); kw_records_next(&rs, &record); separator = ",") {
        printf("%s", separator);
        status = print_record(b, batch, &record);
        if (status != KW_OK)
            break;
    }
    printf("]");
    if (rs.status != KW_OK)
        status = rs.status;
    if (status != KW_OK)
        printf(",\"error\":\"%s\",\"at\":%zu", kw_status_name(status), rs.error_at);
    printf("}");
}

static void print_answer(bench *b, kw_bytes field)
{
    kw_batches bs;
    kw_batch batch;
    const char *separator = "";
    printf("{\"batches\":[");
    for (kw_batches_init(&bs, field); kw_batches_next(&bs, &batch); separator = ",") {
        printf("%s", separator);
        print_batch(b, &batch);
    }
    if (bs.status != KW_OK)
        printf("],\"error\":\"%s\",\"at\":%zu}\n", kw_status_name(bs.status), bs.error_at);
    else
        printf("],\"left\":%zu}\n", bs.partial);
}

/* In a heap block of its own size, so that a sanitizer sees a read beyond it. */
static kw_bytes parse_hex(const char *text, size_t size)
{
    kw_bytes bytes = kw_bytes_of(NULL, size / 2);
    uint8_t *data = malloc(size / 2 + (size < 2));
    if (data == NULL)
        exit(2);
    for (size_t i = 0; i < size / 2; i++) {
        char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};
        data[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    bytes.data = data;
    return bytes;
}

int main(void)
{
    bench b;
    b.decompressor = kw_decompressor_create(kw_allocator_libc());
    if (b.decompressor == NULL)
        return 2;
    kw_writer_init_growing(&b.scratch, kw_allocator_libc(), MAX_RECORDS);
    kw_writer_init_growing(&b.json, kw_allocator_libc(), MAX_RECORDS);
    kw_arena_init_growing(&b.arena, NULL, 0, kw_allocator_libc(), MAX_RECORDS);
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    while ((size = getline(&line, &room, stdin)) > 0) {
        kw_bytes field = parse_hex(line, (size_t)size - (line[size - 1] == '\n'));
        print_answer(&b, field);
        free((void *)(uintptr_t)field.data);
    }
    free(line);
    kw_arena_finish(&b.arena);
    kw_writer_finish(&b.json);
    kw_writer_finish(&b.scratch);
    kw_decompressor_destroy(b.decompressor);
    return 0;
}
