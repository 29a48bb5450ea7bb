/* SPDX-License-Identifier: Apache-2.0 */
#include "log_manager.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/storage/partition_metadata.h>

#include "../base/file.h"
#include "../observe/console.h"
#include "appender.h"
#include "checkpoints.h"
#include "flusher.h"
#include "log_creation.h"
#include "log_folders.h"
#include "log_upkeep.h"

/* Of the names in a directory, and of its checkpoints; of the small file of one partition. */
enum { ARENA_LIMIT = 1024 * 1024 * 1024, LARGEST_ID_FILE = 64 * 1024 };

enum { PRODUCERS_MAX = 100000 }; /* some 20 MB */

/* The settings and the directory of a log. */
static void put_into(struct log_manager *logs, struct managed_log *log, struct log_dir *dir)
{
    log->log.dir = dir;
    log->log.producer_budget = &logs->producers;
    log->log.producer_expiration_ms = logs->producer_expiration_ms;
    log->log.syncer = dir->flusher != NULL ? &dir->flusher->syncer : NULL;
    log->log.appender = dir->appender != NULL ? &dir->appender->calls : NULL;
}

struct opening {
    struct log_manager *logs;
    struct log_dir *dir;
    const struct problem_listener *listener;
    struct log_checkpoints checkpoints;
    kw_arena arena;   /* of names and checkpoints */
    kw_arena scratch; /* for one folder at a time */
};

/* ---- folders ---- */

static kw_status load_topic_id(struct opening *o, struct partition_log *what)
{
    char path[KW_PATH_SIZE];
    kw_bytes bytes = {NULL, 0};
    size_t at;
    kw_arena_reset(&o->scratch);
    kw_status status = path_join(path, what->folder, kw_string_of(KW_PARTITION_METADATA_NAME));
    if (status == KW_OK)
        status = file_load(path, LARGEST_ID_FILE, &o->scratch, &bytes);
    if (status == KW_ERR_NO_FILE || is_shortage(status))
        return status == KW_ERR_NO_FILE ? KW_OK : status;
    if (status == KW_ERR_FILE) {
        problem_with_file(o->listener, path, status, "file of a log directory; it is not used");
        return KW_OK;
    }
    status = kw_partition_metadata_parse(&what->topic_id, kw_string_of_bytes(bytes), &at);
    if (status != KW_OK)
        problem_at(o->listener, path, at, -1, status, "id of the topic; the folder is known by its name");
    return KW_OK;
}

static int64_t find_offset(const kw_offset_checkpoint *checkpoint, const struct partition_log *what, int64_t otherwise)
{
    int64_t offset;
    return kw_offset_checkpoint_find(checkpoint, what->topic, what->partition, &offset) ? offset : otherwise;
}

/* Records in a folder that has lost its id may be of any topic of that name. */
static bool may_be_of_another_topic(const struct managed_log *log)
{
    return kw_uuid_is_zero(log->log.topic_id) && log_folder_check_empty(log->log.folder) != KW_OK;
}

static bool are_of_two_topics(const struct managed_log *a, const struct managed_log *b)
{
    if (kw_uuid_is_zero(a->log.topic_id) != kw_uuid_is_zero(b->log.topic_id))
        return may_be_of_another_topic(a) || may_be_of_another_topic(b);
    return !kw_uuid_equal(a->log.topic_id, b->log.topic_id);
}

/* Takes over a log that is not in the map. */
static kw_status add_beside(const struct opening *o, struct managed_log *log, struct managed_log ***list, size_t *count)
{
    struct managed_log **items = realloc(*list, (*count + 1) * sizeof *items);
    if (items == NULL) {
        log_release(&log->log);
        return KW_ERR_NO_MEMORY;
    }
    put_into(o->logs, log, o->dir);
    atomic_fetch_add(&o->dir->log_count, 1);
    *list = items;
    items[(*count)++] = log;
    return KW_OK;
}

static kw_status refuse_second(const struct opening *o, struct managed_log *log, const char *what)
{
    problem_with_file(o->listener, log->log.folder, KW_ERR_FILE_FORMAT, what);
    log_release(&log->log);
    return KW_ERR_FILE_FORMAT;
}

static kw_status add_future(const struct opening *o, struct managed_log *log)
{
    struct log_manager *logs = o->logs;
    for (size_t i = 0; i < logs->future_count; i++) {
        const struct partition_log *other = &logs->futures[i]->log;
        if (other->partition == log->log.partition && kw_string_equal(other->topic, log->log.topic))
            return refuse_second(o, log, "folder of a replica that is being moved; there is another one");
    }
    return add_beside(o, log, &logs->futures, &logs->future_count);
}

static kw_status add_first(const struct opening *o, struct managed_log *log)
{
    if (!log_manager_add(o->logs, log, o->dir))
        return KW_ERR_NO_MEMORY;
    log_release(&log->log);
    return KW_OK;
}

