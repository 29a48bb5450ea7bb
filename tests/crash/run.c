/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../simulation/threads.h"
#include "../simulation/world.h"
#include "base/file.h"
#include "coordinator/partition_of_key.h"
#include "ledger.h"
#include "log/cleaner/cleaners.h"
#include "log/log_change.h"
#include "log/log_upkeep.h"
#include "log/retention.h"
#include "requests.h"
#include "tape.h"

enum { TOPICS = 5, INTERNAL = 2, MOST_SETTINGS = 16, PRODUCERS = 3, MOST_PARTITIONS = 3, KEYS = 12 };

const char *const run_names[RUN_KINDS] = {"produce",      "topics",     "retention", "groups",
                                          "transactions", "compaction", "metadata",  "mixed"};

struct topic {
    char name[16];
    int32_t partitions; /* 0: it does not exist */
    bool is_compacted;
    bool is_kept; /* not deleted: groups and transactions use it */
    int32_t generation;
};

static struct topic topics[TOPICS];
static struct sender idempotent[PRODUCERS], transactional[PRODUCERS];
static uint64_t next_value;
static size_t first_point;
static bool is_recovery; /* names of before are not used again */
static struct node_setting chosen[MOST_SETTINGS];
static struct checked_run recorded;
static int32_t member_epochs[PRODUCERS];

size_t run_first_point(void)
{
    return first_point;
}

static void must(int16_t error, const char *what)
{
    if (error != KW_ERROR_NONE)
        broken("%s: error %d", what, error);
}

/* ---- topics ---- */

static void add_topic(struct topic *t)
{
    const char *configs[8][2] = {{"internal.segment.bytes", one_in(2) ? "3000" : "20000"},
                                 {"file.delete.delay.ms", "1000"}};
    int32_t count = 2;
    (void)snprintf(t->name, sizeof t->name, "t%d-%d", (int)(t - topics), t->generation++);
    if (t->is_compacted) {
        configs[count][0] = "cleanup.policy";
        configs[count++][1] = "compact";
        configs[count][0] = "min.cleanable.dirty.ratio";
        configs[count++][1] = "0.01";
    }
    if (one_in(6)) {
        configs[count][0] = "preallocate";
        configs[count++][1] = "true";
    }
    if (one_in(4)) {
        configs[count][0] = "index.interval.bytes";
        configs[count++][1] = "100";
    }
    t->partitions = (int32_t)pick_from(1, 2);
    must(create_topic(t->name, t->partitions, configs, count), "a topic is not created");
}

static struct topic *any_topic(void)
{
    struct topic *t = &topics[pick(TOPICS)];
    if (t->partitions == 0)
        add_topic(t);
    return t;
}

/* That groups use. */
static struct topic *kept_topic(void)
{
    if (topics[0].partitions == 0)
        add_topic(&topics[0]);
    return &topics[0];
}

static void remove_topic(void)
{
    struct topic *t = any_topic();
    if (t->is_kept)
        return;
    must(delete_topic(t->name), "a topic is not deleted");
    t->partitions = 0;
    for (size_t i = 0; i < PRODUCERS; i++)
        for (size_t p = 0; p < MOST_PARTITIONS; p++)
            idempotent[i].sequences[(size_t)(t - topics) * MOST_PARTITIONS + p] = 0;
}

static void grow(void)
{
    struct topic *t = any_topic();
    if (t->partitions < MOST_PARTITIONS)
        must(grow_topic(t->name, ++t->partitions), "a topic does not grow");
}

static void change_config(void)
{
    static const char *const values[][2] = {{"retention.ms", "100000"},     {"segment.ms", "5000"},
                                            {"flush.messages", "1"},        {"flush.messages", "3"},
                                            {"max.message.bytes", "90000"}, {"retention.bytes", "4000"}};
    struct topic *t = any_topic();
    size_t which = pick(sizeof values / sizeof values[0]);
    if (recorded.is_synced && values[which][1][0] == '3')
        return; /* every acknowledgement waits for the disk */
    must(set_config(t->name, values[which][0], values[which][1]), "a setting is not changed");
}

/* ---- records ---- */

