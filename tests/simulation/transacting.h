/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_TRANSACTING_H
#define TESTS_SIMULATION_TRANSACTING_H

/* The requests of a transaction: adding partitions and groups, batches, offsets, the end. */

#include "transactor.h"

enum { ANSWER_MS = 30000 };

/* What the next batch has. False: there is none. */
bool transacting_choose(struct transactor *transactor);

/* Asks for the step that is due, with the same bytes each time. */
void transacting_ask(struct transactor *transactor);

/* The error of the answer. Without one, what was sent is acknowledged. */
int16_t transacting_answered(struct transactor *transactor, const void *response);

#endif
