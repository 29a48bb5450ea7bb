/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that look for shards and use them, while images take them away and bring them back: no update is lost, and
 * nothing is used after it has been freed. */
#include "shards_support.h"

#include <sched.h>

#include "base/clock.h"
#include "base/thread_executor.h"

enum { PARTITIONS = 3, CLIENTS = 3, HOMES = 2, EACH = 2000, MOST_ADDED = CLIENTS * EACH + 1 };

struct client {
    struct toy_event event; /* the first member */
    struct shards_waiter waiter;
    struct thread_executor executor;
    struct task task;
    struct shard *shard; /* that has the event */
    int32_t partition;
    int left;
    int added, refused, waited;
};

static struct client clients[CLIENTS];
static struct thread_executor home_threads[HOMES];
static struct executor *const threaded_homes[HOMES] = {&home_threads[0].executor, &home_threads[1].executor};
static atomic_bool was_seen[PARTITIONS][MOST_ADDED]; /* values that an event has found and replaced */
static atomic_int living, running;

/* ---- states ---- */

static void *create_counters(void *context, int32_t partition)
{
    (void)context;
    (void)partition;
    atomic_fetch_add(&living, 1);
    return calloc(1, sizeof(struct toy));
}

static void free_counters(void *state)
{
    toy_unloaded(state);
    free(state);
    atomic_fetch_sub(&living, 1);
}

/* ---- clients ---- */

static void look(struct client *c);

static void look_again(struct task *task)
{
    look((struct client *)(void *)((char *)task - offsetof(struct client, task)));
}

static void post_look(void *context)
{
    struct client *c = context;
    executor_post(&c->executor.executor, &c->task);
}

static void has_completed(struct client *c)
{
    bool is_added = c->event.error == KW_ERROR_NONE;
    shards_release(c->shard);
    c->shard = NULL;
    c->added += is_added;
    c->refused += !is_added;
    if (is_added)
        assert_false(atomic_exchange(&was_seen[c->partition][c->event.seen + 1], true));
    c->left--;
}

static void complete_later(struct task *task)
{
    struct client *c = (struct client *)(void *)((char *)task - offsetof(struct client, task));
    task->run = look_again;
    has_completed(c);
    look(c);
}

static void continue_elsewhere(struct toy_event *event)
{
    struct client *c = (struct client *)(void *)event;
    c->task.run = complete_later;
    executor_post(&c->executor.executor, &c->task);
}

/* False: it waits. */
static bool find(struct client *c)
{
    c->waiter = (struct shards_waiter){.resume = post_look, .context = c};
    int16_t error = shards_find(&shards, c->partition, &c->shard);
    if (error == KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS && shards_wait(&shards, c->partition, &c->waiter)) {
        c->waited++;
        return false;
    }
    return true;
}

static void look(struct client *c)
{
    while (c->left != 0) {
        c->partition = (c->left + (int32_t)(c - clients)) % PARTITIONS;
        if (!find(c))
            return;
        if (c->shard == NULL) {
            c->left--;
            (void)sched_yield();
            continue;
        }
        toy_event_init(&c->event, TOY_ADD, 1, &c->executor.executor);
        c->event.then = continue_elsewhere;
        if (!toy_submit(c->shard, &c->event))
            return;
        has_completed(c);
    }
    atomic_fetch_sub(&running, 1);
}

static void start_clients(void)
{
    atomic_store(&running, CLIENTS);
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i].left = EACH;
        clients[i].task.run = look_again;
        executor_post(&clients[i].executor.executor, &clients[i].task);
    }
}

/* ---- images ---- */

/* The image with other leaders and epochs. */
static const struct metadata_image *changed_image(int32_t leader, int32_t epoch, int32_t partition)
{
    struct metadata_partition partitions[PARTITIONS];
    struct metadata_topic topic = *current_topic("__consumer_offsets");
    memcpy(partitions, topic.partitions, sizeof partitions);
    for (int32_t i = 0; i < PARTITIONS; i++)
        partitions[i].leader_epoch = i == partition ? epoch : partitions[i].leader_epoch;
    partitions[partition].leader_id = leader;
    topic.partitions = partitions;
    struct metadata_topic *topics[] = {metadata_topic_create(&topic)};
    assert_non_null(topics[0]);
    const struct metadata_parts parts = {.topics = topics, .topic_count = 1, .epoch = -1};
    const struct metadata_image *image = metadata_image_create(&parts);
    assert_non_null(image);
    return image;
}

