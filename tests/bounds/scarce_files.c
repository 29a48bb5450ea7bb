/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_files FOLDER
 *
 * Opens the data directory FOLDER/data and all its logs while one allocation after the other fails, and one open()
 * after the other. A shortage must be reported, not taken for damage: whatever is opened nevertheless must be
 * complete. */
#include "../unit/support.h"

#include "base/file.h"
#include "log/log_manager.h"
#include "metadata/load.h"
#include "scarce.h"

enum { AMPLE = 64 * 1024 * 1024 };

static char folder[KW_PATH_SIZE];
static size_t log_limit = AMPLE; /* of memory for one log */

/* The content as numbers, which change if anything is missing. */
typedef struct found {
    uint64_t numbers[12];
} found;

static void add_log(found *f, const struct log_snapshot *log)
{
    uint64_t *n = f->numbers;
    n[6] = n[6] * 31 + (uint64_t)log->log_start_offset;
    n[7] = n[7] * 31 + (uint64_t)log->log_end_offset;
    n[8] = n[8] * 31 + (uint64_t)log->last_stable_offset;
    n[9] = n[9] * 31 + log->contents->aborted_count;
    n[10] = n[10] * 31 + (uint64_t)log->contents->epochs.len;
    n[11] = n[11] * 31 + log->contents->segment_count;
}

static void add_directory(found *f, const struct log_manager *logs)
{
    f->numbers[0] = logs->dirs[0]->folder_count;
    f->numbers[1] = (uint64_t)logs->dirs[0]->was_clean * 31 + (uint64_t)logs->dirs[0]->clean_epoch;
}

static void add_checkpoints(found *f, struct partition_log *log)
{
    f->numbers[2] = f->numbers[2] * 31 + (uint64_t)managed_log_of(log)->checked_watermark;
    f->numbers[3] = f->numbers[3] * 31 + (uint64_t)log->start_offset;
    f->numbers[3] = f->numbers[3] * 31 + (uint64_t)atomic_load(&managed_log_of(log)->synced_until);
}

static void add_metadata(found *f, const struct metadata_log *log, const struct metadata_image *image)
{
    f->numbers[4] = (uint64_t)log->end_offset * 31 + image->parts.topic_count;
    f->numbers[4] = f->numbers[4] * 31 + image->parts.resource_count;
    f->numbers[5] = (uint64_t)log->quorum.leader_epoch;
}

static kw_status open_log(const struct partition_log *partition, found *f)
{
    struct log_snapshot log;
    kw_status status = log_load(&log, partition->folder, -1, 0, log_limit, NULL);
    if (status != KW_OK)
        return status;
    add_log(f, &log);
    log_snapshot_release(&log);
    return KW_OK;
}

static kw_status open_metadata(found *f)
{
    struct metadata_log log;
    struct metadata_image *image;
    kw_status status = metadata_read(folder, NULL, &log, &image);
    if (status == KW_OK)
        add_metadata(f, &log, image);
    metadata_image_release(image);
    return status;
}

static kw_status open_all(found *f)
{
    struct log_manager logs;
    memset(f, 0, sizeof *f);
    kw_status status = log_manager_open(&logs, folder, NULL);
    if (status == KW_OK)
        add_directory(f, &logs);
    struct log_list list = {NULL, 0};
    if (status == KW_OK && !log_manager_list(&logs, &list))
        status = KW_ERR_NO_MEMORY;
    for (size_t i = 0; status == KW_OK && i < list.len; i++) {
        add_checkpoints(f, list.items[i]);
        status = open_log(list.items[i], f);
    }
    log_list_release(&list);
    log_manager_close(&logs);
    return status == KW_OK ? open_metadata(f) : status;
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
            fail_msg("call %zu failed, something is missing, and nothing is reported", n);
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

static void each_limit_is_reported(void **state)
{
    (void)state;
    found whole, part;
    assert_status(open_all(&whole), KW_OK);
    kw_status status = KW_ERR_MEMORY_LIMIT;
    for (log_limit = 64; status != KW_OK; log_limit += 56) {
        status = open_all(&part);
        if (status != KW_OK)
            assert_status(status, KW_ERR_MEMORY_LIMIT);
        else if (!same(&whole, &part))
            fail_msg("with %zu bytes something is missing, and nothing is reported", log_limit);
        assert_int_equal(scarce_blocks(), 0);
    }
    log_limit = AMPLE;
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
        TEST(each_limit_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
