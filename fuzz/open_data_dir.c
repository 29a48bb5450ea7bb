/* SPDX-License-Identifier: Apache-2.0 */
/* A data directory as a broker opens it, with its logs, indexes, snapshots and checkpoints. The input is a sequence
 * of files: a number (8 bits, modulo the names below; 128: checksums of its batches are corrected), the size (16
 * bits, or as much as the input has), the content. */
#include <stdlib.h>

#include "fix_checksums.h"
#include "folder.h"
#include "fuzz.h"
#include "log/log_time.h"
#include "metadata/load.h"

enum { LIMIT = 1 << 20, MOST_FILES = 16 };

static const char *const names[] = {
    "t-0/00000000000000000000.log",
    "t-0/00000000000000000000.index",
    "t-0/00000000000000000000.timeindex",
    "t-0/00000000000000000000.txnindex",
    "t-0/00000000000000000000.snapshot",
    "t-0/00000000000000000010.log",
    "t-0/00000000000000000010.index",
    "t-0/00000000000000000010.timeindex",
    "t-0/00000000000000000010.snapshot",
    "t-0/leader-epoch-checkpoint",
    "t-0/partition.metadata",
    "__cluster_metadata-0/00000000000000000000.log",
    "__cluster_metadata-0/00000000000000000005-0000000001.checkpoint",
    "__cluster_metadata-0/quorum-state",
    "bootstrap.checkpoint",
    "meta.properties",
    "recovery-point-offset-checkpoint",
    "replication-offset-checkpoint",
    "log-start-offset-checkpoint",
    "cleaner-offset-checkpoint",
    ".kafka_cleanshutdown",
};

/* Every problem can be formatted. */
static void report(void *context, const struct file_problem *problem)
{
    char text[1024];
    (void)context;
    FUZZ_REQUIRE(problem->status != KW_OK && problem->file != NULL && problem->detail != NULL);
    FUZZ_REQUIRE(problem->position >= -1);
    FUZZ_REQUIRE(file_problem_text(problem, text, sizeof text) > 0);
}

static const struct problem_listener listener = {report, NULL};

static void write_files(fuzz_input *in)
{
    for (int i = 0; i < MOST_FILES && fuzz_left(in) > 0; i++) {
        uint8_t which = fuzz_take8(in);
        size_t size = fuzz_take16(in);
        size = size < fuzz_left(in) ? size : fuzz_left(in);
        uint8_t *content = fuzz_copy(in->pos, size);
        in->pos += size;
        if ((which & 128) != 0)
            fix_checksums(content, size);
        folder_write(names[(which & 127) % (sizeof names / sizeof names[0])], content, size);
        free(content);
    }
}

static void check_log(struct partition_log *partition, unsigned what)
{
    struct log_snapshot log;
    struct time_offset found;
    struct log_time_search search = {.timestamp = 1000};
    bool valid;
    if (log_load(&log, partition->folder, partition->start_offset, what, LIMIT, &listener) != KW_OK)
        return;
    FUZZ_REQUIRE(log.log_start_offset <= log.log_end_offset && log.last_stable_offset <= log.log_end_offset);
    if (log_find_time(partition, &log, &search, &found) == 0)
        FUZZ_REQUIRE(found.offset == -1 || found.timestamp >= 1000);
    search.timestamp = LOG_NEWEST;
    if (log_find_time(partition, &log, &search, &found) == 0)
        FUZZ_REQUIRE(found.offset >= -1);
    FUZZ_REQUIRE(log_check(&log, CHECK_CRC, &listener, &valid) != KW_ERR_ARGUMENT);
    kw_aborted_txn txn;
    for (size_t i = 0; log_next_aborted(&log, &i, log.log_start_offset, log.log_end_offset, &txn);)
        FUZZ_REQUIRE(i <= log.contents->aborted_count);
    log_snapshot_release(&log);
}

/* The image, and the image without the log. */
static void check_metadata(struct log_manager *logs)
{
    struct metadata_log log;
    struct metadata_image *image;
    if (metadata_read(folder_path(), &listener, &log, &image) != KW_OK)
        return;
    for (size_t i = 0; i < metadata_topic_count(image); i++)
        FUZZ_REQUIRE(metadata_topic_by_name(image, metadata_topic_at(image, i)->name) == metadata_topic_at(image, i));
    struct metadata_image *up = metadata_come_up(image, 1);
    struct metadata_image *folders = metadata_of_folders(image, logs, 1);
    FUZZ_REQUIRE(up != NULL && folders != NULL);
    FUZZ_REQUIRE(metadata_topic_count(up) <= metadata_topic_count(image));
    metadata_image_release(up);
    metadata_image_release(folders);
    metadata_image_release(image);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    struct log_manager logs;
    (void)folder_path();
    write_files(&in);
    if (log_manager_open(&logs, folder_path(), &listener) == KW_OK) {
        struct log_list list;
        FUZZ_REQUIRE(log_manager_list(&logs, &list));
        for (size_t i = 0; i < list.len; i++) {
            check_log(list.items[i], 0);
            check_log(list.items[i], CHECK_CRC);
        }
        log_list_release(&list);
        check_metadata(&logs);
    }
    log_manager_close(&logs);
    folder_clear();
}
