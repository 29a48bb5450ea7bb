/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <inttypes.h>
#include <string.h>

#include <kwire/error.h>

#include "control.h"
#include "disk.h"
#include "inspector.h"
#include "keeper.h"
#include "link.h"
#include "node.h"
#include "offsets.h"
#include "passing.h"
#include "plan.h"
#include "survey.h"
#include "threads.h"
#include "topics.h"
#include "transactions.h"

enum {
    MINUTE = 60000,
    HOUR = 60 * MINUTE,
    LONGEST_CALM = 20 * MINUTE, /* a member that nobody knows any more is waited for 5 minutes */
    LONGEST_END = 10 * MINUTE
};

static struct plan plan;
static int64_t starts_at, next_stop, next_churn, next_look, next_growth, next_weather, next_end, next_fill, next_clean,
    next_txn, next_fail, next_passing, true_epoch;
static bool is_storm, has_no_space;
static bool may_be_deleted[MOST_GROUPS]; /* groups, by an earlier process */

/* ---- the broker ---- */

static void forget_group(size_t g)
{
    judge_forget(g);
    for (size_t i = 0; i < plan.sizes[g]; i++)
        offsets_forget(&plan.members[g][i]);
}

static void start_node(void)
{
    for (size_t g = 0; g < MOST_GROUPS; g++)
        if (may_be_deleted[g])
            forget_group(g);
    disk_heal();
    disk_fail_after(is_storm && one_in(8) ? pick(300) : DISK_FOREVER);
    disk_die_after(is_storm && one_in(6) ? pick(300) : DISK_FOREVER);
    if (is_storm && one_in(3))
        plan_settings(&plan); /* somebody has changed the file */
    node_start(plan.settings, plan.setting_count);
}

static void plan_next_stop(void)
{
    next_stop = world.now + pick_from(1, one_in(5) ? 500 : one_in(3) ? 20000 : 5 * MINUTE);
}

static void stop_node(void)
{
    if (one_in(2))
        node_stop();
    else if (one_in(2))
        node_crash();
    else
        disk_die_after(pick(100)); /* it crashes with one of its next writes */
}

/* The broker has ended, or is not up yet; with its process all may have ended. */
static void note_down(void)
{
    if (plan.is_synced && !node_is_up() && one_in(2))
        disk_lose_power();
    else if (!plan.is_synced && !node_is_up())
        survey_loss(plan.settings, plan.setting_count);

    starts_at = world.now + (one_in(3) ? pick_from(1, 30000) : pick_from(1, 500));
    plan_next_stop();
}

static void tend_node(void)
{
    if (disk_is_dead()) {
        node_crash();
        note_down();
    }
    if (!node_is_up() && world.now >= starts_at) {
        start_node();
        if (!node_is_up())
            note_down();
    }
    if (node_is_up() && disk_has_failed() && next_stop > world.now + MINUTE)
        next_stop = world.now + pick_from(1, MINUTE); /* a partition may be offline until the next start */
    if (is_storm && node_is_up() && world.now >= next_stop) {
        stop_node();
        note_down();
    }
}

/* ---- the members ---- */

static void disturb(struct member *m)
{
    world.counts.faults++;
    if (!m->is_present)
        member_join(m);
    else if (m->is_leaving)
        return;
    else if (one_in(3))
        member_die(m);
    else if (one_in(3))
        member_sleep(m, pick_from(1, 60000));
    else if (one_in(2))
        member_leave(m);
}

static struct member *any_member(void)
{
    size_t g = pick(plan.group_count);
    return &plan.members[g][pick(plan.sizes[g])];
}

static void inspect_group(size_t g)
{
    if (node_is_up())
        (void)inspect(&plan.groups[g], plan.members[g], plan.sizes[g]);
}

/* ---- groups that end ---- */

static size_t count_present(size_t g)
{
    size_t count = 0;
    for (size_t i = 0; i < plan.sizes[g]; i++)
        count += plan.members[g][i].is_present;
    return count;
}

