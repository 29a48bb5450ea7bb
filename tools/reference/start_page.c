/* SPDX-License-Identifier: Apache-2.0 */
#include "start_page.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <kwire/api.h>
#include <kwire/kafka_release.h>
#include <kwire/persisted.h>

#include "../html/table.h"
#include "../protocol/field_place.h"
#include "../protocol/field_text.h"
#include "texts.h"

extern const html_assets start_page_assets;

/* ---- words ---- */

/* Appends in lower case. */
static void add_words(html_store *words, const char *text)
{
    html_keep(words, " ", 1);
    for (; *text != '\0'; text++) {
        char c = (char)tolower((unsigned char)*text);
        html_keep(words, &c, 1);
    }
}

/* What a search for one or two messages looks in, beside their fields. */
static void put_words(html *h, const kw_message *first, const kw_message *second)
{
    html_store words = {0};
    add_words(&words, first->name);
    add_words(&words, text_of_message(first));
    if (second != NULL)
        add_words(&words, second->name);
    html_keep(&words, "", 1);
    html_attribute(h, "data-words", words.text.data);
    html_store_finish(&words);
}

/* "a b(c d)": c and d are fields of b. */
static void add_fields(html_store *tree, const kw_struct *s, const field_place *owner)
{
    for (uint32_t i = 0; i < s->field_count; i++) {
        const field_place place = {owner, &s->fields[i]};
        const kw_versions versions = field_place_versions(&place);
        if (versions.first > versions.last)
            continue;
        html_keep(tree, " ", 1);
        html_keep(tree, place.field->name, strlen(place.field->name));
        if (place.field->type == NULL)
            continue;
        html_keep(tree, "(", 1);
        add_fields(tree, place.field->type, &place);
        html_keep(tree, ")", 1);
    }
}

/* For the search; see start_page.js. */
static void put_fields(html *h, const kw_message *m)
{
    html_store tree = {0};
    add_fields(&tree, m->type, NULL);
    html_keep(&tree, "", 1);
    html_attribute(h, "data-fields", tree.text.data);
    html_store_finish(&tree);
}

/* ---- rows ---- */

static void put_message_link(html *h, const kw_message *m, const char *text)
{
    html_open(h, "a");
    html_attribute_format(h, "href", "%s.html", m->name);
    put_fields(h, m);
    html_text(h, text);
    html_close(h);
}

static void open_links(html *h)
{
    html_open(h, "td");
    html_attribute(h, "class", "links");
}

/* The heading of a row; long names can be broken between their words. */
static void put_name(html *h, const char *name)
{
    enum { LONG = 28 };
    html_open(h, "th");
    html_attribute(h, "scope", "row");
    for (size_t from = 0; name[from] != '\0';) {
        size_t size = 1;
        while (name[from + size] != '\0' && !isupper((unsigned char)name[from + size]))
            size++;
        html_text_sized(h, name + from, size);
        from += size;
        if (name[from] != '\0' && strlen(name) > LONG)
            html_empty(h, "wbr");
    }
    html_close(h);
}

static void put_versions_cell(html *h, const char *label, kw_versions versions)
{
    char text[VERSIONS_SIZE];
    html_table_number(h, label, format_range(text, versions));
}

static void put_number_cell(html *h, const char *label, int number)
{
    char text[16];
    snprintf(text, sizeof text, "%d", number);
    html_table_number(h, label, text);
}

static void end_row(html *h, const char *text)
{
    html_element(h, "td", NULL, text);
    html_close(h); /* tr */
    html_line(h);
}

static void put_api(html *h, const kw_api *api)
{
    const kw_message *request = kw_message_find(api->key, KW_MESSAGE_REQUEST);
    const kw_message *response = kw_message_find(api->key, KW_MESSAGE_RESPONSE);
    html_open(h, "tr");
    put_words(h, request, response);
    put_number_cell(h, "key", api->key);
    put_name(h, api->name);
    open_links(h);
    put_message_link(h, request, "request");
    html_text(h, " ");
    put_message_link(h, response, "response");
    html_close(h);
    put_versions_cell(h, "versions", api->versions);
    put_versions_cell(h, "Kafka " KW_KAFKA_RELEASE, api->current);
    end_row(h, text_of_message(request));
}

static void put_record(html *h, const kw_record_type *r)
{
    html_open(h, "tr");
    put_words(h, r->value, r->key);
    put_number_cell(h, "type", r->type);
    put_name(h, r->name);
    open_links(h);
    if (r->key != NULL) {
        put_message_link(h, r->key, "key");
        html_text(h, " ");
    }
    put_message_link(h, r->value, "value");
    html_close(h);
    put_versions_cell(h, "versions", r->value->versions);
    end_row(h, text_of_message(r->value));
}

