/* SPDX-License-Identifier: Apache-2.0 */
#include "version_diff.h"

/* The comparison in progress. */
typedef struct comparison {
    const kw_message *m;
    int16_t from;
    int16_t to;
    field_change_visitor visitor;
    void *context;
} comparison;

static void compare_struct(const comparison *c, const kw_struct *s, const field_place *owner);

/* A field of a struct that is in at least one of the versions. */
static void compare_field(const comparison *c, const field_place *place)
{
    const kw_field *f = place->field;
    kw_versions versions = field_place_versions(place);
    bool had = kw_versions_have(versions, c->from);
    bool has = kw_versions_have(versions, c->to);
    if (!had && !has)
        return;
    const field_form before = field_form_in(f, c->from, kw_versions_have(c->m->flexible, c->from));
    const field_form after = field_form_in(f, c->to, kw_versions_have(c->m->flexible, c->to));
    if (had != has)
        c->visitor(c->context, has ? FIELD_ADDED : FIELD_REMOVED, place, had ? &before : NULL, has ? &after : NULL);
    else if (before.nullable != after.nullable || before.tag != after.tag)
        c->visitor(c->context, FIELD_CHANGED, place, &before, &after);
    if (f->type != NULL)
        compare_struct(c, f->type, place);
}

static void compare_struct(const comparison *c, const kw_struct *s, const field_place *owner)
{
    for (uint32_t i = 0; i < s->field_count; i++) {
        const field_place place = {owner, &s->fields[i]};
        compare_field(c, &place);
    }
}

void version_diff(const kw_message *m, int16_t from, int16_t to, field_change_visitor visitor, void *context)
{
    const comparison c = {m, from, to, visitor, context};
    compare_struct(&c, m->type, NULL);
}
