/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/frame.h>

#include "../observe/console.h"
#include "listeners.h"
#include "properties.h"

enum { NOTE_SIZE = 900 };

/* A file that is being read. */
struct reading {
    struct config *config;
    const char *path;
    struct listeners listeners;
    int queued_line; /* of queued.max.request.bytes */
    char unused[NOTE_SIZE];
    size_t unused_size;
};

void config_init(struct config *config)
{
    memset(config, 0, sizeof *config);
    (void)endpoint_parse("127.0.0.1:9092", &config->listen);
    config->node_id = -1;
    config->request_max_bytes = KW_FRAME_MAX_DEFAULT;
    config->max_connections = INT32_MAX;
    config->max_connections_per_ip = INT32_MAX;
    config->queued_max_bytes = -1;
    config->max_request_partition_size_limit = 2000;
    config->fetch_max_bytes = 55 * 1024 * 1024;
    config->idle_ms = 600000;
}

bool config_set_listen(struct config *config, const char *text)
{
    if (!endpoint_parse(text, &config->listen)) {
        complain("--listen %s: not HOST:PORT (a port is 0 to 65535, an IPv6 address goes in brackets)", text);
        return false;
    }
    memset(&config->advertised, 0, sizeof config->advertised);
    return true;
}

static bool set_path(struct config *config, const char *path)
{
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof config->data_dir - 64)
        return false;
    memcpy(config->data_dir, path, size + 1);
    return true;
}

bool config_set_data_dir(struct config *config, const char *path)
{
    if (set_path(config, path))
        return true;
    complain("--data-dir: the path is %s", *path == '\0' ? "empty" : "too long");
    return false;
}

static bool parse_integer(const char *text, int64_t min, int64_t max, int64_t *out)
{
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || v < min || v > max)
        return false;
    *out = v;
    return true;
}

/* Each returns NULL or what is wrong with the value. */
static const char *set_node_id(struct reading *r, const char *value, int line)
{
    (void)line;
    int64_t v;
    if (!parse_integer(value, 0, INT32_MAX, &v))
        return "not an integer from 0 to 2147483647";
    r->config->node_id = (int32_t)v;
    return NULL;
}

static const char *set_request_max_bytes(struct reading *r, const char *value, int line)
{
    (void)line;
    int64_t v;
    if (!parse_integer(value, 1, INT32_MAX, &v))
        return "not an integer from 1 to 2147483647";
    r->config->request_max_bytes = (size_t)v;
    return NULL;
}

static const char *set_max_connections(struct reading *r, const char *value, int line)
{
    (void)line;
    int64_t v;
    if (!parse_integer(value, 0, INT32_MAX, &v))
        return "not an integer from 0 to 2147483647";
    r->config->max_connections = (int32_t)v;
    return NULL;
}

static const char *set_max_connections_per_ip(struct reading *r, const char *value, int line)
{
    (void)line;
    int64_t v;
    if (!parse_integer(value, 0, INT32_MAX, &v))
        return "not an integer from 0 to 2147483647";
    r->config->max_connections_per_ip = (int32_t)v;
    return NULL;
}

/* Kafka's own default of -1 means none, and so does any that is not above 0. */
static const char *set_queued_max_bytes(struct reading *r, const char *value, int line)
{
    int64_t v;
    if (!parse_integer(value, INT64_MIN, INT64_MAX, &v))
        return "not an integer";
    r->config->queued_max_bytes = v > 0 ? v : -1;
    r->queued_line = line;
    return NULL;
}

static const char *set_page_max(struct reading *r, const char *value, int line)
{
    (void)line;
    int64_t v;
    if (!parse_integer(value, 1, INT32_MAX, &v))
        return "not an integer from 1 to 2147483647";
    r->config->max_request_partition_size_limit = (int32_t)v;
    return NULL;
}

static const char *set_fetch_max_bytes(struct reading *r, const char *value, int line)
{
    (void)line;
    int64_t v;
    if (!parse_integer(value, 1024, INT32_MAX, &v))
        return "not an integer from 1024 to 2147483647";
    r->config->fetch_max_bytes = (int32_t)v;
    return NULL;
}

