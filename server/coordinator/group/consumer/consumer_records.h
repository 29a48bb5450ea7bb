/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_RECORDS_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_RECORDS_H

/* The records of consumer groups. Errors are kept by `out`. */

#include "consumer_group.h"

void consumer_records_add_epoch(struct record_out *out, kw_string group, int32_t epoch, int64_t metadata_hash);
void consumer_records_add_target_epoch(struct record_out *out, kw_string group, int32_t epoch, int64_t time);
void consumer_records_add_member(struct record_out *out, kw_string group, const struct consumer_member *member);
void consumer_records_add_target(struct record_out *out, kw_string group, kw_string member, struct partition_set set);
void consumer_records_add_assignment(struct record_out *out, kw_string group, const struct consumer_member *member);
void consumer_records_add_pattern(struct record_out *out, kw_string group, kw_string pattern,
                                  const struct resolved_topics *resolved);
void consumer_records_remove_pattern(struct record_out *out, kw_string group, kw_string pattern);

/* Tombstones 8, 7 and 5, in this order. */
void consumer_records_remove_member(struct record_out *out, kw_string group, kw_string member);

/* Tombstones of everything that the group has; if the place of a member has just been taken, of who has taken it. NULL:
 * nobody's has. */
void consumer_records_remove_group(struct record_out *out, const struct consumer_group *group,
                                   const struct consumer_slot *replaced, kw_string by);

#endif
