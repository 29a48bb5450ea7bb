/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CLASSIC_CONSUMER_PROTOCOL_H
#define SERVER_COORDINATOR_GROUP_CLASSIC_CONSUMER_PROTOCOL_H

/* Subscriptions and assignments as clients of the type "consumer" encode them: a version, then a
 * ConsumerProtocolSubscription or ConsumerProtocolAssignment. They are the clients' own bytes, and may be anything. */

#include <stdbool.h>

#include <kwire/arena.h>
#include <kwire/messages/consumer_protocol_assignment.h>
#include <kwire/messages/consumer_protocol_subscription.h>
#include <kwire/reader.h>
#include <kwire/status.h>
#include <kwire/view.h>

/* The type of groups whose bytes these are. */
#define CONSUMER_PROTOCOL_TYPE "consumer"

/* Walks through the topics of a subscription, of whatever version, as each has those of version 0 first. */
struct subscribed_topics {
    kw_bytes encoded; /* all of them: equal bytes are equal topics */
    kw_reader reader; /* private */
    int32_t left;     /* private */
};

/* False: they cannot be parsed as far as Kafka parses them for this. After true every topic can be read. */
bool subscribed_topics_init(struct subscribed_topics *topics, kw_bytes subscription);

/* False: no more. The name is a view of the subscription. */
bool subscribed_topics_next(struct subscribed_topics *topics, kw_string *name);

/* All of it. Versions above the newest one are read as that; what follows is ignored, as in Kafka. KW_ERR_VERSION: a
 * version below 0. */
KW_NODISCARD kw_status consumer_protocol_read_subscription(kw_bytes bytes, kw_arena *arena,
                                                           kw_consumer_protocol_subscription *out);
KW_NODISCARD kw_status consumer_protocol_read_assignment(kw_bytes bytes, kw_arena *arena,
                                                         kw_consumer_protocol_assignment *out);

#endif
