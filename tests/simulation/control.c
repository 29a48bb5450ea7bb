/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/messages/create_partitions_request.h>
#include <kwire/messages/create_partitions_response.h>
#include <kwire/messages/create_topics_request.h>
#include <kwire/messages/create_topics_response.h>
#include <kwire/messages/delete_groups_request.h>
#include <kwire/messages/delete_groups_response.h>
#include <kwire/messages/describe_share_group_offsets_request.h>
#include <kwire/messages/describe_share_group_offsets_response.h>
#include <kwire/messages/find_coordinator_request.h>
#include <kwire/messages/find_coordinator_response.h>
#include <kwire/messages/incremental_alter_configs_request.h>
#include <kwire/messages/incremental_alter_configs_response.h>
#include <kwire/messages/metadata_request.h>
#include <kwire/messages/metadata_response.h>
#include <kwire/messages/offset_fetch_request.h>
#include <kwire/messages/offset_fetch_response.h>

#include "disk.h"
#include "node.h"
#include "topics.h"

enum { TIMEOUT_MS = 60000 };

static struct {
    struct asker asker; /* the first member */
    void (*use)(void *context, const void *response);
    void *context;
    bool was_answered;
} control;

static void answered(struct asker *asker, const void *response)
{
    (void)asker;
    control.was_answered = true;
    control.use(control.context, response);
}

static void failed(struct asker *asker)
{
    (void)asker;
}

bool control_ask(int16_t key, int16_t version, const void *request, void (*use)(void *context, const void *response),
                 void *context)
{
    control.asker.answered = answered;
    control.asker.failed = failed;
    control.asker.is_undisturbed = true;
    control.use = use;
    control.context = context;
    control.was_answered = false;
    asker_ask(&control.asker, key, version, request, TIMEOUT_MS);
    while (control.asker.is_busy && !disk_is_dead())
        world_step();
    if (control.asker.is_busy)
        asker_stop(&control.asker);
    return control.was_answered;
}

void control_stop(void)
{
    asker_stop(&control.asker);
    memset(&control, 0, sizeof control);
}

/* ---- topics ---- */

static void use_creation(void *context, const void *response)
{
    const kw_create_topics_response *r = response;
    (void)context;
    for (int32_t i = 0; i < r->topics.len; i++)
        CHECK(r->topics.items[i].error_code == KW_ERROR_NONE, "a topic is not created: error %d",
              r->topics.items[i].error_code);
}

static void use_metadata(void *context, const void *response)
{
    const kw_metadata_response *r = response;
    (void)context;
    for (int32_t i = 0; i < r->topics.len; i++) {
        size_t t = topic_by_name(r->topics.items[i].name);
        if (t == TOPICS)
            continue;
        CHECK(r->topics.items[i].partitions.len >= topics.all[t].partitions, "topic %zu has %d partitions of %d", t,
              r->topics.items[i].partitions.len, topics.all[t].partitions);
        topics.all[t].id = r->topics.items[i].topic_id;
        topics.all[t].partitions = r->topics.items[i].partitions.len;
    }
}

bool control_look_at_topics(void)
{
    kw_metadata_request request;
    kw_metadata_request_init(&request);
    request.topics.len = -1;
    return control_ask(KW_KEY_METADATA, 12, &request, use_metadata, NULL);
}

static void use_coordinator(void *context, const void *response)
{
    const kw_find_coordinator_response *r = response;
    (void)context;
    CHECK(r->coordinators.len == 1 && r->coordinators.items[0].error_code == KW_ERROR_NONE,
          "a coordinator is not found");
}

/* Its topic is made for the first who asks. */
static bool find_coordinator(int8_t type, const char *any_key)
{
    kw_find_coordinator_request request;
    kw_string key = kw_string_of(any_key);
    kw_find_coordinator_request_init(&request);
    request.key_type = type;
    request.coordinator_keys = (kw_string_array){&key, 1};
    return control_ask(KW_KEY_FIND_COORDINATOR, 6, &request, use_coordinator, NULL);
}

