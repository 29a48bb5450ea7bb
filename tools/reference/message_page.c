/* SPDX-License-Identifier: Apache-2.0 */
#include "message_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/api.h>

#include "../explain/explain.h"
#include "../explain/print_html.h"
#include "../html/table.h"
#include "../protocol/field_place.h"
#include "../protocol/field_text.h"
#include "../protocol/kafka_releases.h"
#include "../protocol/version_diff.h"
#include "example.h"
#include "texts.h"

/* ---- facts ---- */

static void put_fact(html *h, const char *name, const char *value)
{
    html_open(h, "div");
    html_element(h, "dt", NULL, name);
    html_element(h, "dd", NULL, value);
    html_close(h);
    html_line(h);
}

/* The request of a response, or the reverse; or what an API of a former name is called now. */
static void put_counterpart(html *h, const kw_message *m)
{
    bool is_former = message_is_former(m);
    kw_message_kind kind = (m->kind == KW_MESSAGE_REQUEST) == is_former ? KW_MESSAGE_REQUEST : KW_MESSAGE_RESPONSE;
    const kw_message *other = kw_message_find(m->api_key, kind);
    html_open(h, "div");
    html_element(h, "dt", NULL, is_former ? "Name now" : kind == KW_MESSAGE_RESPONSE ? "Response" : "Request");
    html_open(h, "dd");
    html_open(h, "a");
    html_attribute_format(h, "href", "%s.html", other->name);
    html_text(h, other->name);
    html_close(h);
    html_close(h);
    html_close(h);
    html_line(h);
}

static void put_number_fact(html *h, const char *name, int number)
{
    char text[16];
    snprintf(text, sizeof text, "%d", number);
    put_fact(h, name, text);
}

static void put_facts(html *h, const kw_message *m)
{
    char text[VERSIONS_SIZE];
    html_open(h, "dl");
    html_attribute(h, "class", "facts");
    html_line(h);
    put_fact(h, "Kind", message_kind(m));
    if (message_has_header(m)) {
        put_number_fact(h, "API key", m->api_key);
        put_counterpart(h, m);
    } else if (m->api_key >= 0) {
        put_number_fact(h, "Record type", m->api_key);
    }
    put_fact(h, "Versions", format_range(text, m->versions));
    put_fact(h, "Flexible",
             m->flexible.first > m->flexible.last ? "never" : format_versions(text, m->flexible, m->versions));
    html_close(h);
    html_line(h);
}

/* ---- fields ---- */

static void put_note(html *h, const char *text)
{
    html_text(h, " ");
    html_element(h, "span", "tag", text);
}

static void put_notes(html *h, const kw_message *m, const field_place *place)
{
    const kw_field *f = place->field;
    const kw_versions nullable = field_place_range(place, f->nullable);
    const kw_versions tagged = field_place_range(place, f->tagged);
    char versions[VERSIONS_SIZE], value[FIELD_DEFAULT_SIZE], note[FIELD_NOTE_SIZE] = "";
    if (nullable.first <= nullable.last) {
        snprintf(note, sizeof note, "nullable %s", format_versions(versions, nullable, m->versions));
        put_note(h, note);
    }
    if (tagged.first <= tagged.last) {
        snprintf(note, sizeof note, "tag %d in %s", (int)f->tag, format_versions(versions, tagged, m->versions));
        put_note(h, note);
    }
    if (format_default(f, value)[0] != '\0') {
        snprintf(note, sizeof note, "default %s", value);
        put_note(h, note);
    }
    if ((f->flags & KW_FIELD_KEY) != 0)
        put_note(h, "key");
    if ((f->flags & KW_FIELD_IGNORABLE) != 0)
        put_note(h, "ignorable");
}

/* "field-topics.partitions.leaderId", which is unique in the page. */
static void put_field_id(html *h, const field_place *place)
{
    char path[FIELD_PATH_SIZE], id[FIELD_PATH_SIZE];
    size_t len = 0;
    field_place_path(place, path);
    for (size_t i = 0; path[i] != '\0'; i++)
        if (path[i] != '[' && path[i] != ']')
            id[len++] = path[i];
    id[len] = '\0';
    html_attribute_format(h, "id", "field-%s", id);
}

