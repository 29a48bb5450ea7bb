/* SPDX-License-Identifier: Apache-2.0 */
#include "decide_elections.h"

#include <inttypes.h>

#include <kwire/error.h>

#include "partition_change.h"
#include "refusal.h"

enum { PREFERRED = 0, UNCLEAN = 1 };

typedef kw_elect_leaders_request_topic_partitions request_topic;
typedef kw_elect_leaders_response_replica_election_result response_topic;
typedef kw_elect_leaders_response_partition_result response_partition;

struct electing {
    struct decision *decision;
    const struct static_config *file;
    const kw_elect_leaders_request *request;
    kw_elect_leaders_response *response;
    kw_arena *arena;
};

static bool has_wanted_leader(const struct electing *e, const struct metadata_partition *partition)
{
    if (e->request->election_type == UNCLEAN)
        return partition->leader_id >= 0;
    return partition->replicas.len > 0 && partition->leader_id == partition->replicas.items[0];
}

/* The only broker that may be up is this one. */
static struct partition_change change_of(const struct electing *e, const struct metadata_topic *topic,
                                         const struct metadata_partition *partition)
{
    const struct metadata_broker *self = metadata_find_broker(e->decision->image, e->decision->node_id);
    struct partition_change change = {.image = e->decision->image,
                                      .topic = topic,
                                      .partition = partition,
                                      .leaving = NO_BROKER,
                                      .electable = self != NULL && !self->fenced ? self->id : NO_BROKER,
                                      .assigned = NO_BROKER};
    partition_change_read_settings(&change, e->decision->node_id, e->file);
    change.may_lose = e->request->election_type == UNCLEAN;
    return change;
}

static bool elect(struct electing *e, const struct metadata_topic *topic, const struct metadata_partition *partition,
                  struct refusal *refusal)
{
    size_t before = e->decision->records.count;
    if (has_wanted_leader(e, partition))
        return refuse_with(refusal, e->arena, KW_ERROR_ELECTION_NOT_NEEDED, "the partition has that leader");
    struct partition_change change = change_of(e, topic, partition);
    partition_change_add(&e->decision->records, &change);
    if (e->decision->records.count > before)
        return true;
    if (e->request->election_type == PREFERRED)
        return refuse_with(refusal, e->arena, KW_ERROR_PREFERRED_LEADER_NOT_AVAILABLE,
                           "the first replica is not up, or not in sync");
    return refuse_with(refusal, e->arena, KW_ERROR_ELIGIBLE_LEADERS_NOT_AVAILABLE, "no replica is up");
}

static void add_result(response_topic *out, int32_t index, const struct refusal *refusal)
{
    response_partition *result = &out->partition_result.items[out->partition_result.len++];
    kw_elect_leaders_response_partition_result_init(result);
    result->partition_id = index;
    result->error_code = refusal->error;
    result->error_message = refusal->message;
}

static void elect_one(struct electing *e, kw_string name, int32_t index, response_topic *out)
{
    struct refusal refusal = {KW_ERROR_NONE, {NULL, -1}};
    const struct metadata_topic *topic = metadata_topic_by_name(e->decision->image, name);
    const struct metadata_partition *partition = topic != NULL ? metadata_topic_partition(topic, index) : NULL;
    if (topic == NULL)
        (void)refuse_with(&refusal, e->arena, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION, "no topic has this name");
    else if (partition == NULL)
        (void)refuse_with(&refusal, e->arena, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION,
                          "the topic has no partition %" PRId32, index);
    else
        (void)elect(e, topic, partition, &refusal);
    bool of_all = e->request->topic_partitions.len < 0;
    if (!of_all || refusal.error != KW_ERROR_ELECTION_NOT_NEEDED)
        add_result(out, index, &refusal);
}

static response_topic *next_topic(struct electing *e, kw_string name, int32_t partitions)
{
    response_topic *out = &e->response->replica_election_results.items[e->response->replica_election_results.len++];
    kw_elect_leaders_response_replica_election_result_init(out);
    out->topic = name;
    out->partition_result.len = 0;
    out->partition_result.items =
        kw_arena_array(e->arena, partitions > 0 ? (size_t)partitions : 0, sizeof *out->partition_result.items);
    return out->partition_result.items != NULL ? out : NULL;
}

static bool elect_all(struct electing *e)
{
    for (size_t i = 0; i < metadata_topic_count(e->decision->image); i++) {
        const struct metadata_topic *topic = metadata_topic_at(e->decision->image, i);
        response_topic *out = next_topic(e, topic->name, topic->partition_count);
        if (out == NULL)
            return false;
        for (int32_t p = 0; p < topic->partition_count; p++)
            elect_one(e, topic->name, topic->partitions[p].index, out);
    }
    return true;
}

static bool elect_named(struct electing *e)
{
    for (int32_t i = 0; i < e->request->topic_partitions.len; i++) {
        const request_topic *asked = &e->request->topic_partitions.items[i];
        response_topic *out = next_topic(e, asked->topic, asked->partitions.len);
        if (out == NULL)
            return false;
        for (int32_t p = 0; p < asked->partitions.len; p++)
            elect_one(e, asked->topic, asked->partitions.items[p], out);
    }
    return true;
}

static bool refuse_type(struct electing *e)
{
    struct refusal refusal;
    (void)refuse_with(&refusal, e->arena, KW_ERROR_INVALID_REQUEST, "%d is no type of election",
                      e->request->election_type);
    e->response->error_code = refusal.error;
    for (int32_t i = 0; i < e->request->topic_partitions.len; i++) {
        const request_topic *asked = &e->request->topic_partitions.items[i];
        response_topic *out = next_topic(e, asked->topic, asked->partitions.len);
        if (out == NULL)
            return false;
        for (int32_t p = 0; p < asked->partitions.len; p++)
            add_result(out, asked->partitions.items[p], &refusal);
    }
    return true;
}

bool decide_elections(struct decision *decision, const struct static_config *file,
                      const kw_elect_leaders_request *request, kw_arena *arena, kw_elect_leaders_response *response)
{
    struct electing e = {decision, file, request, response, arena};
    bool of_all = request->topic_partitions.len < 0;
    size_t topics = of_all ? metadata_topic_count(decision->image) : (size_t)request->topic_partitions.len;
    response->replica_election_results.len = 0;
    response->replica_election_results.items =
        kw_arena_array(arena, topics, sizeof *response->replica_election_results.items);
    if (response->replica_election_results.items == NULL)
        return false;
    if (request->topic_partitions.len != 0 && request->election_type != PREFERRED && request->election_type != UNCLEAN)
        return refuse_type(&e);
    return of_all ? elect_all(&e) : elect_named(&e);
}
