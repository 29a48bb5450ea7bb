/* SPDX-License-Identifier: Apache-2.0 */
#include "startup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "log/log_dirs.h"
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

/* The epoch of the broker that has stopped all of them in an orderly way, as Kafka requires; -1: none has. */
static int64_t clean_epoch(const struct log_manager *logs)
{
    int64_t epoch = logs->dirs[0]->clean_epoch;
    for (size_t i = 0; i < logs->dir_count; i++) {
        const struct log_dir *dir = logs->dirs[i];
        if (atomic_load(&dir->is_offline) || !dir->was_clean || dir->clean_epoch != epoch)
            return -1;
    }
    return epoch;
}

/* Whatever happens from now on, logs have to be checked at the next start if this one does not end in an orderly way.
 */
static bool remove_clean(const struct log_manager *logs)
{
    for (size_t i = 0; i < logs->dir_count; i++)
        if (!atomic_load(&logs->dirs[i]->is_offline) && !log_dir_remove_clean(logs->dirs[i])) {
            complain("%s/%s: %s", logs->dirs[i]->path, KW_CLEAN_SHUTDOWN_NAME, strerror(errno));
            return false;
        }
    return true;
}

static void write_clean(const struct log_manager *logs, int64_t epoch)
{
    for (size_t i = 0; i < logs->dir_count; i++)
        if (!atomic_load(&logs->dirs[i]->is_offline) && !log_dir_write_clean(logs->dirs[i], epoch))
            console_line("%s/%s: %s", logs->dirs[i]->path, KW_CLEAN_SHUTDOWN_NAME, strerror(errno));
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
                                         .has_folders = !log_manager_is_empty(logs)};
    if (!takeover_is_possible(&facts, reason))
        console_line("%s is served for reading only: %s", logs->path, reason);
    else if (!is_writable(logs->path))
        console_line("%s is served for reading only: %s", logs->path, strerror(errno));
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

static bool start_deciding(struct startup *s, const struct metadata_found *found)
{
    struct broker *broker = s->broker;
    struct lifecycle_options options = {.log_dir = broker->logs.path,
                                        .node_id = broker->identity.node_id,
                                        .clean_epoch = clean_epoch(&broker->logs),
                                        .endpoint = own_endpoint(&broker->config),
                                        .file = broker->config.file,
                                        .release = broker->config.for_kafka_4_3 ? FEATURES_4_3 : FEATURES_4_4,
                                        .random = &random_system,
                                        .now = clock_wall_ms,
                                        .metadata = &broker->metadata};
    if (!list_directories(s, &options.directories)) {
        complain("out of memory");
        return false;
    }
    s->decides = remove_clean(&broker->logs) && lifecycle_start(&s->lifecycle, &options, &found->log, found->image);
    broker->controller = s->decides ? &s->lifecycle.controller : NULL;
    return s->decides;
}

static bool start_metadata(struct startup *s)
{
    struct broker *broker = s->broker;
    struct metadata_found found;
    bool started = metadata_find(&found, &broker->logs, broker->config.node_id, &broker->identity);
    if (started)
        started = may_decide(s, &found) ? start_deciding(s, &found)
                                        : metadata_serve(&found, &broker->logs, &broker->identity, &broker->metadata);
    metadata_found_release(&found);
    return started;
}

/* ---- start and stop ---- */

bool startup_open(struct startup *s, struct broker *broker)
{
    const struct config *config = &broker->config;
    memset(s, 0, sizeof *s);
    s->broker = broker;
    if (config->log_dir_count == 0)
        return identity_create(&broker->identity, config->node_id);
    return log_dirs_open((const char *const *)config->log_dirs, config->log_dir_count, config->node_id, &broker->logs,
                         &broker->identity) &&
           start_metadata(s);
}

bool startup_run(struct startup *s)
{
    return !s->decides || lifecycle_run(&s->lifecycle);
}

void startup_close(struct startup *s)
{
    int64_t epoch;
    bool clean = s->decides && lifecycle_stop(&s->lifecycle, &epoch);
    if (clean)
        write_clean(&s->broker->logs, epoch);
    s->broker->controller = NULL;
    lifecycle_finish(&s->lifecycle);
    free(s->directories);
    log_manager_close(&s->broker->logs);
}
