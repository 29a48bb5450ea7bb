/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_SHARE_LEAVE_H
#define SERVER_API_SHARE_LEAVE_H

/* Members of share groups whose session ends. */

#include "../network/exchange.h"
#include "broker.h"

/* What a member has acquired of these partitions becomes available, without anybody waiting for that. */
void share_release(struct broker *broker, const struct metadata_image *image, kw_string group, kw_string member,
                   struct partition_set partitions);

/* The connection of this exchange has gone: the sessions that were opened on it end, and share partitions whose group
 * has no other are given up once nobody uses them. */
void share_leave(struct broker *broker, const struct exchange *exchange);

#endif
