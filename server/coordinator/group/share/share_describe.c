/* SPDX-License-Identifier: Apache-2.0 */
#include "share_describe.h"

#include <kwire/error.h>

#include "../../../base/growth.h"
#include "../../../metadata/refusal.h"
#include "../group_machine.h"
#include "share_group.h"

typedef kw_share_group_describe_response_described_group described_group;
typedef kw_share_group_describe_response_member described_member;
typedef kw_share_group_describe_response_topic_partitions described_topic;

/* What it is copied to, as the state may change before the response is encoded. */
struct describing {
    const struct metadata_image *image;
    kw_arena *arena;
};

static bool copy(const struct describing *d, kw_string from, kw_string *to)
{
    return arena_put_string(d->arena, from, to);
}

/* Topics that do not exist any more are left out. */
static bool describe_set(const struct describing *d, struct partition_set set,
                         kw_share_group_describe_response_assignment *out)
{
    described_topic *topics = kw_arena_array(d->arena, partition_set_topics(set) + 1, sizeof *topics);
    int32_t *indexes = partition_set_indexes(set, d->arena);
    kw_share_group_describe_response_assignment_init(out);
    if (topics == NULL || indexes == NULL)
        return false;
    out->topic_partitions.items = topics;
    for (size_t i = 0, end; i < set.count; i = end) {
        const struct metadata_topic *known = metadata_topic_by_id(d->image, set.items[i].topic);
        described_topic *topic = &topics[out->topic_partitions.len];
        end = partition_set_topic_end(set, i);
        if (known == NULL)
            continue;
        kw_share_group_describe_response_topic_partitions_init(topic);
        topic->topic_id = known->id;
        topic->partitions = (kw_int32_array){indexes + i, (int32_t)(end - i)};
        if (!copy(d, known->name, &topic->topic_name))
            return false;
        out->topic_partitions.len++;
    }
    return true;
}

static bool describe_member(const struct describing *d, const struct share_slot *slot, described_member *out)
{
    static const struct partition_set nothing = {NULL, 0};
    const struct share_member *m = slot->member;
    kw_share_group_describe_response_member_init(out);
    out->member_epoch = share_epoch_of(slot);
    return copy(d, slot->id, &out->member_id) && copy(d, m->rack, &out->rack_id) &&
           copy(d, m->client_id, &out->client_id) && copy(d, m->client_host, &out->client_host) &&
           arena_put_strings(d->arena, m->names, &out->subscribed_topic_names) &&
           describe_set(d, slot->assignment != NULL ? slot->assignment->set : nothing, &out->assignment);
}

static bool describe(const struct describing *d, const struct share_group *g, described_group *out)
{
    out->group_state = kw_string_of(share_state_name(g));
    out->group_epoch = g->epochs.epoch;
    out->assignment_epoch = g->epochs.target_epoch;
    out->assignor_name = kw_string_of("simple");
    out->members.items = kw_arena_array(d->arena, g->member_count + 1, sizeof *out->members.items);
    if (out->members.items == NULL)
        return false;
    for (const struct share_slot *slot = share_first(g); slot != NULL; slot = share_next(slot))
        if (!describe_member(d, slot, &out->members.items[out->members.len++]))
            return false;
    return true;
}

void share_describe(struct coordinator_decision *decision, kw_string id, kw_arena *arena, described_group *out)
{
    const struct describing d = {decision->image, arena};
    const struct group *group = group_find(decision->state, id);
    const struct share_group *g = share_group_of(group);
    struct refusal refusal = {KW_ERROR_NONE, {NULL, -1}};
    kw_share_group_describe_response_described_group_init(out);
    out->group_id = id;
    if (g != NULL) {
        if (!describe(&d, g, out))
            record_out_fail(&decision->records, kw_arena_status(arena));
        return;
    }
    (void)refuse_with(&refusal, arena, KW_ERROR_GROUP_ID_NOT_FOUND,
                      group == NULL ? "Group %.*s not found." : "Group %.*s is not a share group.", KW_FMT(id));
    out->error_code = refusal.error;
    out->error_message = refusal.message;
}
