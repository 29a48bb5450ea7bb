/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>
#include <kwire/messages/remove_topic_record.h>

#include "../base/repeats.h"
#include "decide_topics.h"

typedef kw_delete_topics_request_delete_topic_state request_topic;
typedef kw_delete_topics_response_deletable_topic_result response_topic;

enum { MAX_RECORDS = 10000 };

/* What the request names: by name or by id. */
struct deleting {
    struct decision *decision;
    kw_arena *arena;
    kw_delete_topics_response *response;
    struct named_partition *names;
    struct named_partition *ids;
    const kw_uuid **id_at; /* of ids */
    size_t name_count;
    size_t id_count;
};

static response_topic *answer(struct deleting *d, kw_string name, kw_uuid id, int16_t error, const char *message)
{
    response_topic *out = &d->response->responses.items[d->response->responses.len++];
    kw_delete_topics_response_deletable_topic_result_init(out);
    out->name = name;
    out->topic_id = id;
    out->error_code = error;
    if (message != NULL)
        out->error_message = kw_string_of(message);
    return out;
}

static const kw_string no_name = {NULL, -1};
static const kw_uuid no_id = {{0}};

static kw_string key_of(const kw_uuid *id)
{
    return (kw_string){(const char *)id->bytes, (int32_t)sizeof id->bytes};
}

static void add_name(struct deleting *d, kw_string name)
{
    d->names[d->name_count++] = (struct named_partition){.topic = name};
}

static void take_topic(struct deleting *d, const request_topic *topic)
{
    bool has_id = !kw_uuid_is_zero(topic->topic_id);
    if (topic->name.len < 0 && !has_id) {
        (void)answer(d, no_name, no_id, KW_ERROR_INVALID_REQUEST, "neither a name nor an id of a topic");
    } else if (topic->name.len < 0) {
        d->id_at[d->id_count] = &topic->topic_id;
        d->ids[d->id_count++] = (struct named_partition){.topic = key_of(&topic->topic_id)};
    } else if (!has_id) {
        add_name(d, topic->name);
    } else {
        (void)answer(d, topic->name, topic->topic_id, KW_ERROR_INVALID_REQUEST, "both a name and an id of a topic");
    }
}

static bool is_single(const struct named_partition *named, size_t i)
{
    return named[i].last == i;
}

static bool is_first_of_several(const struct named_partition *named, size_t i)
{
    return named[i].last != NAMED_BEFORE && named[i].last != i;
}

static void refuse_repeated(struct deleting *d)
{
    for (size_t i = 0; i < d->name_count; i++)
        if (is_first_of_several(d->names, i))
            (void)answer(d, d->names[i].topic, no_id, KW_ERROR_INVALID_REQUEST,
                         "the request names this topic more than once");
    for (size_t i = 0; i < d->id_count; i++)
        if (is_first_of_several(d->ids, i))
            (void)answer(d, no_name, *d->id_at[i], KW_ERROR_INVALID_REQUEST,
                         "the request has this id of a topic more than once");
}

static void remove_topic(struct deleting *d, const struct metadata_topic *topic)
{
    kw_remove_topic_record record;
    kw_remove_topic_record_init(&record);
    record.topic_id = topic->id;
    record_list_add(&d->decision->records, &kw_remove_topic_record_message, 0, &record);
    (void)answer(d, topic->name, topic->id, KW_ERROR_NONE, NULL);
}

/* Where a name and an id of the request are of the same topic it stays, and only the name is answered. */
static bool mark_named_ids(struct deleting *d, bool *named)
{
    struct named_partition *all = kw_arena_array(d->arena, d->id_count + d->name_count, sizeof *all);
    if (all == NULL)
        return false;
    for (size_t i = 0; i < d->id_count; i++)
        all[i] = (struct named_partition){.topic = d->ids[i].topic};
    for (size_t i = 0; i < d->name_count; i++) {
        const struct metadata_topic *topic = metadata_topic_by_name(d->decision->image, d->names[i].topic);
        all[d->id_count + i] = (struct named_partition){.topic = key_of(&no_id)};
        if (topic != NULL && is_single(d->names, i))
            all[d->id_count + i].topic = key_of(&topic->id);
    }
    if (!repeats_find(all, d->id_count + d->name_count, d->arena))
        return false;
    for (size_t i = 0; i < d->id_count + d->name_count; i++)
        named[i] = false;
    for (size_t i = 0; i < d->id_count; i++)
        if (all[i].last != NAMED_BEFORE && all[i].last >= d->id_count)
            named[i] = named[all[i].last] = true;
    return true;
}

static bool remove_all(struct deleting *d)
{
    bool *named = kw_arena_array(d->arena, d->id_count + d->name_count, sizeof *named);
    if (named == NULL || !mark_named_ids(d, named))
        return false;
    for (size_t i = 0; i < d->id_count; i++) {
        const struct metadata_topic *topic = metadata_topic_by_id(d->decision->image, *d->id_at[i]);
        if (!is_single(d->ids, i) || named[i])
            continue;
        if (topic != NULL)
            remove_topic(d, topic);
        else
            (void)answer(d, no_name, *d->id_at[i], KW_ERROR_UNKNOWN_TOPIC_ID, "no topic has this id");
    }
    for (size_t i = 0; i < d->name_count; i++) {
        const struct metadata_topic *topic = metadata_topic_by_name(d->decision->image, d->names[i].topic);
        if (!is_single(d->names, i))
            continue;
        if (topic == NULL)
            (void)answer(d, d->names[i].topic, no_id, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION, "no topic has this name");
        else if (named[d->id_count + i])
            (void)answer(d, topic->name, topic->id, KW_ERROR_INVALID_REQUEST,
                         "the request has the id of this topic as well");
        else
            remove_topic(d, topic);
    }
    return true;
}

/* As one batch of the metadata log takes them. */
static void refuse_too_many(struct deleting *d)
{
    record_list_truncate(&d->decision->records, 0);
    for (int32_t i = 0; i < d->response->responses.len; i++) {
        d->response->responses.items[i].error_code = KW_ERROR_POLICY_VIOLATION;
        d->response->responses.items[i].error_message = kw_string_of("a request may delete 10,000 topics at most");
    }
}

static size_t length(int32_t len)
{
    return len > 0 ? (size_t)len : 0;
}

bool decide_delete_topics(struct decision *decision, const kw_delete_topics_request *request, kw_arena *arena,
                          kw_delete_topics_response *response)
{
    struct deleting d = {.decision = decision, .arena = arena, .response = response};
    size_t names = length(request->topic_names.len), topics = length(request->topics.len), count = names + topics;
    d.names = kw_arena_array(arena, count, sizeof *d.names);
    d.ids = kw_arena_array(arena, topics, sizeof *d.ids);
    d.id_at = kw_arena_array(arena, topics, sizeof *d.id_at);
    response->responses.len = 0;
    response->responses.items = kw_arena_array(arena, count, sizeof *response->responses.items);
    if (d.names == NULL || d.ids == NULL || d.id_at == NULL || response->responses.items == NULL)
        return false;
    for (size_t i = 0; i < names; i++)
        add_name(&d, request->topic_names.items[i]);
    for (size_t i = 0; i < topics; i++)
        take_topic(&d, &request->topics.items[i]);
    if (!repeats_find(d.names, d.name_count, arena) || !repeats_find(d.ids, d.id_count, arena))
        return false;
    refuse_repeated(&d);
    if (!remove_all(&d))
        return false;
    if (decision->records.count > MAX_RECORDS)
        refuse_too_many(&d);
    return true;
}
