/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/walk.h>

#include "field.h"
#include "step.h"

typedef struct dissection {
    int16_t version;
    bool flexible;
    bool blamed; /* the path of the error is known */
    kw_reader *in;
    kw_arena *arena;
    kw_visitor visitor; /* NULL: no visitor (any more) */
    void *context;
    char *path; /* of the field that failed */
    size_t path_size;
    size_t path_len;
} dissection;

/* Where a field starts: outside tags at its value, inside them at its tag. */
typedef struct place {
    const kw_step *parent;
    void *owner;
    size_t offset;
    bool tagged;
} place;

static void read_struct(dissection *d, const kw_struct *type, void *value, kw_step *step);

static void tell(dissection *d, kw_step *step, kw_event event)
{
    if (d->visitor == NULL)
        return;
    step->event = event;
    step->size =
        event == KW_EVENT_STRUCT_BEGIN || event == KW_EVENT_ARRAY_BEGIN ? 0 : kw_reader_offset(d->in) - step->offset;
    if (!d->visitor(d->context, step))
        d->visitor = NULL;
}

static void tell_error(dissection *d, kw_step step)
{
    if (d->visitor == NULL)
        return;
    step.event = KW_EVENT_ERROR;
    step.offset = d->in->error_at;
    step.size = 0;
    (void)d->visitor(d->context, &step);
}

/* True without an error. The error belongs to the innermost step that checks after it. */
static bool step_ok(dissection *d, const kw_step *step)
{
    if (kw_reader_ok(d->in))
        return true;
    if (!d->blamed) {
        d->blamed = true;
        d->path_len = kw_step_path(step, d->path, d->path_size);
        tell_error(d, *step);
    }
    return false;
}

static void read_primitive(kw_reader *in, kw_kind kind, void *value, bool compact, bool nullable)
{
    switch (kind) {
    case KW_KIND_BOOL:
        *(bool *)value = kw_read_boolean(in);
        break;
    case KW_KIND_INT8:
        *(int8_t *)value = kw_read_int8(in);
        break;
    case KW_KIND_INT16:
        *(int16_t *)value = kw_read_int16(in);
        break;
    case KW_KIND_UINT16:
        *(uint16_t *)value = kw_read_uint16(in);
        break;
    case KW_KIND_INT32:
        *(int32_t *)value = kw_read_int32(in);
        break;
    case KW_KIND_UINT32:
        *(uint32_t *)value = kw_read_uint32(in);
        break;
    case KW_KIND_INT64:
        *(int64_t *)value = kw_read_int64(in);
        break;
    case KW_KIND_FLOAT64:
        kwi_read_float64(in, value);
        break;
    case KW_KIND_UUID:
        *(kw_uuid *)value = kw_read_uuid(in);
        break;
    case KW_KIND_STRING:
        *(kw_string *)value = kw_read_any_string(in, compact, nullable);
        break;
    case KW_KIND_BYTES:
    case KW_KIND_RECORDS:
        *(kw_bytes *)value = kw_read_any_bytes(in, compact, nullable);
        break;
    case KW_KIND_STRUCT:
        break;
    }
}

/* The smallest encoding of an array's element. */
static size_t min_wire_size(const kw_field *field, bool compact)
{
    switch ((kw_kind)field->kind) {
    case KW_KIND_STRING:
        return compact ? 1 : 2;
    case KW_KIND_BYTES:
    case KW_KIND_RECORDS:
        return compact ? 1 : 4;
    case KW_KIND_STRUCT:
        return field->type->min_wire_size;
    default:
        return kw_field_wire_size(field);
    }
}

/* Fills array.items from the input. Returns the number of elements to report: a struct that failed is one of them,
 * with what was read of it; a primitive that failed is not. */
