/* SPDX-License-Identifier: Apache-2.0 */
#include "classic_join.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>
#include <kwire/messages/group_metadata_key.h>
#include <kwire/messages/group_metadata_value.h>

#include "../../../base/growth.h"
#include "../consumer/consumer_classic.h"
#include "../group_records.h"
#include "classic_rebalance.h"
#include "classic_static.h"

enum { FIRST_VERSION_WITH_PENDING_IDS = 4, UUID_TEXT = 36 };

static const kw_string no_id = {"", 0};

void classic_join_refuse(kw_join_group_response *response, int16_t error, kw_string member_id)
{
    response->error_code = error;
    response->member_id = member_id;
    response->protocol_name.len = -1;
}

static void run_out(struct coordinator_decision *d)
{
    record_out_fail(&d->records, KW_ERR_NO_MEMORY);
}

/* ---- answers ---- */

static bool copy_member(kw_arena *arena, const kw_join_group_response_member *from, kw_join_group_response_member *to)
{
    kw_string metadata;
    kw_join_group_response_member_init(to);
    if (!arena_put_string(arena, from->member_id, &to->member_id) ||
        !arena_put_string(arena, from->group_instance_id, &to->group_instance_id) ||
        !arena_put_string(arena, kw_string_of_bytes(from->metadata), &metadata))
        return false;
    to->metadata = kw_bytes_of_string(metadata);
    return true;
}

static bool copy_members(kw_arena *arena, const kw_join_group_response_member_array *from,
                         kw_join_group_response_member_array *to)
{
    to->items = kw_arena_array(arena, (size_t)from->len, sizeof *to->items);
    if (to->items == NULL)
        return false;
    for (to->len = 0; to->len < from->len; to->len++)
        if (!copy_member(arena, &from->items[to->len], &to->items[to->len]))
            return false;
    return true;
}

static bool fill_generation(kw_arena *arena, kw_string type, kw_string protocol, kw_string leader,
                            kw_join_group_response *response)
{
    return arena_put_string(arena, type, &response->protocol_type) &&
           arena_put_string(arena, protocol, &response->protocol_name) &&
           arena_put_string(arena, leader, &response->leader);
}

bool classic_join_respond(const struct classic_answer *answer, kw_arena *arena, kw_join_group_response *response)
{
    const struct classic_generation *generation = answer->generation;
    classic_join_refuse(response, answer->error, answer->member_id);
    if (!arena_put_string(arena, answer->member_id, &response->member_id))
        return false;
    if (answer->error != KW_ERROR_NONE)
        return true;
    response->generation_id = generation->generation;
    response->skip_assignment = answer->skips_assignment;
    return fill_generation(arena, generation->protocol_type, generation->protocol, generation->leader, response) &&
           (answer->roster == NULL || copy_members(arena, &answer->roster->members, &response->members));
}

/* The generation that is there already. */
static void answer(struct coordinator_decision *d, const struct classic_member *member, const struct join_request *in,
                   struct join_result *out)
{
    const struct classic_group *group = member->group;
    kw_join_group_response *response = out->response;
    response->generation_id = group->generation;
    response->member_id = in->message->member_id;
    if (!fill_generation(in->arena, classic_protocol_type(group), classic_protocol(group), classic_leader(group),
                         response) ||
        (member == group->leader && !classic_list_members(group, in->arena, &response->members)))
        run_out(d);
}

/* ---- ids ---- */

/* In memory of the arena; data is NULL if there is none. */
static kw_string create_id(struct coordinator_decision *d, const struct join_request *in)
{
    static const char digits[] = "0123456789abcdef";
    kw_string name = in->message->group_instance_id.len >= 0 ? in->message->group_instance_id : in->client_id;
    size_t len = name.len > 0 ? (size_t)name.len : 0;
    kw_uuid uuid;
    char *id = kw_arena_alloc(in->arena, len + 1 + UUID_TEXT), *at;
    if (id == NULL || !random_uuid(d->random, &uuid))
        return (kw_string){NULL, -1};
    if (len != 0)
        memcpy(id, name.data, len);
    at = id + len;
    *at++ = '-';
    for (size_t i = 0; i < sizeof uuid.bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[uuid.bytes[i] >> 4];
        *at++ = digits[uuid.bytes[i] & 15];
    }
    return (kw_string){id, (int32_t)(at - id)};
}

/* ---- members ---- */

static bool has_budget(const struct coordinator_decision *d, size_t size)
{
    struct coordinator_budget *budget = ((struct group_machine *)d->state)->budget;
    if (!coordinator_budget_take(budget, size))
        return false;
    coordinator_budget_give(budget, size);
    return true;
}

