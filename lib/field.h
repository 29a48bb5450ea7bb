/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_FIELD_H
#define KWI_FIELD_H

/* Access of the generic layer to the fields of a message struct through its descriptor. */

#include <string.h>

#include <kwire/message.h>

typedef enum kwi_presence { KWI_ABSENT, KWI_PLAIN, KWI_TAGGED } kwi_presence;

/* The form of a field in a version. Fields may be tagged in some versions only. */
static inline kwi_presence kwi_field_presence(const kw_field *field, int16_t version)
{
    if (kw_versions_have(field->tagged, version))
        return KWI_TAGGED;
    return kw_versions_have(field->versions, version) ? KWI_PLAIN : KWI_ABSENT;
}

static inline bool kwi_field_is_array(const kw_field *field)
{
    return (field->flags & KW_FIELD_ARRAY) != 0;
}

static inline bool kwi_field_is_pointer(const kw_field *field)
{
    return (field->flags & KW_FIELD_POINTER) != 0;
}

static inline const void *kwi_field_value(const kw_field *field, const void *owner)
{
    return (const uint8_t *)owner + field->offset;
}

static inline void *kwi_field_place(const kw_field *field, void *owner)
{
    return (uint8_t *)owner + field->offset;
}

/* Arrays and pointers to structs are of many C types, so they are loaded and stored as bytes. */
static inline kw_any_array kwi_load_array(const void *value)
{
    kw_any_array array;
    memcpy(&array, value, sizeof array);
    return array;
}

static inline void kwi_store_array(void *place, void *items, int32_t len)
{
    kw_any_array array;
    memset(&array, 0, sizeof array);
    array.items = items;
    array.len = len;
    memcpy(place, &array, sizeof array);
}

static inline void *kwi_load_pointer(const void *value)
{
    void *pointer;
    memcpy(&pointer, value, sizeof pointer);
    return pointer;
}

static inline void kwi_store_pointer(void *place, void *pointer)
{
    memcpy(place, &pointer, sizeof pointer);
}

/* The unknown tagged fields of a struct; NULL if it has none. */
static inline const kw_raw_tags *kwi_unknown_tags(const kw_struct *type, const void *value)
{
    if (type->unknown_tags < 0)
        return NULL;
    const kw_raw_tags *tags = kwi_load_pointer((const uint8_t *)value + type->unknown_tags);
    return tags != NULL && tags->len > 0 ? tags : NULL;
}

/* The value of a bool or an integer. */
int64_t kwi_load_integer(const kw_field *field, const void *value);

bool kwi_struct_is_default(const kw_struct *type, const void *value);

/* The field that is tagged in this version with the smallest tag above `after` (-1 for the first); NULL if there is
 * none. */
const kw_field *kwi_next_tagged(const kw_struct *type, int16_t version, int32_t after);

#endif
