/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_TRANSACTION_TXN_REQUESTS_H
#define SERVER_COORDINATOR_TRANSACTION_TXN_REQUESTS_H

/* What is asked of a transactional id. Each function is to be called in a decision; it checks in Kafka's order, adds a
 * record or none to the decision, and yields the answer. COORDINATOR_NOT_AVAILABLE: the coordinators have no memory
 * left for something new. Ids of producers are given to decisions that say that they need one, and made again. */

#include "txn_end.h"
#include "txn_init.h"
#include "txn_machine.h"

struct txn_producer {
    int64_t id;
    int16_t epoch;
};

struct txn_answer {
    int16_t error;
    bool needs_producer_id; /* nothing is decided: it is to be asked again with one */
    bool prepares;          /* a prepared state is in the records: markers follow */
    struct txn_producer producer;
};

/* InitProducerId. `new_producer_id` is TXN_NO_PRODUCER, or one that nobody has. */
struct txn_answer txn_request_init(struct coordinator_decision *d, kw_string id, const struct txn_init_request *request,
                                   int64_t new_producer_id);

/* AddPartitionsToTxn and AddOffsetsToTxn. The partitions are sorted, each once. */
int16_t txn_request_add(struct coordinator_decision *d, kw_string id, struct txn_producer producer,
                        const struct txn_partitions *partitions, int16_t version);

/* Whether a producer may write to partitions: of the whole transaction, or KW_ERROR_NONE; then `errors` has that of
 * each partition. */
int16_t txn_request_verify(const struct coordinator_decision *d, kw_string id, struct txn_producer producer,
                           const struct txn_partitions *partitions, int16_t *errors);

/* EndTxn. */
struct txn_answer txn_request_end(struct coordinator_decision *d, kw_string id, const struct txn_end_request *request,
                                  int64_t new_producer_id);

/* Ends a transaction whose producer is gone, if it is open. */
struct txn_answer txn_request_fence(struct coordinator_decision *d, kw_string id, int64_t new_producer_id);

/* All markers of this prepared state are written. False: it is not the state any more. */
bool txn_request_complete(struct coordinator_decision *d, kw_string id, struct txn_producer producer);

/* Forgets it, if it has not changed since then and has no open transaction. */
void txn_request_expire(struct coordinator_decision *d, kw_string id, int64_t unchanged_since);

#endif
