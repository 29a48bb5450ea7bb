/* SPDX-License-Identifier: Apache-2.0 */
#include "share_heartbeat.h"

#include <string.h>

#include <kwire/error.h>

#include "../../../base/growth.h"
#include "../../../metadata/refusal.h"
#include "../assignors/assign_simple.h"
#include "../consumer/consumer_member.h"
#include "../consumer/consumer_topics.h"
#include "../metadata_hash.h"
#include "share_group_records.h"

/* One heartbeat on its way. */
struct beat {
    struct group_machine *m;
    struct coordinator_decision *d;
    const struct share_heartbeat *in;
    const kw_share_group_heartbeat_request *request;
    kw_share_group_heartbeat_response *response;
    kw_arena *arena;       /* until the end of the decision */
    struct share_group *g; /* `created` if there is none yet */
    struct share_group created;
    struct share_slot *slot; /* NULL: it is new */
    struct share_member after;
    bool has_changed_names;
    bool is_bumped;
    kw_string_array names; /* of all members; sorted */
    int32_t epoch;         /* of the group */
    int32_t target_epoch;
    struct partition_set target;
    struct share_assignment before_assignment;
    struct share_assignment assignment;
};

/* ---- ends ---- */

static bool no_memory(struct beat *b)
{
    record_out_fail(&b->d->records, b->arena->status != KW_OK ? b->arena->status : KW_ERR_NO_MEMORY);
    return false;
}

#define REFUSE(beat, error, ...)                                            \
    do {                                                                    \
        struct refusal refusal = {KW_ERROR_NONE, {NULL, -1}};               \
        (void)refuse_with(&refusal, (beat)->in->arena, error, __VA_ARGS__); \
        (beat)->response->error_code = error;                               \
        (beat)->response->error_message = refusal.message;                  \
        (beat)->d->records.count = 0;                                       \
        return false;                                                       \
    } while (0)

/* ---- the request ---- */

/* As String.trim() has it. */
static bool is_blank(kw_string text)
{
    for (int32_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] > ' ')
            return false;
    return text.len >= 0;
}

static bool refuse_request(kw_share_group_heartbeat_response *response, const char *message)
{
    response->error_code = KW_ERROR_INVALID_REQUEST;
    response->error_message = kw_string_of(message);
    return false;
}

bool share_heartbeat_check(const kw_share_group_heartbeat_request *r, kw_share_group_heartbeat_response *response)
{
    if (is_blank(r->member_id))
        return refuse_request(response, "MemberId can't be empty.");
    if (is_blank(r->group_id))
        return refuse_request(response, "GroupId can't be empty.");
    if (is_blank(r->rack_id))
        return refuse_request(response, "RackId can't be empty.");
    if (r->member_epoch == EPOCH_JOIN && r->subscribed_topic_names.len <= 0)
        return refuse_request(response, "SubscribedTopicNames must be set in first request.");
    if (r->member_epoch < EPOCH_LEAVE)
        return refuse_request(response, "MemberEpoch is invalid.");
    return true;
}

/* ---- the group and the member ---- */

static bool find_group(struct beat *b)
{
    struct group *group = group_find(b->m, b->request->group_id);
    bool joins = b->request->member_epoch == EPOCH_JOIN;
    b->g = share_group_of(group);
    if (b->g != NULL)
        return true;
    if (group != NULL)
        REFUSE(b, KW_ERROR_GROUP_ID_NOT_FOUND, "Group %.*s is not a share group.", KW_FMT(b->request->group_id));
    if (!joins)
        REFUSE(b, KW_ERROR_GROUP_ID_NOT_FOUND, "%s %.*s not found.",
               b->request->member_epoch == EPOCH_LEAVE ? "Group" : "Share group", KW_FMT(b->request->group_id));
    b->created.id = b->request->group_id;
    b->created.must_look = b->created.may_initialize = true;
    b->created.epochs.epoch = b->created.epochs.target_epoch = SHARE_FIRST_EPOCH;
    b->g = &b->created;
    return true;
}

static bool refuse_unknown_member(struct beat *b)
{
    REFUSE(b, KW_ERROR_UNKNOWN_MEMBER_ID, "Member %.*s is not a member of group %.*s.", KW_FMT(b->request->member_id),
           KW_FMT(b->request->group_id));
}