static int32_t read_elements(dissection *d, const kw_field *field, kw_any_array array, bool compact, kw_step *step)
{
    size_t size = kw_field_value_size(field);
    for (int32_t i = 0; i < array.len; i++) {
        void *value = (uint8_t *)array.items + (size_t)i * size;
        kw_step element = kwi_step_element(step, i);
        element.value = value;
        element.offset = kw_reader_offset(d->in);
        if (field->kind == KW_KIND_STRUCT) {
            field->type->init(value);
            read_struct(d, field->type, value, &element);
            if (!kw_reader_ok(d->in))
                return i + 1;
        } else {
            read_primitive(d->in, (kw_kind)field->kind, value, compact, false);
            if (!step_ok(d, &element))
                return i;
            tell(d, &element, KW_EVENT_VALUE);
        }
    }
    return array.len;
}

static void read_array(dissection *d, const kw_field *field, void *value, bool compact, kw_step *step)
{
    size_t min_size = min_wire_size(field, compact);
    bool nullable = kw_versions_have(field->nullable, d->version);
    kw_any_array array = {NULL, kw_read_any_array(d->in, min_size, compact, nullable)};
    kwi_store_array(value, NULL, array.len < 0 ? -1 : 0);
    if (!step_ok(d, step))
        return;
    if (array.len < 0) {
        step->is_null = true;
        tell(d, step, KW_EVENT_VALUE);
        return;
    }
    /* Of a partial input, the reader returns one element more than the bytes left can hold. */
    bool cut = field->kind != KW_KIND_STRUCT && (size_t)array.len > kw_reader_remaining(d->in) / min_size;
    if (cut)
        array.len--;
    step->count = array.len;
    array.items = kw_read_items(d->in, d->arena, &array.len, kw_field_value_size(field));
    if (!step_ok(d, step))
        return;
    tell(d, step, KW_EVENT_ARRAY_BEGIN);
    kwi_store_array(value, array.items, read_elements(d, field, array, compact, step));
    if (cut)
        (void)kw_reader_fail(d->in, KW_ERR_TRUNCATED);
    if (step_ok(d, step))
        tell(d, step, KW_EVENT_ARRAY_END);
}

static void read_nullable_struct(dissection *d, const kw_field *field, void *value, bool tagged, kw_step *step)
{
    kwi_store_pointer(value, NULL);
    bool nullable = kw_versions_have(field->nullable, d->version);
    bool present = !nullable || (tagged ? kw_read_tagged_struct(d->in) : kw_read_struct(d->in));
    if (!step_ok(d, step))
        return;
    if (!present) {
        step->is_null = true;
        tell(d, step, KW_EVENT_VALUE);
        return;
    }
    void *memory = kw_read_place(d->in, d->arena, field->type->size);
    kwi_store_pointer(value, memory);
    if (!step_ok(d, step))
        return;
    field->type->init(memory);
    read_struct(d, field->type, memory, step);
}

static void read_field(dissection *d, const kw_field *field, place at)
{
    void *value = kwi_field_place(field, at.owner);
    bool compact = d->flexible && (field->flags & KW_FIELD_CLASSIC) == 0;
    kw_step step = kwi_step_field(at.parent, field);
    step.value = value;
    step.offset = at.offset;
    if (kwi_field_is_array(field)) {
        read_array(d, field, value, compact, &step);
    } else if (kwi_field_is_pointer(field)) {
        read_nullable_struct(d, field, value, at.tagged, &step);
    } else if (field->kind == KW_KIND_STRUCT) {
        field->type->init(value);
        read_struct(d, field->type, value, &step);
    } else {
        read_primitive(d->in, (kw_kind)field->kind, value, compact, kw_versions_have(field->nullable, d->version));
        step.is_null = kwi_value_is_null(field, value);
        if (step_ok(d, &step))
            tell(d, &step, KW_EVENT_VALUE);
    }
}

static const kw_field *find_tag(const kw_struct *type, uint32_t tag)
{
    for (uint32_t i = 0; i < type->field_count; i++)
        if (type->fields[i].tag >= 0 && (uint32_t)type->fields[i].tag == tag)
            return &type->fields[i];
    return NULL;
}

