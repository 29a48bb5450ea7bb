/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_API_PARTITIONS_H
#define TESTS_SERVER_API_PARTITIONS_H

/* A broker with a few small partitions of all kinds, on the executor of the tests, and a client of it. */

#include "../log/log_folder.h"

#include <unistd.h>

#include "../support/sim.h"
#include "api/dispatch.h"
#include "api/handlers.h"
#include "log/log_manager.h"
#include "metadata/image.h"

enum { ONE = KW_BATCH_V2_RECORDS + 10, TWO = ONE + 10, MARKER = KW_BATCH_V2_RECORDS + 17, OLD = 34 };
enum { LIMIT = 1 << 20, SELF = 1, EPOCH = 5 };

static char root[KW_PATH_SIZE];
static struct broker broker;
static struct sim sim;
static struct sim_client client;
static kw_arena arena;

/* ---- the data ---- */

#define TXN KW_ATTRIBUTE_TRANSACTIONAL
#define CONTROL (KW_ATTRIBUTE_TRANSACTIONAL | KW_ATTRIBUTE_CONTROL)

/* Partition 0: offsets 1 to 4 and 10, 11; of epoch 2, from 3 on of epoch 4. */
static const made_batch plain[] = {
    {.base_offset = 1, .count = 2, .timestamp = 100, .producer_id = -1},
    {.base_offset = 3, .count = 2, .timestamp = 100, .producer_id = -1},
};
static const made_batch plain_later[] = {
    {.base_offset = 10, .count = 1, .timestamp = 100, .producer_id = -1},
    {.base_offset = 11, .count = 1, .timestamp = 100, .producer_id = -1},
};

/* Partitions 1 and 7: producer 7 aborts 0 to 4 and 10 to 11, 8 commits, 9 has not ended since 9. */
static const made_batch transactions[] = {
    {.base_offset = 0, .count = 2, .timestamp = 100, .producer_id = 7, .attributes = TXN},
    {.base_offset = 2, .count = 2, .timestamp = 100, .producer_id = 8, .attributes = TXN},
    {.base_offset = 4, .timestamp = 100, .producer_id = 7, .attributes = CONTROL, .marker = 0},
    {.base_offset = 5, .timestamp = 100, .producer_id = 8, .attributes = CONTROL, .marker = 1},
    {.base_offset = 6, .count = 1, .timestamp = 100, .producer_id = -1},
    {.base_offset = 7, .count = 2, .timestamp = 100, .producer_id = -1},
    {.base_offset = 9, .count = 1, .timestamp = 300, .producer_id = 9, .attributes = TXN},
    {.base_offset = 10, .count = 1, .timestamp = 100, .producer_id = 7, .attributes = TXN},
    {.base_offset = 11, .timestamp = 100, .producer_id = 7, .attributes = CONTROL, .marker = 0},
    {.base_offset = 12, .count = 1, .timestamp = 500, .producer_id = -1},
};

static inline path_text in_folder(int partition, const char *name)
{
    char folder[16];
    (void)snprintf(folder, sizeof folder, "t-%d", partition);
    path_text path = join(root, folder);
    make_folder(path.text);
    return name != NULL ? join(path.text, name) : path;
}

static inline void put_segment(int partition, const char *name, const made_batch *made, size_t count)
{
    uint8_t bytes[2048];
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += put_batch(bytes + size, made[i]);
    write_file(in_folder(partition, name).text, bytes, size);
}

/* Partition 5: a message of magic 1. */
static inline void put_old_message(void)
{
    static uint8_t old[OLD] = {[11] = OLD - 12, [16] = 1, [25] = 100};
    memset(old + 26, 0xff, 8);
    kw_store_be32(old + 12, kw_crc32(0, old + 16, OLD - 16));
    write_file(in_folder(5, "00000000000000000000.log").text, old, OLD);
}

static inline void put_text(path_text path, const char *text)
{
    write_file(path.text, text, strlen(text));
}