static bool check_size(struct beat *b)
{
    int32_t most = b->m->settings.share.max_size;
    if (b->g->member_count < (size_t)most || b->slot != NULL)
        return true;
    REFUSE(b, KW_ERROR_GROUP_MAX_SIZE_REACHED, "The share group has reached its maximum capacity of %d members.", most);
}

static bool check_epoch(struct beat *b)
{
    int32_t epoch = b->request->member_epoch, known = b->before_assignment.epoch;
    int32_t previous = b->before_assignment.previous_epoch;
    if (epoch == EPOCH_JOIN || epoch == known || (epoch < known && epoch == previous))
        return true;
    if (epoch > known)
        REFUSE(b, KW_ERROR_FENCED_MEMBER_EPOCH,
               "The share group member has a greater member epoch (%d) than the one known by the group coordinator "
               "(%d). The member must abandon all its partitions and rejoin.",
               epoch, known);
    REFUSE(b, KW_ERROR_FENCED_MEMBER_EPOCH,
           "The share group member has a smaller member epoch (%d) than the one known by the group coordinator (%d), "
           "and it does not match the previous member epoch (%d). The member must abandon all its partitions and "
           "rejoin.",
           epoch, known, previous);
}

/* More memory is only taken for what is new. */
static bool check_budget(struct beat *b)
{
    size_t size = sizeof(struct share_slot) + sizeof(struct share_member) + sizeof(struct share_group);
    if (b->slot != NULL)
        return true;
    if (!coordinator_budget_take(b->m->budget, size))
        REFUSE(b, KW_ERROR_COORDINATOR_NOT_AVAILABLE, "There is no memory for another member.");
    coordinator_budget_give(b->m->budget, size);
    return true;
}

static bool find_member(struct beat *b)
{
    b->slot = share_find(b->g, b->request->member_id);
    if (!check_size(b))
        return false;
    if (b->slot == NULL && b->request->member_epoch != EPOCH_JOIN)
        return refuse_unknown_member(b);
    if (b->slot != NULL && b->slot->assignment != NULL)
        b->before_assignment = *b->slot->assignment;
    return check_epoch(b) && check_budget(b);
}

/* ---- what it says ---- */

static bool read_names(struct beat *b)
{
    kw_string_array names = b->request->subscribed_topic_names;
    if (names.len < 0)
        return true;
    kw_string *copy = kw_arena_array(b->arena, (size_t)names.len + 1, sizeof *copy);
    if (copy == NULL)
        return no_memory(b);
    if (names.len > 0)
        memcpy(copy, names.items, (size_t)names.len * sizeof *copy);
    b->after.names = (kw_string_array){copy, sort_names(copy, names.len)};
    return true;
}

static bool update_member(struct beat *b)
{
    const struct share_member *before = b->slot != NULL ? b->slot->member : NULL;
    b->after = before != NULL ? *before : (struct share_member){.rack = {NULL, -1}};
    if (b->request->rack_id.len >= 0)
        b->after.rack = b->request->rack_id;
    b->after.client_id = b->in->client_id.len >= 0 ? b->in->client_id : (kw_string){"", 0};
    b->after.client_host = b->in->client_host;
    if (!read_names(b))
        return false;
    b->has_changed_names = before == NULL ? b->after.names.len != 0 : !same_names(before->names, b->after.names);
    if (before == NULL || b->has_changed_names || !kw_string_equal(before->rack, b->after.rack) ||
        !kw_string_equal(before->client_id, b->after.client_id) ||
        !kw_string_equal(before->client_host, b->after.client_host))
        share_records_add_member(&b->d->records, b->request->group_id, b->request->member_id, &b->after);
    return true;
}

/* ---- what the group is subscribed to ---- */

