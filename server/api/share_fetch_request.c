/* SPDX-License-Identifier: Apache-2.0 */
#include "share_fetch.h"

typedef kw_share_fetch_request request_type;

static bool list_ranges(const struct call *call, const kw_share_fetch_request_fetch_partition *from,
                        struct share_acknowledgements *out)
{
    size_t count = (size_t)(from->acknowledgement_batches.len > 0 ? from->acknowledgement_batches.len : 0);
    struct share_acknowledgement *items = kw_arena_array(call->arena, count + 1, sizeof *items);
    *out = (struct share_acknowledgements){items, count};
    for (size_t i = 0; i < count && items != NULL; i++) {
        const kw_share_fetch_request_acknowledgement_batch *b = &from->acknowledgement_batches.items[i];
        size_t types = b->acknowledge_types.len > 0 ? (size_t)b->acknowledge_types.len : 0;
        items[i] = (struct share_acknowledgement){b->first_offset, b->last_offset, b->acknowledge_types.items, types};
    }
    return items != NULL;
}

/* How many partitions the request names, and whether it acknowledges something. */
static size_t count_partitions(const request_type *r, bool *has_acks)
{
    size_t count = 0;
    *has_acks = false;
    for (int32_t t = 0; t < r->topics.len; t++) {
        count += (size_t)r->topics.items[t].partitions.len;
        for (int32_t p = 0; p < r->topics.items[t].partitions.len; p++)
            *has_acks |= r->topics.items[t].partitions.items[p].acknowledgement_batches.len > 0;
    }
    return count;
}

bool share_fetch_list_acks(struct share_fetching *f)
{
    const request_type *r = f->request;
    bool has_acks;
    size_t count = count_partitions(r, &has_acks);
    if (!has_acks)
        return true;
    f->acks.items = kw_arena_array(f->call->arena, count, sizeof *f->acks.items);
    if (f->acks.items == NULL)
        return false;
    for (int32_t t = 0; t < r->topics.len; t++)
        for (int32_t p = 0; p < r->topics.items[t].partitions.len; p++) {
            struct share_ack *ack = &f->acks.items[f->acks.count++];
            *ack = (struct share_ack){.topic = r->topics.items[t].topic_id,
                                      .index = r->topics.items[t].partitions.items[p].partition_index};
            if (!list_ranges(f->call, &r->topics.items[t].partitions.items[p], &ack->ranges))
                return false;
        }
    share_acks_check(f->call, &f->acks, r->is_renew_ack);
    return true;
}

bool share_fetch_list_partitions(struct share_fetching *f, struct share_session_request *out)
{
    const request_type *r = f->request;
    size_t added = 0, forgotten = 0;
    for (int32_t t = 0; t < r->topics.len; t++)
        added += (size_t)r->topics.items[t].partitions.len;
    for (int32_t t = 0; t < r->forgotten_topics_data.len; t++)
        forgotten += (size_t)r->forgotten_topics_data.items[t].partitions.len;
    struct set_partition *a = kw_arena_array(f->call->arena, added + 1, sizeof *a);
    struct set_partition *g = kw_arena_array(f->call->arena, forgotten + 1, sizeof *g);
    if (a == NULL || g == NULL)
        return false;
    added = forgotten = 0;
    for (int32_t t = 0; t < r->topics.len; t++) {
        const kw_share_fetch_request_fetch_topic *topic = &r->topics.items[t];
        bool is_known = metadata_topic_by_id(f->call->image, topic->topic_id) != NULL;
        for (int32_t p = 0; p < topic->partitions.len; p++)
            a[added++] = (struct set_partition){topic->topic_id, topic->partitions.items[p].partition_index,
                                                is_known ? SHARE_TOPIC_WAS_KNOWN : 0};
    }
    for (int32_t t = 0; t < r->forgotten_topics_data.len; t++)
        for (int32_t p = 0; p < r->forgotten_topics_data.items[t].partitions.len; p++)
            g[forgotten++] = (struct set_partition){r->forgotten_topics_data.items[t].topic_id,
                                                    r->forgotten_topics_data.items[t].partitions.items[p], 0};
    out->added = partition_set_of(a, added);
    out->forgotten = partition_set_of(g, forgotten);
    return true;
}
