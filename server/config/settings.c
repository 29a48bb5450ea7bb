/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <stdio.h>
#include <string.h>

#include "config.h"

enum { NAME_MAX_SIZE = 64 };

/* The words of settings.def. Those for valid values set members of `valid`. */
#define NONE NULL
#define ANY .valid.kind = VALID_ANY
#define AT_LEAST(least) .valid.kind = VALID_AT_LEAST, .valid.min = (least)
#define BETWEEN(least, most) .valid.kind = VALID_BETWEEN, .valid.min = (least), .valid.max = (most)
#define BETWEEN_OR_MINUS_1(least, most) \
    .valid.kind = VALID_BETWEEN_OR_MINUS_1, .valid.min = (least), .valid.max = (most)
#define ONE_OF(list) .valid.kind = VALID_ONE_OF, .valid.names = (list)
#define ONE_OF_ANY_CASE(list) .valid.kind = VALID_ONE_OF_ANY_CASE, .valid.names = (list)
#define SOME_OF(list) .valid.kind = VALID_SOME_OF, .valid.names = (list)
#define NOT_EMPTY .valid.kind = VALID_NOT_EMPTY
#define NOT_NULL .valid.kind = VALID_NOT_NULL
#define REPLICAS .valid.kind = VALID_REPLICAS
#define SERVERS .valid.kind = VALID_SERVERS
#define VOTERS .valid.kind = VALID_VOTERS
#define OFFSET_RESET .valid.kind = VALID_OFFSET_RESET, .valid.names = "latest, earliest, by_duration:PnDTnHnMn.nS"

#define READ_ONLY .mode = SETTING_READ_ONLY
#define PER_BROKER .mode = SETTING_PER_BROKER
#define CLUSTER_WIDE .mode = SETTING_CLUSTER_WIDE
#define DYNAMIC .mode = SETTING_DYNAMIC
#define INTERNAL , .internal = true
#define REQUIRED , .required = true
#define ONLY_DYNAMIC , .only_dynamic = true
#define OF_AUTHORIZER , .of_authorizer = true

#define NO_EFFECT .use = SETTING_NO_EFFECT
#define HONOURED .use = SETTING_HONOURED
#define PROTECTS .use = SETTING_PROTECTS
#define INTO(member) \
    .use = SETTING_HONOURED, .offset = offsetof(struct config, member), .size = sizeof((struct config *)NULL)->member

#define BROKER(its_name, its_type, its_default, its_valid, its_mode, its_use, its_doc) \
    {.name = its_name,                                                                 \
     .scope = SETTING_BROKER,                                                          \
     .type = SETTING_##its_type,                                                       \
     .default_text = its_default,                                                      \
     .doc = its_doc,                                                                   \
     its_valid,                                                                        \
     its_mode,                                                                         \
     its_use},
#define TOPIC(its_name, its_type, its_default, its_valid, its_mode, its_synonyms, its_doc) \
    {.name = its_name,                                                                     \
     .scope = SETTING_TOPIC,                                                               \
     .type = SETTING_##its_type,                                                           \
     .default_text = its_default,                                                          \
     .synonyms = its_synonyms,                                                             \
     .doc = its_doc,                                                                       \
     its_valid,                                                                            \
     its_mode},
#define GROUP(its_name, its_type, its_default, its_valid, its_mode, its_synonyms, its_doc) \
    {.name = its_name,                                                                     \
     .scope = SETTING_GROUP,                                                               \
     .type = SETTING_##its_type,                                                           \
     .default_text = its_default,                                                          \
     .synonyms = its_synonyms,                                                             \
     .doc = its_doc,                                                                       \
     its_valid,                                                                            \
     its_mode},
#define CLIENT_METRICS(its_name, its_type, its_default, its_valid, its_mode, its_synonyms, its_doc) \
    {.name = its_name,                                                                              \
     .scope = SETTING_CLIENT_METRICS,                                                               \
     .type = SETTING_##its_type,                                                                    \
     .default_text = its_default,                                                                   \
     .synonyms = its_synonyms,                                                                      \
     .doc = its_doc,                                                                                \
     its_valid,                                                                                     \
     its_mode},

