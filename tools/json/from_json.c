/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/json.h>

#include "../command/nearest.h"
#include "from_json.h"
#include "json_scalar.h"

typedef struct reading {
    int16_t version;
    json_missing missing;
    kw_arena *arena;
    report *report;
} reading;

static bool read_struct(const reading *in, const kw_struct *type, json_t *json, void *value, const json_place *place);

static bool refuse_null(const reading *in, const json_place *place)
{
    return refuse_value(in->report, place, "null is not allowed");
}

static bool refuse_missing(const reading *in, const kw_field *field, const json_place *parent)
{
    char prefix[PATH_SIZE];
    json_place place = {parent, field->name, 0};
    return report_set(in->report, CODE_VALUE, 0, "%smissing, but mandatory in version %d",
                      json_place_prefix(&place, prefix), in->version);
}

static bool refuse_unknown(const reading *in, const kw_struct *type, const char *key, const json_place *place)
{
    nearest near;
    nearest_init(&near, key, strlen(key));
    for (uint32_t i = 0; i < type->field_count; i++)
        nearest_offer(&near, type->fields[i].name);
    char prefix[PATH_SIZE];
    char name[QUOTED_SIZE];
    char hint[HINT_SIZE];
    return report_set(in->report, CODE_VALUE, 0, "%sno version of %s has a field %s%s",
                      json_place_prefix(place, prefix), type->name, quoted(name, key, strlen(key)),
                      nearest_hint(&near, hint));
}

/* The member with unknown tagged fields, if the struct can have it. */
static json_t *raw_tags_of(const kw_struct *type, json_t *json)
{
    return type->unknown_tags >= 0 ? json_object_get(json, KW_JSON_UNKNOWN_TAGS_MEMBER) : NULL;
}

static const char *unknown_key(const kw_struct *type, json_t *json)
{
    const char *key;
    json_t *item;
    json_object_foreach (json, key, item) {
        bool known = false;
        for (uint32_t i = 0; i < type->field_count && !known; i++)
            known = strcmp(type->fields[i].name, key) == 0;
        known = known || item == raw_tags_of(type, json);
        if (!known)
            return key;
    }
    return "";
}

/* Null is accepted for a field that is nullable in any version; encoding checks the version. */
static bool read_null(const reading *in, const kw_field *field, void *place_of_value, const json_place *place)
{
    if (field->nullable.first > field->nullable.last)
        return refuse_null(in, place);
    if ((field->flags & KW_FIELD_ARRAY) != 0) {
        memcpy(place_of_value, &(kw_any_array){NULL, -1}, sizeof(kw_any_array));
    } else if ((field->flags & KW_FIELD_POINTER) != 0) {
        memcpy(place_of_value, &(void *){NULL}, sizeof(void *));
    } else if (field->kind == KW_KIND_STRING) {
        *(kw_string *)place_of_value = (kw_string){NULL, -1};
    } else if (field->kind == KW_KIND_BYTES || field->kind == KW_KIND_RECORDS) {
        *(kw_bytes *)place_of_value = (kw_bytes){NULL, -1};
    } else {
        return refuse_null(in, place);
    }
    return true;
}

static bool read_value(const reading *in, const kw_field *field, json_t *json, void *value, const json_place *place)
{
    if (field->kind != KW_KIND_STRUCT)
        return scalar_from_json(field, json, value, in->arena, place, in->report);
    field->type->init(value);
    return read_struct(in, field->type, json, value, place);
}

static bool read_array(const reading *in, const kw_field *field, json_t *json, void *value, const json_place *place)
{
    if (!json_is_array(json))
        return refuse_kind(in->report, place, "an array", json);
    size_t count = json_array_size(json);
    size_t size = kw_field_value_size(field);
    kw_any_array array = {NULL, 0};
    if (count > (size_t)INT32_MAX)
        return refuse_kind(in->report, place, "an array of at most 2147483647 elements", json);
    if (count != 0) {
        array.items = arena_items(in->arena, count, size, place, in->report);
        if (array.items == NULL)
            return false;
        array.len = (int32_t)count;
    }
    for (size_t i = 0; i < count; i++) {
        json_place element = {place, NULL, i};
        if (!read_value(in, field, json_array_get(json, i), (char *)array.items + i * size, &element))
            return false;
    }
    memcpy(value, &array, sizeof array);
    return true;
}

static bool read_pointer(const reading *in, const kw_field *field, json_t *json, void *value, const json_place *place)
{
    void *target = arena_items(in->arena, 1, field->type->size, place, in->report);
    if (target == NULL || !read_value(in, field, json, target, place))
        return false;
    memcpy(value, &target, sizeof target);
    return true;
}

