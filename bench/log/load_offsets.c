/* SPDX-License-Identifier: Apache-2.0 */
/* kwire-load-offsets FOLDER [OFFSETS [GROUPS [PARTITIONS [METADATA]]]]
 *
 * Writes a partition of __consumer_offsets with one commit of each offset, in batches of 100, and loads it as a broker
 * does that starts; then once more with two commits of each. Offsets are those of so many groups, and topics of so many
 * partitions. Wall time and CPU time of loading, how long it waited for a processor that others had, and memory; FOLDER
 * should be in memory (/dev/shm). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <kwire/error.h>
#include <kwire/record_builder.h>

#include "base/clock.h"
#include "coordinator/group/group_machine.h"
#include "coordinator/shard_load.h"
#include "log/log_change.h"

enum { A_BATCH = 100, STEP = 5242880, LIMIT = 64 * 1024 * 1024 };

static size_t offsets = 1000000, groups = 1000, partitions = 100;
static char metadata[4097];
static struct log_config config;
static struct segment_cache cache;
static struct partition_log log_here;
static kw_arena arena;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double seconds(clockid_t of)
{
    struct timespec now;
    (void)clock_gettime(of, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* How long this thread could run and had no processor; 0 where Linux does not say. */
static double seconds_without_processor(void)
{
    unsigned long long running = 0, waiting = 0;
    FILE *f = fopen("/proc/thread-self/schedstat", "r");
    if (f == NULL)
        return 0;
    if (fscanf(f, "%llu %llu", &running, &waiting) != 2)
        waiting = 0;
    (void)fclose(f);
    return (double)waiting / 1e9;
}

/* ---- the log ---- */

static void open_log(const char *folder)
{
    struct log_snapshot now;
    const struct partition_log what = {.folder = folder, .start_offset = -1};
    log_config_init(&config);
    if (!folder_create(folder) || !segment_cache_init(&cache) || !partition_log_init(&log_here, &what, &cache))
        die(folder);
    partition_log_configure(&log_here, &config);
    if (partition_log_acquire(&log_here, false, &now) != KW_ERROR_NONE)
        die(folder);
    log_snapshot_release(&now);
}

static void append(const struct record_out *records)
{
    kw_batch_options options;
    kw_batch_builder builder;
    kw_writer w;
    struct append_batch batch;
    kw_batch_options_init(&options);
    kw_writer_init_growing(&w, kw_allocator_libc(), LIMIT);
    kw_status status = kw_batch_builder_init(&builder, &w, &options);
    for (size_t i = 0; i < records->count && status == KW_OK; i++) {
        const kw_new_record record = {.timestamp = 1, .key = records->items[i].key, .value = records->items[i].value};
        status = kw_batch_builder_append(&builder, &record);
    }
    if (status != KW_OK || records->status != KW_OK || kw_batch_builder_end(&builder) != KW_OK)
        die("a batch");
    kw_span bytes = kw_writer_data(&w);
    memcpy(batch.header, bytes.data, sizeof batch.header);
    batch.records = kw_bytes_of((const uint8_t *)bytes.data + sizeof batch.header, bytes.size - sizeof batch.header);
    struct log_append request = {.batches = &batch, .count = 1};
    if (!log_append(&log_here, &request) || request.error != KW_ERROR_NONE)
        die("an append");
    kw_writer_finish(&w);
}

static void add(struct record_out *records, size_t n)
{
    char group[32], topic[32];
    const struct offset_value value = {.offset = (int64_t)n,
                                       .commit_ms = clock_wall_ms(),
                                       .expire_ms = -1,
                                       .leader_epoch = 5,
                                       .metadata = kw_string_of(metadata),
                                       .topic_id = {{1, 2, 3}}};
    size_t in_group = n / groups;
    (void)snprintf(group, sizeof group, "some-group-%zu", n % groups);
    (void)snprintf(topic, sizeof topic, "some-topic-%zu", in_group / partitions);
    group_records_add_offset(records, kw_string_of(group), kw_string_of(topic), (int32_t)(in_group % partitions),
                             &value);
}

