/* SPDX-License-Identifier: Apache-2.0 */
#include "share_fetch.h"

#include <string.h>

#include <kwire/error.h>

#include "share_leave.h"
#include "share_protocol.h"

typedef kw_share_fetch_request request_type;
typedef kw_share_fetch_response response_type;

/* Kafka has no texts for these errors. */
static enum call_outcome refuse(response_type *response, int16_t error)
{
    response->error_code = error;
    return CALL_ANSWERED;
}

/* ---- the answer ---- */

static void unwatch(struct call *call)
{
    struct share_fetching *f = call->state;
    for (size_t i = 0; i < f->count; i++) {
        struct share_source *s = &f->sources[i];
        if (s->is_watched && s->log != NULL)
            partition_log_unwatch(s->log, &s->log_watcher);
        if (s->is_watched && s->e != NULL)
            shared_partition_forget(s->e, &s->waiter);
        s->is_watched = false;
    }
}

static void abandon(struct call *call)
{
    share_fetch_release(call->state);
}

/* The session knows what it has listed, and of which partitions it has to list the end of an error. */
static void note_listed(const struct share_fetching *f)
{
    const request_type *r = f->request;
    for (size_t i = 0; i < f->count && r->share_session_epoch > SHARE_EPOCH_OPEN; i++) {
        const struct share_source *s = &f->sources[i];
        bool is_marked = (s->id.epoch & SHARE_TO_BE_LISTED) != 0;
        bool next = s->error != KW_ERROR_NONE || (is_marked && !s->is_listed);
        if (next != is_marked)
            share_session_mark(&f->call->broker->share_sessions, r->group_id, r->member_id, s->id.topic, s->id.index,
                               next);
    }
}

static enum call_outcome answer(struct call *call)
{
    struct share_fetching *f = call->state;
    bool fine = share_fetch_acquire(f) && share_fetch_fill(f);
    note_listed(f);
    if (f->request->share_session_epoch == SHARE_EPOCH_CLOSE) {
        share_release(call->broker, call->image, f->request->group_id, f->request->member_id, f->session);
        share_session_close(&call->broker->share_sessions, f->request->group_id, f->request->member_id);
    }
    share_fetch_release(f);
    return fine ? CALL_ANSWERED : CALL_FAILED;
}

/* ---- waiting ---- */

static void wake(void *call)
{
    call_resume(call);
}

/* Whether the log has moved since it was read, before it was watched. */
static bool has_moved(const struct share_source *s)
{
    struct log_snapshot now;
    if (partition_log_acquire(s->log, true, &now) != KW_ERROR_NONE)
        return true;
    bool moved = now.high_watermark != s->high_watermark;
    log_snapshot_release(&now);
    return moved;
}

/* What this call cannot acquire, and what it could have at its offset. */
static bool can_continue(struct share_source *s)
{
    shared_partition_lock(s->e);
    bool is_ready = s->e->stage == SHARED_ACTIVE && !s->e->is_fetching &&
                    share_partition_can_acquire(&s->e->p, &s->e->limits) &&
                    share_partition_next_offset(&s->e->p) < s->end;
    is_ready = is_ready || s->e->stage == SHARED_FAILED || s->e->stage == SHARED_WITHOUT_START;
    shared_partition_unlock(s->e);
    return is_ready;
}

static void watch(struct share_source *s, struct call *call)
{
    s->is_watched = true;
    s->log_watcher = (struct log_watcher){.callback = wake, .context = call};
    s->waiter = (struct shared_waiter){.resume = wake, .context = call};
    if (s->log != NULL)
        partition_log_watch(s->log, &s->log_watcher);
    if (s->e != NULL) {
        shared_partition_lock(s->e);
        shared_partition_wait(s->e, &s->waiter);
        shared_partition_unlock(s->e);
    }
}

static enum call_outcome read_or_wait(struct call *call);

static bool should_wait(const struct share_fetching *f)
{
    if (f->is_urgent || f->call->is_hurried || call_now(f->call) >= f->wait_until)
        return false;
    return f->is_loading || f->bytes < (f->request->min_bytes > 1 ? f->request->min_bytes : 1);
}

