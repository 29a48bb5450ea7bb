/* SPDX-License-Identifier: Apache-2.0 */
#include "directories.h"

const kw_uuid DIRECTORY_UNASSIGNED = {{[15] = 1}}, DIRECTORY_MIGRATING = {{0}}, DIRECTORY_LOST = {{[15] = 2}};

kw_uuid metadata_directory_of(const struct metadata_partition *partition, int32_t broker_id)
{
    for (int32_t i = 0; i < partition->replicas.len && i < partition->directories.len; i++)
        if (partition->replicas.items[i] == broker_id)
            return partition->directories.items[i];
    return DIRECTORY_MIGRATING;
}

static bool has(const struct metadata_broker *broker, kw_uuid id)
{
    for (int32_t i = 0; i < broker->directories.len; i++)
        if (kw_uuid_equal(broker->directories.items[i], id))
            return true;
    return false;
}

static bool is_online(const struct metadata_broker *broker, kw_uuid id)
{
    if (kw_uuid_equal(id, DIRECTORY_UNASSIGNED) || kw_uuid_equal(id, DIRECTORY_MIGRATING))
        return true;
    return !kw_uuid_equal(id, DIRECTORY_LOST) && (broker->directories.len <= 0 || has(broker, id));
}

bool metadata_has_online_directory(const struct metadata_image *image, const struct metadata_partition *partition,
                                   int32_t broker_id)
{
    const struct metadata_broker *broker = metadata_find_broker(image, broker_id);
    return broker != NULL && is_online(broker, metadata_directory_of(partition, broker_id));
}

/* With several directories the broker chooses one, and says so afterwards. */
kw_uuid metadata_default_directory(const struct metadata_image *image, int32_t broker_id)
{
    const struct metadata_broker *broker = metadata_find_broker(image, broker_id);
    if (broker != NULL && broker->directories.len <= 0)
        return DIRECTORY_MIGRATING;
    return broker != NULL && broker->directories.len == 1 ? broker->directories.items[0] : DIRECTORY_UNASSIGNED;
}

bool metadata_replica_is_offline(const struct metadata_image *image, const struct metadata_partition *partition,
                                 int32_t broker_id)
{
    const struct metadata_broker *broker = metadata_find_broker(image, broker_id);
    return broker == NULL || broker->fenced || !is_online(broker, metadata_directory_of(partition, broker_id));
}
