/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>
#include <kwire/messages/config_record.h>
#include <kwire/messages/topic_record.h>
#include <kwire/topic_name.h>

#include "../base/growth.h"
#include "../base/hash.h"
#include "../base/repeats.h"
#include "check_topic_config.h"
#include "decide_topics.h"
#include "min_isr.h"
#include "placement.h"

enum { MAX_PARTITIONS = 10000, MAX_CONFIG_VALUE = INT16_MAX };

typedef kw_create_topics_request_creatable_topic request_topic;
typedef kw_create_topics_response_creatable_topic_result response_topic;
typedef kw_create_topics_response_creatable_topic_configs response_config;

static const char METADATA_TOPIC[] = "__cluster_metadata";

struct creating {
    struct decision *decision;
    struct config_place place;
    const kw_create_topics_request *request;
    kw_create_topics_response *response;
    kw_arena *arena;
    int32_t default_partitions;
    int16_t default_replication_factor;
    kw_string *normalized; /* names of topics in which '.' and '_' could be mistaken, '.' replaced; made when needed */
    struct hash by_normalized;
    bool has_normalized;
};

/* One topic on its way. */
struct new_topic {
    const request_topic *asked;
    struct config_list configs;
    struct placement *partitions; /* by index */
    int32_t partition_count;
    struct refusal refusal;
};

static bool no_memory(struct creating *c, struct new_topic *t)
{
    return refuse_with(&t->refusal, c->arena, KW_ERROR_KAFKA_STORAGE_ERROR, "out of memory");
}

/* ---- names ---- */

static bool check_name(struct creating *c, struct new_topic *t)
{
    if (kw_topic_name_is_valid(t->asked->name))
        return true;
    const char *reason = t->asked->name.len == 0                  ? "it is empty"
                         : t->asked->name.len > KW_TOPIC_NAME_MAX ? "it is longer than 249 characters"
                         : t->asked->name.data[0] == '.' && t->asked->name.len <= 2
                             ? "it would be a relative path"
                             : "it has characters other than letters, digits, '.', '_' and '-'";
    return refuse_with(&t->refusal, c->arena, KW_ERROR_INVALID_TOPIC_EXCEPTION, "invalid topic name: %s", reason);
}

static bool can_collide(kw_string name)
{
    return memchr(name.data, '.', (size_t)name.len) != NULL || memchr(name.data, '_', (size_t)name.len) != NULL;
}

/* Metrics of Kafka have '_' for both. NULL data: the arena is full. */
static kw_string normalize(kw_string name, kw_arena *arena)
{
    kw_string copy = arena_copy_string(arena, name);
    char *text = (char *)(uintptr_t)copy.data; /* of this copy */
    for (int32_t i = 0; text != NULL && i < copy.len; i++)
        if (text[i] == '.')
            text[i] = '_';
    return copy;
}

static bool same_name(const void *items, size_t index, const void *key)
{
    return kw_string_equal(((const kw_string *)items)[index], *(const kw_string *)key);
}

static uint32_t hash_of(kw_string name)
{
    return hash_text(HASH_START, name);
}

/* The index of a topic in the image, of those that can collide. */
static bool list_normalized(struct creating *c)
{
    size_t count = metadata_topic_count(c->decision->image);
    c->has_normalized = true;
    c->normalized = kw_arena_array(c->arena, count, sizeof *c->normalized);
    for (size_t i = 0; c->normalized != NULL && i < count; i++) {
        kw_string name = metadata_topic_at(c->decision->image, i)->name;
        c->normalized[i] = can_collide(name) ? normalize(name, c->arena) : name;
        if (c->normalized[i].data == NULL ||
            (can_collide(name) && !hash_add(&c->by_normalized, hash_of(c->normalized[i]), i, c->arena)))
            return false;
    }
    return c->normalized != NULL;
}

static bool check_collision(struct creating *c, struct new_topic *t)
{
    uint64_t steps = 0;
    if (!can_collide(t->asked->name))
        return true;
    kw_string name = normalize(t->asked->name, c->arena);
    if (name.data == NULL || (!c->has_normalized && !list_normalized(c)))
        return no_memory(c, t);
    size_t found = hash_find(&c->by_normalized, hash_of(name), same_name, c->normalized, &name, &steps);
    return found == HASH_NOT_FOUND ||
           refuse_with(&t->refusal, c->arena, KW_ERROR_INVALID_TOPIC_EXCEPTION,
                       "the name differs from that of topic '%.*s' only in '.' and '_', which names of metrics "
                       "do not tell apart",
                       KW_FMT(metadata_topic_at(c->decision->image, found)->name));
}

