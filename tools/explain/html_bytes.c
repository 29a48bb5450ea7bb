/* SPDX-License-Identifier: Apache-2.0 */
#include "html_bytes.h"

#include <stdlib.h>
#include <string.h>

enum {
    OFFSET_STEP = 8,   /* bytes between the offsets beside the lines */
    BYTES_SHOWN = 256, /* of one field, unless all are shown */
    LEAST_GAP = 32     /* fewer bytes are not cut */
};

void html_bytes_init(html_bytes *b, bool full)
{
    b->panes = NULL;
    b->pane_count = 0;
    b->pane_capacity = 0;
    b->pane = NULL;
    b->full = full;
    html_init(&b->out, html_keep, NULL);
}

static void forget_panes(html_bytes *b)
{
    for (size_t i = 0; i < b->pane_count; i++)
        html_store_finish(&b->panes[i].markup);
    b->pane_count = 0;
    b->pane = NULL;
}

void html_bytes_finish(html_bytes *b)
{
    forget_panes(b);
    free(b->panes);
}

/* ---- panes ---- */

static byte_pane *add_pane(html_bytes *b, unsigned region)
{
    if (b->pane_count == b->pane_capacity) {
        b->pane_capacity = b->pane_capacity != 0 ? 2 * b->pane_capacity : 8;
        b->panes = realloc(b->panes, b->pane_capacity * sizeof *b->panes);
        if (b->panes == NULL)
            die("out of memory");
    }
    byte_pane *pane = &b->panes[b->pane_count++];
    *pane = (byte_pane){.region = region};
    return pane;
}

/* The first pane is the input's; the rows of a decompression follow each other. */
static byte_pane *find_pane(html_bytes *b, unsigned region)
{
    for (size_t i = b->pane_count; i > 0; i--)
        if (b->panes[i - 1].region == region)
            return &b->panes[i - 1];
    return add_pane(b, region);
}

static void use_pane(html_bytes *b, const explain_region *in)
{
    if (b->pane != NULL && b->pane->region == in->number)
        return;
    if (b->pane != NULL)
        html_flush(&b->out);
    b->pane = in->number == 0 && b->pane_count != 0 ? &b->panes[0] : find_pane(b, in->number);
    b->out.context = &b->pane->markup;
}

/* ---- runs ---- */

static void start_run(html_bytes *b, size_t offset)
{
    byte_pane *pane = b->pane;
    if (pane->in_run) {
        html_text(&b->out, " ");
        return;
    }
    pane->in_run = true;
    pane->run_start = offset;
    html_markup(&b->out, "<div class=\"run\"><div class=\"hex\">", 34);
}

static void end_run(html_bytes *b)
{
    byte_pane *pane = b->pane;
    if (!pane->in_run)
        return;
    pane->in_run = false;
    html_markup(&b->out, "</div><div class=\"at\" aria-hidden=\"true\">", 41);
    for (size_t at = pane->run_start; at < pane->run_end || at == pane->run_start; at += OFFSET_STEP) {
        html_open(&b->out, "i");
        html_format(&b->out, "%04zx", at);
        html_close(&b->out);
    }
    html_markup(&b->out, "</div></div>\n", 13);
}

static void put_gap(html_bytes *b, size_t size)
{
    end_run(b);
    html_open(&b->out, "p");
    html_attribute(&b->out, "class", "left-out");
    html_text(&b->out, "\xe2\x80\xa6 ");
    html_count(&b->out, size);
    html_text(&b->out, " more bytes");
    html_close(&b->out);
    html_line(&b->out);
}

/* ---- fields ---- */

static void put_hex(html *h, const explain_row *r, size_t from, size_t to)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = from; i < to; i++) {
        uint8_t c = r->in->data[r->offset + i];
        bool secret = i >= r->secret_at && i - r->secret_at < r->secret_size;
        char text[4] = {' ', secret ? '*' : digits[c >> 4], secret ? '*' : digits[c & 15], '\0'};
        html_text(h, i == from ? text + 1 : text);
    }
}

/* How many bytes are written before the rest is cut. */
static size_t shown_of(const html_bytes *b, size_t size)
{
    return b->full || size <= BYTES_SHOWN + LEAST_GAP ? size : BYTES_SHOWN;
}

static void open_field(html_bytes *b, uint32_t field, const char *class_name, size_t offset)
{
    html *h = &b->out;
    start_run(b, offset);
    html_open(h, "a");
    html_attribute_format(h, "id", "b%u", (unsigned)field);
    html_attribute_format(h, "href", "#f%u", (unsigned)field);
    html_attribute(h, "tabindex", "-1"); /* the rows of the tree are reached instead */
    if (class_name != NULL)
        html_attribute(h, "class", class_name);
}

void html_bytes_row(html_bytes *b, const explain_row *r, uint32_t field)
{
    if (r->size == 0)
        return;
    use_pane(b, r->in);
    size_t shown = shown_of(b, r->size);
    open_field(b, field, NULL, r->offset);
    put_hex(&b->out, r, 0, shown);
    html_close(&b->out);
    b->pane->run_end = r->offset + shown;
    if (shown < r->size)
        put_gap(b, r->size - shown);
}

/* Positions from the start of the bytes without a row. */
typedef struct wrong_bytes {
    size_t from; /* of those that are wrong */
    size_t to;
    size_t shown;
} wrong_bytes;

static void put_wrong(html *h, const explain_row *r, wrong_bytes w)
{
    put_hex(h, r, 0, w.from);
    if (w.from != 0)
        html_text(h, " ");
    if (w.to == w.from) {
        html_element(h, "i", "caret", "^");
    } else {
        html_open(h, "mark");
        put_hex(h, r, w.from, w.to);
        html_close(h);
    }
    if (w.to < w.shown)
        html_text(h, " ");
    put_hex(h, r, w.to, w.shown);
}

void html_bytes_problem(html_bytes *b, const explain_problem *wrong, uint32_t field)
{
    size_t size = wrong->end - wrong->start;
    explain_row r = {.in = wrong->in, .offset = wrong->start, .size = size, .secret_size = wrong->secret ? size : 0};
    wrong_bytes w = {.from = wrong->offset - wrong->start};
    w.from = w.from < size ? w.from : size;
    size_t marked = wrong->size != 0 ? wrong->size : 1;
    w.to = marked < size - w.from ? w.from + marked : size;
    size_t shown = shown_of(b, size);
    w.shown = shown > w.to ? shown : w.to;
    use_pane(b, wrong->in);
    open_field(b, field, "wrong", wrong->start);
    put_wrong(&b->out, &r, w);
    html_close(&b->out);
    b->pane->run_end = wrong->start + w.shown;
    if (w.shown < size)
        put_gap(b, size - w.shown);
}

void html_bytes_write(html_bytes *b, html *to)
{
    for (size_t i = 0; i < b->pane_count; i++) {
        byte_pane *pane = &b->panes[i];
        use_pane(b, &(explain_region){.number = pane->region});
        end_run(b);
        html_flush(&b->out);
        html_open(to, "p");
        html_attribute(to, "class", "pane");
        if (pane->region == 0)
            html_text(to, "Bytes");
        else
            html_format(to, "Decompressed %u", pane->region);
        html_close(to);
        html_line(to);
        html_markup(to, pane->markup.text.data, pane->markup.size);
    }
    forget_panes(b);
}