static bool read_field(const reading *in, const kw_field *field, json_t *json, void *owner, const json_place *parent)
{
    json_place place = {parent, field->name, 0};
    void *value = (char *)owner + field->offset;
    if (json_is_null(json))
        return read_null(in, field, value, &place);
    if ((field->flags & KW_FIELD_ARRAY) != 0)
        return read_array(in, field, json, value, &place);
    if ((field->flags & KW_FIELD_POINTER) != 0)
        return read_pointer(in, field, json, value, &place);
    return read_value(in, field, json, value, &place);
}

/* ---- unknown tagged fields ---- */

#define EVERY_VERSION \
    {                 \
        0, INT16_MAX  \
    }
#define NO_VERSION \
    {              \
        0, -1      \
    }

static void init_raw_tag(void *value)
{
    *(kw_raw_tag *)value = (kw_raw_tag){0};
}

static const kw_field raw_tag_fields[] = {
    {.name = "tag",
     .offset = offsetof(kw_raw_tag, tag),
     .tag = -1,
     .versions = EVERY_VERSION,
     .nullable = NO_VERSION,
     .tagged = NO_VERSION,
     .kind = KW_KIND_UINT32},
    {.name = "data",
     .offset = offsetof(kw_raw_tag, value),
     .tag = -1,
     .versions = EVERY_VERSION,
     .nullable = NO_VERSION,
     .tagged = NO_VERSION,
     .kind = KW_KIND_BYTES},
};

static const kw_struct raw_tag_type = {.name = "an unknown tagged field",
                                       .fields = raw_tag_fields,
                                       .field_count = 2,
                                       .size = sizeof(kw_raw_tag),
                                       .unknown_tags = -1,
                                       .init = init_raw_tag};

static const kw_field raw_tags_field = {.name = KW_JSON_UNKNOWN_TAGS_MEMBER,
                                        .type = &raw_tag_type,
                                        .tag = -1,
                                        .versions = EVERY_VERSION,
                                        .nullable = NO_VERSION,
                                        .tagged = NO_VERSION,
                                        .kind = KW_KIND_STRUCT,
                                        .flags = KW_FIELD_ARRAY};

/* Stores them in the struct `owner`; encoding checks the version and the order. */
static bool read_raw_tags(const reading *in, const kw_struct *type, json_t *json, void *owner, const json_place *parent)
{
    json_place place = {parent, raw_tags_field.name, 0};
    kw_any_array array;
    if (!read_array(in, &raw_tags_field, json, &array, &place))
        return false;
    kw_raw_tags *tags = arena_items(in->arena, 1, sizeof *tags, &place, in->report);
    if (tags == NULL)
        return false;
    *tags = (kw_raw_tags){array.items, array.len};
    memcpy((char *)owner + type->unknown_tags, &tags, sizeof tags);
    return true;
}

/* ---- structs ---- */

static bool is_mandatory(const kw_field *field, int16_t version)
{
    return kw_versions_have(field->versions, version) && !kw_versions_have(field->tagged, version);
}

static bool read_struct(const reading *in, const kw_struct *type, json_t *json, void *value, const json_place *place)
{
    if (!json_is_object(json))
        return refuse_kind(in->report, place, "an object", json);
    size_t known = 0;
    const kw_field *missing = NULL;
    for (uint32_t i = 0; i < type->field_count; i++) {
        const kw_field *field = &type->fields[i];
        json_t *item = json_object_get(json, field->name);
        if (item != NULL) {
            known++;
            if (!read_field(in, field, item, value, place))
                return false;
        } else if (missing == NULL && is_mandatory(field, in->version)) {
            missing = field;
        }
    }
    json_t *raw_tags = known != json_object_size(json) ? raw_tags_of(type, json) : NULL;
    if (raw_tags != NULL && !read_raw_tags(in, type, raw_tags, value, place))
        return false;
    known += raw_tags != NULL;
    /* A mistyped key is also a missing one; naming the mistyped one is more helpful. */
    if (known != json_object_size(json))
        return refuse_unknown(in, type, unknown_key(type, json), place);
    return missing == NULL || in->missing == JSON_MISSING_DEFAULT || refuse_missing(in, missing, place);
}

bool message_from_json(const kw_message *m, int16_t version, json_t *json, json_missing missing, kw_arena *arena,
                       void **out, report *r)
{
    const json_place whole = {NULL, NULL, 0};
    const reading in = {version, missing, arena, r};
    *out = arena_items(arena, 1, m->type->size, &whole, r);
    if (*out == NULL)
        return false;
    kw_message_init(m, *out);
    return read_struct(&in, m->type, json, *out, &whole);
}