static bool allocate(struct classic_group *group, struct classic_member **member, struct classic_wait *wait,
                     kw_string id, const struct join_request *in)
{
    const struct classic_member_texts texts = {id, in->message->group_instance_id, in->client_id, in->client_host};
    *member = classic_member_create(&texts);
    struct classic_protocols *protocols = classic_protocols_create(group, &in->message->protocols);
    *wait = (struct classic_wait){NULL, NULL};
    if (*member != NULL && protocols != NULL && classic_wait_create(wait, id) &&
        classic_prepare(group, in->message->protocol_type)) {
        (*member)->protocols = protocols;
        return true;
    }
    if (wait->waiter != NULL)
        classic_wait_cancel(wait);
    classic_protocols_free(group, protocols);
    classic_member_free(*member);
    return false;
}

static void add(const struct classic_moment *at, struct classic_group *group, kw_string id,
                const struct join_request *in, struct join_result *out)
{
    struct classic_member *member;
    struct classic_wait wait;
    if (!has_budget(at->decision, sizeof *member)) {
        classic_join_refuse(out->response, KW_ERROR_COORDINATOR_NOT_AVAILABLE, in->message->member_id);
        return;
    }
    if (!allocate(group, &member, &wait, id, in)) {
        run_out(at->decision);
        return;
    }
    struct classic_pending *pending = classic_find_pending(group, id);
    if (pending != NULL)
        classic_remove_pending(group, pending);
    member->rebalance_timeout_ms = in->message->rebalance_timeout_ms;
    member->session_timeout_ms = in->message->session_timeout_ms;
    member->is_new = true;
    if (classic_is_initial(group))
        group->new_member_came = true;
    out->waiter = wait.waiter;
    classic_add(group, member);
    classic_set_join(member, wait);
    classic_touch(at, member, CLASSIC_NEW_MEMBER_MS);
    classic_rebalance(at, group);
}

static void update(const struct classic_moment *at, struct classic_member *member, const struct join_request *in,
                   struct join_result *out)
{
    struct classic_group *group = member->group;
    struct classic_wait wait;
    struct classic_protocols *protocols = classic_protocols_create(group, &in->message->protocols);
    if (protocols == NULL || !classic_wait_create(&wait, in->message->member_id)) {
        classic_protocols_free(group, protocols);
        run_out(at->decision);
        return;
    }
    out->waiter = wait.waiter;
    classic_protocols_free(group, classic_set_protocols(member, protocols));
    member->rebalance_timeout_ms = in->message->rebalance_timeout_ms;
    member->session_timeout_ms = in->message->session_timeout_ms;
    classic_set_join(member, wait);
    classic_rebalance(at, group);
}

/* ---- without a member id ---- */

static void hand_out_id(const struct classic_moment *at, struct classic_group *group, kw_string id,
                        const struct join_request *in, struct join_result *out)
{
    if (!has_budget(at->decision, sizeof(struct classic_pending))) {
        classic_join_refuse(out->response, KW_ERROR_COORDINATOR_NOT_AVAILABLE, no_id);
        return;
    }
    struct classic_pending *pending = classic_add_pending(group, id);
    if (pending == NULL) {
        run_out(at->decision);
        return;
    }
    classic_touch_pending(at, pending, in->message->session_timeout_ms);
    classic_join_refuse(out->response, KW_ERROR_MEMBER_ID_REQUIRED, id);
}

static void join_anew(const struct classic_moment *at, struct classic_group *group, const struct join_request *in,
                      struct join_result *out)
{
    kw_string instance_id = in->message->group_instance_id;
    kw_string id = create_id(at->decision, in);
    if (id.data == NULL) {
        run_out(at->decision);
        return;
    }
    struct classic_member *known = instance_id.len >= 0 ? classic_find_static(group, instance_id) : NULL;
    if (known != NULL)
        classic_replace_static(at, known, id, in, out);
    else if (instance_id.len < 0 && in->version >= FIRST_VERSION_WITH_PENDING_IDS)
        hand_out_id(at, group, id, in, out);
    else
        add(at, group, id, in, out);
}

/* ---- with one ---- */

static void join_again(const struct classic_moment *at, struct classic_member *member, const struct join_request *in,
                       struct join_result *out)
{
    const struct classic_group *group = member->group;
    bool is_same = classic_protocols_match(member->protocols, &in->message->protocols);
    bool is_known = (group->state == CLASSIC_COMPLETING_REBALANCE && is_same) ||
                    (group->state == CLASSIC_STABLE && is_same && member != group->leader);
    if (is_known)
        answer(at->decision, member, in, out);
    else
        update(at, member, in, out);
}

