/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>
#include <kwire/persisted.h>

#include "../coordinator/group/group_errors.h"
#include "../transaction/enrolment.h"
#include "handlers.h"
#include "offset_committing.h"
#include "txn_verification.h"

enum { FIRST_WITH_LOADING = 2, FIRST_WITH_ABORTABLE = 4, FIRST_THAT_ADDS = 5, FIRST_WITH_IDS = 6 };

typedef kw_txn_offset_commit_request request_type;
typedef kw_txn_offset_commit_response response_type;

struct txn_committing {
    struct offset_committing common;
    kw_offset_commit_request_topic_array asked;
    struct enrolment enrolment;
    struct txn_partition partition;
    int16_t partition_error;
};

/* ---- as an OffsetCommit ---- */

static bool copy_topic(const struct call *call, const kw_txn_offset_commit_request_topic *from,
                       kw_offset_commit_request_topic *to)
{
    int32_t count = from->partitions.len > 0 ? from->partitions.len : 0;
    kw_offset_commit_request_topic_init(to);
    to->name = from->name;
    to->topic_id = from->topic_id;
    to->partitions.items = kw_arena_array(call->arena, (size_t)count, sizeof *to->partitions.items);
    if (to->partitions.items == NULL)
        return false;
    to->partitions.len = count;
    for (int32_t i = 0; i < count; i++) {
        const kw_txn_offset_commit_request_partition *partition = &from->partitions.items[i];
        kw_offset_commit_request_partition *copy = &to->partitions.items[i];
        kw_offset_commit_request_partition_init(copy);
        copy->partition_index = partition->partition_index;
        copy->committed_offset = partition->committed_offset;
        copy->committed_leader_epoch = partition->committed_leader_epoch;
        copy->committed_metadata = partition->committed_metadata;
    }
    return true;
}

static bool copy_topics(const struct call *call, struct txn_committing *c, const request_type *request)
{
    int32_t count = request->topics.len > 0 ? request->topics.len : 0;
    c->asked.items = kw_arena_array(call->arena, (size_t)count, sizeof *c->asked.items);
    if (c->asked.items == NULL)
        return false;
    c->asked.len = count;
    for (int32_t i = 0; i < count; i++)
        if (!copy_topic(call, &request->topics.items[i], &c->asked.items[i]))
            return false;
    return true;
}

/* ---- the answer ---- */

/* Clients of before Kafka 2.0 end when they see that a coordinator is loading. */
static int16_t error_of(const struct call *call, int16_t error)
{
    return call->version < FIRST_WITH_LOADING && error == KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS
               ? KW_ERROR_COORDINATOR_NOT_AVAILABLE
               : error;
}

static bool fill_topic(const struct call *call, const kw_offset_commit_response_topic *from,
                       kw_txn_offset_commit_response_topic *out)
{
    kw_txn_offset_commit_response_topic_init(out);
    out->name = from->name;
    out->topic_id = from->topic_id;
    out->partitions.items = kw_arena_array(call->arena, (size_t)from->partitions.len, sizeof *out->partitions.items);
    if (out->partitions.items == NULL)
        return false;
    out->partitions.len = from->partitions.len;
    for (int32_t i = 0; i < from->partitions.len; i++) {
        kw_txn_offset_commit_response_partition_init(&out->partitions.items[i]);
        out->partitions.items[i].partition_index = from->partitions.items[i].partition_index;
        out->partitions.items[i].error_code = error_of(call, from->partitions.items[i].error_code);
    }
    return true;
}

static bool fill(const struct call *call, struct offset_committing *c, response_type *response)
{
    kw_offset_commit_response_topic_array topics = {NULL, 0};
    if (!offset_committing_fill(call, c, &topics))
        return false;
    response->topics.items = kw_arena_array(call->arena, (size_t)topics.len, sizeof *response->topics.items);
    if (response->topics.items == NULL)
        return false;
    response->topics.len = topics.len;
    for (int32_t i = 0; i < topics.len; i++)
        if (!fill_topic(call, &topics.items[i], &response->topics.items[i]))
            return false;
    return true;
}

static enum call_outcome respond(struct call *call, int16_t error)
{
    struct txn_committing *c = call->state;
    if (error != KW_ERROR_NONE)
        offset_committing_fail(&c->common, error);
    return fill(call, &c->common, call->response) ? CALL_ANSWERED : CALL_FAILED;
}

/* ---- the group ---- */

static void decide(struct call *call, struct coordinator_decision *decision)
{
    struct txn_committing *c = call->state;
    offset_committing_decide(&c->common, decision);
}

static enum call_outcome finish(struct call *call)
{
    return respond(call, call_coordinator_error(call));
}

static enum call_outcome commit(struct call *call)
{
    struct txn_committing *c = call->state;
    return call_coordinate_key(call, &call->broker->groups, c->common.in.group, decide, NULL, finish);
}

