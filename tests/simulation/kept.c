/* SPDX-License-Identifier: Apache-2.0 */
#include "kept.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/batches.h>
#include <kwire/error.h>
#include <kwire/storage/checkpoint.h>
#include <kwire/storage/names.h>
#include <kwire/storage/partition_metadata.h>

#include "base/file.h"
#include "log/log_read.h"
#include "power.h"
#include "world.h"

enum { MOST_NAMES = 1 << 22, MOST_LOGS = 512, LARGEST = 1 << 30, STEP = 1 << 20 };

#define DATA "/data"

struct kept_batch {
    int64_t base, last;
    uint32_t crc;
    bool is_safe;
    bool starts_segment;
};

struct kept_log {
    char folder[256];
    kw_uuid topic_id; /* zero: not known */
    bool is_unclear;  /* a compaction had not ended */
    bool is_compared;
    int64_t first_offset; /* of the first segment: what is below has been removed, but its names may come back */
    int64_t clean_until;  /* what is below may have been replaced by compaction */
    struct kept_batch *batches;
    size_t count, capacity;
};

static struct kept_log logs[MOST_LOGS];
static size_t log_count;
static bool all_is_safe;

/* ---- files ---- */

static bool ends_with(kw_string name, const char *end)
{
    size_t size = (size_t)name.len, length = strlen(end);
    return size > length && memcmp(name.data + size - length, end, length) == 0;
}

static void add_batch(struct kept_log *log, const struct kept_batch *batch)
{
    if (log->count == log->capacity) {
        log->capacity = 2 * log->capacity + 64;
        log->batches = realloc(log->batches, log->capacity * sizeof *log->batches);
        if (log->batches == NULL)
            abort();
    }
    log->batches[log->count++] = *batch;
}

/* Up to the first batch that is not whole. Whether all of the file is safe. */
static bool read_segment(struct kept_log *log, const char *path, bool is_safe)
{
    kw_arena arena;
    kw_bytes bytes;
    kw_batches batches;
    kw_batch batch;
    size_t safe = is_safe ? power_safe_size(path) : 0, first = log->count;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LARGEST);
    if (file_load(path, LARGEST, &arena, &bytes) != KW_OK)
        broken("a segment cannot be read: %s", path);
    kw_batches_init(&batches, bytes);
    batches.flags |= KW_BATCHES_CHECK_CRC;
    while (kw_batches_next(&batches, &batch)) {
        const struct kept_batch kept = {batch.base_offset, batch.last_offset, batch.crc,
                                        all_is_safe || batch.position + batch.size <= safe, log->count == first};
        add_batch(log, &kept);
    }
    kw_arena_finish(&arena);
    return safe >= (size_t)bytes.len;
}

static kw_uuid read_topic_id(const char *folder)
{
    char path[KW_PATH_SIZE];
    kw_arena arena;
    kw_bytes bytes;
    size_t at;
    kw_uuid id, none = {{0}};
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), MOST_NAMES);
    bool is_known = path_join(path, folder, kw_string_of(KW_PARTITION_METADATA_NAME)) == KW_OK &&
                    file_load(path, MOST_NAMES, &arena, &bytes) == KW_OK &&
                    kw_partition_metadata_parse(&id, kw_string_of_bytes(bytes), &at) == KW_OK;
    kw_arena_finish(&arena);
    return is_known ? id : none;
}

