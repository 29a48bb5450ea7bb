/* SPDX-License-Identifier: Apache-2.0 */
#include "startup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "base/clock.h"
#include "base/file_memory.h"
#include "base/memory_size.h"
#include "config/static_config.h"
#include "coordinators.h"
#include "live_settings.h"
#include "log/checkpoints.h"
#include "log/log_dirs.h"
#include "log/log_size.h"
#include "log/log_upkeep.h"
#include "metadata/load.h"
#include "metadata/takeover.h"
#include "observe/console.h"

/* ---- what is in the directories ---- */

/* The ids of the directories that can be used; false: there is no memory. */
static bool list_directories(struct startup *s, kw_uuid_array *out)
{
    const struct log_manager *logs = &s->broker->logs;
    s->directories = calloc(logs->dir_count, sizeof *s->directories);
    *out = (kw_uuid_array){s->directories, 0};
    for (size_t i = 0; s->directories != NULL && i < logs->dir_count; i++)
        if (!atomic_load(&logs->dirs[i]->is_offline) && !kw_uuid_is_zero(logs->dirs[i]->id))
            s->directories[out->len++] = logs->dirs[i]->id;
    return s->directories != NULL;
}

static bool is_writable(const char *folder)
{
    char path[KW_PATH_SIZE];
    struct file file = FILE_NONE;
    kw_status status = path_join(path, folder, kw_string_of(KW_META_PROPERTIES_NAME));
    if (status == KW_OK)
        status = file_open(&file, path, 0);
    (void)file_close(&file);
    return status == KW_OK;
}

/* ---- the metadata ---- */

static bool may_decide(const struct startup *s, const struct metadata_found *found)
{
    struct log_manager *logs = &s->broker->logs;
    char reason[TAKEOVER_REASON_SIZE];
    const struct takeover_facts facts = {.log = &found->log,
                                         .image = found->image,
                                         .node_id = s->broker->identity.node_id,
                                         .directory_id = logs->dirs[0]->id,
                                         .was_clean = logs->dirs[0]->was_clean,
                                         .has_folders = !log_manager_is_empty(logs)};
    if (!takeover_is_possible(&facts, reason))
        console_line("%s: served for reading only: %s", logs->path, reason);
    else if (!is_writable(logs->path))
        console_line("%s: served for reading only: %s", logs->path, strerror(errno));
    else
        return true;
    return false;
}

/* Where clients reach the broker, as far as that is the same for all. */
static struct endpoint own_endpoint(const struct config *config)
{
    struct endpoint own = config->advertised.host[0] != '\0' ? config->advertised : config->listen;
    if (endpoint_is_wildcard(&own))
        strcpy(own.host, "localhost");
    if (own.port == 0)
        own.port = config->listen.port;
    return own;
}

/* ---- the logs ---- */

static bool prepare(void *context, const struct metadata_image *before, const struct metadata_image *after)
{
    struct startup *s = context;
    coordinators_leave(s->broker, after);
    bool prepared = publisher_prepare(&s->publisher, before != NULL ? before : s->found, after);
    live_settings_apply(s->broker, after);
    return coordinators_apply(s->broker, after) && prepared;
}

static void note_quorum(void *context, int16_t kraft_version)
{
    struct startup *s = context;
    atomic_store(&s->broker->kraft_version, kraft_version);
}

static struct log_upkeep_options upkeep_options(struct startup *s, const struct metadata_image *image)
{
    const struct static_config *file = s->broker->config.file;
    return (struct log_upkeep_options){
        .executor = &s->upkeep.executor,
        .initial_delay_ms = setting_number(file, "log.initial.task.delay.ms"),
        .recovery_checkpoint_ms = setting_number(file, "log.flush.offset.checkpoint.interval.ms"),
        .start_checkpoint_ms = setting_number(file, "log.flush.start.offset.checkpoint.interval.ms"),
        .watermark_checkpoint_ms = setting_number(file, "replica.high.watermark.checkpoint.interval.ms"),
        .retention_check_ms = setting_number(file, "log.retention.check.interval.ms"),
        .producer_check_ms = setting_number(file, "producer.id.expiration.check.interval.ms"),
        .live = live_settings_of_logs(s->broker, image),
    };
}

