/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "notation.h"
#include "timeline_parts.h"

/* ---- the line of an exchange ---- */

static void put_span(html *h, const char *class_name)
{
    html_open(h, "span");
    html_attribute(h, "class", class_name);
}

/* Hidden text for those who hear the page. */
static void put_unseen(html *h, const char *text)
{
    html_element(h, "span", "hidden-text", text);
}

static void put_entry_text(html *h, const entry_text *text)
{
    html_text_sized(h, text->data, text->size);
}

/* The content starts with a gap. */
static entry_text trimmed(entry_text content)
{
    while (content.size != 0 && content.data[0] == ' ') {
        content.data++;
        content.size--;
    }
    return content;
}

static void put_place_bar(const timeline_view *v, const timeline_entry *e)
{
    html *h = v->html;
    put_span(h, "small-track");
    html_attribute(h, "aria-hidden", "true");
    html_open(h, "i");
    timeline_put_paint(v, "bar", e->slot);
    timeline_put_place(v, e->start, e->latency, 0);
    html_close(h);
    html_close(h);
}

static void put_content(html *h, const timeline_entry *e)
{
    entry_text content = trimmed(e->content);
    if (content.size == 0 && !e->failed)
        return;
    put_span(h, e->failed ? "what is-bad" : "what");
    put_unseen(h, e->failed ? ", failed: " : ", ");
    put_entry_text(h, &content);
    html_close(h);
}

static void put_summary(const timeline_view *v, const timeline_entry *e)
{
    html *h = v->html;
    html_open(h, "summary");
    put_span(h, "when number");
    timeline_put_offset(v, e->start);
    put_unseen(h, " s, ");
    html_close(h);
    put_span(h, "api");
    timeline_put_api(v, e);
    html_close(h);
    put_span(h, "who");
    put_unseen(h, ", ");
    html_text(h, v->timeline->lanes[e->lane]->client);
    html_close(h);
    put_span(h, "took number");
    put_unseen(h, ", ");
    timeline_put_outcome(h, e);
    html_close(h);
    put_place_bar(v, e);
    put_content(h, e);
    html_close(h);
}

/* ---- what opens below it ---- */

static void put_term(html *h, const char *name)
{
    html_element(h, "dt", NULL, name);
    html_open(h, "dd");
}

static void put_header(const timeline_view *v, const timeline_entry *e)
{
    html *h = v->html;
    const lane *l = v->timeline->lanes[e->lane];
    html_open(h, "dl");
    put_term(h, "Time");
    html_text(h, "");
    emit_moment(&h->out, e->start);
    html_close(h);
    put_term(h, "Connection");
    html_format(h, "%s \xe2\x86\x92 %s", l->client, l->broker);
    html_close(h);
    put_term(h, "API");
    timeline_put_api(v, e);
    html_format(h, ", key %d", e->api_key);
    html_close(h);
    put_term(h, "Correlation id");
    html_format(h, "%" PRId32, e->correlation_id);
    html_close(h);
    put_term(h, "Client id");
    if (e->has_client_id)
        put_entry_text(h, &e->client_id);
    else
        html_text(h, "none");
    html_close(h);
    put_term(h, "Bytes");
    html_count(h, e->request_size);
    if (e->outcome == OUTCOME_ANSWERED) {
        html_text(h, " \xe2\x86\x92 ");
        html_count(h, e->response_size);
    }
    html_close(h);
    html_close(h);
    html_line(h);
}

static void put_message(html *h, const char *name, const entry_text *text)
{
    if (text->size == 0)
        return;
    html_element(h, "h4", NULL, name);
    html_open(h, "pre");
    html_attribute(h, "tabindex", "0");
    put_entry_text(h, text);
    html_close(h);
    if (text->lines_left_out == 0)
        return;
    html_open(h, "p");
    html_attribute(h, "class", "muted");
    html_count(h, text->lines_left_out);
    html_text(h, text->lines_left_out == 1 ? " more line." : " more lines.");
    html_close(h);
    html_line(h);
}

/* A word of a command line, in quotes if the shell would change it. */
static void put_word(html *h, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:+,@%";
    html_text(h, " ");
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        html_text(h, word);
        return;
    }
    html_text(h, "'");
    for (const char *quote; (quote = strchr(word, '\'')) != NULL; word = quote + 1) {
        html_text_sized(h, word, (size_t)(quote - word));
        html_text(h, "'\\''");
    }
    html_text(h, word);
    html_text(h, "'");
}

/* The command that shows all of an exchange. */
static void put_command(const timeline_view *v, const timeline_entry *e)
{
    html *h = v->html;
    char id[16];
    snprintf(id, sizeof id, "%" PRId32, e->correlation_id);
    html_open(h, "p");
    html_text(h, "Everything: ");
    html_open(h, "code");
    html_text(h, "kwire pcap --explain --full --client");
    put_word(h, v->timeline->lanes[e->lane]->client);
    html_text(h, " --correlation-id");
    put_word(h, id);
    put_word(h, v->source->file);
    html_close(h);
    html_close(h);
    html_line(h);
}

static void put_details(const timeline_view *v, const timeline_entry *e, size_t number)
{
    html *h = v->html;
    html_open(h, "div");
    html_attribute(h, "class", "more");
    html_attribute_format(h, "id", "x%zu", number);
    put_header(v, e);
    put_message(h, "Request", &e->explanations[KW_MESSAGE_REQUEST]);
    put_message(h, "Response", &e->explanations[KW_MESSAGE_RESPONSE]);
    if (v->source->file != NULL)
        put_command(v, e);
    html_close(h);
}

static void put_entry(const timeline_view *v, size_t number)
{
    html *h = v->html;
    const timeline_entry *e = v->timeline->entries[number - 1];
    html_open(h, "li");
    html_attribute(h, "class", e->failed ? "entry failed" : "entry");
    html_attribute_format(h, "data-lane", "%" PRIu32, e->lane + 1);
    html_open(h, "details");
    put_summary(v, e);
    put_details(v, e, number);
    html_close(h);
    html_close(h);
    html_line(h);
}

void timeline_put_list(const timeline_view *v)
{
    html *h = v->html;
    html_element(h, "h2", NULL, "Requests");
    html_open(h, "ol");
    html_attribute(h, "class", "entries");
    for (size_t i = 0; i < v->timeline->entry_count; i++)
        put_entry(v, i + 1);
    html_close(h);
    html_line(h);
}
