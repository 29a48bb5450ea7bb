/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include <kwire/error.h>
#include <kwire/messages/partition_change_record.h>

#include "broker_ids.h"
#include "decide_elections.h"
#include "placement.h"
#include "versions.h"

enum { FIRST_WITH_FACTOR = 1 };

typedef kw_alter_partition_reassignments_request_reassignable_topic request_topic;
typedef kw_alter_partition_reassignments_request_reassignable_partition request_partition;
typedef kw_alter_partition_reassignments_response_reassignable_topic_response response_topic;
typedef kw_alter_partition_reassignments_response_reassignable_partition_response response_partition;

struct reassigning {
    struct decision *decision;
    bool may_change_factor;
    kw_arena *arena;
    struct refusal refusal; /* of the current partition */
};

/* ---- lists of brokers ---- */

/* Those of `from` that are in `other`, or are not. Items are NULL if the arena is full. */
static kw_int32_array filter(struct reassigning *r, kw_int32_array from, kw_int32_array other, bool in)
{
    kw_int32_array out = {kw_arena_array(r->arena, from.len > 0 ? (size_t)from.len : 0, sizeof *out.items), 0};
    for (int32_t i = 0; out.items != NULL && i < from.len; i++)
        if (broker_ids_have(other, from.items[i]) == in)
            out.items[out.len++] = from.items[i];
    return out;
}

static kw_int32_array join(struct reassigning *r, kw_int32_array a, kw_int32_array b)
{
    kw_int32_array out = {kw_arena_array(r->arena, (size_t)a.len + (size_t)b.len, sizeof *out.items), 0};
    for (int32_t i = 0; out.items != NULL && i < a.len + b.len; i++)
        out.items[out.len++] = i < a.len ? a.items[i] : b.items[i - a.len];
    return out;
}

static bool out_of_memory(struct reassigning *r)
{
    return refuse_with(&r->refusal, r->arena, KW_ERROR_KAFKA_STORAGE_ERROR, "out of memory");
}

/* ---- records ---- */

/* What the partition becomes. */
struct target {
    const struct metadata_topic *topic;
    const struct metadata_partition *partition;
    kw_int32_array replicas, isr, adding, removing;
};

static kw_uuid directory_of(const struct target *t, int32_t broker)
{
    const struct metadata_partition *p = t->partition;
    for (int32_t i = 0; i < p->replicas.len && i < p->directories.len; i++)
        if (p->replicas.items[i] == broker)
            return p->directories.items[i];
    return (kw_uuid){{0}};
}

static bool set_directories(struct reassigning *r, const struct target *t, kw_partition_change_record *record)
{
    kw_uuid *ids = kw_arena_array(r->arena, (size_t)t->replicas.len, sizeof *ids);
    if (ids == NULL)
        return out_of_memory(r);
    for (int32_t i = 0; i < t->replicas.len; i++)
        ids[i] = directory_of(t, t->replicas.items[i]);
    record->directories = (kw_uuid_array){ids, t->replicas.len};
    return true;
}

static bool add_record(struct reassigning *r, const struct target *t)
{
    const struct metadata_partition *p = t->partition;
    struct record_versions versions = record_versions_of(r->decision->image);
    kw_partition_change_record record;
    kw_partition_change_record_init(&record);
    record.topic_id = t->topic->id;
    record.partition_id = p->index;
    if (!broker_ids_equal(t->replicas, p->replicas)) {
        record.replicas = t->replicas;
        if (versions.directories && !set_directories(r, t, &record))
            return false;
    }
    if (!broker_ids_equal(t->isr, p->isr))
        record.isr = t->isr;
    if (!broker_ids_equal(t->adding, p->adding))
        record.adding_replicas = t->adding;
    if (!broker_ids_equal(t->removing, p->removing))
        record.removing_replicas = t->removing;
    if (p->leader_id >= 0 && !broker_ids_have(t->isr, p->leader_id))
        record.leader = t->isr.items[0];
    if (record.replicas.len >= 0 || record.isr.len >= 0 || record.adding_replicas.len >= 0 ||
        record.removing_replicas.len >= 0)
        record_list_add(&r->decision->records, &kw_partition_change_record_message, versions.partition, &record);
    return true;
}

/* ---- decisions ---- */

static bool cancel(struct reassigning *r, struct target *t)
{
    const struct metadata_partition *p = t->partition;
    if (p->adding.len <= 0 && p->removing.len <= 0)
        return refuse_with(&r->refusal, r->arena, KW_ERROR_NO_REASSIGNMENT_IN_PROGRESS,
                           "the partition is not being reassigned");
    t->replicas = filter(r, p->replicas, p->adding, false);
    t->isr = filter(r, p->isr, p->adding, false);
    if (t->replicas.items == NULL || t->isr.items == NULL)
        return out_of_memory(r);
    if (t->isr.len == 0)
        return refuse_with(&r->refusal, r->arena, KW_ERROR_INVALID_REPLICA_ASSIGNMENT,
                           "none of the former replicas is in sync");
    return add_record(r, t);
}

