/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <kwire/api.h>

#include "../command/output.h"
#include "../explain/field_type.h"

/* The state of printing a message: its layout in one version, or its fields in all. */
typedef struct layout {
    const kw_message *m;
    bool all;
    int16_t version; /* -1: all, so that types are neither compact nor nullable */
    bool flexible;
    int name_width; /* of the longest name with its indentation */
    int type_width;
} layout;

enum { INDENT = 2, TYPE_SIZE = 160, NOTE_SIZE = 320 };

static const char tag_buffer[] = "_tagged_fields";

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

const char *format_versions(char to[VERSIONS_SIZE], kw_versions v, kw_versions of)
{
    if (v.first > v.last)
        snprintf(to, VERSIONS_SIZE, "-");
    else if (v.last >= of.last)
        snprintf(to, VERSIONS_SIZE, "%d+", v.first);
    else if (v.first == v.last)
        snprintf(to, VERSIONS_SIZE, "%d", v.first);
    else
        snprintf(to, VERSIONS_SIZE, "%d-%d", v.first, v.last);
    return to;
}

/* ---- one field ---- */

static const char *element_type(const layout *l, const kw_field *f)
{
    if (f->kind == KW_KIND_STRUCT)
        return f->type->name;
    kw_step element = {.field = f, .index = 0};
    return step_type(&element, l->version, l->flexible);
}

static const char *format_type(const layout *l, const kw_field *f, char to[TYPE_SIZE])
{
    kw_step whole = {.field = f, .index = -1};
    if ((f->flags & KW_FIELD_ARRAY) != 0)
        snprintf(to, TYPE_SIZE, "%s of %s", step_type(&whole, l->version, l->flexible), element_type(l, f));
    else
        snprintf(to, TYPE_SIZE, "%s",
                 f->kind == KW_KIND_STRUCT ? f->type->name : step_type(&whole, l->version, l->flexible));
    return to;
}

static void append(char note[NOTE_SIZE], const char *text)
{
    size_t n = strlen(note);
    snprintf(note + n, NOTE_SIZE - n, "%s%s", n != 0 ? ", " : "", text);
}

/* The default if it is not zero, empty or false. */
static void append_default(const kw_field *f, char note[NOTE_SIZE])
{
    char text[NOTE_SIZE] = "";
    if ((f->flags & KW_FIELD_NULL_DEFAULT) != 0)
        snprintf(text, sizeof text, "default null");
    else if (f->text != NULL)
        snprintf(text, sizeof text, "default \"%s\"", f->text);
    else if (f->kind == KW_KIND_BOOL && f->integer != 0)
        snprintf(text, sizeof text, "default true");
    else if (f->integer != 0)
        snprintf(text, sizeof text, "default %" PRId64, f->integer);
    if (text[0] != '\0')
        append(note, text);
}

static const char *format_note(const layout *l, const kw_field *f, char note[NOTE_SIZE])
{
    char versions[VERSIONS_SIZE], text[64];
    note[0] = '\0';
    if (l->all && f->nullable.first <= f->nullable.last) {
        format_versions(versions, f->nullable, l->m->versions);
        snprintf(text, sizeof text, "nullable %s", versions);
        append(note, text);
    } else if (!l->all && kw_versions_have(f->nullable, l->version)) {
        append(note, "nullable");
    }
    if (l->all && f->tag >= 0) {
        format_versions(versions, f->tagged, l->m->versions);
        snprintf(text, sizeof text, "tag %" PRId32 " in %s", f->tag, versions);
        append(note, text);
    }
    append_default(f, note);
    if ((f->flags & KW_FIELD_KEY) != 0)
        append(note, "key");
    if (l->all && (f->flags & KW_FIELD_IGNORABLE) != 0)
        append(note, "ignorable");
    return note;
}

static void print_row(const layout *l, int depth, const char *name, const char *type, const char *versions,
                      const char *note)
{
    char line[TYPE_SIZE + NOTE_SIZE + 256];
    int n = snprintf(line, sizeof line, "%*s%-*s  ", depth * INDENT, "", l->name_width - depth * INDENT, name);
    if (versions != NULL)
        n += snprintf(line + n, sizeof line - (size_t)n, "%-8s  ", versions);
    n += snprintf(line + n, sizeof line - (size_t)n, "%-*s  %s", l->type_width, type, note);
    while (n > 0 && line[n - 1] == ' ')
        n--;
    output_write(line, (size_t)n);
    output_write("\n", 1);
}

/* ---- the fields of a struct ---- */

static bool is_shown(const layout *l, const kw_field *f, bool tagged)
{
    if (l->all)
        return !tagged;
    return kw_versions_have(f->versions, l->version) && kw_versions_have(f->tagged, l->version) == tagged;
}

static void widen(layout *l, int depth, const char *name, const char *type)
{
    int name_width = depth * INDENT + (int)strlen(name);
    int type_width = (int)strlen(type);
    l->name_width = name_width > l->name_width ? name_width : l->name_width;
    l->type_width = type_width > l->type_width ? type_width : l->type_width;
}