static struct partition_log *log_of(const char *topic, int32_t partition)
{
    const kw_uuid any = {{0}};
    return log_manager_find(&node_broker()->logs, kw_string_of(topic), any, partition);
}

/* What is acknowledged and must be on the disk is taken for safe. */
static void check_synced(const char *topic, int32_t partition, int64_t end)
{
    struct log_config config;
    struct partition_log *log = log_of(topic, partition);
    if (log == NULL)
        broken("%s-%d has no log", topic, partition);
    if (partition_log_config(log, &config) && config.flush_messages == 1 &&
        atomic_load(&managed_log_of(log)->synced_until) < end)
        broken("%s-%d has acknowledged records that are not on the disk", topic, partition);
    log_release(log);
}

static struct batch any_batch(struct topic *t)
{
    struct batch b = {.topic = t->name, .time = world.epoch + world.now, .first_value = next_value, .acks = -1};
    b.partition = (int32_t)pick((size_t)t->partitions);
    bool is_large = one_in(5);
    b.count = is_large ? 1 : (int32_t)pick_from(1, one_in(4) ? 8 : 3);
    b.size = (size_t)pick_from(8, is_large ? 2500 : 120);
    b.codec = !t->is_compacted && one_in(3) ? (kw_codec)pick_from(KW_CODEC_NONE, KW_CODEC_ZSTD) : KW_CODEC_NONE;
    b.keys = t->is_compacted ? KEYS : 0;
    b.is_tombstone = t->is_compacted && one_in(6);
    if (!kw_codec_available(b.codec))
        b.codec = KW_CODEC_NONE;
    next_value += (uint64_t)b.count;
    return b;
}

static void send_batch(void)
{
    struct topic *t = any_topic();
    struct batch b = any_batch(t);
    int64_t offset = -1;
    struct sender *p = one_in(2) ? &idempotent[pick(PRODUCERS)] : NULL;
    if (p != NULL && p->id < 0)
        must(init_producer(p), "a producer gets no id");
    int32_t *sequence = p != NULL ? &p->sequences[(size_t)(t - topics) * MOST_PARTITIONS + (size_t)b.partition] : NULL;
    b.producer = p;
    b.sequence = p != NULL ? *sequence : 0;
    if (p == NULL && one_in(4))
        b.acks = one_in(2) ? 0 : 1;
    int16_t error = produce(&b, &offset);
    if (b.acks == 0)
        return;
    must(error, "a batch is not taken");
    if (sequence != NULL)
        *sequence += b.count;
    check_synced(t->name, b.partition, offset + b.count);
}

/* ---- what the broker does by itself ---- */

static void checkpoint(void)
{
    log_upkeep_checkpoint(&node_broker()->logs);
    ledger_look();
}

static void with_any_log(void (*use)(struct partition_log *log))
{
    struct log_list list;
    struct log_snapshot opened;
    if (!log_manager_list(&node_broker()->logs, &list))
        broken("there is no memory");
    struct partition_log *log = list.len != 0 ? list.items[pick(list.len)] : NULL;
    if (log != NULL && partition_log_acquire(log, false, &opened) == KW_ERROR_NONE) {
        log_snapshot_release(&opened);
        use(log);
    }
    log_list_release(&list);
    ledger_look();
}

static void roll(struct partition_log *log)
{
    (void)log_roll(log);
}

static void retain(struct partition_log *log)
{
    size_t removed;
    struct log_config config;
    if (partition_log_config(log, &config) && config.delete)
        (void)log_retain(log, world.epoch + world.now, &removed);
}

static void roll_log(void)
{
    with_any_log(roll);
}

static void retain_log(void)
{
    with_any_log(retain);
}

static void delete_some(void)
{
    struct topic *t = any_topic();
    if (t->is_compacted)
        return;
    int32_t partition = (int32_t)pick((size_t)t->partitions);
    struct partition_log *log = log_of(t->name, partition);
    struct log_snapshot now;
    if (log == NULL || partition_log_acquire(log, false, &now) != KW_ERROR_NONE)
        broken("%s-%d cannot be opened", t->name, partition);
    int64_t offset = pick_from(now.log_start_offset, now.high_watermark);
    log_snapshot_release(&now);
    log_release(log);
    must(delete_records(t->name, partition, offset), "records are not deleted");
}

