/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_JSON_PRINTER_H
#define TOOLS_JSON_PRINTER_H

/* Prints each exchange as a JSON object on a line. */

#include <stdbool.h>
#include <stddef.h>

#include <kwire/writer.h>

#include "../json/json_form.h"
#include "notation.h"
#include "sighting.h"

typedef struct json_printer {
    const topic_names *names;
    bool bodies; /* with the messages themselves */
    emitter line;
    json_form form;
    kw_writer body; /* JSON of a message */
    char block[16 * EMIT_RESERVE_MAX];
} json_printer;

/* `names` must outlive the printer, which must not be moved. `max_memory` is for the text of one message. The caller
 * may change how messages are shown, in `form`. */
void json_printer_init(json_printer *p, const topic_names *names, bool bodies, size_t max_memory);

sighting_sink json_printer_sink(json_printer *p);

void json_printer_finish(json_printer *p);

#endif
