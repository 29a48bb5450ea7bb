/* SPDX-License-Identifier: Apache-2.0 */
#include "log_creation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/clock.h"
#include "../observe/console.h"
#include "log_change.h"
#include "log_copy.h"
#include "log_folders.h"
#include "log_recovery.h"
#include "log_upkeep.h"
#include "log_writer.h"

/* Settings that logs share, because few of them differ. Under the lock for changes. */
struct shared_config {
    struct shared_config *next;
    size_t references;
    struct log_config config;
};

static void report(const char *path, const char *what, kw_status status)
{
    console_line("%s: %s: %s", path, what, status == KW_ERR_FILE ? strerror(errno) : kw_status_text(status));
}

/* ---- settings ---- */

static struct shared_config *share_config(struct log_manager *logs, const struct log_config *config)
{
    struct shared_config *shared = logs->configs;
    while (shared != NULL && memcmp(&shared->config, config, sizeof *config) != 0)
        shared = shared->next;
    if (shared == NULL && (shared = calloc(1, sizeof *shared)) != NULL) {
        memcpy(&shared->config, config, sizeof *config);
        shared->next = logs->configs;
        logs->configs = shared;
    }
    if (shared != NULL)
        shared->references++;
    return shared;
}

static void release_config(struct log_manager *logs, struct shared_config *shared)
{
    if (shared == NULL || --shared->references != 0)
        return;
    struct shared_config **link = &logs->configs;
    while (*link != shared)
        link = &(*link)->next;
    *link = shared->next;
    free(shared);
}

/* NULL: the log can only be read from now on. */
static bool configure(struct log_manager *logs, struct managed_log *log, const struct log_config *config)
{
    struct shared_config *shared = config != NULL ? share_config(logs, config) : NULL;
    if (config != NULL && shared == NULL)
        return false;
    partition_log_configure(&log->log, shared != NULL ? &shared->config : NULL);
    release_config(logs, log->config);
    log->config = shared;
    return true;
}

/* ---- creating ---- */

/* Kafka reserves ids of small numbers: "not assigned", "lost" and the like. */
static bool is_reserved(kw_uuid id)
{
    static const uint8_t zeros[15];
    return memcmp(id.bytes, zeros, sizeof zeros) == 0;
}

/* The directory with the fewest logs, as in Kafka, of those that were not tried; NULL: there is none that the log may
 * be created in. A log that may exist already, where it cannot be seen at the moment, must not get a second life
 * elsewhere: in a directory that is offline, or not in log.dirs any more. */
static struct log_dir *choose_dir(const struct log_manager *logs, const struct log_wanted *wanted)
{
    bool is_named = !is_reserved(wanted->directory);
    struct log_dir *fewest = NULL;
    for (size_t i = 0; i < logs->dir_count; i++) {
        struct log_dir *dir = logs->dirs[i];
        bool is_offline = atomic_load(&dir->is_offline);
        if (is_offline && !is_named && !wanted->is_new)
            return NULL;
        if (is_offline || dir->is_tried || (is_named && !kw_uuid_equal(dir->id, wanted->directory)))
            continue;
        if (fewest == NULL || atomic_load(&dir->log_count) < atomic_load(&fewest->log_count))
            fewest = dir;
    }
    return fewest;
}

/* What the creation of a folder has come to. */
struct attempt {
    bool created;
    bool elsewhere; /* it may be created in another directory */
    bool later;     /* it may be created later */
};

static void create_folder(struct log_dir *dir, const struct log_wanted *wanted, char path[KW_PATH_SIZE],
                          struct attempt *attempt)
{
    path[0] = '\0';
    kw_status status = log_folder_create(dir->path, wanted->topic, wanted->partition, wanted->topic_id, path);
    attempt->created = status == KW_OK;
    if (attempt->created)
        return;
    int error = errno;
    report(path[0] != '\0' ? path : dir->path, "a new partition", status);
    errno = error;
    attempt->elsewhere = is_full(status) || is_disk_failure(status);
    attempt->later = attempt->later || is_full(status) || is_shortage(status);
    (void)log_dir_fail_with(dir, status);
}

