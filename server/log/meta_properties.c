/* SPDX-License-Identifier: Apache-2.0 */
#include "meta_properties.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kwire/view.h>

#include "../config/config.h"
#include "../config/properties.h"
#include "../observe/console.h"

struct reading {
    const char *path;
    struct identity *out;
    bool has_version;
    bool has_cluster_id;
    bool has_node_id;
};

static bool parse_node_id(const char *text, int32_t *out)
{
    char *end;
    errno = 0;
    long v = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || v < 0 || v > INT32_MAX)
        return false;
    *out = (int32_t)v;
    return true;
}

static bool read_property(void *context, const char *key, const char *value, int line)
{
    struct reading *r = context;
    bool fine = true;
    if (strcmp(key, "version") == 0) {
        fine = r->has_version = strcmp(value, "1") == 0;
    } else if (strcmp(key, "node.id") == 0) {
        fine = r->has_node_id = parse_node_id(value, &r->out->node_id);
    } else if (strcmp(key, "cluster.id") == 0) {
        size_t size = strlen(value);
        fine = r->has_cluster_id = size > 0 && size < sizeof r->out->cluster_id;
        if (fine)
            memcpy(r->out->cluster_id, value, size + 1);
    }
    if (!fine)
        complain("%s:%d: %s=%s: not what a KRaft broker (version=1) writes there", r->path, line, key, value);
    return fine;
}

bool meta_properties_read(const char *path, struct identity *out)
{
    struct reading r = {.path = path, .out = out};
    if (!properties_read(path, read_property, &r))
        return false;
    if (r.has_version && r.has_cluster_id && r.has_node_id)
        return true;
    complain("%s: %s is missing", path, !r.has_version ? "version" : !r.has_cluster_id ? "cluster.id" : "node.id");
    return false;
}

bool meta_random_id(char text[CLUSTER_ID_SIZE])
{
    kw_uuid id = {.bytes = {0}}; /* MemorySanitizer does not hear of what getentropy() writes */
    do {
        if (getentropy(id.bytes, sizeof id.bytes) != 0) {
            complain("no random numbers: %s", strerror(errno));
            return false;
        }
        id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0f) | 0x40); /* a random UUID, version 4 */
        id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3f) | 0x80);
        kw_uuid_format(id, text);
    } while (text[0] == '-'); /* command lines would take it for an option; Kafka avoids it too */
    return true;
}

static bool write_file(const char *name, const struct identity *identity, const char *directory_id)
{
    FILE *file = fopen(name, "w");
    if (file == NULL)
        return false;
    bool written = fprintf(file, "version=1\nnode.id=%ld\ncluster.id=%s\ndirectory.id=%s\n", (long)identity->node_id,
                           identity->cluster_id, directory_id) > 0;
    written = fflush(file) == 0 && fsync(fileno(file)) == 0 && written;
    return fclose(file) == 0 && written;
}

static bool sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return synced;
}

bool meta_properties_write(const char *directory, const struct identity *identity)
{
    char directory_id[CLUSTER_ID_SIZE], name[PATH_SIZE], unfinished[PATH_SIZE];
    (void)snprintf(name, sizeof name, "%s/meta.properties", directory);
    (void)snprintf(unfinished, sizeof unfinished, "%s/meta.properties.tmp", directory);
    if (!meta_random_id(directory_id))
        return false;
    if (write_file(unfinished, identity, directory_id) && rename(unfinished, name) == 0 && sync_directory(directory))
        return true;
    complain("%s: %s", name, strerror(errno));
    return false;
}
