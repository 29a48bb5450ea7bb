/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_COORDINATOR_TRANSACTION_TXN_SHARD_H
#define TESTS_SERVER_COORDINATOR_TRANSACTION_TXN_SHARD_H

/* A shard with the machine of __transaction_state, a log in memory, clocks of the test's own, and somebody who writes
 * markers as the test says. */

#include "../../support/sim.h"
#include "../toy_machine.h"

#include "../../support/garbage.h"
#include "../../support/random_test.h"

#include "coordinator/transaction/completion.h"
#include "coordinator/transaction/txn_records.h"
#include "coordinator/transaction/txn_requests.h"

enum { MOST_WRITES = 256, TOPIC_PARTITIONS = 4, ABORT_MS = 10000, REMOVE_MS = 3600000, IDLE_MS = 604800000 };

static struct sim sim;
static struct toy_log store;
static struct shard shard;
static struct random_test random_source;
static struct coordinator_budget budget;
static struct txn_machine *machine;
static const struct metadata_image *image;
static int64_t wall_ms;
static int released, held;

/* Who writes markers, and what is asked of it. */
static struct {
    bool is_later;                    /* until the test answers */
    int16_t errors[TOPIC_PARTITIONS]; /* by number */
    struct txn_markers *asked[MOST_WRITES];
    size_t count; /* of those that wait for an answer */
    unsigned writes;
    unsigned partitions; /* a bit for each of the last write */
    struct txn_markers last;
} writer;

/* Who gives ids to producers. */
static struct {
    bool is_later;
    bool has_none;
    struct txn_id_demand *asked;
    int64_t next;
} ids;

