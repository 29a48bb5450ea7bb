/* SPDX-License-Identifier: Apache-2.0 */
#include "life.h"

#include <stdio.h>
#include <string.h>

#include <kwire/error.h>

#include "../simulation/world.h"
#include "base/clock.h"
#include "disk.h"
#include "judge.h"
#include "log/cleaner/cleaners.h"
#include "log/log_change.h"
#include "log/retention.h"
#include "machine.h"

enum { TRIES = 8, PAUSE_MS = 250, UPKEEP_MS = 65000, REPAIR_MS = 6000, TXN_TIMEOUT_MS = 600000 };

/* Errors after which a client asks again. */
static bool is_passing(int16_t error)
{
    return error == KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS || error == KW_ERROR_COORDINATOR_NOT_AVAILABLE ||
           error == KW_ERROR_NOT_COORDINATOR || error == KW_ERROR_CONCURRENT_TRANSACTIONS ||
           error == KW_ERROR_KAFKA_STORAGE_ERROR || error == KW_ERROR_NOT_LEADER_OR_FOLLOWER ||
           error == KW_ERROR_LEADER_NOT_AVAILABLE;
}

#define ASK(what, error, call)                                                                 \
    do {                                                                                       \
        for (int tries = 0; ((error) = (call)), is_passing(error) && tries < TRIES; tries++) { \
            judge_error(what, error);                                                          \
            world_pass(PAUSE_MS);                                                              \
        }                                                                                      \
        judge_error(what, error);                                                              \
    } while (false)

/* ---- producers ---- */

/* One for each partition. */
static struct own_producer {
    struct sender id;
    int32_t sequence;
    int64_t pending; /* the number of a record that was not acknowledged; 0: none */
    int key;
} producers[TOPICS][PARTITIONS];

static int16_t send_pending(struct own_producer *p, enum topic topic, int32_t partition)
{
    int64_t offset = -1;
    int16_t error;
    const struct sent sent = {topic_names[topic], partition, p->pending, p->key, &p->id, p->sequence, -1};
    ASK("Produce", error, client_produce(&sent, &offset));
    if (error != KW_ERROR_NONE)
        return error;
    judge_acknowledged(p->pending, offset);
    p->pending = 0;
    p->sequence++;
    return error;
}

/* What a sequence says that does not follow: records were lost that nobody had waited for. */
static bool is_of_sequence(int16_t error)
{
    return error == KW_ERROR_OUT_OF_ORDER_SEQUENCE_NUMBER || error == KW_ERROR_UNKNOWN_PRODUCER_ID ||
           error == KW_ERROR_INVALID_PRODUCER_EPOCH;
}

/* A record that could not be sent is sent again by the same producer with the same sequence. */
static bool send_one(enum topic topic, int32_t partition, int key)
{
    struct own_producer *p = &producers[topic][partition];
    int16_t error = KW_ERROR_NONE;
    if (p->id.id < 0) {
        ASK("InitProducerId", error, init_producer(&p->id, TXN_TIMEOUT_MS));
        p->sequence = 0;
    }
    if (p->id.id < 0)
        return false;
    if (p->pending != 0)
        error = send_pending(p, topic, partition);
    if (error == KW_ERROR_NONE) {
        p->key = key;
        p->pending = judge_sends(topic, partition, key, MOST_TXNS);
        error = send_pending(p, topic, partition);
    }
    CHECK(!is_of_sequence(error) || !known.is_synced, "the sequence of a producer is not known: error %d", error);
    if (is_of_sequence(error)) {
        p->id.id = -1;
        p->pending = 0;
    }
    return error == KW_ERROR_NONE;
}

/* ---- transactions ---- */

#define TRANSACTION "tx"

static struct sender transactional;
static int32_t transactional_sequences[PARTITIONS];

static int16_t send_in_transaction(size_t txn, int32_t partition)
{
    int64_t offset = -1, number = judge_sends(TOPIC_T, partition, -1, txn);
    int16_t error;
    const struct sent sent = {"t", partition, number, -1, &transactional, transactional_sequences[partition], -1};
    ASK("Produce in a transaction", error, client_produce(&sent, &offset));
    if (error != KW_ERROR_NONE)
        return error;
    judge_acknowledged(number, offset);
    transactional_sequences[partition]++;
    return error;
}

static int16_t fill_transaction(size_t txn)
{
    static const int32_t all[PARTITIONS] = {0, 1};
    int16_t error;
    ASK("AddPartitionsToTxn", error, add_partitions(&transactional, "t", all, PARTITIONS));
    for (int32_t p = 0; error == KW_ERROR_NONE && p < PARTITIONS; p++)
        error = send_in_transaction(txn, p);
    if (error == KW_ERROR_NONE)
        ASK("AddOffsetsToTxn", error, add_group(&transactional, "tg"));
    if (error == KW_ERROR_NONE)
        ASK("TxnOffsetCommit", error, commit_in_txn(&transactional, "tg", "a", 0, (int64_t)txn + 1));
    return error;
}

