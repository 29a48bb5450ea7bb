/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../observe/console.h"
#include "group_limits.h"
#include "listeners.h"
#include "protection.h"
#include "report.h"
#include "setting_value.h"
#include "static_config.h"

/* Puts the value where settings.def says: a boolean, or a number of 4 or of 8 bytes. */
static void set_member(struct config *config, const struct setting *s, const char *printed)
{
    bool is_true = strcmp(printed, "true") == 0;
    int64_t number = strtoll(printed, NULL, 10);
    int32_t short_number = (int32_t)number;
    const void *value = s->type == SETTING_BOOLEAN ? (void *)&is_true
                        : s->size == sizeof number ? (void *)&number
                                                   : (void *)&short_number;
    memcpy((char *)config + s->offset, value, s->size);
}

void config_init(struct config *config)
{
    memset(config, 0, sizeof *config);
    config->node_id = -1;
    for (size_t i = 0; i < setting_count; i++)
        if (settings[i].size != 0 && settings[i].default_text != NULL)
            set_member(config, &settings[i], settings[i].default_text);
    (void)endpoint_parse("127.0.0.1:9092", &config->listen);
}

bool config_set_release(struct config *config, const char *text)
{
    config->for_kafka_4_3 = strcmp(text, "4.3") == 0;
    if (config->for_kafka_4_3 || strcmp(text, "4.4") == 0)
        return true;
    complain("--release-version %s: expected 4.3 or 4.4", text);
    return false;
}

bool config_set_listen(struct config *config, const char *text)
{
    if (!endpoint_parse(text, &config->listen)) {
        complain("--listen %s: not HOST:PORT (a port is 0 to 65535, an IPv6 address goes in brackets)", text);
        return false;
    }
    memset(&config->advertised, 0, sizeof config->advertised);
    static_config_forget(config->file, "listeners");
    static_config_forget(config->file, "advertised.listeners");
    return true;
}

/* ---- log directories ---- */

static void forget_log_dirs(struct config *config)
{
    while (config->log_dir_count != 0)
        free(config->log_dirs[--config->log_dir_count]);
    free(config->log_dirs);
    config->log_dirs = NULL;
}

static size_t size_without_slashes(const char *path)
{
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    return size;
}

static bool is_same_dir(const char *a, const char *b)
{
    size_t size = size_without_slashes(a);
    return size == size_without_slashes(b) && memcmp(a, b, size) == 0;
}

/* Where a directory is in the list; its length if it is not. */
static size_t find_log_dir(const struct config *config, const char *path)
{
    size_t i = 0;
    while (i < config->log_dir_count && !is_same_dir(config->log_dirs[i], path))
        i++;
    return i;
}

/* What is wrong with it, or NULL. */
static const char *add_log_dir(struct config *config, const char *path, size_t size)
{
    if (size == 0)
        return "the path is empty";
    if (size >= PATH_SIZE - 64)
        return "the path is too long";
    char **dirs = realloc(config->log_dirs, (config->log_dir_count + 1) * sizeof *dirs);
    char *copy = malloc(size + 1);
    if (dirs != NULL)
        config->log_dirs = dirs;
    if (dirs == NULL || copy == NULL) {
        free(copy);
        return "out of memory";
    }
    memcpy(copy, path, size);
    copy[size] = '\0';
    bool is_new = find_log_dir(config, copy) == config->log_dir_count;
    dirs[config->log_dir_count++] = copy;
    return is_new ? NULL : "a directory is named twice";
}

/* As options do it. */
static void override_log_dirs(struct config *config)
{
    forget_log_dirs(config);
    static_config_forget(config->file, "log.dirs");
    static_config_forget(config->file, "log.dir");
    static_config_forget(config->file, "metadata.log.dir");
}

bool config_set_data_dir(struct config *config, const char *path)
{
    override_log_dirs(config);
    const char *wrong = add_log_dir(config, path, strlen(path));
    if (wrong != NULL)
        complain("--data-dir: %s", wrong);
    return wrong == NULL;
}

