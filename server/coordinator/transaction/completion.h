/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_TRANSACTION_COMPLETION_H
#define SERVER_COORDINATOR_TRANSACTION_COMPLETION_H

/* From a prepared transaction to a complete one: markers in all of its partitions, tried again where that is of use,
 * then the record. Starts by itself when a prepared state has been written, and when it has been loaded.
 *
 * All functions need the turn of the shard. */

#include "txn_machine.h"

enum {
    COMPLETION_PAUSE_MS = 100, /* before markers are tried again; doubled each time */
    COMPLETION_LONGEST_PAUSE_MS = 1000,
    COMPLETION_RECORD_PAUSE_MS = 500 /* before the complete state is written again */
};

/* A prepared state of the entry is in the log. Does nothing if its completion is under way; without memory it is tried
 * again later. */
void completion_start(struct txn_machine *m, struct txn_entry *entry);

/* A prepared state is there again, as what followed it could not be written. */
void completion_look_later(struct txn_machine *m);

/* The log has been loaded: starts for each prepared state. */
void completions_start(struct txn_machine *m);

/* The machine ends. What has asked for markers ends when it has got its answer. */
void completions_stop(struct txn_machine *m);

#endif
