/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of a broker that has stopped, in order or not, and any damage to its files: the next one starts, or
 * serves it for reading, or says why it does neither; where it starts, the one after it does. The
 * records of a partition are all there if they and the metadata are not damaged, whatever has become of indexes,
 * snapshots and other checkpoints than that of the logs' starts.
 *
 * The input: 1 if it stopped in order (8 bits), then damages as in damage.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../tests/server/support/random_test.h"
#include "../tests/server/support/whole_broker.h"
#include "check_image.h"
#include "damage.h"
#include "folder.h"
#include "log/log_change.h"
#include "log/log_read.h"
#include "log/log_upkeep.h"
#include "sample_log.h"

enum { MOST_FILES = 128, MOST_DAMAGES = 6, NAME_SIZE = 128, CAPACITY = 1 << 20, PARTITIONS = 2, LIST_LIMIT = 1 << 20 };

static const char path[] = "/fuzz/data";

/* As the broker left them. */
struct directory {
    char names[MOST_FILES][NAME_SIZE]; /* from the directory on */
    struct damaged_file files[MOST_FILES];
    size_t count;
    int64_t end[PARTITIONS]; /* of a-0 and a-1 */
};

static struct whole_broker broker;
static struct random_test ids;

static bool fill(struct random_source *source, void *to, size_t size)
{
    (void)source;
    return random_fill(&ids.source, to, size);
}

/* ---- the directory ---- */

static void keep_file(struct directory *d, const char *folder, const char *name, kw_arena *arena)
{
    char full[2 * NAME_SIZE];
    FUZZ_REQUIRE(d->count < MOST_FILES);
    (void)snprintf(d->names[d->count], NAME_SIZE, "%s%s", folder, name);
    (void)snprintf(full, sizeof full, "data/%s", d->names[d->count]);
    kw_bytes content = folder_read(full, arena);
    FUZZ_REQUIRE(content.len >= 0);
    d->files[d->count++] = (struct damaged_file){fuzz_copy(content.data, (size_t)content.len), (size_t)content.len};
}

static void keep_folder(struct directory *d, const char *folder, kw_arena *arena)
{
    struct folder_names names;
    char full[2 * NAME_SIZE], below[NAME_SIZE];
    (void)snprintf(full, sizeof full, "%s/%s", path, folder);
    FUZZ_REQUIRE(folder_list(full, arena, &names) == KW_OK);
    for (size_t i = 0; i < names.len; i++) {
        (void)snprintf(full, sizeof full, "%s/%s%s", path, folder, names.items[i].data);
        (void)snprintf(below, sizeof below, "%s/", names.items[i].data);
        if (folder_exists(full))
            keep_folder(d, below, arena);
        else
            keep_file(d, folder, names.items[i].data, arena);
    }
}

static struct partition_log *log_of(int32_t partition, struct log_snapshot *snapshot)
{
    const kw_uuid any = {{0}};
    struct partition_log *log = log_manager_find(&broker.broker.logs, kw_string_of("a"), any, partition);
    FUZZ_REQUIRE(log != NULL && partition_log_acquire(log, false, snapshot) == KW_ERROR_NONE);
    return log;
}

/* Several segments each, of different kinds. */
static void fill_partitions(struct directory *d)
{
    struct log_snapshot snapshot;
    for (int32_t i = 0; i < PARTITIONS; i++) {
        struct partition_log *log = log_of(i, &snapshot);
        log_snapshot_release(&snapshot);
        sample_log_append(log, i == 0 ? SAMPLE_IDEMPOTENT : SAMPLE_TRANSACTIONS);
        FUZZ_REQUIRE(log_roll(log) == KW_ERROR_NONE);
        sample_log_append(log, SAMPLE_PLAIN);
        log_release(log);
        log_release(log_of(i, &snapshot));
        d->end[i] = snapshot.log_end_offset;
        log_snapshot_release(&snapshot);
    }
    log_upkeep_checkpoint(&broker.broker.logs);
}

static void make(struct directory *d, bool in_order)
{
    static const uint8_t create[] = {0, 19, 0, 2, 0, 0, 0, 5, 255, 255, 0, 0, 0, 1, 0, 1, 'a', 0,
                                     0, 0,  2, 0, 1, 0, 0, 0, 0,   0,   0, 0, 0, 0, 0, 3, 232, 0};
    static uint8_t answer[CAPACITY];
    size_t size;
    kw_arena arena;
    random_test_init(&ids, 1);
    random_system.fill = fill;
    FUZZ_REQUIRE(whole_broker_open(&broker, path) && broker.startup.decides);
    FUZZ_REQUIRE(whole_broker_ask(&broker, kw_bytes_of(create, sizeof create), answer, sizeof answer, &size));
    fill_partitions(d);
    folder_freeze(!in_order);
    whole_broker_close(&broker);
    folder_freeze(false);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIST_LIMIT);
    keep_folder(d, "", &arena);
    kw_arena_finish(&arena);
    folder_clear();
}

