/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PRINT_HTML_H
#define TOOLS_PRINT_HTML_H

/* An explanation as HTML: for each input a section with its bytes and the tree of its fields, which lead to each other.
 * The numbers of fields, which are in ids, are those of the page: #b7 are the bytes of #f7. */

#include "html_bytes.h"
#include "html_tree.h"

typedef struct print_html {
    html *page;
    html_bytes bytes;
    html_tree tree;
    sheet sheet; /* to `words`, for titles */
    html_store words;
    html_store errors; /* of the current input, as list items */
    html error_list;
    unsigned heading;     /* level of the inputs' headings: 2 to 5 */
    uint32_t most;        /* fields of a page */
    uint32_t fields;      /* of the page so far */
    uint64_t left_out;    /* fields, of this input */
    uint64_t inputs;      /* of the page so far */
    uint64_t unseen;      /* inputs without a section */
    uint64_t bad_inputs;  /* with errors */
    uint64_t error_count; /* of this input */
    bool has_rows;        /* this input */
    bool is_shown;
} print_html;

typedef struct print_html_options {
    html *page;       /* between html_page_start() and html_page_end() */
    bool full;        /* every byte and value; otherwise long ones are cut */
    uint32_t most;    /* fields of the page; those after are counted; 0: no limit */
    unsigned heading; /* level of the inputs' headings */
} print_html_options;

printer print_html_init(print_html *p, const print_html_options *options);
void print_html_finish(print_html *p);

/* CSS that marks bytes and rows together, for browsers that run no scripts. Large pages have it for the first fields.
 * The caller frees it. */
char *print_html_style(const print_html *p);

#endif
