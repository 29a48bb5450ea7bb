/* SPDX-License-Identifier: Apache-2.0 */
#include "explanation.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tools/explain/print_html.h"

/* ---- the printer that checks offsets ---- */

/* A region and how much of it has been explained. */
typedef struct regions {
    const explain_region *now;
    size_t done; /* of the current decompressed region */
    size_t input_done;
    size_t input_size;
    unsigned last; /* number of the newest */
    size_t last_size;
    explanation *result;
} regions;

/* Where the next row of this region must start. */
static size_t *place(regions *r, const explain_region *in)
{
    if (in->number == 0)
        return &r->input_done;
    if (in->number != r->last) {
        FUZZ_REQUIRE(in->number == r->last + 1 && r->done == r->last_size);
        r->last = in->number;
        r->last_size = in->size;
        r->done = 0;
    }
    FUZZ_REQUIRE(in->size == r->last_size);
    return &r->done;
}

static void check_text(const char *text)
{
    FUZZ_REQUIRE(text != NULL);
    for (; *text != '\0'; text++)
        FUZZ_REQUIRE((unsigned char)*text >= ' ');
}

static void begin(void *self, const explain_title *t, const explain_region *input)
{
    regions *r = self;
    r->input_size = input->size;
    FUZZ_REQUIRE(t->size == input->size && input->number == 0);
}

static void part(void *self, const explain_part *p)
{
    (void)self;
    FUZZ_REQUIRE(p->title != NULL || p->message == NULL);
}

static void row(void *self, const explain_row *row)
{
    size_t *done = place(self, row->in);
    FUZZ_REQUIRE(row->offset == *done && row->size <= row->in->size - row->offset);
    *done += row->size;
    FUZZ_REQUIRE(row->local <= strlen(row->path));
    FUZZ_REQUIRE(row->secret_size == 0 || row->secret_at + row->secret_size <= row->size);
    check_text(row->path);
    check_text(row->type);
    check_text(row->meaning);
}

static void problem(void *self, const explain_problem *p)
{
    regions *r = self;
    size_t *done = place(r, p->in);
    FUZZ_REQUIRE(p->start <= *done && p->offset >= p->start && p->end <= p->in->size);
    if (p->fatal) {
        FUZZ_REQUIRE(p->offset <= p->end && p->end >= *done);
        *done = p->end;
    }
    check_text(p->path);
    check_text(p->reason);
    FUZZ_REQUIRE(p->reason[0] != '\0');
    r->result->problems++;
    if (p->in->number == 0 && p->offset == r->result->wanted_at &&
        strcmp(p->code, kw_status_name(r->result->wanted)) == 0)
        r->result->has_wanted = true;
}

static void remark(void *self, unsigned depth, const char *text)
{
    (void)self;
    (void)depth;
    check_text(text);
}

static void end(void *self, bool fine)
{
    regions *r = self;
    FUZZ_REQUIRE(r->input_done == r->input_size && r->done == r->last_size);
    FUZZ_REQUIRE(fine == (r->result->problems == 0));
    r->result->fine = fine;
}

/* ---- what is printed ---- */

typedef struct printed {
    char *data;
    size_t size;
    size_t cap;
} printed;

static void keep(void *context, const void *data, size_t size)
{
    printed *p = context;
    if (p->cap - p->size < size) {
        p->cap = (p->size + size) * 2;
        p->data = realloc(p->data, p->cap);
        FUZZ_REQUIRE(p->data != NULL);
    }
    memcpy(p->data + p->size, data, size);
    p->size += size;
}

static void check_dump(const printed *p)
{
    FUZZ_REQUIRE(p->size != 0 && p->data[p->size - 1] == '\n');
    for (size_t i = 0; i < p->size; i++) {
        unsigned char c = (unsigned char)p->data[i];
        FUZZ_REQUIRE(c == '\n' || (c >= ' ' && c != 0x7f));
        FUZZ_REQUIRE(c != '\n' || i == 0 || p->data[i - 1] != ' ');
    }
}

static void check_json(const printed *p)
{
    json_error_t error;
    json_t *json = json_loadb(p->data, p->size, JSON_ALLOW_NUL, &error);
    FUZZ_REQUIRE(json != NULL);
    json_decref(json);
}

