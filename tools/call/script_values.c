/* SPDX-License-Identifier: Apache-2.0 */
#include "script_values.h"

#include <stdint.h>
#include <string.h>

#include "../command/buffer.h"
#include "../command/nearest.h"

/* The text between the braces of a reference. */
typedef struct reference {
    const char *text;
    size_t size;
} reference;

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static size_t name_size(const char *text, size_t size)
{
    size_t n = 0;
    while (n < size && is_name_character(text[n]))
        n++;
    return n;
}

bool script_name_is_valid(const char *name)
{
    size_t size = strlen(name);
    return size != 0 && name_size(name, size) == size;
}

static bool refuse(report *r, const json_place *place, reference ref, const char *why)
{
    char prefix[PATH_SIZE];
    char text[QUOTED_SIZE];
    return report_set(r, CODE_VALUE, 0, "%s%s: %s", json_place_prefix(place, prefix), quoted(text, ref.text, ref.size),
                      why);
}

/* ---- texts ---- */

/* Parts of a text: plain characters, or a reference. */
typedef struct part {
    reference text;
    bool is_reference;
} part;

/* Takes the next part of a text. False at its end, and with `broken` if a brace is not closed. */
static bool next_part(const char **at, const char *end, part *out, bool *broken)
{
    const char *p = *at;
    size_t left = (size_t)(end - p);
    if (left == 0)
        return false;
    if (left >= 2 && p[0] == '$' && p[1] == '{') {
        const char *close = memchr(p, '}', left);
        *broken = close == NULL;
        *out = (part){{p + 2, close != NULL ? (size_t)(close - p) - 2 : left - 2}, true};
        *at = close != NULL ? close + 1 : end;
        return close != NULL;
    }
    if (left >= 3 && memcmp(p, "$${", 3) == 0) {
        *out = (part){{p + 1, 2}, false};
        *at = p + 3;
        return true;
    }
    const char *next = memchr(p + 1, '$', left - 1);
    *at = next != NULL ? next : end;
    *out = (part){{p, (size_t)(*at - p)}, false};
    return true;
}

/* ---- paths ---- */

/* Takes ".name" or "[index]". False if there is neither. */
static bool next_step(reference *path, reference *name, size_t *index)
{
    const char *p = path->text;
    *name = (reference){NULL, 0};
    *index = 0;
    if (path->size > 1 && p[0] == '.') {
        *name = (reference){p + 1, name_size(p + 1, path->size - 1)};
        path->text += 1 + name->size;
        path->size -= 1 + name->size;
        return name->size != 0;
    }
    size_t n = 1;
    for (; n < path->size && n < 10 && p[n] >= '0' && p[n] <= '9'; n++)
        *index = *index * 10 + (size_t)(p[n] - '0');
    if (path->size < 3 || p[0] != '[' || n == 1 || n == path->size || p[n] != ']')
        return false;
    path->text += n + 1;
    path->size -= n + 1;
    return true;
}

/* The name at the start of a reference; the rest becomes its path. */
static reference take_name(reference *ref)
{
    reference name = {ref->text, name_size(ref->text, ref->size)};
    ref->text += name.size;
    ref->size -= name.size;
    return name;
}

static json_t *member_of(const json_t *object, reference name)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)object, key, value)
        if (strlen(key) == name.size && memcmp(key, name.text, name.size) == 0)
            return value;
    return NULL;
}

static bool check_reference(reference ref, const json_t *names, const json_place *place, report *r)
{
    reference path = ref, step;
    size_t index;
    reference name = take_name(&path);
    const char *key;
    json_t *value;
    if (name.size == 0)
        return refuse(r, place, ref, "not NAME.field[0].field of an earlier answer");
    if (member_of(names, name) == NULL) {
        nearest near;
        char hint[HINT_SIZE + 32] = "no request before this one is called that";
        nearest_init(&near, name.text, name.size);
        json_object_foreach ((json_t *)(uintptr_t)names, key, value)
            nearest_offer(&near, key);
        nearest_hint(&near, hint + strlen(hint));
        return refuse(r, place, name, hint);
    }
    while (path.size != 0)
        if (!next_step(&path, &step, &index))
            return refuse(r, place, ref, "not NAME.field[0].field of an earlier answer");
    return true;
}

static json_t *refuse_step(report *r, const json_place *place, reference ref, const json_t *owner, reference step)
{
    char text[QUOTED_SIZE];
    char prefix[PATH_SIZE];
    char missing[QUOTED_SIZE];
    report_set(r, CODE_VALUE, 0, "%s%s: the answer has no %s in %s", json_place_prefix(place, prefix),
               quoted(text, ref.text, ref.size),
               step.text != NULL ? quoted(missing, step.text, step.size) : "such element", json_kind(owner));
    return NULL;
}