static bool check_new(struct creating *c, struct new_topic *t)
{
    return metadata_topic_by_name(c->decision->image, t->asked->name) == NULL ||
           refuse_with(&t->refusal, c->arena, KW_ERROR_TOPIC_ALREADY_EXISTS, "topic '%.*s' exists",
                       KW_FMT(t->asked->name));
}

/* ---- configs ---- */

static bool check_nulls(struct creating *c, struct new_topic *t)
{
    for (int32_t i = 0; i < t->asked->configs.len; i++)
        if (t->asked->configs.items[i].value.len < 0)
            return refuse_with(&t->refusal, c->arena, KW_ERROR_INVALID_CONFIG, "config %.*s has no value",
                               KW_FMT(t->asked->configs.items[i].name));
    return true;
}

static bool check_sizes(struct creating *c, struct new_topic *t)
{
    for (size_t i = 0; i < t->configs.count; i++)
        if (t->configs.items[i].value.len > MAX_CONFIG_VALUE)
            return refuse_with(&t->refusal, c->arena, KW_ERROR_INVALID_CONFIG,
                               "the value of config %.*s is longer than %d bytes", KW_FMT(t->configs.items[i].name),
                               MAX_CONFIG_VALUE);
    return true;
}

static bool check_configs(struct creating *c, struct new_topic *t)
{
    size_t count = t->asked->configs.len > 0 ? (size_t)t->asked->configs.len : 0;
    if (count == 0)
        return true;
    if (!check_nulls(c, t))
        return false;
    t->configs.items = kw_arena_array(c->arena, count, sizeof *t->configs.items);
    if (t->configs.items == NULL)
        return no_memory(c, t);
    for (size_t i = 0; i < count; i++)
        t->configs.items[i] =
            (struct metadata_config){t->asked->configs.items[i].name, t->asked->configs.items[i].value};
    t->configs.count = count;
    if (!config_list_make_distinct(&t->configs, c->arena))
        return no_memory(c, t);
    return check_sizes(c, t) && check_topic_config(&c->place, &t->configs, c->arena, &t->refusal);
}

/* ---- partitions ---- */

static bool take_assignments(struct creating *c, struct new_topic *t)
{
    int32_t count = t->asked->assignments.len, replication_factor = -1;
    if (t->asked->replication_factor != -1)
        return refuse_with(&t->refusal, c->arena, KW_ERROR_INVALID_REQUEST,
                           "with assignments the replication factor must be -1");
    if (t->asked->num_partitions != -1)
        return refuse_with(&t->refusal, c->arena, KW_ERROR_INVALID_REQUEST,
                           "with assignments the number of partitions must be -1");
    bool *taken = kw_arena_array(c->arena, (size_t)count, sizeof *taken);
    t->partitions = kw_arena_array(c->arena, (size_t)count, sizeof *t->partitions);
    if (taken == NULL || t->partitions == NULL)
        return no_memory(c, t);
    memset(taken, 0, (size_t)count * sizeof *taken);
    bool consecutive = true;
    for (int32_t i = 0; i < count; i++) {
        const kw_create_topics_request_creatable_replica_assignment *a = &t->asked->assignments.items[i];
        bool in_range = a->partition_index >= 0 && a->partition_index < count;
        struct placement outside, *to = in_range ? &t->partitions[a->partition_index] : &outside;
        if (in_range && taken[a->partition_index])
            return refuse_with(&t->refusal, c->arena, KW_ERROR_INVALID_REPLICA_ASSIGNMENT,
                               "partition %" PRId32 " has two assignments", a->partition_index);
        if (!placement_take(c->decision, a->partition_index, a->broker_ids, replication_factor, c->arena, to,
                            &t->refusal))
            return false;
        replication_factor = a->broker_ids.len;
        consecutive = consecutive && in_range;
        if (in_range)
            taken[a->partition_index] = true;
    }
    t->partition_count = count;
    return consecutive || refuse_with(&t->refusal, c->arena, KW_ERROR_INVALID_REPLICA_ASSIGNMENT,
                                      "the partitions that are assigned are not 0, 1, 2 and so on");
}

