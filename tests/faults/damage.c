/* SPDX-License-Identifier: Apache-2.0 */
#include "damage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/batches.h>
#include <kwire/error.h>
#include <kwire/storage/index.h>

#include "../disk/contents.h"
#include "../simulation/world.h"
#include "disk.h"
#include "judge.h"
#include "life.h"
#include "machine.h"

enum { SEED = 2, MOST_FILES = 512, SECTOR = 512, LATER_MS = 3600000 };

static struct {
    char *path;
    uint8_t *bytes;
    size_t size;
} files[MOST_FILES];

static size_t file_count;
static struct known known_then;
static bool was_clean;
static char subject[512];

const char *damage_subject(void)
{
    return subject;
}

/* ---- the directory ---- */

static void keep(void *context, const char *path)
{
    (void)context;
    if (file_count == MOST_FILES)
        broken("there are too many files");
    files[file_count].path = strdup(path);
    files[file_count].bytes = contents_of(path, &files[file_count].size);
    file_count++;
}

void damage_prepare(bool is_clean)
{
    was_clean = is_clean;
    machine_begin(SEED);
    disk_start();
    machine_set(1, true);
    judge_start(true);
    life_start();
    life_live(LIFE_ALL_FAILS);
    if (is_clean)
        machine_stop();
    else
        machine_kill();
    known_then = known;
    contents_list(FIRST_DIR, keep, NULL);
    disk_stop();
    world_finish();
}

static void put_back(size_t file)
{
    char folder[KW_PATH_SIZE];
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(files[file].path, '/') - files[file].path),
                   files[file].path);
    if (!folder_create(folder) || !contents_set(files[file].path, files[file].bytes, files[file].size))
        abort();
}

void damage_finish(void)
{
    while (file_count != 0) {
        free(files[--file_count].path);
        free(files[file_count].bytes);
    }
}

size_t damage_files(void)
{
    return file_count;
}

size_t damage_size(size_t file)
{
    return files[file].size;
}

/* ---- damage ---- */

static size_t damage_bytes(uint8_t *bytes, size_t size, enum damage damage, size_t at)
{
    size_t from = at / SECTOR * SECTOR, to = size - from < SECTOR ? size : from + SECTOR;
    switch (damage) {
    case DAMAGE_BIT:
        bytes[at] ^= (uint8_t)(1u << pick(8));
        return size;
    case DAMAGE_ZEROS:
        memset(bytes + from, 0, to - from);
        return size;
    case DAMAGE_GARBAGE:
        for (size_t i = from; i < to; i++)
            bytes[i] = (uint8_t)pick(256);
        return size;
    default:
        return at;
    }
}

static bool write_damaged(size_t file, enum damage damage, size_t at)
{
    uint8_t *bytes = malloc(files[file].size + 1);
    if (bytes == NULL)
        abort();
    memcpy(bytes, files[file].bytes, files[file].size);
    size_t size = damage_bytes(bytes, files[file].size, damage, at);
    bool differs = size != files[file].size || memcmp(bytes, files[file].bytes, size) != 0;
    (void)contents_set(files[file].path, bytes, size);
    free(bytes);
    return differs;
}

/* ---- what became of it ---- */