/* The directory in which the folder has been created; NULL: it could not be created anywhere. */
static struct log_dir *create_somewhere(const struct log_manager *logs, const struct log_wanted *wanted,
                                        char path[KW_PATH_SIZE], bool *later)
{
    struct log_dir *dir, *last = NULL;
    struct attempt attempt = {.elsewhere = true};
    for (size_t i = 0; i < logs->dir_count; i++)
        logs->dirs[i]->is_tried = false;
    while (attempt.elsewhere && !attempt.created && (dir = choose_dir(logs, wanted)) != NULL) {
        last = dir;
        dir->is_tried = true;
        create_folder(dir, wanted, path, &attempt);
    }
    *later = attempt.later;
    if (last == NULL)
        console_line("%.*s-%ld: its log directory is offline, or not in log.dirs", KW_FMT(wanted->topic),
                     (long)wanted->partition);
    return attempt.created ? last : NULL;
}

static struct managed_log *create(struct log_manager *logs, const struct log_wanted *wanted, kw_status *status)
{
    char path[KW_PATH_SIZE];
    bool later = false;
    struct log_dir *dir = create_somewhere(logs, wanted, path, &later);
    *status = later ? KW_ERR_NO_MEMORY : KW_ERR_FILE;
    if (dir == NULL)
        return NULL;
    const struct partition_log what = {
        .topic = wanted->topic, .topic_id = wanted->topic_id, .partition = wanted->partition, .start_offset = -1};
    struct managed_log *log = managed_log_create(&what, path, &logs->cache);
    if (log == NULL || !log_manager_add(logs, log, dir)) {
        *status = KW_ERR_NO_MEMORY;
        report(path, "a new partition", *status);
        (void)folder_remove(path);
        return NULL;
    }
    *status = KW_OK;
    return log;
}

static bool is_of_topic(const struct managed_log *log, kw_uuid topic_id)
{
    return kw_uuid_is_zero(topic_id) || kw_uuid_is_zero(log->log.topic_id) ||
           kw_uuid_equal(topic_id, log->log.topic_id);
}

/* ---- deleting ---- */

/* Nothing is appended afterwards. */
static void stop_writing(struct log_manager *logs, struct managed_log *log)
{
    atomic_store(&log->log.is_offline, true);
    (void)configure(logs, log, NULL);
    partition_log_set_aside(&log->log);
    partition_log_take_turn(&log->log);
    log_writer_destroy(log->log.writer);
    log->log.writer = NULL;
    partition_log_end_turn(&log->log);
}

/* Nothing is opened any more: another log may get a folder of this name. What readers have left open is closed. */
static void close_segments(struct log_manager *logs, struct managed_log *log)
{
    struct log_snapshot snapshot;
    if (partition_log_acquire(&log->log, true, &snapshot) != KW_ERROR_NONE)
        return;
    for (size_t i = 0; i < snapshot.contents->segment_count; i++) {
        atomic_store(&snapshot.contents->segments[i]->is_elsewhere, true);
        segment_cache_remap(&logs->cache, snapshot.contents->segments[i], 0);
    }
    log_snapshot_release(&snapshot);
}

/* A folder that keeps its name must keep its id, or its records would become those of a later topic of that name. */
static void keep_id(const struct managed_log *log)
{
    kw_status status = kw_uuid_is_zero(log->log.topic_id) ? KW_OK : log_folder_sync_id(log->log.folder);
    if (status != KW_OK)
        report(log->log.folder, KW_PARTITION_METADATA_NAME, status);
}

/* In a directory that is offline it keeps its name: at the next start it is a stray one. */
static bool rename_folder(const struct log_manager *logs, const struct managed_log *log, kw_partition_dir_kind kind,
                          char path[KW_PATH_SIZE])
{
    struct log_dir *dir = log->log.dir;
    atomic_fetch_sub(&dir->log_count, 1);
    if (log_dir_is_offline(dir))
        return false;
    kw_status status =
        log_folder_set_aside(dir->path, log->log.folder, log->log.topic, log->log.partition, kind, logs->random, path);
    dir->has_renamed = dir->has_renamed || status == KW_OK;
    dir->stale |= atomic_load(&log->in_checkpoints);
    if (status == KW_OK)
        return true;
    int error = errno;
    report(log->log.folder, "a folder to be renamed", status);
    keep_id(log);
    errno = error;
    (void)log_dir_fail_with(dir, status);
    return false;
}