/* Names are in the order of offsets. */
static void read_log(kw_string folder)
{
    char path[KW_PATH_SIZE];
    kw_arena arena;
    struct folder_names names;
    bool is_safe = true;
    if (log_count == MOST_LOGS || (size_t)folder.len >= sizeof logs->folder)
        broken("there are too many logs");
    struct kept_log *log = &logs[log_count++];
    *log = (struct kept_log){.first_offset = -1};
    memcpy(log->folder, folder.data, (size_t)folder.len);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), MOST_NAMES);
    if (path_join(path, DATA, folder) != KW_OK || folder_list(path, &arena, &names) != KW_OK)
        broken("a folder cannot be listed: %s", log->folder);
    log->topic_id = read_topic_id(path);
    for (size_t i = 0; i < names.len; i++) {
        char file[KW_PATH_SIZE];
        log->is_unclear =
            log->is_unclear || ends_with(names.items[i], ".cleaned") || ends_with(names.items[i], ".swap");
        if (!ends_with(names.items[i], ".log"))
            continue;
        if (path_join(file, path, names.items[i]) != KW_OK)
            abort();
        if (log->first_offset < 0)
            log->first_offset = strtoll(names.items[i].data, NULL, 10); /* up to the dot */
        is_safe = read_segment(log, file, is_safe);
    }
    kw_arena_finish(&arena);
}

static struct kept_log *find(const char *folder)
{
    for (size_t i = 0; i < log_count; i++)
        if (strcmp(logs[i].folder, folder) == 0)
            return &logs[i];
    return NULL;
}

/* What has been compacted, as far as somebody has written it down. */
static void read_cleaned(void)
{
    kw_arena arena;
    kw_bytes bytes;
    kw_offset_checkpoint checkpoint;
    size_t at;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), MOST_NAMES);
    if (file_load(DATA "/cleaner-offset-checkpoint", MOST_NAMES, &arena, &bytes) == KW_OK &&
        kw_offset_checkpoint_parse(&checkpoint, (kw_string){(const char *)bytes.data, bytes.len}, &arena, &at) == KW_OK)
        for (size_t i = 0; i < log_count; i++) {
            char topic[256];
            char *dash = strrchr(memcpy(topic, logs[i].folder, sizeof topic), '-');
            kw_string name = {topic, (int32_t)(dash - topic)};
            int64_t offset;
            if (kw_offset_checkpoint_find(&checkpoint, name, (int32_t)strtol(dash + 1, NULL, 10), &offset))
                logs[i].clean_until = offset;
        }
    kw_arena_finish(&arena);
}

/* A compaction that has ended is not known before the checkpoint says so. */
static void note_gaps(struct kept_log *log)
{
    for (size_t i = 1; i < log->count; i++)
        if (log->batches[i].base != log->batches[i - 1].last + 1 && log->batches[i].base > log->clean_until)
            log->is_unclear = true;
}

void kept_read(bool is_all_safe)
{
    kw_arena arena;
    struct folder_names names;
    kept_forget();
    all_is_safe = is_all_safe;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), MOST_NAMES);
    if (folder_list(DATA, &arena, &names) != KW_OK)
        broken("the directory cannot be listed");
    for (size_t i = 0; i < names.len; i++) {
        char path[KW_PATH_SIZE];
        if (path_join(path, DATA, names.items[i]) != KW_OK)
            abort();
        bool is_partition = folder_exists(path) &&
                            memchr(names.items[i].data, '-', (size_t)names.items[i].len) != NULL &&
                            !ends_with(names.items[i], "-delete") && !ends_with(names.items[i], "-stray");
        if (is_partition && !kw_string_equal(names.items[i], kw_string_of("__cluster_metadata-0")))
            read_log(names.items[i]);
    }
    kw_arena_finish(&arena);
    read_cleaned();
    for (size_t i = 0; i < log_count; i++)
        note_gaps(&logs[i]);
}

void kept_forget(void)
{
    for (size_t i = 0; i < log_count; i++)
        free(logs[i].batches);
    log_count = 0;
}

/* ---- afterwards ---- */

struct comparison {
    const struct kept_log *kept;
    const struct log_snapshot *now;
    size_t next; /* batch that is expected */
};

/* Batches that were kept and are not there. A finished segment that was not synced may have lost its end just between
 * two batches; what follows it stays then, as in Kafka. */
