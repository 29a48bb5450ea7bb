/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch.h"

#include <kwire/error.h>

enum { READ_UNCOMMITTED = 0, READ_COMMITTED = 1 };

typedef kw_fetch_request_topic request_topic;

static const struct metadata_topic *find_topic(const struct fetching *f, const request_topic *topic)
{
    const struct metadata_image *image = f->call->image;
    return f->call->version >= FETCH_FIRST_BY_ID ? metadata_topic_by_id(image, topic->topic_id)
                                                 : metadata_topic_by_name(image, topic->topic);
}

static const struct metadata_partition *find_partition(const struct fetching *f, const struct fetch_asked *asked)
{
    const struct metadata_topic *topic = find_topic(f, asked->topic);
    return topic != NULL ? metadata_topic_partition(topic, asked->partition->partition) : NULL;
}

/* Partitions that exist come first, as in Kafka. */
static bool read_known(struct fetching *f)
{
    for (size_t i = 0; i < f->asked_count; i++) {
        const struct fetch_asked *asked = &f->asked[i];
        const struct metadata_partition *partition = find_partition(f, asked);
        if (partition != NULL && !fetch_read_partition(f, find_topic(f, asked->topic), partition, asked->partition,
                                                       fetch_next_partition(f, asked)))
            return false;
    }
    return true;
}

static void refuse_unknown(struct fetching *f)
{
    for (size_t i = 0; i < f->asked_count; i++) {
        const request_topic *asked = f->asked[i].topic;
        int32_t index = f->asked[i].partition->partition;
        const struct metadata_topic *topic = find_topic(f, asked);
        if (topic == NULL && f->call->version >= FETCH_FIRST_BY_ID)
            fetch_next_partition(f, &f->asked[i])->error_code = KW_ERROR_UNKNOWN_TOPIC_ID;
        else if (topic == NULL || metadata_topic_partition(topic, index) == NULL)
            fetch_next_partition(f, &f->asked[i])->error_code = KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
    }
}

static int32_t max_bytes(const struct fetching *f)
{
    int32_t max = f->call->broker->config.fetch_max_bytes;
    return f->request->max_bytes < max ? f->request->max_bytes : max;
}

static void release_held(struct fetching *f)
{
    while (f->held_count != 0)
        segment_release(f->held[--f->held_count]);
    fetch_release_converted(f);
}

static void release_logs(struct fetching *f)
{
    while (f->watch_count != 0)
        log_release(f->watches[--f->watch_count].log);
}

/* False if memory is short, or if it would block. */
static bool read_all(struct fetching *f)
{
    release_held(f);
    release_logs(f);
    f->response->responses.len = 0;
    f->response->node_endpoints.len = 0;
    f->partition_count = 0;
    f->bytes_available = 0;
    f->would_block = false;
    f->is_urgent = false;
    f->bytes_left = max_bytes(f);
    f->at_least_one = f->call->version >= FETCH_FIRST_THAT_NEVER_CUTS;
    if (!read_known(f))
        return false;
    f->is_urgent = f->is_urgent || f->partition_count == 0;
    refuse_unknown(f);
    return true;
}

static void refuse_all(struct fetching *f, int16_t error)
{
    f->response->error_code = error;
    for (size_t i = 0; i < f->asked_count; i++)
        fetch_next_partition(f, &f->asked[i])->error_code = error;
}

/* ---- waiting ---- */

static bool should_wait(const struct fetching *f)
{
    int32_t min = f->request->min_bytes < max_bytes(f) ? f->request->min_bytes : max_bytes(f);
    return !f->is_urgent && !f->call->is_hurried && f->request->max_wait_ms > 0 && f->bytes_available < min;
}

static void wake(void *call)
{
    call_resume(call);
}

static void unwatch(struct call *call)
{
    struct fetching *f = call->state;
    while (f->watched != 0) {
        struct fetch_watch *watch = &f->watches[--f->watched];
        partition_log_unwatch(watch->log, &watch->watcher);
    }
}

/* Whether the log has moved since it was read, before it was watched. */
static bool has_moved(const struct fetch_watch *watch)
{
    struct log_snapshot now;
    if (partition_log_acquire(watch->log, true, &now) != KW_ERROR_NONE)
        return true;
    bool moved = now.high_watermark != watch->high_watermark;
    log_snapshot_release(&now);
    return moved;
}

