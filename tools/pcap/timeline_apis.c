/* SPDX-License-Identifier: Apache-2.0 */
#include "timeline_parts.h"

#define LEAST_MS 0.001

static void put_cell_start(html *h, const char *tag, const char *class_name)
{
    html_open(h, tag);
    if (class_name != NULL)
        html_attribute(h, "class", class_name);
}

static void put_heads(html *h)
{
    static const char *const names[] = {"Requests", "Errors", "No response", "Median", "90 %", "99 %", "Max"};
    html_open(h, "thead");
    html_open(h, "tr");
    html_element(h, "th", NULL, "API");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        put_cell_start(h, "th", "number");
        html_attribute(h, "scope", "col");
        html_text(h, names[i]);
        html_close(h);
    }
    html_element(h, "th", NULL, "Spread");
    html_element(h, "th", "number", "Bytes");
    html_element(h, "th", NULL, "Error codes");
    html_close(h);
    html_close(h);
    html_line(h);
}

static void put_count_cell(html *h, uint64_t n, bool bad)
{
    put_cell_start(h, "td", bad && n != 0 ? "number is-bad" : "number");
    html_count(h, n);
    html_close(h);
}

/* On a logarithmic scale nothing is 0. */
static double shown_ms(const api_statistics *a, double share)
{
    double ms = api_statistics_ms(a, share);
    return ms < LEAST_MS ? LEAST_MS : ms;
}

/* From the lowest median to the highest latency. */
static void put_scale(const timeline_view *v)
{
    double low = 0;
    double high = 0;
    for (size_t i = 0; i < v->api_count; i++) {
        const api_statistics *a = v->apis[i];
        if (a->latency.count == 0)
            continue;
        low = low == 0 || shown_ms(a, 0.5) < low ? shown_ms(a, 0.5) : low;
        high = shown_ms(a, 1) > high ? shown_ms(a, 1) : high;
    }
    html_attribute_format(v->html, "style", "--low:%.6g;--high:%.6g", low == 0 ? 1 : low, high > low ? high : low + 1);
}

static void put_latencies(html *h, const api_statistics *a)
{
    static const double shares[] = {0.5, 0.9, 0.99, 1};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        put_cell_start(h, "td", "number");
        if (a->latency.count != 0)
            html_format(h, "%.3f", api_statistics_ms(a, shares[i]));
        html_close(h);
    }
}

static void put_range(html *h, const char *class_name, double from, double to)
{
    html_open(h, "i");
    html_attribute(h, "class", class_name);
    html_attribute_format(h, "style", "--a:%.6g;--b:%.6g", from, to);
    html_close(h);
}

/* A picture of the numbers before it. */
static void put_spread(html *h, const api_statistics *a)
{
    put_cell_start(h, "td", "spread");
    if (a->latency.count != 0) {
        double median = shown_ms(a, 0.5);
        put_range(h, "thin", median, shown_ms(a, 1));
        put_range(h, "thick", median, shown_ms(a, 0.99));
    }
    html_close(h);
}

static void put_api_errors(html *h, const api_statistics *a)
{
    char name[STATISTICS_NAME_SIZE];
    html_open(h, "td");
    for (uint32_t i = 0; i < a->errors.kinds; i++) {
        html_text(h, i == 0 ? "" : ", ");
        html_text(h, statistics_error_name(a->errors.items[i].code, name));
        html_text(h, "\xc2\xa0\xc3\x97\xc2\xa0");
        html_count(h, a->errors.items[i].count);
    }
    html_close(h);
}

static void put_api_row(const timeline_view *v, const api_statistics *a)
{
    html *h = v->html;
    char name[STATISTICS_NAME_SIZE];
    html_open(h, "tr");
    html_open(h, "th");
    html_attribute(h, "scope", "row");
    html_open(h, "i");
    timeline_put_paint(v, "swatch", statistics_slot(a->key));
    html_close(h);
    html_text(h, api_statistics_name(a, name));
    html_close(h);
    put_count_cell(h, a->count, false);
    put_count_cell(h, a->failed, true);
    put_count_cell(h, a->unanswered, true);
    put_latencies(h, a);
    put_spread(h, a);
    put_cell_start(h, "td", "number");
    html_count(h, a->request_bytes);
    html_text(h, " \xe2\x86\x92 ");
    html_count(h, a->response_bytes);
    html_close(h);
    put_api_errors(h, a);
    html_close(h);
    html_line(h);
}

void timeline_put_apis(const timeline_view *v)
{
    html *h = v->html;
    html_element(h, "h2", NULL, "Latency by API");
    html_element(
        h, "p", "muted",
        "In milliseconds, from the packet that completes a request to the one that completes its response, over "
        "all requests; exact to 1 %. A "
        "bar is from the median to 99 % and, thin, to the maximum, on a logarithmic scale.");
    html_open(h, "div");
    html_attribute(h, "class", "wide");
    html_attribute(h, "tabindex", "0");
    html_attribute(h, "role", "region");
    html_attribute(h, "aria-label", "Latency by API");
    html_open(h, "table");
    put_scale(v);
    put_heads(h);
    html_open(h, "tbody");
    for (size_t i = 0; i < v->api_count; i++)
        put_api_row(v, v->apis[i]);
    html_close(h);
    html_close(h);
    html_close(h);
    html_line(h);
}