static const char *set_idle_ms(struct reading *r, const char *value, int line)
{
    (void)line;
    int64_t v;
    if (!parse_integer(value, -1, INT64_MAX, &v) || v == 0)
        return "not -1 (never) or an integer from 1";
    r->config->idle_ms = v;
    return NULL;
}

static const char *set_log_dirs(struct reading *r, const char *value, int line)
{
    (void)line;
    if (strchr(value, ',') != NULL)
        return "several directories, but this broker keeps its data in one";
    return set_path(r->config, value) ? NULL : "not a path of 1 to 4000 bytes";
}

static const char *set_listeners(struct reading *r, const char *value, int line)
{
    r->listeners.listeners_line = line;
    return listeners_keep(&r->listeners.listeners, value);
}

static const char *set_advertised(struct reading *r, const char *value, int line)
{
    r->listeners.advertised_line = line;
    return listeners_keep(&r->listeners.advertised, value);
}

static const char *set_controller_names(struct reading *r, const char *value, int line)
{
    (void)line;
    return listeners_keep(&r->listeners.controller_names, value);
}

static const char *set_protocol_map(struct reading *r, const char *value, int line)
{
    (void)line;
    return listeners_keep(&r->listeners.protocol_map, value);
}

static const struct {
    const char *key;
    const char *(*set)(struct reading *r, const char *value, int line);
} settings[] = {
    {"advertised.listeners", set_advertised},
    {"connections.max.idle.ms", set_idle_ms},
    {"controller.listener.names", set_controller_names},
    {"fetch.max.bytes", set_fetch_max_bytes},
    {"listener.security.protocol.map", set_protocol_map},
    {"listeners", set_listeners},
    {"log.dir", set_log_dirs},
    {"log.dirs", set_log_dirs},
    {"max.connections", set_max_connections},
    {"max.connections.per.ip", set_max_connections_per_ip},
    {"max.request.partition.size.limit", set_page_max},
    {"node.id", set_node_id},
    {"queued.max.request.bytes", set_queued_max_bytes},
    {"socket.request.max.bytes", set_request_max_bytes},
};

static void note_unused(struct reading *r, const char *key)
{
    int n = snprintf(r->unused + r->unused_size, sizeof r->unused - r->unused_size, "%s%s",
                     r->unused_size != 0 ? ", " : "", key);
    if (n > 0 && r->unused_size + (size_t)n < sizeof r->unused)
        r->unused_size += (size_t)n;
    else
        r->unused[r->unused_size] = '\0';
}

static bool set_property(void *context, const char *key, const char *value, int line)
{
    struct reading *r = context;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (strcmp(key, settings[i].key) != 0)
            continue;
        const char *problem = settings[i].set(r, value, line);
        if (problem != NULL)
            complain("%s:%d: %s=%s: %s", r->path, line, key, value, problem);
        return problem == NULL;
    }
    note_unused(r, key);
    return true;
}

static bool queue_holds_a_request(const struct reading *r)
{
    const struct config *config = r->config;
    if (config->queued_max_bytes < 0 || (uint64_t)config->queued_max_bytes >= config->request_max_bytes)
        return true;
    complain("%s:%d: queued.max.request.bytes is less than socket.request.max.bytes, which is %zu", r->path,
             r->queued_line, config->request_max_bytes);
    return false;
}

bool config_read(struct config *config, const char *path)
{
    struct reading *r = calloc(1, sizeof *r);
    if (r == NULL) {
        complain("out of memory");
        return false;
    }
    r->config = config;
    r->path = path;
    bool fine = properties_read(path, set_property, r) && queue_holds_a_request(r) &&
                listeners_choose(&r->listeners, path, &config->listen, &config->advertised);
    if (fine && r->unused_size != 0)
        console_line("%s: without effect on this broker: %s", path, r->unused);
    listeners_free(&r->listeners);
    free(r);
    return fine;
}
