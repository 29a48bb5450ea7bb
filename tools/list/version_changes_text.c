/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../protocol/kafka_releases.h"
#include "../protocol/version_diff.h"
#include "version_changes.h"

/* A table of changes, which is walked through twice: for its widths, and to print it. */
typedef struct table {
    const kw_message *m;
    int16_t to;
    bool measuring;
    bool any;
    int path_width;
    int type_width;
} table;

/* The properties of a field that came or went. */
static void note_form(const kw_field *f, const field_form *form, char note[FIELD_NOTE_SIZE])
{
    char value[FIELD_DEFAULT_SIZE];
    if (form->tag >= 0)
        note_append(note, "tag %" PRId32, form->tag);
    if (form->nullable)
        note_append(note, "nullable");
    if (format_default(f, value)[0] != '\0')
        note_append(note, "default %s", value);
    if ((f->flags & KW_FIELD_KEY) != 0)
        note_append(note, "key");
}

static void note_change(const field_form *before, const field_form *after, char note[FIELD_NOTE_SIZE])
{
    if (before->nullable != after->nullable)
        note_append(note, after->nullable ? "now nullable" : "no longer nullable");
    if (before->tag < 0 && after->tag >= 0)
        note_append(note, "now tag %" PRId32, after->tag);
    if (before->tag >= 0 && after->tag < 0)
        note_append(note, "no longer tagged");
}

static void visit(void *context, field_change change, const field_place *place, const field_form *before,
                  const field_form *after)
{
    static const char marks[] = {[FIELD_REMOVED] = '-', [FIELD_ADDED] = '+', [FIELD_CHANGED] = '~'};
    table *t = context;
    const field_form *form = after != NULL ? after : before;
    char path[FIELD_PATH_SIZE], type[FIELD_TYPE_SIZE], note[FIELD_NOTE_SIZE] = "";
    field_place_path(place, path);
    format_type(form, type);
    if (t->measuring) {
        t->any = true;
        t->path_width = (int)strlen(path) > t->path_width ? (int)strlen(path) : t->path_width;
        t->type_width = (int)strlen(type) > t->type_width ? (int)strlen(type) : t->type_width;
        return;
    }
    if (change == FIELD_CHANGED)
        note_change(before, after, note);
    else
        note_form(place->field, form, note);
    const char *late = after != NULL ? late_release(t->m, place, t->to) : NULL;
    if (late != NULL)
        note_append(note, "since Kafka %s", late);
    if (note[0] != '\0')
        printf("%c %-*s  %-*s  %s\n", marks[change], t->path_width, path, t->type_width, type, note);
    else
        printf("%c %-*s  %s\n", marks[change], t->path_width, path, type);
}

static void print_changes(const kw_message *m, int16_t from, int16_t to)
{
    table t = {.m = m, .to = to, .measuring = true};
    bool was_flexible = kw_versions_have(m->flexible, from);
    bool is_flexible = kw_versions_have(m->flexible, to);
    if (!was_flexible && is_flexible)
        printf("~ flexible from here on: compact lengths, and tagged fields at the end of each struct\n");
    if (was_flexible && !is_flexible)
        printf("~ not flexible: no compact lengths and no tagged fields\n");
    version_diff(m, from, to, visit, &t);
    t.measuring = false;
    version_diff(m, from, to, visit, &t);
    if (!t.any)
        printf("  the fields are the same\n");
}

static void print_title(const kw_message *m)
{
    char title[TITLE_SIZE];
    printf("%s\n", format_title(m, title));
    if (why_no_releases(m) != NULL)
        printf("%s\n", why_no_releases(m));
}

static void print_version(const kw_message *m, int16_t version)
{
    char around[SURROUNDINGS_SIZE];
    format_surroundings(m, version, around);
    printf("version %d%s%s%s\n", version, kw_versions_have(m->flexible, version) ? ", flexible" : "",
           around[0] != '\0' ? ", " : "", around);
}

void version_diff_print(const kw_message *m, int16_t from, int16_t to)
{
    print_title(m);
    printf("--- ");
    print_version(m, from);
    printf("+++ ");
    print_version(m, to);
    print_changes(m, from, to);
}

void version_history_print(const kw_message *m)
{
    print_title(m);
    print_version(m, m->versions.first);
    for (int16_t v = m->versions.first; v < m->versions.last; v++) {
        printf("\n");
        print_version(m, (int16_t)(v + 1));
        print_changes(m, v, (int16_t)(v + 1));
    }
}
