/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_LINE_PRINTER_H
#define TOOLS_LINE_PRINTER_H

/* Prints each exchange as a line of text. */

#include "notation.h"
#include "sighting.h"

typedef struct line_printer {
    const topic_names *names;
    emitter line;
    char block[4 * EMIT_RESERVE_MAX];
} line_printer;

/* The end of a line, behind the outcome: topics, errors and problems. Starts with a gap if there are any. */
void emit_outcome_content(emitter *out, const topic_names *names, const sighting *s);

/* `names` must outlive the printer, which must not be moved. */
void line_printer_init(line_printer *p, const topic_names *names);

sighting_sink line_printer_sink(line_printer *p);

#endif
