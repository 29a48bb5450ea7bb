/* SPDX-License-Identifier: Apache-2.0 */
#include "script.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../client/trouble.h"
#include "../command/buffer.h"
#include "../command/input.h"
#include "../command/names.h"
#include "../command/nearest.h"
#include "../convert/frame_json.h"
#include "../json/json_place.h"
#include "../json/parse.h"
#include "call_options.h"
#include "script_values.h"

/* What is read of a script; `line` is that of `at`. */
typedef struct script_text {
    const char *at;
    const char *end;
    size_t line;
} script_text;

static void skip(script_text *t, size_t size)
{
    for (size_t i = 0; i < size; i++)
        t->line += t->at[i] == '\n';
    t->at += size;
}

static void skip_line(script_text *t)
{
    size_t left = (size_t)(t->end - t->at);
    const char *feed = memchr(t->at, '\n', left);
    skip(t, feed != NULL ? (size_t)(feed - t->at) : left);
}

/* White space and comments. False at the end. */
static bool find_object(script_text *t)
{
    while (t->at < t->end) {
        if (*t->at == '#')
            skip_line(t);
        else if (memchr(" \t\r\n", *t->at, 4) != NULL)
            skip(t, 1);
        else
            return true;
    }
    return false;
}

/* ---- members ---- */

static const json_place whole = {NULL, NULL, 0};

static bool check_members(json_t *object, report *r)
{
    /* The last five are those of a frame that kwire decode prints. */
    static const char *const names[] = {"api",  "version", "body",   "as",       "allow",      "retry",
                                        "size", "kind",    "header", "trailing", "unknownTags"};
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return refuse_kind(r, &whole, "an object", object);
    json_object_foreach (object, key, value) {
        nearest near;
        bool known = false;
        nearest_init(&near, key, strlen(key));
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            known = known || strcmp(names[i], key) == 0;
            nearest_offer(&near, names[i]);
        }
        char text[QUOTED_SIZE];
        char hint[HINT_SIZE];
        if (!known)
            return report_set(r, CODE_VALUE, 0, "a request of a script has no %s%s", quoted(text, key, strlen(key)),
                              nearest_hint(&near, hint));
    }
    return true;
}

static bool read_api(json_t *object, script_step *out, report *r)
{
    const json_place api_place = {&whole, "api", 0};
    const json_place version_place = {&whole, "version", 0};
    json_t *api = json_object_get(object, "api");
    json_t *version = json_object_get(object, "version");
    out->api = frame_api(api);
    if (out->api == NULL)
        return refuse_value(r, &api_place,
                            api == NULL ? "missing: the name or the key of an API"
                                        : "not the name or the key of an API");
    out->version = VERSION_NEGOTIATED;
    if (version == NULL)
        return true;
    if (!json_is_integer(version))
        return refuse_kind(r, &version_place, "an integer", version);
    json_int_t n = json_integer_value(version);
    if (n < out->api->versions.first || n > out->api->versions.last)
        return report_set(r, CODE_VALUE, 0, "version: kwire knows %s %d to %d, not %lld", out->api->name,
                          out->api->versions.first, out->api->versions.last, (long long)n);
    out->version = (int16_t)n;
    return true;
}

static bool is_error_name(const json_t *name)
{
    for (size_t i = 0; json_is_string(name) && i < kw_error_count(); i++)
        if (name_is(kw_error_at(i)->name, json_string_value(name), json_string_length(name)))
            return true;
    return false;
}

/* True, or names of errors. */
static bool read_errors(json_t *object, const char *name, json_t **out, report *r)
{
    const json_place place = {&whole, name, 0};
    *out = json_object_get(object, name);
    if (*out == NULL || json_is_true(*out))
        return true;
    if (!json_is_array(*out))
        return refuse_kind(r, &place, "true or an array of Kafka's names of errors", *out);
    for (size_t i = 0; i < json_array_size(*out); i++) {
        const json_place element = {&place, NULL, i};
        if (!is_error_name(json_array_get(*out, i)))
            return refuse_value(r, &element, "Kafka has no error of this name (see kwire errors)");
    }
    return true;
}

