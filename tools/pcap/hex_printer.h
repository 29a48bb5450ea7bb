/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HEX_PRINTER_H
#define TOOLS_HEX_PRINTER_H

/* Prints the frames of exchanges, a line each, as `explain` and `decode --frame` read them: hex digits with a comment,
 * or JSON. A request is followed by its response. */

#include <stdbool.h>

#include "notation.h"
#include "sighting.h"

typedef struct hex_printer {
    bool json;
    emitter line;
    char block[16 * EMIT_RESERVE_MAX];
} hex_printer;

/* The printer must not be moved. */
void hex_printer_init(hex_printer *p, bool json);

/* Frames of requests must be kept: see exchange_sink. */
sighting_sink hex_printer_sink(hex_printer *p);

#endif
