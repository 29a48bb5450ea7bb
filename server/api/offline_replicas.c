/* SPDX-License-Identifier: Apache-2.0 */
#include "offline_replicas.h"

#include "../metadata/directories.h"
#include "broker.h"

/* Without a controller nobody registers this node: who is offline is known from the start. */
bool offline_replicas(const struct call *call, const struct metadata_partition *partition, kw_int32_array *out)
{
    *out = partition->offline;
    if (call->broker->controller == NULL)
        return true;
    out->len = 0;
    out->items = kw_arena_array(call->arena, (size_t)partition->replicas.len, sizeof *out->items);
    for (int32_t i = 0; out->items != NULL && i < partition->replicas.len; i++)
        if (metadata_replica_is_offline(call->image, partition, partition->replicas.items[i]))
            out->items[out->len++] = partition->replicas.items[i];
    return out->items != NULL;
}
