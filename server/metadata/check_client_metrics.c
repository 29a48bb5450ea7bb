/* SPDX-License-Identifier: Apache-2.0 */
#include "check_client_metrics.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/growth.h"
#include "../config/setting_value.h"
#include "config_synonyms.h"

enum { LEAST_MS = 100, MOST_MS = 3600000 };

/* ---- patterns ---- */

/* Behind a set of characters, which starts at `p` and may have others in it; NULL: it does not end. */
static const char *skip_set(const char *p)
{
    size_t depth = 0;
    for (bool is_first = false; *p != '\0'; p++) {
        if (*p == '[') {
            depth++;
            p += p[1] == '^';
            is_first = true;
            continue;
        }
        if (*p == ']' && !is_first && --depth == 0)
            return p + 1;
        p += *p == '\\' && p[1] != '\0';
        is_first = false;
    }
    return NULL;
}

/* Patterns are Java's. Nothing here matches them, so only what cannot be one is refused: what is open at the end, and
 * repetitions of nothing. */
static bool may_be_pattern(const char *p)
{
    size_t depth = 0;
    bool may_repeat = false;
    while (*p != '\0') {
        char c = *p++;
        if (c == '\\' && *p++ == '\0')
            return false;
        if (c == '[') {
            p = skip_set(p - 1);
            if (p == NULL)
                return false;
        }
        if ((c == '*' || c == '+' || c == '?') && !may_repeat)
            return false;
        if (c == ')' && depth-- == 0)
            return false;
        depth += c == '(';
        if (c == '(' && *p == '?')
            p++;
        may_repeat = c != '(' && c != '|';
    }
    return depth == 0;
}

static bool is_name(const char *text, size_t size)
{
    static const char *const names[] = {"client_id",
                                        "client_instance_id",
                                        "client_software_name",
                                        "client_software_version",
                                        "client_source_address",
                                        "client_source_port"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == size && memcmp(names[i], text, size) == 0)
            return true;
    return false;
}

/* NAME=PATTERN */
static bool is_match(const char *text)
{
    const char *pattern = strchr(text, '=');
    return pattern != NULL && pattern[1] != '\0' && strchr(pattern + 1, '=') == NULL &&
           is_name(text, (size_t)(pattern - text)) && may_be_pattern(pattern + 1);
}

/* `list` is changed. */
static bool check_matches(char *list, kw_arena *arena, struct refusal *refusal)
{
    char *rest = NULL;
    for (char *item = strtok_r(list, ",", &rest); item != NULL; item = strtok_r(NULL, ",", &rest))
        if (!is_match(item))
            return refuse_with(refusal, arena, KW_ERROR_INVALID_CONFIG,
                               "match: %s is not NAME=PATTERN of something that is known about clients", item);
    return true;
}

/* ---- all of them ---- */

static bool check_value(const struct setting *setting, char *value, kw_arena *arena, struct refusal *refusal)
{
    if (strcmp(setting->name, "match") == 0)
        return check_matches(value, arena, refusal);
    if (strcmp(setting->name, "interval.ms") != 0)
        return true;
    long ms = strtol(value, NULL, 10);
    return (ms >= LEAST_MS && ms <= MOST_MS) ||
           refuse_with(refusal, arena, KW_ERROR_INVALID_REQUEST, "interval.ms is %d to %d", LEAST_MS, MOST_MS);
}

bool check_client_metrics(const struct config_list *configs, kw_arena *arena, struct refusal *refusal)
{
    for (size_t i = 0; i < configs->count; i++) {
        const struct metadata_config *config = &configs->items[i];
        const struct setting *setting = config_find_setting(SETTING_CLIENT_METRICS, config->name);
        char error[SETTING_ERROR_SIZE];
        if (setting == NULL)
            return refuse_with(refusal, arena, KW_ERROR_INVALID_REQUEST, "client metrics have no config %.*s",
                               KW_FMT(config->name));
        kw_string text = arena_copy_string(arena, config->value);
        char *printed = kw_arena_alloc(arena, (size_t)config->value.len + SETTING_PRINTED_EXTRA);
        if (text.data == NULL || printed == NULL)
            return refuse_with(refusal, arena, KW_ERROR_KAFKA_STORAGE_ERROR, "out of memory");
        if (!setting_parse(setting, text.data, printed, error))
            return refuse_with(refusal, arena, KW_ERROR_INVALID_CONFIG, "%s", error);
        if (!check_value(setting, printed, arena, refusal))
            return false;
    }
    return true;
}
