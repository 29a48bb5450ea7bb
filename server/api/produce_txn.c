/* SPDX-License-Identifier: Apache-2.0 */
#include "produce.h"

#include <kwire/error.h>
#include <kwire/persisted.h>

#include "txn_verification.h"

enum { FIRST_PAUSE_MS = 1 };

/* ---- which partitions ---- */

static enum enrolment_kind kind_of(const struct call *call)
{
    return call->version >= PRODUCE_FIRST_WITH_EPOCHS      ? ENROLMENT_ADDS
           : call->version >= PRODUCE_FIRST_WITH_ABORTABLE ? ENROLMENT_ASKS
                                                           : ENROLMENT_ASKS_FOR_OLD;
}

/* Whether the coordinator must be asked before the log accepts the batch. */
static bool enter(const struct producing *p, struct produce_part *part, bool verifies)
{
    bool bumps = p->enrolment->asked.kind == ENROLMENT_ADDS;
    if (!verifies) {
        part->verification = VERIFICATION_OFF;
        return false;
    }
    part->verification = verifications_enter(&part->log->verifications, part->producer.id, part->producer.epoch,
                                             part->base_sequence, bumps);
    return part->verification != VERIFICATION_OPEN;
}

static struct txn_partition name_of(const struct produce_part *part)
{
    return (struct txn_partition){part->topic->name, part->asked->index};
}

/* Sorted by insertion, as requests are mostly. */
static void insert(struct produce_enrolment *e, struct produce_part *part)
{
    const struct txn_partition name = name_of(part);
    size_t at = e->count++;
    for (; at > 0 && txn_compare_partitions(&e->names[at - 1], &name) > 0; at--) {
        e->names[at] = e->names[at - 1];
        e->parts[at] = e->parts[at - 1];
    }
    e->names[at] = name;
    e->parts[at] = part;
}

/* Those that wait for the coordinator. */
static void list(struct producing *p)
{
    struct produce_enrolment *e = p->enrolment;
    bool verifies = e->asked.kind == ENROLMENT_ADDS || txn_verification_is_enabled(p->call);
    e->count = 0;
    for (size_t i = 0; i < p->count; i++) {
        struct produce_part *part = &p->parts[i];
        if (!part->is_transactional || !enter(p, part, verifies))
            continue;
        if (part->verification == 0)
            produce_refuse_enrolled(p, part, KW_ERROR_COORDINATOR_NOT_AVAILABLE);
        else
            insert(e, part);
        e->asked.producer = part->producer;
    }
    e->asked.partitions = (struct txn_partitions){e->names, e->count};
}

static bool create(struct producing *p)
{
    kw_arena *arena = p->call->arena;
    struct produce_enrolment *e = kw_arena_alloc(arena, sizeof *e);
    if (e == NULL)
        return false;
    *e = (struct produce_enrolment){.start = call_now(p->call), .pause = FIRST_PAUSE_MS};
    e->asked.kind = kind_of(p->call);
    e->asked.id = p->request->transactional_id;
    e->names = kw_arena_array(arena, p->count, sizeof *e->names);
    e->parts = kw_arena_array(arena, p->count, sizeof(struct produce_part *));
    e->asked.errors = kw_arena_array(arena, p->count, sizeof *e->asked.errors);
    p->enrolment = e;
    p->image = metadata_image_share(p->call->image);
    return e->names != NULL && e->parts != NULL && e->asked.errors != NULL;
}

/* ---- what the coordinator says ---- */

static const char *text_of(int16_t error)
{
    switch (error) {
    case KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS:
        return "Unable to verify the partition has been added to the transaction. Underlying error: "
               "COORDINATOR_LOAD_IN_PROGRESS";
    case KW_ERROR_NOT_COORDINATOR:
        return "Unable to verify the partition has been added to the transaction. Underlying error: NOT_COORDINATOR";
    case KW_ERROR_CONCURRENT_TRANSACTIONS:
        return "Unable to verify the partition has been added to the transaction. Underlying error: "
               "CONCURRENT_TRANSACTIONS";
    default:
        return "Unable to verify the partition has been added to the transaction. Underlying error: "
               "COORDINATOR_NOT_AVAILABLE";
    }
}

