/* SPDX-License-Identifier: Apache-2.0 */
#include "one_topic.h"

#include <string.h>

#include <kwire/error.h>

#include "../tests/server/support/sim.h"
#include "api/dispatch.h"
#include "coordinators.h"
#include "folder.h"
#include "fuzz.h"
#include "metadata/load.h"

enum { SESSIONS = 16, SESSION_PARTITIONS = 1000 };

const kw_uuid one_topic_id = {{[15] = 1}};

static struct broker broker;

void one_topic_prepare(const void *log, size_t size)
{
    static const char meta[] = "version=1\nnode.id=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\n";
    static const char topic[] = "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n";
    folder_write("data/meta.properties", meta, sizeof meta - 1);
    folder_write("data/t-0/partition.metadata", topic, sizeof topic - 1);
    folder_write("data/t-0/00000000000000000000.log", log, size);
}

static struct partition_log *find_log(void)
{
    struct partition_log *log = log_manager_find(&broker.logs, kw_string_of("t"), one_topic_id, 0);
    FUZZ_REQUIRE(log != NULL);
    return log;
}

void one_topic_open(const struct log_config *config)
{
    char path[64];
    strcpy(path, folder_path());
    strcat(path, "/data");
    memset(&broker, 0, sizeof broker);
    config_init(&broker.config);
    FUZZ_REQUIRE(coordinators_open(&broker)); /* which never start */
    FUZZ_REQUIRE(metadata_cell_init(&broker.metadata));
    FUZZ_REQUIRE(fetch_sessions_init(&broker.fetch_sessions, SESSIONS, SESSION_PARTITIONS));
    FUZZ_REQUIRE(log_dir_open(path, -1, &broker.logs, &broker.identity));
    FUZZ_REQUIRE(metadata_load(&broker.logs, -1, &broker.identity, &broker.metadata));
    struct partition_log *log = find_log();
    partition_log_configure(log, config);
    log_release(log);
}

void one_topic_close(void)
{
    metadata_cell_finish(&broker.metadata);
    log_manager_close(&broker.logs);
    append_tools_pool_finish(&broker.append_tools);
    fetch_sessions_finish(&broker.fetch_sessions);
    coordinators_close(&broker);
    config_finish(&broker.config);
}

struct broker *one_topic_broker(void)
{
    return &broker;
}

bool one_topic_extent(int64_t *start, int64_t *end)
{
    struct log_snapshot snapshot;
    struct partition_log *log = find_log();
    bool opened = partition_log_acquire(log, false, &snapshot) == KW_ERROR_NONE;
    if (opened) {
        *start = snapshot.log_start_offset;
        *end = snapshot.log_end_offset;
        log_snapshot_release(&snapshot);
    }
    log_release(log);
    return opened;
}

bool one_topic_ask(kw_bytes request, uint8_t *answer, size_t capacity, size_t *size)
{
    struct sim sim;
    struct sim_client client;
    struct service service = dispatch_service(&broker);
    sim_init(&sim);
    sim_client_init(&client, &sim, &service, capacity);
    if (sim_client_send(&client, request) == EXCHANGE_PENDING)
        sim_client_hurry(&client);
    sim_settle(&sim);
    FUZZ_REQUIRE(client.outcome != EXCHANGE_PENDING);
    bool answered = client.outcome == EXCHANGE_ANSWERED;
    FUZZ_REQUIRE(answered || client.exchange.fault[0] != '\0');
    *size = sim_client_take(&client, answer, capacity);
    sim_client_finish(&client);
    return answered;
}
