/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "timeline_parts.h"

static void put_button(html *h, const char *move, const char *text)
{
    html_open(h, "button");
    html_attribute(h, "type", "button");
    html_attribute(h, "data-move", move);
    html_text(h, text);
    html_close(h);
}

static void put_input(html *h, const char *label, const char *name, const char *type)
{
    html_open(h, "label");
    html_text(h, label);
    html_text(h, " ");
    html_empty(h, "input");
    html_attribute(h, "type", type);
    html_attribute(h, "name", name);
    html_attribute(h, "autocomplete", "off");
}

static void put_option(html *h, const char *value)
{
    html_open(h, "option");
    html_attribute(h, "value", value);
}

static void put_select(html *h, const char *label, const char *name)
{
    html_open(h, "label");
    html_text(h, label);
    html_text(h, " ");
    html_open(h, "select");
    html_attribute(h, "name", name);
    html_attribute(h, "autocomplete", "off");
    put_option(h, "");
    html_text(h, "all");
    html_close(h);
}

static void put_apis(const timeline_view *v)
{
    html *h = v->html;
    put_select(h, "API", "api");
    for (size_t i = 0; i < v->api_count; i++) {
        char name[STATISTICS_NAME_SIZE];
        put_option(h, api_statistics_name(v->apis[i], name));
        html_text(h, name);
        html_close(h);
    }
    html_close(h);
    html_close(h);
}

static void put_lanes(const timeline_view *v)
{
    html *h = v->html;
    put_select(h, "Connection", "lane");
    for (uint32_t i = 0; i < v->timeline->lane_count; i++) {
        char value[16];
        snprintf(value, sizeof value, "%" PRIu32, i + 1);
        put_option(h, value);
        html_format(h, "%s \xe2\x86\x92 %s", v->timeline->lanes[i]->client, v->timeline->lanes[i]->broker);
        html_close(h);
    }
    html_close(h);
    html_close(h);
}

static void put_failed(html *h)
{
    html_open(h, "label");
    html_attribute(h, "class", "inline");
    html_empty(h, "input");
    html_attribute(h, "type", "checkbox");
    html_attribute(h, "name", "failed");
    html_attribute(h, "autocomplete", "off");
    html_text(h, "failed only");
    html_close(h);
}

static void put_zoom(html *h)
{
    html_open(h, "div");
    html_attribute(h, "class", "zoom");
    html_attribute(h, "role", "group");
    html_attribute(h, "aria-label", "Time in view");
    put_button(h, "earlier", "Earlier");
    put_button(h, "in", "Zoom in");
    put_button(h, "out", "Zoom out");
    put_button(h, "later", "Later");
    put_button(h, "whole", "All");
    html_close(h);
}

void timeline_put_controls(const timeline_view *v)
{
    html *h = v->html;
    html_open(h, "form");
    html_attribute(h, "class", "controls");
    html_attribute(h, "role", "search");
    html_attribute(h, "aria-label", "Requests to show");
    html_attribute(h, "hidden", NULL); /* until the script works */
    put_input(h, "Text", "words", "search");
    html_close(h);
    put_apis(v);
    put_lanes(v);
    put_input(h, "At least ms", "slow", "number");
    html_attribute(h, "min", "0");
    html_attribute(h, "step", "any");
    html_close(h);
    put_failed(h);
    put_zoom(h);
    html_open(h, "output");
    html_attribute(h, "role", "status");
    html_close(h);
    html_close(h);
    html_line(h);
}
