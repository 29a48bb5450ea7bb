/* SPDX-License-Identifier: Apache-2.0 */
#include "html.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../text/printable.h"

static void drain(void *context, const char *text, size_t size)
{
    html *h = context;
    h->write(h->context, text, size);
}

static void write_output(void *context, const void *data, size_t size)
{
    (void)context;
    output_write(data, size);
}

void html_init(html *h, void (*write)(void *context, const void *data, size_t size), void *context)
{
    h->write = write != NULL ? write : write_output;
    h->context = context;
    h->in_tag = false;
    h->depth = 0;
    emit_init(&h->out, h->block, sizeof h->block, drain, h);
}

void html_keep(void *store, const void *data, size_t size)
{
    html_store *s = store;
    buffer_reserve(&s->text, s->size + size);
    if (size != 0)
        memcpy(s->text.data + s->size, data, size);
    s->size += size;
}

void html_store_finish(html_store *s)
{
    buffer_finish(&s->text);
    s->size = 0;
}

void html_flush(html *h)
{
    emit_flush(&h->out);
}

/* ---- escaping ---- */

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* One character that is not plain ASCII. Returns the number of bytes read. */
static size_t put_special(html *h, const uint8_t *text, size_t size)
{
    const char *escaped = entity((char)text[0]);
    if (escaped != NULL) {
        emit_text(&h->out, escaped);
        return 1;
    }
    if (text[0] == '\n' || text[0] == '\\') {
        emit_char(&h->out, (char)text[0]);
        return 1;
    }
    char piece[PRINTABLE_SIZE];
    size_t taken;
    size_t made = printable_next(text, size, piece, &taken);
    emit_short(&h->out, piece, made);
    return taken;
}

static bool is_plain(uint8_t c)
{
    return c >= ' ' && c <= '~' && c != '&' && c != '<' && c != '>' && c != '"' && c != '\'';
}

static void put_escaped(html *h, const uint8_t *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t plain = at;
        while (plain < size && is_plain(text[plain]))
            plain++;
        emit_raw(&h->out, text + at, plain - at);
        at = plain;
        if (at < size)
            at += put_special(h, text + at, size - at);
    }
}

/* ---- tags ---- */

static void end_tag(html *h)
{
    if (h->in_tag)
        emit_char(&h->out, '>');
    h->in_tag = false;
}

static void start_tag(html *h, const char *tag)
{
    end_tag(h);
    emit_char(&h->out, '<');
    emit_text(&h->out, tag);
    h->in_tag = true;
}

void html_open(html *h, const char *tag)
{
    if (h->depth == HTML_MOST_NESTING)
        die("a page has more than %d nested elements", HTML_MOST_NESTING);
    start_tag(h, tag);
    h->open[h->depth++] = tag;
}

void html_empty(html *h, const char *tag)
{
    start_tag(h, tag);
}

void html_close(html *h)
{
    end_tag(h);
    EMIT_LITERAL(&h->out, "</");
    emit_text(&h->out, h->open[--h->depth]);
    emit_char(&h->out, '>');
}

void html_attribute(html *h, const char *name, const char *value)
{
    emit_char(&h->out, ' ');
    emit_text(&h->out, name);
    if (value == NULL)
        return;
    EMIT_LITERAL(&h->out, "=\"");
    put_escaped(h, (const uint8_t *)value, strlen(value));
    emit_char(&h->out, '"');
}

/* Long text is cut. */
static void format_text(char *to, size_t size, const char *format, va_list list)
{
    if (vsnprintf(to, size, format, list) < 0)
        to[0] = '\0';
}

void html_attribute_format(html *h, const char *name, const char *format, ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    format_text(text, sizeof text, format, list);
    va_end(list);
    html_attribute(h, name, text);
}

/* ---- content ---- */

void html_text_sized(html *h, const void *text, size_t size)
{
    end_tag(h);
    put_escaped(h, text, size);
}

void html_text(html *h, const char *text)
{
    html_text_sized(h, text, strlen(text));
}

void html_format(html *h, const char *format, ...)
{
    char text[2048];
    va_list list;
    va_start(list, format);
    format_text(text, sizeof text, format, list);
    va_end(list);
    html_text(h, text);
}

void html_count(html *h, uint64_t number)
{
    end_tag(h);
    if (number >= 1000) {
        html_count(h, number / 1000);
        html_format(h, ",%03u", (unsigned)(number % 1000));
        return;
    }
    emit_uint(&h->out, number);
}

void html_element(html *h, const char *tag, const char *class_name, const char *text)
{
    html_open(h, tag);
    if (class_name != NULL)
        html_attribute(h, "class", class_name);
    html_text(h, text);
    html_close(h);
}

void html_link(html *h, const char *target, const char *text)
{
    html_open(h, "a");
    html_attribute(h, "href", target);
    html_text(h, text);
    html_close(h);
}

void html_markup(html *h, const char *markup, size_t size)
{
    end_tag(h);
    emit_raw(&h->out, markup, size);
}

void html_line(html *h)
{
    end_tag(h);
    emit_char(&h->out, '\n');
}
