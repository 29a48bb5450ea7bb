/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WIRE_SHAPE_H
#define WIRE_SHAPE_H

/* The form of a field in one version: its presence, its smallest encoding, the memory of its values. */

#include <kwire/message.h>

typedef struct shape {
    int16_t version;
    bool flexible;
} shape;

typedef enum presence { PRESENT_NOT, PRESENT_PLAIN, PRESENT_TAGGED } presence;

shape shape_of(const kw_message *m, int16_t version);
presence field_presence(const shape *s, const kw_field *field);
bool field_is_array(const kw_field *field);
bool field_is_nullable_struct(const shape *s, const kw_field *field);
bool field_is_compact(const shape *s, const kw_field *field);
bool struct_has_tags(const shape *s, const kw_struct *type);

/* Fewest bytes of an element that is not a struct. */
size_t primitive_wire(const shape *s, const kw_field *field);

/* Writes these fewest bytes. */
void write_primitive(const shape *s, const kw_field *field, kw_writer *out);

void write_count(const shape *s, const kw_field *field, uint32_t count, kw_writer *out);

/* A tag of one byte that no version of the struct knows. */
uint32_t unknown_tag(const kw_struct *type);

#endif
