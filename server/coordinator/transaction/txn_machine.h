/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_TRANSACTION_TXN_MACHINE_H
#define SERVER_COORDINATOR_TRANSACTION_TXN_MACHINE_H

/* The state machine of a partition of __transaction_state. txn_requests.h has what is asked of it;
 * docs/transactions.md explains it. */

#include "../../base/hash_chains.h"
#include "../budget.h"
#include "../shard.h"
#include "txn_environment.h"
#include "txn_expiry.h"
#include "txn_value.h"

struct completion;

/* A transactional id that is known, or was and may have to be put back. */
struct txn_entry {
    struct hash_link link;
    struct txn_value *value;             /* NULL: it is not known */
    int16_t last_epoch;                  /* of the value that is replayed next, as the record does not have it */
    bool is_stopped;                     /* it stays prepared */
    unsigned references;                 /* of undo entries */
    const struct completion *completion; /* of this value, under way; NULL: none */
    struct txn_entry *next_open;         /* of those that are ongoing or prepared */
    struct txn_entry **open_link;        /* NULL: it is not one of them */
    kw_string id;
    char text[];
};

struct txn_machine_options {
    struct coordinator_budget *budget; /* of all shards */
    uint32_t seed;                     /* random, for the hash table */
    int32_t partition;                 /* for the console */
    struct txn_environment environment;
    struct txn_expiry_settings expiry;
};

struct txn_machine {
    struct txn_machine_options options;
    struct hash_chains entries;
    size_t count;           /* of those with a value */
    struct txn_entry *open; /* those that are ongoing or prepared; the newest first */
    struct shard *shard;    /* NULL: it has not been loaded yet */
    struct txn_expiry expiry;
    /* The rest is private. */
    struct completion *waiting;    /* of completion.c */
    struct coordinator_timer look; /* the same */
    kw_arena arena;                /* of the record that is replayed */
    bool has_skipped;              /* a record that is not known, which has been said */
};

/* The functions of machine.h; the state is a struct txn_machine, which unloaded() destroys. */
extern const struct coordinator_calls txn_machine_calls;

/* NULL: there is no memory. */
struct txn_machine *txn_machine_create(const struct txn_machine_options *options);

/* One that no shard has taken. */
void txn_machine_destroy(struct txn_machine *m);

/* NULL: there is none, though it may have been known. */
struct txn_entry *txn_machine_entry(const struct txn_machine *m, kw_string id);

/* NULL: nothing is known of it. */
const struct txn_fields *txn_machine_find(const struct txn_machine *m, kw_string id);

/* The next record of this id is going to have this last epoch. */
void txn_machine_note_last_epoch(struct txn_machine *m, kw_string id, int16_t last_epoch);

/* All entries, also those without a value: from NULL on, to NULL. In any order. */
const struct txn_entry *txn_machine_next(const struct txn_machine *m, const struct txn_entry *entry);

#endif