/* All names of its members, with `with` in place of what `slot` has, or in addition; without `slot` if it is NULL. */
static bool list_names(const struct share_group *g, const struct share_slot *slot, const struct share_member *with,
                       kw_arena *arena, kw_string_array *out)
{
    size_t count = with != NULL ? (size_t)with->names.len : 0, at = 0;
    for (const struct share_slot *s = share_first(g); s != NULL; s = share_next(s))
        if (s != slot)
            count += (size_t)s->member->names.len;
    kw_string *names = kw_arena_array(arena, count + 1, sizeof *names);
    if (names == NULL)
        return false;
    for (const struct share_slot *s = share_first(g); s != NULL; s = share_next(s))
        for (int32_t i = 0; s != slot && i < s->member->names.len; i++)
            names[at++] = s->member->names.items[i];
    for (int32_t i = 0; with != NULL && i < with->names.len; i++)
        names[at++] = with->names.items[i];
    *out = (kw_string_array){names, sort_names(names, (int32_t)at)};
    return true;
}

/* The hash of all of them; the names are copied, as they are sorted in another order. */
static bool hash_names(const struct metadata_image *image, kw_string_array names, kw_arena *arena, int64_t *hash)
{
    kw_string *copy = kw_arena_array(arena, (size_t)names.len + 1, sizeof *copy);
    if (copy == NULL)
        return false;
    if (names.len > 0)
        memcpy(copy, names.items, (size_t)names.len * sizeof *copy);
    return metadata_hash_group(image, copy, (size_t)names.len, NULL, arena, hash);
}

static bool is_assigned(const struct share_group *g, const struct set_partition *partition)
{
    for (const struct share_slot *s = share_first(g); s != NULL; s = share_next(s))
        if (partition_set_find(share_target_of(s), partition->topic, partition->index) != NULL)
            return true;
    return false;
}

/* Whether partitions have been initialized since the target was computed. */
static bool may_assign_more(struct beat *b, bool *out)
{
    struct partition_set set;
    *out = false;
    if (!b->g->may_assign || b->g->epochs.target_epoch < b->g->epochs.epoch || b->g->member_count == 0)
        return true;
    if (!share_topics_assignable(b->d->image, b->g, b->names, b->arena, &set))
        return no_memory(b);
    for (size_t i = 0; i < set.count && !*out; i++)
        *out = !is_assigned(b->g, &set.items[i]);
    b->g->may_assign = *out;
    return true;
}

static bool bump_epoch(struct beat *b)
{
    int64_t hash;
    bool has_more;
    b->epoch = b->g->epochs.epoch;
    if (!list_names(b->g, b->slot, &b->after, b->arena, &b->names))
        return no_memory(b);
    if (!may_assign_more(b, &has_more))
        return false;
    b->is_bumped = b->has_changed_names || has_more;
    if (!b->is_bumped && !b->g->must_look)
        return true;
    if (!hash_names(b->d->image, b->names, b->arena, &hash))
        return no_memory(b);
    b->is_bumped = b->is_bumped || hash != b->g->epochs.metadata_hash;
    if (!b->is_bumped) {
        b->g->must_look = false;
        return true;
    }
    share_records_add_epoch(&b->d->records, b->request->group_id, ++b->epoch, hash);
    return true;
}

/* ---- target ---- */

static bool is_time_for_target(const struct beat *b)
{
    int32_t interval = share_assignment_interval(b->m, b->request->group_id);
    return b->g->epochs.target_time == 0 || interval == 0 || b->d->now >= b->g->epochs.target_time + interval;
}

struct targets {
    struct simple_member *members;
    const struct share_slot **slots; /* NULL: the new member */
    size_t count;
    kw_uuid *topics; /* of partitions that may be assigned */
    kw_string *names;
    size_t topic_count;
};

static bool list_topics(struct beat *b, struct partition_set set, struct targets *t)
{
    size_t topics = partition_set_topics(set);
    t->topics = kw_arena_array(b->arena, topics + 1, sizeof *t->topics);
    t->names = kw_arena_array(b->arena, topics + 1, sizeof *t->names);
    if (t->topics == NULL || t->names == NULL)
        return false;
    for (size_t i = 0; i < set.count; i = partition_set_topic_end(set, i)) {
        t->topics[t->topic_count] = set.items[i].topic;
        t->names[t->topic_count++] = metadata_topic_by_id(b->d->image, set.items[i].topic)->name;
    }
    return true;
}

