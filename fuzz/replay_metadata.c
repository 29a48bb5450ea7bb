/* SPDX-License-Identifier: Apache-2.0 */
/* A metadata log of any records: it gives an image that its own records give again; a broker starts with it, or says
 * why not, or serves it for reading; one that takes it over changes it, stops, and finds the same at its next start.
 *
 * The input is a sequence of records: what follows (8 bits: the first two say whether the batch ends behind it, with
 * the epoch, or what was so far is the snapshot at offset 0), size (16 bits, or as much as the input has), value. */
#include <stdlib.h>
#include <string.h>

#include <kwire/frame.h>
#include <kwire/record_builder.h>

#include "../tests/server/support/whole_broker.h"
#include "check_image.h"
#include "folder.h"
#include "fuzz.h"
#include "metadata/delta.h"
#include "metadata/load.h"
#include "metadata/snapshot.h"

enum { LOG_SIZE = 1 << 20, CAPACITY = 1 << 20, MOST_RECORDS = 500, NODE = 1, TIME = 1700000000 };

/* Behind a record. */
enum { BATCH_CONTINUES, BATCH_ENDS, EPOCH_ENDS, SNAPSHOT_ENDS };

static char path[64];

/* ---- the files ---- */

struct writing {
    kw_writer log;
    kw_batch_builder batch;
    bool is_open;
    int64_t offset;
    int32_t epoch;
    kw_arena arena;
    struct record_list records; /* so far */
};

static void start_batch(struct writing *w)
{
    kw_batch_options options;
    kw_batch_options_init(&options);
    options.base_offset = w->offset;
    options.leader_epoch = w->epoch;
    FUZZ_REQUIRE(kw_batch_builder_init(&w->batch, &w->log, &options) == KW_OK);
    w->is_open = true;
}

static void end_batch(struct writing *w)
{
    if (w->is_open)
        FUZZ_REQUIRE(kw_batch_builder_end(&w->batch) == KW_OK);
    w->is_open = false;
}

static void write_snapshot(struct writing *w)
{
    char folder[128];
    const struct snapshot_options options = {.now = TIME, .last_timestamp = TIME};
    strcpy(folder, path);
    strcat(folder, "/__cluster_metadata-0");
    FUZZ_REQUIRE(folder_create(folder));
    FUZZ_REQUIRE(snapshot_write_bootstrap(folder, &w->records, &options) == KW_OK);
}

static void take_record(struct writing *w, fuzz_input *in)
{
    uint8_t after = fuzz_take8(in) % 4;
    size_t size = fuzz_take16(in);
    size = size < fuzz_left(in) ? size : fuzz_left(in);
    kw_new_record record = {.timestamp = TIME, .key = {NULL, -1}, .value = kw_bytes_of(in->pos, size)};
    in->pos += size;
    if (!w->is_open)
        start_batch(w);
    if (kw_batch_builder_append(&w->batch, &record) == KW_OK) {
        w->offset++;
        record_list_add_value(&w->records, record.value);
    }
    if (after != BATCH_CONTINUES)
        end_batch(w);
    if (after == EPOCH_ENDS)
        w->epoch++;
    if (after == SNAPSHOT_ENDS)
        write_snapshot(w);
}

static void write_files(fuzz_input *in)
{
    static uint8_t log[LOG_SIZE];
    static const char meta[] = "version=1\nnode.id=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\n"
                               "directory.id=xFxvbhCoTxWq_RjgY3kTnw\n";
    struct writing w = {.epoch = 1};
    kw_writer_init(&w.log, log, sizeof log);
    fuzz_arena(&w.arena);
    record_list_init(&w.records, &w.arena);
    folder_write("data/meta.properties", meta, sizeof meta - 1);
    for (int i = 0; i < MOST_RECORDS && fuzz_left(in) > 0; i++)
        take_record(&w, in);
    end_batch(&w);
    kw_span all = kw_writer_data(&w.log);
    folder_write("data/__cluster_metadata-0/00000000000000000000.log", all.data, all.size);
    kw_arena_finish(&w.arena);
}

/* ---- what is done with them ---- */

static void check_read(void)
{
    struct metadata_log log;
    struct metadata_image *image;
    FUZZ_REQUIRE(metadata_read(path, NULL, &log, &image) == KW_OK);
    check_image(image);
    check_image_records(image);
    metadata_image_release(image);
}

/* Requests that go through all of the image, and some that change it. */
static void use(struct whole_broker *broker)
{
    static uint8_t answer[CAPACITY];
    static const uint8_t frames[][48] = {
        {0, 3, 0, 1, 0, 0, 0, 1, 255, 255, 255, 255, 255, 255},          /* Metadata of all topics */
        {0, 75, 0, 0, 0, 0, 0, 2, 255, 255, 0, 1, 0, 0, 7, 208, 255, 0}, /* DescribeTopicPartitions */
        {0, 74, 0, 0, 0, 0, 0, 3, 255, 255, 0, 0},                       /* ListConfigResources */
        {0, 22, 0, 0, 0, 0, 0, 4, 255, 255, 255, 255, 0, 0, 3, 232},     /* InitProducerId */
        {0, 19, 0, 2, 0, 0, 0, 5, 255, 255, 0, 0, 0, 1, 0, 1, 'n', 0,
         0, 0,  2, 0, 1, 0, 0, 0, 0,   0,   0, 0, 0, 0, 0, 3, 232, 0}, /* CreateTopics n */
        {0, 37, 0, 0, 0, 0, 0, 6, 255, 255, 0, 0, 0, 1, 0, 1, 'n', 0, 0, 0, 3, 255, 255, 255, 255, 0, 0, 3, 232, 0},
        {0, 20, 0, 1, 0, 0, 0, 7, 255, 255, 0, 0, 0, 1, 0, 1, 't', 0, 0, 3, 232}, /* DeleteTopics t */
    };
    static const uint8_t sizes[] = {14, 18, 12, 16, 36, 30, 21};
    size_t size;
    for (size_t i = 0; i < sizeof sizes; i++)
        FUZZ_REQUIRE(whole_broker_ask(broker, kw_bytes_of(frames[i], sizes[i]), answer, sizeof answer, &size));
}

/* What a broker leaves is what the next one finds. */
static void live(void)
{
    struct whole_broker broker;
    if (!whole_broker_open(&broker, path))
        return;
    use(&broker);
    bool decides = broker.startup.decides;
    const struct metadata_image *last = metadata_image_acquire(&broker.broker.metadata);
    check_image(last);
    whole_broker_close(&broker);
    if (decides) {
        FUZZ_REQUIRE(whole_broker_open(&broker, path) && broker.startup.decides);
        check_same_image(last, broker.broker.metadata.current, true);
        whole_broker_close(&broker);
    }
    metadata_image_release(last);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    strcpy(path, folder_path());
    strcat(path, "/data");
    write_files(&in);
    check_read();
    live();
    folder_clear();
}
