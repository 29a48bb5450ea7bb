/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_AUTO_CREATE_H
#define SERVER_API_AUTO_CREATE_H

/* Topics that are created because a client asks for their metadata. */

#include "call.h"
#include "topic_names.h"

/* Whether the broker creates topics of this call's kind of request at all. */
bool auto_create_is_possible(const struct call *call);

/* Those of the names that a client gets by asking: valid, and not of a topic that exists. False: the arena is full. */
bool auto_create_select(const struct call *call, const struct name_list *names, struct name_list *out);

/* Parks the call while the topics are created, with num.partitions and default.replication.factor, internal ones with
 * their own settings; then `resume` continues it, whether that succeeded or not. What was refused is reported on the
 * console. */
enum call_outcome auto_create(struct call *call, const struct name_list *names, call_function *resume);

#endif
