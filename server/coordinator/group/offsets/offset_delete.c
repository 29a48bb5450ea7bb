/* SPDX-License-Identifier: Apache-2.0 */
#include "offset_requests.h"

#include <kwire/error.h>

#include "../group_machine.h"

static int16_t delete_partition(struct coordinator_decision *d, const struct group *group,
                                const struct topic_offsets *table, int32_t partition)
{
    if (table != NULL && offset_slots_find(&table->slots, partition) != NULL)
        group_records_remove_offset(&d->records, group->id, table->topic->name, partition);
    return KW_ERROR_NONE;
}

int16_t offset_delete(struct coordinator_decision *d, const struct offset_delete *in, int16_t *errors)
{
    struct group_machine *m = d->state;
    const struct group *group = group_find(m, in->group);
    const struct group_kind *kind = group != NULL ? group_kind_of(group->type) : NULL;
    int16_t error = kind != NULL ? kind->check_offset_delete(m, group) : KW_ERROR_GROUP_ID_NOT_FOUND;
    if (error != KW_ERROR_NONE)
        return error;
    for (int32_t t = 0; t < in->topic_count; t++) {
        const kw_offset_delete_request_topic *topic = &in->topics[t];
        const struct topic_offsets *table = offsets_find(m, group, topic->name);
        bool is_subscribed = kind->is_subscribed(m, group, topic->name);
        for (int32_t p = 0; p < topic->partitions.len; p++)
            *errors++ = is_subscribed ? KW_ERROR_GROUP_SUBSCRIBED_TO_TOPIC
                                      : delete_partition(d, group, table, topic->partitions.items[p].partition_index);
    }
    return KW_ERROR_NONE;
}