static void end_group(size_t g)
{
    for (size_t i = 0; i < plan.sizes[g]; i++)
        if (plan.members[g][i].is_present && !plan.members[g][i].is_leaving)
            member_leave(&plan.members[g][i]);
}

/* One that has members that the coordinator knows stays. A consumer without a group would not notice. What a
 * coordinator could not sync it refuses, but the log has it, and the next start may find it. */
static void try_to_delete(size_t g)
{
    int16_t error = KW_ERROR_NONE;
    if ((plan.groups[g].protocol == &simple_members && count_present(g) != 0) ||
        plan.groups[g].protocol == &share_members)
        return; /* what a share group has read would be read again */
    bool is_known = control_delete_group(&plan.groups[g], &error);
    if (is_known && (error == KW_ERROR_NON_EMPTY_GROUP || error == KW_ERROR_GROUP_ID_NOT_FOUND))
        return;
    CHECK(!is_known || error == KW_ERROR_NONE || is_about_coordinator(error), "%s is not deleted: error %d",
          plan.groups[g].name, error);
    note("%s is deleted: %s", plan.groups[g].name, !is_known ? "perhaps" : error != KW_ERROR_NONE ? "later" : "now");
    may_be_deleted[g] = may_be_deleted[g] || !is_known || error != KW_ERROR_NONE;
    forget_group(g);
}

/* ---- a storm ---- */

/* Somebody sets the clock; mostly by a little. */
static void set_clock(void)
{
    if (!one_in(5)) {
        world_set_clock(world.epoch + pick_from(-1000, 1000));
        return;
    }
    world_set_clock(true_epoch + pick_from(-3 * HOUR, 3 * HOUR));
    world.jumped_at = world.now;
    world.counts.faults++;
    note("the clock is set by %" PRId64 " s", (world.epoch - true_epoch) / 1000);
}

static void storm(void)
{
    if (world.now >= next_churn) {
        disturb(any_member());
        next_churn = world.now + pick_from(1, one_in(10) ? 30000 : 4000);
    }
    if (world.now >= next_txn) {
        transactions_disturb();
        next_txn = world.now + pick_from(1, 20000);
    }
    if (world.now >= next_weather) {
        weather = plan_weather();
        world.slow_one_in = one_in(3) ? 5 : 200;
        next_weather = world.now + pick_from(1, MINUTE);
        set_clock();
    }
    if (world.now >= next_passing && node_is_up()) {
        next_passing = world.now + pick_from(1, 5000);
        passing_step();
    }
    if (world.now >= next_fail) {
        disk_fail_after(pick(100));
        next_fail = world.now + pick_from(MINUTE / 2, 6 * MINUTE);
    }
    if (world.now >= next_fill) {
        has_no_space = !has_no_space && one_in(3);
        disk_fill(has_no_space);
        next_fill = world.now + (has_no_space ? pick_from(1, 5000) : pick_from(1, 3 * MINUTE));
        note("the disk is %s", has_no_space ? "full" : "not full");
    }
    if (world.now >= next_look) {
        next_look = world.now + pick_from(1, 2000);
        inspect_group(pick(plan.group_count));
    }
    if (world.now >= next_end && node_is_up()) {
        next_end = world.now + pick_from(1, MINUTE);
        end_group(pick(plan.group_count));
        try_to_delete(pick(plan.group_count));
    }
    if (world.now >= next_growth && node_is_up()) {
        next_growth = world.now + pick_from(MINUTE / 2, 5 * MINUTE);
        control_grow(pick(topics.count));
        (void)keepers_change_settings();
    }
}

static void go_on(int64_t ms)
{
    for (int64_t end = world.now + ms; world.now < end;) {
        world_step();
        tend_node();
        if (world.now >= next_clean) {
            next_clean = world.now + pick_from(1, 20000);
            node_clean();
        }
        if (is_storm)
            storm();
    }
}