static inline void make_data(const char *folder)
{
    assert_status(path_join(root, folder, kw_string_of("partitions")), KW_OK);
    make_folder(root);
    put_segment(0, "00000000000000000000.log", plain, COUNT_OF(plain));
    put_segment(0, "00000000000000000010.log", plain_later, COUNT_OF(plain_later));
    put_text(in_folder(0, "leader-epoch-checkpoint"), "0\n2\n2 0\n4 3\n");
    put_text(join(root, "log-start-offset-checkpoint"), "0\n1\nt 0 1\n");
    put_segment(1, "00000000000000000000.log", transactions, COUNT_OF(transactions));
    put_old_message();
    put_segment(6, "00000000000000000000.log", plain, COUNT_OF(plain)); /* and the last one is empty */
    put_segment(6, "00000000000000000020.log", NULL, 0);
    put_segment(7, "00000000000000000000.log", transactions, COUNT_OF(transactions));
}

static inline struct metadata_image *make_image(void)
{
    static int32_t nodes[] = {1, 2};
    struct metadata_partition parts[8];
    struct metadata_topic *made[2];
    for (int32_t i = 0; i < 8; i++)
        parts[i] = (struct metadata_partition){
            .index = i, .leader_id = i == 2 ? 2 : SELF, .leader_epoch = EPOCH, .replicas = {nodes, 2}};
    struct metadata_topic from = {
        .name = kw_string_of("t"), .id = {{1}}, .partitions = parts, .partition_count = COUNT_OF(parts)};
    made[0] = metadata_topic_create(&from);
    from = (struct metadata_topic){.name = kw_string_of("u"), .id = {{2}}, .partitions = parts, .partition_count = 1};
    made[1] = metadata_topic_create(&from);
    const struct metadata_broker brokers[] = {{.id = SELF, .rack = kw_string_of("rack")}};
    const struct metadata_parts all = {
        .topics = made, .topic_count = 2, .brokers = brokers, .broker_count = 1, .epoch = -1};
    return metadata_image_create(&all);
}

static inline int set_up(void **state)
{
    (void)state;
    const struct service service = dispatch_service(&broker);
    memset(&broker, 0, sizeof broker);
    config_init(&broker.config);
    broker.identity.node_id = SELF;
    sim_init(&sim);
    sim_client_init(&client, &sim, &service, LIMIT);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    (void)in_folder(3, NULL);
    if (!metadata_cell_init(&broker.metadata) || log_manager_open(&broker.logs, root, NULL) != KW_OK)
        return -1;
    metadata_image_publish(&broker.metadata, make_image());
    return rmdir(in_folder(3, NULL).text); /* so that this log cannot be opened */
}

/* The log of a partition, which the manager has anyway. */
static inline struct partition_log *log_of(int32_t partition)
{
    struct partition_log *log = log_manager_find(&broker.logs, kw_string_of("t"), (kw_uuid){{0}}, partition);
    assert_non_null(log);
    log_release(log);
    return log;
}

/* Nothing is left behind: no timer, no task, no log, no snapshot, no segment. */
static inline int tear_down(void **state)
{
    bool quiet = timer_wheel_next(&sim.timers) == INT64_MAX && sim.posted == NULL && sim.offloaded == NULL;
    struct log_list list;
    quiet = log_manager_list(&broker.logs, &list) && quiet;
    for (size_t i = 0; i < list.len; i++) {
        const struct partition_log *log = list.items[i];
        quiet = quiet && atomic_load(&managed_log_of(list.items[i])->references) == 2; /* with that of the list */
        quiet = quiet && (!log->is_open || atomic_load(&log->snapshot.contents->references) == 1);
    }
    log_list_release(&list);
    sim_client_finish(&client);
    kw_arena_finish(&arena);
    metadata_cell_finish(&broker.metadata);
    append_tools_pool_finish(&broker.append_tools);
    log_manager_close(&broker.logs);
    assert_nothing_mapped(root);
    config_finish(&broker.config);
    (void)forget_given(state);
    return quiet ? 0 : -1;
}

#endif