static void clean(void)
{
    if (node_broker()->cleaners != NULL && cleaners_clean_next(node_broker()->cleaners))
        ledger_look_again();
}

static void let_pass(void)
{
    int64_t end = world.now + pick_from(1, one_in(3) ? 40000 : 3000);
    while (world.now < end) {
        world_step();
        ledger_look();
    }
}

/* ---- groups ---- */

static void commit(void)
{
    char group[16];
    struct topic *t = kept_topic();
    (void)snprintf(group, sizeof group, "g%zu", pick(3));
    int32_t partition = 0;
    int64_t offset = (int64_t)next_value++;
    int16_t error = commit_offset(group, t->name, partition, offset);
    if (error == KW_ERROR_UNKNOWN_MEMBER_ID)
        return; /* a group with members */
    must(error, "an offset is not committed");
    ledger_look();
    int32_t log_partition = partition_of_key(kw_string_of(group), INTERNAL);
    int64_t end = ledger_note_commit(group, t->name, partition, offset, log_partition);
    check_synced("__consumer_offsets", log_partition, end);
}

static void join_or_leave(void)
{
    static const char *const members[PRODUCERS] = {"member-a", "member-b", "member-c"};
    size_t i = pick(PRODUCERS);
    int32_t *epoch = &member_epochs[i];
    int32_t asked = *epoch != 0 && one_in(3) ? -1 : *epoch, next = 0;
    int16_t error = heartbeat("joined", members[i], asked, kept_topic()->name, &next);
    *epoch = error == KW_ERROR_NONE && asked >= 0 ? next : 0;
}

/* ---- transactions ---- */

static struct kept_txn *add_txn(const struct sender *p)
{
    if (ledger.txn_count == ledger.txn_capacity) {
        ledger.txn_capacity = ledger.txn_capacity * 2 + 16;
        ledger.txns = realloc(ledger.txns, ledger.txn_capacity * sizeof *ledger.txns);
        if (ledger.txns == NULL)
            broken("there is no memory");
    }
    struct kept_txn *txn = &ledger.txns[ledger.txn_count++];
    memset(txn, 0, sizeof *txn);
    (void)snprintf(txn->id, sizeof txn->id, "%s", p->transactional_id);
    txn->producer_id = p->id;
    txn->epoch = p->epoch;
    txn->begun_at = tape.count;
    txn->answered_at = SIZE_MAX;
    return txn;
}

static void send_in_txn(struct sender *p, struct kept_txn *txn, bool is_new)
{
    struct topic *t = any_topic();
    struct batch b = any_batch(t);
    int64_t offset = -1;
    int32_t *sequence = &p->sequences[(size_t)(t - topics) * MOST_PARTITIONS + (size_t)b.partition];
    b.producer = p;
    b.sequence = *sequence;
    b.is_transactional = true;
    b.is_new = is_new;
    int16_t error = KW_ERROR_NONE;
    while (!is_new && (error = add_partition(p, t->name, b.partition)) == KW_ERROR_CONCURRENT_TRANSACTIONS)
        world_pass(10);
    must(error, "a partition is not added to a transaction");
    while ((error = produce(&b, &offset)) == KW_ERROR_CONCURRENT_TRANSACTIONS)
        world_pass(10);
    bool is_unknown = error == KW_ERROR_INVALID_PRODUCER_EPOCH || error == KW_ERROR_OUT_OF_ORDER_SEQUENCE_NUMBER;
    if (is_unknown && is_recovery && !recorded.is_synced) {
        p->id = -1; /* the coordinator has forgotten an epoch that the partition knows */
        return;
    }
    must(error, "a batch of a transaction is not taken");
    ledger_look();
    *sequence += b.count;
    struct partition_log *log = log_of(t->name, b.partition);
    const struct kept_log *kept = ledger_log(kw_string_of(t->name), log->topic_id, b.partition);
    log_release(log);
    if (txn->part_count < sizeof txn->parts / sizeof txn->parts[0])
        txn->parts[txn->part_count++] = (struct txn_part){(size_t)(kept - ledger.logs), offset, offset + b.count - 1};
}