static inline int64_t wall(void)
{
    return wall_ms;
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

static inline void answer_markers(struct txn_markers *markers)
{
    for (size_t i = 0; i < markers->count; i++)
        markers->errors[i] = writer.errors[markers->partitions[i].partition];
    markers->done(markers);
}

static inline void write_markers(void *context, struct txn_markers *markers)
{
    assert_ptr_equal(context, &writer);
    writer.writes++;
    writer.last = *markers;
    writer.partitions = 0;
    for (size_t i = 0; i < markers->count; i++)
        writer.partitions |= 1U << markers->partitions[i].partition;
    if (!writer.is_later) {
        answer_markers(markers);
        return;
    }
    assert_true(writer.count < MOST_WRITES);
    writer.asked[writer.count++] = markers;
}

/* Answers what waits, in any order. */
static inline void answer_all(void)
{
    while (writer.count != 0)
        answer_markers(writer.asked[--writer.count]);
    sim_run_posted(&sim);
}

static inline void give_id(struct txn_id_demand *demand)
{
    demand->id = ids.has_none ? TXN_NO_PRODUCER : ids.next++;
    demand->done(demand);
}

static inline void demand_id(void *context, struct txn_id_demand *demand)
{
    assert_ptr_equal(context, &writer);
    if (ids.is_later)
        ids.asked = demand;
    else
        give_id(demand);
}

static inline void hold_shard(void *context, struct shard *s)
{
    (void)context;
    assert_ptr_equal(s, &shard);
    held++;
}

static inline void release_shard(void *context, struct shard *s)
{
    (void)context;
    assert_ptr_equal(s, &shard);
    held--;
}

static inline struct txn_machine *make_machine(void)
{
    const struct txn_machine_options options = {
        .budget = &budget,
        .seed = 890,
        .environment = {&writer, write_markers, demand_id, hold_shard, release_shard},
        .expiry = {ABORT_MS, REMOVE_MS, IDLE_MS},
    };
    struct txn_machine *m = txn_machine_create(&options);
    assert_non_null(m);
    return m;
}

/* With topic "t", if it has any partitions. */
static inline const struct metadata_image *make_image(int16_t feature_level, int32_t partition_count)
{
    static const struct metadata_partition partitions[] = {{.index = 0}, {.index = 1}, {.index = 2}, {.index = 3}};
    const struct metadata_feature feature = {kw_string_of("transaction.version"), feature_level};
    const struct metadata_topic topic = {
        .name = kw_string_of("t"), .id = {{1}}, .partitions = partitions, .partition_count = partition_count};
    struct metadata_topic *topics[] = {metadata_topic_create(&topic)};
    const struct metadata_parts parts = {.epoch = -1,
                                         .topics = topics,
                                         .topic_count = partition_count > 0,
                                         .features = &feature,
                                         .feature_count = feature_level > 0};
    assert_non_null(topics[0]);
    const struct metadata_image *made = metadata_image_create(&parts);
    assert_non_null(made);
    if (partition_count == 0)
        metadata_topic_release(topics[0]);
    return made;
}

static inline void publish(const struct metadata_image *next)
{
    shard_publish(&shard, next);
    metadata_image_release(image);
    image = next;
    sim_run_posted(&sim);
}

static inline void init_shard(void)
{
    machine = make_machine();
    const struct shard_options options = {
        .machine = &txn_machine_calls,
        .state = machine,
        .image = image,
        .sink = toy_sink(&store),
        .leader_epoch = TOY_EPOCH,
        .home = &sim.executor,
        .random = &random_source.source,
        .now = wall,
        .clock = clock_of_sim,
        .timeout_ms = TOY_TIMEOUT,
        .linger_ms = -1,
        .released = note_released,
        .name = "__transaction_state-0",
    };
    released = 0;
    fill_with_garbage(&shard, sizeof shard);
    assert_true(shard_init(&shard, &options));
}

static inline void start_shard(void)
{
    init_shard();
    shard_loaded(&shard, store.end);
}

static inline int set_up_shard(void **state)
{
    (void)state;
    memset(&writer, 0, sizeof writer);
    memset(&ids, 0, sizeof ids);
    ids.next = 1000;
    held = 0;
    atomic_init(&budget.used, 0);
    budget.limit = SIZE_MAX;
    sim_init(&sim);
    random_test_init(&random_source, 1);
    wall_ms = 1700000000000;
    image = make_image(2, TOPIC_PARTITIONS);
    toy_log_init(&store);
    start_shard();
    return 0;
}

static inline void stop_shard(void)
{
    shard_unload(&shard);
    if (store.append != NULL)
        toy_log_finish_append(&store);
    sim_settle(&sim);
    answer_all();
    if (ids.asked != NULL)
        give_id(ids.asked);
    ids.asked = NULL;
    sim_settle(&sim);
    assert_int_equal(released, 1);
    assert_int_equal(held, 0);
    shard_finish(&shard);
    assert_int_equal(atomic_load(&budget.used), 0);
}

static inline int tear_down_shard(void **state)
{
    (void)state;
    stop_shard();
    toy_log_free(&store);
    bool is_free = atomic_load(&image->references) == 1;
    metadata_image_release(image);
    return is_free && timer_wheel_next(&sim.timers) == INT64_MAX ? 0 : -1;
}

/* The same records in another shard. */
static inline void replay_log(struct txn_machine *m)
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
            assert_int_equal(txn_machine_calls.replay(m, &replayed, NULL), KW_OK);
        }
    }
}

static inline void restart_shard(void)
{
    stop_shard();
    init_shard();
    replay_log(machine);
    shard_loaded(&shard, store.end);
}

static inline void pass(int64_t ms)
{
    wall_ms += ms;
    sim_run_posted(&sim); /* timers that have been started meanwhile */
    sim_advance(&sim, ms);
}

/* ---- requests ---- */

enum ask { ASK_INIT, ASK_ADD, ASK_END, ASK_NOTHING };

struct asked {
    struct coordinator_event event; /* the first member */
    enum ask what;
    const char *id;
    struct txn_producer producer;
    unsigned partitions; /* a bit for each */
    int32_t timeout_ms;
    int16_t version;
    bool commits;
    int64_t new_id;
    struct txn_answer answer;
    int16_t error; /* of the shard */
    bool is_complete;
};