/* NOT_ENOUGH_REPLICAS is what all clients try again without new metadata. */
static int16_t translate(const struct producing *p, int16_t error, kw_string *message)
{
    bool is_hidden = error == KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS || error == KW_ERROR_COORDINATOR_NOT_AVAILABLE ||
                     error == KW_ERROR_NOT_COORDINATOR ||
                     (error == KW_ERROR_CONCURRENT_TRANSACTIONS && p->call->version < PRODUCE_FIRST_WITH_EPOCHS);
    *message = is_hidden                             ? kw_string_of(text_of(error))
               : error == KW_ERROR_INVALID_TXN_STATE ? kw_string_of("Partition was not added to the transaction")
                                                     : kw_string_of(NULL);
    return is_hidden ? KW_ERROR_NOT_ENOUGH_REPLICAS : error;
}

/* What was found out about its records does not matter any more. */
void produce_refuse_enrolled(struct producing *p, struct produce_part *part, int16_t error)
{
    part->is_prepared = false;
    part->out->record_errors.len = 0;
    part->out->log_start_offset = -1;
    part->out->error_code = translate(p, error, &part->out->error_message);
}

static void take_answers(struct producing *p, int16_t event_error)
{
    const struct produce_enrolment *e = p->enrolment;
    for (size_t i = 0; i < e->count; i++) {
        int16_t error = enrolment_error(&e->asked, event_error, i);
        if (error != KW_ERROR_NONE)
            produce_refuse_enrolled(p, e->parts[i], error);
    }
}

static void decide(struct call *call, struct coordinator_decision *d)
{
    struct producing *p = call->state;
    enrolment_decide(&p->enrolment->asked, d);
}

static enum call_outcome ask(struct call *call);

/* A transaction of the producer that is being completed is over soon, mostly within a millisecond, and a client waits
 * longer before it tries again. If the peer has gone the call may be continued before the pause is over, so the pauses
 * are counted. 0: it has waited long enough. */
static int64_t next_pause(struct producing *p)
{
    const struct static_config *file = p->call->broker->config.file;
    struct produce_enrolment *e = p->enrolment;
    int64_t longest = setting_number(file, "add.partitions.to.txn.retry.backoff.ms");
    int64_t left = setting_number(file, "add.partitions.to.txn.retry.backoff.max.ms");
    int64_t timeout = setting_number(file, "request.timeout.ms");
    int64_t waited = call_now(p->call) - e->start;
    int64_t pause = e->pause < longest ? e->pause : longest;
    left = (timeout < left ? timeout : left) - (waited > e->paused ? waited : e->paused);
    if (left <= 0)
        return 0;
    pause = pause < left ? pause : left;
    e->pause = 2 * pause;
    e->paused += pause;
    return pause;
}

static enum call_outcome answered(struct call *call)
{
    struct producing *p = call->state;
    const struct enrolment *asked = &p->enrolment->asked;
    if (call->decided == KW_ERROR_NONE && asked->kind == ENROLMENT_ADDS &&
        asked->error == KW_ERROR_CONCURRENT_TRANSACTIONS) {
        int64_t pause = next_pause(p);
        if (pause != 0)
            return call_park_for(call, pause, ask, NULL);
    }
    take_answers(p, call->decided);
    return p->enrolled(call);
}

static bool has_coordinators(const struct call *call)
{
    const char *topic = kw_internal_topic_name(KW_INTERNAL_TOPIC_TRANSACTION_STATE);
    return call->broker->transactions.options.machine != NULL &&
           metadata_topic_by_name(call->image, kw_string_of(topic)) != NULL;
}

static enum call_outcome ask(struct call *call)
{
    struct producing *p = call->state;
    list(p);
    if (p->enrolment->count == 0)
        return p->enrolled(call);
    if (has_coordinators(call))
        return call_coordinate_key(call, &call->broker->transactions, p->request->transactional_id, decide, NULL,
                                   answered);
    take_answers(p, KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    return p->enrolled(call);
}

/* Those of all batches, as mostly: nobody need be asked. */
static bool are_open(struct producing *p)
{
    for (size_t i = 0; i < p->count; i++) {
        struct produce_part *part = &p->parts[i];
        if (!part->is_transactional)
            continue;
        if (!verifications_is_open(&part->log->verifications, part->producer.id, part->producer.epoch))
            return false;
        part->verification = VERIFICATION_OPEN;
    }
    return true;
}

enum call_outcome produce_enrol(struct producing *p, call_function *enrolled)
{
    if (are_open(p))
        return enrolled(p->call);
    p->enrolled = enrolled;
    if (!create(p))
        return CALL_FAILED;
    return ask(p->call);
}
