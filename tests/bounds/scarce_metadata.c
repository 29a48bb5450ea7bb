/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_metadata FOLDER
 *
 * Makes metadata images of the data directory FOLDER/data in every way while one allocation after the other fails, or
 * one open() after the other: no image or a complete one is made, and nothing leaks. */
#include "../unit/support.h"

#include "../server/metadata/compressed_topic.h"
#include "../server/support/captured.h"
#include "base/file.h"
#include "metadata/load.h"
#include "scarce.h"

enum { LIMIT = 64 * 1024 * 1024, SELF = 1, MOST_CALLS = 100000 };

static char folder[KW_PATH_SIZE], metadata[KW_PATH_SIZE];
static struct metadata_image *base; /* of all records */
static struct log_manager logs;
static struct captured captured;

/* ---- ways; NULL: there was no memory ---- */

static struct metadata_image *come_up(void)
{
    return metadata_come_up(base, SELF);
}

static struct metadata_image *from_folders(void)
{
    return metadata_of_folders(base, &logs, SELF);
}

/* The records once more, on top of what they have led to; a part of it is shared. */
static struct metadata_image *replay_again(void)
{
    struct metadata_delta delta;
    struct metadata_log log;
    kw_arena arena;
    struct metadata_image *image = NULL;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    kw_status status = metadata_delta_init(&delta, base, kw_allocator_libc(), LIMIT);
    if (status == KW_OK)
        status = metadata_log_replay(&log, metadata, &delta, &arena, NULL);
    if (status == KW_OK)
        image = metadata_delta_apply(&delta, log.end_offset, log.epoch);
    else
        assert_status(status, KW_ERR_NO_MEMORY);
    metadata_delta_finish(&delta);
    kw_arena_finish(&arena);
    return image;
}

/* Nothing but sharing. */
static struct metadata_image *replay_nothing(void)
{
    struct metadata_delta delta;
    struct metadata_image *image = NULL;
    if (metadata_delta_init(&delta, base, kw_allocator_libc(), LIMIT) == KW_OK)
        image = metadata_delta_apply(&delta, base->parts.offset, base->parts.epoch);
    metadata_delta_finish(&delta);
    return image;
}

/* ---- each of them ---- */

static void assert_complete(const struct metadata_image *image, bool of_folders)
{
    const struct metadata_parts *is = &image->parts, *was = &base->parts;
    assert_int_equal(is->topic_count, was->topic_count);
    for (size_t i = 0; i < is->topic_count; i++) {
        assert_true(kw_string_equal(is->topics[i]->name, was->topics[i]->name));
        assert_int_equal(is->topics[i]->partition_count, was->topics[i]->partition_count);
        for (int32_t p = 0; p < is->topics[i]->partition_count; p++) {
            const struct metadata_partition *a = &is->topics[i]->partitions[p], *b = &was->topics[i]->partitions[p];
            assert_int_equal(a->index, b->index);
            assert_int_equal(a->replicas.len, b->replicas.len);
            if (of_folders) /* it is not known there, but that of the records is */
                assert_true(a->leader_epoch <= b->leader_epoch);
            else
                assert_int_equal(a->leader_epoch, b->leader_epoch);
        }
    }
    assert_int_equal(is->resource_count, was->resource_count);
    assert_int_equal(is->broker_count, was->broker_count);
    assert_int_equal(is->feature_count, was->feature_count);
}

static int32_t sum_of_epochs(const struct metadata_image *image)
{
    int32_t sum = 0;
    for (size_t i = 0; i < image->parts.topic_count; i++)
        for (int32_t p = 0; p < image->parts.topics[i]->partition_count; p++)
            sum += image->parts.topics[i]->partitions[p].leader_epoch;
    return sum;
}

