/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <inttypes.h>
#include <string.h>

#include <kwire/error.h>

#include "control.h"
#include "disk.h"
#include "inspector.h"
#include "link.h"
#include "node.h"
#include "plan.h"
#include "threads.h"
#include "topics.h"

enum {
    MINUTE = 60000,
    LONGEST_CALM = 20 * MINUTE, /* a member that nobody knows any more is waited for 5 minutes */
    LONGEST_END = 10 * MINUTE
};

static struct plan plan;
static int64_t starts_at, next_stop, next_churn, next_look, next_growth, next_weather, next_end, next_fill, next_clean;
static bool is_storm, has_no_space;

/* ---- the broker ---- */

static void start_node(void)
{
    disk_die_after(is_storm && one_in(6) ? pick(300) : DISK_FOREVER);
    if (is_storm && one_in(3))
        plan_settings(&plan); /* somebody has changed the file */
    node_start(plan.settings, plan.setting_count);
}

static void plan_next_stop(void)
{
    next_stop = world.now + pick_from(1, one_in(3) ? 20000 : 5 * MINUTE);
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

static void note_down(void)
{
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

/* One that has members that the coordinator knows stays. A consumer without a group would not notice. */
static void try_to_delete(size_t g)
{
    int16_t error = KW_ERROR_NONE;
    if ((plan.groups[g].protocol == &simple_members && count_present(g) != 0) ||
        plan.groups[g].protocol == &share_members)
        return; /* what a share group has read would be read again */
    bool is_known = control_delete_group(&plan.groups[g], &error);
    if (is_known && error != KW_ERROR_NONE) {
        CHECK(error == KW_ERROR_NON_EMPTY_GROUP || error == KW_ERROR_GROUP_ID_NOT_FOUND || is_about_coordinator(error),
              "%s is not deleted: error %d", plan.groups[g].name, error);
        return;
    }
    note("%s is deleted", plan.groups[g].name);
    judge_forget(g);
    for (size_t i = 0; i < plan.sizes[g]; i++)
        plan.members[g][i].is_outdated = true;
}

/* ---- a storm ---- */

static void storm(void)
{
    if (world.now >= next_churn) {
        disturb(any_member());
        next_churn = world.now + pick_from(1, one_in(10) ? 30000 : 4000);
    }
    if (world.now >= next_weather) {
        weather = plan_weather();
        next_weather = world.now + pick_from(1, MINUTE);
        world.epoch += pick_from(-1000, 1000); /* somebody sets the clock */
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
        next_growth = world.now + pick_from(MINUTE, 10 * MINUTE);
        control_grow(pick(topics.count));
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
    disk_die_after(DISK_FOREVER);
    disk_fill(false);
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
    memset(&plan, 0, sizeof plan);
    weather = (struct weather){0};
    is_storm = all_are_answered = false;
    starts_at = next_stop = next_churn = next_look = next_growth = next_weather = next_end = next_fill = next_clean = 0;
    has_no_space = false;
    plan_settings(&plan);
    start_node();
    CHECK(control_create_topics((size_t)pick_from(1, TOPICS)), "the broker goes away");
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
    is_storm = true;
    plan_next_stop();
    next_growth = world.now + pick_from(MINUTE, 10 * MINUTE);
    go_on(minutes * MINUTE);
    be_calm();
    look_at_topics();
    await_convergence(false);
    end_producers();
    await_convergence(true);
    await_finished_records();
    leave_all();
    compare_offsets();
    node_stop();
    go_on(1000);
    compare_offsets();
    await_empty();
    delete_groups();
    compare_use(&before);
    finish();
}