static void skip(struct comparison *c, size_t to)
{
    for (; c->next < to; c->next++) {
        const struct kept_batch *lost = &c->kept->batches[c->next];
        CHECK(lost->last < c->now->log_start_offset || !lost->is_safe, "%s has lost what was safe, at offset %" PRId64,
              c->kept->folder, lost->base);
        CHECK(lost->last < c->now->log_start_offset || to == c->kept->count || c->kept->batches[to].starts_segment,
              "%s has nothing at offset %" PRId64 ", and what follows", c->kept->folder, lost->base);
    }
}

static void compare_batch(struct comparison *c, const kw_batch *batch)
{
    const struct kept_log *kept = c->kept;
    CHECK(kw_batch_check_crc(batch) == KW_OK, "%s has a batch with a wrong checksum at offset %" PRId64, kept->folder,
          batch->base_offset);
    if (batch->last_offset < kept->clean_until || batch->last_offset < kept->first_offset)
        return;
    size_t at = c->next;
    while (at < kept->count && kept->batches[at].base < batch->base_offset)
        at++;
    CHECK(at < kept->count && kept->batches[at].base == batch->base_offset &&
              kept->batches[at].last == batch->last_offset && kept->batches[at].crc == batch->crc,
          "%s has a batch at offset %" PRId64 " that was not there before", kept->folder, batch->base_offset);
    skip(c, at);
    c->next = at + 1;
}

/* Offsets grow, and there is nothing else in a log. */
static void walk(struct comparison *c, struct partition_log *log)
{
    int64_t offset = c->now->log_start_offset;
    while (offset < c->now->log_end_offset) {
        struct log_slice slice;
        kw_batches batches;
        kw_batch batch;
        const struct log_read_request request = {
            .offset = offset, .end = c->now->log_end_offset, .max_bytes = STEP, .at_least_one = true};
        CHECK(log_read(log, c->now, &request, &slice) == KW_ERROR_NONE, "%s cannot be read at offset %" PRId64,
              c->kept->folder, offset);
        if (slice.segment == NULL)
            return;
        kw_batches_init(&batches, slice.records);
        while (kw_batches_next(&batches, &batch)) {
            CHECK(batch.last_offset >= offset, "%s has offset %" PRId64 " behind %" PRId64, c->kept->folder,
                  batch.base_offset, offset);
            if (!c->kept->is_unclear)
                compare_batch(c, &batch);
            offset = batch.last_offset + 1;
        }
        segment_release(slice.segment);
    }
}

/* A topic was deleted and made again, and the folder of the first one had kept its name: it is set aside as stray. */
static bool is_of_earlier_topic(const struct kept_log *kept, const struct partition_log *log)
{
    return !kw_uuid_is_zero(kept->topic_id) && !kw_uuid_is_zero(log->topic_id) &&
           !kw_uuid_equal(kept->topic_id, log->topic_id);
}

void kept_compare(struct partition_log *log)
{
    struct log_snapshot now;
    const char *name = strrchr(log->folder, '/') + 1;
    struct kept_log *kept = find(name);
    CHECK(partition_log_acquire(log, false, &now) == KW_ERROR_NONE, "%s cannot be opened", name);
    if (kept == NULL || is_of_earlier_topic(kept, log)) {
        CHECK(now.log_end_offset == 0, "%s has records that were not there before", name);
        if (kept != NULL)
            kept->is_compared = true;
    } else {
        struct comparison c = {kept, &now, 0};
        while (c.next < kept->count && kept->batches[c.next].last < kept->clean_until)
            c.next++;
        walk(&c, log);
        if (!kept->is_unclear)
            skip(&c, kept->count);
        kept->is_compared = true;
    }
    log_snapshot_release(&now);
}

size_t kept_missing(bool (*may_be_gone)(const char *folder))
{
    size_t missing = 0;
    for (size_t i = 0; i < log_count; i++)
        if (!logs[i].is_compared && logs[i].count != 0 && logs[i].batches[0].is_safe && !may_be_gone(logs[i].folder)) {
            note("%s is not there", logs[i].folder);
            missing++;
        }
    return missing;
}
