/* SPDX-License-Identifier: Apache-2.0 */
/* append_log append|kill FOLDER FILE SETTING=VALUE...
 * append_log recover FOLDER SETTING=VALUE...
 * append_log clean FOLDER SLOTS ROUNDS (FILE NOW_MS)... SETTING=VALUE...
 *
 * Appends the batches of a file that MakeLog.java has made to a log, and closes it, or does not; or opens a log that
 * was not closed, and closes it; or appends those of several files, cleans the log after each, and prints the first
 * offset that is not clean. For each batch a line says the error that it was refused with, or 0, and the last stable
 * offset. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/endian.h>
#include <kwire/error.h>

#include "log/cleaner/cleaner.h"
#include "log/log_append.h"
#include "log/log_change.h"

enum { LARGEST_FILE = 256 * 1024 * 1024, HEADER = 16 };

static struct log_config config;
static struct segment_cache cache;
static struct partition_log log_here;

static void die(const char *what)
{
    fprintf(stderr, "append_log: %s\n", what);
    exit(1);
}

static void set(const char *setting)
{
    static const struct {
        const char *name;
        int32_t *value;
    } known[] = {{"internal.segment.bytes=", &config.segment_bytes},
                 {"segment.index.bytes=", &config.segment_index_bytes},
                 {"index.interval.bytes=", &config.index_interval_bytes}};
    static const struct {
        const char *name;
        int64_t *value;
    } times[] = {{"segment.ms=", &config.segment_ms}, {"delete.retention.ms=", &config.delete_retention_ms}};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (strncmp(setting, times[i].name, strlen(times[i].name)) == 0) {
            *times[i].value = atoll(setting + strlen(times[i].name));
            return;
        }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strncmp(setting, known[i].name, strlen(known[i].name)) == 0) {
            *known[i].value = atoi(setting + strlen(known[i].name));
            return;
        }
    die(setting);
}

static void open_log(const char *folder, bool is_clean)
{
    struct log_snapshot now;
    const struct partition_log what = {.folder = folder, .start_offset = -1, .check = is_clean ? 0 : CHECK_CRC};
    if (!segment_cache_init(&cache) || !partition_log_init(&log_here, &what, &cache))
        die("no memory");
    partition_log_configure(&log_here, &config);
    if (partition_log_acquire(&log_here, false, &now) != KW_ERROR_NONE)
        die("the log cannot be opened");
    log_snapshot_release(&now);
}

static int64_t stable_offset(void)
{
    struct log_snapshot now;
    if (partition_log_acquire(&log_here, false, &now) != KW_ERROR_NONE)
        die("the log cannot be opened");
    log_snapshot_release(&now);
    return now.last_stable_offset;
}

static void append(const uint8_t *data, size_t size, int32_t epoch, bool from_client, int16_t version)
{
    struct append_batch batch;
    if (size < sizeof batch.header)
        die("the file is damaged");
    memcpy(batch.header, data, sizeof batch.header);
    batch.records = kw_bytes_of(data + sizeof batch.header, size - sizeof batch.header);
    struct log_append one = {.batches = &batch,
                             .count = 1,
                             .leader_epoch = epoch,
                             .origin = from_client ? APPEND_CLIENT : APPEND_COORDINATOR,
                             .verification = VERIFICATION_OFF,
                             .transaction_version = version};
    if (!log_append(&log_here, &one))
        die("a batch waits");
    printf("%d %lld\n", one.error, (long long)stable_offset());
}

static void append_all(const char *path)
{
    size_t size = 0;
    uint8_t *bytes = (uint8_t *)file_read(path, LARGEST_FILE, &size);
    if (bytes == NULL)
        die(path);
    for (size_t at = 0; at + HEADER <= size;) {
        const uint8_t *header = bytes + at;
        size_t length = kw_load_be32(header + 12);
        if (length > size - at - HEADER)
            die("the file is damaged");
        append(header + HEADER, length, (int32_t)kw_load_be32(header), kw_load_be32(header + 4) == 0,
               (int16_t)kw_load_be32(header + 8));
        at += HEADER + length;
    }
    free(bytes);
}

static bool always(void *context, size_t bytes)
{
    (void)context;
    (void)bytes;
    return true;
}

static int64_t clean(int64_t first_dirty, int64_t now, size_t slots)
{
    struct cleaner_job job;
    struct cleaner_result result = {.checkpoint = first_dirty};
    const struct cleaner_options options = {
        .map_bytes = slots * OFFSET_MAP_SLOT_SIZE, .map_load_factor = 0.9, .secret = {1, 2, 3}, .pace = {always, NULL}};
    if (!cleaner_look(&job, &log_here, first_dirty, now))
        die("the log cannot be looked at");
    if (job.range.dirty_size != 0 && cleaner_run(&job, &options, &result) != CLEAN_DONE)
        die("the log cannot be cleaned");
    cleaner_job_finish(&job);
    return result.checkpoint;
}

static void append_and_clean(char **rounds, int count, size_t slots)
{
    int64_t dirty = 0;
    for (int i = 0; i < count; i++) {
        append_all(rounds[2 * i]);
        dirty = clean(dirty, atoll(rounds[2 * i + 1]), slots);
        printf("clean up to %lld\n", (long long)dirty);
    }
}

static void close_log(void)
{
    int64_t until;
    if (log_close(&log_here, 0, &until) != KW_ERROR_NONE)
        die("the log cannot be closed");
    segment_cache_finish(&cache);
    partition_log_finish(&log_here);
}

int main(int argc, char **argv)
{
    bool recover = argc > 2 && strcmp(argv[1], "recover") == 0;
    bool kill = argc > 2 && strcmp(argv[1], "kill") == 0;
    bool cleans = argc > 2 && strcmp(argv[1], "clean") == 0;
    int rounds = cleans && argc > 4 ? atoi(argv[4]) : 0;
    int first = recover ? 3 : cleans ? 5 + 2 * rounds : 4;
    if (argc < first)
        die("usage: append_log append|kill FOLDER FILE SETTING=VALUE... | recover FOLDER SETTING=VALUE...\n"
            "       append_log clean FOLDER SLOTS ROUNDS (FILE NOW_MS)... SETTING=VALUE...");
    log_config_init(&config);
    config.compact = cleans;
    for (int i = first; i < argc; i++)
        set(argv[i]);
    open_log(argv[2], !recover);
    if (cleans)
        append_and_clean(argv + 5, rounds, (size_t)atoll(argv[3]));
    else if (!recover)
        append_all(argv[3]);
    if (kill)
        _Exit(0);
    close_log();
    return 0;
}
