/* SPDX-License-Identifier: Apache-2.0 */
#include "partition_access.h"

#include <kwire/error.h>

enum { ANY_EPOCH = -1 };

int16_t partition_access(struct broker *broker, const struct metadata_topic *topic,
                         const struct metadata_partition *partition, int32_t epoch, bool dont_block,
                         struct partition_log **log, struct log_snapshot *snapshot)
{
    if (log_manager_is_offline(&broker->logs, topic->name, topic->id, partition->index))
        return KW_ERROR_KAFKA_STORAGE_ERROR;
    if (epoch != ANY_EPOCH && epoch < partition->leader_epoch)
        return KW_ERROR_FENCED_LEADER_EPOCH;
    if (epoch > partition->leader_epoch)
        return KW_ERROR_UNKNOWN_LEADER_EPOCH;
    if (partition->leader_id != broker->identity.node_id)
        return KW_ERROR_NOT_LEADER_OR_FOLLOWER;
    *log = log_manager_find(&broker->logs, topic->name, topic->id, partition->index);
    if (*log == NULL)
        return KW_ERROR_KAFKA_STORAGE_ERROR;
    int16_t error = partition_log_acquire(*log, dont_block, snapshot);
    if (error != KW_ERROR_NONE)
        log_release(*log);
    return error;
}

kw_leader_epoch partition_epoch_end(const struct metadata_partition *partition, const struct log_snapshot *log,
                                    int32_t epoch)
{
    const kw_leader_epochs *epochs = &log->contents->epochs;
    kw_leader_epoch end = {epoch, log->log_end_offset};
    if (epoch < ANY_EPOCH) { /* that of no leader, but Kafka knows one that comes after it */
        end.start_offset = epochs->len != 0 ? epochs->items[0].start_offset : log->log_end_offset;
        return end;
    }
    int32_t last = epochs->len > 0 ? epochs->items[epochs->len - 1].epoch : -1;
    if (last >= partition->leader_epoch || epoch <= last || epoch > partition->leader_epoch)
        return kw_leader_epochs_end(epochs, epoch, log->log_end_offset);
    if (epoch == partition->leader_epoch || (last < 0 && epoch >= 0))
        return end;
    return (kw_leader_epoch){last, log->log_end_offset};
}

int32_t partition_epoch_at(const struct metadata_partition *partition, const struct log_snapshot *log, int64_t offset)
{
    const kw_leader_epochs *epochs = &log->contents->epochs;
    int32_t epoch = -1;
    if (offset >= log->log_end_offset)
        return partition->leader_epoch;
    for (int32_t i = 0; i < epochs->len && epochs->items[i].start_offset <= offset; i++)
        epoch = epochs->items[i].epoch;
    return epoch <= partition->leader_epoch ? epoch : -1;
}
