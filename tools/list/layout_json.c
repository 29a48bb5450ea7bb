/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#include "../protocol/kafka_releases.h"
#include "message_json.h"
#include "print_json.h"

/* The members of a field that are the same in all its versions. */
static void put_constants(json_t *to, const kw_field *f)
{
    json_put_default(to, f);
    if ((f->flags & KW_FIELD_KEY) != 0)
        json_put(to, "key", json_true());
    if ((f->flags & KW_FIELD_IGNORABLE) != 0)
        json_put(to, "ignorable", json_true());
    json_put_text(to, "entity", entity_name((kw_entity)f->entity));
}

/* ---- one version ---- */

typedef struct layout {
    const kw_message *m;
    int16_t version;
    bool flexible;
} layout;

static void put_struct(json_t *to, const layout *l, const kw_struct *s, const field_place *owner);

static json_t *field_json(const layout *l, const field_place *place)
{
    const kw_field *f = place->field;
    const field_form form = field_form_in(f, l->version, l->flexible);
    json_t *to = json_object();
    json_put_text(to, "name", f->name);
    json_put_form(to, &form);
    put_constants(to, f);
    json_put_text(to, "since", late_release(l->m, place, l->version));
    if (f->type != NULL)
        put_struct(to, l, f->type, place);
    return to;
}

static json_t *fields_json(const layout *l, const kw_struct *s, const field_place *owner, bool tagged)
{
    json_t *to = json_array();
    for (uint32_t i = 0; i < s->field_count; i++) {
        const field_place place = {owner, &s->fields[i]};
        if (kw_versions_have(place.field->versions, l->version) &&
            kw_versions_have(place.field->tagged, l->version) == tagged)
            json_append_part(to, field_json(l, &place));
    }
    return to;
}

static void put_struct(json_t *to, const layout *l, const kw_struct *s, const field_place *owner)
{
    json_put(to, "fields", fields_json(l, s, owner, false));
    if (l->flexible)
        json_put(to, "taggedFields", fields_json(l, s, owner, true));
}

json_t *layout_json(const kw_message *m, int16_t version)
{
    const layout l = {m, version, kw_versions_have(m->flexible, version)};
    json_t *to = message_json(m);
    message_json_put_version(to, m, version);
    put_struct(to, &l, m->type, NULL);
    return to;
}

/* ---- all versions ---- */

static json_t *all_fields_json(const kw_message *m, const kw_struct *s, const field_place *owner);

static json_t *field_json_all(const kw_message *m, const field_place *place)
{
    static const char *const kinds[] = {
        [KW_KIND_BOOL] = "bool",     [KW_KIND_INT8] = "int8",       [KW_KIND_INT16] = "int16",
        [KW_KIND_UINT16] = "uint16", [KW_KIND_INT32] = "int32",     [KW_KIND_UINT32] = "uint32",
        [KW_KIND_INT64] = "int64",   [KW_KIND_FLOAT64] = "float64", [KW_KIND_UUID] = "uuid",
        [KW_KIND_STRING] = "string", [KW_KIND_BYTES] = "bytes",     [KW_KIND_RECORDS] = "records",
    };
    const kw_field *f = place->field;
    json_t *to = json_object();
    json_put_text(to, "name", f->name);
    json_put_text(to, "type", f->type != NULL ? f->type->name : kinds[f->kind]);
    json_put(to, "array", json_boolean((f->flags & KW_FIELD_ARRAY) != 0));
    json_put_versions(to, "versions", field_place_versions(place));
    json_put_text(to, "since", first_release(m, place));
    json_put_versions(to, "nullable", field_place_range(place, f->nullable));
    if (f->tag >= 0) {
        json_put(to, "tag", json_integer(f->tag));
        json_put_versions(to, "tagged", field_place_range(place, f->tagged));
    }
    put_constants(to, f);
    if (f->type != NULL)
        json_put(to, "fields", all_fields_json(m, f->type, place));
    return to;
}

static json_t *all_fields_json(const kw_message *m, const kw_struct *s, const field_place *owner)
{
    json_t *to = json_array();
    for (uint32_t i = 0; i < s->field_count; i++) {
        const field_place place = {owner, &s->fields[i]};
        json_append_part(to, field_json_all(m, &place));
    }
    return to;
}

json_t *layout_json_all(const kw_message *m)
{
    json_t *to = message_json(m);
    json_put_versions(to, "versions", m->versions);
    json_put_versions(to, "flexible", m->flexible);
    json_put(to, "fields", all_fields_json(m, m->type, NULL));
    return to;
}
