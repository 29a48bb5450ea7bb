/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>
#include <kwire/topic_name.h>

#include "../base/growth.h"
#include "../config/setting_value.h"
#include "../metadata/config_synonyms.h"
#include "../metadata/refusal.h"
#include "handlers.h"

enum { TYPE_UNKNOWN = 0, ID_SIZE = 12 };

typedef kw_describe_configs_request_resource request_resource;
typedef kw_describe_configs_response_result response_resource;
typedef kw_describe_configs_response_resource_result response_config;

struct describing {
    struct call *call;
    const kw_describe_configs_request *request;
    const request_resource *asked; /* the current one */
    response_resource *out;
    struct config_place place;
    struct refusal refusal;
};

static bool refuse(struct describing *d, int16_t error, const char *message)
{
    d->refusal.error = error;
    d->refusal.message = kw_string_of(message);
    return true;
}

static bool is_asked_for(const struct describing *d, kw_string name)
{
    const kw_string_array *keys = &d->asked->configuration_keys;
    for (int32_t i = 0; i < keys->len; i++)
        if (kw_string_equal(keys->items[i], name))
            return true;
    return keys->len <= 0;
}

/* ---- one config ---- */

/* The value as Kafka prints it; as it is if it is not valid. */
static bool print_value(struct describing *d, const struct setting *setting, kw_string value, kw_string *out)
{
    char error[SETTING_ERROR_SIZE];
    *out = value;
    if (value.len < 0 || setting == NULL)
        return true;
    kw_string text = arena_copy_string(d->call->arena, value);
    char *printed = kw_arena_alloc(d->call->arena, (size_t)value.len + SETTING_PRINTED_EXTRA);
    if (text.data == NULL || printed == NULL)
        return false;
    if (setting_parse(setting, text.data, printed, error))
        *out = kw_string_of(printed);
    return true;
}

static bool list_synonyms(struct describing *d, const struct config_synonyms *synonyms, bool sensitive,
                          response_config *out)
{
    out->synonyms.len = 0;
    out->synonyms.items = kw_arena_array(d->call->arena, synonyms->count, sizeof *out->synonyms.items);
    if (out->synonyms.items == NULL)
        return false;
    for (size_t i = 0; i < synonyms->count && d->request->include_synonyms; i++) {
        kw_describe_configs_response_synonym *s = &out->synonyms.items[out->synonyms.len++];
        kw_describe_configs_response_synonym_init(s);
        s->name = synonyms->items[i].name;
        enum setting_source source = synonyms->items[i].source; /* its own as Kafka prints it, others as given */
        bool is_own = source == SOURCE_TOPIC || source == SOURCE_GROUP || source == SOURCE_CLIENT_METRICS;
        s->value = sensitive ? (kw_string){NULL, -1} : is_own ? out->value : synonyms->items[i].value;
        s->source = (int8_t)synonyms->items[i].source;
    }
    return true;
}

/* `setting` is NULL where Kafka knows none of the name: what it means is not known, so its value is not shown. */
static bool add_config(struct describing *d, kw_string name, const struct setting *setting, kw_string value,
                       const struct config_synonyms *synonyms)
{
    response_config *out = &d->out->configs.items[d->out->configs.len++];
    kw_describe_configs_response_resource_result_init(out);
    out->name = name;
    out->is_sensitive = setting == NULL || setting_is_sensitive(setting);
    out->config_source = (int8_t)(synonyms->count != 0 ? synonyms->items[0].source : SOURCE_DEFAULT);
    out->read_only =
        d->asked->resource_type == RESOURCE_BROKER && (setting == NULL || setting->mode == SETTING_READ_ONLY);
    out->config_type = setting != NULL ? (int8_t)setting->type : TYPE_UNKNOWN;
    out->documentation =
        setting != NULL && d->request->include_documentation ? kw_string_of(setting->doc) : (kw_string){NULL, -1};
    out->value = (kw_string){NULL, -1};
    return (out->is_sensitive || print_value(d, setting, value, &out->value)) &&
           list_synonyms(d, synonyms, out->is_sensitive, out);
}

/* ---- resources ---- */

static bool make_place_for(struct describing *d, size_t count)
{
    d->out->configs.len = 0;
    d->out->configs.items = kw_arena_array(d->call->arena, count, sizeof *d->out->configs.items);
    return d->out->configs.items != NULL;
}

/* A group has the first assignor of those that the broker has. */
static kw_string one_of_list(const struct setting *setting, kw_string value)
{
    const char *comma = value.len > 0 ? memchr(value.data, ',', (size_t)value.len) : NULL;
    if (comma != NULL && setting->type == SETTING_STRING)
        value.len = (int32_t)(comma - value.data);
    return value;
}

