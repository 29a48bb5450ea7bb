/* SPDX-License-Identifier: Apache-2.0 */
#include "log_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../config/config.h"
#include "../observe/console.h"
#include "meta_properties.h"

static bool make_directories(const char *path)
{
    char part[PATH_SIZE];
    size_t size = strlen(path);
    for (size_t i = 1; i <= size; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return false;
    }
    return true;
}

/* A medium that cannot be written to keeps other brokers away as well as a lock does. */
static int open_lock(const char *name, short *type)
{
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    *type = F_WRLCK;
    if (fd < 0 && (errno == EROFS || errno == EACCES)) {
        fd = open(name, O_RDONLY | O_CLOEXEC);
        *type = F_RDLCK;
    }
    return fd;
}

/* The descriptor stays open until the process ends: closing it would end the lock. */
static bool lock(const char *path)
{
    char name[PATH_SIZE];
    (void)snprintf(name, sizeof name, "%s/.lock", path);
    struct flock whole = {.l_whence = SEEK_SET};
    int fd = open_lock(name, &whole.l_type);
    if (fd < 0 && errno == ENOENT && access(path, W_OK) != 0)
        return true;
    if (fd >= 0 && fcntl(fd, F_SETLK, &whole) == 0)
        return true;
    if (fd >= 0 && (errno == EACCES || errno == EAGAIN))
        complain("%s: another broker uses this directory", path);
    else
        complain("%s: %s", name, strerror(errno));
    if (fd >= 0)
        close(fd);
    return false;
}

bool identity_create(struct identity *out, int32_t node_id)
{
    out->node_id = node_id >= 0 ? node_id : 1;
    return meta_random_id(out->cluster_id);
}

static bool prepare(const char *path)
{
    struct stat info;
    if (!make_directories(path) || stat(path, &info) != 0) {
        complain("%s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISDIR(info.st_mode)) {
        complain("%s: not a directory", path);
        return false;
    }
    return lock(path);
}

bool log_dir_create_identity(const char *path, int32_t node_id, const struct log_manager *store, struct identity *out)
{
    return identity_create(out, node_id) && (!log_manager_is_new(store) || meta_properties_write(path, out));
}

bool log_dir_open(const char *path, int32_t node_id, struct log_manager *store, struct identity *out)
{
    char name[PATH_SIZE];
    if (!prepare(path))
        return false;
    out->node_id = -1;
    (void)snprintf(name, sizeof name, "%s/meta.properties", path);
    bool named = access(name, F_OK) == 0;
    if (named && !meta_properties_read(name, out))
        return false;
    if (named && node_id >= 0 && node_id != out->node_id) {
        complain("%s: the data is of node %ld, but node.id is %ld", name, (long)out->node_id, (long)node_id);
        return false;
    }
    return log_manager_open(store, path);
}
