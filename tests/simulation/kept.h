/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_KEPT_H
#define TESTS_SIMULATION_KEPT_H

/* The logs as files have them: what is there before a loss of power, and what of it must be there afterwards. */

#include "log/partition_log.h"

/* Reads all logs of the broker's directory, and what of them is safe by power.h; after a clean stop that is all.
 * Nothing may be open. */
void kept_read(bool is_all_safe);
void kept_forget(void);

/* A log of the broker that has started since: a part of what was kept, from its start to some end, and not without what
 * was safe. Where the folder had another topic's id, it is empty. */
void kept_compare(struct partition_log *log);

/* Logs that had something safe and have not been compared, but for those that `may_be_gone` lets go. */
size_t kept_missing(bool (*may_be_gone)(const char *folder));

#endif