static void *change_leaders(void *unused)
{
    (void)unused;
    for (int32_t i = 0; atomic_load(&running) != 0; i++) {
        const struct metadata_image *image = changed_image(i % 3 == 0 ? -1 : NODE, 10 + i, i / 3 % PARTITIONS);
        if (i % 2 == 0)
            shards_leave(&shards, image);
        assert_true(shards_apply(&shards, image));
        metadata_image_release(image);
        clock_sleep_ms(2 + i % 3);
    }
    return NULL;
}

/* ---- life ---- */

static int set_up_threads(void **state)
{
    static const struct coordinator_calls calls = {toy_replay, toy_marker, toy_loaded, free_counters, toy_changed};
    const struct shards_options options = {
        .topic = KW_INTERNAL_TOPIC_CONSUMER_OFFSETS,
        .node_id = NODE,
        .logs = &broker.logs,
        .machine = &calls,
        .create = create_counters,
        .random = &random_system,
        .now = clock_wall_ms,
        .clock = clock_ms,
        .timeout_ms = 60000,
        .linger_ms = -1,
        .load_step = 1 << 20,
    };
    if (set_up(state) != 0 || !shards_init(&shards, &options))
        return -1;
    create_topic(PARTITIONS);
    memset(clients, 0, sizeof clients);
    memset(was_seen, 0, sizeof was_seen);
    bool is_ready = true;
    for (size_t i = 0; i < HOMES; i++)
        is_ready = is_ready && thread_executor_start(&home_threads[i]);
    for (size_t i = 0; i < CLIENTS; i++)
        is_ready = is_ready && thread_executor_start(&clients[i].executor);
    return is_ready ? 0 : -1;
}

static void wait_until_all_is_done(void)
{
    while (atomic_load(&running) != 0)
        clock_sleep_ms(1);
}

static void end_shards(void)
{
    shards_stop(&shards);
    shards_await(&shards);
    assert_int_equal(shards.live, 0);
    for (size_t i = 0; i < COUNT_OF(shards.loaders); i++)
        assert_false(shards.loaders[i].is_running);
    wait_until_all_is_done();
    for (size_t i = 0; i < CLIENTS; i++)
        thread_executor_stop(&clients[i].executor);
    for (size_t i = 0; i < HOMES; i++)
        thread_executor_stop(&home_threads[i]);
    shards_finish(&shards);
}

static int tear_down_threads(void **state)
{
    return tear_down(state) == 0 && atomic_load(&living) == 0 ? 0 : -1;
}

static void no_update_is_lost(void **state)
{
    (void)state;
    pthread_t thread;
    int added = 0, refused = 0;
    assert_true(apply_image());
    start_clients(); /* before the start */
    assert_true(shards_start(&shards, threaded_homes, HOMES, PARTITIONS));
    assert_int_equal(pthread_create(&thread, NULL, change_leaders, NULL), 0);
    wait_until_all_is_done();
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (size_t i = 0; i < CLIENTS; i++) {
        added += clients[i].added;
        refused += clients[i].refused;
    }
    assert_true(added > 0);
    assert_true(added + refused <= CLIENTS * EACH);
    end_shards();
}

/* While clients look for shards, wait for them and use them. */
static void stopped_meanwhile(void **state)
{
    (void)state;
    assert_true(apply_image());
    assert_true(shards_start(&shards, threaded_homes, HOMES, PARTITIONS));
    start_clients();
    clock_sleep_ms(3);
    end_shards();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_update_is_lost, set_up_threads, tear_down_threads),
        cmocka_unit_test_setup_teardown(stopped_meanwhile, set_up_threads, tear_down_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