const struct setting settings[] = {
#include "settings.def"
};

const size_t setting_count = sizeof settings / sizeof settings[0];

const struct setting *setting_find(enum setting_scope scope, const char *name)
{
    size_t from = 0, to = setting_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const struct setting *s = &settings[middle];
        int order = s->scope != scope ? (s->scope < scope ? -1 : 1) : strcmp(s->name, name);
        if (order == 0)
            return s;
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

const struct setting *setting_first_synonym(const struct setting *setting)
{
    char name[NAME_MAX_SIZE];
    size_t size = setting->synonyms != NULL ? strcspn(setting->synonyms, ",") : 0;
    if (size == 0 || size >= sizeof name)
        return NULL;
    memcpy(name, setting->synonyms, size);
    name[size] = '\0';
    return setting_find(SETTING_BROKER, name);
}

const char *setting_type_name(enum setting_type type)
{
    static const char *const names[] = {
        [SETTING_BOOLEAN] = "boolean", [SETTING_STRING] = "string", [SETTING_INT] = "int",
        [SETTING_SHORT] = "short",     [SETTING_LONG] = "long",     [SETTING_DOUBLE] = "double",
        [SETTING_LIST] = "list",       [SETTING_CLASS] = "class",   [SETTING_PASSWORD] = "password"};
    return names[type];
}

const char *setting_mode_name(enum setting_mode mode)
{
    static const char *const names[] = {[SETTING_READ_ONLY] = "read-only",
                                        [SETTING_PER_BROKER] = "per-broker",
                                        [SETTING_CLUSTER_WIDE] = "cluster-wide",
                                        [SETTING_DYNAMIC] = "dynamic"};
    return names[mode];
}

const char *setting_valid_text(const struct setting *setting, char text[SETTING_TEXT_SIZE])
{
    const struct validity *v = &setting->valid;
    const char *empty = setting->type != SETTING_LIST ? ""
                        : v->kind == VALID_ANY        ? "list"
                        : v->kind == VALID_NOT_EMPTY  ? "list, not empty"
                                                      : "";
    switch (v->kind) {
    case VALID_ANY:
        snprintf(text, SETTING_TEXT_SIZE, "%s", empty);
        break;
    case VALID_AT_LEAST:
        snprintf(text, SETTING_TEXT_SIZE, "[%.15g,...]", v->min);
        break;
    case VALID_BETWEEN:
    case VALID_BETWEEN_OR_MINUS_1:
        snprintf(text, SETTING_TEXT_SIZE, "[%.15g,...,%.15g]%s", v->min, v->max,
                 v->kind == VALID_BETWEEN ? "" : " or -1");
        break;
    case VALID_ONE_OF:
        snprintf(text, SETTING_TEXT_SIZE, "[%s]", v->names);
        break;
    case VALID_ONE_OF_ANY_CASE:
        snprintf(text, SETTING_TEXT_SIZE, "(case insensitive) [%s]", v->names);
        break;
    case VALID_OFFSET_RESET:
        snprintf(text, SETTING_TEXT_SIZE, "[%s]", v->names);
        break;
    case VALID_SOME_OF:
        snprintf(text, SETTING_TEXT_SIZE, "[%s], not empty", v->names);
        break;
    case VALID_NOT_EMPTY:
        snprintf(text, SETTING_TEXT_SIZE, "%s", *empty != '\0' ? empty : "non-empty string");
        break;
    case VALID_NOT_NULL:
        snprintf(text, SETTING_TEXT_SIZE, "non-null string");
        break;
    case VALID_REPLICAS:
        snprintf(text, SETTING_TEXT_SIZE, "partition:broker,... or *");
        break;
    case VALID_SERVERS:
        snprintf(text, SETTING_TEXT_SIZE, "host:port,...");
        break;
    case VALID_VOTERS:
        snprintf(text, SETTING_TEXT_SIZE, "id@host:port,...");
        break;
    }
    return text;
}

bool setting_is_sensitive(const struct setting *setting)
{
    return setting->type == SETTING_PASSWORD;
}