static const struct kind {
    const char *part;        /* of the path */
    bool must_be_complete;   /* all is answered as if nothing had happened */
    const char *description; /* of the table */
} kinds[] = {
    {"/__cluster_metadata-0/0", false, "metadata log and snapshots"},
    {"/__cluster_metadata-0/", false, "other files of the metadata log"},
    {".log", false, "segments"},
    {".index", true, "offset indexes"},
    {".timeindex", true, "time indexes"},
    {".txnindex", true, "transaction indexes"},
    {".snapshot", true, "snapshots of producers"},
    {"leader-epoch-checkpoint", true, "leader epochs"},
    {"partition.metadata", false, "ids of partitions"},
    {"log-start-offset-checkpoint", false, "log starts"},
    {"-checkpoint", true, "other checkpoints"},
    {"", false, "other files"},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static struct {
    uint64_t damaged, reported, refused, incomplete, silent;
} counts[KINDS];

static size_t kind_of(const char *path)
{
    size_t i = 0;
    while (strstr(path, kinds[i].part) == NULL)
        i++;
    return i;
}

/* A line that names the file, or its folder as a whole. */
static bool is_reported(const char *path)
{
    char folder[KW_PATH_SIZE];
    (void)snprintf(folder, sizeof folder, "%.*s: ", (int)(strrchr(path, '/') - path), path);
    return machine_said(path) || machine_said(folder);
}

static void look(size_t file, size_t kind)
{
    bool is_up = machine_start();
    bool is_complete = is_up && judge_is_complete();
    bool was_reported = is_reported(files[file].path);
    CHECK(is_complete || kind != 0 || !was_clean || !is_up || !process_decides(),
          "%s: metadata is cut off, though the broker was stopped", files[file].path);
    machine_stop();
    counts[kind].damaged++;
    counts[kind].reported += was_reported;
    counts[kind].refused += !is_up;
    counts[kind].incomplete += is_up && !is_complete;
    counts[kind].silent += is_complete && !was_reported;
    CHECK(is_complete || was_reported, "%s: %s, and nothing is said of it", files[file].path,
          is_up ? "something is missing" : "the broker does not start");
    note("%s", machine_console());
    CHECK(is_complete || !kinds[kind].must_be_complete, "%s: something is missing", files[file].path);
}

/* ---- what nothing tells ---- */

/* Where the batch starts that has the byte, or the last one. */
static size_t find_batch(size_t file, size_t at)
{
    kw_batches batches;
    kw_batch batch;
    size_t found = 0;
    kw_batches_init_memory(&batches, files[file].bytes, files[file].size);
    while (kw_batches_next(&batches, &batch) && batch.position <= at)
        found = batch.position;
    return found;
}

/* A file that ends between two entries or batches; and after a crash, when no file says where a log ended, the offset
 * of its last batch, and any epoch: docs/reliability.md. */
static bool is_beyond_detection(size_t file, enum damage damage, size_t at)
{
    const char *path = files[file].path;
    if (strstr(path, ".txnindex") != NULL)
        return damage == DAMAGE_CUT && at != 0 && at % KW_ABORTED_TXN_SIZE == 0;
    if (strstr(path, ".log") == NULL)
        return false;
    if (damage == DAMAGE_CUT)
        return find_batch(file, at) == at;
    size_t last = find_batch(file, SIZE_MAX);
    return damage == DAMAGE_BIT && !was_clean && at - last < sizeof(int64_t);
}

void damage_run(size_t file, enum damage damage, size_t at)
{
    (void)snprintf(subject, sizeof subject, "%s, of %zu bytes: --damage --file %s --kind %d --at %zu",
                   was_clean ? "stopped" : "killed", files[file].size, files[file].path, damage, at);
    machine_begin(SEED);
    random_test_init(&world.choices, at * DAMAGES + (size_t)damage);
    disk_start();
    for (size_t i = 0; i < file_count; i++)
        put_back(i);
    known = known_then;
    world_pass(LATER_MS);
    if (!is_beyond_detection(file, damage, at) && write_damaged(file, damage, at)) {
        look(file, kind_of(files[file].path));
        if (machine_start()) { /* whatever was done to the files */
            (void)judge_is_complete();
            machine_stop();
        }
    }
    disk_stop();
    world_finish();
}

void damage_named(const char *path, enum damage damage, size_t at)
{
    for (size_t i = 0; i < file_count; i++)
        if (strcmp(files[i].path, path) == 0 && at < files[i].size)
            damage_run(i, damage, at);
}

void damage_print(void)
{
    printf("%-32s %8s %9s %8s %11s %9s\n", "", "damaged", "reported", "refused", "incomplete", "no effect");
    for (size_t i = 0; i < KINDS; i++)
        if (counts[i].damaged != 0)
            printf("%-32s %8" PRIu64 " %9" PRIu64 " %8" PRIu64 " %11" PRIu64 " %9" PRIu64 "\n", kinds[i].description,
                   counts[i].damaged, counts[i].reported, counts[i].refused, counts[i].incomplete, counts[i].silent);
}