static void return_to(const struct classic_moment *at, struct classic_group *group, const struct join_request *in,
                      struct join_result *out)
{
    const kw_join_group_request *message = in->message;
    if (classic_find_pending(group, message->member_id) != NULL) {
        if (message->group_instance_id.len >= 0)
            classic_join_refuse(out->response, KW_ERROR_UNKNOWN_SERVER_ERROR, no_id);
        else
            add(at, group, message->member_id, in, out);
        return;
    }
    int16_t error = classic_validate(group, message->member_id, message->group_instance_id);
    if (error == KW_ERROR_NONE)
        join_again(at, classic_find(group, message->member_id), in, out);
    else
        classic_join_refuse(out->response, error, message->member_id);
}

/* ---- the request ---- */

static bool has_no_place(const struct group_machine *m, const struct classic_group *group,
                         const struct classic_member *member)
{
    size_t most = (size_t)m->settings.classic_max_size;
    switch (group->state) {
    case CLASSIC_PREPARING_REBALANCE:
        return (member == NULL || !classic_is_joining(member)) && group->joining >= most;
    case CLASSIC_COMPLETING_REBALANCE:
    case CLASSIC_STABLE:
        return member == NULL && classic_member_count(group) >= most;
    default:
        return false;
    }
}

static void refuse_full(struct classic_group *group, struct classic_member *member, const struct join_request *in,
                        struct join_result *out)
{
    struct classic_pending *pending = classic_find_pending(group, in->message->member_id);
    if (pending != NULL)
        classic_remove_pending(group, pending);
    if (member != NULL)
        classic_remove(group, member, KW_ERROR_UNKNOWN_MEMBER_ID);
    classic_join_refuse(out->response, KW_ERROR_GROUP_MAX_SIZE_REACHED, no_id);
}

static void join(struct coordinator_decision *d, struct classic_group *group, const struct join_request *in,
                 struct join_result *out)
{
    struct classic_moment at = classic_moment_of(d);
    struct classic_member *member = classic_find(group, in->message->member_id);
    if (has_no_place(d->state, group, member))
        refuse_full(group, member, in, out);
    else if (!classic_supports(group, in->message->protocol_type, &in->message->protocols))
        classic_join_refuse(out->response, KW_ERROR_INCONSISTENT_GROUP_PROTOCOL, in->message->member_id);
    else if (in->message->member_id.len == 0)
        join_anew(&at, group, in, out);
    else
        return_to(&at, group, in, out);
}

/* An empty group, as one record; in place of an empty one of another type, or NULL. */
static void create(struct coordinator_decision *d, struct group *other, const struct join_request *in,
                   struct join_result *out)
{
    kw_group_metadata_key key;
    kw_group_metadata_value value;
    if (!has_budget(d, sizeof(struct classic_group) + sizeof(struct group))) {
        classic_join_refuse(out->response, KW_ERROR_COORDINATOR_NOT_AVAILABLE, no_id);
        return;
    }
    if (other != NULL)
        group_kind_of(other->type)->remove(d->state, d, other);
    kw_group_metadata_key_init(&key);
    kw_group_metadata_value_init(&value);
    key.group = in->message->group_id;
    value.protocol = value.leader = (kw_string){NULL, -1};
    value.current_state_timestamp = d->now;
    group_records_add(&d->records, KW_GROUP_METADATA_KEY_TYPE, &key, &value);
    out->is_to_be_repeated = true;
}

/* One of another type that is empty becomes a classic group, with its offsets. A consumer group takes members with the
 * classic protocol. */
static void join_other_type(struct coordinator_decision *d, struct group *group, const struct join_request *in,
                            struct join_result *out)
{
    const struct group_kind *kind = group_kind_of(group->type);
    if (group->type == GROUP_CONSUMER && group->state.consumer->member_count != 0) {
        consumer_join(d, group->state.consumer, in, out);
        return;
    }
    bool can_become = group->type != GROUP_SHARE && kind != NULL && kind->is_empty(d->state, group);
    if (!can_become) {
        classic_join_refuse(out->response, KW_ERROR_INCONSISTENT_GROUP_PROTOCOL, no_id);
    } else if (in->message->member_id.len != 0) {
        classic_join_refuse(out->response, KW_ERROR_UNKNOWN_MEMBER_ID, in->message->member_id);
    } else {
        create(d, group, in, out);
    }
}

void group_join(struct coordinator_decision *d, const struct join_request *in, struct join_result *out)
{
    struct group *group = group_find(d->state, in->message->group_id);
    out->is_to_be_repeated = false;
    if (group == NULL && in->message->member_id.len != 0) {
        classic_join_refuse(out->response, KW_ERROR_UNKNOWN_MEMBER_ID, in->message->member_id);
    } else if (group == NULL) {
        create(d, NULL, in, out);
    } else if (group->type != GROUP_CLASSIC) {
        join_other_type(d, group, in, out);
    } else {
        struct classic_group *classic = classic_demand(d->state, group);
        if (classic != NULL)
            join(d, classic, in, out);
        else
            run_out(d);
    }
}
