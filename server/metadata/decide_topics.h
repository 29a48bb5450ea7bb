/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_DECIDE_TOPICS_H
#define SERVER_METADATA_DECIDE_TOPICS_H

/* Decisions about topics: CreateTopics, DeleteTopics, CreatePartitions, with Kafka's checks in Kafka's order. Each
 * fills in the response, which is in the arena, and refers to the request and the image. False: memory is short. */

#include <kwire/messages/create_partitions_request.h>
#include <kwire/messages/create_partitions_response.h>
#include <kwire/messages/create_topics_request.h>
#include <kwire/messages/create_topics_response.h>
#include <kwire/messages/delete_topics_request.h>
#include <kwire/messages/delete_topics_response.h>

#include "../config/static_config.h"
#include "controller.h"

bool decide_create_topics(struct decision *decision, const struct static_config *file,
                          const kw_create_topics_request *request, kw_arena *arena,
                          kw_create_topics_response *response);

bool decide_delete_topics(struct decision *decision, const kw_delete_topics_request *request, kw_arena *arena,
                          kw_delete_topics_response *response);

bool decide_create_partitions(struct decision *decision, const kw_create_partitions_request *request, kw_arena *arena,
                              kw_create_partitions_response *response);

#endif
