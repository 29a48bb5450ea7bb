/* SPDX-License-Identifier: Apache-2.0 */
#include "partition_access.h"

#include <kwire/error.h>

int16_t partition_access(struct broker *broker, const struct metadata_topic *topic,
                         const struct metadata_partition *partition, int32_t epoch, struct stored_log **stored,
                         const kw_partition_log **log)
{
    if (epoch >= 0 && epoch < partition->leader_epoch)
        return KW_ERROR_FENCED_LEADER_EPOCH;
    if (epoch > partition->leader_epoch)
        return KW_ERROR_UNKNOWN_LEADER_EPOCH;
    *stored = partition->leader_id == broker->identity.node_id
                  ? log_manager_find(&broker->store, topic->name, topic->id, partition->index)
                  : NULL;
    if (*stored == NULL)
        return KW_ERROR_NOT_LEADER_OR_FOLLOWER;
    *log = stored_log_open(*stored);
    return *log != NULL ? KW_ERROR_NONE : KW_ERROR_KAFKA_STORAGE_ERROR;
}

kw_leader_epoch partition_epoch_end(const struct metadata_partition *partition, const kw_partition_log *log,
                                    int32_t epoch)
{
    const kw_leader_epochs *epochs = &log->epochs;
    kw_leader_epoch end = {epoch, log->end_offset};
    if (epochs->len == 0 || epoch <= epochs->items[epochs->len - 1].epoch || epoch > partition->leader_epoch)
        return kw_leader_epochs_end(epochs, epoch, log->end_offset);
    if (epoch < partition->leader_epoch)
        end.epoch = epochs->items[epochs->len - 1].epoch;
    return end;
}

int32_t partition_epoch_at(const struct metadata_partition *partition, const kw_partition_log *log, int64_t offset)
{
    const kw_leader_epochs *epochs = &log->epochs;
    int32_t epoch = -1;
    if (offset >= log->end_offset)
        return partition->leader_epoch;
    for (int32_t i = 0; i < epochs->len && epochs->items[i].start_offset <= offset; i++)
        epoch = epochs->items[i].epoch;
    return epoch <= partition->leader_epoch ? epoch : -1;
}