/* Borrowed from the answers. */
static json_t *find_value(reference ref, const json_t *answers, const json_place *place, report *r)
{
    reference path = ref, step;
    size_t index;
    reference name = take_name(&path);
    json_t *at = member_of(answers, name);
    while (at != NULL && path.size != 0 && next_step(&path, &step, &index)) {
        json_t *inner = step.text != NULL ? member_of(at, step) : json_array_get(at, index);
        if (inner == NULL)
            return refuse_step(r, place, ref, at, step);
        at = inner;
    }
    if (at == NULL)
        refuse(r, place, ref, "there is no such answer");
    return at;
}

/* ---- strings ---- */

static bool check_text(const json_t *value, const json_t *names, const json_place *place, report *r)
{
    const char *at = json_string_value(value);
    const char *end = at + json_string_length(value);
    bool broken = false;
    part p;
    while (next_part(&at, end, &p, &broken))
        if (p.is_reference && !check_reference(p.text, names, place, r))
            return false;
    return !broken || refuse(r, place, p.text, "a reference without its closing brace");
}

/* Text that grows. */
typedef struct text {
    buffer memory;
    size_t size;
} text;

static void add(text *t, const char *data, size_t size)
{
    buffer_reserve(&t->memory, t->size + size + 1);
    memcpy(t->memory.data + t->size, data, size);
    t->size += size;
}

/* A value as part of a text. */
static bool add_value(text *t, const json_t *value, reference ref, const json_place *place, report *r)
{
    if (json_is_string(value)) {
        add(t, json_string_value(value), json_string_length(value));
        return true;
    }
    if (json_is_object(value) || json_is_array(value) || json_is_null(value))
        return refuse(r, place, ref, "only texts, numbers and booleans can be part of a text");
    char number[64];
    size_t size = json_dumpb(value, number, sizeof number, JSON_ENCODE_ANY);
    add(t, number, size < sizeof number ? size : sizeof number);
    return true;
}

static json_t *fill_text(json_t *value, const json_t *answers, const json_place *place, report *r)
{
    const char *at = json_string_value(value);
    const char *end = at + json_string_length(value);
    bool broken = false, fine = true;
    text t = {{0}, 0};
    part p;
    add(&t, "", 0);
    for (bool first = true; fine && next_part(&at, end, &p, &broken); first = false) {
        json_t *found = p.is_reference ? find_value(p.text, answers, place, r) : NULL;
        if (p.is_reference && found != NULL && first && at == end) {
            buffer_finish(&t.memory);
            return json_incref(found);
        }
        if (p.is_reference)
            fine = found != NULL && add_value(&t, found, p.text, place, r);
        else
            add(&t, p.text.text, p.text.size);
    }
    json_t *filled = fine ? json_stringn_nocheck(t.memory.data, t.size) : NULL;
    if (fine && filled == NULL)
        report_status(r, KW_ERR_NO_MEMORY, 0, "");
    buffer_finish(&t.memory);
    return filled;
}

/* ---- all values ---- */

bool script_values_check(const json_t *value, const json_t *names, const json_place *place, report *r)
{
    const char *key;
    json_t *item;
    if (json_is_string(value))
        return check_text(value, names, place, r);
    json_object_foreach ((json_t *)(uintptr_t)value, key, item) {
        const json_place inner = {place, key, 0};
        if (!script_values_check(item, names, &inner, r))
            return false;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place inner = {place, NULL, i};
        if (!script_values_check(json_array_get(value, i), names, &inner, r))
            return false;
    }
    return true;
}

static json_t *fill_object(json_t *value, const json_t *answers, const json_place *place, report *r)
{
    json_t *filled = json_object();
    const char *key;
    json_t *item;
    json_object_foreach (value, key, item) {
        const json_place inner = {place, key, 0};
        json_t *one = script_values_fill(item, answers, &inner, r);
        if (one == NULL || json_object_set_new_nocheck(filled, key, one) != 0) {
            json_decref(filled);
            return NULL;
        }
    }
    return filled;
}

static json_t *fill_array(json_t *value, const json_t *answers, const json_place *place, report *r)
{
    json_t *filled = json_array();
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_place inner = {place, NULL, i};
        json_t *one = script_values_fill(json_array_get(value, i), answers, &inner, r);
        if (one == NULL || json_array_append_new(filled, one) != 0) {
            json_decref(filled);
            return NULL;
        }
    }
    return filled;
}

json_t *script_values_fill(json_t *value, const json_t *answers, const json_place *place, report *r)
{
    if (json_is_string(value))
        return fill_text(value, answers, place, r);
    if (json_is_object(value))
        return fill_object(value, answers, place, r);
    if (json_is_array(value))
        return fill_array(value, answers, place, r);
    return json_incref(value);
}