static bool place(struct creating *c, struct new_topic *t)
{
    int16_t factor = t->asked->replication_factor;
    if (factor < -1 || factor == 0)
        return refuse_with(&t->refusal, c->arena, KW_ERROR_INVALID_REPLICATION_FACTOR,
                           "the replication factor must be 1 or more, or -1 for the default");
    if (t->asked->num_partitions < -1 || t->asked->num_partitions == 0)
        return refuse_with(&t->refusal, c->arena, KW_ERROR_INVALID_PARTITIONS,
                           "the number of partitions must be 1 or more, or -1 for the default");
    t->partition_count = t->asked->num_partitions == -1 ? c->default_partitions : t->asked->num_partitions;
    t->partitions = kw_arena_array(c->arena, (size_t)t->partition_count, sizeof *t->partitions);
    if (t->partitions == NULL)
        return no_memory(c, t);
    factor = factor == -1 ? c->default_replication_factor : factor;
    for (int32_t i = 0; i < t->partition_count; i++)
        if (!placement_choose(c->decision, i, factor, c->arena, &t->partitions[i], &t->refusal))
            return false;
    return true;
}

/* ---- results ---- */

static bool describe_configs(struct creating *c, const struct new_topic *t, response_topic *out)
{
    out->configs.len = 0;
    out->configs.items = kw_arena_array(c->arena, setting_count, sizeof *out->configs.items);
    if (out->configs.items == NULL)
        return false;
    for (size_t i = 0; i < setting_count; i++) {
        struct config_value value = {.text = config_list_find(&t->configs, kw_string_of(settings[i].name)),
                                     .source = SOURCE_TOPIC};
        if (settings[i].scope != SETTING_TOPIC || (settings[i].internal && value.text.len < 0))
            continue;
        if (value.text.len < 0 && !effective_default(&c->place, &settings[i], c->arena, &value))
            return false;
        response_config *config = &out->configs.items[out->configs.len++];
        kw_create_topics_response_creatable_topic_configs_init(config);
        config->name = kw_string_of(settings[i].name);
        config->value = value.text;
        config->config_source = (int8_t)value.source;
    }
    return true;
}

static void add_records(struct creating *c, const struct new_topic *t, kw_uuid id)
{
    kw_topic_record topic;
    kw_config_record config;
    bool sets_min_isr = false;
    kw_topic_record_init(&topic);
    topic.name = t->asked->name;
    topic.topic_id = id;
    record_list_add(&c->decision->records, &kw_topic_record_message, 0, &topic);
    kw_config_record_init(&config);
    config.resource_type = RESOURCE_TOPIC;
    config.resource_name = t->asked->name;
    for (size_t i = 0; i < t->configs.count; i++) {
        config.name = t->configs.items[i].name;
        config.value = t->configs.items[i].value;
        record_list_add(&c->decision->records, &kw_config_record_message, 0, &config);
        sets_min_isr = sets_min_isr || is_min_isr(config.name);
    }
    if (sets_min_isr)
        min_isr_changed(c->decision, topic.name);
    for (int32_t i = 0; i < t->partition_count; i++)
        placement_add_record(c->decision, id, i, &t->partitions[i], c->arena);
}

static bool accept(struct creating *c, struct new_topic *t, response_topic *out)
{
    if (!random_uuid(c->decision->random, &out->topic_id))
        return refuse_with(&t->refusal, c->arena, KW_ERROR_UNKNOWN_SERVER_ERROR, "no random numbers");
    out->num_partitions = t->partition_count;
    out->replication_factor = (int16_t)t->partitions[0].replicas.len;
    if (!describe_configs(c, t, out))
        return no_memory(c, t);
    if (!c->request->validate_only)
        add_records(c, t, out->topic_id);
    return true;
}

static response_topic *next_result(struct creating *c, kw_string name)
{
    response_topic *out = &c->response->topics.items[c->response->topics.len++];
    kw_create_topics_response_creatable_topic_result_init(out);
    out->name = name;
    out->error_message.len = -1;
    return out;
}

static void set_error(response_topic *out, int16_t error, kw_string message)
{
    const kw_string name = out->name;
    kw_create_topics_response_creatable_topic_result_init(out);
    out->name = name;
    out->error_code = error;
    out->error_message = message;
}

