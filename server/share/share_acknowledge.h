/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_SHARE_SHARE_ACKNOWLEDGE_H
#define SERVER_SHARE_SHARE_ACKNOWLEDGE_H

/* What a member says of records that it has acquired, and what becomes of them when it ends. */

#include "../coordinator/share/share_requests.h"
#include "share_partition.h"

/* As in requests. */
enum share_acknowledge_type {
    SHARE_GAP = 0, /* there is no such record */
    SHARE_ACCEPT = 1,
    SHARE_RELEASE = 2,
    SHARE_REJECT = 3,
    SHARE_RENEW = 4
};

/* One type for all offsets, or one for each of them. */
struct share_acknowledgement {
    int64_t first;
    int64_t last;
    const int8_t *types; /* enum share_acknowledge_type */
    size_t type_count;   /* 1, or last - first + 1 */
};

/* Sorted. */
struct share_acknowledgements {
    const struct share_acknowledgement *items;
    size_t count;
};

/* All of them, or none after an error. Afterwards the records are pending until share_partition_written() with
 * change->write; without a write, SHARE_NO_WRITE, there is nothing to write. The change is to be ended by
 * share_change_finish() without an error. Errors:
 *
 *     KW_ERROR_INVALID_RECORD_STATE  a record is not the member's, or pending; or locks may not be renewed
 *     KW_ERROR_INVALID_REQUEST       it has records that are not in flight
 *     KW_ERROR_UNKNOWN_SERVER_ERROR  there is no memory */
struct share_answer share_acknowledge(struct share_partition *p, const struct share_limits *limits, int64_t now,
                                      kw_string member, const struct share_acknowledgements *all,
                                      struct share_change *change);

/* The member ends: what it has acquired becomes available. The same; false: there is no memory. */
bool share_release_all(struct share_partition *p, const struct share_limits *limits, kw_string member,
                       struct share_change *change);

#endif
