/* SPDX-License-Identifier: Apache-2.0 */
#include "print_html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "row_text.h"

enum {
    STYLED_FIELDS = 1000, /* that are marked together without scripts */
    ERRORS_LISTED = 20
};

/* ---- sections ---- */

static void put_title(print_html *p, const explain_title *t)
{
    static const char *const tags[] = {"h2", "h3", "h4", "h5"};
    html *h = p->page;
    p->words.size = 0;
    sheet_title(&p->sheet, t);
    sheet_flush(&p->sheet);
    html_open(h, tags[p->heading - 2]);
    html_attribute_format(h, "id", "i%llu", (unsigned long long)p->inputs);
    html_text_sized(h, p->words.text.data, p->words.size);
    html_close(h);
    html_line(h);
}

static void html_begin(void *self, const explain_title *t, const explain_region *input)
{
    print_html *p = self;
    (void)input;
    p->inputs++;
    p->left_out = 0;
    p->error_count = 0;
    p->errors.size = 0;
    p->has_rows = false;
    p->is_shown = p->most == 0 || p->fields < p->most;
    if (!p->is_shown) {
        p->unseen++;
        return;
    }
    html_open(p->page, "section");
    html_attribute_format(p->page, "aria-labelledby", "i%llu", (unsigned long long)p->inputs);
    html_line(p->page);
    put_title(p, t);
    if (t->label != NULL) {
        html_element(p->page, "p", "muted", t->label);
        html_line(p->page);
    }
}

static void put_errors(print_html *p)
{
    html *h = p->page;
    if (p->error_count == 0)
        return;
    html_flush(&p->error_list);
    html_open(h, "div");
    html_attribute(h, "class", "bad errors");
    html_open(h, "p");
    html_count(h, p->error_count);
    html_text(h, p->error_count == 1               ? " error:"
                 : p->error_count <= ERRORS_LISTED ? " errors:"
                                                   : " errors, the first:");
    html_close(h);
    html_open(h, "ul");
    html_markup(h, p->errors.text.data, p->errors.size);
    html_close(h);
    html_close(h);
    html_line(h);
}

static void put_left_out(print_html *p)
{
    html *h = p->page;
    if (p->left_out == 0)
        return;
    html_open(h, "p");
    html_attribute(h, "class", "note");
    html_count(h, p->left_out);
    html_text(h, p->left_out == 1 ? " more field is left out: a page has at most "
                                  : " more fields are left out: a page has at most ");
    html_count(h, p->most);
    html_text(h, " fields, unless it is made with --full.");
    html_close(h);
    html_line(h);
}

static void put_explorer(print_html *p)
{
    html *h = p->page;
    html_open(h, "div");
    html_attribute(h, "class", "explorer");
    html_line(h);
    html_open(h, "div");
    html_attribute(h, "class", "bytes");
    html_attribute(h, "role", "region");
    html_attribute(h, "aria-label", "Bytes");
    html_attribute(h, "tabindex", "0");
    html_bytes_write(&p->bytes, h);
    html_close(h);
    html_open(h, "div");
    html_attribute(h, "class", "fields");
    html_element(h, "p", "pane", "Fields");
    html_tree_write(&p->tree, h);
    html_close(h);
    html_close(h);
    html_line(h);
}

static void html_end(void *self, bool fine)
{
    print_html *p = self;
    p->bad_inputs += !fine;
    if (!p->is_shown)
        return;
    put_errors(p);
    if (p->has_rows)
        put_explorer(p);
    put_left_out(p);
    html_close(p->page); /* section */
    html_line(p->page);
}

/* ---- rows ---- */

/* The number of the next field; 0: it is left out. */
static uint32_t next_field(print_html *p)
{
    if (p->most != 0 && p->fields >= p->most) {
        p->left_out++;
        return 0;
    }
    p->has_rows = true;
    return ++p->fields;
}

static void html_part(void *self, const explain_part *part)
{
    print_html *p = self;
    if (p->is_shown && part->title != NULL)
        html_tree_part(&p->tree, part);
}

static void html_row(void *self, const explain_row *r)
{
    print_html *p = self;
    uint32_t field = next_field(p);
    if (field == 0)
        return;
    html_bytes_row(&p->bytes, r, field);
    html_tree_row(&p->tree, r, field);
}

/* In the list at the start; the place of those that are left out cannot be linked. */
static void list_error(print_html *p, const explain_problem *wrong, uint32_t field)
{
    html *h = &p->error_list;
    if (p->error_count++ >= ERRORS_LISTED || !p->is_shown)
        return;
    html_open(h, "li");
    if (field != 0) {
        html_open(h, "a");
        html_attribute_format(h, "href", "#f%u", (unsigned)field);
    }
    html_format(h, "%s%sbyte %zu", wrong->path, wrong->path[0] != '\0' ? ", " : "", wrong->offset);
    if (field != 0)
        html_close(h);
    html_format(h, ": %s (%s)", wrong->reason, wrong->code);
    html_close(h);
    html_line(h);
}

static void html_problem(void *self, const explain_problem *wrong)
{
    print_html *p = self;
    uint32_t field = next_field(p);
    list_error(p, wrong, field);
    if (field == 0)
        return;
    if (wrong->fatal)
        html_bytes_problem(&p->bytes, wrong, field);
    html_tree_problem(&p->tree, wrong, field);
}

static void html_remark(void *self, unsigned depth, const char *text)
{
    print_html *p = self;
    (void)depth;
    if (!p->is_shown)
        return;
    if (p->has_rows) {
        html_tree_remark(&p->tree, text);
        return;
    }
    html_element(p->page, "p", "note", text);
    html_line(p->page);
}

/* ---- pages ---- */

printer print_html_init(print_html *p, const print_html_options *options)
{
    p->page = options->page;
    p->most = options->most;
    p->heading = options->heading;
    p->fields = 0;
    p->inputs = 0;
    p->unseen = 0;
    p->bad_inputs = 0;
    p->words = (html_store){0};
    p->errors = (html_store){0};
    html_bytes_init(&p->bytes, options->full);
    html_tree_init(&p->tree, options->full);
    sheet_init(&p->sheet, html_keep, &p->words);
    html_init(&p->error_list, html_keep, &p->errors);
    return (printer){.self = p,
                     .begin = html_begin,
                     .part = html_part,
                     .row = html_row,
                     .problem = html_problem,
                     .remark = html_remark,
                     .end = html_end};
}

void print_html_finish(print_html *p)
{
    html_bytes_finish(&p->bytes);
    html_tree_finish(&p->tree);
    html_store_finish(&p->words);
    html_store_finish(&p->errors);
}

char *print_html_style(const print_html *p)
{
    static const char rule[] = ":root:has(#b%u:is(:hover,:target)) #f%u,:root:has(#f%u:is(:hover,:target)) #b%u%s";
    static const char body[] = "{background:var(--mark);color:var(--mark-text)}\n";
    uint32_t count = p->fields < STYLED_FIELDS ? p->fields : STYLED_FIELDS;
    html_store style = {0};
    for (uint32_t i = 1; i <= count; i++) {
        char text[sizeof rule + 4 * 10 + sizeof body];
        int size = snprintf(text, sizeof text, rule, (unsigned)i, (unsigned)i, (unsigned)i, (unsigned)i,
                            i < count ? ",\n" : body);
        html_keep(&style, text, (size_t)size);
    }
    html_keep(&style, "", 1);
    return style.text.data;
}
