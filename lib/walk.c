/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/walk.h>

#include "field.h"
#include "step.h"

typedef struct walk {
    int16_t version;
    bool flexible;
    kw_visitor visitor;
    void *context;
} walk;

static bool walk_struct(const walk *w, const kw_struct *type, const void *value, kw_step step);

static bool tell(const walk *w, kw_step *step, kw_event event)
{
    step->event = event;
    return w->visitor(w->context, step);
}

static bool walk_array(const walk *w, const kw_field *field, kw_step step)
{
    kw_any_array array = kwi_load_array(step.value);
    size_t size = kw_field_value_size(field);
    step.count = array.len;
    if (!tell(w, &step, KW_EVENT_ARRAY_BEGIN))
        return false;
    for (int32_t i = 0; i < array.len; i++) {
        kw_step element = kwi_step_element(&step, i);
        element.value = (const uint8_t *)array.items + (size_t)i * size;
        if (field->kind == KW_KIND_STRUCT) {
            if (!walk_struct(w, field->type, element.value, element))
                return false;
        } else {
            element.is_null = kwi_value_is_null(field, element.value);
            if (!tell(w, &element, KW_EVENT_VALUE))
                return false;
        }
    }
    return tell(w, &step, KW_EVENT_ARRAY_END);
}

static bool walk_field(const walk *w, const kw_field *field, const void *owner, const kw_step *parent)
{
    kw_step step = kwi_step_field(parent, field);
    step.value = kwi_field_value(field, owner);
    step.is_null = kwi_field_is_null(field, owner);
    if (step.is_null)
        return tell(w, &step, KW_EVENT_VALUE);
    if (kwi_field_is_array(field))
        return walk_array(w, field, step);
    if (field->kind != KW_KIND_STRUCT)
        return tell(w, &step, KW_EVENT_VALUE);
    return walk_struct(w, field->type, kwi_field_is_pointer(field) ? kwi_load_pointer(step.value) : step.value, step);
}

static bool walk_unknown_below(const walk *w, const kw_raw_tags *unknown, int32_t *next, uint64_t limit,
                               const kw_step *parent)
{
    for (; unknown != NULL && *next < unknown->len && unknown->items[*next].tag < limit; ++*next) {
        kw_step step = kwi_step_unknown(parent, &unknown->items[*next]);
        if (!w->visitor(w->context, &step))
            return false;
    }
    return true;
}

static bool walk_tags(const walk *w, const kw_struct *type, const void *value, const kw_step *parent)
{
    const kw_raw_tags *unknown = w->flexible ? kwi_unknown_tags(type, value) : NULL;
    int32_t next = 0;
    const kw_field *field = kwi_next_tagged(type, w->version, -1);
    for (; field != NULL; field = kwi_next_tagged(type, w->version, field->tag)) {
        if (!walk_unknown_below(w, unknown, &next, (uint64_t)field->tag, parent))
            return false;
        if (!kw_field_is_default(field, value) && !walk_field(w, field, value, parent))
            return false;
    }
    return walk_unknown_below(w, unknown, &next, UINT64_MAX, parent);
}

static bool walk_struct(const walk *w, const kw_struct *type, const void *value, kw_step step)
{
    step.type = type;
    step.value = value;
    if (!tell(w, &step, KW_EVENT_STRUCT_BEGIN))
        return false;
    for (uint32_t i = 0; i < type->field_count; i++) {
        const kw_field *field = &type->fields[i];
        if (kwi_field_presence(field, w->version) == KWI_PLAIN && !walk_field(w, field, value, &step))
            return false;
    }
    return walk_tags(w, type, value, &step) && tell(w, &step, KW_EVENT_STRUCT_END);
}

bool kw_message_walk(const kw_message *m, int16_t version, const void *value, kw_visitor visitor, void *context)
{
    walk w = {version, kw_versions_have(m->flexible, version), visitor, context};
    return !kw_versions_have(m->versions, version) || walk_struct(&w, m->type, value, kwi_step_message());
}
