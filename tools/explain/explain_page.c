/* SPDX-License-Identifier: Apache-2.0 */
#include "explain_page.h"

#include <stdlib.h>

#include "../command/buffer.h"
#include "../html/page.h"
#include "print_html.h"

/* About 10 MB, which browsers show at once. */
enum { MOST_FIELDS = 20000 };

struct explain_page {
    html body; /* to `content` */
    html_store content;
    print_html print;
    printer printer;
};

explain_page *explain_page_create(bool full)
{
    explain_page *p = zeroed_memory(sizeof *p);
    html_init(&p->body, html_keep, &p->content);
    p->printer = print_html_init(
        &p->print, &(print_html_options){.page = &p->body, .full = full, .most = full ? 0 : MOST_FIELDS, .heading = 2});
    return p;
}

const printer *explain_page_printer(const explain_page *p)
{
    return &p->printer;
}

static void put_unseen(const explain_page *p, html *h)
{
    if (p->print.unseen == 0)
        return;
    html_open(h, "p");
    html_attribute(h, "class", "note");
    html_count(h, p->print.unseen);
    html_text(h, p->print.unseen == 1 ? " more input is left out: a page has at most "
                                      : " more inputs are left out: a page has at most ");
    html_count(h, MOST_FIELDS);
    html_text(h, " fields, unless it is made with --full.");
    html_close(h);
    html_line(h);
}

/* How many inputs follow, and how to use what is below. */
static void put_summary(const explain_page *p, html *h)
{
    if (p->print.inputs == 0) {
        html_element(h, "p", "note", "The input has no frame or batch.");
        html_line(h);
        return;
    }
    html_open(h, "p");
    html_count(h, p->print.inputs);
    html_text(h, p->print.inputs == 1 ? " frame or batch, " : " frames or batches, ");
    if (p->print.bad_inputs == 0)
        html_text(h, "without errors");
    else
        html_count(h, p->print.bad_inputs);
    if (p->print.bad_inputs != 0)
        html_text(h, " of them with errors");
    html_text(h, ". A field marks its bytes, and bytes mark their field. Offsets are hexadecimal.");
    html_close(h);
    html_line(h);
}

void explain_page_finish(explain_page *p)
{
    html *out = zeroed_memory(sizeof *out);
    char *style = print_html_style(&p->print);
    html_flush(&p->body);
    html_init(out, NULL, NULL);
    html_page_start(out, &(html_page){.title = "Bytes of the Kafka protocol", .style_unscripted = style});
    put_summary(p, out);
    html_markup(out, p->content.text.data, p->content.size);
    put_unseen(p, out);
    html_page_end(out);
    free(style);
    free(out);
    print_html_finish(&p->print);
    html_store_finish(&p->content);
    free(p);
}