static void print(explain_with with, const explain_input *in, const void *what, explain_options options)
{
    printed p = {.data = NULL};
    options.write = keep;
    options.context = &p;
    explainer *e = explainer_create(&options);
    (void)with(e, in, what);
    explainer_destroy(e);
    if (options.style == EXPLAIN_JSON)
        check_json(&p);
    else
        check_dump(&p);
    free(p.data);
}

/* ---- as HTML ---- */

enum { MOST_OPEN = 256, MOST_NAME = 16, MOST_FIELDS = 500 };

typedef struct open_tags {
    char names[MOST_OPEN][MOST_NAME];
    size_t count;
} open_tags;

/* Reads a tag, whose "<" is at `at`; returns the place after it. The pages of explanations have no empty elements. */
static size_t check_tag(open_tags *open, const char *text, size_t size, size_t at)
{
    bool ends = at + 1 < size && text[at + 1] == '/';
    size_t from = at + 1 + ends;
    size_t n = 0;
    char name[MOST_NAME] = "";
    while (from + n < size && n + 1 < MOST_NAME &&
           ((text[from + n] >= 'a' && text[from + n] <= 'z') || (text[from + n] >= '1' && text[from + n] <= '6')))
        n++;
    memcpy(name, text + from, n);
    FUZZ_REQUIRE(n != 0);
    if (ends) {
        FUZZ_REQUIRE(open->count != 0 && strcmp(open->names[--open->count], name) == 0);
    } else {
        FUZZ_REQUIRE(open->count < MOST_OPEN);
        memcpy(open->names[open->count++], name, sizeof name);
    }
    const char *close = memchr(text + at, '>', size - at);
    FUZZ_REQUIRE(close != NULL && memchr(text + at + 1, '<', (size_t)(close - text) - at - 1) == NULL);
    return (size_t)(close - text) + 1;
}

/* Elements nest, and nothing else has the characters of tags. */
static void check_markup(const char *text, size_t size)
{
    open_tags open = {.count = 0};
    for (size_t at = 0; at < size;) {
        unsigned char c = (unsigned char)text[at];
        FUZZ_REQUIRE(c != '>' && c != '"' && c != 0x7f && (c >= ' ' || c == '\n'));
        at = c == '<' ? check_tag(&open, text, size, at) : at + 1;
    }
    FUZZ_REQUIRE(open.count == 0);
}

static void print_page(explain_with with, const explain_input *in, const void *what, explain_options options)
{
    html_store store = {0};
    html *h = malloc(sizeof *h);
    print_html *p = malloc(sizeof *p);
    FUZZ_REQUIRE(h != NULL && p != NULL);
    html_init(h, html_keep, &store);
    printer out =
        print_html_init(p, &(print_html_options){.page = h, .full = options.full, .most = MOST_FIELDS, .heading = 2});
    options.printer = &out;
    explainer *e = explainer_create(&options);
    (void)with(e, in, what);
    explainer_destroy(e);
    html_flush(h);
    check_markup(store.text.data, store.size);
    print_html_finish(p);
    html_store_finish(&store);
    free(p);
    free(h);
}

void explain_and_check(explain_with with, const explain_input *in, const void *what, uint8_t flags, explanation *out)
{
    regions r = {.result = out};
    out->problems = 0;
    out->has_wanted = false;
    printer checking = {
        .self = &r, .begin = begin, .part = part, .row = row, .problem = problem, .remark = remark, .end = end};
    explain_options options = {.max_memory = FUZZ_MEMORY,
                               .full = (flags & 1) != 0,
                               .short_names = (flags & 2) != 0,
                               .secrets = (flags & 4) != 0,
                               .strict = (flags & EXPLAIN_STRICT) != 0,
                               .printer = &checking};
    explainer *e = explainer_create(&options);
    FUZZ_REQUIRE(with(e, in, what) == out->fine);
    explainer_destroy(e);
    print_page(with, in, what, options);
    options.printer = NULL;
    print(with, in, what, options);
    options.style = EXPLAIN_JSON;
    print(with, in, what, options);
}