static enum call_outcome wait(struct call *call)
{
    struct share_fetching *f = call->state;
    bool continues = false;
    for (size_t i = 0; i < f->count; i++) {
        struct share_source *s = &f->sources[i];
        share_source_stop_reading(s);
        share_source_drop_slice(s);
        watch(s, call);
    }
    enum call_outcome parked = call_park_for(call, f->wait_until - call_now(call), read_or_wait, unwatch);
    for (size_t i = 0; i < f->count && !continues; i++) {
        struct share_source *s = &f->sources[i];
        continues = s->log == NULL || has_moved(s) || (f->bytes == 0 && s->e != NULL && can_continue(s));
    }
    if (continues)
        call_resume(call);
    return parked;
}

static enum call_outcome answer_or_wait(struct call *call)
{
    return should_wait(call->state) ? wait(call) : answer(call);
}

static void read_blocking(struct call *call)
{
    struct share_fetching *f = call->state;
    f->dont_block = false;
    share_fetch_read(f);
}

static enum call_outcome read_or_wait(struct call *call)
{
    struct share_fetching *f = call->state;
    f->dont_block = true;
    share_fetch_read(f);
    return f->would_block ? call_offload(call, read_blocking, answer_or_wait) : answer_or_wait(call);
}

/* ---- the request ---- */

/* After the acknowledgements. */
static enum call_outcome fetch(struct call *call)
{
    struct share_fetching *f = call->state;
    const request_type *r = f->request;
    call->abandon = abandon;
    bool is_closed = r->share_session_epoch == SHARE_EPOCH_CLOSE;
    if (r->is_renew_ack || is_closed || r->max_records <= 0 || r->max_bytes <= 0)
        return answer(call);
    f->sources = kw_arena_array(call->arena, f->session.count + 1, sizeof *f->sources);
    if (f->sources == NULL)
        return CALL_FAILED;
    memset(f->sources, 0, (f->session.count + 1) * sizeof *f->sources);
    f->count = f->session.count;
    for (size_t i = 0; i < f->count; i++)
        f->sources[i].id = f->session.items[i];
    return f->count != 0 ? read_or_wait(call) : answer(call);
}

static enum call_outcome too_many_sessions(struct call *call)
{
    return refuse(call->response, KW_ERROR_SHARE_SESSION_LIMIT_REACHED);
}

static bool is_wrong_renewal(const request_type *r)
{
    return r->is_renew_ack && (r->max_bytes != 0 || r->min_bytes != 0 || r->max_records != 0 || r->max_wait_ms != 0);
}

static enum call_outcome use_session(struct call *call, struct share_fetching *f)
{
    const request_type *r = f->request;
    struct share_session_request session = {
        .group = r->group_id, .member = r->member_id, .epoch = r->share_session_epoch, .connection = call->exchange};
    if (!share_fetch_list_acks(f) || !share_fetch_list_partitions(f, &session))
        return CALL_FAILED;
    if (r->share_session_epoch == SHARE_EPOCH_OPEN && f->acks.count != 0)
        return refuse(f->response, KW_ERROR_INVALID_REQUEST);
    call->exchange->is_remembered = true;
    int16_t error = share_session_use(&call->broker->share_sessions, &session, call->arena, &f->session);
    if (error == KW_ERROR_SHARE_SESSION_LIMIT_REACHED && r->max_wait_ms > 0)
        return call_park_for(call, r->max_wait_ms, too_many_sessions, NULL);
    if (error != KW_ERROR_NONE)
        return refuse(f->response, error);
    return share_acks_run(call, &f->acks, r->group_id, r->member_id, fetch);
}

enum call_outcome handle_share_fetch(struct call *call, const request_type *request, response_type *response)
{
    struct share_fetching *f = kw_arena_alloc(call->arena, sizeof *f);
    if (f == NULL)
        return CALL_FAILED;
    memset(f, 0, sizeof *f);
    f->call = call;
    f->request = request;
    f->response = response;
    f->wait_until = call_now(call) + request->max_wait_ms;
    call->state = f;
    if (!share_protocol_is_enabled(call))
        return refuse(response, KW_ERROR_UNSUPPORTED_VERSION);
    if (request->group_id.len < 0 || !share_member_id_is_valid(request->member_id) || is_wrong_renewal(request))
        return refuse(response, KW_ERROR_INVALID_REQUEST);
    f->config = share_config_of(call->broker, call->image, request->group_id);
    return use_session(call, f);
}