/* All settings of a topic, a group or a subscription of client metrics. */
static bool describe_owner(struct describing *d)
{
    const struct config_owner owner = {d->asked->resource_type, d->asked->resource_name};
    enum setting_scope scope = config_owner_scope(&owner);
    enum setting_source own = config_owner_source(&owner);
    if (!make_place_for(d, setting_count))
        return false;
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *s = &settings[i];
        struct config_synonyms synonyms;
        struct config_value value;
        if (s->scope != scope || !is_asked_for(d, kw_string_of(s->name)))
            continue;
        if (!config_synonyms_of(&d->place, &owner, s, d->call->arena, &synonyms) ||
            !effective_config(&d->place, &owner, s, d->call->arena, &value))
            return false;
        if (s->internal && value.source != own)
            continue;
        if (value.source != own)
            value.text = one_of_list(s, value.text);
        if (!add_config(d, kw_string_of(s->name), s, value.text, &synonyms))
            return false;
    }
    return true;
}

static bool describe_topic(struct describing *d)
{
    if (!kw_topic_name_is_valid(d->asked->resource_name))
        return refuse(d, KW_ERROR_INVALID_TOPIC_EXCEPTION, "no valid topic name");
    if (metadata_topic_by_name(d->call->image, d->asked->resource_name) == NULL)
        return refuse(d, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION, "");
    return describe_owner(d);
}

/* What all brokers have been given. */
static bool describe_default_broker(struct describing *d)
{
    const struct metadata_resource *resource =
        metadata_find_resource(d->call->image, RESOURCE_BROKER, kw_string_of(""));
    size_t count = resource != NULL ? resource->config_count : 0;
    if (!make_place_for(d, count))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct metadata_config *config = &resource->configs[i];
        struct config_synonym own = {config->name, config->value, SOURCE_DYNAMIC_DEFAULT_BROKER};
        const struct config_synonyms synonyms = {&own, 1};
        if (is_asked_for(d, config->name) &&
            !add_config(d, config->name, config_find_setting(SETTING_BROKER, config->name), config->value, &synonyms))
            return false;
    }
    return true;
}

/* ---- names that are no settings of Kafka ---- */

enum { UNKNOWN_SOURCES = 3 };

struct unknown_names {
    const struct metadata_resource *own; /* NULL: nothing */
    const struct metadata_resource *common;
    const struct static_config *file;
};

static struct unknown_names find_unknown(const struct describing *d)
{
    char id[ID_SIZE];
    (void)snprintf(id, sizeof id, "%" PRId32, d->place.node_id);
    return (struct unknown_names){metadata_find_resource(d->call->image, RESOURCE_BROKER, kw_string_of(id)),
                                  metadata_find_resource(d->call->image, RESOURCE_BROKER, kw_string_of("")),
                                  d->call->broker->config.file};
}

static size_t count_unknown(const struct unknown_names *u)
{
    return (u->own != NULL ? u->own->config_count : 0) + (u->common != NULL ? u->common->config_count : 0) +
           (u->file != NULL ? u->file->other_count : 0);
}

static bool sets(const struct describing *d, const struct metadata_resource *resource, kw_string name)
{
    return resource != NULL && metadata_find_config(d->call->image, RESOURCE_BROKER, resource->name, name).len >= 0;
}

static bool names(const struct static_config *file, kw_string name)
{
    for (size_t i = 0; file != NULL && i < file->other_count; i++)
        if (kw_string_equal(kw_string_of(file->others[i].text), name))
            return true;
    return false;
}

/* A name is listed where its strongest value is. */
static bool add_unknown(struct describing *d, const struct unknown_names *u, kw_string name, enum setting_source source)
{
    const kw_string hidden = {NULL, -1};
    struct config_synonym items[UNKNOWN_SOURCES];
    struct config_synonyms synonyms = {items, 0};
    if (!is_asked_for(d, name) || config_find_setting(SETTING_BROKER, name) != NULL)
        return true;
    if (sets(d, u->own, name))
        items[synonyms.count++] = (struct config_synonym){name, hidden, SOURCE_DYNAMIC_BROKER};
    if (sets(d, u->common, name))
        items[synonyms.count++] = (struct config_synonym){name, hidden, SOURCE_DYNAMIC_DEFAULT_BROKER};
    if (names(u->file, name))
        items[synonyms.count++] = (struct config_synonym){name, hidden, SOURCE_STATIC_BROKER};
    return synonyms.count == 0 || items[0].source != source || add_config(d, name, NULL, hidden, &synonyms);
}

static bool add_all_unknown(struct describing *d, const struct unknown_names *u)
{
    for (size_t i = 0; u->own != NULL && i < u->own->config_count; i++)
        if (!add_unknown(d, u, u->own->configs[i].name, SOURCE_DYNAMIC_BROKER))
            return false;
    for (size_t i = 0; u->common != NULL && i < u->common->config_count; i++)
        if (!add_unknown(d, u, u->common->configs[i].name, SOURCE_DYNAMIC_DEFAULT_BROKER))
            return false;
    for (size_t i = 0; u->file != NULL && i < u->file->other_count; i++)
        if (!add_unknown(d, u, kw_string_of(u->file->others[i].text), SOURCE_STATIC_BROKER))
            return false;
    return true;
}

