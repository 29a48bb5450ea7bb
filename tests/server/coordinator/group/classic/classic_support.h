/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_SUPPORT_H
#define TESTS_SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_SUPPORT_H

/* Classic groups on a shard with a log in memory and a clock of the test's own. Requests are asked for with texts, and
 * answers are texts: "NONE 3 range A [A B]" is a JoinGroup that was answered with generation 3, the protocol range, the
 * leader A and the members A and B. Member ids are known by the names that the test gives them. */

#include "../../../support/sim.h"
#include "../../toy_machine.h"

#include "../../../support/garbage.h"
#include "../../../support/random_test.h"
#include "coordinator/group/classic/classic_group.h"
#include "coordinator/group/classic/classic_heartbeat.h"
#include "coordinator/group/classic/classic_join.h"
#include "coordinator/group/classic/classic_kind.h"
#include "coordinator/group/classic/classic_leave.h"
#include "coordinator/group/classic/classic_sync.h"
#include "coordinator/group/group_errors.h"
#include "coordinator/group/group_machine.h"

enum { ASK_ID = 128, ASK_PROTOCOLS = 4, ASK_TEXT = 2048, START_CLOCK = 1000 };

static struct sim sim;
static struct toy_log store;
static struct shard shard;
static struct group_machine *machine;
static struct coordinator_budget budget;
static struct random_test random_source;
static const struct metadata_image *image;
static struct static_config *file_settings; /* those of the next machine */
static int released;

static inline int64_t wall(void)
{
    return 1700000000000 + sim.timers.now;
}

static inline int64_t clock_of_sim(void)
{
    return sim.timers.now;
}

static inline void note_released(struct shard *s)
{
    assert_ptr_equal(s, &shard);
    released++;
}

static inline struct group_machine *make_machine(void)
{
    const struct group_machine_options options = {.file = file_settings, .budget = &budget, .seed = 77};
    struct group_machine *m = group_machine_create(&options);
    assert_non_null(m);
    return m;
}

static inline void make_shard(void)
{
    const struct shard_options options = {
        .machine = &group_machine_calls,
        .state = machine,
        .image = image,
        .sink = toy_sink(&store),
        .leader_epoch = TOY_EPOCH,
        .home = &sim.executor,
        .random = &random_source.source,
        .now = wall,
        .clock = clock_of_sim,
        .timeout_ms = TOY_TIMEOUT,
        .released = note_released,
        .name = "__consumer_offsets-0",
    };
    released = 0;
    fill_with_garbage(&shard, sizeof shard);
    assert_true(shard_init(&shard, &options));
}

static inline int set_up(void **state)
{
    (void)state;
    const struct metadata_parts nothing = {.epoch = -1};
    sim_init(&sim);
    random_test_init(&random_source, 1);
    image = metadata_image_create(&nothing);
    assert_non_null(image);
    toy_log_init(&store);
    atomic_init(&budget.used, 0);
    budget.limit = SIZE_MAX;
    machine = make_machine();
    make_shard();
    shard_loaded(&shard, 0);
    sim_advance(&sim, START_CLOCK);
    return 0;
}

static inline void end_shard(void)
{
    shard_unload(&shard);
    if (store.append != NULL)
        toy_log_finish_append(&store);
    sim_settle(&sim);
    assert_int_equal(released, 1);
    assert_int_equal(timer_wheel_next(&sim.timers), INT64_MAX);
    shard_finish(&shard);
    assert_int_equal(atomic_load(&budget.used), 0);
}

static inline void free_asks(void);

static inline int tear_down(void **state)
{
    (void)state;
    end_shard();
    free_asks();
    toy_log_free(&store);
    metadata_image_release(image);
    static_config_free(file_settings);
    file_settings = NULL;
    return 0;
}

/* So many milliseconds pass. */
static inline void pass(int64_t ms)
{
    sim_run_posted(&sim);
    sim_advance(&sim, ms);
}

/* Replays the log. */
static inline void replay_log(struct group_machine *m)
{
    kw_batches batches;
    kw_batch batch;
    kw_batches_init_memory(&batches, store.bytes, store.size);
    while (kw_batches_next(&batches, &batch)) {
        kw_records records;
        kw_record record;
        assert_int_equal(kw_records_init(&records, &batch, NULL, NULL), KW_OK);
        while (kw_records_next(&records, &record)) {
            const struct coordinator_record replayed = {record.key, record.value, record.offset, KW_NO_PRODUCER_ID, -1};
            assert_int_equal(group_machine_calls.replay(m, &replayed, NULL), KW_OK);
        }
    }
    assert_int_equal(batches.status, KW_OK);
}

/* As after a restart. */
static inline void load_again(void)
{
    end_shard();
    machine = make_machine();
    replay_log(machine);
    make_shard();
    shard_loaded(&shard, store.end);
}

/* ---- asking ---- */

enum ask_what { ASK_JOIN, ASK_SYNC, ASK_HEARTBEAT, ASK_LEAVE, ASK_COMMIT };

