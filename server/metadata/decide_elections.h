/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_DECIDE_ELECTIONS_H
#define SERVER_METADATA_DECIDE_ELECTIONS_H

/* Decisions about the replicas of partitions: ElectLeaders, AlterPartitionReassignments. Each fills in the response,
 * which is in the arena, and refers to the request and the image. False: memory is short. */

#include <kwire/messages/alter_partition_reassignments_request.h>
#include <kwire/messages/alter_partition_reassignments_response.h>
#include <kwire/messages/elect_leaders_request.h>
#include <kwire/messages/elect_leaders_response.h>

#include "../config/static_config.h"
#include "controller.h"

bool decide_elections(struct decision *decision, const struct static_config *file,
                      const kw_elect_leaders_request *request, kw_arena *arena, kw_elect_leaders_response *response);

bool decide_reassignments(struct decision *decision, const kw_alter_partition_reassignments_request *request,
                          int16_t version, kw_arena *arena, kw_alter_partition_reassignments_response *response);

#endif
