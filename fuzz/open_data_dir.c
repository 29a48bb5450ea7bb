/* SPDX-License-Identifier: Apache-2.0 */
/* A data directory as a broker opens it, with its logs, indexes, snapshots and checkpoints. The input is a row of
 * files: which (8 bits, modulo the names below; 128: the checksums of its batches are made right), its size (16 bits,
 * as far as there is input), its content. */
#include <kwire/storage/data_dir.h>
#include <kwire/storage/log_reader.h>
#include <kwire/storage/producers.h>
#include <kwire/storage/quorum_state.h>

#include <stdio.h>
#include <stdlib.h>

#include "fix_checksums.h"
#include "folder.h"
#include "fuzz.h"

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

/* A problem can always be put in words. */
static void report(void *context, const kw_disk_problem *problem)
{
    char text[1024];
    (void)context;
    FUZZ_REQUIRE(problem->status != KW_OK && problem->file != NULL && problem->detail != NULL);
    FUZZ_REQUIRE(problem->position >= -1);
    FUZZ_REQUIRE(kw_disk_problem_text(problem, text, sizeof text) > 0);
}

static const kw_disk_listener listener = {report, NULL};

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

static void check_log(const kw_data_dir *dir, const kw_data_partition *partition, unsigned what)
{
    kw_partition_log log;
    kw_arena arena;
    kw_time_offset found;
    kw_writer scratch;
    bool sound;
    kw_decompressor *decompressor = kw_decompressor_create(kw_allocator_libc());
    FUZZ_REQUIRE(decompressor != NULL);
    kw_writer_init_growing(&scratch, kw_allocator_libc(), LIMIT);
    fuzz_arena(&arena);
    if (kw_data_dir_open_log(dir, partition, what, &log, &arena, &listener) == KW_OK) {
        FUZZ_REQUIRE(log.start_offset <= log.end_offset && log.last_stable_offset <= log.end_offset);
        if (kw_partition_log_find_time(&log, 1000, decompressor, &scratch, &found) == KW_OK)
            FUZZ_REQUIRE(found.offset == -1 || found.timestamp >= 1000);
        if (kw_partition_log_find_newest(&log, decompressor, &scratch, &found) == KW_OK)
            FUZZ_REQUIRE(found.offset >= -1);
        FUZZ_REQUIRE(kw_partition_log_check(&log, KW_CHECK_CRC, &listener, &sound) != KW_ERR_ARGUMENT);
        kw_aborted_txn txn;
        for (size_t i = 0; kw_partition_log_aborted(&log, &i, log.start_offset, log.end_offset, &txn);)
            FUZZ_REQUIRE(i <= log.aborted_count);
    }
    kw_arena_finish(&arena);
    kw_writer_finish(&scratch);
    kw_decompressor_destroy(decompressor);
}

/* Once more through a window, with what is behind the damage: no byte is given out twice. */
static void read_through(const char *name)
{
    char path[FOLDER_PATH_SIZE + 64];
    kw_log_reader r;
    kw_batch batch;
    uint64_t end = 0;
    (void)snprintf(path, sizeof path, "%s/%s", folder_path(), name);
    if (kw_log_reader_open(&r, path, 0, kw_allocator_libc(), KW_LOG_READER_WINDOW) != KW_OK)
        return;
    do {
        while (kw_log_reader_next(&r, &batch)) {
            FUZZ_REQUIRE(batch.position >= end && r.position == batch.position + batch.size);
            end = r.position;
        }
        FUZZ_REQUIRE(r.status == KW_OK || (r.error_at >= end && r.error_at < r.size));
    } while (kw_log_reader_resume(&r));
    FUZZ_REQUIRE(end <= r.size);
    kw_log_reader_close(&r);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    kw_arena arena;
    kw_data_dir dir;
    (void)folder_path();
    write_files(&in);
    fuzz_arena(&arena);
    if (kw_data_dir_open(&dir, folder_path(), &arena, &listener) == KW_OK) {
        for (size_t i = 0; i < dir.partition_count; i++) {
            check_log(&dir, &dir.partitions[i], 0);
            check_log(&dir, &dir.partitions[i], KW_CHECK_CRC);
        }
        for (size_t i = 0; i < dir.topic_count; i++)
            FUZZ_REQUIRE(kw_data_dir_topic(&dir, dir.topics[i].name) == &dir.topics[i]);
    }
    kw_arena_finish(&arena);
    read_through("t-0/00000000000000000000.log");
    folder_clear();
}
