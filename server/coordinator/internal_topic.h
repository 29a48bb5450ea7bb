/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_INTERNAL_TOPIC_H
#define SERVER_COORDINATOR_INTERNAL_TOPIC_H

/* What the topic of a coordinator is like: __consumer_offsets, __transaction_state or __share_group_state. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/messages/create_topics_request.h>
#include <kwire/persisted.h>

#include "../metadata/effective_config.h"

/* As many as the topic has or, before there is one, by its setting: for partition_of_key(). */
int32_t internal_topic_partitions(const struct config_place *place, kw_internal_topic topic);

/* How it is created. As in Kafka it has the replication factor and min.insync.replicas of its settings; but while this
 * broker is alone and they are not set, both are 1, as their defaults would allow no topic. Refers to static texts and
 * to the arena. False: that is full. */
bool internal_topic_describe(const struct config_place *place, kw_internal_topic topic, kw_arena *arena,
                             kw_create_topics_request_creatable_topic *out);

#endif
