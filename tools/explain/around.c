/* SPDX-License-Identifier: Apache-2.0 */
#include "around.h"

#include "../command/message.h"

static const void *find_inside(const kw_step *owner, const char *name, kw_kind kind)
{
    return owner->type != NULL ? struct_field(owner->type, owner->value, name, kind) : NULL;
}

static const void *find_around(const kw_step *step, const char *name, kw_kind kind)
{
    const void *found = NULL;
    for (const kw_step *owner = step->parent; owner != NULL && found == NULL; owner = owner->parent)
        found = find_inside(owner, name, kind);
    return found;
}

static kw_string text_at(const void *found)
{
    return found != NULL ? *(const kw_string *)found : (kw_string){NULL, -1};
}

static kw_uuid uuid_at(const void *found)
{
    return found != NULL ? *(const kw_uuid *)found : (kw_uuid){{0}};
}

kw_string around_text(const kw_step *step, const char *name)
{
    return text_at(find_around(step, name, KW_KIND_STRING));
}

kw_uuid around_uuid(const kw_step *step, const char *name)
{
    return uuid_at(find_around(step, name, KW_KIND_UUID));
}

kw_string inside_text(const kw_step *owner, const char *name)
{
    return text_at(find_inside(owner, name, KW_KIND_STRING));
}

kw_uuid inside_uuid(const kw_step *owner, const char *name)
{
    return uuid_at(find_inside(owner, name, KW_KIND_UUID));
}
