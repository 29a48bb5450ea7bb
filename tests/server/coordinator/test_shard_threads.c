/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_shard_threads FOLDER
 *
 * Threads that meet in a shard whose log is a real one, while another thread takes the turn of that log, images change
 * and timers tick: each event counts once, and the shard can be unloaded at any moment. */
#include "../log/append_support.h"
#include "toy_machine.h"

#include <sched.h>

#include "base/clock.h"
#include "base/thread_executor.h"

enum { CLIENTS = 3, EACH = 1500, TICKS = 7 };

struct client {
    struct toy_event event; /* the first member */
    struct task task;
    struct thread_executor executor;
    int left;
    int added; /* events that have changed their counter */
    int16_t last_error;
};

static const char *root;
static struct client clients[CLIENTS];
static struct thread_executor home;
static struct log_folder f;
static struct log_config config;
static struct toy toy;
static struct shard shard;
static struct random_source *const no_random;
static const struct metadata_image *images[2];
static atomic_int running, released;
static atomic_bool is_over;
static int unloaded;

/* ---- a timer ---- */

struct ticking {
    struct coordinator_timer timer; /* the first member */
    int ticks;
};

static struct ticking ticking;

static void tick(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct ticking *t = (struct ticking *)(void *)timer;
    toy_put(d, TICKS, t->ticks++, 0);
    coordinator_timer_start(d->shard, timer, d->clock + 1);
}

/* ---- clients ---- */

static void continue_elsewhere(struct toy_event *event)
{
    struct client *c = (struct client *)(void *)event;
    executor_post(&c->executor.executor, &c->task);
}

static bool has_ended(struct client *c)
{
    c->last_error = c->event.error;
    c->added += c->event.how == TOY_ADD && c->last_error == KW_ERROR_NONE;
    return --c->left == 0 || c->last_error != KW_ERROR_NONE;
}

/* Some are decided on a worker. */
static void decide_on_worker(struct coordinator_event *event, struct coordinator_decision *d)
{
    d->needs_worker = !d->is_on_worker;
    if (d->is_on_worker)
        toy_decide(event, d);
}

/* Until one event is not completed at once. */
static void submit_more(struct client *c)
{
    do {
        enum toy_how how = c->left % 4 == 0 ? TOY_READ : TOY_ADD;
        toy_event_init(&c->event, how, (int32_t)(c - clients), &c->executor.executor);
        c->event.padding = (size_t)(c->left % 50);
        if (c->left % 20 == 0)
            c->event.event.decide = decide_on_worker;
        c->event.then = continue_elsewhere;
        if (!toy_submit(&shard, &c->event))
            return;
    } while (!has_ended(c));
    atomic_fetch_sub(&running, 1);
}

static void continue_client(struct task *task)
{
    struct client *c = (struct client *)(void *)((char *)task - offsetof(struct client, task));
    if (has_ended(c))
        atomic_fetch_sub(&running, 1);
    else
        submit_more(c);
}

static void start_client(struct task *task)
{
    task->run = continue_client;
    submit_more((struct client *)(void *)((char *)task - offsetof(struct client, task)));
}

static void start_clients(int events)
{
    atomic_store(&running, CLIENTS);
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i].left = events;
        clients[i].task.run = start_client;
    }
    for (size_t i = 0; i < CLIENTS; i++)
        executor_post(&clients[i].executor.executor, &clients[i].task);
}

/* ---- who disturbs them ---- */

static void *take_the_logs_turn(void *unused)
{
    (void)unused;
    while (!atomic_load(&is_over)) {
        partition_log_take_turn(&f.log);
        (void)sched_yield();
        partition_log_end_turn(&f.log);
        clock_sleep_ms(1);
    }
    return NULL;
}

static void *change_images(void *unused)
{
    (void)unused;
    for (size_t i = 0; !atomic_load(&is_over); i++) {
        shard_publish(&shard, images[i % 2]);
        (void)sched_yield();
    }
    return NULL;
}

/* ---- life ---- */

static void note_released(struct shard *s)
{
    (void)s;
    atomic_fetch_add(&released, 1);
}

