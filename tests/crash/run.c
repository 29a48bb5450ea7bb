/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <kwire/error.h>

#include "../simulation/threads.h"
#include "../simulation/world.h"
#include "base/file.h"
#include "clients.h"
#include "log/cleaner/cleaners.h"
#include "log/log_change.h"
#include "log/log_upkeep.h"
#include "log/retention.h"
#include "tape.h"

enum { MOST_SETTINGS = 16 };

const char *const run_names[RUN_KINDS] = {"produce",      "topics",     "retention", "groups",
                                          "transactions", "compaction", "metadata",  "mixed"};

static size_t first_point;
static struct process_setting chosen[MOST_SETTINGS];
static struct checked_run recorded;

size_t run_first_point(void)
{
    return first_point;
}

/* ---- what the broker does by itself ---- */

static void checkpoint(void)
{
    log_upkeep_checkpoint(&process_broker()->logs);
    ledger_look();
}

static void with_any_log(void (*use)(struct partition_log *log))
{
    struct log_list list;
    struct log_snapshot opened;
    if (!log_manager_list(&process_broker()->logs, &list))
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
    if (process_broker()->cleaners != NULL && cleaners_clean_next(process_broker()->cleaners))
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

/* ---- life ---- */

static void restart(void)
{
    node_stop();
    ledger_note_stop();
    world_pass(100);
    if (!node_open())
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

struct act {
    void (*act)(void);
    uint8_t weights[RUN_KINDS];
};

/* clang-format off */
static const struct act acts[] = {
    /*                produce topics retention groups transactions compaction metadata mixed */
    {send_batch,     {20,     6,     20,       4,     3,           20,        2,       12}},
    {send_together,  {5,      5,     3,        5,     1,           3,         3,       5}},
    {remove_topic,   {0,      4,     0,        0,     0,           0,         2,       1}},
    {grow_any_topic, {0,      2,     0,        0,     0,           0,         2,       1}},
    {change_config,  {1,      4,     2,        0,     0,           0,         20,      2}},
    {checkpoint,     {2,      1,     3,        1,     1,           2,         1,       2}},
    {roll_log,       {2,      1,     4,        0,     1,           3,         0,       2}},
    {retain_log,     {1,      1,     6,        0,     0,           2,         0,       2}},
    {delete_some,    {0,      0,     4,        0,     0,           0,         0,       1}},
    {clean,          {0,      0,     0,        0,     0,           5,         0,       2}},
    {let_pass,       {2,      1,     3,        2,     1,           2,         1,       2}},
    {commit,         {0,      0,     0,        12,    0,           0,         0,       4}},
    {join_or_leave,  {0,      0,     0,        5,     0,           0,         0,       1}},
    {run_txn,        {0,      0,     0,        0,     12,          0,         0,       4}},
    {end_together,   {0,      0,     0,        0,     4,           0,         0,       1}},
    {restart,        {1,      1,     1,        1,     1,           1,         1,       1}},
};
/* clang-format on */

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
#define SET(n, v) chosen[count++] = (struct process_setting){n, v}
    SET("num.recovery.threads.per.data.dir", "1");
    SET("offsets.topic.num.partitions", "2");
    SET("transaction.state.log.num.partitions", "2");
    SET("log.initial.task.delay.ms", "1000");
    SET("log.flush.offset.checkpoint.interval.ms", "5000");
    SET("log.flush.start.offset.checkpoint.interval.ms", "7000");
    SET("log.retention.check.interval.ms", "11000");
    SET("log.cleaner.dedupe.buffer.size", "1048576");
    recorded.is_synced = !one_in(3);
    recorded.dirs = one_in(2) ? 1 : (size_t)pick_from(2, MOST_DIRS);
    note("acknowledgements %s for the disk, of which there are %zu", recorded.is_synced ? "wait" : "do not wait",
         recorded.dirs);
    if (recorded.is_synced)
        SET("log.flush.interval.messages", "1");
    if (kind == RUN_METADATA || one_in(4))
        SET("metadata.log.max.record.bytes.between.snapshots", "1500");
    if (kind == RUN_COMPACTION || one_in(4))
        SET("offsets.topic.segment.bytes", "1048576");
    if (one_in(4))
        SET("offsets.topic.compression.codec", "0");
    chosen[count] = (struct process_setting){NULL, NULL};
    recorded.settings = chosen;
#undef SET
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
        clients.topics[i].is_compacted = kind == RUN_COMPACTION ? i < 3 : i == 4 && kind == RUN_MIXED;
    clients.topics[0].is_kept = clients.has_groups = has_groups(kind);
    for (size_t i = 0; has_txns(kind) && i < TOPICS; i++)
        clients.topics[i].is_kept = true;
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
    if (!node_open())
        broken("the broker does not start");
    ledger_look();
    node_serve();
    ledger_look();
    node_has_stepped = ledger_look;
}

static void start_tape(void)
{
    node_set_up(recorded.settings, recorded.dirs);
    tape_record();
    first_point = tape.count;
}

struct checked_run run_record(enum run_kind kind)
{
    choose_settings(kind);
    clients_reset(recorded.is_synced);
    tape_load();
    for (size_t i = 0; i < recorded.dirs; i++)
        if (!folder_create(node_dirs[i]))
            broken("a directory cannot be made");
    start_tape();
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
    clients.is_recovery = true;
    tape_load();
    crash_build(crash);
    ledger_rebase(crash, before->is_synced || crash_kind_of(crash) == CRASH_OF_PROCESS);
    start_tape();
    open_first();
    ledger_trim();
    for (size_t i = 0; i < PRODUCERS; i++)
        clients.idempotent[i].id = clients.transactional[i].id = -1;
    find_topics();
    find_coordinators(kind);
    for (int64_t i = pick_from(0, 8); i > 0; i--)
        act_once(kind);
    finish(one_in(2));
    return recorded;
}
