/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_SHARE_SHARE_GROUP_RECORDS_H
#define SERVER_COORDINATOR_GROUP_SHARE_SHARE_GROUP_RECORDS_H

/* The records of share groups. Errors are kept by `out`. */

#include "../../../metadata/image.h"
#include "share_group.h"

void share_records_add_member(struct record_out *out, kw_string group, kw_string id, const struct share_member *member);
void share_records_add_epoch(struct record_out *out, kw_string group, int32_t epoch, int64_t metadata_hash);
void share_records_add_target_epoch(struct record_out *out, kw_string group, int32_t epoch, int64_t time);
void share_records_add_target(struct record_out *out, kw_string group, kw_string id, struct partition_set set);
void share_records_add_assignment(struct record_out *out, kw_string group, kw_string id,
                                  const struct share_assignment *assignment);

/* The image has the names of the topics; one that does not exist any more is "<UNKNOWN>". */
void share_records_add_topics(struct record_out *out, kw_string group, const struct metadata_image *image,
                              const struct share_topics *topics);

/* Tombstones: of a member; of all of a group, which has no members. */
void share_records_remove_member(struct record_out *out, kw_string group, kw_string id);
void share_records_remove_group(struct record_out *out, const struct share_group *group);

#endif
