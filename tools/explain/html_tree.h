/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HTML_TREE_H
#define TOOLS_HTML_TREE_H

/* The rows of an explanation as a tree of HTML lists. Paths tell what contains what: topics[0].name is in topics[0],
 * which has no row of its own and gets one here, with the value that names it. */

#include "../html/html.h"
#include "printer.h"
#include "sheet.h"

typedef struct tree_node tree_node;

/* What contains the next row. */
typedef struct open_node {
    size_t prefix; /* length of its path, or of the path of what is in it */
    bool is_part;  /* which has a path of what is in it */
    size_t node;
} open_node;

enum { TREE_MOST_LEVELS = 48 };

typedef struct html_tree {
    html out; /* to `rows` */
    html_store rows;
    sheet sheet; /* to `words`, for values */
    html_store words;
    tree_node *nodes; /* in the order of the bytes */
    size_t count;
    size_t capacity;
    open_node open[TREE_MOST_LEVELS];
    unsigned level;
    char path[1024]; /* of the last row */
    char title[256]; /* of the next rows; "": none */
    bool is_message; /* that it names */
    bool is_outermost;
    bool full; /* values of any length */
} html_tree;

void html_tree_init(html_tree *t, bool full);
void html_tree_finish(html_tree *t);

/* `field` is the number of the row in the page. */
void html_tree_row(html_tree *t, const explain_row *r, uint32_t field);
void html_tree_problem(html_tree *t, const explain_problem *wrong, uint32_t field);

/* A title of the next rows: of a message, which contains them, or else a remark before them. */
void html_tree_part(html_tree *t, const explain_part *part);

/* A remark on the rows before. */
void html_tree_remark(html_tree *t, const char *text);

/* Writes the tree, and empties it. */
void html_tree_write(html_tree *t, html *to);

#endif
