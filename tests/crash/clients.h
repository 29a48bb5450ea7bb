/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CRASH_CLIENTS_H
#define TESTS_CRASH_CLIENTS_H

/* What the clients of a run know, and what they do. Each act asks the broker of node.h, waits for what it answers, and
 * tells the ledger; what a broker must not answer ends the program. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "batches.h"
#include "ledger.h"

enum { TOPICS = 5, INTERNAL = 2, PRODUCERS = 3, MOST_PARTITIONS = 3, KEYS = 12, GROUPS = 3, TXN_TIMEOUT_MS = 60000 };

struct topic {
    char name[16];
    int32_t partitions; /* 0: it does not exist */
    bool is_compacted;
    bool is_kept; /* not deleted: groups and transactions use it */
    int32_t generation;
};

struct clients {
    struct topic topics[TOPICS];
    struct sender idempotent[PRODUCERS], transactional[PRODUCERS];
    uint64_t next_value;
    int32_t member_epochs[PRODUCERS];
    bool has_groups;
    bool is_recovery; /* the run has started with what a crash has left */
    bool is_synced;   /* acknowledgements wait for the disk */
};

extern struct clients clients;

/* Without topics and producers. */
void clients_reset(bool is_synced);

void must(int16_t error, const char *what);

/* ---- topics.c ---- */

/* The settings of a new one, and its name, which may be that of one that was deleted. */
void name_topic(struct topic *topic, struct new_topic *out);

/* It is deleted. */
void forget_topic(struct topic *topic);

/* Which of them the broker has. */
void find_topics(void);

/* One that exists; that groups use. */
struct topic *any_topic(void);
struct topic *kept_topic(void);

void remove_topic(void);
void grow_any_topic(void);
void change_config(void);

/* ---- records.c ---- */

/* To be released. */
struct partition_log *log_of(const char *topic, int32_t partition);

/* What is acknowledged and must be on the disk is taken for safe. */
void check_synced(const char *topic, int32_t partition, int64_t end);

int32_t *sequence_of(struct sender *producer, const struct topic *topic, int32_t partition);

/* Of a producer that has an id. */
struct sender *any_idempotent(size_t which);

struct batch any_batch(const struct topic *topic);
void send_batch(void);

/* ---- groups.c ---- */

/* That a group may ask for now, and what is noted once it was answered; is_alone: no others were asked for meanwhile.
 */
struct kept_commit any_commit(size_t group);
void note_commit(const struct kept_commit *commit, bool is_alone);

void commit(void);
void join_or_leave(void);

/* ---- txns.c ---- */

/* One with records; NULL: a crash has left its coordinator behind its partitions. Valid until the next one is made. */
struct kept_txn *start_txn(struct sender *producer, bool is_new);
void run_txn(void);

/* ---- flights.c ---- */

/* Several requests at once: of all kinds, or ends of transactions and batches. */
void send_together(void);
void end_together(void);

#endif
