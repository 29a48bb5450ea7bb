/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_STEP_H
#define KWI_STEP_H

/* Making the steps of a walk, and tests for null. */

#include <kwire/walk.h>

#include "field.h"

static inline kw_step kwi_step_message(void)
{
    kw_step step = {.event = KW_EVENT_STRUCT_BEGIN, .index = -1};
    return step;
}

static inline kw_step kwi_step_field(const kw_step *parent, const kw_field *field)
{
    kw_step step = {.event = KW_EVENT_VALUE, .field = field, .parent = parent, .index = -1};
    return step;
}

static inline kw_step kwi_step_element(const kw_step *array, int32_t index)
{
    kw_step step = {.event = KW_EVENT_VALUE, .field = array->field, .parent = array, .index = index};
    return step;
}

static inline kw_step kwi_step_unknown(const kw_step *parent, const kw_raw_tag *tag)
{
    kw_step step = {.event = KW_EVENT_UNKNOWN_TAG, .parent = parent, .index = -1, .value = tag};
    return step;
}

/* For a value or an array's element; structs in place are never null. */
static inline bool kwi_value_is_null(const kw_field *field, const void *value)
{
    if (field->kind == KW_KIND_STRING)
        return ((const kw_string *)value)->len < 0;
    if (field->kind == KW_KIND_BYTES || field->kind == KW_KIND_RECORDS)
        return ((const kw_bytes *)value)->len < 0;
    return false;
}

static inline bool kwi_field_is_null(const kw_field *field, const void *owner)
{
    const void *value = kwi_field_value(field, owner);
    if (kwi_field_is_array(field))
        return kwi_load_array(value).len < 0;
    if (kwi_field_is_pointer(field))
        return kwi_load_pointer(value) == NULL;
    return kwi_value_is_null(field, value);
}

#endif
