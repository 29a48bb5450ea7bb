/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch.h"

#include <kwire/error.h>

enum { READ_UNCOMMITTED = 0, READ_COMMITTED = 1 };

/* What the metadata has of a partition that is asked for. */
struct place {
    const struct metadata_topic *topic;
    const struct metadata_partition *partition; /* NULL: it is not known */
    int16_t error;                              /* what is said of one that is not known */
};

/* A session keeps the name of a topic that has been deleted, so that another one of that name may be found. */
static int16_t error_of_unknown_topic(const struct fetching *f, const struct fetch_asked *asked)
{
    if (f->call->version < FETCH_FIRST_BY_ID)
        return KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
    if (asked->name.len < 0)
        return KW_ERROR_UNKNOWN_TOPIC_ID;
    const struct metadata_topic *other = metadata_topic_by_name(f->call->image, asked->name);
    bool is_there = other != NULL && metadata_topic_partition(other, asked->partition->partition) != NULL;
    return is_there ? KW_ERROR_INCONSISTENT_TOPIC_ID : KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
}

static struct place find(const struct fetching *f, const struct fetch_asked *asked)
{
    const struct metadata_image *image = f->call->image;
    struct place place = {.error = KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION};
    place.topic = f->call->version >= FETCH_FIRST_BY_ID ? metadata_topic_by_id(image, asked->topic->topic_id)
                                                        : metadata_topic_by_name(image, asked->topic->topic);
    if (place.topic != NULL)
        place.partition = metadata_topic_partition(place.topic, asked->partition->partition);
    else
        place.error = error_of_unknown_topic(f, asked);
    return place;
}

/* Whether Kafka looks into a log for it, by its name. */
static bool has_log(const struct place *place)
{
    return place->partition != NULL || place->error == KW_ERROR_INCONSISTENT_TOPIC_ID;
}

/* Partitions that have a log come first, as in Kafka. */
static bool read_known(struct fetching *f)
{
    for (size_t i = 0; i < f->asked_count; i++) {
        const struct fetch_asked *asked = &f->asked[i];
        const struct place place = find(f, asked);
        if (!has_log(&place))
            continue;
        kw_fetch_response_partition_data *out = fetch_next_partition(f, asked);
        if (place.partition == NULL)
            fetch_refuse(f, place.error, out);
        else if (!fetch_read_partition(f, place.topic, place.partition, asked->partition, out))
            return false;
    }
    return true;
}

static void refuse_those_with(struct fetching *f, int16_t error)
{
    for (size_t i = 0; i < f->asked_count; i++) {
        const struct place place = find(f, &f->asked[i]);
        if (place.partition == NULL && place.error == error)
            fetch_next_partition(f, &f->asked[i])->error_code = error;
    }
}

/* Unknown ids come before unknown partitions, as in Kafka. */
static void refuse_unknown(struct fetching *f)
{
    if (f->partition_count == f->asked_count)
        return;
    refuse_those_with(f, KW_ERROR_UNKNOWN_TOPIC_ID);
    refuse_those_with(f, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
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
    for (size_t i = 0; i < f->asked_count; i++) {
        const struct place place = find(f, &f->asked[i]);
        if (has_log(&place))
            return false;
    }
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