static void be_calm(void)
{
    is_storm = false;
    all_are_answered = true;
    weather = (struct weather){0};
    world.slow_one_in = 200;
    disk_die_after(DISK_FOREVER);
    disk_fail_after(DISK_FOREVER);
    disk_fill(false);
    world_set_clock(true_epoch + 4 * HOUR); /* no time that anybody has seen is in the future */
    world.jumped_at = world.now;
    if (node_is_up() && disk_has_failed()) {
        node_crash();
        note_down();
    }
    note("calm");
}

/* ---- what must be so in the end ---- */

/* The broker may have ended after it gave a topic one more partition, and before it said so. */
static void look_at_topics(void)
{
    int64_t end = world.now + LONGEST_CALM;
    while (!node_is_up() || !control_look_at_topics()) {
        CHECK(world.now < end, "the broker does not say which topics it has");
        go_on(500);
    }
}

static void await_convergence(bool has_all)
{
    const char *why = "";
    int64_t end = world.now + LONGEST_CALM;
    for (size_t g = 0; g < plan.group_count; g++) {
        for (bool is_well = false; !is_well;) {
            struct described is = {0};
            go_on(500);
            if (node_is_up())
                is = inspect(&plan.groups[g], plan.members[g], plan.sizes[g]);
            size_t present = 0;
            for (size_t i = 0; i < plan.sizes[g]; i++)
                present += plan.members[g][i].is_present;
            is_well =
                present == 0 || has_converged(&plan.groups[g], plan.members[g], plan.sizes[g], &is, has_all, &why);
            CHECK(is_well || world.now < end, "%s does not come to rest: %s", plan.groups[g].name, why);
        }
    }
}

/* A lock of a member that has said nothing of a record must end first. */
static void await_finished_records(void)
{
    int64_t end = world.now + LONGEST_END;
    for (size_t g = 0; g < plan.group_count; g++)
        while (plan.groups[g].protocol == &share_members && count_present(g) != 0 &&
               !control_share_has_finished(&plan.groups[g])) {
            CHECK(world.now < end, "%s does not finish its records", plan.groups[g].name);
            go_on(1000);
        }
}

static void end_producers(void)
{
    for (size_t i = 0; i < plan.producer_count; i++)
        producer_end(&plan.producers[i]);
    int64_t end = world.now + LONGEST_END;
    for (size_t i = 0; i < plan.producer_count; i++)
        while (!producer_has_ended(&plan.producers[i])) {
            go_on(100);
            CHECK(world.now < end, "a batch of producer %zu is not acknowledged", i);
        }
}

static void end_transactions(void)
{
    const char *why = "";
    transactions_end();
    for (int64_t end = world.now + LONGEST_CALM; !transactions_have_ended(&why); go_on(500))
        CHECK(world.now < end, "%s", why);
}

static void end_keepers(void)
{
    keepers_end();
    for (int64_t end = world.now + LONGEST_CALM; !keepers_have_ended(); go_on(500))
        CHECK(world.now < end, "a topic that loses records is not read to its end");
}

/* Where the disk was full when the last member left, the group has it again after a start, until its session ends. */
static void await_empty(void)
{
    int64_t end = world.now + LONGEST_END;
    for (size_t g = 0; g < plan.group_count; g++)
        for (bool is_empty = false; !is_empty;) {
            go_on(1000);
            struct described is = inspect(&plan.groups[g], plan.members[g], plan.sizes[g]);
            is_empty = is.is_answered && is.is_empty;
            CHECK(is_empty || world.now < end, "%s is not empty, as all have left", plan.groups[g].name);
        }
}

static void leave_all(void)
{
    for (size_t g = 0; g < plan.group_count; g++)
        for (size_t i = 0; i < plan.sizes[g]; i++) {
            plan.members[g][i].leaves_for_good = true;
            if (plan.members[g][i].is_present)
                member_leave(&plan.members[g][i]);
        }
    await_empty();
}

