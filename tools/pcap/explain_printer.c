/* SPDX-License-Identifier: Apache-2.0 */
#include "explain_printer.h"

#include "../command/output.h"

static kw_string topic_name(void *context, kw_uuid id)
{
    const line_printer *lines = context;
    return topic_names_find(lines->names, id);
}

void explain_printer_init(explain_printer *p, line_printer *lines, bool full, bool colour, size_t max_memory)
{
    explain_options options = {.style = colour ? EXPLAIN_COLOUR : EXPLAIN_PLAIN, .full = full};
    options.max_memory = max_memory;
    options.topic_name = topic_name;
    options.context = lines;
    p->lines = lines;
    p->explainer = explainer_create(&options);
}

void explain_printer_finish(explain_printer *p)
{
    explainer_destroy(p->explainer);
    p->explainer = NULL;
}

static explain_input input_of(const frame *f)
{
    explain_input in = {.data = f->data - FRAME_PREFIX, .size = f->captured + FRAME_PREFIX, .has_size = true};
    in.cut = frame_is_cut(f);
    return in;
}

/* Errors are shown at their place. */
void explain_request_of(explainer *by, const exchange *e)
{
    explain_input in = input_of(&e->request_frame);
    (void)explain_request(by, &in);
}

void explain_response_of(explainer *by, const exchange *e)
{
    if (e->outcome != OUTCOME_ANSWERED)
        return;
    explain_input in = input_of(&e->response_frame);
    (void)explain_response(by, &in, e->request->api_key, e->request->api_version);
}

static void show(void *context, const sighting *s)
{
    explain_printer *p = context;
    const exchange *e = s->exchange;
    sighting_sink lines = line_printer_sink(p->lines);
    lines.show(lines.context, s);
    explain_request_of(p->explainer, e);
    explain_response_of(p->explainer, e);
    output_write("\n", 1);
}

sighting_sink explain_printer_sink(explain_printer *p)
{
    sighting_sink as = {show, p};
    return as;
}