static bool add_member(struct beat *b, struct targets *t, const struct share_slot *slot,
                       const struct share_member *member)
{
    struct simple_member *out = &t->members[t->count];
    uint32_t *topics = kw_arena_array(b->arena, t->topic_count + 1, sizeof *topics);
    if (topics == NULL)
        return false;
    *out = (struct simple_member){.topics = topics};
    for (size_t i = 0; i < t->topic_count; i++)
        if (names_have(member->names, t->names[i]))
            topics[out->topic_count++] = (uint32_t)i;
    if (slot != NULL)
        out->before = share_target_of(slot);
    t->slots[t->count++] = slot;
    return true;
}

static bool list_members(struct beat *b, struct targets *t)
{
    bool fine = true;
    t->members = kw_arena_array(b->arena, b->g->member_count + 1, sizeof *t->members);
    t->slots = kw_arena_array(b->arena, b->g->member_count + 1, sizeof *t->slots);
    if (t->members == NULL || t->slots == NULL)
        return false;
    for (const struct share_slot *s = share_first(b->g); s != NULL && fine; s = share_next(s))
        fine = add_member(b, t, s, s == b->slot ? &b->after : s->member);
    return fine && (b->slot != NULL || add_member(b, t, NULL, &b->after));
}

static void add_targets(struct beat *b, const struct targets *t)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct share_slot *slot = t->slots[i];
        struct partition_set set = t->members[i].after;
        if (slot == b->slot)
            b->target = set;
        if (slot == NULL || slot->target == NULL || !partition_set_equal(slot->target->set, set))
            share_records_add_target(&b->d->records, b->request->group_id,
                                     slot != NULL ? slot->id : b->request->member_id, set);
    }
    share_records_add_target_epoch(&b->d->records, b->request->group_id, b->epoch, b->d->now);
}

static bool find_target(struct beat *b)
{
    struct targets t = {.count = 0};
    struct partition_set set;
    b->target_epoch = b->g->epochs.target_epoch;
    b->target = b->slot != NULL ? share_target_of(b->slot) : (struct partition_set){NULL, 0};
    if (b->target_epoch >= b->epoch || !is_time_for_target(b))
        return true;
    b->target_epoch = b->epoch;
    if (!share_topics_assignable(b->d->image, b->g, b->names, b->arena, &set) || !list_topics(b, set, &t) ||
        !list_members(b, &t) || !assign_simple(set, t.topics, t.topic_count, t.members, t.count, b->arena))
        return no_memory(b);
    add_targets(b, &t);
    return true;
}

/* ---- what the member has ---- */

/* Without topics that it is not subscribed to. */
static bool filter_target(struct beat *b, struct partition_set *out)
{
    struct set_partition *items = kw_arena_array(b->arena, b->target.count + 1, sizeof *items);
    size_t count = 0;
    if (items == NULL)
        return no_memory(b);
    for (size_t i = 0, end; i < b->target.count; i = end) {
        const struct metadata_topic *topic = metadata_topic_by_id(b->d->image, b->target.items[i].topic);
        end = partition_set_topic_end(b->target, i);
        for (size_t p = i; p < end && topic != NULL && names_have(b->after.names, topic->name); p++)
            items[count++] = b->target.items[p];
    }
    *out = (struct partition_set){items, count};
    return true;
}

static bool reconcile(struct beat *b)
{
    struct share_assignment *a = &b->assignment;
    *a = b->before_assignment;
    bool is_new = b->target_epoch != a->epoch;
    if (!is_new && !b->is_bumped)
        return true;
    if (!filter_target(b, &a->set))
        return false;
    if (is_new) {
        a->previous_epoch = a->epoch;
        a->epoch = b->target_epoch;
        a->state = MEMBER_STABLE;
    }
    if (is_new || !partition_set_equal(a->set, b->before_assignment.set))
        share_records_add_assignment(&b->d->records, b->request->group_id, b->request->member_id, a);
    return true;
}

/* ---- the answer ---- */

