/* SPDX-License-Identifier: Apache-2.0 */
#include "share_coordinator.h"

#include <stdlib.h>

#include <kwire/error.h>

#include "base/clock.h"
#include "coordinator/share/share_state.h"
#include "log/log_change.h"
#include "log/log_map.h"
#include "observe/console.h"

/* ---- records that are not needed any more ---- */

struct pruning {
    struct task task; /* the first member */
    struct broker *broker;
    int32_t partition;
    int64_t below;
};

static void delete_records(const struct pruning *p, const struct metadata_image *image)
{
    kw_string name = kw_string_of(kw_internal_topic_name(KW_INTERNAL_TOPIC_SHARE_GROUP_STATE));
    const struct metadata_topic *topic = metadata_topic_by_name(image, name);
    int64_t start;
    struct partition_log *log =
        topic != NULL ? log_manager_find(&p->broker->logs, topic->name, topic->id, p->partition) : NULL;
    if (log == NULL)
        return;
    int16_t error = log_delete_records(log, p->below, &start);
    log_release(log);
    if (error != KW_ERROR_NONE)
        console_line("%.*s-%d: records below %lld are not deleted: %s", KW_FMT(name), p->partition, (long long)p->below,
                     kw_error_name(error));
}

static void run_pruning(struct task *task)
{
    struct pruning *p = (struct pruning *)(void *)task;
    const struct metadata_image *image = metadata_image_acquire(&p->broker->metadata);
    delete_records(p, image);
    metadata_image_release(image);
    free(p);
}

/* Without memory it is for the next time. */
static void prune(void *context, struct executor *executor, int32_t partition, int64_t below)
{
    struct pruning *p = malloc(sizeof *p);
    if (p == NULL)
        return;
    *p = (struct pruning){{.run = run_pruning}, context, partition, below};
    executor_offload(executor, &p->task);
}

/* ---- shards ---- */

static void *create(void *context, int32_t partition)
{
    struct broker *broker = context;
    const struct static_config *file = broker->config.file;
    struct share_state_options options = {
        .budget = &broker->coordinator_budget,
        .partition = partition,
        .updates_per_snapshot = (int32_t)setting_number(file, "share.coordinator.snapshot.update.records.per.snapshot"),
        .prune_interval_ms = setting_number(file, "share.coordinator.state.topic.prune.interval.ms"),
        .cold_interval_ms = setting_number(file, "share.coordinator.cold.partition.snapshot.interval.ms"),
        .prune = prune,
        .context = broker,
    };
    if (!random_system.fill(&random_system, &options.seed, sizeof options.seed))
        options.seed = (uint32_t)partition;
    return share_state_create(&options);
}

struct shards_options share_coordinator_options(struct broker *broker)
{
    const struct static_config *file = broker->config.file;
    return (struct shards_options){
        .topic = KW_INTERNAL_TOPIC_SHARE_GROUP_STATE,
        .node_id = broker->identity.node_id,
        .logs = &broker->logs,
        .machine = &share_state_calls,
        .create = create,
        .context = broker,
        .random = &random_system,
        .now = clock_wall_ms,
        .clock = clock_ms,
        .timeout_ms = setting_number(file, "share.coordinator.write.timeout.ms"),
        .linger_ms = setting_number(file, "share.coordinator.append.linger.ms"),
        .codec = (kw_codec)setting_number(file, "share.coordinator.state.topic.compression.codec"),
        .load_step = (int32_t)setting_number(file, "share.coordinator.load.buffer.size"),
    };
}

bool share_coordinator_open(struct broker *broker)
{
    const struct dead_letters_options letters = {.file = broker->config.file,
                                                 .node_id = broker->identity.node_id,
                                                 .logs = &broker->logs,
                                                 .metadata = &broker->metadata,
                                                 .controller = &broker->controller,
                                                 .now = clock_wall_ms};
    const struct share_partitions_options options = {.states = &broker->share_states,
                                                     .budget = &broker->coordinator_budget,
                                                     .letters = &broker->dead_letters,
                                                     .clock = clock_ms};
    size_t sessions = (size_t)setting_number(broker->config.file, "group.share.max.share.sessions");
    return dead_letters_init(&broker->dead_letters, &letters) &&
           share_partitions_init(&broker->share_partitions, &options) &&
           share_sessions_init(&broker->share_sessions, &broker->coordinator_budget, sessions);
}

void share_coordinator_close(struct broker *broker)
{
    share_partitions_finish(&broker->share_partitions);
    share_sessions_finish(&broker->share_sessions);
    dead_letters_finish(&broker->dead_letters);
}
