/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_EXPLAIN_PRINTER_H
#define TOOLS_EXPLAIN_PRINTER_H

/* The line of an exchange, then both frames, byte by byte. */

#include "../explain/explain.h"
#include "line_printer.h"

/* Explain the request, which must be kept: see exchange_sink; and the response, if there is one. */
void explain_request_of(explainer *by, const exchange *e);
void explain_response_of(explainer *by, const exchange *e);

typedef struct explain_printer {
    line_printer *lines;
    explainer *explainer;
} explain_printer;

/* `lines` and its names must outlive the printer. */
void explain_printer_init(explain_printer *p, line_printer *lines, bool full, bool colour, size_t max_memory);

/* Frames of requests must be kept: see exchange_sink. */
sighting_sink explain_printer_sink(explain_printer *p);

void explain_printer_finish(explain_printer *p);

#endif
