/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "fetch.h"

enum { FULL = 0, FINAL = -1 }; /* epochs of requests that do not go on with a session */

static bool is_in_full(const struct fetching *f)
{
    return f->request->session_epoch == FULL || f->request->session_epoch == FINAL;
}

/* Adds the names of topics that are asked for by their ids, for a session to keep. */
static void name_topics(const struct fetching *f, struct fetch_asked *asked, size_t count)
{
    if (f->call->version < FETCH_FIRST_BY_ID)
        return;
    for (size_t i = 0; i < count; i++) {
        const struct metadata_topic *topic = metadata_topic_by_id(f->call->image, asked[i].topic->topic_id);
        asked[i].name = topic != NULL ? topic->name : (kw_string){NULL, -1};
    }
}

/* A request in full ends the session that it names. */
int16_t fetch_open_session(struct fetching *f)
{
    const kw_fetch_request *request = f->request;
    struct fetch_sessions *sessions = &f->call->broker->fetch_sessions;
    if (is_in_full(f)) {
        fetch_sessions_end(sessions, request->session_id);
        return KW_ERROR_NONE;
    }
    const struct fetch_session_request asked = {.id = request->session_id,
                                                .epoch = request->session_epoch,
                                                .uses_ids = f->call->version >= FETCH_FIRST_BY_ID,
                                                .asked = f->asked,
                                                .count = f->asked_count,
                                                .forgotten = request->forgotten_topics_data.items,
                                                .forgotten_count = (size_t)request->forgotten_topics_data.len};
    struct fetch_asked *all;
    size_t count = 0;
    name_topics(f, f->asked, f->asked_count);
    int16_t error = fetch_sessions_update(sessions, &asked, call_now(f->call), f->call->arena, &all, &count);
    if (error != KW_ERROR_NONE || count == 0)
        return error;
    f->asked = all;
    f->asked_count = count;
    f->in_session = true;
    return KW_ERROR_NONE;
}

void fetch_close_session(struct fetching *f)
{
    const kw_fetch_request *request = f->request;
    struct fetch_sessions *sessions = &f->call->broker->fetch_sessions;
    if (f->in_session) {
        f->response->session_id = request->session_id;
        f->response->error_code =
            fetch_sessions_prune(sessions, request->session_id, request->session_epoch, f->response);
        if (f->response->error_code != KW_ERROR_NONE)
            f->response->responses.len = 0;
    } else if (request->session_epoch == FULL) {
        name_topics(f, f->answered, f->partition_count);
        f->response->session_id =
            fetch_sessions_start(sessions, fetch_is_of_follower(f), f->call->version >= FETCH_FIRST_BY_ID,
                                 call_now(f->call), f->answered, f->partition_count, f->response);
    }
}