/* What a creation has left that has failed, after which the log was created in another directory. */
static void remove_empty(const struct opening *o, struct managed_log *log)
{
    kw_status status = folder_remove(log->log.folder);
    problem_with_file(o->listener, log->log.folder, status != KW_OK ? status : KW_ERR_FILE_FORMAT,
                      "folder of a partition without records; another log directory has one, which is used");
    log_release(&log->log);
}

static kw_status add_in_place_of(const struct opening *o, struct managed_log *log, struct managed_log *other)
{
    atomic_fetch_sub(&other->log.dir->log_count, 1);
    if (log_map_remove(&o->logs->map, other))
        log_release(&other->log);
    remove_empty(o, other);
    return add_first(o, log);
}

/* Takes the log over. */
static kw_status add_log(const struct opening *o, struct managed_log *log)
{
    struct managed_log *other = log_map_find(&o->logs->map, log->log.topic, log->log.partition);
    if (other == NULL)
        return add_first(o, log);
    /* A directory may have been offline while a topic was deleted, and another one of its name created. */
    bool is_rival = are_of_two_topics(log, other);
    if (!is_rival && log_folder_check_empty(log->log.folder) == KW_OK) {
        log_release(&other->log);
        remove_empty(o, log);
        return KW_OK;
    }
    if (!is_rival && log_folder_check_empty(other->log.folder) == KW_OK)
        return add_in_place_of(o, log, other);
    log_release(&other->log);
    return is_rival ? add_beside(o, log, &o->logs->rivals, &o->logs->rival_count)
                    : refuse_second(o, log, "folder of a partition; another log directory has one of the same name");
}

/* After a crash the last segment is read whole, as Kafka does, for its end may be anything. */
static kw_status add_log_of(struct opening *o, const kw_partition_dir_name *name, const char *path)
{
    struct partition_log what = {.topic = name->topic,
                                 .partition = name->partition,
                                 .is_future = name->kind == KW_PARTITION_DIR_FUTURE,
                                 .folder = path,
                                 .check = o->dir->was_clean ? 0 : CHECK_CRC};
    kw_status status = load_topic_id(o, &what);
    if (status != KW_OK)
        return status;
    what.start_offset = find_offset(&o->checkpoints.start_offsets, &what, -1);
    what.recovery_point = find_offset(&o->checkpoints.recovery_points, &what, 0);
    struct managed_log *log = managed_log_create(&what, path, &o->logs->cache);
    if (log == NULL)
        return KW_ERR_NO_MEMORY;
    log->checked_watermark = find_offset(&o->checkpoints.high_watermarks, &what, -1);
    atomic_store(&log->synced_until, what.recovery_point);
    atomic_store(&log->clean_until, find_offset(&o->checkpoints.cleaned, &what, -1));
    checkpoint_note(log, CHECKPOINT_LOG_STARTS, what.start_offset);
    checkpoint_note(log, CHECKPOINT_RECOVERY_POINTS, what.recovery_point);
    checkpoint_note(log, CHECKPOINT_HIGH_WATERMARKS, log->checked_watermark);
    checkpoint_note(log, CHECKPOINT_CLEANED, atomic_load(&log->clean_until));
    return log->log.is_future ? add_future(o, log) : add_log(o, log);
}

/* A folder of which nothing is known may have a log: it must not be taken for one that does not exist. Without it
 * others are served where the metadata is; another directory fails. */
static kw_status pass_over(const struct opening *o, const char *path, kw_status status)
{
    if (status == KW_ERR_NO_FILE)
        return KW_OK;
    if (is_shortage(status) || !o->dir->has_metadata)
        return status;
    problem_with_file(o->listener, path, status, "folder of a partition; it is left out");
    return KW_OK;
}

static kw_status add_folder(struct opening *o, kw_string name)
{
    struct file_facts facts;
    kw_partition_dir_name parsed;
    char path[KW_PATH_SIZE];
    if (!kw_partition_dir_name_parse(name, &parsed) ||
        kw_string_equal(parsed.topic, kw_string_of("__cluster_metadata")))
        return KW_OK;
    if (path_join(path, o->dir->path, name) != KW_OK) {
        problem_with_file(o->listener, path, KW_ERR_FILE, "folder of a partition; it is left out");
        return KW_OK;
    }
    kw_status status = file_look(path, &facts);
    if (status != KW_OK || !facts.is_folder)
        return pass_over(o, path, status != KW_OK ? status : KW_ERR_NO_FILE);
    o->dir->folder_count++;
    o->dir->has_deleted = o->dir->has_deleted || parsed.kind == KW_PARTITION_DIR_DELETE;
    bool is_log = parsed.kind == KW_PARTITION_DIR_LIVE || parsed.kind == KW_PARTITION_DIR_FUTURE;
    return is_log ? add_log_of(o, &parsed, path) : KW_OK;
}