static void measure(layout *l, const kw_struct *s, int depth)
{
    char type[TYPE_SIZE];
    if (l->flexible)
        widen(l, depth, tag_buffer, "TAG_BUFFER");
    for (uint32_t i = 0; i < s->field_count; i++) {
        const kw_field *f = &s->fields[i];
        bool tagged = !is_shown(l, f, false);
        if (tagged && !is_shown(l, f, true))
            continue;
        widen(l, depth + tagged, f->name, format_type(l, f, type));
        if (f->type != NULL)
            measure(l, f->type, depth + 1 + tagged);
    }
}

static void print_struct(const layout *l, const kw_struct *s, int depth);

static void print_field(const layout *l, const kw_field *f, int depth, bool tagged)
{
    char type[TYPE_SIZE], note[NOTE_SIZE];
    format_type(l, f, type);
    format_note(l, f, note);
    if (tagged) {
        char tag[NOTE_SIZE + 24];
        snprintf(tag, sizeof tag, "tag %" PRId32 "%s%s", f->tag, note[0] != '\0' ? ", " : "", note);
        print_row(l, depth, f->name, type, NULL, tag);
    } else {
        char versions[VERSIONS_SIZE];
        format_versions(versions, f->versions, l->m->versions);
        print_row(l, depth, f->name, type, l->all ? versions : NULL, note);
    }
    if (f->type != NULL)
        print_struct(l, f->type, depth + 1);
}

static void print_tagged(const layout *l, const kw_struct *s, int depth)
{
    bool any = false;
    for (uint32_t i = 0; i < s->field_count; i++)
        any = any || is_shown(l, &s->fields[i], true);
    print_row(l, depth, tag_buffer, "TAG_BUFFER", NULL, any ? "" : "none is known");
    for (uint32_t i = 0; i < s->field_count; i++)
        if (is_shown(l, &s->fields[i], true))
            print_field(l, &s->fields[i], depth + 1, true);
}

static void print_struct(const layout *l, const kw_struct *s, int depth)
{
    for (uint32_t i = 0; i < s->field_count; i++)
        if (is_shown(l, &s->fields[i], false))
            print_field(l, &s->fields[i], depth, false);
    if (l->flexible)
        print_tagged(l, s, depth);
}

/* ---- messages ---- */

static void print_title(const layout *l)
{
    const kw_message *m = l->m;
    char text[VERSIONS_SIZE];
    printf("%s, %s", m->name, message_kind(m));
    if (m->kind == KW_MESSAGE_REQUEST || m->kind == KW_MESSAGE_RESPONSE)
        printf(" of API key %d (%s)", m->api_key, kw_api_find(m->api_key)->name);
    else if (m->api_key >= 0)
        printf(" of type %d", m->api_key);
    if (!l->all)
        printf(", version %d%s\n", l->version, l->flexible ? ", flexible" : "");
    else if (m->flexible.first > m->flexible.last)
        printf(", versions %s, not flexible\n", format_versions(text, m->versions, (kw_versions){0, INT16_MAX}));
    else
        printf(", versions %s, flexible %d+\n", format_versions(text, m->versions, (kw_versions){0, INT16_MAX}),
               m->flexible.first);
}

/* Prints the header before the body on the wire, and the Kafka releases that have the version. */
static void print_surroundings(const layout *l)
{
    const kw_message *m = l->m;
    if (m->kind == KW_MESSAGE_REQUEST || m->kind == KW_MESSAGE_RESPONSE)
        printf("after header version %d", kw_header_version(m->api_key, l->version, m->kind));
    if (m->releases != NULL) {
        kw_release release = m->releases[l->version - m->versions.first];
        const char *comma = m->kind == KW_MESSAGE_REQUEST || m->kind == KW_MESSAGE_RESPONSE ? "; " : "";
        if (release.first == NULL)
            printf("%snot stable in any release yet", comma);
        else
            printf("%sKafka %s to %s", comma, release.first, release.last != NULL ? release.last : "the newest");
    }
    if (m->releases != NULL || m->kind == KW_MESSAGE_REQUEST || m->kind == KW_MESSAGE_RESPONSE)
        printf("\n");
}

static void print(layout *l)
{
    widen(l, 0, "FIELD", "TYPE");
    measure(l, l->m->type, 0);
    print_title(l);
    if (!l->all)
        print_surroundings(l);
    printf("\n");
    print_row(l, 0, "FIELD", "TYPE", l->all ? "VERSIONS" : NULL, "NOTES");
    print_struct(l, l->m->type, 0);
}

void layout_print(const kw_message *m, int16_t version)
{
    layout l = {.m = m, .version = version, .flexible = kw_versions_have(m->flexible, version)};
    print(&l);
}

void layout_print_all(const kw_message *m)
{
    layout l = {.m = m, .all = true, .version = -1};
    print(&l);
}