static void put_field(html *h, const kw_message *m, const kw_struct *owner, const field_place *place, unsigned depth)
{
    const kw_field *f = place->field;
    char type[FIELD_TYPE_SIZE], versions[VERSIONS_SIZE];
    const field_form form = field_form_in(f, ALL_VERSIONS, false);
    html_open(h, "tr");
    put_field_id(h, place);
    html_open(h, "th");
    html_attribute(h, "scope", "row");
    html_attribute_format(h, "style", "--depth: %u", depth);
    html_element(h, "code", NULL, f->name);
    html_close(h);
    html_element(h, "td", "code", format_type(&form, type));
    html_table_number(h, "versions", format_versions(versions, field_place_versions(place), m->versions));
    if (m->releases != NULL) {
        const char *since = first_release(m, place);
        html_table_number(h, "since", since != NULL ? since : "-");
    }
    html_open(h, "td");
    html_text(h, text_of_field(owner, f));
    put_notes(h, m, place);
    html_close(h);
    html_close(h);
    html_line(h);
}

static void put_struct(html *h, const kw_message *m, const kw_struct *s, const field_place *owner, unsigned depth)
{
    for (uint32_t i = 0; i < s->field_count; i++) {
        const field_place place = {owner, &s->fields[i]};
        const kw_versions versions = field_place_versions(&place);
        if (versions.first > versions.last)
            continue;
        put_field(h, m, s, &place, depth);
        if (s->fields[i].type != NULL)
            put_struct(h, m, s->fields[i].type, &place, depth + 1);
    }
}

static void put_fields(html *h, const kw_message *m)
{
    html_element(h, "h2", NULL, "Fields");
    html_line(h);
    if (m->type->field_count == 0) {
        html_element(h, "p", NULL, "It has none.");
        return;
    }
    html_table_start(h, "Fields");
    html_table_heading(h, NULL, "Field");
    html_table_heading(h, NULL, "Type");
    html_table_heading(h, "number", "Versions");
    if (m->releases != NULL)
        html_table_heading(h, "number", "Since");
    html_table_heading(h, NULL, "Meaning");
    html_table_rows(h);
    put_struct(h, m, m->type, NULL, 0);
    html_table_end(h);
    html_element(h, "p", "muted",
                 "Fields are in the order of the bytes; tagged ones follow the others of their struct, by tag. A "
                 "version without an ignorable field drops its value; without any other field it refuses to be "
                 "written, unless the field has its default.");
    html_line(h);
}

/* ---- versions ---- */

typedef struct changes {
    html *h;
    bool any;
} changes;

static void start_change(changes *c)
{
    if (!c->any)
        html_open(c->h, "ul");
    c->any = true;
    html_open(c->h, "li");
}

static void end_changes(changes *c)
{
    if (c->any)
        html_close(c->h);
    else
        html_element(c->h, "span", "muted", "the same bytes; what they mean may have changed");
}

static void put_changed_form(html *h, const field_form *before, const field_form *after)
{
    if (before->nullable != after->nullable)
        html_text(h, after->nullable ? " can be null" : " cannot be null any more");
    if (before->nullable != after->nullable && before->tag != after->tag)
        html_text(h, ", and");
    if (before->tag != after->tag && after->tag >= 0)
        html_format(h, " is the tagged field %d", (int)after->tag);
    else if (before->tag != after->tag)
        html_text(h, " is a tagged field no more");
}

static void put_change(void *context, field_change change, const field_place *place, const field_form *before,
                       const field_form *after)
{
    changes *c = context;
    char path[FIELD_PATH_SIZE], type[FIELD_TYPE_SIZE];
    start_change(c);
    if (change != FIELD_CHANGED)
        html_text(c->h, change == FIELD_ADDED ? "new: " : "gone: ");
    html_element(c->h, "code", NULL, field_place_path(place, path));
    if (change == FIELD_CHANGED)
        put_changed_form(c->h, before, after);
    else
        html_format(c->h, ", %s", format_type(change == FIELD_ADDED ? after : before, type));
    html_close(c->h);
}

static void put_changes(html *h, const kw_message *m, int16_t version)
{
    changes c = {.h = h};
    if (version == m->versions.first) {
        html_element(h, "span", "muted", "the first");
        return;
    }
    if (version == m->flexible.first) {
        start_change(&c);
        html_text(h, "flexible: lengths are compact, and structs end with tagged fields");
        html_close(h);
    }
    version_diff(m, (int16_t)(version - 1), version, put_change, &c);
    end_changes(&c);
}

static void put_releases(html *h, const kw_message *m, int16_t version)
{
    kw_release release = version_release(m, version);
    html_open(h, "td");
    html_attribute(h, "data-label", "Kafka");
    if (release.first == NULL)
        html_text(h, "not stable yet");
    else if (release.last == NULL)
        html_format(h, "%s+", release.first);
    else if (strcmp(release.first, release.last) == 0)
        html_text(h, release.first);
    else
        html_format(h, "%s to %s", release.first, release.last);
    html_close(h);
}