static void run_txn(void)
{
    struct sender *p = &transactional[pick(PRODUCERS)];
    bool is_new = one_in(2);
    if (p->id < 0 || one_in(8)) {
        int16_t error;
        while ((error = init_producer(p)) == KW_ERROR_CONCURRENT_TRANSACTIONS)
            world_pass(10);
        must(error, "a transactional producer gets no id");
    }
    struct kept_txn *txn = add_txn(p);
    for (int64_t i = pick_from(1, 4); i > 0 && p->id >= 0; i--)
        send_in_txn(p, txn, is_new);
    if (one_in(5) || p->id < 0) {
        p->id = -1; /* it is never heard of again; the next one with its id ends the transaction */
        return;
    }
    bool commits = !one_in(3);
    txn->asked_at = tape.count;
    txn->asked = commits ? TXN_COMMIT : TXN_ABORT;
    int16_t error;
    while ((error = end_txn(p, commits, is_new)) == KW_ERROR_CONCURRENT_TRANSACTIONS)
        world_pass(10);
    must(error, "a transaction does not end");
    world_settle();
    ledger_look();
    txn->answered_at = tape.count;
}

/* ---- life ---- */

static void restart(void)
{
    node_stop();
    ledger_note_stop();
    world_pass(100);
    if (!node_open(chosen))
        broken("the broker does not start again");
    ledger_look();
    node_serve();
    ledger_look();
}

/* Its topic is made for the first who asks. */
static void must_find(const char *key, int8_t type)
{
    int16_t error;
    while ((error = find_coordinator(key, type)) == KW_ERROR_COORDINATOR_NOT_AVAILABLE)
        world_pass(10);
    must(error, "a coordinator is not found");
}

/* Which of them a crash has left. */
static void find_topics(void)
{
    const struct metadata_image *image = metadata_image_acquire(&node_broker()->metadata);
    for (size_t i = 0; i < TOPICS; i++) {
        const struct metadata_topic *found =
            topics[i].name[0] != '\0' ? metadata_topic_by_name(image, kw_string_of(topics[i].name)) : NULL;
        topics[i].partitions = found != NULL ? found->partition_count : 0;
        topics[i].generation += 100;
    }
    metadata_image_release(image);
}

struct act {
    void (*act)(void);
    uint8_t weights[RUN_KINDS];
};

/*                    produce topics retention groups transactions compaction metadata mixed */
static const struct act acts[] = {
    {send_batch, {20, 6, 20, 4, 3, 20, 2, 12}}, {remove_topic, {0, 4, 0, 0, 0, 0, 2, 1}},
    {grow, {0, 2, 0, 0, 0, 0, 2, 1}},           {change_config, {1, 4, 2, 0, 0, 0, 20, 2}},
    {checkpoint, {2, 1, 3, 1, 1, 2, 1, 2}},     {roll_log, {2, 1, 4, 0, 1, 3, 0, 2}},
    {retain_log, {1, 1, 6, 0, 0, 2, 0, 2}},     {delete_some, {0, 0, 4, 0, 0, 0, 0, 1}},
    {clean, {0, 0, 0, 0, 0, 5, 0, 2}},          {let_pass, {2, 1, 3, 2, 1, 2, 1, 2}},
    {commit, {0, 0, 0, 12, 0, 0, 0, 4}},        {join_or_leave, {0, 0, 0, 5, 0, 0, 0, 1}},
    {run_txn, {0, 0, 0, 0, 12, 0, 0, 4}},       {restart, {1, 1, 1, 1, 1, 1, 1, 1}},
};

static void act_once(enum run_kind kind)
{
    size_t total = 0, i = 0;
    for (i = 0; i < sizeof acts / sizeof acts[0]; i++)
        total += acts[i].weights[kind];
    size_t at = pick(total);
    for (i = 0; at >= acts[i].weights[kind]; i++)
        at -= acts[i].weights[kind];
    acts[i].act();
    world_settle();
    ledger_look();
}