void config_finish(struct config *config)
{
    static_config_free(config->file);
    config->file = NULL;
    forget_log_dirs(config);
}

bool config_set_memory(struct config *config, bool has_data_dir)
{
    override_log_dirs(config);
    if (has_data_dir)
        complain("--memory and --data-dir exclude each other");
    return !has_data_dir;
}

/* Complains about a value that Kafka would take. */
static bool refuse(const struct config *config, const char *name, const char *reason)
{
    const struct static_value *value = static_config_get(config->file, name);
    complain("%s:%d: %s=%s: %s", config->file->path, value->line, name, value->text, reason);
    return false;
}

/* Checks one value of the file and puts it in its printed form. */
static bool check_value(const char *path, const struct setting *s, struct static_value *value)
{
    char error[SETTING_ERROR_SIZE];
    char *printed = malloc(strlen(value->text) + SETTING_PRINTED_EXTRA);
    if (printed == NULL) {
        complain("out of memory");
        return false;
    }
    bool fine = setting_parse(s, value->text, printed, error);
    free(value->text);
    value->text = printed;
    if (!fine)
        complain("%s:%d: %s", path, value->line, error);
    else if (asks_for_protection(s, printed))
        complain("%s:%d: %s is not implemented: without what it protects the broker does not start", path, value->line,
                 s->name);
    else
        return true;
    return false;
}

static int compare_lines(const void *a, const void *b)
{
    int x = (*(struct static_value *const *)a)->line, y = (*(struct static_value *const *)b)->line;
    return (x > y) - (x < y);
}

/* The first complaint is the one of the first line. */
static bool check_values(struct static_config *file)
{
    struct static_value **given = malloc(setting_count * sizeof *given);
    size_t count = 0;
    if (given == NULL) {
        complain("out of memory");
        return false;
    }
    for (size_t i = 0; i < setting_count; i++)
        if (file->values[i].text != NULL)
            given[count++] = &file->values[i];
    qsort(given, count, sizeof *given, compare_lines);
    bool fine = true;
    for (size_t i = 0; i < count && fine; i++)
        fine = check_value(file->path, &settings[given[i] - file->values], given[i]);
    free(given);
    return fine;
}

static const char *text_of(const struct config *config, const char *name, int *line)
{
    const struct static_value *value = static_config_get(config->file, name);
    if (line != NULL && value != NULL)
        *line = value->line;
    return value != NULL ? value->text : NULL;
}

static bool check_others(const struct static_config *file, const struct listeners *listeners)
{
    for (size_t i = 0; i < file->other_count; i++) {
        if (!name_asks_for_protection(listeners, file->others[i].text))
            continue;
        complain("%s:%d: %s is not implemented: without what it protects the broker does not start", file->path,
                 file->others[i].line, file->others[i].text);
        return false;
    }
    return true;
}

static bool apply_node_id(struct config *config)
{
    const char *older = text_of(config, "broker.id", NULL);
    if (older == NULL)
        return true;
    int32_t id = (int32_t)strtol(older, NULL, 10);
    if (id < 0)
        return refuse(config, "broker.id", "not an integer from 0 to 2147483647");
    if (text_of(config, "node.id", NULL) != NULL && config->node_id != id)
        return refuse(config, "broker.id", "not the same as node.id");
    config->node_id = id;
    return true;
}

static bool apply_roles(const struct config *config)
{
    const char *roles = text_of(config, "process.roles", NULL);
    return roles == NULL || strstr(roles, "broker") != NULL ||
           refuse(config, "process.roles", "a node without the role broker serves no clients");
}

