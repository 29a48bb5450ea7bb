/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_LINE_PRINTER_H
#define TOOLS_LINE_PRINTER_H

/* A line an exchange, for people. */

#include <kwire/writer.h>

#include "put.h"
#include "sighting.h"

typedef struct line_printer {
    const topic_names *names;
    kw_writer line;
    clock_text clock;
} line_printer;

/* `names` must outlive the printer. */
void line_printer_init(line_printer *p, const topic_names *names);

sighting_sink line_printer_sink(line_printer *p);

void line_printer_finish(line_printer *p);

#endif
