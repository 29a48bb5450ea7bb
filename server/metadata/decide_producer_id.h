/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_DECIDE_PRODUCER_ID_H
#define SERVER_METADATA_DECIDE_PRODUCER_ID_H

#include "controller.h"

enum { PRODUCER_ID_BLOCK = 1000 };

/* The ids that this node has reserved and not given away. On the controller's thread. Zero bytes are none. */
struct producer_id_block {
    int64_t next;
    int64_t end;
};

/* Gives an id away, that no other producer has had or will have, and reserves the next block where the last one is
 * empty. What is left of a block is lost at the next start. UNKNOWN_SERVER_ERROR: there are no more.
 * BROKER_ID_NOT_REGISTERED: this node is not a broker yet. */
int16_t decide_producer_id(struct decision *decision, struct producer_id_block *block, int64_t *id);

#endif
