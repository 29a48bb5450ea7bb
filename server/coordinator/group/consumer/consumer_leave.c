/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_leave.h"

#include <stdlib.h>

#include <kwire/error.h>

#include "consumer_fence.h"

/* NULL: *error says why. */
static const struct consumer_slot *find(const struct consumer_group *g,
                                        const kw_leave_group_request_member_identity *who, int16_t *error)
{
    bool is_static = who->group_instance_id.len >= 0;
    const struct consumer_slot *slot =
        is_static ? consumer_find_static(g, who->group_instance_id) : consumer_find(g, who->member_id);
    bool is_fenced = slot != NULL && is_static && who->member_id.len > 0 && !kw_string_equal(slot->id, who->member_id);
    *error = slot == NULL ? KW_ERROR_UNKNOWN_MEMBER_ID : is_fenced ? KW_ERROR_FENCED_INSTANCE_ID : KW_ERROR_NONE;
    return *error == KW_ERROR_NONE ? slot : NULL;
}

static int compare_slots(const void *a, const void *b)
{
    const struct consumer_slot *const *x = a, *const *y = b;
    return kw_string_compare((*x)->id, (*y)->id);
}

static size_t each_once(const struct consumer_slot **slots, size_t count)
{
    size_t kept = 0;
    if (count > 1)
        qsort(slots, count, sizeof *slots, compare_slots);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || slots[kept - 1] != slots[i])
            slots[kept++] = slots[i];
    return kept;
}

void consumer_leave(struct coordinator_decision *d, const struct consumer_group *group,
                    const kw_leave_group_request *request, kw_leave_group_response *response)
{
    size_t asked = request->members.len > 0 ? (size_t)request->members.len : 0, count = 0;
    const struct consumer_slot **slots = kw_arena_array(d->records.arena, asked, sizeof(struct consumer_slot *));
    if (slots == NULL) {
        record_out_fail(&d->records, kw_arena_status(d->records.arena));
        return;
    }
    for (size_t i = 0; i < asked; i++) {
        const struct consumer_slot *slot =
            find(group, &request->members.items[i], &response->members.items[i].error_code);
        if (slot != NULL)
            slots[count++] = slot;
    }
    count = each_once(slots, count);
    if (count > 0)
        consumer_fence_all(d, group, slots, count);
}