static const struct directory *directory_of(bool in_order)
{
    static struct directory made[2];
    if (made[in_order].count == 0)
        make(&made[in_order], in_order);
    return &made[in_order];
}

/* ---- damage ---- */

/* What the damages leave alone. */
struct intact {
    bool records[PARTITIONS];
    bool metadata; /* and what says whose directory it is, and where logs start */
};

static void note(struct intact *intact, const char *name)
{
    size_t size = strlen(name);
    bool is_log = size > 4 && strcmp(name + size - 4, ".log") == 0;
    for (int i = 0; i < PARTITIONS; i++)
        if (name[0] == 'a' && name[2] == '0' + i && (is_log || strstr(name, "partition.metadata") != NULL))
            intact->records[i] = false;
    if (strncmp(name, "__cluster", 9) == 0 || strcmp(name, "meta.properties") == 0 ||
        strcmp(name, "log-start-offset-checkpoint") == 0)
        intact->metadata = false;
}

static struct intact write_damaged(const struct directory *d, fuzz_input *in)
{
    struct intact intact = {{true, true}, true};
    struct damaged_file files[MOST_FILES], *all[MOST_FILES];
    char full[2 * NAME_SIZE];
    for (size_t i = 0; i < d->count; i++) {
        files[i] = (struct damaged_file){fuzz_copy(d->files[i].data, d->files[i].size), d->files[i].size};
        all[i] = &files[i];
    }
    for (int i = 0; i < MOST_DAMAGES && fuzz_left(in) > 0; i++)
        note(&intact, d->names[damage_one(in, all, d->count)]);
    for (size_t i = 0; i < d->count; i++) {
        (void)snprintf(full, sizeof full, "data/%s", d->names[i]);
        if (files[i].data != NULL)
            folder_write(full, files[i].data, files[i].size);
        free(files[i].data);
    }
    return intact;
}

/* ---- the next brokers ---- */

/* All batches, one after the other. */
static void check_records(int32_t partition, int64_t end)
{
    struct log_snapshot now;
    struct log_slice slice;
    struct partition_log *log = log_of(partition, &now);
    int64_t offset = 0;
    FUZZ_REQUIRE(now.log_start_offset == 0 && now.log_end_offset == end);
    while (offset < end) {
        const struct log_read_request request = {.offset = offset, .end = end, .max_bytes = 1, .at_least_one = true};
        kw_batches bs;
        kw_batch batch;
        FUZZ_REQUIRE(log_read(log, &now, &request, &slice) == KW_ERROR_NONE && slice.segment != NULL);
        kw_batches_init(&bs, slice.records);
        FUZZ_REQUIRE(kw_batches_next(&bs, &batch) && batch.base_offset == offset &&
                     kw_batch_check_crc(&batch) == KW_OK);
        offset = batch.last_offset + 1;
        segment_release(slice.segment);
    }
    log_snapshot_release(&now);
    log_release(log);
}

static void start_next(const struct directory *d, const struct intact *intact)
{
    bool started = whole_broker_open(&broker, path);
    FUZZ_REQUIRE(started || !intact->metadata);
    if (!started)
        return;
    bool decides = broker.startup.decides;
    FUZZ_REQUIRE(decides || !intact->metadata);
    const struct metadata_image *image = metadata_image_acquire(&broker.broker.metadata);
    check_image(image);
    for (int32_t i = 0; i < PARTITIONS; i++)
        if (intact->metadata && intact->records[i])
            check_records(i, d->end[i]);
    whole_broker_close(&broker);
    if (decides) {
        FUZZ_REQUIRE(whole_broker_open(&broker, path) && broker.startup.decides);
        check_same_image(image, broker.broker.metadata.current, true);
        whole_broker_close(&broker);
    }
    metadata_image_release(image);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    (void)folder_path();
    const struct directory *d = directory_of((fuzz_take8(&in) & 1) != 0);
    struct intact intact = write_damaged(d, &in);
    start_next(d, &intact);
    folder_clear();
}
