/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HTML_TABLE_H
#define TOOLS_HTML_TABLE_H

/* Tables that scroll if the window is narrow:
 *
 *     html_table_start(h, "Versions");
 *     html_table_heading(h, "number", "Version");
 *     html_table_rows(h);
 *     ...                       rows of <tr>
 *     html_table_end(h); */

#include "html.h"

/* `label` names it for those who cannot see it. */
void html_table_start(html *h, const char *label);

/* Of a column. `class_name` NULL: none. */
void html_table_heading(html *h, const char *class_name, const char *text);

/* <td> with a number or versions; narrow windows, which have no headings, show the label before it. */
void html_table_number(html *h, const char *label, const char *text);

/* After the headings. */
void html_table_rows(html *h);
void html_table_end(html *h);

#endif
