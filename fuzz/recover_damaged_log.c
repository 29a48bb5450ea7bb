/* SPDX-License-Identifier: Apache-2.0 */
/* A log that the broker has written, and any damage to its files: recovery keeps every batch from the recovery point on
 * up to the first that is damaged; the log continues behind them, and is the same at the next start.
 *
 * The input: kind of log and whether it was closed, recovery point, then damages: number of the file, kind, position
 * (16 bits), size (8 bits), and bytes where they are needed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/batches.h>
#include <kwire/crc.h>
#include <kwire/endian.h>
#include <kwire/error.h>

#include "damage.h"
#include "folder.h"
#include "fuzz.h"
#include "log/log_append.h"
#include "log/log_change.h"
#include "log/log_read.h"
#include "sample_log.h"

enum { MOST_DAMAGES = 8, CLOSED = 128 };

static const char path[] = "/fuzz/t-0";

static struct log_config config;
static struct sample_log files; /* as they are on the disk; a file of no bytes at NULL is missing */

/* ---- damage ---- */

static void damage(fuzz_input *in)
{
    struct damaged_file *all[SAMPLE_MOST_FILES];
    for (size_t i = 0; i < files.count; i++)
        all[i] = &files.files[i].content;
    (void)damage_one(in, all, files.count);
}

static void write_files(void)
{
    char name[80];
    folder_write("t-0/partition.metadata", "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n", 44);
    for (size_t i = 0; i < files.count; i++) {
        (void)snprintf(name, sizeof name, "t-0/%s", files.files[i].name);
        if (files.files[i].content.data != NULL)
            folder_write(name, files.files[i].content.data, files.files[i].content.size);
    }
}

/* ---- what must be left ---- */

/* Batches that are in order from here on, and where the first segment after them starts that is not complete. */
struct expected {
    const struct sample_file *segments[SAMPLE_MOST_FILES];
    int64_t bases[SAMPLE_MOST_FILES + 1];
    size_t count;
    size_t first;      /* that recovery reads */
    int64_t end;       /* of the batches in order; -1: there is no segment */
    bool is_undamaged; /* there is nothing else behind them */
};

static void find_segments(struct expected *e, int64_t recovery_point)
{
    for (size_t i = 0; i < files.count; i++) {
        const struct sample_file *file = &files.files[i];
        if (file->content.data == NULL || strcmp(file->name + 20, ".log") != 0)
            continue;
        e->bases[e->count] = strtoll(file->name, NULL, 10);
        e->segments[e->count++] = file;
    }
    e->bases[e->count] = INT64_MAX;
    while (e->first + 1 < e->count && e->bases[e->first + 1] <= recovery_point)
        e->first++;
}

/* The batches of a segment that are in order; false: others follow. */
static bool follow(struct expected *e, size_t segment)
{
    kw_batches bs;
    kw_batch batch;
    size_t until = 0;
    e->end = e->bases[segment];
    kw_batches_init_memory(&bs, e->segments[segment]->content.data, e->segments[segment]->content.size);
    for (bs.flags = KW_BATCHES_CHECK_CRC; kw_batches_next(&bs, &batch);) {
        if (batch.magic != KW_MAGIC_V2 || batch.base_offset != e->end || batch.last_offset >= e->bases[segment + 1])
            return false;
        e->end = batch.last_offset + 1;
        until = batch.position + batch.size;
    }
    return until == e->segments[segment]->content.size;
}

static struct expected expect(int64_t recovery_point)
{
    struct expected e = {.end = -1};
    find_segments(&e, recovery_point);
    e.is_undamaged = true;
    for (size_t i = e.first; i < e.count && e.is_undamaged; i++)
        e.is_undamaged = follow(&e, i) && (i + 1 == e.count || e.end == e.bases[i + 1]);
    return e;
}

/* ---- the log ---- */

struct opened {
    struct segment_cache cache;
    struct partition_log log;
};

static struct log_snapshot open_log(struct opened *o, int64_t recovery_point, bool is_closed)
{
    struct log_snapshot now;
    const struct partition_log what = {.folder = path,
                                       .config = &config,
                                       .start_offset = -1,
                                       .recovery_point = recovery_point,
                                       .producer_expiration_ms = INT64_MAX,
                                       .check = is_closed ? 0 : CHECK_CRC};
    FUZZ_REQUIRE(segment_cache_init(&o->cache) && partition_log_init(&o->log, &what, &o->cache));
    FUZZ_REQUIRE(partition_log_acquire(&o->log, false, &now) == KW_ERROR_NONE);
    FUZZ_REQUIRE(now.log_start_offset <= now.last_stable_offset && now.last_stable_offset <= now.high_watermark &&
                 now.high_watermark <= now.log_end_offset);
    return now;
}

static void close_log(struct opened *o, struct log_snapshot *now)
{
    log_snapshot_release(now);
    segment_cache_finish(&o->cache);
    partition_log_finish(&o->log);
}

