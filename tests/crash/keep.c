/* SPDX-License-Identifier: Apache-2.0 */
#include "keep.h"

#include <inttypes.h>
#include <stdio.h>

#include <kwire/error.h>

#include "../simulation/world.h"
#include "base/file_layer.h"
#include "node.h"

enum { LIMIT = 1 << 30 };

static const char *folder_of_states;
static char folder[KW_PATH_SIZE / 2]; /* of the state at hand */
static unsigned count;

static void keep_file(const char *from, const char *to, kw_arena *arena)
{
    struct file file = FILE_NONE;
    kw_bytes bytes;
    if (file_load(from, LIMIT, arena, &bytes) != KW_OK)
        broken("%s cannot be read", from);
    const kw_span part = {bytes.data, (size_t)bytes.len};
    if (file_layer_system.open(&file, to, FILE_CREATE | FILE_TRUNCATE) != KW_OK ||
        file_layer_system.write(&file, 0, &part, 1) != KW_OK || file_layer_system.close(&file) != KW_OK)
        broken("%s cannot be written", to);
}

void keep_folder(const char *from, const char *to)
{
    struct folder_names names;
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    (void)file_layer_system.create_folder(to);
    if (folder_list(from, &arena, &names) != KW_OK)
        broken("%s cannot be read", from);
    for (size_t i = 0; i < names.len; i++) {
        char source[KW_PATH_SIZE], target[KW_PATH_SIZE];
        if (path_join(source, from, names.items[i]) != KW_OK || path_join(target, to, names.items[i]) != KW_OK)
            broken("a path is too long");
        if (folder_exists(source))
            keep_folder(source, target);
        else
            keep_file(source, target, &arena);
    }
    kw_arena_finish(&arena);
}

/* ---- for Kafka ---- */

static FILE *open_text(const char *name)
{
    char path[KW_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    if (out == NULL)
        broken("%s cannot be written", path);
    return out;
}

static void keep_part(const char *name)
{
    char path[KW_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    keep_folder("/", path);
}

static void keep_built(const struct crash *crash)
{
    (void)snprintf(folder, sizeof folder, "%s/%u", folder_of_states, count++);
    (void)file_layer_system.create_folder(folder);
    FILE *out = open_text("name");
    (void)fprintf(out, "point %zu variant %" PRIu64 "\n", crash->point, crash->variant);
    (void)fclose(out);
    keep_part("before");
}

static void print_log(FILE *out, struct partition_log *log)
{
    struct log_snapshot now;
    struct log_config config;
    if (!partition_log_config(log, &config) || partition_log_acquire(log, false, &now) != KW_ERROR_NONE)
        broken("a log cannot be opened");
    (void)fprintf(out, "%s %" PRId64 ",%" PRId64 " %" PRId64 ",%" PRId64, log->folder + 1,
                  log->start_offset > 0 ? log->start_offset : 0, log->recovery_point, now.log_start_offset,
                  now.log_end_offset);
    (void)fprintf(out, " internal.segment.bytes=%d index.interval.bytes=%d cleanup.policy=%s\n", config.segment_bytes,
                  config.index_interval_bytes, config.compact ? "compact" : "delete");
    log_snapshot_release(&now);
}

static void keep_recovered(void)
{
    struct log_list list;
    FILE *out = open_text("logs");
    if (!log_manager_list(&process_broker()->logs, &list))
        broken("there is no memory");
    for (size_t i = 0; i < list.len; i++)
        print_log(out, list.items[i]);
    log_list_release(&list);
    (void)fclose(out);
    keep_part("after");
}

const struct check_observer *keep_for_kafka(const char *path)
{
    static const struct check_observer observer = {keep_built, keep_recovered};
    folder_of_states = path;
    return &observer;
}