static void create(struct creating *c, const request_topic *asked)
{
    struct new_topic t = {.asked = asked};
    response_topic *out = next_result(c, asked->name);
    size_t before = c->decision->records.count;
    if (check_new(c, &t) && check_name(c, &t) && check_collision(c, &t) && check_configs(c, &t) &&
        (asked->assignments.len > 0 ? take_assignments(c, &t) : place(c, &t)) && accept(c, &t, out))
        return;
    record_list_truncate(&c->decision->records, before);
    set_error(out, t.refusal.error, t.refusal.message);
}

/* ---- the request ---- */

/* Whether a topic is named once, and by a name that clients may use. */
static bool is_effective(const struct named_partition *names, size_t i)
{
    return names[i].last == i && !kw_string_equal(names[i].topic, kw_string_of(METADATA_TOPIC));
}

static int64_t count_partitions(const struct creating *c, const struct named_partition *names)
{
    int64_t count = 0;
    for (int32_t i = 0; i < c->request->topics.len; i++) {
        const request_topic *topic = &c->request->topics.items[i];
        if (!is_effective(names, (size_t)i))
            continue;
        if (topic->assignments.len > 0)
            count += topic->assignments.len;
        else if (topic->num_partitions == -1)
            count += c->default_partitions;
        else if (topic->num_partitions > 0)
            count += topic->num_partitions;
    }
    return count;
}

static void refuse_all(struct creating *c)
{
    for (int32_t i = 0; i < c->request->topics.len; i++)
        set_error(next_result(c, c->request->topics.items[i].name), KW_ERROR_POLICY_VIOLATION,
                  kw_string_of("a request may create 10,000 partitions at most"));
}

static void create_all(struct creating *c, const struct named_partition *names)
{
    static const char prohibited[] = "this is the topic of the metadata log";
    size_t count = (size_t)c->request->topics.len;
    for (size_t i = 0; i < count; i++)
        if (is_effective(names, i))
            create(c, &c->request->topics.items[i]);
    for (size_t i = 0; i < count; i++)
        if (names[i].last != NAMED_BEFORE && names[i].last != i)
            set_error(next_result(c, names[i].topic), KW_ERROR_INVALID_REQUEST,
                      kw_string_of("the request names this topic more than once"));
    for (size_t i = 0; i < count; i++)
        if (names[i].last == i && !is_effective(names, i))
            set_error(next_result(c, names[i].topic), KW_ERROR_INVALID_REQUEST, kw_string_of(prohibited));
}

static bool read_default(const struct creating *c, const char *name, long *out)
{
    struct config_value value;
    effective_broker_config(&c->place, setting_find(SETTING_BROKER, name), &value);
    kw_string text = arena_copy_string(c->arena, value.text);
    *out = text.data != NULL ? strtol(text.data, NULL, 10) : 1;
    return text.data != NULL;
}

static bool read_defaults(struct creating *c)
{
    long partitions, replication_factor;
    if (!read_default(c, "num.partitions", &partitions) ||
        !read_default(c, "default.replication.factor", &replication_factor))
        return false;
    c->default_partitions = (int32_t)partitions;
    c->default_replication_factor = (int16_t)replication_factor;
    return true;
}

bool decide_create_topics(struct decision *decision, const struct static_config *file,
                          const kw_create_topics_request *request, kw_arena *arena, kw_create_topics_response *response)
{
    struct creating c = {.decision = decision,
                         .place = {decision->image, file, decision->node_id},
                         .request = request,
                         .response = response,
                         .arena = arena};
    size_t count = request->topics.len > 0 ? (size_t)request->topics.len : 0;
    struct named_partition *names = kw_arena_array(arena, count, sizeof *names);
    response->topics.len = 0;
    response->topics.items = kw_arena_array(arena, count, sizeof *response->topics.items);
    if (names == NULL || response->topics.items == NULL || !read_defaults(&c))
        return false;
    for (size_t i = 0; i < count; i++)
        names[i] = (struct named_partition){.topic = request->topics.items[i].name};
    if (!repeats_find(names, count, arena))
        return false;
    if (count_partitions(&c, names) > MAX_PARTITIONS)
        refuse_all(&c);
    else
        create_all(&c, names);
    return true;
}