static void put_other(html *h, const kw_message *m)
{
    html_open(h, "tr");
    put_words(h, m, NULL);
    html_open(h, "th");
    html_attribute(h, "scope", "row");
    put_message_link(h, m, m->name);
    html_close(h);
    put_versions_cell(h, "versions", m->versions);
    end_row(h, text_of_message(m));
}

/* ---- groups ---- */

static void start_group(html *h, const char *title)
{
    html_open(h, "section");
    html_attribute(h, "data-group", NULL);
    html_element(h, "h2", NULL, title);
    html_line(h);
    html_table_start(h, title);
}

static void end_group(html *h)
{
    html_table_end(h);
    html_close(h); /* section */
    html_line(h);
}

static void put_apis(html *h)
{
    start_group(h, "Requests and responses");
    html_table_heading(h, "number", "Key");
    html_table_heading(h, NULL, "API");
    html_table_heading(h, NULL, "Messages");
    html_table_heading(h, "number", "Versions");
    html_table_heading(h, "number", "Kafka " KW_KAFKA_RELEASE);
    html_table_heading(h, NULL, "What it does");
    html_table_rows(h);
    for (size_t i = 0; i < kw_api_count(); i++)
        put_api(h, kw_api_at(i));
    end_group(h);
}

static void put_others(html *h)
{
    start_group(h, "Headers, data, former names");
    html_table_heading(h, NULL, "Message");
    html_table_heading(h, "number", "Versions");
    html_table_heading(h, NULL, "What it is");
    html_table_rows(h);
    for (size_t i = 0; i < kw_message_count(); i++) {
        const kw_message *m = kw_message_at(i);
        if (m->kind == KW_MESSAGE_HEADER || m->kind == KW_MESSAGE_DATA || message_is_former(m))
            put_other(h, m);
    }
    end_group(h);
}

static void put_records(html *h, kw_internal_topic topic)
{
    char title[96];
    snprintf(title, sizeof title, "Records in %s", kw_internal_topic_name(topic));
    start_group(h, title);
    html_table_heading(h, "number", "Type");
    html_table_heading(h, NULL, "Record");
    html_table_heading(h, NULL, "Messages");
    html_table_heading(h, "number", "Versions");
    html_table_heading(h, NULL, "What it is");
    html_table_rows(h);
    for (size_t i = 0; i < kw_record_type_count(); i++)
        if (kw_record_type_at(i)->topic == topic)
            put_record(h, kw_record_type_at(i));
    end_group(h);
}

/* ---- the page ---- */

/* Shown by the script that it needs. */
static void put_search(html *h)
{
    html_open(h, "p");
    html_attribute(h, "hidden", NULL);
    html_open(h, "label");
    html_attribute(h, "for", "search");
    html_text(h, "Search names and meanings of messages, and names of fields");
    html_close(h);
    html_empty(h, "br");
    html_empty(h, "input");
    html_attribute(h, "type", "search");
    html_attribute(h, "id", "search");
    html_attribute(h, "data-filter", "messages");
    html_attribute(h, "autocomplete", "off");
    html_attribute(h, "spellcheck", "false");
    html_text(h, " ");
    html_open(h, "output");
    html_attribute(h, "id", "messages-count");
    html_attribute(h, "for", "search");
    html_close(h);
    html_close(h);
    html_line(h);
}

void start_page_write(page_file *p, const char *folder)
{
    html *h = &p->body;
    page_file_reset(p);
    html_element(h, "p", NULL,
                 "Every message of Apache Kafka from 3.9 to " KW_KAFKA_RELEASE ", in every version: on the wire, in "
                 "Kafka's own topics and in its files. Each has a page with its fields, what its versions changed, and "
                 "examples whose bytes can be explored.");
    html_line(h);
    html_open(h, "p");
    html_link(h, "errors.html", "Error codes");
    html_close(h);
    put_search(h);
    html_open(h, "div");
    html_attribute(h, "id", "messages");
    html_line(h);
    put_apis(h);
    put_others(h);
    for (int topic = KW_INTERNAL_TOPIC_CLUSTER_METADATA; topic <= KW_INTERNAL_TOPIC_SHARE_GROUP_STATE; topic++)
        put_records(h, (kw_internal_topic)topic);
    html_close(h);
    html_page_script(h, start_page_assets.script);
    page_file_write(p, folder, "index", &(html_page){.title = "The Kafka protocol", .own = &start_page_assets});
}
