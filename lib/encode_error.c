/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/walk.h>

#include "field.h"
#include "step.h"

#define MAX_STRING 0x7fff

/* Searches for values that an encoder would refuse, in the order of writing. The functions return true to continue. */
typedef struct check {
    int16_t version;
    bool flexible;
    kw_status status;
    char *text;
    size_t size;
} check;

static bool check_struct(check *c, const kw_struct *type, const void *value, const kw_step *step);

static bool refuse(check *c, const kw_step *step, kw_status status)
{
    c->status = status;
    (void)kw_step_path(step, c->text, c->size);
    return false;
}

static bool check_value(check *c, const kw_field *field, const void *value, const kw_step *step)
{
    if (field->kind == KW_KIND_STRUCT)
        return check_struct(c, field->type, value, step);
    if (field->kind == KW_KIND_STRING && ((const kw_string *)value)->len > MAX_STRING)
        return refuse(c, step, KW_ERR_STRING_SIZE);
    return true;
}

static bool check_array(check *c, const kw_field *field, kw_any_array array, const kw_step *step)
{
    size_t size = kw_field_value_size(field);
    for (int32_t i = 0; i < array.len; i++) {
        kw_step element = kwi_step_element(step, i);
        const void *value = (const uint8_t *)array.items + (size_t)i * size;
        if (kwi_value_is_null(field, value))
            return refuse(c, &element, KW_ERR_NULL);
        if (!check_value(c, field, value, &element))
            return false;
    }
    return true;
}

static bool check_field(check *c, const kw_field *field, const void *owner, const kw_step *parent)
{
    kw_step step = kwi_step_field(parent, field);
    const void *value = kwi_field_value(field, owner);
    if (kwi_field_is_null(field, owner))
        return kw_versions_have(field->nullable, c->version) || refuse(c, &step, KW_ERR_NULL);
    if (kwi_field_is_array(field))
        return check_array(c, field, kwi_load_array(value), &step);
    return check_value(c, field, kwi_field_is_pointer(field) ? kwi_load_pointer(value) : value, &step);
}

static bool check_absent(check *c, const kw_field *field, const void *owner, const kw_step *parent)
{
    if ((field->flags & KW_FIELD_IGNORABLE) != 0 || kw_field_is_default(field, owner))
        return true;
    kw_step step = kwi_step_field(parent, field);
    return refuse(c, &step, KW_ERR_FIELD_VERSION);
}

static bool check_unknown(check *c, const kw_raw_tags *unknown, int32_t i, const kw_step *parent)
{
    const kw_raw_tag *tag = &unknown->items[i];
    kw_step step = kwi_step_unknown(parent, tag);
    if (i > 0 && tag->tag <= tag[-1].tag)
        return refuse(c, &step, tag->tag == tag[-1].tag ? KW_ERR_TAG_DUPLICATE : KW_ERR_TAG_ORDER);
    return tag->value.len >= 0 || refuse(c, &step, KW_ERR_NULL);
}

static bool check_tags(check *c, const kw_struct *type, const void *value, const kw_step *parent)
{
    const kw_raw_tags *unknown = kwi_unknown_tags(type, value);
    int32_t count = unknown != NULL ? unknown->len : 0;
    int32_t next = 0;
    const kw_field *field = kwi_next_tagged(type, c->version, -1);
    for (; field != NULL; field = kwi_next_tagged(type, c->version, field->tag)) {
        for (; next < count && unknown->items[next].tag < (uint32_t)field->tag; next++)
            if (!check_unknown(c, unknown, next, parent))
                return false;
        if (next < count && unknown->items[next].tag == (uint32_t)field->tag) {
            kw_step step = kwi_step_unknown(parent, &unknown->items[next]);
            return refuse(c, &step, KW_ERR_TAG_DUPLICATE);
        }
        if (!kw_field_is_default(field, value) && !check_field(c, field, value, parent))
            return false;
    }
    for (; next < count; next++)
        if (!check_unknown(c, unknown, next, parent))
            return false;
    return true;
}

static bool check_struct(check *c, const kw_struct *type, const void *value, const kw_step *step)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        const kw_field *field = &type->fields[i];
        kwi_presence presence = kwi_field_presence(field, c->version);
        if (presence == KWI_ABSENT && !check_absent(c, field, value, step))
            return false;
        if (presence == KWI_PLAIN && !check_field(c, field, value, step))
            return false;
    }
    if (c->flexible)
        return check_tags(c, type, value, step);
    const kw_raw_tags *unknown = kwi_unknown_tags(type, value);
    if (unknown == NULL)
        return true;
    kw_step tag = kwi_step_unknown(step, &unknown->items[0]);
    return refuse(c, &tag, KW_ERR_FIELD_VERSION);
}

kw_status kw_encode_error_path(const kw_message *m, int16_t version, const void *value, char *text, size_t size)
{
    check c = {version, kw_versions_have(m->flexible, version), KW_OK, text, size};
    kw_step step = kwi_step_message();
    if (!kw_versions_have(m->versions, version))
        (void)refuse(&c, &step, KW_ERR_VERSION);
    else if (check_struct(&c, m->type, value, &step) && size != 0)
        text[0] = '\0';
    return c.status;
}
