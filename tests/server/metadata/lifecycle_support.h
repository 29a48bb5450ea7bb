/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_METADATA_LIFECYCLE_SUPPORT_H
#define TESTS_SERVER_METADATA_LIFECYCLE_SUPPORT_H

/* The metadata of a node in a directory in memory, from its start to its end. */

#include "../../unit/support.h"

#include "base/file_memory.h"
#include "metadata/lifecycle.h"
#include "metadata/load.h"
#include "metadata/takeover.h"

#include "../support/file_faults.h"
#include "../support/random_test.h"

enum { LIMIT = 64 * 1024 * 1024, NODE = 1 };

static const char segment_path[] = "data/__cluster_metadata-0/00000000000000000000.log";

static kw_arena arena;
static struct metadata_cell cell;
static struct lifecycle lifecycle;
static struct random_test uuids;
static kw_uuid directory = {{1, 2, 3}}, own_directories[] = {{{1, 2, 3}}, {{4, 5, 6}}};
static int32_t directory_count;
static struct assignment_list assignments;
static int prepared;
static bool is_prepared; /* what prepare() returns */
static int64_t epoch;
static enum feature_release release;

static inline int set_up(void **state)
{
    (void)state;
    memset(&lifecycle, 0, sizeof lifecycle);
    random_test_init(&uuids, 5);
    prepared = 0;
    is_prepared = true;
    release = FEATURES_4_4;
    directory_count = 1;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    if (!file_memory_start(LIMIT))
        return -1;
    file_layer_use(&file_layer_memory);
    file_faults_start();
    return metadata_cell_init(&cell) && folder_create("data") ? 0 : -1;
}

static inline int tear_down(void **state)
{
    (void)state;
    lifecycle_finish(&lifecycle);
    bool released = atomic_load(&cell.current->references) == 1;
    metadata_cell_finish(&cell);
    assignment_list_finish(&assignments);
    kw_arena_finish(&arena);
    file_faults_stop();
    file_layer_use(&file_layer_system);
    file_memory_stop();
    return released ? 0 : -1;
}

/* ---- life ---- */

static inline int64_t now(void)
{
    return 1700000000000;
}

static inline bool prepare(void *context, const struct metadata_image *before, const struct metadata_image *after)
{
    (void)context;
    assert_int_equal(before == NULL, prepared == 0);
    assert_non_null(after);
    prepared++;
    return is_prepared;
}

static int16_t noted_quorum;

static inline void note_quorum(void *context, int16_t kraft_version)
{
    (void)context;
    noted_quorum = kraft_version;
}

static inline struct metadata_image *read_all(struct metadata_log *log)
{
    struct metadata_image *image;
    kw_arena_reset(&arena);
    assert_status(metadata_read_to("data", NULL, &arena, log, &image), KW_OK);
    return image;
}

static inline bool start(int64_t clean_epoch)
{
    struct metadata_log log;
    char reason[TAKEOVER_REASON_SIZE];
    struct metadata_image *image = read_all(&log);
    const struct takeover_facts facts = {.log = &log, .image = image, .node_id = NODE, .directory_id = directory};
    const struct lifecycle_options options = {.log_dir = "data",
                                              .node_id = NODE,
                                              .directories = {own_directories, directory_count},
                                              .clean_epoch = clean_epoch,
                                              .endpoint = {"127.0.0.1", 9092},
                                              .release = release,
                                              .random = &uuids.source,
                                              .now = now,
                                              .prepare = prepare,
                                              .quorum_changed = note_quorum,
                                              .assignments = &assignments,
                                              .metadata = &cell};
    assert_true(takeover_is_possible(&facts, reason));
    prepared = 0;
    bool started = lifecycle_start(&lifecycle, &options, &log, image);
    metadata_image_release(image);
    return started;
}

static inline void stop(void)
{
    assert_true(lifecycle_stop(&lifecycle, &epoch));
    lifecycle_finish(&lifecycle);
}

#endif
