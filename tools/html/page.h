/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HTML_PAGE_H
#define TOOLS_HTML_PAGE_H

/* The frame of each page: one file that contains its style and script (style.css and script.js beside this), and takes
 * nothing from elsewhere. The script only adds to what works without it; the page's policy lets no other run, and
 * refuses the network.
 *
 *     html_page_start()      <!DOCTYPE html> to <main>, with the title as the heading
 *     ...                    content: sections with <h2>, tables, .note, .bad (see style.css)
 *     html_page_end()        </main>, what made it, </html>
 */

#include "html.h"
#include "html_assets.h"

typedef struct html_page {
    const char *title;
    const char *home;             /* link to a start page; NULL: none */
    const char *home_text;        /* of that */
    const html_assets *own;       /* style and script of its kind, beside those of all; NULL: none */
    const char *style_unscripted; /* CSS for browsers that run no scripts, trusted; NULL: none */
} html_page;

void html_page_start(html *h, const html_page *page);

/* A script of the page's own assets; behind what it works on. */
void html_page_script(html *h, const char *code);

void html_page_end(html *h);

#endif