static void fail_one_by_one(struct metadata_image *(*make)(void), scarce_kind kind)
{
    size_t blocks = scarce_blocks(), n = 1;
    struct metadata_image *right = make();
    assert_non_null(right);
    assert_complete(right, make == from_folders);
    int32_t epochs = sum_of_epochs(right);
    metadata_image_release(right);
    assert_int_equal(scarce_blocks(), blocks);
    for (bool failed = true; failed; n++) {
        scarce_fail_at(kind, n);
        struct metadata_image *image = make();
        failed = scarce_has_failed();
        scarce_fail_at(kind, 0);
        assert_true(image != NULL || failed);
        if (image != NULL) { /* an arena can do without the block that it tries to get after a reset */
            assert_complete(image, make == from_folders);
            assert_int_equal(sum_of_epochs(image), epochs);
        }
        metadata_image_release(image);
        assert_int_equal(scarce_blocks(), blocks);
        assert_true(n < MOST_CALLS);
    }
    assert_true(n > 2);
}

static void coming_up(void **state)
{
    (void)state;
    fail_one_by_one(come_up, SCARCE_MEMORY);
}

static void folders_of_partitions(void **state)
{
    (void)state;
    fail_one_by_one(from_folders, SCARCE_MEMORY);
    fail_one_by_one(from_folders, SCARCE_DESCRIPTORS);
}

static void records_on_top_of_an_image(void **state)
{
    (void)state;
    fail_one_by_one(replay_again, SCARCE_MEMORY);
    fail_one_by_one(replay_nothing, SCARCE_MEMORY);
}

/* A topic for whose lists there is no place left in the first block. */
static void a_large_topic_comes_up(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    static int32_t ids[] = {SELF + 1, SELF};
    struct metadata_partition partitions[COUNT];
    memset(partitions, 0, sizeof partitions);
    for (int32_t i = 0; i < COUNT; i++) {
        partitions[i].index = i;
        partitions[i].replicas = (kw_int32_array){ids, 2};
        partitions[i].elr = (kw_int32_array){ids + 1, 1};
    }
    const struct metadata_topic from = {.name = kw_string_of("t"), .partitions = partitions, .partition_count = COUNT};
    struct metadata_topic *topics[] = {metadata_topic_create(&from)};
    const struct metadata_parts parts = {.topics = topics, .topic_count = 1};
    struct metadata_image *image = metadata_image_create(&parts);
    size_t blocks = scarce_blocks(), n = 1;
    for (bool failed = true; failed; n++) {
        scarce_fail_at(SCARCE_MEMORY, n);
        struct metadata_image *up = metadata_come_up(image, SELF);
        failed = scarce_has_failed();
        scarce_fail_at(SCARCE_MEMORY, 0);
        assert_true((up == NULL) == failed);
        for (int32_t i = 0; up != NULL && i < COUNT; i++)
            assert_int_equal(up->parts.topics[0]->partitions[i].leader_id, SELF);
        metadata_image_release(up);
        assert_int_equal(scarce_blocks(), blocks);
    }
    assert_true(n > 5);
    metadata_image_release(image);
}

static void compressed_records(void **state)
{
    (void)state;
    if (!kw_codec_available(KW_CODEC_GZIP))
        skip();
    path_text file = join(folder, "compressed");
    write_compressed_topic(file.text, 3);
    size_t blocks = scarce_blocks(), n = 1;
    for (bool failed = true; failed; n++) {
        struct metadata_delta delta;
        assert_status(metadata_delta_init(&delta, base, kw_allocator_libc(), LIMIT), KW_OK);
        scarce_fail_at(SCARCE_MEMORY, n);
        kw_status status = metadata_file_replay(file.text, &delta, NULL);
        failed = scarce_has_failed();
        scarce_fail_at(SCARCE_MEMORY, 0);
        assert_status(status, failed ? KW_ERR_NO_MEMORY : KW_OK);
        assert_true(failed || delta.records == 3);
        metadata_delta_finish(&delta);
        assert_int_equal(scarce_blocks(), blocks);
    }
    assert_true(n > 3);
    assert_int_equal(remove(file.text), 0);
}