static inline struct txn_partitions partitions_of(unsigned bits, struct txn_partition items[TOPIC_PARTITIONS])
{
    size_t count = 0;
    for (int32_t i = 0; i < TOPIC_PARTITIONS; i++)
        if ((bits >> i & 1) != 0)
            items[count++] = (struct txn_partition){kw_string_of("t"), i};
    return (struct txn_partitions){items, count};
}

static inline void decide_asked(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct asked *a = (struct asked *)(void *)event;
    kw_string id = kw_string_of(a->id);
    struct txn_partition items[TOPIC_PARTITIONS];
    if (a->what == ASK_INIT) {
        const struct txn_init_request request = {a->producer.id, a->producer.epoch, a->timeout_ms};
        a->answer = txn_request_init(d, id, &request, a->new_id);
    } else if (a->what == ASK_ADD) {
        const struct txn_partitions partitions = partitions_of(a->partitions, items);
        a->answer.error = txn_request_add(d, id, a->producer, &partitions, a->version);
    } else if (a->what == ASK_END) {
        const struct txn_end_request request = {a->producer.id, a->producer.epoch, a->commits, a->version};
        a->answer = txn_request_end(d, id, &request, a->new_id);
    }
}

static inline void complete_asked(struct coordinator_event *event, int16_t error)
{
    struct asked *a = (struct asked *)(void *)event;
    a->error = error;
    a->is_complete = true;
}

static inline void submit_asked(struct asked *a)
{
    a->event =
        (struct coordinator_event){.decide = decide_asked, .complete = complete_asked, .executor = &sim.executor};
    a->is_complete = false;
    if (coordinator_submit(&shard, &a->event))
        complete_asked(&a->event, a->event.error);
}

static inline int16_t result_of(const struct asked *a)
{
    assert_true(a->is_complete);
    return a->error != KW_ERROR_NONE ? a->error : a->answer.error;
}

static inline struct txn_producer init_producer(const char *id, int32_t timeout_ms)
{
    struct asked a = {.what = ASK_INIT,
                      .id = id,
                      .producer = {TXN_NO_PRODUCER, TXN_NO_EPOCH},
                      .timeout_ms = timeout_ms,
                      .new_id = ids.next++};
    submit_asked(&a);
    assert_int_equal(result_of(&a), KW_ERROR_NONE);
    return a.answer.producer;
}

static inline struct asked to_add(const char *id, struct txn_producer producer, unsigned partitions)
{
    return (struct asked){
        .what = ASK_ADD, .id = id, .producer = producer, .partitions = partitions, .version = TXN_VERSION_WITH_EPOCHS};
}

static inline void add_partitions(const char *id, struct txn_producer producer, unsigned partitions)
{
    struct asked a = to_add(id, producer, partitions);
    submit_asked(&a);
    assert_int_equal(result_of(&a), KW_ERROR_NONE);
}

static inline struct asked to_end(const char *id, struct txn_producer producer, bool commits)
{
    return (struct asked){.what = ASK_END,
                          .id = id,
                          .producer = producer,
                          .commits = commits,
                          .version = TXN_VERSION_WITH_EPOCHS,
                          .new_id = TXN_NO_PRODUCER};
}

static inline struct txn_producer end_transaction(const char *id, struct txn_producer producer, bool commits)
{
    struct asked a = to_end(id, producer, commits);
    submit_asked(&a);
    assert_int_equal(result_of(&a), KW_ERROR_NONE);
    return a.answer.producer;
}

static inline const struct txn_fields *known(const char *id)
{
    return txn_machine_find(machine, kw_string_of(id));
}

static inline void assert_state(const char *id, enum txn_state state)
{
    const struct txn_fields *txn = known(id);
    assert_non_null(txn);
    assert_string_equal(txn_state_text(txn->state), txn_state_text(state));
}

#endif
