/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch.h"

#include <kwire/error.h>

enum { READ_UNCOMMITTED = 0, READ_COMMITTED = 1 };
enum { FULL = 0, FINAL = -1 }; /* epochs of sessions that need no session */

/* Of one response; where more partitions have records, the last are asked for again. */
enum { RECORD_FIELDS_MAX = 4096 };

typedef kw_fetch_request_topic request_topic;

static const struct metadata_topic *find_topic(const struct fetching *f, const request_topic *topic)
{
    const struct metadata_image *image = f->call->image;
    return f->call->version >= FETCH_FIRST_BY_ID ? metadata_topic_by_id(image, topic->topic_id)
                                                 : metadata_topic_by_name(image, topic->topic);
}

/* Partitions that exist come first, as in Kafka. */
static bool read_known(struct fetching *f)
{
    const struct metadata_topic *topic = NULL;
    for (size_t i = 0; i < f->asked_count; i++) {
        const struct fetch_asked *asked = &f->asked[i];
        if (i == 0 || asked->topic != asked[-1].topic)
            topic = find_topic(f, asked->topic);
        const struct metadata_partition *partition =
            topic != NULL ? metadata_topic_partition(topic, asked->partition->partition) : NULL;
        if (partition != NULL &&
            !fetch_read_partition(f, topic, partition, asked->partition,
                                  fetch_next_partition(f, asked->topic, asked->partition->partition)))
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
            fetch_next_partition(f, asked, index)->error_code = KW_ERROR_UNKNOWN_TOPIC_ID;
        else if (topic == NULL || metadata_topic_partition(topic, index) == NULL)
            fetch_next_partition(f, asked, index)->error_code = KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
    }
}

static int32_t max_bytes(const struct fetching *f)
{
    int32_t max = f->call->broker->config.fetch_max_bytes;
    return f->request->max_bytes < max ? f->request->max_bytes : max;
}

static bool read_all(struct fetching *f)
{
    responses_release(f->call->responses, f->held_before);
    f->response->responses.len = 0;
    f->response->node_endpoints.len = 0;
    f->partition_count = 0;
    f->record_fields = f->asked_count < RECORD_FIELDS_MAX ? f->asked_count : RECORD_FIELDS_MAX;
    f->bytes_available = 0;
    f->is_urgent = false;
    f->bytes_left = max_bytes(f);
    f->at_least_one = f->call->version >= FETCH_FIRST_THAT_NEVER_CUTS;
    if (!responses_expect_records(f->call->responses, f->record_fields) || !read_known(f))
        return false;
    f->is_urgent = f->is_urgent || f->partition_count == 0;
    refuse_unknown(f);
    return true;
}

static void refuse_all(struct fetching *f, int16_t error)
{
    f->response->error_code = error;
    for (size_t i = 0; i < f->asked_count; i++)
        fetch_next_partition(f, f->asked[i].topic, f->asked[i].partition->partition)->error_code = error;
}

/* ---- waiting ---- */

static bool should_wait(const struct fetching *f)
{
    int32_t min = f->request->min_bytes < max_bytes(f) ? f->request->min_bytes : max_bytes(f);
    return !f->is_urgent && !f->call->is_hurried && f->request->max_wait_ms > 0 && f->bytes_available < min;
}

/* What was read is let go while the call waits, and read again. */
static enum call_outcome read_or_wait(struct call *call)
{
    struct fetching *f = call->state;
    if (!read_all(f))
        return CALL_FAILED;
    if (!should_wait(f))
        return CALL_ANSWERED;
    responses_release(call->responses, f->held_before);
    return call_park_for(call, f->wait_until - call_now(call), read_or_wait, NULL);
}

/* ---- the request ---- */

/* There are no sessions: who wants one is given number 0, which says so, and asks in full each time. */
enum call_outcome handle_fetch(struct call *call, const kw_fetch_request *request, kw_fetch_response *response)
{
    if (request->session_epoch != FULL && request->session_epoch != FINAL) {
        response->error_code = KW_ERROR_FETCH_SESSION_ID_NOT_FOUND;
        return CALL_ANSWERED;
    }
    struct fetching *f = kw_arena_alloc(call->arena, sizeof *f);
    if (f == NULL)
        return CALL_FAILED;
    *f = (struct fetching){.call = call, .request = request, .response = response};
    f->held_before = responses_held(call->responses);
    f->wait_until = call_now(call) + request->max_wait_ms;
    call->state = f;
    if (!fetch_list_asked(f))
        return CALL_FAILED;
    if (request->isolation_level != READ_UNCOMMITTED && request->isolation_level != READ_COMMITTED) {
        refuse_all(f, KW_ERROR_UNKNOWN_SERVER_ERROR);
        return CALL_ANSWERED;
    }
    return read_or_wait(call);
}
