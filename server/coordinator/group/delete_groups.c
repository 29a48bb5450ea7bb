/* SPDX-License-Identifier: Apache-2.0 */
#include "group_lists.h"

#include <kwire/error.h>

#include "group_machine.h"

int16_t delete_group(struct coordinator_decision *d, kw_string id)
{
    struct group_machine *m = d->state;
    struct group *group = group_find(m, id);
    const struct group_kind *kind = group != NULL ? group_kind_of(group->type) : NULL;
    int16_t error = kind != NULL ? kind->check_delete(m, group) : KW_ERROR_GROUP_ID_NOT_FOUND;
    if (error != KW_ERROR_NONE)
        return error;
    offsets_remove_all(d, group);
    kind->remove(m, d, group);
    return KW_ERROR_NONE;
}
