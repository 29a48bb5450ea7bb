/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HTML_H
#define TOOLS_HTML_H

/* Writes HTML whose elements nest and whose text is escaped. A page:
 *
 *     html h;
 *     html_init(&h, NULL, NULL);
 *     html_page_start(&h, &(html_page){.title = "Requests"});      see page.h
 *     html_open(&h, "p");
 *     html_attribute(&h, "class", "note");
 *     html_text(&h, untrusted);
 *     html_close(&h);
 *     html_element(&h, "td", "number", "17");                      <td class="number">17</td>
 *     html_page_end(&h);
 *
 * Tags and names of attributes are literals of the program; values and text may come from anywhere: what is special in
 * HTML is escaped, and what is invisible or not UTF-8 is shown as \xNN. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../command/buffer.h"
#include "../command/output.h"
#include "../text/emit.h"

enum { HTML_MOST_NESTING = 256, HTML_BLOCK = 32 * 1024 };

/* Must not move once it is initialised. */
typedef struct html {
    emitter out;
    void (*write)(void *context, const void *data, size_t size);
    void *context;
    bool in_tag; /* attributes may follow */
    unsigned depth;
    const char *open[HTML_MOST_NESTING]; /* the tags that are open */
    char block[HTML_BLOCK];
} html;

/* `write` NULL: standard output. */
void html_init(html *h, void (*write)(void *context, const void *data, size_t size), void *context);

/* Markup in memory; html_init(&h, html_keep, &store) appends to it. All zero is empty. */
typedef struct html_store {
    buffer text; /* not terminated */
    size_t size;
} html_store;

void html_keep(void *store, const void *data, size_t size);
void html_store_finish(html_store *s);

/* Writes what is buffered. */
void html_flush(html *h);

/* A start tag; attributes may follow. Elements without end tag are html_empty(). */
void html_open(html *h, const char *tag);
void html_empty(html *h, const char *tag);

/* An attribute of the tag that was opened last. `value` NULL: one without a value. */
void html_attribute(html *h, const char *name, const char *value);
PRINTF_LIKE(3, 4) void html_attribute_format(html *h, const char *name, const char *format, ...);

/* The end tag of the innermost open element. */
void html_close(html *h);

void html_text(html *h, const char *text);
void html_text_sized(html *h, const void *text, size_t size);
PRINTF_LIKE(2, 3) void html_format(html *h, const char *format, ...);

/* In decimal, with a comma before each three digits: 1,234,567. */
void html_count(html *h, uint64_t number);

/* A whole element. `class_name` NULL: without a class. */
void html_element(html *h, const char *tag, const char *class_name, const char *text);

/* <a href="TARGET">TEXT</a> */
void html_link(html *h, const char *target, const char *text);

/* Trusted markup, which nests, as it is. */
void html_markup(html *h, const char *markup, size_t size);

/* A line feed, for those who read the source. */
void html_line(html *h);

#endif
