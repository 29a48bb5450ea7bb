/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_VERIFICATIONS_H
#define SERVER_LOG_VERIFICATIONS_H

/* Which producers may start a transaction in a log. Before the first batch of a transaction its coordinator is asked
 * whether the log is part of it; meanwhile the transaction may end, and the batch would start one that nobody ends. So
 * a producer is entered here before, gets a number, and the batch needs that number: a marker of the producer removes
 * it. The first batch of the transaction makes it void as well; from then on it is known that the transaction is open,
 * and the coordinator need not be asked. Any thread may call these functions. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/hash_chains.h"
#include "producer_state.h"

enum { VERIFICATIONS_MAX = 10000 }; /* of a log; the oldest is forgotten, and its batch refused */

/* Instead of a number: the transaction is open; none is needed, as its verification is switched off. */
#define VERIFICATION_OPEN UINT64_MAX
#define VERIFICATION_OFF (UINT64_MAX - 1)

struct verification;

/* Private fields. */
struct verifications {
    pthread_mutex_t lock; /* inside of it no other lock is taken */
    struct hash_chains entries;
    struct verification *oldest;
    struct verification *newest;
    uint64_t last_number;
};

/* False: there is no memory. */
bool verifications_init(struct verifications *v);
void verifications_finish(struct verifications *v);

/* A batch with this first sequence waits. The number is the same for all that wait since the producer was removed last;
 * of several epochs only the greatest one counts. VERIFICATION_OPEN: a transaction of the epoch was open just now. 0:
 * there is no memory. Whether the protocol of a batch bumps epochs is noted of the first one that waits; as in Kafka,
 * those that follow have no say. */
uint64_t verifications_enter(struct verifications *v, int64_t producer_id, int16_t epoch, int32_t sequence,
                             bool supports_epoch_bump);

/* Whether verifications_enter() would say VERIFICATION_OPEN; nothing is entered. */
bool verifications_is_open(struct verifications *v, int64_t producer_id, int16_t epoch);

/* Whether the number is still valid. Then *out has the smallest sequence of all batches of the epoch that have waited:
 * none of a greater one may come first. */
bool verifications_find(struct verifications *v, int64_t producer_id, uint64_t number,
                        struct producer_verification *out);

/* A transaction of the epoch is open from now on, if the producer is entered. */
void verifications_start(struct verifications *v, int64_t producer_id, int16_t epoch);

/* A marker of the epoch has ended its transaction. Where each transaction has a new epoch, the marker has that of the
 * next one, which waits already if its entry has that epoch: it stays. */
void verifications_end(struct verifications *v, int64_t producer_id, int16_t epoch);

/* It waits for nothing any more. */
void verifications_remove(struct verifications *v, int64_t producer_id);

size_t verifications_count(struct verifications *v);

#endif