static void load_shard(void)
{
    const struct shard_options options = {
        .machine = &toy_calls,
        .state = &toy,
        .image = images[1],
        .sink = shard_sink_of(&f.log),
        .leader_epoch = TOY_EPOCH,
        .home = &home.executor,
        .random = no_random,
        .now = clock_wall_ms,
        .clock = clock_ms,
        .timeout_ms = 60000,
        .linger_ms = -1,
        .released = note_released,
        .name = "toy-0",
    };
    memset(&toy, 0, sizeof toy);
    toy.unloaded = &unloaded;
    toy.on_load = &ticking.timer;
    memset(&ticking, 0, sizeof ticking);
    ticking.timer.tick = tick;
    atomic_store(&released, 0);
    unloaded = 0;
    kw_bytes bytes = read_from(&f, 0);
    const struct toy_log loaded = {.bytes = (uint8_t *)(uintptr_t)bytes.data, .size = (size_t)bytes.len};
    if (bytes.len > 0)
        toy_replay_from(&toy, &loaded, 0);
    struct log_snapshot log = log_folder_open(&f);
    assert_true(shard_init(&shard, &options));
    shard_loaded(&shard, log.log_end_offset);
    log_snapshot_release(&log);
}

static int set_up(void **state)
{
    (void)state;
    const struct metadata_parts nothing = {.epoch = -1};
    log_folder_init(&f, root, "shard-0");
    log_config_init(&config);
    partition_log_configure(&f.log, &config);
    for (size_t i = 0; i < COUNT_OF(images); i++)
        images[i] = metadata_image_create(&nothing);
    memset(clients, 0, sizeof clients);
    atomic_store(&is_over, false);
    bool is_ready = thread_executor_start(&home);
    for (size_t i = 0; i < CLIENTS; i++)
        is_ready = is_ready && thread_executor_start(&clients[i].executor);
    load_shard();
    return is_ready ? 0 : -1;
}

static void wait_for(atomic_int *number, int value)
{
    while (atomic_load(number) != value)
        clock_sleep_ms(1);
}

static void end_shard(void)
{
    wait_for(&released, 1);
    assert_int_equal(unloaded, 1);
    shard_finish(&shard);
}

static int tear_down(void **state)
{
    for (size_t i = 0; i < CLIENTS; i++)
        thread_executor_stop(&clients[i].executor);
    thread_executor_stop(&home);
    log_folder_finish(&f);
    bool is_free = true;
    for (size_t i = 0; i < COUNT_OF(images); i++) {
        is_free = is_free && atomic_load(&images[i]->references) == 1;
        metadata_image_release(images[i]);
    }
    return forget_given(state) == 0 && is_free ? 0 : -1;
}

static void assert_added(void)
{
    kw_bytes bytes = read_from(&f, 0);
    const struct toy_log written = {.bytes = (uint8_t *)(uintptr_t)bytes.data, .size = (size_t)bytes.len};
    struct toy replayed = {.unloaded = NULL};
    toy_replay_from(&replayed, &written, 0);
    for (int32_t i = 0; i < CLIENTS; i++)
        assert_int_equal(toy_count(&replayed, i), clients[i].added - 1);
    toy_free_counters(&replayed);
}

static void each_event_counts_once(void **state)
{
    (void)state;
    pthread_t threads[2];
    assert_int_equal(pthread_create(&threads[0], NULL, take_the_logs_turn, NULL), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, change_images, NULL), 0);
    start_clients(EACH);
    wait_for(&running, 0);
    atomic_store(&is_over, true);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < CLIENTS; i++) {
        assert_int_equal(clients[i].last_error, KW_ERROR_NONE);
        assert_int_equal(clients[i].added, EACH - EACH / 4);
    }
    clock_sleep_ms(20); /* for a tick at least, and where nothing else happens */
    shard_unload(&shard);
    end_shard();
    assert_added();
    assert_true(ticking.ticks > 0);
}

/* Again and again, at other moments. */
static void unloaded_at_any_moment(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, take_the_logs_turn, NULL), 0);
    for (int i = 0; i < 30; i++) {
        start_clients(1000000);
        clock_sleep_ms(i % 5);
        shard_unload(&shard);
        wait_for(&running, 0);
        for (size_t k = 0; k < CLIENTS; k++)
            assert_int_equal(clients[k].last_error, KW_ERROR_NOT_COORDINATOR);
        end_shard();
        load_shard();
    }
    atomic_store(&is_over, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    shard_unload(&shard);
    end_shard();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_event_counts_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unloaded_at_any_moment, set_up, tear_down),
    };
    if (argc != 2)
        return 2;
    root = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
