/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

void html_table_start(html *h, const char *label)
{
    html_open(h, "div");
    html_attribute(h, "class", "wide");
    html_attribute(h, "role", "region");
    html_attribute(h, "aria-label", label);
    html_attribute(h, "tabindex", "0");
    html_open(h, "table");
    html_open(h, "thead");
    html_open(h, "tr");
}

void html_table_heading(html *h, const char *class_name, const char *text)
{
    html_open(h, "th");
    html_attribute(h, "scope", "col");
    if (class_name != NULL)
        html_attribute(h, "class", class_name);
    html_text(h, text);
    html_close(h);
}

void html_table_number(html *h, const char *label, const char *text)
{
    html_open(h, "td");
    html_attribute(h, "class", "number");
    html_attribute(h, "data-label", label);
    html_text(h, text);
    html_close(h);
}

void html_table_rows(html *h)
{
    html_close(h); /* tr */
    html_close(h); /* thead */
    html_line(h);
    html_open(h, "tbody");
    html_line(h);
}

void html_table_end(html *h)
{
    html_close(h); /* tbody */
    html_close(h); /* table */
    html_close(h); /* div */
    html_line(h);
}