static bool find_coordinators(void)
{
    return find_coordinator(0, "any") && find_coordinator(1, "any") &&
           find_coordinator(2, "any:AAAAAAAAAAAAAAAAAAAAAQ:0");
}

bool control_create_topics(size_t count)
{
    kw_create_topics_request request;
    kw_create_topics_request_creatable_topic asked[TOPICS];
    memset(&topics, 0, sizeof topics);
    topics.count = count;
    kw_create_topics_request_init(&request);
    request.topics.items = asked;
    request.topics.len = (int32_t)count;
    for (size_t t = 0; t < count; t++) {
        (void)snprintf(topics.all[t].name, sizeof topics.all[t].name, "sim-%zu", t);
        kw_create_topics_request_creatable_topic_init(&asked[t]);
        asked[t].name = kw_string_of(topics.all[t].name);
        asked[t].num_partitions = topics.all[t].partitions = (int32_t)pick_from(1, PARTITIONS);
        topics.all[t].most = topics.all[t].partitions;
        asked[t].replication_factor = 1;
    }
    return control_ask(KW_KEY_CREATE_TOPICS, 7, &request, use_creation, NULL) && control_look_at_topics() &&
           find_coordinators();
}

static void use_growth(void *context, const void *response)
{
    const kw_create_partitions_response *r = response;
    (void)context;
    CHECK(r->results.len == 1 && (r->results.items[0].error_code == KW_ERROR_NONE ||
                                  r->results.items[0].error_code == KW_ERROR_INVALID_PARTITIONS ||
                                  r->results.items[0].error_code == KW_ERROR_KAFKA_STORAGE_ERROR),
          "a topic does not grow: error %d", r->results.items[0].error_code);
}

void control_grow(size_t t)
{
    kw_create_partitions_request request;
    kw_create_partitions_request_topic topic;
    kw_create_partitions_request_init(&request);
    kw_create_partitions_request_topic_init(&topic);
    topic.name = kw_string_of(topics.all[t].name);
    topic.count = topics.all[t].partitions + 1;
    topic.assignments.len = -1;
    request.topics.items = &topic;
    request.topics.len = 1;
    request.timeout_ms = TIMEOUT_MS;
    if (topic.count > PARTITIONS)
        return;
    topics.all[t].most = topic.count;
    if (control_ask(KW_KEY_CREATE_PARTITIONS, 3, &request, use_growth, NULL))
        (void)control_look_at_topics();
}

/* ---- groups ---- */

static void use_settings(void *context, const void *response)
{
    const kw_incremental_alter_configs_response *r = response;
    (void)context;
    CHECK(r->responses.len == 1 && r->responses.items[0].error_code == KW_ERROR_NONE, "a group is not set: error %d",
          r->responses.items[0].error_code);
}

bool control_read_from_start(const struct group *group)
{
    enum { GROUP = 32 };
    kw_incremental_alter_configs_request request;
    kw_incremental_alter_configs_request_alter_configs_resource resource;
    kw_incremental_alter_configs_request_alterable_config config;
    kw_incremental_alter_configs_request_init(&request);
    kw_incremental_alter_configs_request_alter_configs_resource_init(&resource);
    kw_incremental_alter_configs_request_alterable_config_init(&config);
    config.name = kw_string_of("share.auto.offset.reset");
    config.value = kw_string_of("earliest");
    resource.resource_type = GROUP;
    resource.resource_name = kw_string_of(group->name);
    resource.configs.items = &config;
    request.resources.items = &resource;
    resource.configs.len = request.resources.len = 1;
    return control_ask(KW_KEY_INCREMENTAL_ALTER_CONFIGS, 1, &request, use_settings, NULL);
}

struct finishing {
    const struct group *group;
    uint64_t finished;
};