static void compare_offsets(void)
{
    for (size_t g = 0; g < plan.group_count; g++)
        CHECK(plan.groups[g].protocol == &share_members || control_compare_offsets(&plan.groups[g]),
              "the broker goes away");
}

static void delete_groups(void)
{
    for (size_t g = 0; g < plan.group_count; g++) {
        int16_t error = -1;
        if (inspect(&plan.groups[g], plan.members[g], plan.sizes[g]).is_missing)
            continue;
        CHECK(control_delete_group(&plan.groups[g], &error) && error == KW_ERROR_NONE, "%s is not deleted: error %d",
              plan.groups[g].name, error);
    }
}

/* What a broker uses without clients. */
struct use {
    size_t memory, timers;
};

static struct use use_now(void)
{
    return (struct use){node_coordinators_memory(), threads_timers()};
}

/* A timer that fires now is started again a little later. */
static void compare_use(const struct use *before)
{
    struct use now = {0};
    for (int64_t end = world.now + LONGEST_END; world.now < end; go_on(500)) {
        now = use_now();
        if (now.memory == before->memory && now.timers == before->timers)
            break;
    }
    CHECK(now.memory == before->memory, "%zu bytes of coordinators when all have left, %zu at the start", now.memory,
          before->memory);
    CHECK(now.timers == before->timers, "%zu timers when all have left, %zu at the start", now.timers, before->timers);
}

/* ---- a run ---- */

static void begin(uint64_t seed)
{
    world_start(seed);
    disk_start();
    judge_start();
    ledger_start();
    passing_start();
    memset(&plan, 0, sizeof plan);
    weather = (struct weather){0};
    is_storm = all_are_answered = false;
    memset(may_be_deleted, 0, sizeof may_be_deleted);
    starts_at = next_stop = next_churn = next_look = next_growth = next_weather = next_end = next_fill = next_clean =
        next_txn = next_fail = next_passing = 0;
    has_no_space = false;
    plan.is_synced = one_in(2);
    true_epoch = world.epoch;
    plan_settings(&plan);
    start_node();
    CHECK(control_create_topics((size_t)pick_from(1, TOPICS)) && transactions_create_topics() &&
              keepers_create_topics(),
          "the broker goes away");
    go_on(1000);
}

static void finish(void)
{
    for (size_t i = 0; i < plan.producer_count; i++)
        asker_stop(&plan.producers[i].asker);
    for (size_t g = 0; g < plan.group_count; g++)
        for (size_t i = 0; i < plan.sizes[g]; i++)
            member_has_left(&plan.members[g][i]);
    control_stop();
    node_stop();
    links_finish();
    judge_finish();
    ledger_finish();
    disk_stop();
    world_finish();
}

void run_world(uint64_t seed, int64_t minutes)
{
    begin(seed);
    const struct use before = use_now();
    plan_clients(&plan);
    for (size_t g = 0; g < plan.group_count; g++)
        CHECK(plan.groups[g].protocol != &share_members || control_read_from_start(&plan.groups[g]),
              "the broker goes away");
    for (size_t g = 0; g < plan.group_count; g++)
        for (size_t i = 0; i < plan.sizes[g]; i++)
            if (!one_in(4))
                member_join(&plan.members[g][i]);
    transactions_start();
    keepers_start();
    is_storm = true;
    plan_next_stop();
    next_growth = world.now + pick_from(MINUTE, 10 * MINUTE);
    go_on(minutes * MINUTE);
    be_calm();
    look_at_topics();
    passing_check();
    await_convergence(false);
    end_producers();
    end_transactions();
    end_keepers();
    await_convergence(true);
    await_finished_records();
    leave_all();
    compare_offsets();
    node_stop();
    go_on(1000);
    compare_offsets();
    await_empty();
    delete_groups();
    transactions_delete_groups();
    transactions_stop();
    keepers_stop();
    compare_use(&before);
    finish();
}
