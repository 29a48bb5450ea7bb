/* SPDX-License-Identifier: Apache-2.0 */
#include "explanation.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    options.printer = NULL;
    print(with, in, what, options);
    options.style = EXPLAIN_JSON;
    print(with, in, what, options);
}