static bool read_name(json_t *object, script_step *out, report *r)
{
    const json_place place = {&whole, "as", 0};
    json_t *as = json_object_get(object, "as");
    out->name = as != NULL ? json_string_value(as) : out->api->name;
    if (out->name != NULL && script_name_is_valid(out->name))
        return true;
    return refuse_value(r, &place, "a name of letters, digits, - and _");
}

/* A frame that kwire decode has printed; the correlation id is not kept. */
static bool read_frame(json_t *object, script_step *out, report *r)
{
    const json_place place = {&whole, "kind", 0};
    json_t *kind = json_object_get(object, "kind");
    const char *text = json_string_value(kind);
    out->client_id = json_object_get(json_object_get(object, "header"), "clientId");
    if (out->client_id != NULL && !json_is_string(out->client_id) && !json_is_null(out->client_id))
        return refuse_kind(r, &(json_place){&whole, "header.clientId", 0}, "a string", out->client_id);
    return kind == NULL || (text != NULL && strcmp(text, "request") == 0) ||
           refuse_value(r, &place, "a script has only requests");
}

static bool read_step(json_t *object, script_step *out, report *r)
{
    const json_place place = {&whole, "body", 0};
    if (!check_members(object, r) || !read_api(object, out, r) || !read_name(object, out, r) ||
        !read_errors(object, "allow", &out->allow, r) || !read_errors(object, "retry", &out->retry, r) ||
        !read_frame(object, out, r))
        return false;
    out->body = json_object_get(object, "body");
    if (out->body == NULL) {
        out->body = json_object();
        json_object_set_new(object, "body", out->body);
    }
    return json_is_object(out->body) || refuse_kind(r, &place, "an object", out->body);
}

/* ---- all of it ---- */

static bool check_values(const script_step *step, const json_t *names, report *r)
{
    return script_values_check(step->body, names, &whole, r) || report_while(r, "body");
}

static bool add_step(script *s, const script_text *t, json_t *object, json_t *names, report *r)
{
    script_step *grown = realloc(s->steps, (s->count + 1) * sizeof *grown);
    if (grown == NULL)
        die("out of memory");
    s->steps = grown;
    script_step *step = &grown[s->count];
    *step = (script_step){.line = t->line};
    if (!read_step(object, step, r) || !check_values(step, names, r))
        return report_while(r, "%s:%zu", s->path, t->line);
    s->count++;
    json_object_set_new(names, step->name, json_true());
    return true;
}

static bool read_objects(script *s, script_text *t, json_t *names, report *r)
{
    while (find_object(t)) {
        size_t used, line;
        json_t *object = json_parse_next(t->at, (size_t)(t->end - t->at), &used, &line, r);
        if (object == NULL)
            return report_while(r, "%s:%zu", s->path, t->line + line - 1);
        json_array_append_new(s->objects, object);
        if (!add_step(s, t, object, names, r))
            return false;
        skip(t, used);
    }
    return s->count != 0 || report_set(r, CODE_VALUE, 0, "%s: no requests", s->path);
}

bool script_read(script *s, const char *path, size_t max_memory, report *r)
{
    buffer memory = {0};
    bool is_input = strcmp(path, "-") == 0;
    *s = (script){.path = is_input ? "standard input" : path, .objects = json_array()};
    size_t size = is_input ? input_read_all(&memory) : input_read_file(path, max_memory, &memory);
    script_text text = {memory.data, memory.data + size, 1};
    json_t *names = json_object();
    bool fine = read_objects(s, &text, names, r);
    json_decref(names);
    buffer_finish(&memory);
    return fine;
}

void script_finish(script *s)
{
    json_decref(s->objects);
    free(s->steps);
}

bool script_has_error(const json_t *errors, int16_t code)
{
    const char *name = kw_error_name(code);
    for (size_t i = 0; i < json_array_size(errors); i++) {
        const json_t *one = json_array_get(errors, i);
        if (name_is(name, json_string_value(one), json_string_length(one)))
            return true;
    }
    return false;
}