/* Takes a log out of the map, and its folder out of the way. False: that could not be renamed. */
static bool set_aside(struct log_manager *logs, struct managed_log *log, kw_partition_dir_kind kind,
                      char path[KW_PATH_SIZE])
{
    stop_writing(logs, log);
    if (log_map_remove(&logs->map, log))
        log_release(&log->log);
    close_segments(logs, log);
    bool renamed = log->log.dir == NULL || rename_folder(logs, log, kind, path);
    partition_log_wake(&log->log);
    return renamed;
}

static bool delete (struct log_manager *logs, struct managed_log *log)
{
    char path[KW_PATH_SIZE];
    bool has_folder = log->log.dir != NULL;
    bool renamed = set_aside(logs, log, KW_PARTITION_DIR_DELETE, path);
    if (renamed && has_folder)
        log_upkeep_remove_later(logs, path);
    return renamed;
}

/* ---- strays ---- */

static void adopt(struct managed_log *log, kw_uuid topic_id)
{
    if (kw_uuid_is_zero(topic_id) || !kw_uuid_is_zero(log->log.topic_id) || log->log.dir == NULL)
        return;
    log->log.topic_id = topic_id;
    kw_status status = log_folder_replace_id(log->log.folder, topic_id);
    if (status != KW_OK)
        report(log->log.folder, KW_PARTITION_METADATA_NAME, status);
    else
        console_line("%s: had no %s; it has the topic's id now", log->log.folder, KW_PARTITION_METADATA_NAME);
}

/* As Kafka makes them: version 4. */
static bool is_random(kw_uuid id)
{
    return id.bytes[6] >> 4 == 4 && id.bytes[8] >> 6 == 2;
}

/* What differs from a random id in few bits is that id with damage: no other one is so near. */
static bool is_damaged_id(kw_uuid damaged, kw_uuid id)
{
    enum { LETTER_BITS = 8 }; /* of its text */
    int differ = 0;
    for (size_t i = 0; i < sizeof id.bytes; i++)
        for (unsigned bits = damaged.bytes[i] ^ id.bytes[i]; bits != 0; bits &= bits - 1)
            differ++;
    return differ <= LETTER_BITS && is_random(id);
}

/* The id that the folder has is replaced by the topic's. */
static bool mend_id(struct managed_log *log, kw_uuid topic_id)
{
    if (log->log.dir == NULL || !is_damaged_id(log->log.topic_id, topic_id))
        return false;
    log->log.topic_id = topic_id;
    kw_status status = log_folder_replace_id(log->log.folder, topic_id);
    console_line("%s/%s: the id is not that of the topic, from which it differs in few bits: it is damaged%s",
                 log->log.folder, KW_PARTITION_METADATA_NAME, status == KW_OK ? ", and replaced" : "");
    return true;
}

typedef bool find_function(void *context, kw_string topic, int32_t partition, kw_uuid *topic_id);

static void set_stray(struct log_manager *logs, struct managed_log *log)
{
    char path[KW_PATH_SIZE];
    if (set_aside(logs, log, KW_PARTITION_DIR_STRAY, path) && log->log.dir != NULL)
        console_line("%s: the metadata has no such partition; it is now %s", log->log.folder, path);
}

/* Of two logs one that has lost its id is the topic's if the other one is not. */
static bool is_rather_of(const struct managed_log *log, const struct managed_log *other, kw_uuid id)
{
    return kw_uuid_equal(id, log->log.topic_id) || (kw_uuid_is_zero(log->log.topic_id) && !is_of_topic(other, id));
}

/* Of two logs of one name that which is of the topic takes the place in the map. */
static void settle(struct log_manager *logs, struct managed_log *rival, find_function *find, void *context)
{
    kw_uuid id = {{0}};
    struct managed_log *other = log_map_find(&logs->map, rival->log.topic, rival->log.partition);
    bool is_wanted =
        find(context, rival->log.topic, rival->log.partition, &id) && (other == NULL || is_rather_of(rival, other, id));
    if (other != NULL && is_wanted)
        set_stray(logs, other);
    if (other != NULL)
        log_release(&other->log);
    log_share(&rival->log);
    if (!is_wanted || !log_map_add(&logs->map, rival)) {
        set_stray(logs, rival);
        log_release(&rival->log);
    }
}