/* ---- the transaction ---- */

static void decide_enrolment(struct call *call, struct coordinator_decision *decision)
{
    struct txn_committing *c = call->state;
    enrolment_decide(&c->enrolment, decision);
}

static enum call_outcome enrolled(struct call *call)
{
    struct txn_committing *c = call->state;
    int16_t error = enrolment_error(&c->enrolment, call->decided, 0);
    return error == KW_ERROR_NONE ? commit(call) : respond(call, group_error_of(error));
}

static void prepare_enrolment(struct txn_committing *c, const struct call *call, int32_t partition)
{
    const request_type *request = call->request;
    const char *topic = kw_internal_topic_name(KW_INTERNAL_TOPIC_CONSUMER_OFFSETS);
    c->partition = (struct txn_partition){kw_string_of(topic), partition};
    c->enrolment = (struct enrolment){
        .kind = call->version >= FIRST_THAT_ADDS        ? ENROLMENT_ADDS
                : call->version >= FIRST_WITH_ABORTABLE ? ENROLMENT_ASKS
                                                        : ENROLMENT_ASKS_FOR_OLD,
        .id = request->transactional_id,
        .producer = {request->producer_id, request->producer_epoch},
        .partitions = {&c->partition, 1},
        .errors = &c->partition_error,
    };
}

/* What the log of the group's partition needs before it accepts the batch. Returns an error, or KW_ERROR_NONE. */
static int16_t verify(struct call *call, struct txn_committing *c)
{
    struct coordinator_txn *txn = &c->common.in.txn;
    const struct metadata_topic *topic = metadata_topic_by_name(call->image, c->partition.topic);
    if (c->partition.partition < 0 || topic == NULL)
        return KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    struct partition_log *log =
        log_manager_find(&call->broker->logs, c->partition.topic, topic->id, c->partition.partition);
    if (log == NULL)
        return KW_ERROR_NOT_COORDINATOR;
    bool adds = c->enrolment.kind == ENROLMENT_ADDS;
    txn->verification = VERIFICATION_OFF;
    if (adds || txn_verification_is_enabled(call))
        txn->verification =
            verifications_enter(&log->verifications, txn->producer_id, txn->producer_epoch, KW_NO_SEQUENCE, adds);
    log_release(log);
    return txn->verification != 0 ? KW_ERROR_NONE : KW_ERROR_COORDINATOR_NOT_AVAILABLE;
}

/* As in Kafka the transaction comes before the group. */
static enum call_outcome enrol(struct call *call)
{
    struct txn_committing *c = call->state;
    const char *states = kw_internal_topic_name(KW_INTERNAL_TOPIC_TRANSACTION_STATE);
    prepare_enrolment(c, call, shards_partition_of(&call->broker->groups, c->common.in.group));
    int16_t error = verify(call, c);
    if (error != KW_ERROR_NONE)
        return respond(call, error);
    uint64_t verification = c->common.in.txn.verification;
    if (verification == VERIFICATION_OFF || verification == VERIFICATION_OPEN)
        return commit(call);
    if (metadata_topic_by_name(call->image, kw_string_of(states)) == NULL)
        return respond(call, KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    return call_coordinate_key(call, &call->broker->transactions, c->enrolment.id, decide_enrolment, NULL, enrolled);
}

/* ---- everything ---- */

static bool start(struct call *call, struct txn_committing *c, const request_type *request)
{
    c->common.in = (struct offset_commit){
        .group = request->group_id,
        .check = {.member_id = request->member_id,
                  .instance_id = request->group_instance_id,
                  .generation = request->generation_id_or_member_epoch,
                  .version = call->version,
                  .is_transactional = true},
        .retention_ms = -1,
        .txn = {.batch = COORDINATOR_TRANSACTIONAL,
                .producer_id = request->producer_id,
                .producer_epoch = request->producer_epoch,
                .version = call->version >= FIRST_THAT_ADDS ? TXN_VERSION_WITH_EPOCHS : 0},
    };
    c->common.asked = &c->asked;
    c->common.by_id = call->version >= FIRST_WITH_IDS;
    return copy_topics(call, c, request) && offset_committing_start(call, &c->common, KW_ERROR_NONE);
}

enum call_outcome handle_txn_offset_commit(struct call *call, const kw_txn_offset_commit_request *request,
                                           kw_txn_offset_commit_response *response)
{
    struct txn_committing *c = kw_arena_alloc(call->arena, sizeof *c);
    (void)response;
    if (c == NULL)
        return CALL_FAILED;
    memset(c, 0, sizeof *c);
    call->state = c;
    if (!start(call, c, request))
        return CALL_FAILED;
    if (c->common.in.check.topic_count == 0)
        return respond(call, KW_ERROR_NONE);
    if (request->group_id.len <= 0)
        return respond(call, KW_ERROR_INVALID_GROUP_ID);
    return enrol(call);
}
