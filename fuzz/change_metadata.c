/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to a whole broker that decides: whatever clients ask, the image stays consistent and each partition has its
 * log; the log replayed gives the image, cut anywhere an earlier one; and the next start continues with the same
 * topics, after a clean stop and without one. The input is a sequence of frames as a client sends them. */
#include <stdlib.h>
#include <string.h>

#include <kwire/frame.h>

#include "../tests/server/support/random_test.h"
#include "../tests/server/support/whole_broker.h"
#include "check_image.h"
#include "folder.h"
#include "fuzz.h"
#include "metadata/load.h"

enum {
    CAPACITY = 1 << 20,
    LARGEST_FRAME = 1 << 16,
    MOST_FRAMES = 8,
    MOST_PARTITIONS = 100,
    NODE = 1,
    LOG_LIMIT = 32 << 20
};

static const char log_name[] = "data/__cluster_metadata-0/00000000000000000000.log";
static const char cut_name[] = "cut/__cluster_metadata-0/00000000000000000000.log";

static struct whole_broker broker;
static struct random_test ids;
static const struct metadata_image *seen[MOST_FRAMES + 1]; /* that were published, the first one of the start */
static size_t seen_count;

static void path_of(const char *name, char path[64])
{
    strcpy(path, folder_path());
    strcat(path, name);
}

static void see(void)
{
    seen[seen_count++] = metadata_image_acquire(&broker.broker.metadata);
}

static void open_broker(void)
{
    char path[64];
    path_of("/data", path);
    FUZZ_REQUIRE(whole_broker_open(&broker, path) && broker.startup.decides);
    check_decided_image(broker.broker.metadata.current, NODE, &broker.broker.logs);
}

/* ---- replays ---- */

static void check_replay(void)
{
    char path[64];
    struct metadata_log log;
    struct metadata_image *image;
    path_of("/data", path);
    FUZZ_REQUIRE(metadata_read(path, NULL, &log, &image) == KW_OK);
    check_same_image(broker.broker.metadata.current, image, false);
    check_image_records(image);
    metadata_image_release(image);
}

/* The log up to a byte, which the input chooses, as a crash may leave it. */
static void check_cut(uint64_t choice)
{
    char path[64];
    struct metadata_log log;
    struct metadata_image *image;
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LOG_LIMIT);
    kw_bytes whole = folder_read(log_name, &arena);
    FUZZ_REQUIRE(whole.len > 0);
    folder_write(cut_name, whole.data, (size_t)(choice % ((uint64_t)whole.len + 1)));
    path_of("/cut", path);
    FUZZ_REQUIRE(metadata_read(path, NULL, &log, &image) == KW_OK);
    size_t i = 0;
    while (i < seen_count && seen[i]->parts.offset != image->parts.offset)
        i++;
    FUZZ_REQUIRE(i < seen_count || image->parts.offset < seen[0]->parts.offset);
    if (i < seen_count)
        check_same_image(seen[i], image, false);
    metadata_image_release(image);
    kw_arena_finish(&arena);
}

static void check_restart(bool is_clean)
{
    folder_freeze(!is_clean);
    whole_broker_close(&broker);
    folder_freeze(false);
    open_broker();
    check_same_image(seen[seen_count - 1], broker.broker.metadata.current, true);
    check_replay();
    whole_broker_close(&broker);
}

/* ---- requests ---- */

static bool ask(kw_frame frame)
{
    static uint8_t answer[CAPACITY];
    size_t size;
    uint8_t *copy = fuzz_copy(frame.payload.data, (size_t)frame.payload.len);
    bool answered = whole_broker_ask(&broker, (kw_bytes){copy, frame.payload.len}, answer, sizeof answer, &size);
    free(copy);
    const struct metadata_image *now = broker.broker.metadata.current, *before = seen[seen_count - 1];
    if (now != before) {
        FUZZ_REQUIRE(now->parts.offset > before->parts.offset);
        FUZZ_REQUIRE(now->parts.next_producer_id >= before->parts.next_producer_id);
        check_decided_image(now, NODE, &broker.broker.logs);
        see();
    }
    return answered;
}

static uint64_t hash_of(const uint8_t *data, size_t size)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Hundreds of partitions take much time, and lead nowhere else. */
static bool is_large(void)
{
    return log_manager_count(&broker.broker.logs) > MOST_PARTITIONS;
}

static void end(uint64_t choice)
{
    if (seen_count > 1) {
        if (!is_large()) {
            check_replay();
            check_cut(choice >> 1);
            check_restart((choice & 1) != 0);
        }
        whole_broker_close(&broker);
        folder_clear();
    }
    while (seen_count > 0)
        metadata_image_release(seen[--seen_count]);
}

static bool fill(struct random_source *source, void *to, size_t size)
{
    (void)source;
    return random_fill(&ids.source, to, size);
}

/* What an input has not changed is used for the next one. */
void fuzz_target(const uint8_t *data, size_t size)
{
    kw_frame frame;
    uint64_t choice = hash_of(data, size);
    (void)folder_path();
    if (!broker.is_open) {
        random_test_init(&ids, 1);
        random_system.fill = fill;
        open_broker();
    }
    see();
    for (int i = 0; i < MOST_FRAMES && kw_frame_next(data, size, LARGEST_FRAME, &frame) && ask(frame) && !is_large();
         i++) {
        data += frame.consumed;
        size -= frame.consumed;
    }
    end(choice);
}
