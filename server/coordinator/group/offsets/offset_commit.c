/* SPDX-License-Identifier: Apache-2.0 */
#include "offset_requests.h"

#include <kwire/error.h>

#include "../group_machine.h"

/* Of OffsetCommit and of TxnOffsetCommit: the first version that knows GROUP_ID_NOT_FOUND; of the latter also
 * STALE_MEMBER_EPOCH. */
enum { FIRST_WITH_GROUP_NOT_FOUND = 9, FIRST_TXN_WITH_GROUP_NOT_FOUND = 6 };

/* As Java counts it: one for each character, two beyond the first 65,536. */
static int32_t utf16_units(kw_string text)
{
    int32_t units = 0;
    for (int32_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t)text.data[i];
        units += (byte & 0xc0) != 0x80;
        units += byte >= 0xf0;
    }
    return units;
}

static int16_t check_group(struct group_machine *m, struct coordinator_decision *d, const struct offset_commit *in)
{
    struct group *group = group_find(m, in->group);
    int first = in->check.is_transactional ? FIRST_TXN_WITH_GROUP_NOT_FOUND : FIRST_WITH_GROUP_NOT_FOUND;
    bool is_old = in->check.version < first;
    if (group == NULL && in->check.generation < 0)
        return KW_ERROR_NONE;
    if (group == NULL)
        return is_old ? KW_ERROR_ILLEGAL_GENERATION : KW_ERROR_GROUP_ID_NOT_FOUND;
    int16_t error = group_kind_of(group->type)->check_commit(m, d, group, &in->check);
    return in->check.is_transactional && is_old && error == KW_ERROR_STALE_MEMBER_EPOCH ? KW_ERROR_ILLEGAL_GENERATION
                                                                                        : error;
}

static bool is_known(const struct group_machine *m, kw_string group_id, kw_string topic, int32_t partition)
{
    const struct group *group = group_find(m, group_id);
    const struct topic_offsets *table = group != NULL ? offsets_find(m, group, topic) : NULL;
    return table != NULL && offset_slots_find(&table->slots, partition) != NULL;
}

/* What is new must find memory; replay counts it. */
static bool may_add(const struct group_machine *m, const struct offset_commit *in, kw_string topic,
                    const kw_offset_commit_request_partition *p)
{
    size_t cost = offset_cost(in->group, topic, p->committed_metadata);
    if (coordinator_budget_take(m->budget, cost)) {
        coordinator_budget_give(m->budget, cost);
        return true;
    }
    return is_known(m, in->group, topic, p->partition_index);
}

/* Beyond the largest time it wraps, as in Java. */
static int64_t expiry_time(int64_t now, int64_t retention_ms)
{
    return retention_ms != -1 ? (int64_t)((uint64_t)now + (uint64_t)retention_ms) : -1;
}

static int16_t commit_partition(struct group_machine *m, struct coordinator_decision *d, const struct offset_commit *in,
                                const kw_offset_commit_request_topic *topic,
                                const kw_offset_commit_request_partition *p)
{
    const struct offset_value value = {
        .offset = p->committed_offset,
        .commit_ms = p->commit_timestamp != -1 ? p->commit_timestamp : d->now,
        .expire_ms = expiry_time(d->now, in->retention_ms),
        .leader_epoch = p->committed_leader_epoch,
        .metadata = p->committed_metadata.len >= 0 ? p->committed_metadata : kw_string_of(""),
        .topic_id = topic->topic_id,
    };
    if (utf16_units(value.metadata) > m->settings.offset_metadata_max)
        return KW_ERROR_OFFSET_METADATA_TOO_LARGE;
    if (!may_add(m, in, topic->name, p))
        return KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    group_records_add_offset(&d->records, in->group, topic->name, p->partition_index, &value);
    return KW_ERROR_NONE;
}

void offset_commit(struct coordinator_decision *d, const struct offset_commit *in, int16_t *errors)
{
    struct group_machine *m = d->state;
    int16_t error = check_group(m, d, in);
    if (error == KW_ERROR_NONE)
        d->txn = in->txn;
    for (int32_t t = 0; t < in->check.topic_count; t++) {
        const kw_offset_commit_request_topic *topic = &in->check.topics[t];
        for (int32_t p = 0; p < topic->partitions.len; p++)
            *errors++ = error != KW_ERROR_NONE ? error : commit_partition(m, d, in, topic, &topic->partitions.items[p]);
    }
}
