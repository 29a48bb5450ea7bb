/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_describe.h"

#include <kwire/error.h>

#include "../../../base/growth.h"
#include "../../../metadata/refusal.h"
#include "../group_machine.h"
#include "consumer_group.h"

typedef kw_consumer_group_describe_response_described_group described_group;
typedef kw_consumer_group_describe_response_member described_member;
typedef kw_consumer_group_describe_response_topic_partitions described_topic;

enum { MEMBER_TYPE_CLASSIC, MEMBER_TYPE_CONSUMER };

/* What it is copied to, as the state may change before the response is encoded. */
struct describing {
    const struct metadata_image *image;
    kw_arena *arena;
};

static bool copy(const struct describing *d, kw_string from, kw_string *to)
{
    return arena_put_string(d->arena, from, to);
}

/* ---- partitions ---- */

/* Both sets in order, topic by topic. */
struct two_sets {
    struct partition_set first;
    struct partition_set second;
    size_t at_first;
    size_t at_second;
};

/* The next topic: returns the number of its partitions; 0: no more. */
static size_t next_topic(struct two_sets *sets, kw_uuid *topic, int32_t *indexes)
{
    size_t count = 0;
    bool has_first = sets->at_first < sets->first.count, has_second = sets->at_second < sets->second.count;
    if (!has_first && !has_second)
        return 0;
    *topic = has_first ? sets->first.items[sets->at_first].topic : sets->second.items[sets->at_second].topic;
    if (has_second && kw_uuid_compare(sets->second.items[sets->at_second].topic, *topic) < 0)
        *topic = sets->second.items[sets->at_second].topic;
    for (; sets->at_first < sets->first.count && kw_uuid_equal(sets->first.items[sets->at_first].topic, *topic);)
        indexes[count++] = sets->first.items[sets->at_first++].index;
    for (; sets->at_second < sets->second.count && kw_uuid_equal(sets->second.items[sets->at_second].topic, *topic);)
        indexes[count++] = sets->second.items[sets->at_second++].index;
    return count;
}

/* Topics that do not exist any more are left out. */
static bool describe_sets(const struct describing *d, struct partition_set first, struct partition_set second,
                          kw_consumer_group_describe_response_assignment *out)
{
    struct two_sets sets = {first, second, 0, 0};
    size_t most = partition_set_topics(first) + partition_set_topics(second), count;
    described_topic *topics = kw_arena_array(d->arena, most + 1, sizeof *topics);
    int32_t *indexes = kw_arena_array(d->arena, first.count + second.count + 1, sizeof *indexes);
    kw_uuid id;
    kw_consumer_group_describe_response_assignment_init(out);
    if (topics == NULL || indexes == NULL)
        return false;
    out->topic_partitions.items = topics;
    for (; (count = next_topic(&sets, &id, indexes)) != 0; indexes += count) {
        const struct metadata_topic *known = metadata_topic_by_id(d->image, id);
        described_topic *topic = &topics[out->topic_partitions.len];
        if (known == NULL)
            continue;
        kw_consumer_group_describe_response_topic_partitions_init(topic);
        topic->topic_id = id;
        topic->partitions = (kw_int32_array){indexes, (int32_t)count};
        if (!copy(d, known->name, &topic->topic_name))
            return false;
        out->topic_partitions.len++;
    }
    return true;
}

/* ---- members ---- */

static bool describe_member(const struct describing *d, const struct consumer_slot *slot, described_member *out)
{
    static const struct partition_set nothing = {NULL, 0};
    const struct consumer_member *m = slot->member;
    kw_consumer_group_describe_response_member_init(out);
    out->member_epoch = m->epoch;
    out->member_type = m->is_classic ? MEMBER_TYPE_CLASSIC : MEMBER_TYPE_CONSUMER;
    return copy(d, m->id, &out->member_id) && copy(d, m->instance_id, &out->instance_id) &&
           copy(d, m->rack, &out->rack_id) && copy(d, m->client_id, &out->client_id) &&
           copy(d, m->client_host, &out->client_host) && copy(d, m->pattern, &out->subscribed_topic_regex) &&
           arena_put_strings(d->arena, m->names, &out->subscribed_topic_names) &&
           describe_sets(d, m->assigned, m->revoking, &out->assignment) &&
           describe_sets(d, consumer_target_of(slot), nothing, &out->target_assignment);
}

static bool describe(const struct describing *d, const struct group_machine *m, const struct consumer_group *g,
                     described_group *out)
{
    const struct consumer_settings *s = &m->settings.consumer;
    out->group_state = kw_string_of(consumer_state_name(g));
    out->group_epoch = g->epochs.epoch;
    out->assignment_epoch = g->epochs.target_epoch;
    out->assignor_name =
        s->assignor_names[consumer_preferred_assignor(g, NULL, NULL, s->assignor_names, s->assignor_count)];
    out->members.items = kw_arena_array(d->arena, g->member_count + 1, sizeof *out->members.items);
    if (out->members.items == NULL)
        return false;
    for (const struct consumer_slot *slot = consumer_first(g); slot != NULL; slot = consumer_next(slot))
        if (!describe_member(d, slot, &out->members.items[out->members.len++]))
            return false;
    return true;
}

void consumer_describe(struct coordinator_decision *decision, kw_string id, kw_arena *arena, described_group *out)
{
    const struct group_machine *m = decision->state;
    const struct describing d = {decision->image, arena};
    const struct group *group = group_find(m, id);
    const struct consumer_group *g = consumer_group_of(group);
    struct refusal refusal = {KW_ERROR_NONE, {NULL, -1}};
    kw_consumer_group_describe_response_described_group_init(out);
    out->group_id = id;
    if (g != NULL) {
        if (!describe(&d, m, g, out))
            record_out_fail(&decision->records, kw_arena_status(arena));
        return;
    }
    (void)refuse_with(&refusal, arena, KW_ERROR_GROUP_ID_NOT_FOUND,
                      group == NULL ? "Group %.*s not found." : "Group %.*s is not a consumer group.", KW_FMT(id));
    out->error_code = refusal.error;
    out->error_message = refusal.message;
}
