/* SPDX-License-Identifier: Apache-2.0 */
#include "field_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <kwire/api.h>

#include "../explain/field_type.h"
#include "kafka_releases.h"

const char *message_kind(const kw_message *m)
{
    static const char *const names[] = {
        [KW_MESSAGE_REQUEST] = "request",
        [KW_MESSAGE_RESPONSE] = "response",
        [KW_MESSAGE_HEADER] = "header",
        [KW_MESSAGE_DATA] = "data",
        [KW_MESSAGE_METADATA_RECORD] = "metadata record",
        [KW_MESSAGE_COORDINATOR_KEY] = "coordinator key",
        [KW_MESSAGE_COORDINATOR_VALUE] = "coordinator value",
    };
    return names[m->kind];
}

bool message_has_header(const kw_message *m)
{
    return m->kind == KW_MESSAGE_REQUEST || m->kind == KW_MESSAGE_RESPONSE;
}

const char *format_range(char to[VERSIONS_SIZE], kw_versions v)
{
    if (v.first > v.last)
        snprintf(to, VERSIONS_SIZE, "-");
    else if (v.first == v.last)
        snprintf(to, VERSIONS_SIZE, "%d", v.first);
    else
        snprintf(to, VERSIONS_SIZE, "%d-%d", v.first, v.last);
    return to;
}

const char *format_versions(char to[VERSIONS_SIZE], kw_versions v, kw_versions of)
{
    if (v.first > v.last || v.last < of.last)
        return format_range(to, v);
    snprintf(to, VERSIONS_SIZE, "%d+", v.first);
    return to;
}

const char *format_title(const kw_message *m, char to[TITLE_SIZE])
{
    if (message_has_header(m))
        snprintf(to, TITLE_SIZE, "%s, %s of API key %d (%s)", m->name, message_kind(m), m->api_key,
                 kw_api_find(m->api_key)->name);
    else if (m->api_key >= 0)
        snprintf(to, TITLE_SIZE, "%s, %s of type %d", m->name, message_kind(m), m->api_key);
    else
        snprintf(to, TITLE_SIZE, "%s, %s", m->name, message_kind(m));
    return to;
}

const char *format_surroundings(const kw_message *m, int16_t version, char to[SURROUNDINGS_SIZE])
{
    int n = 0;
    to[0] = '\0';
    if (message_has_header(m))
        n = snprintf(to, SURROUNDINGS_SIZE, "after header version %d; ",
                     kw_header_version(m->api_key, version, m->kind));
    if (m->releases == NULL)
        return to;
    kw_release release = version_release(m, version);
    if (release.first == NULL)
        snprintf(to + n, SURROUNDINGS_SIZE - (size_t)n, "not stable in any release yet");
    else
        snprintf(to + n, SURROUNDINGS_SIZE - (size_t)n, "Kafka %s to %s", release.first,
                 release.last != NULL ? release.last : "the newest");
    return to;
}

static const char *whole_type(const kw_field *f, int16_t version, bool flexible)
{
    kw_step whole = {.field = f, .index = -1};
    if (f->kind == KW_KIND_STRUCT && (f->flags & KW_FIELD_ARRAY) == 0)
        return f->type->name;
    return step_type(&whole, version, flexible);
}

static const char *element_type(const kw_field *f, int16_t version, bool flexible)
{
    kw_step element = {.field = f, .index = 0};
    return f->kind == KW_KIND_STRUCT ? f->type->name : step_type(&element, version, flexible);
}

field_form field_form_in(const kw_field *f, int16_t version, bool flexible)
{
    return (field_form){
        .type = whole_type(f, version, flexible),
        .elements = (f->flags & KW_FIELD_ARRAY) != 0 ? element_type(f, version, flexible) : NULL,
        .nullable = kw_versions_have(f->nullable, version),
        .tag = kw_versions_have(f->tagged, version) ? f->tag : -1,
    };
}

const char *format_type(const field_form *form, char to[FIELD_TYPE_SIZE])
{
    if (form->elements != NULL)
        snprintf(to, FIELD_TYPE_SIZE, "%s of %s", form->type, form->elements);
    else
        snprintf(to, FIELD_TYPE_SIZE, "%s", form->type);
    return to;
}

const char *format_default(const kw_field *f, char to[FIELD_DEFAULT_SIZE])
{
    to[0] = '\0';
    if ((f->flags & KW_FIELD_NULL_DEFAULT) != 0)
        snprintf(to, FIELD_DEFAULT_SIZE, "null");
    else if (f->text != NULL)
        snprintf(to, FIELD_DEFAULT_SIZE, "\"%s\"", f->text);
    else if (f->kind == KW_KIND_BOOL && f->integer != 0)
        snprintf(to, FIELD_DEFAULT_SIZE, "true");
    else if (f->integer != 0)
        snprintf(to, FIELD_DEFAULT_SIZE, "%" PRId64, f->integer);
    return to;
}

void note_append(char note[FIELD_NOTE_SIZE], const char *format, ...)
{
    va_list list;
    size_t n = strlen(note);
    if (n != 0)
        snprintf(note + n, FIELD_NOTE_SIZE - n, ", ");
    n = strlen(note);
    va_start(list, format);
    vsnprintf(note + n, FIELD_NOTE_SIZE - n, format, list);
    va_end(list);
}
