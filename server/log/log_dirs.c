/* SPDX-License-Identifier: Apache-2.0 */
#include "log_dirs.h"

#include <errno.h>
#include <string.h>

#include "../base/file.h"
#include "../observe/console.h"
#include "meta_properties.h"
#include "problems.h"

bool identity_create(struct identity *out, int32_t node_id)
{
    out->node_id = node_id >= 0 ? node_id : 1;
    return meta_random_id(out->cluster_id);
}

/* ---- meta.properties ---- */

/* What a directory says: out->node_id is -1 if it says nothing. False after a complaint. */
static bool read_identity(const char *folder, struct identity *out, kw_uuid *directory_id)
{
    char path[KW_PATH_SIZE];
    struct file_facts facts;
    out->node_id = -1;
    memset(directory_id, 0, sizeof *directory_id);
    if (path_join(path, folder, kw_string_of(KW_META_PROPERTIES_NAME)) != KW_OK ||
        file_look(path, &facts) == KW_ERR_NO_FILE)
        return true;
    return meta_properties_read(path, out, directory_id);
}

static bool check_node(const char *folder, const struct identity *identity, int32_t node_id)
{
    if (identity->node_id < 0 || node_id < 0 || identity->node_id == node_id)
        return true;
    complain("%s/%s: the data is of node %ld, but node.id is %ld", folder, KW_META_PROPERTIES_NAME,
             (long)identity->node_id, (long)node_id);
    return false;
}

static bool check_same(const char *folder, const struct identity *other, const char *first,
                       const struct identity *identity)
{
    if (other->node_id < 0)
        return true;
    if (identity->node_id < 0)
        complain("%s: %s is missing, but %s has one: the metadata is lost", first, KW_META_PROPERTIES_NAME, folder);
    else if (other->node_id != identity->node_id)
        complain("%s/%s: the data is of node %ld, but that of %s of node %ld", folder, KW_META_PROPERTIES_NAME,
                 (long)other->node_id, first, (long)identity->node_id);
    else if (strcmp(other->cluster_id, identity->cluster_id) != 0)
        complain("%s/%s: the data is of cluster %s, but that of %s of cluster %s", folder, KW_META_PROPERTIES_NAME,
                 other->cluster_id, first, identity->cluster_id);
    else
        return true;
    return false;
}

static bool write_identity(struct log_dir *dir, const struct identity *identity)
{
    return meta_properties_write(dir->path, identity, &dir->id);
}

bool log_dirs_create_identity(struct log_manager *logs, int32_t node_id, bool is_new, struct identity *out)
{
    bool created = identity_create(out, node_id);
    for (size_t i = 0; created && is_new && i < logs->dir_count; i++)
        created = atomic_load(&logs->dirs[i]->is_offline) || write_identity(logs->dirs[i], out);
    return created;
}

/* ---- directories ---- */

static bool complain_about(const char *path, kw_status status)
{
    bool system = status == KW_ERR_FILE;
    complain("%s: %s%s%s", path, kw_status_text(status), system ? ": " : "", system ? strerror(errno) : "");
    return false;
}

/* Of one that another directory goes on without: `may_fail`. */
static bool open_dir(struct log_manager *logs, const char *path, const kw_uuid *id, bool may_fail)
{
    kw_status status = log_manager_add_dir(logs, path, &report_problem);
    if (status == KW_OK) {
        logs->dirs[logs->dir_count - 1]->id = *id;
        return true;
    }
    (void)complain_about(path, status);
    if (!may_fail || status != KW_ERR_FILE || is_shortage(status))
        return false;
    atomic_store(&logs->dirs[logs->dir_count - 1]->is_offline, true);
    complain("%s: this log directory is offline", path);
    return true;
}

static bool open_first(const char *path, int32_t node_id, struct log_manager *logs, struct identity *out)
{
    kw_uuid id;
    return log_dir_lock(path) == FILE_LOCKED && read_identity(path, out, &id) && check_node(path, out, node_id) &&
           open_dir(logs, path, &id, false);
}

/* Others have been found; this one is to be like them. */
static bool join(struct log_manager *logs, const struct identity *identity)
{
    struct log_dir *dir = logs->dirs[logs->dir_count - 1];
    if (atomic_load(&dir->is_offline))
        return true;
    if (dir->folder_count == 0)
        return identity->node_id < 0 || write_identity(dir, identity);
    complain("%s: %s is missing, though there are logs", dir->path, KW_META_PROPERTIES_NAME);
    return false;
}

/* Locks do not tell that: they keep other processes away. */
static bool check_distinct(const char *path, const kw_uuid *id, const struct log_manager *logs)
{
    struct file_facts facts, other;
    for (size_t i = 0; i < logs->dir_count; i++) {
        const struct log_dir *dir = logs->dirs[i];
        bool is_same = file_look(path, &facts) == KW_OK && file_look(dir->path, &other) == KW_OK &&
                       facts.device == other.device && facts.number == other.number;
        bool is_copy = !kw_uuid_is_zero(*id) && kw_uuid_equal(*id, dir->id);
        if (is_same)
            complain("%s: the same directory as %s", path, dir->path);
        else if (is_copy)
            complain("%s/%s: directory.id is that of %s: one of them is a copy", path, KW_META_PROPERTIES_NAME,
                     dir->path);
        if (is_same || is_copy)
            return false;
    }
    return true;
}

/* A directory that cannot be used is offline; the answer is false only where starting would be wrong. */
static bool open_another(const char *path, struct log_manager *logs, const struct identity *identity)
{
    struct identity other;
    kw_uuid id;
    enum file_lock_outcome lock = log_dir_lock(path);
    if (lock == FILE_LOCK_TAKEN)
        return false;
    if (lock != FILE_LOCKED || !read_identity(path, &other, &id)) {
        complain("%s: this log directory is offline", path);
        return log_manager_add_offline_dir(logs, path) || complain_about(path, KW_ERR_NO_MEMORY);
    }
    return check_distinct(path, &id, logs) && check_same(path, &other, logs->path, identity) &&
           open_dir(logs, path, &id, true) && (other.node_id >= 0 || join(logs, identity));
}

bool log_dirs_open(const char *const *paths, size_t count, int32_t node_id, struct log_manager *logs,
                   struct identity *out)
{
    if (!log_manager_init(logs))
        return complain_about(paths[0], KW_ERR_NO_MEMORY);
    bool opened = open_first(paths[0], node_id, logs, out);
    for (size_t i = 1; opened && i < count; i++)
        opened = open_another(paths[i], logs, out);
    return opened;
}

bool log_dir_open(const char *path, int32_t node_id, struct log_manager *logs, struct identity *out)
{
    return log_dirs_open(&path, 1, node_id, logs, out);
}