struct ask {
    struct coordinator_event event; /* the first member */
    enum ask_what what;
    int16_t version;
    kw_join_group_request join;
    kw_join_group_request_protocol protocols[ASK_PROTOCOLS];
    struct join_result join_result;
    kw_join_group_response join_response;
    kw_sync_group_request sync;
    kw_sync_group_request_assignment assignments[8];
    struct sync_result sync_result;
    kw_sync_group_response sync_response;
    kw_heartbeat_request heartbeat;
    kw_leave_group_request leave;
    kw_leave_group_request_member_identity leaving[4];
    kw_leave_group_response leave_response;
    kw_leave_group_response_member_response left[4];
    struct offset_commit_check commit;
    int16_t error; /* of heartbeats and commits, or of the event */
    struct waiter *waiter;
    struct ask *next;
    struct ask **link;
    bool is_taken;
    bool has_ended; /* the event, but for its waiter */
    kw_arena arena;
    uint8_t block[4096];
};

static struct ask *asks; /* all of them */

static inline void ask_decide(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct ask *ask = (struct ask *)(void *)event;
    const struct join_request join = {&ask->join, ask->version, kw_string_of("client"), kw_string_of("/127.0.0.1"),
                                      &ask->arena};
    const struct sync_request sync = {&ask->sync, &ask->arena};
    struct group *group;
    switch (ask->what) {
    case ASK_JOIN:
        group_join(d, &join, &ask->join_result);
        ask->waiter = ask->join_result.waiter;
        break;
    case ASK_SYNC:
        group_sync(d, &sync, &ask->sync_result);
        ask->waiter = ask->sync_result.waiter;
        break;
    case ASK_HEARTBEAT:
        ask->error = group_heartbeat(d, &ask->heartbeat);
        break;
    case ASK_LEAVE:
        group_leave(d, &ask->leave, &ask->leave_response);
        break;
    default:
        group = group_find(d->state, ask->leave.group_id);
        assert_non_null(group);
        ask->error = group_kind_of(group->type)->check_commit(d->state, d, group, &ask->commit);
    }
}

static inline void ask_submit(struct ask *ask);

/* A call that has failed does not wait. */
static inline void ask_end(struct ask *ask, int16_t error)
{
    if (error != KW_ERROR_NONE)
        ask->error = group_error_of(error);
    if (error != KW_ERROR_NONE && ask->waiter != NULL) {
        waiter_release(ask->waiter);
        ask->waiter = NULL;
    }
    if (error == KW_ERROR_NONE && ask->what == ASK_JOIN && ask->join_result.is_to_be_repeated)
        ask_submit(ask);
    else
        ask->has_ended = true;
}

static inline void ask_complete(struct coordinator_event *event, int16_t error)
{
    ask_end((struct ask *)(void *)event, error);
}

static inline void ask_submit(struct ask *ask)
{
    memset(&ask->event, 0, sizeof ask->event);
    ask->event.decide = ask_decide;
    ask->event.complete = ask_complete;
    ask->event.executor = &sim.executor;
    if (coordinator_submit(&shard, &ask->event))
        ask_end(ask, ask->event.error);
}

/* Where memory is short, the test has its own for asking. */
static struct ask *ask_pool;
static size_t ask_pool_size;

static inline struct ask *ask_allocate(void)
{
    if (ask_pool == NULL)
        return calloc(1, sizeof(struct ask));
    for (size_t i = 0; i < ask_pool_size; i++)
        if (!ask_pool[i].is_taken) {
            memset(&ask_pool[i], 0, sizeof ask_pool[i]);
            return &ask_pool[i];
        }
    return NULL;
}

static inline struct ask *ask_create(enum ask_what what, int16_t version)
{
    struct ask *ask = ask_allocate();
    assert_non_null(ask);
    ask->is_taken = true;
    ask->next = asks;
    ask->link = &asks;
    if (asks != NULL)
        asks->link = &ask->next;
    asks = ask;
    ask->what = what;
    ask->version = version;
    kw_arena_init_growing(&ask->arena, ask->block, sizeof ask->block, kw_allocator_libc(), 16 * 1024 * 1024);
    kw_join_group_request_init(&ask->join);
    kw_join_group_response_init(&ask->join_response);
    kw_sync_group_request_init(&ask->sync);
    kw_sync_group_response_init(&ask->sync_response);
    kw_heartbeat_request_init(&ask->heartbeat);
    kw_leave_group_request_init(&ask->leave);
    kw_leave_group_response_init(&ask->leave_response);
    ask->join_result.response = &ask->join_response;
    ask->sync_result.response = &ask->sync_response;
    return ask;
}

/* Whether its waiter has a result, which then is in the response. */
static inline bool ask_look(struct ask *ask)
{
    if (!ask->has_ended || ask->waiter == NULL)
        return ask->has_ended;
    const struct waiter_result *result = waiter_result(ask->waiter);
    if (result == NULL)
        return false;
    bool is_filled = ask->what == ASK_JOIN
                         ? classic_join_respond(classic_answer_of(result), &ask->arena, &ask->join_response)
                         : classic_sync_respond(classic_answer_of(result), &ask->arena, &ask->sync_response);
    assert_true(is_filled || ask_pool != NULL);
    if (!is_filled)
        ask->error = KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    waiter_release(ask->waiter);
    ask->waiter = NULL;
    return true;
}

/* Also of one whose connection has gone. */
static inline void ask_free(struct ask *ask)
{
    assert_true(ask->has_ended);
    if (ask->waiter != NULL)
        waiter_release(ask->waiter);
    *ask->link = ask->next;
    if (ask->next != NULL)
        ask->next->link = ask->link;
    kw_arena_finish(&ask->arena);
    ask->is_taken = false;
    if (ask_pool == NULL)
        free(ask);
}

static inline void free_asks(void)
{
    while (asks != NULL)
        ask_free(asks);
}

#endif