static bool start_cleaners(struct broker *broker, const struct metadata_image *image)
{
    const struct cleaners_live live = live_settings_of_cleaners(broker, image);
    if (!setting_is_true(broker->config.file, "log.cleaner.enable"))
        return true;
    broker->cleaners = cleaners_start(&broker->logs, &live, &random_system);
    if (broker->cleaners == NULL)
        complain("logs cannot be compacted: %s", strerror(errno));
    return broker->cleaners != NULL;
}

/* Logs know their settings before they are recovered. */
static bool start_logs(struct startup *s, const struct metadata_image *image)
{
    struct broker *broker = s->broker;
    s->publisher = (struct publisher){&broker->logs,       broker->identity.node_id, broker->config.file,
                                      broker->config.sync, &s->assignments,          false};
    s->found = metadata_image_share(image);
    s->has_upkeep = thread_executor_start(&s->upkeep);
    if (!s->has_upkeep) {
        complain("no thread: %s", strerror(errno));
        return false;
    }
    const struct log_upkeep_options options = upkeep_options(s, image);
    publisher_keep(&s->publisher, image);
    if (!publisher_prepare(&s->publisher, NULL, image)) { /* so the next image is prepared as a whole, too */
        metadata_image_release(s->found);
        s->found = NULL;
    }
    if (!log_upkeep_start(&broker->logs, &options))
        return false;
    for (size_t i = 0; i < broker->logs.dir_count; i++)
        checkpoint_create_of_cleaner(broker->logs.dirs[i]);
    return start_cleaners(broker, image);
}

/* On any thread. */
static void fail_directory(void *context, struct log_dir *dir)
{
    struct startup *s = context;
    log_manager_wake(&s->broker->logs, dir);
    lifecycle_fail_directory(&s->lifecycle, dir->id);
}

/* Some may have failed meanwhile. */
static void watch_directories(struct startup *s)
{
    struct log_manager *logs = &s->broker->logs;
    s->listener = (struct log_dir_listener){fail_directory, s};
    log_manager_listen(logs, &s->listener);
    for (size_t i = 0; i < logs->dir_count; i++)
        if (log_dir_is_offline(logs->dirs[i]))
            lifecycle_fail_directory(&s->lifecycle, logs->dirs[i]->id);
}

static bool start_deciding(struct startup *s, const struct metadata_found *found)
{
    struct broker *broker = s->broker;
    struct lifecycle_options options = {.log_dir = broker->logs.path,
                                        .node_id = broker->identity.node_id,
                                        .clean_epoch = log_manager_clean_epoch(&broker->logs),
                                        .endpoint = own_endpoint(&broker->config),
                                        .file = broker->config.file,
                                        .release = broker->config.for_kafka_4_3 ? FEATURES_4_3 : FEATURES_4_4,
                                        .random = &random_system,
                                        .now = clock_wall_ms,
                                        .prepare = prepare,
                                        .quorum_changed = note_quorum,
                                        .context = s,
                                        .assignments = &s->assignments,
                                        .metadata = &broker->metadata};
    bool started = start_logs(s, found->image);
    if (started && !list_directories(s, &options.directories)) {
        complain("out of memory");
        started = false;
    }
    s->decides = started && lifecycle_start(&s->lifecycle, &options, &found->log, found->image);
    if (s->decides)
        watch_directories(s);
    broker->controller = s->decides ? &s->lifecycle.controller : NULL;
    broker->kraft_version = s->lifecycle.kraft_version;
    broker->voters = &s->lifecycle.voters;
    metadata_image_release(s->found);
    s->found = NULL;
    return s->decides;
}

static bool serve(struct startup *s, const struct metadata_found *found)
{
    struct broker *broker = s->broker;
    live_settings_apply(broker, found->image);
    if (broker->logs.rival_count == 0)
        return metadata_serve(found, &broker->logs, &broker->identity, &broker->metadata);
    complain("%s: another log directory has a folder of that name, of another topic",
             broker->logs.rivals[0]->log.folder);
    return false;
}

