/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_files FOLDER
 *
 * Opens the data directory FOLDER/data and all its logs while one allocation after the other fails, and one open()
 * after the other. A shortage must be reported, not taken for damage: what is opened all the same has everything.
 */
#include "../unit/support.h"

#include <kwire/storage/data_dir.h>
#include <kwire/storage/partition_log.h>

#include "scarce.h"

enum { ROOMY = 64 * 1024 * 1024 };

static char folder[KW_PATH_SIZE];
static size_t directory_limit = ROOMY, log_limit = ROOMY; /* of arenas */

/* What was found, as numbers that change when anything is missing. */
typedef struct found {
    uint64_t numbers[12];
} found;

static void add_log(found *f, const kw_partition_log *log)
{
    uint64_t *n = f->numbers;
    n[6] = n[6] * 31 + (uint64_t)log->start_offset;
    n[7] = n[7] * 31 + (uint64_t)log->end_offset;
    n[8] = n[8] * 31 + (uint64_t)log->last_stable_offset;
    n[9] = n[9] * 31 + log->aborted_count;
    n[10] = n[10] * 31 + (uint64_t)log->epochs.len;
    n[11] = n[11] * 31 + log->segment_count;
}

static void add_directory(found *f, const kw_data_dir *dir)
{
    f->numbers[0] = dir->topic_count * 31 + dir->partition_count;
    f->numbers[1] = (uint64_t)dir->has_meta << 2 | (uint64_t)dir->has_metadata << 1 | dir->was_stopped_well;
    f->numbers[2] = (uint64_t)dir->high_watermarks.len;
    f->numbers[3] = (uint64_t)dir->start_offsets.len << 32 | (uint64_t)dir->recovery_points.len;
    f->numbers[4] = (uint64_t)dir->metadata.end_offset;
    f->numbers[5] = (uint64_t)dir->metadata.quorum.leader_epoch;
}

static kw_status open_log(const kw_data_dir *dir, const kw_data_partition *partition, found *f)
{
    kw_arena arena;
    kw_partition_log log;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), log_limit);
    kw_status status = kw_data_dir_open_log(dir, partition, 0, &log, &arena, NULL);
    if (status == KW_OK)
        add_log(f, &log);
    kw_arena_finish(&arena);
    return status;
}

static kw_status open_all(found *f)
{
    kw_arena arena;
    kw_data_dir dir;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), directory_limit);
    memset(f, 0, sizeof *f);
    kw_status status = kw_data_dir_open(&dir, folder, &arena, NULL);
    if (status == KW_OK)
        add_directory(f, &dir);
    for (size_t i = 0; status == KW_OK && i < dir.partition_count; i++)
        status = open_log(&dir, &dir.partitions[i], f);
    kw_arena_finish(&arena);
    return status;
}

static bool same(const found *a, const found *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static void fail_one_by_one(scarce_kind kind, kw_status shortage)
{
    found whole, part;
    assert_status(open_all(&whole), KW_OK);
    assert_true(whole.numbers[0] > 0 && whole.numbers[7] > 0);
    size_t descriptors = open_descriptors(), failed = 0;
    bool reached = true;
    for (size_t n = 1; reached; n++) {
        scarce_fail_at(kind, n);
        kw_status status = open_all(&part);
        reached = scarce_has_failed();
        scarce_fail_at(kind, 0);
        failed += status != KW_OK;
        if (status != KW_OK)
            assert_status(status, shortage);
        else if (!same(&whole, &part))
            fail_msg("call %zu failed, something is missing, and nothing is said", n);
        assert_int_equal(scarce_blocks(), 0);
        assert_int_equal(open_descriptors(), descriptors);
    }
    assert_true(failed > 20);
}

static void each_allocation_fails(void **state)
{
    (void)state;
    fail_one_by_one(SCARCE_MEMORY, KW_ERR_NO_MEMORY);
}

static void each_open_fails(void **state)
{
    (void)state;
    fail_one_by_one(SCARCE_DESCRIPTORS, KW_ERR_FILE);
}

static void raise_until_enough(size_t *limit)
{
    found whole, part;
    assert_status(open_all(&whole), KW_OK);
    kw_status status = KW_ERR_MEMORY_LIMIT;
    for (*limit = 64; status != KW_OK; *limit += 56) {
        status = open_all(&part);
        if (status != KW_OK)
            assert_status(status, KW_ERR_MEMORY_LIMIT);
        else if (!same(&whole, &part))
            fail_msg("with %zu bytes something is missing, and nothing is said", *limit);
        assert_int_equal(scarce_blocks(), 0);
    }
    *limit = ROOMY;
}

static void each_limit_is_told(void **state)
{
    (void)state;
    raise_until_enough(&directory_limit);
    raise_until_enough(&log_limit);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: scarce_files FOLDER\n");
        return 2;
    }
    (void)snprintf(folder, sizeof folder, "%s/data", argv[1]);
    const struct CMUnitTest tests[] = {
        TEST(each_allocation_fails),
        TEST(each_open_fails),
        TEST(each_limit_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