static bool run_transaction(bool is_committed)
{
    int16_t error = KW_ERROR_NONE;
    if (known.txn_count == MOST_TXNS)
        broken("there are too many transactions");
    if (transactional.id < 0) {
        ASK("InitProducerId of a transaction", error, init_producer(&transactional, TXN_TIMEOUT_MS));
        memset(transactional_sequences, 0, sizeof transactional_sequences);
    }
    if (transactional.id < 0)
        return false;
    size_t txn = known.txn_count++;
    bool is_filled = fill_transaction(txn) == KW_ERROR_NONE;
    is_committed = is_committed && is_filled;
    if (is_committed)
        known.txns[txn] = KNOWN_COMMITTING;
    ASK("EndTxn", error, end_txn(&transactional, is_committed, false));
    if (error == KW_ERROR_NONE)
        known.txns[txn] = is_committed ? KNOWN_COMMITTED : KNOWN_ABORTED;
    if (error != KW_ERROR_NONE || !is_filled)
        transactional.id = -1; /* the next one ends what is open */
    return error == KW_ERROR_NONE && is_filled;
}

/* ---- groups ---- */

static bool commit_next(void)
{
    int16_t error;
    ASK("OffsetCommit", error, commit_offset("g", "a", 0, ++known.most_committed));
    if (error == KW_ERROR_NONE)
        known.committed = known.most_committed;
    return error == KW_ERROR_NONE;
}

/* ---- the broker's own work ---- */

static struct partition_log *log_of(const char *topic)
{
    const kw_uuid any = {{0}};
    struct broker *broker = process_broker();
    return broker != NULL ? log_manager_find(&broker->logs, kw_string_of(topic), any, 0) : NULL;
}

static void roll(const char *topic)
{
    struct partition_log *log = log_of(topic);
    if (log == NULL)
        return;
    (void)log_roll(log);
    log_release(log);
}

static void retain(const char *topic)
{
    size_t removed;
    struct partition_log *log = log_of(topic);
    if (log == NULL)
        return;
    struct log_snapshot snapshot;
    if (partition_log_acquire(log, false, &snapshot) == KW_ERROR_NONE) {
        log_snapshot_release(&snapshot);
        (void)log_retain(log, clock_wall_ms(), &removed);
    }
    log_release(log);
}

static void compact(void)
{
    struct broker *broker = process_broker();
    while (broker != NULL && broker->cleaners != NULL && cleaners_clean_next(broker->cleaners))
        ;
}

/* ---- a life ---- */

void life_start(void)
{
    memset(producers, 0, sizeof producers);
    for (size_t t = 0; t < TOPICS; t++)
        for (size_t p = 0; p < PARTITIONS; p++)
            producers[t][p].id.id = -1;
    transactional = (struct sender){.transactional_id = TRANSACTION, .id = -1};
}

static int16_t create(const char *name, int32_t partitions, bool is_compacted)
{
    const struct new_topic topic = {{{"cleanup.policy", "compact"}}, is_compacted ? 1 : 0, partitions};
    return create_topic(name, &topic);
}

static void create_topics(void)
{
    for (size_t i = 0; i < TOPICS; i++) {
        if (known.created[i] == KW_ERROR_NONE)
            continue;
        int16_t error = create(topic_names[i], topic_partitions[i], i == TOPIC_C);
        judge_error("CreateTopics", error);
        known.created[i] = error == KW_ERROR_TOPIC_ALREADY_EXISTS ? (int16_t)KW_ERROR_NONE : error;
    }
}

static void find_coordinators(void)
{
    int16_t error;
    ASK("FindCoordinator", error, find_coordinator("g", 0));
    ASK("FindCoordinator", error, find_coordinator(TRANSACTION, 1));
}

static void change_topics(void)
{
    int16_t error;
    known.doomed_created = create("doomed", 2, false);
    judge_error("CreateTopics", known.doomed_created);
    if (known.doomed_created == KW_ERROR_NONE) {
        known.grown = grow_topic("doomed", 3);
        judge_error("CreatePartitions", known.grown);
        error = delete_topic("doomed");
        judge_error("DeleteTopics", error);
        known.doomed_deleted = error;
    }
    known.altered = set_config("a", "retention.ms", "-1");
    judge_error("IncrementalAlterConfigs", known.altered);
}

static void delete_some(void)
{
    int16_t error;
    known.deleted_until = 3;
    ASK("DeleteRecords", error, delete_records("b", 0, 3));
}

static void write_all(void)
{
    (void)send_one(TOPIC_A, 0, -1);
    (void)send_one(TOPIC_A, 1, -1);
    (void)send_one(TOPIC_B, 0, -1);
    for (int key = 0; key < KEYS; key++)
        (void)send_one(TOPIC_C, 0, key);
    (void)run_transaction(true);
    (void)commit_next();
}

static void use_all(void)
{
    create_topics();
    find_coordinators();
    write_all();
    roll("a");
    roll("b");
    roll("c");
    write_all();
    (void)run_transaction(false);
    roll("t");
    roll("__consumer_offsets");
    change_topics();
    write_all();
    roll("b");
    roll("c");
    delete_some();
    retain("b");
    compact();
    world_pass(UPKEEP_MS);
    judge_look();
    write_all();
}

