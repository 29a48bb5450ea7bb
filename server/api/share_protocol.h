/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_SHARE_PROTOCOL_H
#define SERVER_API_SHARE_PROTOCOL_H

#include "call.h"

/* Whether share groups are in use, by share.version. Else their APIs answer UNSUPPORTED_VERSION. */
bool share_protocol_is_enabled(const struct call *call);

/* To be called with each new image: while share groups are not in use, there are no sessions and no share partitions.
 */
void share_protocol_apply(struct broker *broker, const struct metadata_image *image);

/* Whether it is one for these APIs. */
bool share_member_id_is_valid(kw_string id);

/* Creates the topic of states if it is missing, as nothing can be initialized without it, then continues. The first
 * member of call->state is a struct topic_creation_waiter. */
enum call_outcome share_topic_await(struct call *call, call_function *next);

#endif