static void put_version(html *h, const kw_message *m, int16_t version)
{
    html_open(h, "tr");
    html_attribute_format(h, "id", "v%d", version);
    html_open(h, "th");
    html_attribute(h, "scope", "row");
    html_attribute(h, "class", "number");
    html_open(h, "a");
    html_attribute_format(h, "href", "#example-v%d", version);
    html_attribute_format(h, "aria-label", "Example of version %d", version);
    html_format(h, "%d", version);
    html_close(h);
    html_close(h);
    if (m->releases != NULL)
        put_releases(h, m, version);
    if (message_has_header(m)) {
        char header[16];
        snprintf(header, sizeof header, "%d", kw_header_version(m->api_key, version, m->kind));
        html_table_number(h, "header", header);
    }
    html_open(h, "td");
    put_changes(h, m, version);
    html_close(h);
    html_close(h);
    html_line(h);
}

static void put_versions(html *h, const kw_message *m)
{
    html_element(h, "h2", NULL, "Versions");
    html_line(h);
    if (why_no_releases(m) != NULL) {
        html_element(h, "p", NULL, why_no_releases(m));
        html_line(h);
    }
    html_table_start(h, "Versions");
    html_table_heading(h, "number", "Version");
    if (m->releases != NULL)
        html_table_heading(h, NULL, "Kafka");
    if (message_has_header(m))
        html_table_heading(h, "number", "Header");
    html_table_heading(h, NULL, "What changed");
    html_table_rows(h);
    for (int version = m->versions.last; version >= m->versions.first; version--)
        put_version(h, m, (int16_t)version);
    html_table_end(h);
}

/* ---- examples ---- */

static void explain_example(explainer *e, const kw_message *m, int16_t version)
{
    kw_writer bytes;
    kw_writer_init_growing(&bytes, kw_allocator_libc(), (size_t)1 << 20);
    example_write(m, version, &bytes);
    kw_span made = kw_writer_data(&bytes);
    bool framed = example_is_frame(m);
    explain_input in = {.data = made.data, .size = made.size, .has_size = framed};
    bool fine = !framed                         ? explain_message(e, &in, m, version)
                : m->kind == KW_MESSAGE_REQUEST ? explain_request(e, &in)
                                                : explain_response(e, &in, m->api_key, version);
    if (!fine)
        die("the example of %s %d is not valid", m->name, version);
    kw_writer_finish(&bytes);
}

/* The newest version's is open. */
static void put_example(html *h, explainer *e, const kw_message *m, int16_t version)
{
    html_open(h, "details");
    html_attribute_format(h, "id", "example-v%d", version);
    html_attribute(h, "class", "example");
    if (version == m->versions.last)
        html_attribute(h, "open", NULL);
    html_open(h, "summary");
    html_format(h, "Version %d", version);
    html_close(h);
    html_line(h);
    explain_example(e, m, version);
    html_close(h);
    html_line(h);
}

/* Returns the style for browsers without scripts. */
static char *put_examples(html *h, const kw_message *m)
{
    print_html *print = zeroed_memory(sizeof *print);
    printer out = print_html_init(print, &(print_html_options){.page = h, .full = true, .heading = 3});
    explainer *e = explainer_create(&(explain_options){.printer = &out, .secrets = true});
    html_element(h, "h2", NULL, m->versions.first == m->versions.last ? "Example" : "Examples");
    html_element(h, "p", NULL,
                 "Every field has a value, and arrays have one element. A field marks its bytes, and bytes mark their "
                 "field. Offsets are hexadecimal.");
    html_line(h);
    for (int version = m->versions.last; version >= m->versions.first; version--)
        put_example(h, e, m, (int16_t)version);
    explainer_destroy(e);
    char *style = print_html_style(print);
    print_html_finish(print);
    free(print);
    return style;
}

void message_page_write(page_file *p, const char *folder, const kw_message *m)
{
    html *h = &p->body;
    page_file_reset(p);
    html_element(h, "p", NULL, text_of_message(m));
    html_line(h);
    put_facts(h, m);
    put_fields(h, m);
    put_versions(h, m);
    char *style = put_examples(h, m);
    page_file_write(
        p, folder, m->name,
        &(html_page){.title = m->name, .home = "index.html", .home_text = "All messages", .style_unscripted = style});
    free(style);
}
