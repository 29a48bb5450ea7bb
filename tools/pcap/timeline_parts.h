/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_TIMELINE_PARTS_H
#define TOOLS_TIMELINE_PARTS_H

/* What the parts of a timeline's page share. */

#include "../html/html.h"
#include "../html/html_assets.h"
#include "timeline.h"
#include "timeline_page.h"

/* Made of timeline.css and timeline.js. */
extern const html_assets timeline_assets;

enum { TIMELINE_PAINTS = 9 }; /* colours with patterns; the last one is that of all further APIs */

typedef struct timeline_view {
    html *html;
    const timeline *timeline;
    const timeline_source *source;
    const api_statistics *apis[STATISTICS_KEYS]; /* the one with the most requests first */
    size_t api_count;
    uint8_t paints[STATISTICS_KEYS]; /* by slot */
} timeline_view;

/* The table of latencies by API. */
void timeline_put_apis(const timeline_view *v);

/* Fields and buttons that choose what is in view; they appear if the page's script runs. */
void timeline_put_controls(const timeline_view *v);

/* The bars of all connections over time. */
void timeline_put_chart(const timeline_view *v);

/* The exchanges that are kept, with their messages. */
void timeline_put_list(const timeline_view *v);

/* Name of the API of an entry, with its version. */
void timeline_put_api(const timeline_view *v, const timeline_entry *e);

/* Time since the start of the timeline in seconds. */
void timeline_put_offset(const timeline_view *v, int64_t time);

/* "1.100 ms", "acks 0" or "no response". */
void timeline_put_outcome(html *h, const timeline_entry *e);

/* The place of something on the scale that the script may change: microseconds since the start, a duration, and a row
 * of the connection. */
void timeline_put_place(const timeline_view *v, int64_t time, int64_t duration, unsigned row);

/* A colour with its pattern, for tags that are named by `what`. */
void timeline_put_paint(const timeline_view *v, const char *what, uint32_t slot);

#endif
