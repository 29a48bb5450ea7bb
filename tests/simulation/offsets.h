/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_OFFSETS_H
#define TESTS_SIMULATION_OFFSETS_H

/* OffsetCommit and OffsetFetch of members. */

#include <kwire/messages/offset_commit_response.h>
#include <kwire/messages/offset_fetch_response.h>

#include "member.h"

void offsets_commit(struct member *member, uint64_t partitions);
void offsets_committed(struct member *member, const kw_offset_commit_response *response);

/* The group may have been deleted: what the member has committed, it commits again. */
void offsets_forget(struct member *member);

void offsets_fetch(struct member *member, uint64_t partitions);
void offsets_fetched(struct member *member, const kw_offset_fetch_response *response);

#endif
