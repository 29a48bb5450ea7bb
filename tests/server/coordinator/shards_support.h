/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_COORDINATOR_SHARDS_SUPPORT_H
#define TESTS_SERVER_COORDINATOR_SHARDS_SUPPORT_H

/* The shards of __consumer_offsets with machines of counters, in a broker whose directory is in memory. */

#include "../api/admin_broker.h"
#include "../support/garbage.h"
#include "toy_machine.h"

#include <kwire/messages/partition_change_record.h>
#include <kwire/messages/partition_record.h>

#include "coordinator/shards.h"

enum { LOAD_STEP = 4096, MOST_LOADED = 64 };

static struct shards shards;
static struct executor *homes[] = {&sim.executor};
static int states;              /* that exist */
static int unloaded;            /* counted by machines */
static bool no_states;          /* memory is short for them */
static int loaded[MOST_LOADED]; /* partitions, in the order in which they were loaded */
static int loaded_count;

static inline void *create_state(void *context, int32_t partition)
{
    struct toy *toy = no_states ? NULL : calloc(1, sizeof *toy);
    assert_ptr_equal(context, &shards);
    (void)partition;
    if (toy == NULL)
        return NULL;
    toy->unloaded = &unloaded;
    states++;
    return toy;
}

static inline void note_loaded(void *state, struct shard *shard)
{
    assert_true(loaded_count < MOST_LOADED);
    loaded[loaded_count++] = atoi(strrchr(shard->options.name, '-') + 1);
    toy_loaded(state, shard);
}

static inline void free_state(void *state)
{
    toy_unloaded(state);
    free(state);
    states--;
}

static inline int64_t no_time(void)
{
    return 1700000000000;
}

static inline int64_t clock_of_sim(void)
{
    return sim.timers.now;
}

static inline bool init_shards(void)
{
    static const struct coordinator_calls calls = {toy_replay, toy_marker, note_loaded, free_state, toy_changed};
    const struct shards_options options = {
        .topic = KW_INTERNAL_TOPIC_CONSUMER_OFFSETS,
        .node_id = NODE,
        .logs = &broker.logs,
        .machine = &calls,
        .create = create_state,
        .context = &shards,
        .random = &random_system,
        .now = no_time,
        .clock = clock_of_sim,
        .timeout_ms = TOY_TIMEOUT,
        .linger_ms = -1,
        .load_step = LOAD_STEP,
    };
    states = unloaded = loaded_count = 0;
    no_states = false;
    fill_with_garbage(&shards, sizeof shards);
    return shards_init(&shards, &options);
}

/* ---- the topic ---- */

static inline void create_topic(int32_t partitions)
{
    kw_create_topics_request request;
    kw_create_topics_request_creatable_topic topic;
    kw_create_topics_request_init(&request);
    kw_create_topics_request_creatable_topic_init(&topic);
    topic.name = kw_string_of("__consumer_offsets");
    topic.num_partitions = partitions;
    topic.replication_factor = 1;
    request.timeout_ms = 1000;
    request.topics.items = &topic;
    request.topics.len = 1;
    (void)ask(KW_KEY_CREATE_TOPICS, 7, &request);
    assert_non_null(current_topic("__consumer_offsets"));
}

static inline void delete_topic(void)
{
    kw_delete_topics_request request;
    kw_string name = kw_string_of("__consumer_offsets");
    kw_delete_topics_request_init(&request);
    request.timeout_ms = 1000;
    request.topic_names.items = &name;
    request.topic_names.len = 1;
    (void)ask(KW_KEY_DELETE_TOPICS, 5, &request);
    assert_null(current_topic("__consumer_offsets"));
}

/* -1: nobody leads it. Each change is a new epoch. */
static inline void set_leader(int32_t partition, int32_t leader)
{
    kw_partition_change_record change;
    kw_partition_change_record_init(&change);
    change.partition_id = partition;
    change.topic_id = current_topic("__consumer_offsets")->id;
    change.leader = leader;
    add_record(&kw_partition_change_record_message, 2, &change);
}

static inline bool apply_image(void)
{
    return shards_apply(&shards, current_image());
}

/* ---- shards ---- */

static inline void settle(void)
{
    sim_settle(&sim);
}

static inline void start_shards(int32_t partitions)
{
    assert_true(apply_image());
    assert_true(shards_start(&shards, homes, 1, partitions));
}

static inline void stop_shards(void)
{
    shards_stop(&shards);
    settle();
    shards_await(&shards);
    shards_finish(&shards);
}

static inline int16_t find_error(int32_t partition)
{
    struct shard *shard;
    int16_t error = shards_find(&shards, partition, &shard);
    assert_int_equal(shard != NULL, error == KW_ERROR_NONE);
    shards_release(shard);
    return error;
}

static inline struct shard *find_shard(int32_t partition)
{
    struct shard *shard;
    assert_int_equal(shards_find(&shards, partition, &shard), KW_ERROR_NONE);
    return shard;
}

/* Of an event that is completed at once: it adds 1 to a counter. */
static inline int16_t add_in(struct shard *shard, int64_t *before)
{
    struct toy_event event;
    toy_event_init(&event, TOY_ADD, 1, &sim.executor);
    assert_true(toy_submit(shard, &event));
    *before = event.seen;
    return event.error;
}

static inline int64_t count_in(int32_t partition)
{
    struct shard *shard = find_shard(partition);
    int64_t count = toy_count(shard->options.state, 1);
    shards_release(shard);
    return count;
}

/* ---- who waits ---- */

struct waiting {
    struct shards_waiter waiter; /* the first member */
    int resumed;
};

static inline void note_resumed(void *context)
{
    ((struct waiting *)context)->resumed++;
}

static inline bool start_waiting(struct waiting *w, int32_t partition)
{
    *w = (struct waiting){.waiter = {.resume = note_resumed, .context = w}};
    return shards_wait(&shards, partition, &w->waiter);
}

#endif