static void settle_all(struct log_manager *logs, find_function *find, void *context)
{
    for (size_t i = 0; i < logs->rival_count; i++) {
        settle(logs, logs->rivals[i], find, context);
        log_release(&logs->rivals[i]->log);
    }
    logs->rival_count = 0;
}

/* ---- replicas that were being moved ---- */

/* Kafka trusts what is in a directory that was stopped in an orderly way. */
static bool recover(struct managed_log *log)
{
    struct log_config config;
    struct recovered_epochs epochs;
    log_config_init(&config);
    const struct log_recovery recovery = {.folder = log->log.folder,
                                          .config = &config,
                                          .start_offset = log->log.start_offset,
                                          .recovery_point = log->log.recovery_point,
                                          .was_clean = log->log.check == 0,
                                          .expiry = {clock_wall_ms(), log->log.producer_expiration_ms}};
    kw_status status = log_recover(&recovery, &epochs);
    const kw_leader_epochs found = {epochs.items, (int32_t)epochs.count};
    if (status == KW_OK && epochs.differ)
        status = log_write_epochs(log->log.folder, &found);
    int error = errno;
    recovered_epochs_finish(&epochs);
    errno = error;
    if (status == KW_OK) {
        log->log.check = 0;
        return true;
    }
    report(log->log.folder, "a replica that was being moved", status);
    errno = error;
    atomic_store(&log->log.dir->is_unclean, true);
    (void)log_dir_fail_with(log->log.dir, status);
    return false;
}

/* The log that the folder of a replica becomes, in the map. `numbers` has what checkpoints said of its content. Shared;
 * NULL: it stays what it was. */
static struct managed_log *make_live(struct log_manager *logs, const struct managed_log *future,
                                     const struct managed_log *numbers)
{
    char path[KW_PATH_SIZE];
    struct log_dir *dir = future->log.dir;
    const struct partition_log what = {.topic = future->log.topic,
                                       .topic_id = future->log.topic_id,
                                       .partition = future->log.partition,
                                       .start_offset = numbers->log.start_offset,
                                       .recovery_point = numbers->log.recovery_point,
                                       .check = numbers->log.check};
    kw_status status = log_folder_path(path, dir->path, what.topic, what.partition);
    struct managed_log *log = status == KW_OK ? managed_log_create(&what, path, &logs->cache) : NULL;
    if (log == NULL || !log_manager_add(logs, log, dir)) {
        report(future->log.folder, "a replica that was being moved", status == KW_OK ? KW_ERR_NO_MEMORY : status);
        return NULL;
    }
    log->checked_watermark = numbers->checked_watermark;
    atomic_store(&log->synced_until, what.recovery_point);
    atomic_fetch_sub(&dir->log_count, 1); /* of the two one remains */
    status = file_rename(future->log.folder, path);
    if (status == KW_OK)
        return log;
    int error = errno;
    report(future->log.folder, "a folder to be renamed", status);
    if (log_map_remove(&logs->map, log))
        log_release(&log->log);
    log_release(&log->log);
    errno = error;
    (void)log_dir_fail_with(dir, status);
    return NULL;
}

/* Takes the log that is in use out of the way, once the other folder has all of it. */
static bool take_over(struct log_manager *logs, struct managed_log *current, const struct managed_log *future)
{
    char path[KW_PATH_SIZE];
    kw_status status = log_copy(current->log.folder, future->log.folder);
    if (status != KW_OK) {
        report(future->log.folder, "a replica that was being moved stays where it was", status);
        return false;
    }
    if (!log_map_remove(&logs->map, current))
        return false;
    struct managed_log *log = make_live(logs, future, current);
    if (log == NULL) {
        (void)log_map_add(&logs->map, current);
        return false;
    }
    console_line("%s: the replica that was being moved here has arrived", log->log.folder);
    log_release(&log->log);
    log_release(&current->log);
    if (rename_folder(logs, current, KW_PARTITION_DIR_DELETE, path))
        current->log.dir->has_deleted = true;
    return true;
}

