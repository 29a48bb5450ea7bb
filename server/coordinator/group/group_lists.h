/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_GROUP_LISTS_H
#define SERVER_COORDINATOR_GROUP_GROUP_LISTS_H

/* ListGroups, DescribeGroups and DeleteGroups. Each is called in a decision whose state is a struct group_machine;
 * where the arena is full, the decision's records fail. */

#include <kwire/messages/list_groups_request.h>
#include <kwire/messages/list_groups_response.h>

#include "group.h"

/* The groups of all shards, which are added one after the other. */
struct group_list {
    kw_list_groups_response_listed_group *items;
    size_t count;
    size_t capacity;
    kw_arena *arena; /* of items and their texts */
};

/* Adds those of the shard that the request asks for. */
void list_groups(struct coordinator_decision *d, const kw_list_groups_request *request, struct group_list *list);

/* All but the operations. */
void describe_group(struct coordinator_decision *d, kw_string id, int16_t version, kw_arena *arena,
                    kw_describe_groups_response_described_group *out);

/* Returns the error; a group that is deleted has none. */
int16_t delete_group(struct coordinator_decision *d, kw_string id);

#endif
