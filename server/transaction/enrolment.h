/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_TRANSACTION_ENROLMENT_H
#define SERVER_TRANSACTION_ENROLMENT_H

/* What a request that writes for a transaction asks its coordinator first: to add partitions to the transaction, or
 * whether they have been added. It is an event of the shard that has the transactional id. Source:
 * AddPartitionsToTxnManager. */

#include <stdbool.h>
#include <stdint.h>

#include "../coordinator/machine.h"
#include "../coordinator/transaction/txn_requests.h"

enum enrolment_kind {
    ENROLMENT_ADDS,         /* Produce from 12 on, TxnOffsetCommit from 5 on */
    ENROLMENT_ASKS,         /* Produce 11, TxnOffsetCommit 4 */
    ENROLMENT_ASKS_FOR_OLD, /* older clients, which do not know TRANSACTION_ABORTABLE */
};

struct enrolment {
    enum enrolment_kind kind;
    kw_string id;
    struct txn_producer producer;
    struct txn_partitions partitions; /* sorted, each once */
    int16_t *errors;                  /* one for each partition */
    int16_t error;                    /* of all of them, or KW_ERROR_NONE */
};

/* In the decision of an event of the shard. */
void enrolment_decide(struct enrolment *enrolment, struct coordinator_decision *decision);

/* Once the event has ended with this error: that of a partition, as the client's protocol has it. Those by which the
 * coordinator could not be asked are COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS and NOT_COORDINATOR. */
int16_t enrolment_error(const struct enrolment *enrolment, int16_t event_error, size_t partition);

#endif