static void keep_unknown(dissection *d, kw_tag_reader *t, size_t offset, kw_raw_tags **unknown, const kw_step *parent)
{
    kw_tag_reader_keep(t, d->arena, unknown);
    if (!step_ok(d, parent))
        return;
    kw_step step = kwi_step_unknown(parent, &(*unknown)->items[(*unknown)->len - 1]);
    step.offset = offset;
    tell(d, &step, KW_EVENT_UNKNOWN_TAG);
}

static void read_tags(dissection *d, const kw_struct *type, void *value, kw_step *parent)
{
    kw_raw_tags *unknown = NULL;
    const kw_field *field = NULL;
    kw_tag_reader t;
    for (kw_tag_reader_init(&t, d->in); kw_tag_reader_next(&t);) {
        size_t offset = (size_t)(t.at - d->in->start);
        field = find_tag(type, t.tag);
        if (field == NULL) {
            keep_unknown(d, &t, offset, &unknown, parent);
        } else if (kwi_field_presence(field, d->version) != KWI_TAGGED) {
            kw_step step = kwi_step_field(parent, field);
            kw_tag_reader_refuse(&t);
            (void)step_ok(d, &step);
        } else {
            place at = {parent, value, offset, true};
            read_field(d, field, at);
        }
    }
    if (d->in->status == KW_ERR_TAG_SIZE && field != NULL) {
        kw_step step = kwi_step_field(parent, field);
        (void)step_ok(d, &step);
    }
    kwi_store_pointer((uint8_t *)value + type->unknown_tags, unknown);
}

/* `value` holds its defaults already. */
static void read_struct(dissection *d, const kw_struct *type, void *value, kw_step *step)
{
    step->type = type;
    step->value = value;
    tell(d, step, KW_EVENT_STRUCT_BEGIN);
    for (uint32_t i = 0; i < type->field_count && kw_reader_ok(d->in); i++) {
        if (kwi_field_presence(&type->fields[i], d->version) != KWI_PLAIN)
            continue;
        place at = {step, value, kw_reader_offset(d->in), false};
        read_field(d, &type->fields[i], at);
    }
    if (d->flexible && type->unknown_tags >= 0 && kw_reader_ok(d->in))
        read_tags(d, type, value, step);
    if (step_ok(d, step))
        tell(d, step, KW_EVENT_STRUCT_END);
}

static void *dissect(dissection *d, const kw_message *m)
{
    kw_step step = kwi_step_message();
    void *value = kw_read_place(d->in, d->arena, m->type->size);
    if (value == NULL)
        return NULL;
    kw_message_init(m, value);
    d->flexible = kw_versions_have(m->flexible, d->version);
    step.offset = kw_reader_offset(d->in);
    if (!kw_versions_have(m->versions, d->version))
        (void)kw_reader_fail(d->in, KW_ERR_VERSION);
    else if (kw_reader_ok(d->in))
        read_struct(d, m->type, value, &step);
    return value;
}

kw_status kw_message_dissect(const kw_message *m, int16_t version, kw_reader *in, kw_arena *arena, void **out,
                             kw_visitor visitor, void *context)
{
    dissection d = {.version = version, .in = in, .arena = arena, .visitor = visitor, .context = context};
    *out = dissect(&d, m);
    return in->status;
}

size_t kw_decode_error_path(const kw_message *m, int16_t version, const void *input, size_t input_size, uint32_t flags,
                            kw_arena *arena, char *text, size_t size)
{
    kw_reader in;
    kw_reader_init(&in, input, input_size);
    in.flags = flags;
    dissection d = {.version = version, .in = &in, .arena = arena, .path = text, .path_size = size};
    if (size != 0)
        text[0] = '\0';
    (void)dissect(&d, m);
    return d.path_len;
}
