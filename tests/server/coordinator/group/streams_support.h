/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_COORDINATOR_GROUP_STREAMS_SUPPORT_H
#define TESTS_SERVER_COORDINATOR_GROUP_STREAMS_SUPPORT_H

/* Records of streams groups, as Kafka writes them. */

#include "group_support.h"

#include <kwire/messages/streams_group_current_member_assignment_key.h>
#include <kwire/messages/streams_group_current_member_assignment_value.h>
#include <kwire/messages/streams_group_member_metadata_key.h>
#include <kwire/messages/streams_group_member_metadata_value.h>
#include <kwire/messages/streams_group_metadata_key.h>
#include <kwire/messages/streams_group_metadata_value.h>
#include <kwire/messages/streams_group_target_assignment_member_key.h>
#include <kwire/messages/streams_group_topology_key.h>
#include <kwire/messages/streams_group_topology_value.h>

static inline void add_streams_group(const char *group)
{
    kw_streams_group_metadata_key key;
    kw_streams_group_metadata_value value;
    kw_streams_group_topology_key topology_key;
    kw_streams_group_topology_value topology;
    kw_streams_group_metadata_key_init(&key);
    kw_streams_group_metadata_value_init(&value);
    kw_streams_group_topology_key_init(&topology_key);
    kw_streams_group_topology_value_init(&topology);
    key.group_id = topology_key.group_id = kw_string_of(group);
    group_records_add(&records, KW_STREAMS_GROUP_METADATA_KEY_TYPE, &key, &value);
    group_records_add(&records, KW_STREAMS_GROUP_TOPOLOGY_KEY_TYPE, &topology_key, &topology);
}

static inline void add_streams_member(const char *group, const char *member, int32_t epoch)
{
    kw_streams_group_member_metadata_key key;
    kw_streams_group_member_metadata_value value;
    kw_streams_group_current_member_assignment_key current_key;
    kw_streams_group_current_member_assignment_value current;
    kw_streams_group_member_metadata_key_init(&key);
    kw_streams_group_member_metadata_value_init(&value);
    kw_streams_group_current_member_assignment_key_init(&current_key);
    kw_streams_group_current_member_assignment_value_init(&current);
    key.group_id = current_key.group_id = kw_string_of(group);
    key.member_id = current_key.member_id = kw_string_of(member);
    current.member_epoch = epoch;
    group_records_add(&records, KW_STREAMS_GROUP_MEMBER_METADATA_KEY_TYPE, &key, &value);
    group_records_add(&records, KW_STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_TYPE, &current_key, &current);
}

static inline void remove_streams_member(const char *group, const char *member)
{
    static const int16_t types[] = {KW_STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_TYPE,
                                    KW_STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_TYPE,
                                    KW_STREAMS_GROUP_MEMBER_METADATA_KEY_TYPE};
    for (size_t i = 0; i < COUNT_OF(types); i++)
        group_records_remove_member(&records, types[i], kw_string_of(group), kw_string_of(member));
}

#endif
