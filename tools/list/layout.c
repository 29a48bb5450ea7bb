/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../command/output.h"
#include "../protocol/field_text.h"
#include "../protocol/kafka_releases.h"

/* The state of printing a message: its layout in one version, or its fields in all. */
typedef struct layout {
    const kw_message *m;
    bool all;
    int16_t version; /* ALL_VERSIONS: all */
    bool flexible;
    int name_width; /* of the longest name with its indentation */
    int type_width;
} layout;

enum { INDENT = 2 };

static const char tag_buffer[] = "_tagged_fields";

/* ---- one field ---- */

/* What is so in some versions only. */
static void append_ranges(const layout *l, const field_place *place, char note[FIELD_NOTE_SIZE])
{
    const kw_field *f = place->field;
    kw_versions nullable = field_place_range(place, f->nullable);
    kw_versions tagged = field_place_range(place, f->tagged);
    char versions[VERSIONS_SIZE];
    if (nullable.first <= nullable.last)
        note_append(note, "nullable %s", format_versions(versions, nullable, l->m->versions));
    if (tagged.first <= tagged.last)
        note_append(note, "tag %" PRId32 " in %s", f->tag, format_versions(versions, tagged, l->m->versions));
}

static const char *format_note(const layout *l, const field_place *place, char note[FIELD_NOTE_SIZE])
{
    const kw_field *f = place->field;
    char value[FIELD_DEFAULT_SIZE];
    const char *late = l->all ? NULL : late_release(l->m, place, l->version);
    note[0] = '\0';
    if (l->all)
        append_ranges(l, place, note);
    else if (kw_versions_have(f->tagged, l->version))
        note_append(note, "tag %" PRId32, f->tag);
    if (!l->all && kw_versions_have(f->nullable, l->version))
        note_append(note, "nullable");
    if (format_default(f, value)[0] != '\0')
        note_append(note, "default %s", value);
    if ((f->flags & KW_FIELD_KEY) != 0)
        note_append(note, "key");
    if (l->all && (f->flags & KW_FIELD_IGNORABLE) != 0)
        note_append(note, "ignorable");
    if (late != NULL)
        note_append(note, "since Kafka %s", late);
    return note;
}

/* The columns `versions` and `since` are left out if NULL. */
static void print_row(const layout *l, int depth, const char *name, const char *versions, const char *since,
                      const char *type, const char *note)
{
    char line[FIELD_TYPE_SIZE + FIELD_NOTE_SIZE + 256];
    int n = snprintf(line, sizeof line, "%*s%-*s  ", depth * INDENT, "", l->name_width - depth * INDENT, name);
    if (versions != NULL)
        n += snprintf(line + n, sizeof line - (size_t)n, "%-8s  ", versions);
    if (since != NULL)
        n += snprintf(line + n, sizeof line - (size_t)n, "%-6s  ", since);
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
    char type[FIELD_TYPE_SIZE];
    if (l->flexible)
        widen(l, depth, tag_buffer, "TAG_BUFFER");
    for (uint32_t i = 0; i < s->field_count; i++) {
        const kw_field *f = &s->fields[i];
        bool tagged = !is_shown(l, f, false);
        if (tagged && !is_shown(l, f, true))
            continue;
        const field_form form = field_form_in(f, l->version, l->flexible);
        widen(l, depth + tagged, f->name, format_type(&form, type));
        if (f->type != NULL)
            measure(l, f->type, depth + 1 + tagged);
    }
}

static void print_struct(const layout *l, const kw_struct *s, const field_place *owner, int depth);

static void print_field(const layout *l, const kw_field *f, const field_place *owner, int depth)
{
    const field_place place = {owner, f};
    char type[FIELD_TYPE_SIZE], note[FIELD_NOTE_SIZE], versions[VERSIONS_SIZE];
    const field_form form = field_form_in(f, l->version, l->flexible);
    format_type(&form, type);
    format_note(l, &place, note);
    if (l->all) {
        const char *since = l->m->releases != NULL ? first_release(l->m, &place) : NULL;
        format_versions(versions, field_place_versions(&place), l->m->versions);
        print_row(l, depth, f->name, versions, l->m->releases == NULL || since != NULL ? since : "-", type, note);
    } else {
        print_row(l, depth, f->name, NULL, NULL, type, note);
    }
    if (f->type != NULL)
        print_struct(l, f->type, &place, depth + 1);
}

static void print_tagged(const layout *l, const kw_struct *s, const field_place *owner, int depth)
{
    bool any = false;
    for (uint32_t i = 0; i < s->field_count; i++)
        any = any || is_shown(l, &s->fields[i], true);
    print_row(l, depth, tag_buffer, NULL, NULL, "TAG_BUFFER", any ? "" : "none is known");
    for (uint32_t i = 0; i < s->field_count; i++)
        if (is_shown(l, &s->fields[i], true))
            print_field(l, &s->fields[i], owner, depth + 1);
}

static void print_struct(const layout *l, const kw_struct *s, const field_place *owner, int depth)
{
    for (uint32_t i = 0; i < s->field_count; i++)
        if (is_shown(l, &s->fields[i], false))
            print_field(l, &s->fields[i], owner, depth);
    if (l->flexible)
        print_tagged(l, s, owner, depth);
}

/* ---- messages ---- */

static void print_title(const layout *l)
{
    const kw_message *m = l->m;
    char title[TITLE_SIZE], versions[VERSIONS_SIZE], around[SURROUNDINGS_SIZE];
    format_title(m, title);
    if (l->all) {
        printf("%s, versions %s, ", title, format_range(versions, m->versions));
        if (m->flexible.first > m->flexible.last)
            printf("not flexible\n");
        else
            printf("flexible %d+\n", m->flexible.first);
        return;
    }
    printf("%s, version %d%s\n", title, l->version, l->flexible ? ", flexible" : "");
    if (format_surroundings(m, l->version, around)[0] != '\0')
        printf("%s\n", around);
}

static void print(layout *l)
{
    bool has_since = l->all && l->m->releases != NULL;
    widen(l, 0, "FIELD", "TYPE");
    measure(l, l->m->type, 0);
    print_title(l);
    if (why_no_releases(l->m) != NULL)
        printf("%s\n", why_no_releases(l->m));
    printf("\n");
    print_row(l, 0, "FIELD", l->all ? "VERSIONS" : NULL, has_since ? "SINCE" : NULL, "TYPE", "NOTES");
    print_struct(l, l->m->type, NULL, 0);
}

void layout_print(const kw_message *m, int16_t version)
{
    layout l = {.m = m, .version = version, .flexible = kw_versions_have(m->flexible, version)};
    print(&l);
}

void layout_print_all(const kw_message *m)
{
    layout l = {.m = m, .all = true, .version = ALL_VERSIONS};
    print(&l);
}