/* It ends at once where nothing has to be copied first. */
static bool change(struct reassigning *r, struct target *t, kw_int32_array wanted)
{
    const struct metadata_partition *p = t->partition;
    kw_int32_array before = filter(r, p->replicas, p->adding, false);
    t->adding = filter(r, wanted, before, false);
    t->removing = filter(r, before, wanted, false);
    t->isr = filter(r, p->isr, wanted, true);
    if (before.items == NULL || t->adding.items == NULL || t->removing.items == NULL || t->isr.items == NULL)
        return out_of_memory(r);
    kw_int32_array missing = filter(r, t->adding, p->isr, false);
    if (missing.items == NULL)
        return out_of_memory(r);
    if (missing.len == 0 && (t->isr.len != 0 || p->isr.len == 0)) {
        t->replicas = wanted;
        t->adding.len = t->removing.len = 0;
        return add_record(r, t);
    }
    t->isr = p->isr;
    t->replicas = join(r, wanted, t->removing);
    return t->replicas.items != NULL ? add_record(r, t) : out_of_memory(r);
}

static bool check_factor(struct reassigning *r, const struct metadata_partition *p, kw_int32_array wanted)
{
    int32_t now = p->replicas.len - (p->adding.len > 0 ? p->adding.len : 0);
    return r->may_change_factor || wanted.len == now ||
           refuse_with(&r->refusal, r->arena, KW_ERROR_INVALID_REPLICATION_FACTOR,
                       "%" PRId32 " replica(s), but there are %" PRId32
                       ", and the request does not allow to change that",
                       wanted.len, now);
}

static bool reassign(struct reassigning *r, kw_string name, const request_partition *asked)
{
    const struct metadata_topic *topic = metadata_topic_by_name(r->decision->image, name);
    if (topic == NULL)
        return refuse_with(&r->refusal, r->arena, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION, "no topic has this name");
    struct target t = {.topic = topic, .partition = metadata_topic_partition(topic, asked->partition_index)};
    if (t.partition == NULL)
        return refuse_with(&r->refusal, r->arena, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION,
                           "the topic has no partition %" PRId32, asked->partition_index);
    if (asked->replicas.len < 0)
        return cancel(r, &t);
    if (!placement_check(r->decision, asked->replicas, r->arena, &r->refusal) ||
        !check_factor(r, t.partition, asked->replicas))
        return false;
    return change(r, &t, asked->replicas);
}

static bool answer_topic(struct reassigning *r, const request_topic *asked, response_topic *out)
{
    size_t count = asked->partitions.len > 0 ? (size_t)asked->partitions.len : 0;
    kw_alter_partition_reassignments_response_reassignable_topic_response_init(out);
    out->name = asked->name;
    out->partitions.len = (int32_t)count;
    out->partitions.items = kw_arena_array(r->arena, count, sizeof *out->partitions.items);
    if (out->partitions.items == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        response_partition *partition = &out->partitions.items[i];
        r->refusal = (struct refusal){KW_ERROR_NONE, {NULL, -1}};
        (void)reassign(r, asked->name, &asked->partitions.items[i]);
        kw_alter_partition_reassignments_response_reassignable_partition_response_init(partition);
        partition->partition_index = asked->partitions.items[i].partition_index;
        partition->error_code = r->refusal.error;
        partition->error_message = r->refusal.message;
    }
    return true;
}

bool decide_reassignments(struct decision *decision, const kw_alter_partition_reassignments_request *request,
                          int16_t version, kw_arena *arena, kw_alter_partition_reassignments_response *response)
{
    struct reassigning r = {.decision = decision,
                            .may_change_factor =
                                version < FIRST_WITH_FACTOR || request->allow_replication_factor_change,
                            .arena = arena};
    size_t count = request->topics.len > 0 ? (size_t)request->topics.len : 0;
    response->responses.len = 0;
    if (count == 0)
        return true; /* the rest are Kafka's defaults, then */
    response->error_message = (kw_string){NULL, -1};
    response->allow_replication_factor_change = request->allow_replication_factor_change;
    response->responses.len = (int32_t)count;
    response->responses.items = kw_arena_array(arena, count, sizeof *response->responses.items);
    if (response->responses.items == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!answer_topic(&r, &request->topics.items[i], &response->responses.items[i]))
            return false;
    return true;
}
