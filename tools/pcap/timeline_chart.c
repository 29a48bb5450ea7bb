/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "timeline_parts.h"

enum {
    TICKS = 4,
    ACTIVITY_HEIGHT = 16 /* units of a picture, for requests, and again for failed ones */
};

/* ---- requests over time ---- */

/* Rectangles of one path: heights of bins, upwards from `base`, or downwards if `sign` is 1. */
static void put_bins(const timeline_view *v, const uint64_t *counts, uint64_t most, int sign)
{
    const activity_scale *s = &v->timeline->scale;
    emitter *out = &v->html->out;
    for (int64_t bin = s->first; bin <= s->last; bin++) {
        uint64_t n = counts[activity_index(bin)];
        if (n == 0)
            continue;
        double height = 1 + (double)n / (double)most * (ACTIVITY_HEIGHT - 1);
        char text[64];
        snprintf(text, sizeof text, "M%" PRId64 " %dv%.3gh1v%.3gz", bin - s->first, ACTIVITY_HEIGHT, sign * height,
                 -sign * height);
        emit_text(out, text);
    }
}

static uint64_t most_of(const uint64_t counts[ACTIVITY_BINS])
{
    uint64_t most = 1;
    for (int i = 0; i < ACTIVITY_BINS; i++)
        most = counts[i] > most ? counts[i] : most;
    return most;
}

static void put_path(const timeline_view *v, const char *class_name, const uint64_t *counts, uint64_t most, int sign)
{
    html *h = v->html;
    html_open(h, "path");
    html_attribute(h, "class", class_name);
    EMIT_LITERAL(&h->out, " d=\"");
    put_bins(v, counts, most, sign);
    EMIT_LITERAL(&h->out, "\"");
    html_close(h);
}

static void put_activity(const timeline_view *v, const lane *l)
{
    html *h = v->html;
    const activity_scale *s = &v->timeline->scale;
    int64_t start = activity_start(s, s->first);
    int64_t bins = s->last - s->first + 1;
    uint64_t most = most_of(l->activity.requests);
    html_open(h, "svg");
    html_attribute(h, "class", "activity");
    html_attribute_format(h, "viewBox", "0 0 %" PRId64 " %d", bins, 2 * ACTIVITY_HEIGHT);
    html_attribute(h, "preserveAspectRatio", "none");
    html_attribute(h, "role", "img");
    html_attribute_format(h, "aria-label", "Requests over time, at most %" PRIu64 " in %.6g ms", most,
                          (double)(INT64_C(1) << s->shift) / 1e6);
    timeline_put_place(v, start, activity_start(s, s->last + 1) - start, 0);
    put_path(v, "all", l->activity.requests, most, -1);
    put_path(v, "failed", l->activity.failed, most, 1);
    html_close(h);
}

/* ---- exchanges ---- */

static const char *bar_class(const timeline_entry *e)
{
    if (e->outcome == OUTCOME_NOT_SEEN)
        return "bar lost";
    return e->failed ? "bar failed" : e->outcome == OUTCOME_NOT_DUE ? "bar instant" : "bar";
}

static void put_bar(const timeline_view *v, size_t number)
{
    html *h = v->html;
    const timeline_entry *e = v->timeline->entries[number];
    html_open(h, "a");
    timeline_put_paint(v, bar_class(e), e->slot);
    html_attribute_format(h, "href", "#x%zu", number + 1);
    html_attribute(h, "tabindex", "-1");
    timeline_put_place(v, e->start, e->latency, e->row);
    html_open(h, "span");
    timeline_put_api(v, e);
    html_close(h);
    html_close(h);
    html_line(h);
}

static void put_bars(const timeline_view *v, uint32_t number)
{
    html *h = v->html;
    const lane *l = v->timeline->lanes[number];
    html_open(h, "div");
    html_attribute(h, "class", "bars");
    html_attribute(h, "aria-hidden", "true"); /* the list below has the same */
    html_attribute_format(h, "style", "--rows:%u", l->rows);
    for (size_t i = 0; i < v->timeline->entry_count; i++)
        if (v->timeline->entries[i]->lane == number)
            put_bar(v, i);
    html_close(h);
}

/* ---- connections ---- */

static void put_lane(const timeline_view *v, uint32_t number)
{
    html *h = v->html;
    const lane *l = v->timeline->lanes[number];
    html_open(h, "li");
    html_attribute(h, "class", "lane");
    html_attribute_format(h, "data-lane", "%" PRIu32, number + 1);
    html_open(h, "h3");
    html_format(h, "%s \xe2\x86\x92 %s ", l->client, l->broker);
    html_open(h, "span");
    html_attribute(h, "class", "muted");
    html_count(h, l->requests);
    html_text(h, l->requests == 1 ? " request" : " requests");
    if (l->failed != 0)
        html_format(h, ", %" PRIu64 " failed", l->failed);
    html_close(h);
    html_close(h);
    html_open(h, "div");
    html_attribute(h, "class", "track");
    put_activity(v, l);
    put_bars(v, number);
    html_close(h);
    html_close(h);
    html_line(h);
}

static void put_axis(const timeline_view *v)
{
    html *h = v->html;
    double span = (double)(v->timeline->end - v->timeline->start) / 1e9;
    html_open(h, "div");
    html_attribute(h, "class", "axis");
    html_attribute(h, "aria-hidden", "true");
    for (int i = 0; i <= TICKS; i++) {
        html_open(h, "span");
        html_attribute_format(h, "style", "--i:%d", i);
        html_format(h, "%.6f s", span * i / TICKS);
        html_close(h);
    }
    html_close(h);
    html_line(h);
}

void timeline_put_chart(const timeline_view *v)
{
    html *h = v->html;
    html_element(h, "h2", NULL, "Connections over time");
    html_open(h, "p");
    html_attribute(h, "class", "muted");
    html_text(h, "Seconds since the first request. Above the line of a connection: requests over time; below it: those "
                 "that failed. Each bar is a request until its response; it leads to its entry below. Failed ones have "
                 "a frame and an exclamation mark, those without a response a question mark.");
    html_close(h);
    html_open(h, "div");
    html_attribute(h, "class", "chart");
    timeline_put_controls(v);
    put_axis(v);
    html_open(h, "ol");
    html_attribute(h, "class", "lanes");
    html_attribute(h, "tabindex", "0"); /* it scrolls */
    html_attribute(h, "aria-label", "Connections");
    for (uint32_t i = 0; i < v->timeline->lane_count; i++)
        put_lane(v, i);
    html_close(h);
    html_close(h);
    html_line(h);
}