static void append_all(void)
{
    struct record_out records;
    for (size_t n = 0; n < offsets; n += A_BATCH) {
        kw_arena_reset(&arena);
        record_out_init(&records, &arena);
        for (size_t i = n; i < n + A_BATCH && i < offsets; i++)
            add(&records, i);
        append(&records);
    }
}

/* ---- a shard, whose threads do nothing ---- */

static int64_t now_here(struct executor *executor)
{
    (void)executor;
    return clock_ms();
}

static void ignore_task(struct executor *executor, struct task *task)
{
    (void)executor;
    (void)task;
}

static void start_no_timer(struct executor *executor, struct timer *timer, int64_t delay_ms)
{
    (void)executor;
    (void)timer;
    (void)delay_ms;
}

static void stop_no_timer(struct executor *executor, struct timer *timer)
{
    (void)executor;
    (void)timer;
}

static size_t count_offsets(const struct group_machine *m)
{
    size_t count = 0;
    for (size_t i = 0; i < group_bucket_count(m); i++)
        for (const struct group *group = group_first_in(m, i); group != NULL; group = group_next_in(group))
            count += group->offsets.committed;
    return count;
}

static void load(const char *what)
{
    static const struct executor_calls calls = {now_here, ignore_task, ignore_task, start_no_timer, stop_no_timer};
    static struct executor home = {&calls};
    static struct coordinator_budget budget;
    static struct shard shard;
    const struct metadata_parts nothing = {.epoch = -1};
    budget.limit = SIZE_MAX;
    atomic_store(&budget.used, 0);
    const struct group_machine_options of_machine = {.budget = &budget, .seed = 7};
    struct group_machine *m = group_machine_create(&of_machine);
    const struct shard_options options = {.machine = &group_machine_calls,
                                          .state = m,
                                          .image = metadata_image_create(&nothing),
                                          .sink = shard_sink_of(&log_here),
                                          .home = &home,
                                          .now = clock_wall_ms,
                                          .clock = clock_ms,
                                          .name = "__consumer_offsets-0"};
    if (m == NULL || options.image == NULL || !shard_init(&shard, &options))
        die("a shard");
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    double without = seconds_without_processor();
    shard_load(&shard, &log_here, STEP, LIMIT);
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    without = seconds_without_processor() - without;
    if (shard.state != SHARD_ACTIVE || count_offsets(m) != offsets)
        die("loading");
    printf("%-24s %6.3f s, of a processor %6.3f s, waiting for one %6.3f s; %3.0f bytes an offset\n", what, wall, cpu,
           without, (double)atomic_load(&budget.used) / (double)offsets);
    group_machine_destroy(m);
}

int main(int argc, char **argv)
{
    char folder[KW_PATH_SIZE - 64];
    if (argc > 2)
        offsets = (size_t)atol(argv[2]);
    if (argc > 3)
        groups = (size_t)atol(argv[3]);
    if (argc > 4)
        partitions = (size_t)atol(argv[4]);
    if (argc > 5)
        memset(metadata, 'm', (size_t)atol(argv[5]) % sizeof metadata);
    if (argc < 2 || offsets == 0 || groups == 0 || partitions == 0) {
        fprintf(stderr, "usage: kwire-load-offsets FOLDER [OFFSETS [GROUPS [PARTITIONS [METADATA]]]]\n");
        return 2;
    }
    (void)snprintf(folder, sizeof folder, "%s/offsets-%ld", argv[1], (long)getpid());
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    open_log(folder);
    append_all();
    load("each committed once");
    append_all();
    load("each committed twice");
    segment_cache_finish(&cache);
    partition_log_finish(&log_here);
    (void)folder_remove(folder);
    kw_arena_finish(&arena);
    return 0;
}
