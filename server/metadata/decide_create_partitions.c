/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include <kwire/error.h>

#include "../base/repeats.h"
#include "decide_topics.h"
#include "placement.h"

typedef kw_create_partitions_request_topic request_topic;
typedef kw_create_partitions_response_topic_result response_topic;

enum { MAX_RECORDS = 10000 };

struct adding {
    struct decision *decision;
    kw_arena *arena;
    kw_create_partitions_response *response;
    bool is_too_much; /* for one request, which fails as a whole then */
};

static void answer(struct adding *a, kw_string name, int16_t error, kw_string message)
{
    response_topic *out = &a->response->results.items[a->response->results.len++];
    kw_create_partitions_response_topic_result_init(out);
    out->name = name;
    out->error_code = error;
    out->error_message = message;
}

/* How many are to be added; 0 after a refusal. */
static int32_t count_additional(struct adding *a, const request_topic *asked, const struct metadata_topic *topic,
                                struct refusal *refusal)
{
    int32_t before = topic->partition_count, additional = asked->count > before ? asked->count - before : 0;
    if (additional == 0)
        (void)refuse_with(refusal, a->arena, KW_ERROR_INVALID_PARTITIONS,
                          "the topic has %" PRId32 " partition(s), and %" PRId32 " would be no more", before,
                          asked->count);
    else if (additional > MAX_RECORDS)
        a->is_too_much = true;
    else if (asked->assignments.len >= 0 && asked->assignments.len != additional)
        (void)refuse_with(refusal, a->arena, KW_ERROR_INVALID_REPLICA_ASSIGNMENT,
                          "%" PRId32 " partition(s) to be added, but %" PRId32 " assignment(s)", additional,
                          asked->assignments.len);
    return refusal->error == KW_ERROR_NONE && !a->is_too_much ? additional : 0;
}

static void add(struct adding *a, const request_topic *asked, struct refusal *refusal)
{
    const struct metadata_topic *topic = metadata_topic_by_name(a->decision->image, asked->name);
    if (topic == NULL) {
        (void)refuse_with(refusal, a->arena, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION, "no topic has this name");
        return;
    }
    int32_t additional = count_additional(a, asked, topic, refusal);
    int32_t factor = topic->partition_count > 0 ? topic->partitions[0].replicas.len : 1;
    for (int32_t i = 0; i < additional; i++) {
        int32_t index = topic->partition_count + i;
        struct placement placement;
        bool placed = asked->assignments.len >= 0
                          ? placement_take(a->decision, index, asked->assignments.items[i].broker_ids, factor, a->arena,
                                           &placement, refusal)
                          : placement_choose(a->decision, index, (int16_t)factor, a->arena, &placement, refusal);
        if (!placed)
            return;
        placement_add_record(a->decision, topic->id, index, &placement, a->arena);
    }
}

static void add_or_refuse(struct adding *a, const request_topic *asked)
{
    struct refusal refusal = {KW_ERROR_NONE, {NULL, -1}};
    size_t before = a->decision->records.count;
    add(a, asked, &refusal);
    if (refusal.error != KW_ERROR_NONE)
        record_list_truncate(&a->decision->records, before);
    answer(a, asked->name, refusal.error, refusal.message);
}

static void refuse_too_many(struct adding *a)
{
    for (int32_t i = 0; i < a->response->results.len; i++) {
        a->response->results.items[i].error_code = KW_ERROR_POLICY_VIOLATION;
        a->response->results.items[i].error_message = kw_string_of("a request may add 10,000 partitions at most");
    }
}

bool decide_create_partitions(struct decision *decision, const kw_create_partitions_request *request, kw_arena *arena,
                              kw_create_partitions_response *response)
{
    struct adding a = {decision, arena, response, false};
    size_t count = request->topics.len > 0 ? (size_t)request->topics.len : 0;
    struct named_partition *names = kw_arena_array(arena, count, sizeof *names);
    response->results.len = 0;
    response->results.items = kw_arena_array(arena, count, sizeof *response->results.items);
    if (names == NULL || response->results.items == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        names[i] = (struct named_partition){.topic = request->topics.items[i].name};
    if (!repeats_find(names, count, arena))
        return false;
    for (size_t i = 0; i < count; i++)
        if (names[i].last != NAMED_BEFORE && names[i].last != i)
            answer(&a, names[i].topic, KW_ERROR_INVALID_REQUEST,
                   kw_string_of("the request names this topic more than once"));
    for (size_t i = 0; i < count; i++)
        if (names[i].last == i)
            add_or_refuse(&a, &request->topics.items[i]);
    a.is_too_much = a.is_too_much || decision->records.count > MAX_RECORDS;
    if (a.is_too_much)
        refuse_too_many(&a);
    if (a.is_too_much || request->validate_only)
        record_list_truncate(&decision->records, 0);
    return true;
}
