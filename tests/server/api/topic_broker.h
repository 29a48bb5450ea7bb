/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_API_TOPIC_BROKER_H
#define TESTS_SERVER_API_TOPIC_BROKER_H

/* A broker with an empty topic "t" of three partitions that can be written to, and a client. */

#include "../log/log_folder.h"

#include <kwire/api_keys.h>

#include "api/handlers.h"
#include "metadata/load.h"

#include "ask.h"

enum { PARTITIONS = 3 };

#define TOPIC_ID_FILE "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n"

static char root[KW_PATH_SIZE];
static struct broker broker;
static struct log_config config;

/* ---- the data directory ---- */

static inline void make_data_dir(const char *folder, const char *name)
{
    static const char meta[] = "version=1\nnode.id=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\n";
    assert_status(path_join(root, folder, kw_string_of(name)), KW_OK);
    assert_true(folder_create(root));
    write_file(join(root, "meta.properties").text, meta, sizeof meta - 1);
}

/* Each test starts with empty partitions. */
static inline void make_partitions(void)
{
    for (int i = 0; i < PARTITIONS; i++) {
        char name[16];
        struct folder_names names;
        kw_arena list;
        kw_arena_init_growing(&list, NULL, 0, kw_allocator_libc(), 1 << 20);
        (void)snprintf(name, sizeof name, "t-%d", i);
        path_text path = join(root, name);
        assert_true(folder_create(path.text));
        assert_status(folder_list(path.text, &list, &names), KW_OK);
        for (size_t k = 0; k < names.len; k++)
            assert_int_equal(remove(join(path.text, names.items[k].data).text), 0);
        kw_arena_finish(&list);
        write_file(join(path.text, "00000000000000000000.log").text, "", 0);
        write_file(join(path.text, "partition.metadata").text, TOPIC_ID_FILE, sizeof TOPIC_ID_FILE - 1);
    }
}

static inline struct partition_log *log_of(int32_t partition)
{
    const kw_uuid any = {{0}};
    struct partition_log *log = log_manager_find(&broker.logs, kw_string_of("t"), any, partition);
    assert_non_null(log);
    log_release(log); /* the manager keeps it */
    return log;
}

static inline void open_log(int32_t partition)
{
    struct log_snapshot snapshot;
    assert_int_equal(partition_log_acquire(log_of(partition), false, &snapshot), KW_ERROR_NONE);
    log_snapshot_release(&snapshot);
}

static inline int set_up(void **state)
{
    (void)state;
    memset(&broker, 0, sizeof broker);
    make_partitions();
    config_init(&broker.config);
    log_config_init(&config);
    asking_start(&broker);
    if (!metadata_cell_init(&broker.metadata) || !log_dir_open(root, -1, &broker.logs, &broker.identity) ||
        !metadata_load(&broker.logs, -1, &broker.identity, &broker.metadata))
        return -1;
    for (int i = 0; i < PARTITIONS; i++) {
        partition_log_configure(log_of(i), &config);
        open_log(i);
    }
    return 0;
}

/* Nothing of any call is left: no timer, no task, no reference to the image. */
static inline int tear_down(void **state)
{
    bool released = atomic_load(&broker.metadata.current->references) == 1;
    bool quiet = asking_end();
    metadata_cell_finish(&broker.metadata);
    log_manager_close(&broker.logs);
    append_tools_pool_finish(&broker.append_tools);
    (void)forget_given(state);
    return quiet && released ? 0 : -1;
}

static inline int64_t log_end(int32_t partition)
{
    struct log_snapshot snapshot;
    assert_int_equal(partition_log_acquire(log_of(partition), false, &snapshot), KW_ERROR_NONE);
    int64_t end = snapshot.log_end_offset;
    log_snapshot_release(&snapshot);
    return end;
}

#endif
