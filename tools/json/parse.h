/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PARSE_H
#define TOOLS_PARSE_H

#include <stddef.h>

#include <jansson.h>

#include "../command/report.h"

/* jansson with the settings of this program: any value, U+0000 in strings, no repeated keys. The caller calls
 * json_decref(). NULL with CODE_JSON and the byte in the report. */
json_t *json_parse(const char *text, size_t size, report *r);

/* The same for a value that more text may follow. *used is the number of bytes that were read, *line that of an error,
 * from 1; the report has no byte. */
json_t *json_parse_next(const char *text, size_t size, size_t *used, size_t *line, report *r);

#endif