/* What a checkpoint says of a partition that has no folder here must not be said of a later one of its name. */
static void find_stale(const struct opening *o, enum log_checkpoint which, const kw_offset_checkpoint *checkpoint)
{
    for (int32_t i = 0; i < checkpoint->len && (o->dir->stale & 1u << which) == 0; i++) {
        const kw_partition_offset *said = &checkpoint->items[i];
        struct managed_log *log = log_map_find(&o->logs->map, said->topic, said->partition);
        if (said->offset > 0 && (log == NULL || log->log.dir != o->dir))
            o->dir->stale |= 1u << which;
        if (log != NULL)
            log_release(&log->log);
    }
}

static kw_status read_dir(struct opening *o)
{
    struct folder_names names;
    kw_status status = folder_list(o->dir->path, &o->arena, &names);
    if (status == KW_OK)
        status = checkpoints_load(&o->checkpoints, o->dir->path, &o->arena, o->listener);
    if (status == KW_OK)
        status = log_dir_read_clean(o->dir);
    for (size_t i = 0; status == KW_OK && i < names.len; i++)
        status = add_folder(o, names.items[i]);
    find_stale(o, CHECKPOINT_LOG_STARTS, &o->checkpoints.start_offsets);
    find_stale(o, CHECKPOINT_RECOVERY_POINTS, &o->checkpoints.recovery_points);
    find_stale(o, CHECKPOINT_HIGH_WATERMARKS, &o->checkpoints.high_watermarks);
    find_stale(o, CHECKPOINT_CLEANED, &o->checkpoints.cleaned);
    return status;
}

/* ---- directories ---- */

static struct log_dir *add_dir(struct log_manager *logs, const char *path)
{
    struct log_dir **dirs = realloc(logs->dirs, (logs->dir_count + 1) * sizeof(struct log_dir *));
    if (dirs == NULL)
        return NULL;
    logs->dirs = dirs;
    struct log_dir *dir = log_dir_create(path);
    if (dir == NULL)
        return NULL;
    dir->has_metadata = logs->dir_count == 0;
    if (dir->has_metadata)
        logs->path = dir->path;
    dirs[logs->dir_count++] = dir;
    return dir;
}

static void fail_segment(void *context, const char *folder, kw_status status)
{
    const struct log_manager *logs = context;
    for (size_t i = 0; i < logs->dir_count; i++) {
        size_t size = strlen(logs->dirs[i]->path);
        if (strncmp(folder, logs->dirs[i]->path, size) == 0 && folder[size] == '/')
            (void)log_dir_fail_with(logs->dirs[i], status);
    }
}

bool log_manager_init(struct log_manager *logs)
{
    memset(logs, 0, sizeof *logs);
    logs->random = &random_system;
    logs->producers.limit = PRODUCERS_MAX;
    if (pthread_mutex_init(&logs->changes, NULL) != 0)
        return false;
    if (pthread_mutex_init(&logs->checkpoints, NULL) != 0) {
        (void)pthread_mutex_destroy(&logs->changes);
        return false;
    }
    if (segment_cache_init(&logs->cache)) {
        logs->cache.failed = fail_segment;
        logs->cache.context = logs;
        logs->is_open = log_map_init(&logs->map);
        if (logs->is_open)
            return true;
        segment_cache_finish(&logs->cache);
    }
    (void)pthread_mutex_destroy(&logs->checkpoints);
    (void)pthread_mutex_destroy(&logs->changes);
    return false;
}

