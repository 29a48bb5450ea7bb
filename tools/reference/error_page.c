/* SPDX-License-Identifier: Apache-2.0 */
#include "error_page.h"

#include <stdio.h>

#include <kwire/error.h>

#include "../html/table.h"
#include "../protocol/kafka_facts.h"

static void put_error(html *h, const kw_error_info *e, const error_fact *fact)
{
    html_open(h, "tr");
    html_attribute_format(h, "id", "error-%d", e->code);
    char code[16];
    snprintf(code, sizeof code, "%d", e->code);
    html_table_number(h, "code", code);
    html_open(h, "th");
    html_attribute(h, "scope", "row");
    html_element(h, "code", NULL, e->name);
    html_close(h);
    html_element(h, "td", NULL, e->retriable ? "retriable" : "");
    html_table_number(h, "since", fact->since);
    html_element(h, "td", NULL, fact->meaning);
    html_close(h);
    html_line(h);
}

void error_page_write(page_file *p, const char *folder)
{
    html *h = &p->body;
    page_file_reset(p);
    html_table_start(h, "Errors");
    html_table_heading(h, "number", "Code");
    html_table_heading(h, NULL, "Name");
    html_table_heading(h, NULL, "Retried");
    html_table_heading(h, "number", "Since");
    html_table_heading(h, NULL, "Meaning");
    html_table_rows(h);
    for (size_t i = 0; i < kw_error_count(); i++)
        put_error(h, kw_error_at(i), &error_facts[i]);
    html_table_end(h);
    page_file_write(p, folder, "errors",
                    &(html_page){.title = "Error codes", .home = "index.html", .home_text = "All messages"});
}
