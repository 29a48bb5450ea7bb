/* SPDX-License-Identifier: Apache-2.0 */
#include "log_dir.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../base/file.h"
#include "../config/config.h"
#include "../observe/console.h"
#include "meta_properties.h"
#include "problems.h"

bool identity_create(struct identity *out, int32_t node_id)
{
    out->node_id = node_id >= 0 ? node_id : 1;
    return meta_random_id(out->cluster_id);
}

static bool prepare(const char *path)
{
    if (!folder_create(path) || !file_exists(path)) {
        complain("%s: %s", path, strerror(errno));
        return false;
    }
    if (!folder_exists(path)) {
        complain("%s: not a directory", path);
        return false;
    }
    switch (file_lock(path, ".lock")) {
    case FILE_LOCKED:
        return true;
    case FILE_LOCK_TAKEN:
        complain("%s: another broker uses this directory", path);
        return false;
    default:
        complain("%s/.lock: %s", path, strerror(errno));
        return false;
    }
}

bool log_dir_create_identity(const char *path, int32_t node_id, bool is_new, struct identity *out)
{
    return identity_create(out, node_id) && (!is_new || meta_properties_write(path, out));
}

bool log_dir_open(const char *path, int32_t node_id, struct log_manager *logs, struct identity *out)
{
    char name[PATH_SIZE];
    if (!prepare(path))
        return false;
    out->node_id = -1;
    (void)snprintf(name, sizeof name, "%s/meta.properties", path);
    bool named = file_exists(name);
    if (named && !meta_properties_read(name, out))
        return false;
    if (named && node_id >= 0 && node_id != out->node_id) {
        complain("%s: the data is of node %ld, but node.id is %ld", name, (long)out->node_id, (long)node_id);
        return false;
    }
    kw_status status = log_manager_open(logs, path, &report_problem);
    if (status != KW_OK)
        complain("%s: %s%s%s", path, kw_status_text(status), status == KW_ERR_FILE ? ": " : "",
                 status == KW_ERR_FILE ? strerror(errno) : "");
    return status == KW_OK;
}
