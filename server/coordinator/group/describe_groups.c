/* SPDX-License-Identifier: Apache-2.0 */
#include "group_lists.h"

#include <stdio.h>
#include <string.h>

#include <kwire/error.h>

#include "group_machine.h"

enum { FIRST_WITH_NOT_FOUND = 6 };

/* Data is NULL if the arena is full. */
static kw_string message(kw_arena *arena, kw_string id, const char *rest)
{
    size_t size = sizeof "Group " + (id.len > 0 ? (size_t)id.len : 0) + strlen(rest);
    char *text = kw_arena_alloc(arena, size);
    if (text != NULL)
        (void)snprintf(text, size, "Group %.*s%s", KW_FMT(id), rest);
    return (kw_string){text, text != NULL ? (int32_t)strlen(text) : 0};
}

void describe_group(struct coordinator_decision *d, kw_string id, int16_t version, kw_arena *arena,
                    kw_describe_groups_response_described_group *out)
{
    struct group_machine *m = d->state;
    const struct group *group = group_find(m, id);
    const struct group_kind *kind = group != NULL ? group_kind_of(group->type) : NULL;
    bool is_done = true;
    kw_describe_groups_response_described_group_init(out);
    out->group_id = id;
    if (kind != NULL && kind->describe != NULL) {
        is_done = kind->describe(m, group, arena, out);
    } else {
        out->group_state = kw_string_of("Dead");
        if (version >= FIRST_WITH_NOT_FOUND) {
            out->error_code = KW_ERROR_GROUP_ID_NOT_FOUND;
            out->error_message = message(arena, id, group == NULL ? " not found." : " is not a classic group.");
            is_done = out->error_message.data != NULL;
        }
    }
    if (!is_done)
        record_out_fail(&d->records, KW_ERR_NO_MEMORY);
}
