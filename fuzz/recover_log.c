/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of a partition as a crash may leave it, recovered, written to, closed and opened again. The input is the
 * recovery point and the log's start (8 bits each; 255: none), then files as in open_data_dir. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/crc.h>
#include <kwire/endian.h>
#include <kwire/error.h>

#include "fix_checksums.h"
#include "folder.h"
#include "fuzz.h"
#include "log/log_append.h"
#include "log/log_change.h"

enum { MOST_FILES = 16 };

static const char *const names[] = {
    "t-0/00000000000000000000.log",         "t-0/00000000000000000000.index",     "t-0/00000000000000000000.timeindex",
    "t-0/00000000000000000000.txnindex",    "t-0/00000000000000000000.log.swap",  "t-0/00000000000000000000.index.swap",
    "t-0/00000000000000000000.log.deleted", "t-0/00000000000000000003.snapshot",  "t-0/00000000000000000010.log",
    "t-0/00000000000000000010.index",       "t-0/00000000000000000010.timeindex", "t-0/00000000000000000010.snapshot",
    "t-0/00000000000000000010.log.cleaned", "t-0/00000000000000000020.timeindex", "t-0/leader-epoch-checkpoint",
};

static struct log_config config;

static void write_files(fuzz_input *in)
{
    folder_write(names[1], "", 0); /* so that there is a folder */
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

static void report(void *context, const struct file_problem *problem)
{
    char text[1024];
    (void)context;
    (void)file_problem_text(problem, text, sizeof text);
    fprintf(stderr, "%s\n", text);
}

static const struct problem_listener listener = {report, NULL};

struct opened {
    struct segment_cache cache;
    struct partition_log log;
};

static struct log_snapshot open_log(struct opened *o, struct partition_log what)
{
    static char path[64];
    struct log_snapshot now;
    bool valid;
    (void)snprintf(path, sizeof path, "%s/t-0", folder_path());
    what.folder = path;
    what.config = &config;
    FUZZ_REQUIRE(segment_cache_init(&o->cache) && partition_log_init(&o->log, &what, &o->cache));
    int16_t error = partition_log_acquire(&o->log, false, &now);
    FUZZ_REQUIRE(error == KW_ERROR_NONE);
    FUZZ_REQUIRE(now.log_start_offset <= now.last_stable_offset && now.last_stable_offset <= now.high_watermark &&
                 now.high_watermark <= now.log_end_offset);
    if (what.recovery_point == 0)
        FUZZ_REQUIRE(log_check(&now, CHECK_CRC | CHECK_INDEXES, &listener, &valid) == KW_OK && valid);
    log_snapshot_release(&now);
    return now;
}

static void close_log(struct opened *o)
{
    segment_cache_finish(&o->cache);
    partition_log_finish(&o->log);
}

/* Returns where the log ends then. */
static int64_t append_one(struct opened *o, int64_t end_offset)
{
    static uint8_t record[16];
    struct append_batch batch = {.records = {record, sizeof record}};
    struct log_append append = {.batches = &batch, .count = 1, .leader_epoch = 5};
    uint8_t whole[sizeof batch.header + sizeof record] = {0};
    kw_store_be32(whole + KW_BATCH_LENGTH, sizeof whole - KW_BATCH_OVERHEAD);
    whole[KW_BATCH_MAGIC] = KW_MAGIC_V2;
    kw_store_be64(whole + KW_BATCH_V2_PRODUCER_ID, UINT64_MAX);
    kw_store_be32(whole + KW_BATCH_V2_COUNT, 1);
    kw_store_be32(whole + KW_BATCH_V2_CRC,
                  kw_crc32c(0, whole + KW_BATCH_V2_ATTRIBUTES, sizeof whole - KW_BATCH_V2_ATTRIBUTES));
    memcpy(batch.header, whole, sizeof batch.header);
    bool is_done = log_append(&o->log, &append);
    FUZZ_REQUIRE(is_done);
    if (append.error != KW_ERROR_NONE) {
        FUZZ_REQUIRE(end_offset > INT64_MAX / 2); /* there are no offsets left */
        return end_offset;
    }
    FUZZ_REQUIRE(append.base_offset == end_offset);
    return end_offset + 1;
}

static void live(uint8_t recovery_point, uint8_t start_offset)
{
    struct opened o;
    int64_t until, start = start_offset == 255 ? -1 : start_offset;
    const struct partition_log crashed = {
        .start_offset = start, .recovery_point = recovery_point == 255 ? 0 : recovery_point, .check = CHECK_CRC};
    struct log_snapshot first = open_log(&o, crashed);
    close_log(&o);
    struct log_snapshot second = open_log(&o, crashed); /* changes nothing */
    FUZZ_REQUIRE(first.log_end_offset == second.log_end_offset && first.log_start_offset == second.log_start_offset &&
                 first.last_stable_offset == second.last_stable_offset);
    int64_t end = append_one(&o, second.log_end_offset);
    bool is_closed = log_close(&o.log, 0, &until) == KW_ERROR_NONE;
    FUZZ_REQUIRE(is_closed || end == second.log_end_offset);
    close_log(&o);
    const struct partition_log closed = {
        .start_offset = start, .recovery_point = crashed.recovery_point, .check = is_closed ? 0 : CHECK_CRC};
    second = open_log(&o, closed);
    FUZZ_REQUIRE(second.log_end_offset == end);
    close_log(&o);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    uint8_t recovery_point = fuzz_take8(&in), start_offset = fuzz_take8(&in);
    (void)folder_path();
    log_config_init(&config);
    config.segment_bytes = 4096;
    config.index_interval_bytes = 0;
    write_files(&in);
    live(recovery_point, start_offset);
    folder_clear();
}
