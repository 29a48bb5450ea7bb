/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HTML_BYTES_H
#define TOOLS_HTML_BYTES_H

/* The bytes of an input, and of what is decompressed in it, as HTML: a hex dump in which each field is one link to its
 * row in the tree. */

#include "../html/html.h"
#include "printer.h"

/* The bytes of one region. */
typedef struct byte_pane {
    unsigned region;
    html_store markup;
    bool in_run;      /* of lines without a gap, */
    size_t run_start; /* from here */
    size_t run_end;
} byte_pane;

typedef struct html_bytes {
    html out; /* into the pane that is written to */
    byte_pane *panes;
    size_t pane_count;
    size_t pane_capacity;
    byte_pane *pane;
    bool full; /* no bytes are cut */
} html_bytes;

void html_bytes_init(html_bytes *b, bool full);
void html_bytes_finish(html_bytes *b);

/* The bytes of a row; `field` is its number in the page. */
void html_bytes_row(html_bytes *b, const explain_row *r, uint32_t field);

/* The bytes that a fatal problem leaves without a row. */
void html_bytes_problem(html_bytes *b, const explain_problem *wrong, uint32_t field);

/* Writes all panes, and forgets them. */
void html_bytes_write(html_bytes *b, html *to);

#endif