kw_status log_manager_add_dir(struct log_manager *logs, const char *path, const struct problem_listener *listener)
{
    struct opening o = {.logs = logs, .listener = listener};
    o.dir = add_dir(logs, path);
    if (o.dir == NULL)
        return KW_ERR_NO_MEMORY;
    kw_arena_init_growing(&o.arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    kw_arena_init_growing(&o.scratch, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    kw_status status = read_dir(&o);
    int error = errno;
    kw_arena_finish(&o.scratch);
    kw_arena_finish(&o.arena);
    errno = error; /* which the status may refer to */
    return status;
}

bool log_manager_add_offline_dir(struct log_manager *logs, const char *path)
{
    struct log_dir *dir = add_dir(logs, path);
    if (dir != NULL)
        atomic_store(&dir->is_offline, true);
    return dir != NULL;
}

kw_status log_manager_open(struct log_manager *logs, const char *path, const struct problem_listener *listener)
{
    return log_manager_init(logs) ? log_manager_add_dir(logs, path, listener) : KW_ERR_NO_MEMORY;
}

void log_manager_close(struct log_manager *logs)
{
    if (!logs->is_open)
        return;
    log_upkeep_end(logs);
    log_map_finish(&logs->map);
    for (size_t i = 0; i < logs->rival_count; i++)
        log_release(&logs->rivals[i]->log);
    free(logs->rivals);
    for (size_t i = 0; i < logs->future_count; i++)
        log_release(&logs->futures[i]->log);
    free(logs->futures);
    log_creation_finish(logs);
    segment_cache_finish(&logs->cache);
    (void)pthread_mutex_destroy(&logs->checkpoints);
    (void)pthread_mutex_destroy(&logs->changes);
    for (size_t i = 0; i < logs->dir_count; i++)
        log_dir_destroy(logs->dirs[i]);
    free(logs->dirs);
    memset(logs, 0, sizeof *logs);
}

bool log_manager_is_empty(const struct log_manager *logs)
{
    for (size_t i = 0; i < logs->dir_count; i++)
        if (logs->dirs[i]->folder_count != 0)
            return false;
    return true;
}

/* ---- a directory that fails ---- */

static bool is_of_topic(const struct managed_log *log, kw_uuid topic_id)
{
    return kw_uuid_is_zero(topic_id) || kw_uuid_is_zero(log->log.topic_id) ||
           kw_uuid_equal(topic_id, log->log.topic_id);
}

void log_manager_listen(struct log_manager *logs, const struct log_dir_listener *listener)
{
    for (size_t i = 0; i < logs->dir_count; i++)
        logs->dirs[i]->listener = listener;
}

bool log_manager_is_offline(struct log_manager *logs, kw_string topic, kw_uuid topic_id, int32_t partition)
{
    bool any = false;
    for (size_t i = 0; i < logs->dir_count; i++)
        any = any || log_dir_is_offline(logs->dirs[i]);
    struct managed_log *log = any ? log_map_find(&logs->map, topic, partition) : NULL;
    if (log == NULL)
        return false;
    bool offline = is_of_topic(log, topic_id) && log_dir_is_offline(log->log.dir);
    log_release(&log->log);
    return offline;
}

void log_manager_wake(struct log_manager *logs, const struct log_dir *dir)
{
    struct log_list list;
    if (!log_manager_list(logs, &list))
        return; /* who waits has a time limit */
    for (size_t i = 0; i < list.len; i++)
        if (list.items[i]->dir == dir)
            partition_log_wake(list.items[i]);
    log_list_release(&list);
}

/* ---- logs ---- */

bool log_manager_add(struct log_manager *logs, struct managed_log *log, struct log_dir *dir)
{
    put_into(logs, log, dir);
    log_share(&log->log);
    if (log_map_add(&logs->map, log)) {
        atomic_fetch_add(&dir->log_count, 1);
        return true;
    }
    log_release(&log->log);
    log_release(&log->log);
    return false;
}

bool log_manager_list(struct log_manager *logs, struct log_list *out)
{
    return log_map_list(&logs->map, out);
}

size_t log_manager_count(struct log_manager *logs)
{
    return log_map_count(&logs->map);
}

/* Without a folder a partition of this node is empty: Kafka would create the folder now. */
static struct managed_log *add_empty(struct log_manager *logs, kw_string topic, kw_uuid topic_id, int32_t partition)
{
    const struct partition_log what = {
        .topic = topic, .topic_id = topic_id, .partition = partition, .start_offset = -1};
    struct managed_log *log = managed_log_create(&what, NULL, &logs->cache);
    if (log == NULL)
        return NULL;
    log_share(&log->log);
    if (log_map_add(&logs->map, log))
        return log;
    log_release(&log->log);
    log_release(&log->log);
    return log_map_find(&logs->map, topic, partition); /* another thread may have been faster */
}

struct partition_log *log_manager_find(struct log_manager *logs, kw_string topic, kw_uuid topic_id, int32_t partition)
{
    if (!logs->is_open)
        return NULL;
    struct managed_log *log = log_map_find(&logs->map, topic, partition);
    if (log != NULL && !is_of_topic(log, topic_id)) {
        if (logs->upkeep == NULL && log_map_remove(&logs->map, log))
            log_release(&log->log);
        log_release(&log->log);
        log = NULL;
    }
    if (log == NULL && logs->upkeep == NULL)
        log = add_empty(logs, topic, topic_id, partition);
    return log != NULL ? &log->log : NULL;
}

bool log_manager_checkpoint(struct log_manager *logs, struct log_dir *dir, enum log_checkpoint which)
{
    struct log_list list;
    bool written = false;
    (void)pthread_mutex_lock(&logs->checkpoints);
    if (log_manager_list(logs, &list)) {
        written = checkpoint_write(dir, which, &list);
        log_list_release(&list);
    } else {
        console_line("%s: checkpoints are not written: out of memory", dir->path);
    }
    (void)pthread_mutex_unlock(&logs->checkpoints);
    return written;
}