static bool start_metadata(struct startup *s)
{
    struct broker *broker = s->broker;
    struct metadata_found found;
    bool started = metadata_find(&found, &broker->logs, broker->config.node_id, &broker->identity);
    broker->kraft_version = found.log.kraft_version;
    started = started && config_complete(&broker->config, broker->identity.node_id);
    s->has_coordinators = started && coordinators_open(broker);
    started = s->has_coordinators;
    if (started)
        started = may_decide(s, &found) ? start_deciding(s, &found) : serve(s, &found);
    metadata_found_release(&found);
    return started;
}

/* ---- start and stop ---- */

static bool use_memory(struct startup *s)
{
    size_t limit = memory_size() / 2;
    s->in_memory = file_memory_start(limit);
    if (!s->in_memory) {
        complain("out of memory");
        return false;
    }
    file_layer_use(&file_layer_memory);
    console_line("all data is in memory, at most %zu MiB, and ends with the broker", limit / ((size_t)1024 * 1024));
    return true;
}

bool startup_open(struct startup *s, struct broker *broker)
{
    static const char *const memory[] = {"memory"};
    const struct config *config = &broker->config;
    bool in_memory = config->log_dir_count == 0;
    memset(s, 0, sizeof *s);
    s->broker = broker;
    if (in_memory && !use_memory(s))
        return false;
    return log_dirs_open(in_memory ? memory : (const char *const *)config->log_dirs,
                         in_memory ? 1 : config->log_dir_count, config->node_id, &broker->logs, &broker->identity) &&
           start_metadata(s);
}

bool startup_run(struct startup *s)
{
    return !s->decides || lifecycle_run(&s->lifecycle);
}

/* Opens nothing. */
static uint64_t bytes_of(struct partition_log *log)
{
    struct log_snapshot now;
    if (partition_log_acquire(log, true, &now) != KW_ERROR_NONE)
        return log->folder != NULL && !log_dir_is_offline(log->dir) ? log_folder_size(log->folder) : 0;
    uint64_t bytes = log_size(&now);
    log_snapshot_release(&now);
    return bytes;
}

static uint64_t count_bytes(struct log_manager *logs)
{
    struct log_list list;
    uint64_t bytes = 0;
    if (!log_manager_list(logs, &list))
        return 0;
    for (size_t i = 0; i < list.len; i++)
        bytes += bytes_of(list.items[i]);
    log_list_release(&list);
    return bytes;
}

void startup_report(const struct startup *s, int64_t ms)
{
    size_t partitions = 0;
    if (s->in_memory)
        return;
    const struct metadata_image *image = metadata_image_acquire(&s->broker->metadata);
    size_t topics = metadata_topic_count(image);
    for (size_t i = 0; i < topics; i++)
        partitions += (size_t)metadata_topic_at(image, i)->partition_count;
    metadata_image_release(image);
    console_line("%s: topics: %zu, partitions: %zu, bytes: %" PRIu64 "; ready after %" PRId64 " ms",
                 s->broker->logs.path, topics, partitions, count_bytes(&s->broker->logs), ms);
}

void startup_close(struct startup *s)
{
    int64_t epoch = -1;
    if (s->decides && !lifecycle_stop(&s->lifecycle, &epoch))
        console_line("%s: the partitions could not be handed over", s->broker->logs.path);
    if (s->has_upkeep)
        thread_executor_stop(&s->upkeep);
    cleaners_stop(s->broker->cleaners);
    s->broker->cleaners = NULL;
    if (s->decides)
        (void)log_upkeep_stop(&s->broker->logs, epoch);
    s->broker->controller = NULL;
    if (s->has_coordinators)
        coordinators_close(s->broker);
    log_manager_listen(&s->broker->logs, NULL);
    lifecycle_finish(&s->lifecycle);
    assignment_list_finish(&s->assignments);
    free(s->directories);
    log_manager_close(&s->broker->logs);
    if (!s->in_memory)
        return;
    file_layer_use(&file_layer_system);
    file_memory_stop();
}
