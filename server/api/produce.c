/* SPDX-License-Identifier: Apache-2.0 */
#include "produce.h"

#include <kwire/error.h>

#include "../base/clock.h"

static bool expects_response(const struct producing *p)
{
    return p->request->acks != 0;
}

/* ---- the end ---- */

/* May be called again. */
static void release_parts(struct call *call)
{
    struct producing *p = call->state;
    for (size_t i = 0; i < p->count; i++) {
        struct produce_part *part = &p->parts[i];
        if (part->is_rewritten)
            kw_writer_finish(&part->rewritten);
        if (part->log != NULL)
            log_release(part->log);
        part->is_rewritten = false;
        part->log = NULL;
    }
    metadata_image_release(p->image);
    p->image = NULL;
}

static void take_result(struct producing *p, struct produce_part *part)
{
    const struct log_append *append = &part->append;
    if (append->error != KW_ERROR_NONE) {
        produce_set_error(p, part, append->error);
    } else {
        part->out->base_offset = append->base_offset;
        part->out->log_start_offset = append->log_start_offset;
        part->out->log_append_time_ms = append->is_duplicate ? append->original_timestamp : part->append_time;
    }
}

static enum call_outcome end(struct producing *p)
{
    bool has_error = false;
    for (size_t i = 0; i < p->count; i++) {
        if (p->parts[i].is_prepared)
            take_result(p, &p->parts[i]);
        has_error = has_error || p->parts[i].out->error_code != KW_ERROR_NONE;
    }
    release_parts(p->call);
    if (expects_response(p))
        return CALL_ANSWERED;
    return has_error ? call_refuse(p->call, "an error, though no response is expected") : CALL_SILENT;
}

static enum call_outcome answer(struct call *call)
{
    return end(call->state);
}

/* ---- the logs ---- */

static void one_is_done(struct log_append *append)
{
    struct producing *p = append->context;
    if (atomic_fetch_sub(&p->pending, 1) == 1)
        call_continue(p->call);
}

static void submit(struct producing *p, struct produce_part *part)
{
    part->append = (struct log_append){.batches = &part->batch,
                                       .count = 1,
                                       .leader_epoch = part->partition->leader_epoch,
                                       .origin = APPEND_CLIENT,
                                       .want = APPEND_WRITTEN,
                                       .verification = part->verification,
                                       .done = one_is_done,
                                       .context = p};
    (void)atomic_fetch_add(&p->pending, 1);
    if (log_append(part->log, &part->append))
        (void)atomic_fetch_sub(&p->pending, 1);
}

/* Logs that are done at once, as most are, do not let the call wait. */
static enum call_outcome append_all(struct call *call)
{
    struct producing *p = call->state;
    enum call_outcome held = call_hold(p->call, answer);
    atomic_store(&p->pending, 1);
    for (size_t i = 0; i < p->count; i++)
        if (p->parts[i].is_prepared)
            submit(p, &p->parts[i]);
    if (atomic_fetch_sub(&p->pending, 1) != 1)
        return held;
    call_let_go(p->call);
    return end(p);
}

/* ---- the records ---- */

static int16_t error_of_unknown(const struct producing *p, const struct produce_part *part)
{
    return part->topic == NULL && p->call->version >= PRODUCE_FIRST_BY_ID ? KW_ERROR_UNKNOWN_TOPIC_ID
                                                                          : KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
}

static bool prepare_all(struct producing *p)
{
    bool fine = true;
    p->tools = append_tools_lend(&p->call->broker->append_tools);
    if (p->tools == NULL)
        return false;
    for (size_t i = 0; i < p->count && fine; i++) {
        struct produce_part *part = &p->parts[i];
        if (part->partition == NULL)
            part->out->error_code = error_of_unknown(p, part);
        else if (part->out->error_code == KW_ERROR_NONE)
            fine = produce_prepare(p, part);
    }
    append_tools_return(&p->call->broker->append_tools, p->tools);
    return fine;
}

static enum call_outcome prepare_and_append(struct call *call)
{
    struct producing *p = call->state;
    enum call_outcome outcome = prepare_all(p) ? produce_enrol(p, append_all) : CALL_FAILED;
    if (outcome == CALL_FAILED)
        release_parts(call);
    return outcome;
}

/* False if one has to be opened by a worker first. */
static bool open_logs(struct producing *p, bool dont_block)
{
    struct broker *broker = p->call->broker;
    for (size_t i = 0; i < p->count; i++) {
        struct produce_part *part = &p->parts[i];
        struct log_snapshot snapshot;
        if (part->partition == NULL)
            continue;
        if (log_manager_is_offline(&broker->logs, part->topic->name, part->topic->id, part->partition->index)) {
            produce_set_error(p, part, KW_ERROR_KAFKA_STORAGE_ERROR);
            continue;
        }
        if (part->partition->leader_id != broker->identity.node_id)
            continue;
        if (part->log == NULL)
            part->log = log_manager_find(&broker->logs, part->topic->name, part->topic->id, part->partition->index);
        int16_t error = part->log != NULL ? partition_log_acquire(part->log, dont_block, &snapshot)
                                          : (int16_t)KW_ERROR_KAFKA_STORAGE_ERROR;
        if (error == LOG_WOULD_BLOCK)
            return false;
        if (error != KW_ERROR_NONE)
            produce_set_error(p, part, error);
        else
            log_snapshot_release(&snapshot);
    }
    return true;
}

static void open_logs_on_worker(struct call *call)
{
    (void)open_logs(call->state, false);
}

/* ---- the request ---- */

static enum call_outcome refuse_all(struct producing *p, int16_t error, kw_string message)
{
    for (size_t i = 0; i < p->count; i++) {
        p->parts[i].out->error_code = error;
        p->parts[i].out->error_message = message;
    }
    return expects_response(p) ? CALL_ANSWERED : call_refuse(p->call, "an error, though no response is expected");
}

enum call_outcome handle_produce(struct call *call, const kw_produce_request *request, kw_produce_response *response)
{
    struct producing *p = kw_arena_alloc(call->arena, sizeof *p);
    if (p == NULL)
        return CALL_FAILED;
    *p = (struct producing){.call = call, .request = request, .response = response, .now_ms = clock_wall_ms()};
    call->state = p;
    call->abandon = release_parts;
    if (!produce_list(p))
        return CALL_FAILED;
    kw_string message;
    int16_t error = produce_refuse_all(p, &message);
    if (error != KW_ERROR_NONE)
        return refuse_all(p, error, message);
    return open_logs(p, true) ? prepare_and_append(call) : call_offload(call, open_logs_on_worker, prepare_and_append);
}
