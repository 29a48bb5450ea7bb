/* SPDX-License-Identifier: Apache-2.0 */
#include "share_protocol.h"

enum { LONGEST_MEMBER_ID = 36 };

static bool is_enabled(const struct metadata_image *image)
{
    return metadata_feature_level(image, kw_string_of("share.version")) >= 1;
}

bool share_protocol_is_enabled(const struct call *call)
{
    return is_enabled(call->image);
}

void share_protocol_apply(struct broker *broker, const struct metadata_image *image)
{
    share_sessions_allow(&broker->share_sessions, is_enabled(image));
    share_partitions_allow(&broker->share_partitions, is_enabled(image));
}

bool share_member_id_is_valid(kw_string id)
{
    return id.len > 0 && id.len <= LONGEST_MEMBER_ID;
}

static void resume(void *context)
{
    call_resume(context);
}

static void forget(struct call *call)
{
    topic_creation_forget(&call->broker->share_state_topic, call->state);
}

enum call_outcome share_topic_await(struct call *call, call_function *next)
{
    struct topic_creation_waiter *waiter = call->state;
    kw_string name = kw_string_of(kw_internal_topic_name(KW_INTERNAL_TOPIC_SHARE_GROUP_STATE));
    if (call->broker->controller == NULL || metadata_topic_by_name(call->image, name) != NULL)
        return next(call);
    *waiter = (struct topic_creation_waiter){.resume = resume, .context = call};
    (void)call_park(call, next, forget);
    topic_creation_wait(&call->broker->share_state_topic, call->broker->controller, waiter);
    return CALL_PARKED;
}