static bool complete_move(struct log_manager *logs, const struct managed_log *future)
{
    struct managed_log *current = log_map_find(&logs->map, future->log.topic, future->log.partition);
    if (current == NULL)
        return false;
    bool can_be =
        current->log.dir != NULL && !log_dir_is_offline(current->log.dir) && is_of_topic(current, future->log.topic_id);
    bool is_complete = can_be && (current->log.check == 0 || recover(current)) && take_over(logs, current, future);
    log_release(&current->log);
    return is_complete;
}

/* Without an id, or with that of another topic, it is a stray one, as in Kafka. False: it is, or it is in use now. */
static bool keep_future(struct log_manager *logs, struct managed_log *log, find_function *find, void *context)
{
    kw_uuid id = {{0}};
    if (!find(context, log->log.topic, log->log.partition, &id) || kw_uuid_is_zero(log->log.topic_id) ||
        !kw_uuid_equal(id, log->log.topic_id)) {
        set_stray(logs, log);
        return false;
    }
    if (complete_move(logs, log))
        return false;
    if (recover(log))
        console_line("%s: a replica that was being moved here: it stays as it is, for Kafka to continue with",
                     log->log.folder);
    return true;
}

static void forget_future(struct log_manager *logs, size_t index)
{
    log_release(&logs->futures[index]->log);
    logs->futures[index] = logs->futures[--logs->future_count];
}

/* One that the metadata has assigned to its directory already, without the log that it was to replace. Shared. */
static struct managed_log *adopt_future(struct log_manager *logs, const struct log_wanted *wanted)
{
    for (size_t i = 0; i < logs->future_count; i++) {
        const struct managed_log *future = logs->futures[i];
        if (future->log.partition != wanted->partition || !kw_string_equal(future->log.topic, wanted->topic) ||
            !kw_uuid_equal(future->log.topic_id, wanted->topic_id) || is_reserved(wanted->directory) ||
            !kw_uuid_equal(future->log.dir->id, wanted->directory) || log_dir_is_offline(future->log.dir))
            continue;
        struct managed_log *log = make_live(logs, future, future);
        if (log != NULL)
            forget_future(logs, i);
        return log;
    }
    return NULL;
}

static void keep_futures(struct log_manager *logs, find_function *find, void *context)
{
    for (size_t i = logs->future_count; i > 0; i--)
        if (!log_dir_is_offline(logs->futures[i - 1]->log.dir) &&
            !keep_future(logs, logs->futures[i - 1], find, context))
            forget_future(logs, i - 1);
}

static void delete_futures(struct log_manager *logs, kw_string topic, kw_uuid topic_id, int32_t partition)
{
    for (size_t i = logs->future_count; i > 0; i--) {
        struct managed_log *log = logs->futures[i - 1];
        if (log->log.partition == partition && kw_string_equal(log->log.topic, topic) && is_of_topic(log, topic_id)) {
            (void)delete (logs, log);
            forget_future(logs, i - 1);
        }
    }
}

/* ---- for the metadata ---- */

kw_status log_manager_create(struct log_manager *logs, const struct log_wanted *wanted, const struct log_config *config)
{
    kw_status status = KW_OK;
    (void)pthread_mutex_lock(&logs->changes);
    struct managed_log *log = log_map_find(&logs->map, wanted->topic, wanted->partition);
    if (log != NULL && (!is_of_topic(log, wanted->topic_id) || log->log.dir == NULL)) {
        (void)delete (logs, log);
        log_release(&log->log);
        log = NULL;
    }
    bool is_new = log == NULL;
    if (is_new && (log = adopt_future(logs, wanted)) == NULL)
        log = create(logs, wanted, &status);
    if (log != NULL && !configure(logs, log, config)) {
        status = KW_ERR_NO_MEMORY;
        report(log->log.folder, "settings of a partition", status);
    } else if (log != NULL && is_new && config != NULL && config->preallocate) {
        log_preallocate(&log->log);
    }
    if (log != NULL)
        log_release(&log->log);
    (void)pthread_mutex_unlock(&logs->changes);
    return status;
}

kw_uuid log_manager_directory(struct log_manager *logs, kw_string topic, int32_t partition)
{
    const kw_uuid none = {{0}};
    struct managed_log *log = log_map_find(&logs->map, topic, partition);
    if (log == NULL)
        return none;
    kw_uuid id = log->log.dir != NULL ? log->log.dir->id : none;
    log_release(&log->log);
    return id;
}

