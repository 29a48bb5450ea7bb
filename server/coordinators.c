/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinators.h"

#include <inttypes.h>

#include <kwire/compression.h>

#include "api/share_protocol.h"
#include "base/clock.h"
#include "coordinator/group/group_machine.h"
#include "coordinator/internal_topic.h"
#include "observe/console.h"
#include "share_coordinator.h"
#include "transaction_coordinator.h"

static void *create_groups(void *context, int32_t partition)
{
    struct broker *broker = context;
    struct group_machine_options options = {
        .file = broker->config.file,
        .node_id = broker->identity.node_id,
        .budget = &broker->coordinator_budget,
        .partition = partition,
        .hold = shards_hold,
        .release = shards_release,
    };
    if (!random_system.fill(&random_system, &options.seed, sizeof options.seed))
        options.seed = (uint32_t)partition;
    return group_machine_create(&options);
}

static struct shards_options groups_of(struct broker *broker)
{
    const struct static_config *file = broker->config.file;
    return (struct shards_options){
        .topic = KW_INTERNAL_TOPIC_CONSUMER_OFFSETS,
        .node_id = broker->identity.node_id,
        .logs = &broker->logs,
        .machine = &group_machine_calls,
        .create = create_groups,
        .context = broker,
        .random = &random_system,
        .now = clock_wall_ms,
        .clock = clock_ms,
        .timeout_ms = setting_number(file, "offsets.commit.timeout.ms"),
        .linger_ms = setting_number(file, "group.coordinator.append.linger.ms"),
        .codec = (kw_codec)setting_number(file, "offsets.topic.compression.codec"),
        .load_step = (int32_t)setting_number(file, "offsets.load.buffer.size"),
    };
}

static bool check_codec(const struct static_config *file, const char *name)
{
    int64_t codec = setting_number(file, name);
    if (codec >= KW_CODEC_NONE && codec <= KW_CODEC_ZSTD && kw_codec_available((kw_codec)codec))
        return true;
    complain("%s: there is no compression %" PRId64, name, codec);
    return false;
}

static struct markers_target markers_of(struct broker *broker)
{
    return (struct markers_target){.logs = &broker->logs,
                                   .groups = &broker->groups,
                                   .metadata = &broker->metadata,
                                   .node_id = broker->identity.node_id,
                                   .now = clock_wall_ms};
}

bool coordinators_open(struct broker *broker)
{
    const struct static_config *file = broker->config.file;
    const struct shards_options groups = groups_of(broker), share_states = share_coordinator_options(broker),
                                transactions = transaction_coordinator_options(broker);
    if (!check_codec(file, "offsets.topic.compression.codec") ||
        !check_codec(file, "share.coordinator.state.topic.compression.codec"))
        return false;
    coordinator_budget_init(&broker->coordinator_budget);
    broker->markers = markers_of(broker);
    if (topic_creation_init(&broker->offsets_topic, KW_INTERNAL_TOPIC_CONSUMER_OFFSETS, file) &&
        topic_creation_init(&broker->share_state_topic, KW_INTERNAL_TOPIC_SHARE_GROUP_STATE, file) &&
        topic_creation_init(&broker->transaction_state_topic, KW_INTERNAL_TOPIC_TRANSACTION_STATE, file) &&
        shards_init(&broker->groups, &groups) && shards_init(&broker->share_states, &share_states) &&
        shards_init(&broker->transactions, &transactions) && txn_holds_init(&broker->transaction_holds) &&
        share_coordinator_open(broker))
        return true;
    complain("out of memory");
    return false;
}

void coordinators_leave(struct broker *broker, const struct metadata_image *image)
{
    shards_leave(&broker->groups, image);
    shards_leave(&broker->share_states, image);
    shards_leave(&broker->transactions, image);
}

bool coordinators_apply(struct broker *broker, const struct metadata_image *image)
{
    share_protocol_apply(broker, image);
    bool is_complete = shards_apply(&broker->groups, image);
    is_complete = shards_apply(&broker->share_states, image) && is_complete;
    return shards_apply(&broker->transactions, image) && is_complete;
}

static bool start(struct broker *broker, struct shards *shards, const struct metadata_image *image,
                  struct executor *const *homes, size_t home_count)
{
    const struct config_place place = {image, broker->config.file, broker->identity.node_id};
    int32_t partitions = internal_topic_partitions(&place, shards->options.topic);
    return shards->options.machine == NULL || shards_start(shards, homes, home_count, partitions);
}

/* Without a controller nothing has applied an image yet. */
void coordinators_start(struct broker *broker, struct executor *const *homes, size_t home_count)
{
    const struct metadata_image *image = metadata_image_acquire(&broker->metadata);
    bool is_complete = broker->controller != NULL || coordinators_apply(broker, image);
    is_complete = start(broker, &broker->groups, image, homes, home_count) && is_complete;
    is_complete = start(broker, &broker->share_states, image, homes, home_count) && is_complete;
    is_complete = start(broker, &broker->transactions, image, homes, home_count) && is_complete;
    if (!is_complete)
        console_line("memory is too short for some of the coordinators");
    metadata_image_release(image);
}

void coordinators_stop(struct broker *broker)
{
    dead_letters_stop(&broker->dead_letters);
    shards_stop(&broker->transactions);
    shards_stop(&broker->groups);
    shards_stop(&broker->share_states);
}

void coordinators_await(struct broker *broker)
{
    dead_letters_await(&broker->dead_letters);
    shards_await(&broker->transactions);
    shards_await(&broker->groups);
    shards_await(&broker->share_states);
    txn_holds_await(&broker->transaction_holds);
}

void coordinators_close(struct broker *broker)
{
    shards_finish(&broker->groups);
    shards_finish(&broker->share_states);
    shards_finish(&broker->transactions);
    txn_holds_finish(&broker->transaction_holds);
    share_coordinator_close(broker);
    topic_creation_finish(&broker->offsets_topic);
    topic_creation_finish(&broker->share_state_topic);
    topic_creation_finish(&broker->transaction_state_topic);
}
