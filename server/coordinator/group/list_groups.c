/* SPDX-License-Identifier: Apache-2.0 */
#include "group_lists.h"

#include "../../base/growth.h"
#include "group_machine.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_same_in_any_case(kw_string a, kw_string b)
{
    if (a.len != b.len)
        return false;
    for (int32_t i = 0; i < a.len; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

/* As Java's trim(): without control characters and spaces at both ends. */
static kw_string trimmed(kw_string s)
{
    while (s.len > 0 && (uint8_t)s.data[0] <= ' ') {
        s.data++;
        s.len--;
    }
    while (s.len > 0 && (uint8_t)s.data[s.len - 1] <= ' ')
        s.len--;
    return s;
}

static bool has_state(const kw_string_array *filter, kw_string state)
{
    for (int32_t i = 0; i < filter->len; i++)
        if (is_same_in_any_case(trimmed(filter->items[i]), state))
            return true;
    return filter->len <= 0;
}

static bool has_type(const kw_string_array *filter, kw_string type)
{
    for (int32_t i = 0; i < filter->len; i++)
        if (is_same_in_any_case(filter->items[i], type))
            return true;
    return filter->len <= 0;
}

static kw_status add(struct group_machine *m, const struct group *group, struct group_list *list)
{
    const struct group_kind *kind = group_kind_of(group->type);
    void *items = arena_grow(list->arena, list->items, list->count, &list->capacity, sizeof *list->items);
    if (items == NULL)
        return kw_arena_status(list->arena);
    list->items = items;
    kw_list_groups_response_listed_group *out = &list->items[list->count];
    kw_list_groups_response_listed_group_init(out);
    out->group_id = arena_copy_string(list->arena, group->id);
    out->protocol_type = arena_copy_string(list->arena, kind->protocol_type(m, group));
    out->group_state = kind->state_name(m, group);
    out->group_type = kw_string_of(kind->name);
    if (out->group_id.data == NULL || out->protocol_type.data == NULL)
        return kw_arena_status(list->arena);
    list->count++;
    return KW_OK;
}

void list_groups(struct coordinator_decision *d, const kw_list_groups_request *request, struct group_list *list)
{
    struct group_machine *m = d->state;
    kw_status status = KW_OK;
    for (size_t i = 0; i < group_bucket_count(m); i++)
        for (struct group *group = group_first_in(m, i); group != NULL && status == KW_OK;
             group = group_next_in(group)) {
            const struct group_kind *kind = group->type != GROUP_NONE ? group_kind_of(group->type) : NULL;
            if (kind != NULL && has_type(&request->types_filter, kw_string_of(kind->name)) &&
                has_state(&request->states_filter, kind->state_name(m, group)))
                status = add(m, group, list);
        }
    if (status != KW_OK)
        record_out_fail(&d->records, status);
}