static void use_some(void)
{
    create_topics();
    write_all();
    roll("a");
    (void)run_transaction(false);
    judge_look();
}

/* A start that fails is tried again, as whoever runs a broker does. */
static bool start(void)
{
    for (int i = 0; i < 2; i++)
        if (machine_start())
            return true;
    return false;
}

static bool can_write(enum topic topic, int32_t partition)
{
    return topic == TOPIC_T ? run_transaction(true) : send_one(topic, partition, topic == TOPIC_C ? 0 : -1);
}

/* ---- what goes on while the disk fails ---- */

static bool path_has(const char *name)
{
    return strstr(disk_failed_path(), name) != NULL;
}

static bool is_in_second_dir(const char *topic, int32_t partition)
{
    const kw_uuid any = {{0}};
    struct broker *broker = process_broker();
    struct partition_log *log = log_manager_find(&broker->logs, kw_string_of(topic), any, partition);
    bool is_second = log == NULL || strncmp(log->folder, SECOND_DIR, strlen(SECOND_DIR)) == 0;
    if (log != NULL)
        log_release(log);
    return is_second;
}

/* Whether the first call that failed concerns a partition: it, or its directory. */
static bool has_failed(const char *topic, int32_t partition)
{
    char folder[64];
    (void)snprintf(folder, sizeof folder, "/%s-%d", topic, partition);
    if (strcmp(disk_failed_path(), FIRST_DIR) == 0) /* of any log in it */
        return true;
    bool is_in_second = strncmp(disk_failed_path(), SECOND_DIR, strlen(SECOND_DIR)) == 0;
    return path_has(folder) || (is_in_second && is_in_second_dir(topic, partition));
}

/* Whether it is a reason why a partition cannot be written to. A transaction needs all that take part. */
static bool is_concerned(enum topic topic, int32_t partition)
{
    bool has_no_producer = topic == TOPIC_T ? transactional.id < 0 : producers[topic][partition].id.id < 0;
    bool is_of_transaction =
        topic == TOPIC_T && (has_failed("t", 0) || has_failed("t", 1) || has_failed("__transaction_state", 0) ||
                             has_failed("__consumer_offsets", 0));
    return known.created[topic] != KW_ERROR_NONE || has_failed(topic_names[topic], partition) || is_of_transaction ||
           (has_no_producer && path_has("/__cluster_metadata-"));
}

/* As if the disk were full, or memory short. But after a sync nobody knows what is on the disk, and cleaned segments
 * are exchanged as a whole or at the next start. */
static bool passes(enum life_failure failure)
{
    bool is_exchange = disk_failed_kind() == CALL_RENAME && (path_has(".swap") || path_has("/0"));
    bool is_opening = path_has(".kafka_cleanshutdown"); /* a directory that cannot be opened is offline */
    return failure == LIFE_FAILURE_PASSES && (disk_failed_kind() & (CALL_SYNC | CALL_CLOSE)) == 0 && !is_exchange &&
           !is_opening;
}

/* Why a partition may be one that cannot be written to: what has failed since the last start of the broker concerns it,
 * and does not pass. */
static bool is_excused(enum life_failure failure, enum topic topic, int32_t partition)
{
    return disk_failures() != machine_failures_before() && !passes(failure) && is_concerned(topic, partition);
}

/* A producer whose records were lost starts again; and what fails for a while may do so here. */
static bool can_write_again(enum life_failure failure, enum topic topic, int32_t partition)
{
    if (failure == LIFE_FAILURE_PASSES)
        disk_recover();
    return can_write(topic, partition);
}

static void check_writes(enum life_failure failure)
{
    for (size_t i = 0; i < TOPICS; i++)
        for (int32_t p = 0; p < topic_partitions[i]; p++)
            CHECK(can_write((enum topic)i, p) || can_write_again(failure, (enum topic)i, p) ||
                      is_excused(failure, (enum topic)i, p),
                  "%s-%d cannot be written to after a failure of %s", topic_names[i], p, disk_failed_path());
}

/* What has failed meanwhile concerns no more than it must. What passes concerns nothing any more. */
static void check_goes_on(enum life_failure failure)
{
    if (process_broker() == NULL || !process_decides() || failure == LIFE_ALL_FAILS)
        return;
    if (failure == LIFE_FAILURE_PASSES)
        disk_recover();
    world_pass(REPAIR_MS);
    create_topics();
    find_coordinators();
    check_writes(failure);
}

void life_live(enum life_failure failure)
{
    if (!start())
        return;
    use_all();
    check_goes_on(failure);
    machine_stop();
    if (!start())
        return;
    use_some();
    check_goes_on(failure);
    machine_kill();
    if (known.is_synced)
        disk_cut_power();
    if (!start())
        return;
    use_some();
    check_goes_on(failure);
}

void life_finish(void)
{
    create_topics();
    find_coordinators();
    for (size_t i = 0; i < TOPICS; i++)
        CHECK(known.created[i] == KW_ERROR_NONE, "topic %s cannot be created: error %d", topic_names[i],
              known.created[i]);
    check_writes(LIFE_FAILURE_PASSES);
    CHECK(commit_next(), "an offset cannot be committed");
}