/* An image is published, or it is said why not. */
static void the_first_image(void **state)
{
    (void)state;
    size_t blocks = scarce_blocks();
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        struct metadata_cell cell;
        struct identity identity = {.node_id = SELF};
        assert_true(metadata_cell_init(&cell));
        capture_start(&captured);
        scarce_fail_at(SCARCE_MEMORY, n);
        bool loaded = metadata_load(&logs, -1, &identity, &cell);
        failed = scarce_has_failed();
        scarce_fail_at(SCARCE_MEMORY, 0);
        const char *said = capture_end(&captured);
        assert_int_equal(metadata_cell_version(&cell), loaded);
        if (!loaded)
            assert_non_null(strstr(said, "kwire-broker: "));
        metadata_cell_finish(&cell);
        assert_int_equal(scarce_blocks(), blocks);
        assert_true(loaded || failed);
    }
}

/* Without a metadata log there are the features of bootstrap.checkpoint, or nothing at all. */
static void features_alone(scarce_kind kind, kw_status shortage)
{
    path_text only = join(folder, "only"), file = join(only.text, "bootstrap.checkpoint");
    kw_bytes records = read_file(join(metadata, "00000000000000000000-0000000000.checkpoint").text);
    struct metadata_log log;
    struct metadata_image *image;
    make_folder(only.text);
    write_file(file.text, records.data, (size_t)records.len);
    size_t blocks = scarce_blocks(), failed = 0;
    bool reached = true;
    for (size_t n = 1; reached; n++) {
        scarce_fail_at(kind, n);
        kw_status status = metadata_read(only.text, NULL, &log, &image);
        reached = scarce_has_failed();
        scarce_fail_at(kind, 0);
        assert_status(status, reached ? shortage : KW_OK);
        failed += reached;
        if (status == KW_OK)
            assert_true(image->parts.feature_count > 0);
        metadata_image_release(image);
        assert_int_equal(scarce_blocks(), blocks);
    }
    assert_true(failed > 0);
    assert_int_equal(remove(file.text), 0);
    assert_int_equal(remove(only.text), 0);
}

static void features_without_a_log(void **state)
{
    (void)state;
    features_alone(SCARCE_MEMORY, KW_ERR_NO_MEMORY);
    features_alone(SCARCE_DESCRIPTORS, KW_ERR_FILE);
}

/* What is published is released with the cell, or by the next one. */
static void published_images(void **state)
{
    (void)state;
    struct metadata_cell cell;
    size_t blocks = scarce_blocks();
    scarce_fail_at(SCARCE_MEMORY, 1);
    bool made = metadata_cell_init(&cell);
    scarce_fail_at(SCARCE_MEMORY, 0);
    assert_false(made);
    metadata_cell_finish(&cell);
    assert_true(metadata_cell_init(&cell));
    for (int i = 0; i < 2; i++)
        metadata_image_publish(&cell, come_up());
    const struct metadata_image *kept = metadata_image_acquire(&cell);
    metadata_cell_finish(&cell);
    metadata_cell_finish(&cell); /* nothing more */
    assert_complete(kept, false);
    metadata_image_release(kept);
    assert_int_equal(scarce_blocks(), blocks);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: scarce_metadata FOLDER\n");
        return 2;
    }
    (void)snprintf(folder, sizeof folder, "%s/data", argv[1]);
    (void)snprintf(metadata, sizeof metadata, "%s/data/__cluster_metadata-0", argv[1]);
    struct metadata_log log;
    if (metadata_read(folder, NULL, &log, &base) != KW_OK || log_manager_open(&logs, folder, NULL) != KW_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        TEST(coming_up),
        TEST(folders_of_partitions),
        TEST(records_on_top_of_an_image),
        TEST(a_large_topic_comes_up),
        TEST(compressed_records),
        TEST(the_first_image),
        TEST(features_without_a_log),
        TEST(published_images),
    };
    scarce_count_arenas();
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    log_manager_close(&logs);
    metadata_image_release(base);
    return result != 0 || scarce_blocks() != 0;
}