static void choose_settings(enum run_kind kind)
{
    size_t count = 0;
#define SET(n, v) chosen[count++] = (struct node_setting){n, v}
    SET("offsets.topic.num.partitions", "2");
    SET("transaction.state.log.num.partitions", "2");
    SET("log.initial.task.delay.ms", "1000");
    SET("log.flush.offset.checkpoint.interval.ms", "5000");
    SET("log.flush.start.offset.checkpoint.interval.ms", "7000");
    SET("log.retention.check.interval.ms", "11000");
    SET("log.cleaner.dedupe.buffer.size", "1048576");
    recorded.is_synced = !one_in(3);
    note("acknowledgements %s for the disk", recorded.is_synced ? "wait" : "do not wait");
    if (recorded.is_synced)
        SET("log.flush.interval.messages", "1");
    if (kind == RUN_METADATA || one_in(4))
        SET("metadata.log.max.record.bytes.between.snapshots", "1500");
    if (kind == RUN_COMPACTION || one_in(4))
        SET("offsets.topic.segment.bytes", "1048576");
    if (one_in(4))
        SET("offsets.topic.compression.codec", "0");
    chosen[count] = (struct node_setting){NULL, NULL};
    recorded.settings = chosen;
#undef SET
}

static void reset(void)
{
    memset(topics, 0, sizeof topics);
    memset(member_epochs, 0, sizeof member_epochs);
    for (size_t i = 0; i < PRODUCERS; i++) {
        static const char *const ids[PRODUCERS] = {"txn-a", "txn-b", "txn-c"};
        idempotent[i] = (struct sender){.id = -1};
        transactional[i] = (struct sender){.transactional_id = ids[i], .id = -1};
    }
    next_value = 1;
    is_recovery = false;
}

static bool has_groups(enum run_kind kind)
{
    return kind == RUN_GROUPS || kind == RUN_MIXED;
}

static bool has_txns(enum run_kind kind)
{
    return kind == RUN_TRANSACTIONS || kind == RUN_MIXED;
}

static void find_coordinators(enum run_kind kind)
{
    if (has_groups(kind))
        must_find("g0", 0);
    if (has_txns(kind))
        must_find("txn-a", 1);
}

static void set_up(enum run_kind kind)
{
    for (size_t i = 0; i < TOPICS; i++)
        topics[i].is_compacted = kind == RUN_COMPACTION ? i < 3 : i == 4 && kind == RUN_MIXED;
    topics[0].is_kept = has_groups(kind);
    for (size_t i = 0; has_txns(kind) && i < TOPICS; i++)
        topics[i].is_kept = true;
    find_coordinators(kind);
}

static void finish(bool in_order)
{
    node_has_stepped = NULL;
    if (in_order) {
        node_stop();
        ledger_note_stop();
    } else {
        node_kill();
    }
    tape_pause();
    tape_unload();
}

static void open_first(void)
{
    if (!node_open(chosen))
        broken("the broker does not start");
    ledger_look();
    node_serve();
    ledger_look();
    node_has_stepped = ledger_look;
}

struct checked_run run_record(enum run_kind kind)
{
    reset();
    choose_settings(kind);
    tape_load();
    if (!folder_create("/data"))
        broken("the directory cannot be made");
    tape_record();
    first_point = tape.count;
    ledger_start();
    open_first();
    set_up(kind);
    for (int64_t i = pick_from(15, 40); i > 0; i--)
        act_once(kind);
    finish(one_in(2));
    return recorded;
}

struct checked_run run_record_recovery(enum run_kind kind, const struct checked_run *before, const struct crash *crash)
{
    recorded = *before;
    is_recovery = true;
    tape_load();
    crash_build(crash);
    ledger_rebase(crash, before->is_synced || crash_kind_of(crash) == CRASH_OF_PROCESS);
    tape_record();
    first_point = tape.count;
    open_first();
    ledger_trim();
    for (size_t i = 0; i < PRODUCERS; i++)
        idempotent[i].id = transactional[i].id = -1;
    find_topics();
    find_coordinators(kind);
    for (int64_t i = pick_from(0, 8); i > 0; i--)
        act_once(kind);
    finish(one_in(2));
    return recorded;
}