/* Kafka's limits are wider than what is implemented. */
static bool apply_limits(struct config *config)
{
    if (config->idle_ms == 0)
        return refuse(config, "connections.max.idle.ms", "not -1 (never) or an integer from 1");
    config->idle_ms = config->idle_ms < 0 ? -1 : config->idle_ms;
    config->queued_max_bytes = config->queued_max_bytes > 0 ? config->queued_max_bytes : -1;
    if (config->queued_max_bytes < 0 || (uint64_t)config->queued_max_bytes >= config->request_max_bytes)
        return true;
    return refuse(config, "queued.max.request.bytes", "less than socket.request.max.bytes");
}

static bool check_groups(const struct config *config)
{
    char reason[GROUP_LIMITS_REASON_SIZE];
    if (group_limits_check(config->file, reason))
        return true;
    complain("%s: %s", config->file->path, reason);
    return false;
}

static bool apply_log_dirs(struct config *config)
{
    const char *name = text_of(config, "log.dirs", NULL) != NULL ? "log.dirs" : "log.dir";
    const char *text = text_of(config, name, NULL);
    forget_log_dirs(config);
    for (bool more = text != NULL; more;) {
        size_t size = strcspn(text, ",");
        const char *wrong = add_log_dir(config, text, size);
        if (wrong != NULL)
            return refuse(config, name, wrong);
        more = text[size] != '\0';
        text += size + 1;
    }
    return true;
}

static bool apply_metadata_log_dir(struct config *config)
{
    const char *path = text_of(config, "metadata.log.dir", NULL);
    if (path == NULL)
        return true;
    size_t at = find_log_dir(config, path);
    if (at == config->log_dir_count)
        return refuse(config, "metadata.log.dir", "not one of log.dirs, but this broker has no other directories");
    char *chosen = config->log_dirs[at];
    memmove(config->log_dirs + 1, config->log_dirs, at * sizeof *config->log_dirs);
    config->log_dirs[0] = chosen;
    return true;
}

static bool apply_listeners(struct config *config)
{
    struct listeners l = {0};
    l.listeners = text_of(config, "listeners", &l.listeners_line);
    l.advertised = text_of(config, "advertised.listeners", &l.advertised_line);
    l.controller_names = text_of(config, "controller.listener.names", NULL);
    l.protocol_map = text_of(config, "listener.security.protocol.map", NULL);
    return check_others(config->file, &l) &&
           listeners_choose(&l, config->file->path, &config->listen, &config->advertised);
}

static bool apply_file(struct config *config)
{
    for (size_t i = 0; i < setting_count; i++)
        if (settings[i].size != 0 && config->file->values[i].text != NULL)
            set_member(config, &settings[i], config->file->values[i].text);
    return apply_node_id(config) && apply_roles(config) && apply_limits(config) && check_groups(config) &&
           apply_log_dirs(config) && apply_metadata_log_dir(config) && apply_listeners(config);
}

bool config_read(struct config *config, const char *path)
{
    config->file = static_config_read(path);
    if (config->file == NULL || !check_values(config->file) || !apply_file(config))
        return false;
    report_without_effect(config->file);
    return true;
}

/* ---- what is in effect without being in the file ---- */

static bool fill_log_dirs(struct config *config)
{
    if (config->log_dir_count == 0 || static_config_get(config->file, "log.dir") != NULL)
        return true;
    return static_config_fill(&config->file, "log.dirs", config->log_dirs[0]);
}

static bool fill_listeners(struct config *config)
{
    char text[sizeof "PLAINTEXT://" + ENDPOINT_TEXT_SIZE] = "PLAINTEXT://";
    (void)endpoint_format(&config->listen, text + strlen(text));
    return static_config_fill(&config->file, "listeners", text);
}

bool config_complete(struct config *config, int32_t node_id)
{
    char id[16];
    (void)snprintf(id, sizeof id, "%" PRId32, node_id);
    if (static_config_fill(&config->file, "node.id", id) && static_config_fill(&config->file, "broker.id", id) &&
        static_config_fill(&config->file, "process.roles", "broker,controller") && fill_listeners(config) &&
        fill_log_dirs(config))
        return true;
    complain("out of memory");
    return false;
}