/* ---- brokers ---- */

/* Kafka's broker shows what is internal, or not among its own settings, only where it was set. */
static bool is_shown(const struct setting *s, const struct config_value *value)
{
    return (!s->internal && !s->only_dynamic && !s->of_authorizer) || value->source != SOURCE_DEFAULT;
}

static bool describe_broker(struct describing *d)
{
    const struct unknown_names unknown = find_unknown(d);
    if (!make_place_for(d, setting_count + count_unknown(&unknown)))
        return false;
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *s = &settings[i];
        struct config_synonyms synonyms;
        struct config_value value;
        if (s->scope != SETTING_BROKER || !is_asked_for(d, kw_string_of(s->name)))
            continue;
        effective_broker_config(&d->place, s, &value);
        if (!is_shown(s, &value))
            continue;
        if (!config_synonyms_of_broker(&d->place, s, d->call->arena, &synonyms) ||
            !add_config(d, kw_string_of(s->name), s, value.text, &synonyms))
            return false;
    }
    return add_all_unknown(d, &unknown);
}

static bool is_this_broker(const struct describing *d)
{
    char text[ID_SIZE];
    char *end;
    kw_string name = d->asked->resource_name;
    if (name.len <= 0 || name.len >= ID_SIZE || isspace((unsigned char)name.data[0]))
        return false;
    memcpy(text, name.data, (size_t)name.len);
    text[name.len] = '\0';
    long id = strtol(text, &end, 10);
    return *end == '\0' && id == d->place.node_id;
}

static bool describe(struct describing *d)
{
    bool named = d->asked->resource_name.len > 0;
    switch (d->asked->resource_type) {
    case RESOURCE_TOPIC:
        return describe_topic(d);
    case RESOURCE_BROKER:
        if (!named)
            return describe_default_broker(d);
        return is_this_broker(d) ? describe_broker(d)
                                 : refuse(d, KW_ERROR_INVALID_REQUEST, "another broker than this one");
    case RESOURCE_BROKER_LOGGER:
        return is_this_broker(d) || refuse(d, KW_ERROR_INVALID_REQUEST, "another broker than this one, or none");
    default:
        return named ? describe_owner(d) : refuse(d, KW_ERROR_INVALID_REQUEST, "a resource without a name");
    }
}

static bool describe_or_refuse(struct describing *d)
{
    kw_describe_configs_response_result_init(d->out);
    d->out->resource_type = d->asked->resource_type;
    d->out->resource_name = d->asked->resource_name;
    d->out->configs.len = 0;
    d->refusal = (struct refusal){KW_ERROR_NONE, kw_string_of("")};
    bool fine = describe(d);
    d->out->error_code = d->refusal.error;
    d->out->error_message = d->refusal.message;
    return fine;
}

static bool has_configs(int8_t type)
{
    return type == RESOURCE_TOPIC || type == RESOURCE_BROKER || type == RESOURCE_BROKER_LOGGER ||
           type == RESOURCE_CLIENT_METRICS || type == RESOURCE_GROUP;
}

/* A type that Kafka does not know fails the whole request. */
static bool refuse_unknown_types(const kw_describe_configs_request *request, kw_describe_configs_response *response)
{
    bool known = true;
    for (int32_t i = 0; i < request->resources.len; i++)
        known = known && has_configs(request->resources.items[i].resource_type);
    for (int32_t i = 0; !known && i < request->resources.len; i++) {
        response_resource *out = &response->results.items[i];
        kw_describe_configs_response_result_init(out);
        out->resource_type = request->resources.items[i].resource_type;
        out->resource_name = request->resources.items[i].resource_name;
        out->configs.len = 0;
        out->error_code = KW_ERROR_INVALID_REQUEST;
        out->error_message = kw_string_of("the request has a resource of an unknown type");
    }
    return !known;
}

enum call_outcome handle_describe_configs(struct call *call, const kw_describe_configs_request *request,
                                          kw_describe_configs_response *response)
{
    struct describing d = {.call = call,
                           .request = request,
                           .place = {call->image, call->broker->config.file, call->broker->identity.node_id}};
    size_t count = request->resources.len > 0 ? (size_t)request->resources.len : 0;
    response->results.len = (int32_t)count;
    response->results.items = kw_arena_array(call->arena, count, sizeof *response->results.items);
    if (response->results.items == NULL)
        return CALL_FAILED;
    if (refuse_unknown_types(request, response))
        return CALL_ANSWERED;
    for (size_t i = 0; i < count; i++) {
        d.asked = &request->resources.items[i];
        d.out = &response->results.items[i];
        if (!describe_or_refuse(&d))
            return CALL_FAILED;
    }
    return CALL_ANSWERED;
}