/* False: they could not be written, and are still stale. */
static bool write_stale(struct log_manager *logs, struct log_dir *dir)
{
    for (unsigned which = 0; which < LOG_CHECKPOINTS; which++)
        if ((dir->stale & 1u << which) != 0 && !log_dir_is_offline(dir) &&
            log_manager_checkpoint(logs, dir, (enum log_checkpoint)which))
            dir->stale &= ~(1u << which);
    return dir->stale == 0 || log_dir_is_offline(dir);
}

static kw_status sync_names_of(struct log_dir *dir)
{
    if (!dir->has_renamed || log_dir_is_offline(dir))
        return KW_OK;
    kw_status status = folder_sync(dir->path);
    dir->has_renamed = is_shortage(status);
    if (status == KW_OK)
        return KW_OK;
    int error = errno;
    report(dir->path, "names of folders", status);
    errno = error;
    (void)log_dir_fail_with(dir, status);
    return status;
}

bool log_manager_sync_names(struct log_manager *logs)
{
    bool is_complete = true;
    (void)pthread_mutex_lock(&logs->changes);
    for (size_t i = 0; i < logs->dir_count; i++)
        if (is_shortage(sync_names_of(logs->dirs[i])) || !write_stale(logs, logs->dirs[i]))
            is_complete = false;
    (void)pthread_mutex_unlock(&logs->changes);
    return is_complete;
}

bool log_manager_delete(struct log_manager *logs, kw_string topic, kw_uuid topic_id, int32_t partition)
{
    bool deleted = true;
    (void)pthread_mutex_lock(&logs->changes);
    struct managed_log *log = log_map_find(&logs->map, topic, partition);
    if (log != NULL && is_of_topic(log, topic_id))
        deleted = delete (logs, log);
    if (log != NULL)
        log_release(&log->log);
    delete_futures(logs, topic, topic_id, partition);
    (void)pthread_mutex_unlock(&logs->changes);
    return deleted;
}

void log_manager_keep(struct log_manager *logs,
                      bool (*find)(void *context, kw_string topic, int32_t partition, kw_uuid *topic_id), void *context)
{
    struct log_list list;
    (void)pthread_mutex_lock(&logs->changes);
    settle_all(logs, find, context);
    keep_futures(logs, find, context);
    if (!log_manager_list(logs, &list))
        console_line("%s: stray folders are not looked for: out of memory", logs->path);
    for (size_t i = 0; i < list.len; i++) {
        struct managed_log *log = managed_log_of(list.items[i]);
        kw_uuid id = {{0}};
        bool is_known = find(context, log->log.topic, log->log.partition, &id);
        if (is_known && is_of_topic(log, id))
            adopt(log, id);
        else if (!is_known || !mend_id(log, id))
            set_stray(logs, log);
    }
    log_list_release(&list);
    (void)pthread_mutex_unlock(&logs->changes);
}

bool log_manager_list_all(struct log_manager *logs, struct log_list *out)
{
    (void)pthread_mutex_lock(&logs->changes);
    bool listed = log_manager_list(logs, out) && log_list_add(out, logs->futures, logs->future_count);
    (void)pthread_mutex_unlock(&logs->changes);
    return listed;
}

int64_t log_manager_flush_ms(struct log_manager *logs, const struct managed_log *log)
{
    (void)pthread_mutex_lock(&logs->changes);
    int64_t flush_ms = log->config != NULL ? log->config->config.flush_ms : INT64_MAX;
    (void)pthread_mutex_unlock(&logs->changes);
    return flush_ms;
}

int64_t log_manager_shortest_flush_ms(struct log_manager *logs)
{
    int64_t shortest = INT64_MAX;
    (void)pthread_mutex_lock(&logs->changes);
    for (const struct shared_config *shared = logs->configs; shared != NULL; shared = shared->next)
        if (shared->config.flush_ms < shortest)
            shortest = shared->config.flush_ms;
    (void)pthread_mutex_unlock(&logs->changes);
    return shortest;
}

void log_creation_finish(struct log_manager *logs)
{
    for (struct shared_config *shared = logs->configs, *next; shared != NULL; shared = next) {
        next = shared->next;
        free(shared);
    }
    logs->configs = NULL;
}

const struct log_dir *log_manager_dir_of(struct partition_log *log)
{
    return log->dir;
}