static bool list_assignment(struct beat *b)
{
    struct partition_set set = b->assignment.set;
    kw_arena *arena = b->in->arena;
    size_t count = partition_set_topics(set), t = 0;
    kw_share_group_heartbeat_response_assignment *out = kw_arena_alloc(arena, sizeof *out);
    kw_share_group_heartbeat_response_topic_partitions *topics = kw_arena_array(arena, count + 1, sizeof *topics);
    int32_t *indexes = partition_set_indexes(set, arena);
    if (out == NULL || topics == NULL || indexes == NULL)
        return no_memory(b);
    kw_share_group_heartbeat_response_assignment_init(out);
    for (size_t i = 0, end; i < set.count; i = end, t++) {
        end = partition_set_topic_end(set, i);
        kw_share_group_heartbeat_response_topic_partitions_init(&topics[t]);
        topics[t].topic_id = set.items[i].topic;
        topics[t].partitions = (kw_int32_array){indexes + i, (int32_t)(end - i)};
    }
    out->topic_partitions.items = topics;
    out->topic_partitions.len = (int32_t)count;
    b->response->assignment = out;
    return true;
}

static bool answer(struct beat *b)
{
    b->response->member_id = arena_copy_string(b->in->arena, b->request->member_id);
    b->response->member_epoch = b->assignment.epoch;
    b->response->heartbeat_interval_ms = share_heartbeat_interval(b->m, b->request->group_id);
    if (b->response->member_id.data == NULL)
        return no_memory(b);
    if (b->request->member_epoch == EPOCH_JOIN || b->request->subscribed_topic_names.len >= 0 ||
        !partition_set_equal(b->before_assignment.set, b->assignment.set))
        return list_assignment(b);
    return true;
}

/* ---- leaving ---- */

static void fence(struct coordinator_decision *d, const struct share_slot *slot)
{
    const struct share_group *g = slot->group;
    int32_t epoch = g->epochs.epoch + 1;
    kw_string_array names;
    int64_t hash;
    share_records_remove_member(&d->records, g->id, slot->id);
    if (!list_names(g, slot, NULL, d->records.arena, &names) || !hash_names(d->image, names, d->records.arena, &hash)) {
        record_out_fail(&d->records, kw_arena_status(d->records.arena));
        return;
    }
    share_records_add_epoch(&d->records, g->id, epoch, hash);
    if (g->member_count == 1)
        share_records_add_target_epoch(&d->records, g->id, epoch, 0);
}

static bool leave(struct beat *b)
{
    b->slot = share_find(b->g, b->request->member_id);
    if (b->slot == NULL)
        return refuse_unknown_member(b);
    fence(b->d, b->slot);
    b->response->member_epoch = b->request->member_epoch;
    b->response->member_id = arena_copy_string(b->in->arena, b->request->member_id);
    return b->response->member_id.data != NULL || no_memory(b);
}

/* The deadline moves with each heartbeat, and the timer only here. A slot without a member is one whose removal is not
 * written yet. */
void share_session_ended(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct share_slot *slot = (struct share_slot *)(void *)((char *)timer - offsetof(struct share_slot, session));
    if (slot->member == NULL)
        return;
    if (slot->deadline > d->clock)
        coordinator_timer_start(d->shard, timer, slot->deadline);
    else
        fence(d, slot);
}

/* ---- all of it ---- */

static bool stay(struct beat *b, struct share_wanted *wanted)
{
    if (!find_member(b) || !update_member(b) || !bump_epoch(b) || !find_target(b) || !reconcile(b))
        return false;
    if (b->is_bumped || b->g->may_initialize) {
        if (!share_topics_initialize(b->m, b->d, b->g, b->request->group_id, b->names, b->in->arena, wanted))
            return no_memory(b);
        b->g->may_initialize =
            wanted->set.count != 0 || (b->g->topics != NULL && b->g->topics->initializing.count != 0);
    }
    wanted->epoch = b->epoch;
    if (b->slot != NULL)
        b->slot->deadline = b->d->clock + share_session_timeout(b->m, b->request->group_id);
    return answer(b);
}

void share_heartbeat(struct group_machine *m, struct coordinator_decision *d, const struct share_heartbeat *in,
                     kw_share_group_heartbeat_response *response, struct share_wanted *wanted)
{
    struct beat b = {
        .m = m,
        .d = d,
        .in = in,
        .request = in->request,
        .response = response,
        .arena = d->records.arena,
    };
    *wanted = (struct share_wanted){.epoch = 0};
    if (!find_group(&b))
        return;
    if (b.request->member_epoch == EPOCH_LEAVE)
        (void)leave(&b);
    else
        (void)stay(&b, wanted);
}
