/* SPDX-License-Identifier: Apache-2.0 */
/* Reads lines of words, builds or patches a batch for each, and prints it:
 *
 *     build WORDS...    ok HEX MAX_TIMESTAMP MAX_TIMESTAMP_OFFSET PAYLOAD, or error STATUS
 *     patch LAST_OFFSET APPEND_TIME MAX_TIMESTAMP LEADER_EPOCH HEX    ok HEX, or error STATUS
 *
 * The words are those of the oracle's verb build-records. PAYLOAD is the decompressed content of compressed records,
 * or "-". Each batch is built three times, with a fixed, a growing and a counting writer, with equal results. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/record_builder.h>

#define ROOM ((size_t)1 << 20)
#define MOST_RECORDS 64
#define MOST_HEADERS 8

struct record {
    int64_t offset;
    kw_new_record added;
    kw_record_header headers[MOST_HEADERS];
};

/* The words of a line; bytes are stored in place of their hex digits. */
struct words {
    char *next;
};

static char *word(struct words *w)
{
    static char nothing[] = "";
    char *text = strtok(w->next, " \n");
    w->next = NULL;
    return text == NULL ? nothing : text;
}

static int64_t number(struct words *w)
{
    return strtoll(word(w), NULL, 10);
}

static unsigned digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static kw_bytes bytes(struct words *w)
{
    char *hex = word(w);
    kw_bytes b = {(uint8_t *)hex, -1};
    if (hex[0] == '-')
        return b;
    b.len = hex[0] == '.' ? 0 : (int32_t)(strlen(hex) / 2);
    for (int32_t i = 0; i < b.len; i++)
        ((uint8_t *)hex)[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    return b;
}

static void print_hex(const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        printf("%02x", ((const uint8_t *)data)[i]);
}

static int64_t read_options(struct words *w, kw_batch_options *o)
{
    kw_batch_options_init(o);
    o->magic = (uint8_t)number(w);
    o->codec = (kw_codec)number(w);
    o->base_offset = number(w);
    o->append_time = number(w);
    o->delete_horizon = number(w);
    o->producer_id = number(w);
    o->producer_epoch = (int16_t)number(w);
    o->base_sequence = (int32_t)number(w);
    o->leader_epoch = (int32_t)number(w);
    o->transactional = number(w) != 0;
    return number(w);
}

static bool read_record(struct words *w, struct record *r)
{
    char *offset = word(w);
    if (offset[0] == '\0')
        return false;
    r->offset = strtoll(offset, NULL, 10);
    r->added.timestamp = number(w);
    r->added.key = bytes(w);
    r->added.value = bytes(w);
    r->added.header_count = (int32_t)number(w);
    r->added.headers = r->headers;
    for (int32_t i = 0; i < r->added.header_count && i < MOST_HEADERS; i++) {
        kw_bytes key = bytes(w);
        r->headers[i].key.data = (const char *)key.data;
        r->headers[i].key.len = key.len;
        r->headers[i].value = bytes(w);
    }
    return true;
}

/* As a program would: with append if the offset is the next one, which is another path. */
static kw_status append(kw_batch_builder *b, const struct record *r)
{
    if (r->offset == b->last_offset + 1)
        return kw_batch_builder_append(b, &r->added);
    return kw_batch_builder_append_at(b, r->offset, &r->added);
}

static kw_status build(kw_batch_builder *b, kw_writer *out, const kw_batch_options *o, const struct record *records,
                       int count, int64_t reach)
{
    kw_status status = kw_batch_builder_init(b, out, o);
    for (int i = 0; i < count && status == KW_OK; i++)
        status = append(b, &records[i]);
    if (status == KW_OK && reach >= 0 && count > 0)
        status = kw_batch_builder_reach(b, reach);
    if (status != KW_OK) {
        kw_batch_builder_cancel(b);
        return status;
    }
    return kw_batch_builder_end(b);
}

/* True if the growing and the counting writer agree with the fixed one. */
static bool is_alike(kw_span fixed, kw_status status, const kw_batch_options *o, const struct record *records,
                     int count, int64_t reach)
{
    kw_batch_builder b;
    kw_writer growing, counting;
    kw_writer_init_growing(&growing, kw_allocator_libc(), ROOM);
    kw_writer_init_counting(&counting);
    kw_status grown = build(&b, &growing, o, records, count, reach);
    kw_status counted = build(&b, &counting, o, records, count, reach);
    kw_span data = kw_writer_data(&growing);
    bool alike = grown == status && counted == status && data.size == fixed.size &&
                 (fixed.size == 0 || memcmp(data.data, fixed.data, fixed.size) == 0) &&
                 kw_writer_needed(&counting) == fixed.size;
    kw_writer_finish(&growing);
    return alike;
}

static void print_payload(kw_span built, const kw_batch_options *o, kw_writer *scratch, kw_decompressor *d)
{
    static const size_t places[] = {KW_LEGACY_V0_KEY + 8, KW_LEGACY_V1_KEY + 8, KW_BATCH_V2_RECORDS};
    if (o->codec == KW_CODEC_NONE || built.size == 0) {
        printf(" -\n");
        return;
    }
    size_t at = places[o->magic];
    kw_bytes packed = kw_bytes_of((const uint8_t *)built.data + at, built.size - at);
    kw_writer_reset(scratch);
    printf(" ");
    if (kw_decompress(d, o->codec, o->magic, packed, scratch) == KW_OK)
        print_hex(kw_writer_data(scratch).data, kw_writer_data(scratch).size);
    printf("\n");
}

static void answer_build(struct words *w, kw_compressor *c, kw_decompressor *d)
{
    static uint8_t room[ROOM], scratch_room[ROOM];
    static struct record records[MOST_RECORDS];
    kw_batch_options o;
    int64_t reach = read_options(w, &o);
    int count = 0;
    while (count < MOST_RECORDS && read_record(w, &records[count]))
        count++;
    kw_writer out, scratch;
    kw_writer_init(&out, room, sizeof room);
    kw_writer_init(&scratch, scratch_room, sizeof scratch_room);
    o.compressor = c;
    o.scratch = &scratch;
    kw_batch_builder b;
    kw_status status = build(&b, &out, &o, records, count, reach);
    kw_span built = kw_writer_data(&out);
    int64_t time = b.max_timestamp, time_offset = b.max_timestamp_offset;
    if (!is_alike(built, status, &o, records, count, reach)) {
        printf("error writers differ\n");
    } else if (status != KW_OK) {
        printf("error %s%s\n", kw_status_name(status), built.size != 0 ? " and the writer is not as it was" : "");
    } else {
        printf("ok ");
        print_hex(built.data, built.size);
        printf(" %" PRId64 " %" PRId64, time, time_offset);
        print_payload(built, &o, &scratch, d);
    }
}

static void answer_patch(struct words *w)
{
    int64_t last_offset = number(w);
    bool append_time = number(w) != 0;
    int64_t time = number(w);
    int32_t leader_epoch = (int32_t)number(w);
    kw_bytes b = bytes(w);
    uint8_t *data = (uint8_t *)(uintptr_t)b.data;
    size_t size = (size_t)b.len;
    kw_status status = kw_batch_set_last_offset(data, size, last_offset);
    if (status == KW_OK && data[KW_BATCH_MAGIC] != KW_MAGIC_V0)
        status = kw_batch_set_max_timestamp(data, size, append_time, time);
    if (status == KW_OK && data[KW_BATCH_MAGIC] == KW_MAGIC_V2)
        status = kw_batch_set_leader_epoch(data, size, leader_epoch);
    if (status != KW_OK) {
        printf("error %s\n", kw_status_name(status));
        return;
    }
    printf("ok ");
    print_hex(data, size);
    printf("\n");
}

int main(void)
{
    kw_compressor *c = kw_compressor_create(kw_allocator_libc());
    kw_decompressor *d = kw_decompressor_create(kw_allocator_libc());
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        struct words w = {line};
        const char *verb = word(&w);
        if (strcmp(verb, "build") == 0)
            answer_build(&w, c, d);
        else if (strcmp(verb, "patch") == 0)
            answer_patch(&w);
        else
            printf("error: no such verb: %s\n", verb);
    }
    free(line);
    kw_compressor_destroy(c);
    kw_decompressor_destroy(d);
    return 0;
}
