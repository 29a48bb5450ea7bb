/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_REPLAYED_H
#define TESTS_SIMULATION_REPLAYED_H

/* What the logs of coordinators say: the offsets of groups and the state of transactions, by the last record of each,
 * and, of what is committed in transactions, by their markers. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>

#include "log/partition_log.h"

/* As records have it. */
enum replayed_state {
    REPLAYED_EMPTY,
    REPLAYED_ONGOING,
    REPLAYED_PREPARE_COMMIT,
    REPLAYED_PREPARE_ABORT,
    REPLAYED_COMPLETE_COMMIT,
    REPLAYED_COMPLETE_ABORT,
    REPLAYED_DEAD,
    REPLAYED_FENCING
};

/* Reads a log to its end, if it is of such a coordinator. */
void replayed_read(struct partition_log *log);

/* -1: there is none. */
int64_t replayed_offset(const char *group, kw_string topic, int32_t partition);

/* All groups that have offsets, with their number; all transactional ids. */
void replayed_groups(void (*use)(const char *group, size_t offsets));
void replayed_transactions(void (*use)(const char *name, enum replayed_state state, int64_t producer_id));

#endif
