/* SPDX-License-Identifier: Apache-2.0 */
#include "timeline_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../html/page.h"
#include "notation.h"
#include "remarks.h"
#include "timeline_parts.h"

/* ---- what all parts use ---- */

void timeline_put_api(const timeline_view *v, const timeline_entry *e)
{
    if (e->api_name != NULL)
        html_text(v->html, e->api_name);
    else
        html_format(v->html, "API-%d", e->api_key);
    html_format(v->html, " v%d", e->api_version);
}

void timeline_put_offset(const timeline_view *v, int64_t time)
{
    html_format(v->html, "%.6f", (double)(time - v->timeline->start) / 1e9);
}

void timeline_put_outcome(html *h, const timeline_entry *e)
{
    switch (e->outcome) {
    case OUTCOME_ANSWERED:
        html_format(h, "%.3f ms", (double)e->latency / 1e6);
        break;
    case OUTCOME_NOT_DUE:
        html_text(h, "acks 0");
        break;
    case OUTCOME_NOT_SEEN:
        html_text(h, "no response");
        break;
    }
}

void timeline_put_place(const timeline_view *v, int64_t time, int64_t duration, unsigned row)
{
    double start = (double)(time - v->timeline->start) / 1e3;
    double took = duration < 0 ? 0 : (double)duration / 1e3;
    html_attribute_format(v->html, "style", "--s:%.10g;--w:%.10g;--r:%u", start, took, row);
}

void timeline_put_paint(const timeline_view *v, const char *what, uint32_t slot)
{
    html_attribute_format(v->html, "class", "%s paint%d", what, v->paints[slot]);
}

/* ---- facts ---- */

static void put_amount(html *h, uint64_t n, const char *one, const char *many)
{
    html_count(h, n);
    html_text(h, n == 1 ? one : many);
}

static void put_moment(html *h, int64_t ns)
{
    html_text(h, ""); /* ends a tag */
    emit_moment(&h->out, ns);
}

static void open_fact(html *h, const char *name)
{
    html_open(h, "div");
    html_element(h, "dt", NULL, name);
    html_open(h, "dd");
}

static void close_fact(html *h)
{
    html_close(h);
    html_close(h);
}

static void put_fact_count(html *h, const char *name, uint64_t n, bool bad)
{
    open_fact(h, name);
    if (bad && n != 0)
        html_attribute(h, "class", "is-bad");
    html_count(h, n);
    close_fact(h);
}

static void put_facts(const timeline_view *v)
{
    html *h = v->html;
    const timeline *t = v->timeline;
    html_open(h, "dl");
    html_attribute(h, "class", "facts");
    put_fact_count(h, "Requests", t->exchanges, false);
    put_fact_count(h, "Failed", t->failed, true);
    put_fact_count(h, "Connections", t->lane_count, false);
    open_fact(h, "First request");
    put_moment(h, t->start);
    close_fact(h);
    open_fact(h, "Duration");
    timeline_put_offset(v, t->end);
    html_text(h, " s");
    close_fact(h);
    html_close(h);
    html_line(h);
}

/* ---- what is missing ---- */

/* An item of the list, which starts with the first one. */
static void put_remark(void *context, const char *text)
{
    html *h = context;
    html_element(h, "li", NULL, text);
    html_line(h);
}

static void put_without_entry(const timeline_view *v)
{
    static const char *const options[] = {"--api",   "--topic", "--group",  "--client",
                                          "--since", "--until", "--errors", "--slow"};
    html *h = v->html;
    const timeline *t = v->timeline;
    html_open(h, "li");
    put_amount(h, t->without_entry, " request has", " requests have");
    html_text(h, " no bar and no entry below. Of each API those that failed and those that took longest are kept, ");
    html_count(h, t->entry_count);
    html_text(h, " in all. ");
    html_element(h, "code", NULL, "--details N");
    html_text(h, " keeps more; filters choose others: ");
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        html_element(h, "code", NULL, options[i]);
        html_text(h, ", ");
    }
    html_text(h, "see ");
    html_element(h, "code", NULL, "kwire pcap --help");
    html_text(h, ".");
    html_close(h);
}

static void put_left_out(const timeline_view *v)
{
    html *h = v->html;
    const timeline *t = v->timeline;
    if (t->without_entry != 0)
        put_without_entry(v);
    if (t->without_lane != 0) {
        html_open(h, "li");
        put_amount(h, t->without_lane, " request", " requests");
        html_format(h, " of connections after the first %" PRIu32 " are only counted by API.", t->lane_count);
        html_close(h);
    }
    if (t->without_explanation != 0) {
        html_open(h, "li");
        put_amount(h, t->without_explanation, " entry is", " entries are");
        html_text(h, " without messages: --max-memory is too little.");
        html_close(h);
    }
}

static void put_missing(const timeline_view *v)
{
    html *h = v->html;
    html_open(h, "ul");
    html_attribute(h, "class", "missing");
    put_left_out(v);
    remarks_say(v->source->traffic, v->source->complete, v->source->dropped, put_remark, h);
    html_close(h);
    html_line(h);
}

/* ---- the page ---- */

static void choose_paints(timeline_view *v)
{
    memset(v->paints, TIMELINE_PAINTS - 1, sizeof v->paints);
    for (size_t i = 0; i < v->api_count && i < TIMELINE_PAINTS - 1; i++)
        v->paints[statistics_slot(v->apis[i]->key)] = (uint8_t)i;
}

static void put_timeline(const timeline_view *v)
{
    html *h = v->html;
    double span = (double)(v->timeline->end - v->timeline->start) / 1e3;
    html_open(h, "div");
    html_attribute(h, "class", "timeline");
    html_attribute_format(h, "style", "--from:0;--span:%.10g", span < 1 ? 1 : span);
    timeline_put_chart(v);
    timeline_put_list(v);
    html_close(h);
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

void timeline_page_write(timeline *t, const timeline_source *from,
                         void (*write)(void *context, const void *data, size_t size), void *context)
{
    static html writer;
    char title[512];
    timeline_view v = {.html = &writer, .timeline = t, .source = from};
    timeline_sort(t);
    v.api_count = statistics_sort(&t->statistics, v.apis);
    choose_paints(&v);
    html_init(&writer, write, context);
    snprintf(title, sizeof title, "Kafka requests in %s", file_name(from->name));
    html_page_start(&writer, &(html_page){.title = title, .own = &timeline_assets});
    if (t->exchanges != 0)
        put_facts(&v);
    put_missing(&v);
    if (t->exchanges != 0) {
        timeline_put_apis(&v);
        put_timeline(&v);
    }
    html_page_script(&writer, timeline_assets.script);
    html_page_end(&writer);
}