static void use_share_offsets(void *context, const void *response)
{
    struct finishing *f = context;
    const kw_describe_share_group_offsets_response *r = response;
    CHECK(r->groups.len == 1 && r->groups.items[0].error_code == KW_ERROR_NONE, "offsets of %s are not described",
          f->group->name);
    for (int32_t i = 0; i < r->groups.items[0].topics.len; i++) {
        const kw_describe_share_group_offsets_response_topic *topic = &r->groups.items[0].topics.items[i];
        for (int32_t j = 0; j < topic->partitions.len; j++) {
            int p = partition_of(topic_by_name(topic->topic_name), topic->partitions.items[j].partition_index);
            int64_t start = topic->partitions.items[j].start_offset;
            CHECK(start <= judge_end(p), "%s starts at %" PRId64 " of partition %d, which ends at %" PRId64,
                  f->group->name, start, p, judge_end(p));
            if (topic->partitions.items[j].lag == 0) /* a start that has moved is written with what comes next */
                f->finished |= bit(p);
            else
                note("%s is at %" PRId64 " of %" PRId64 " of partition %d", f->group->name, start, judge_end(p), p);
        }
    }
}

bool control_share_has_finished(const struct group *group)
{
    struct finishing finishing = {group, 0};
    kw_describe_share_group_offsets_request request;
    kw_describe_share_group_offsets_request_group one;
    kw_describe_share_group_offsets_request_init(&request);
    kw_describe_share_group_offsets_request_group_init(&one);
    one.group_id = kw_string_of(group->name);
    one.topics.len = -1;
    request.groups.items = &one;
    request.groups.len = 1;
    if (!control_ask(KW_KEY_DESCRIBE_SHARE_GROUP_OFFSETS, 1, &request, use_share_offsets, &finishing))
        return false;
    uint64_t with_records = 0;
    for (int p = 0; p < ALL_PARTITIONS; p++)
        with_records |= judge_end(p) > 0 ? bit(p) : 0;
    return (partitions_of_topics(group->topics) & with_records & ~finishing.finished) == 0;
}

struct comparison {
    const struct group *group;
    uint64_t found;
};

static void use_offsets(void *context, const void *response)
{
    struct comparison *c = context;
    const kw_offset_fetch_response *r = response;
    CHECK(r->groups.len == 1 && r->groups.items[0].error_code == KW_ERROR_NONE, "offsets of %s are not answered",
          c->group->name);
    for (int32_t i = 0; i < r->groups.items[0].topics.len; i++) {
        const kw_offset_fetch_response_topics *topic = &r->groups.items[0].topics.items[i];
        for (int32_t j = 0; j < topic->partitions.len; j++) {
            int p = partition_of(topic_by_name(topic->name), topic->partitions.items[j].partition_index);
            int64_t offset = topic->partitions.items[j].committed_offset;
            judge_fetched(c->group->number, p, offset, judge_committed(c->group->number, p));
            c->found |= bit(p);
        }
    }
}

bool control_compare_offsets(const struct group *group)
{
    struct comparison comparison = {group, 0};
    kw_offset_fetch_request request;
    kw_offset_fetch_request_group one;
    kw_offset_fetch_request_init(&request);
    kw_offset_fetch_request_group_init(&one);
    one.group_id = kw_string_of(group->name);
    one.member_id = (kw_string){NULL, -1};
    one.topics.len = -1;
    request.groups.items = &one;
    request.groups.len = 1;
    if (!control_ask(KW_KEY_OFFSET_FETCH, 9, &request, use_offsets, &comparison))
        return false;
    for (int p = 0; p < ALL_PARTITIONS; p++)
        CHECK((comparison.found & bit(p)) != 0 || judge_committed(group->number, p) < 0,
              "%s has no offset of partition %d, where %" PRId64 " was acknowledged", group->name, p,
              judge_committed(group->number, p));
    return true;
}

static void use_deletion(void *context, const void *response)
{
    const kw_delete_groups_response *r = response;
    CHECK(r->results.len == 1, "one group is deleted as %d", r->results.len);
    *(int16_t *)context = r->results.items[0].error_code;
}

bool control_delete_group(const struct group *group, int16_t *error)
{
    kw_delete_groups_request request;
    kw_string name = kw_string_of(group->name);
    kw_delete_groups_request_init(&request);
    request.groups_names = (kw_string_array){&name, 1};
    return control_ask(KW_KEY_DELETE_GROUPS, 2, &request, use_deletion, error);
}