static enum call_outcome read_or_wait(struct call *call);

/* What was read is released, and read again when the log moves or the wait ends. */
static enum call_outcome wait(struct call *call)
{
    struct fetching *f = call->state;
    bool moved = false;
    release_held(f);
    for (; f->watched < f->watch_count; f->watched++) {
        struct fetch_watch *watch = &f->watches[f->watched];
        watch->watcher = (struct log_watcher){.callback = wake, .context = call};
        partition_log_watch(watch->log, &watch->watcher);
    }
    enum call_outcome parked = call_park_for(call, f->wait_until - call_now(call), read_or_wait, unwatch);
    for (size_t i = 0; i < f->watch_count && !moved; i++)
        moved = has_moved(&f->watches[i]);
    if (moved)
        call_resume(call);
    return parked;
}

static void release_segment(void *segment)
{
    segment_release(segment);
}

/* From here on the segments and what was converted are held for the response. */
static bool hand_over_held(struct fetching *f)
{
    if (!responses_expect_records(f->call->responses, f->held_count + f->converted_count))
        return false;
    for (size_t i = 0; i < f->held_count; i++)
        responses_hold(f->call->responses, release_segment, f->held[i]);
    fetch_hand_over_converted(f);
    return true;
}

static enum call_outcome answer_or_wait(struct call *call)
{
    struct fetching *f = call->state;
    if (f->was_read && should_wait(f))
        return wait(call);
    release_logs(f);
    if (!f->was_read || !hand_over_held(f)) {
        release_held(f);
        return CALL_FAILED;
    }
    fetch_close_session(f);
    return CALL_ANSWERED;
}

static void read_blocking(struct call *call)
{
    struct fetching *f = call->state;
    f->dont_block = false;
    f->was_read = read_all(f);
}

static enum call_outcome read_or_wait(struct call *call)
{
    struct fetching *f = call->state;
    f->dont_block = true;
    f->was_read = read_all(f);
    return f->would_block ? call_offload(call, read_blocking, answer_or_wait) : answer_or_wait(call);
}

static void abandon(struct call *call)
{
    release_held(call->state);
    release_logs(call->state);
}

/* ---- the request ---- */

/* An error that Kafka does not expect: of what the request itself names, and only of the whole where clients know that
 * there is such an error. False if memory is short. */
static bool refuse_request(struct fetching *f, int16_t error)
{
    f->response->error_code = error;
    f->response->session_id = f->request->session_id;
    if (f->call->version >= FETCH_FIRST_BY_ID)
        return true;
    if (!fetch_allocate(f))
        return false;
    refuse_all(f, error);
    return true;
}

/* Kafka does not look at the isolation level before there is something to read. */
static bool isolation_is_known(const struct fetching *f)
{
    if (f->request->isolation_level == READ_UNCOMMITTED || f->request->isolation_level == READ_COMMITTED)
        return true;
    for (size_t i = 0; i < f->asked_count; i++)
        if (find_partition(f, &f->asked[i]) != NULL)
            return false;
    return true;
}

enum call_outcome handle_fetch(struct call *call, const kw_fetch_request *request, kw_fetch_response *response)
{
    struct fetching *f = kw_arena_alloc(call->arena, sizeof *f);
    if (f == NULL)
        return CALL_FAILED;
    *f = (struct fetching){.call = call, .request = request, .response = response};
    f->wait_until = call_now(call) + request->max_wait_ms;
    call->state = f;
    call->abandon = abandon;
    if (!fetch_list_asked(f))
        return CALL_FAILED;
    const struct fetching named = *f;
    response->error_code = fetch_open_session(f);
    if (response->error_code != KW_ERROR_NONE)
        return CALL_ANSWERED;
    if (isolation_is_known(f))
        return fetch_allocate(f) ? read_or_wait(call) : CALL_FAILED;
    *f = named;
    return refuse_request(f, KW_ERROR_UNKNOWN_SERVER_ERROR) ? CALL_ANSWERED : CALL_FAILED;
}
