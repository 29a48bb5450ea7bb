/* SPDX-License-Identifier: Apache-2.0 */
/* make-inputs DIR: writes the frames that kwire-bench and bench/peers are timed with, the same bytes every time, and
 * DIR/inputs.txt, which lists them. */
#include <stdio.h>
#include <stdlib.h>

#include <kwire/api.h>
#include <kwire/api_keys.h>
#include <kwire/frame.h>
#include <kwire/message.h>

#include "fill.h"
#include "timing.h"

enum { LIMIT = 1 << 28, PATH_SIZE = 4096, KIB = 1024, CORRELATION_ID = 7 };

struct output {
    const char *folder;
    FILE *list;
    kw_arena arena;
    kw_writer frame;
};

static FILE *create(const struct output *o, const char *name)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", o->folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        die("%s cannot be written", path);
    return file;
}

static void close_file(FILE *file)
{
    if (ferror(file) != 0 || fclose(file) != 0)
        die("a file cannot be written");
}

/* The file NAME.bin and the start of its line in the list. */
static void put_file(struct output *o, const char *name, const void *data, size_t size)
{
    char file_name[PATH_SIZE];
    snprintf(file_name, sizeof file_name, "%s.bin", name);
    FILE *file = create(o, file_name);
    fwrite(data, 1, size, file);
    close_file(file);
}

static void put_message(struct output *o, const char *name, const kw_message *message, int16_t version,
                        const void *value)
{
    int16_t key = message->api_key;
    kw_writer *w = &o->frame;
    kw_writer_reset(w);
    kw_frame_mark mark = message->kind == KW_MESSAGE_REQUEST
                             ? kw_request_begin(w, key, version, CORRELATION_ID, kw_string_of("kwire-bench"))
                             : kw_response_begin(w, key, version, CORRELATION_ID);
    size_t body = kw_writer_data(w).size;
    if (kw_message_encode(message, version, value, w) != KW_OK || kw_frame_end(w, mark) != KW_OK)
        die("%s: %s", name, kw_status_text(w->status));
    put_file(o, name, kw_writer_data(w).data, kw_writer_data(w).size);
    fprintf(o->list, "%s %d %d %s %s.bin %zu\n", name, key, version,
            message->kind == KW_MESSAGE_REQUEST ? "request" : "response", name, body);
}

static void put_messages(struct output *o)
{
    kw_api_versions_response api_versions;
    kw_metadata_response metadata;
    kw_describe_topic_partitions_response topic_partitions;
    kw_produce_request produce;
    kw_fetch_response fetch;
    kw_offset_commit_request offset_commit;
    fill_api_versions(&api_versions, &o->arena, 61);
    fill_metadata(&metadata, &o->arena, 100, 10);
    fill_topic_partitions(&topic_partitions, &o->arena, 100, 10);
    fill_produce(&produce, &o->arena, 10, 10, KIB);
    fill_fetch(&fetch, &o->arena, 10, 10, 10 * KIB);
    fill_offset_commit(&offset_commit, &o->arena, 100, 10);
    put_message(o, "api_versions_response", &kw_api_versions_response_message, 4, &api_versions);
    put_message(o, "metadata_response", &kw_metadata_response_message, 12, &metadata);
    put_message(o, "describe_topic_partitions_response", &kw_describe_topic_partitions_response_message, 0,
                &topic_partitions);
    put_message(o, "offset_commit_request", &kw_offset_commit_request_message, 8, &offset_commit);
    put_message(o, "produce_request", &kw_produce_request_message, 11, &produce);
    put_message(o, "fetch_response", &kw_fetch_response_message, 12, &fetch);
}

static void put_batch(struct output *o)
{
    enum { COUNT = 1000 };
    kw_writer_reset(&o->frame);
    write_batch(&o->frame, fill_records(&o->arena, COUNT), COUNT);
    put_file(o, "record_batch", kw_writer_data(&o->frame).data, kw_writer_data(&o->frame).size);
    fputs("record_batch - 2 batch record_batch.bin 0\n", o->list);
}

static void put_raw(struct output *o)
{
    enum { SIZE = KIB * KIB };
    uint8_t *data = kw_arena_alloc(&o->arena, SIZE);
    if (data == NULL)
        die("out of memory");
    fill_bytes(data, SIZE, 0);
    put_file(o, "raw_bytes", data, SIZE);
    fputs("raw_bytes - - raw raw_bytes.bin 0\n", o->list);
}

int main(int count, char **words)
{
    struct output o;
    if (count != 2) {
        fputs("usage: make-inputs DIR\n", stderr);
        return 2;
    }
    o.folder = words[1];
    o.list = create(&o, "inputs.txt");
    kw_arena_init_growing(&o.arena, NULL, 0, kw_allocator_libc(), LIMIT);
    kw_writer_init_growing(&o.frame, kw_allocator_libc(), LIMIT);
    fputs("# name api_key version request|response|batch|raw file body_offset\n", o.list);
    put_messages(&o);
    put_batch(&o);
    put_raw(&o);
    close_file(o.list);
    kw_writer_finish(&o.frame);
    kw_arena_finish(&o.arena);
    return 0;
}
