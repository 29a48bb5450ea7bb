/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_TRANSACTIONS_H
#define TESTS_SIMULATION_TRANSACTIONS_H

/* All that a run has of transactions: two topics, the clients that write them, those that only read. */

#include <kwire/view.h>

#include "ledger.h"

enum { LEDGER_TOPICS = 2, TRANSACTIONAL_ID_EXPIRES_MS = 300000 };

struct ledger_topic {
    char name[16];
    kw_uuid id;
};

extern struct ledger_topic ledger_topics[LEDGER_TOPICS];

/* The topic with that name or id; there must be one. */
size_t ledger_topic_by_name(kw_string name);
size_t ledger_topic_by_id(kw_uuid id);

/* False: the broker has gone. */
bool transactions_create_topics(void);

/* Clients start. */
void transactions_start(void);

/* One of them dies, sleeps, or gets a second one with its id. */
void transactions_disturb(void);

/* Each id has one client, which ends when what it has started is complete: writers first, then chains, then who reads
 * all of it once more. *why is what is missing. */
void transactions_end(void);
bool transactions_have_ended(const char **why);

/* The groups of chains are deleted. */
void transactions_delete_groups(void);

void transactions_stop(void);

#endif