/* The bytes of a batch that has to be there are those that were in the file. */
static void check_batch(struct opened *o, const struct log_snapshot *now, const kw_batch *batch)
{
    struct log_slice slice;
    const struct log_read_request request = {
        .offset = batch->base_offset, .end = now->log_end_offset, .max_bytes = 1, .at_least_one = true};
    FUZZ_REQUIRE(log_read(&o->log, now, &request, &slice) == KW_ERROR_NONE && slice.segment != NULL);
    FUZZ_REQUIRE(slice.records.len >= (int32_t)batch->size &&
                 memcmp(slice.records.data, batch->data, batch->size) == 0);
    segment_release(slice.segment);
}

static void check_kept(struct opened *o, const struct log_snapshot *now, const struct expected *e)
{
    FUZZ_REQUIRE(now->log_end_offset >= e->end && (!e->is_undamaged || now->log_end_offset == e->end));
    for (size_t i = e->first; i < e->count && e->bases[i] < e->end; i++) {
        kw_batches bs;
        kw_batch batch;
        int64_t next = e->bases[i];
        kw_batches_init_memory(&bs, e->segments[i]->content.data, e->segments[i]->content.size);
        while (kw_batches_next(&bs, &batch) && batch.base_offset == next && next < e->end) {
            check_batch(o, now, &batch);
            next = batch.last_offset + 1; /* what follows may be another one of the same offsets */
        }
    }
}

/* So far that no sum of them can overflow. */
static const int64_t OFFSETS_END = INT64_MAX / 2;

/* Returns where the log ends then; where offsets end nothing is appended. */
static int64_t append_one(struct opened *o, int64_t end)
{
    struct append_batch batch = {.records = kw_bytes_of((const uint8_t *)"\xc\0\0\0\1\0\0", 7)};
    struct log_append append = {.batches = &batch, .count = 1, .leader_epoch = 9};
    uint8_t whole[sizeof batch.header + 7] = {0};
    kw_store_be32(whole + KW_BATCH_LENGTH, sizeof whole - KW_BATCH_OVERHEAD);
    whole[KW_BATCH_MAGIC] = KW_MAGIC_V2;
    kw_store_be64(whole + KW_BATCH_V2_PRODUCER_ID, UINT64_MAX);
    kw_store_be32(whole + KW_BATCH_V2_COUNT, 1);
    memcpy(whole + sizeof batch.header, batch.records.data, 7);
    kw_store_be32(whole + KW_BATCH_V2_CRC,
                  kw_crc32c(0, whole + KW_BATCH_V2_ATTRIBUTES, sizeof whole - KW_BATCH_V2_ATTRIBUTES));
    memcpy(batch.header, whole, sizeof batch.header);
    FUZZ_REQUIRE(log_append(&o->log, &append));
    if (end >= OFFSETS_END) {
        FUZZ_REQUIRE(append.error == KW_ERROR_KAFKA_STORAGE_ERROR);
        return end;
    }
    FUZZ_REQUIRE(append.error == KW_ERROR_NONE && append.base_offset == end);
    return end + 1;
}

static void live(int64_t recovery_point, bool is_closed)
{
    struct opened o;
    int64_t until;
    struct expected e = expect(recovery_point);
    bool all_is_read = !is_closed; /* a log that was closed in order is taken as it is */
    struct log_snapshot now = open_log(&o, recovery_point, is_closed);
    int64_t end = now.log_end_offset, start = now.log_start_offset;
    if (all_is_read && e.count != 0)
        check_kept(&o, &now, &e);
    close_log(&o, &now);
    now = open_log(&o, recovery_point, false);
    FUZZ_REQUIRE(!all_is_read || (now.log_end_offset == end && now.log_start_offset == start));
    end = append_one(&o, now.log_end_offset);
    FUZZ_REQUIRE(log_close(&o.log, 0, &until) == KW_ERROR_NONE && until == end);
    close_log(&o, &now);
    now = open_log(&o, until, true);
    FUZZ_REQUIRE(now.log_end_offset == end);
    close_log(&o, &now);
}

static void copy_files(const struct sample_log *sample)
{
    files = *sample;
    for (size_t i = 0; i < files.count; i++)
        files.files[i].content.data = fuzz_copy(sample->files[i].content.data, sample->files[i].content.size);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    uint8_t kind = fuzz_take8(&in);
    bool is_closed = (kind & CLOSED) != 0;
    (void)folder_path();
    sample_log_config(&config);
    copy_files(sample_log_get((enum sample_kind)(kind % SAMPLE_KINDS), is_closed));
    int64_t recovery_point = fuzz_take8(&in) % (files.end_offset + 1);
    for (int i = 0; i < MOST_DAMAGES && fuzz_left(&in) > 0; i++)
        damage(&in);
    write_files();
    live(recovery_point, is_closed);
    for (size_t i = 0; i < files.count; i++)
        free(files.files[i].content.data);
    folder_clear();
}
