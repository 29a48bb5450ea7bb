/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

/* The reason why an input was refused. The codes are those of kw_status_name(), and these for input that did not reach
 * the codec: */

#include <stdbool.h>
#include <stddef.h>

#include <kwire/status.h>

#include "output.h"

#define CODE_JSON "ERR_JSON"   /* not JSON */
#define CODE_LINE "ERR_LINE"   /* JSON, but not a request: a key is missing or of the wrong type */
#define CODE_HEX "ERR_HEX"     /* not pairs of hex digits */
#define CODE_VALUE "ERR_VALUE" /* JSON that is not a value of this message */

typedef struct report {
    const char *code;  /* static storage */
    size_t offset;     /* in the body; in the text for CODE_JSON; 0 where there is none */
    char detail[1024]; /* for people: one line, field path included */
} report;

/* These return false, for use in return statements. Too long details are cut. */
PRINTF_LIKE(4, 5) bool report_set(report *r, const char *code, size_t offset, const char *format, ...);
bool report_status(report *r, kw_status status, size_t offset, const char *path);

/* CODE_HEX, after hex_decode() failed. */
bool report_hex(report *r, const char *text, size_t size);

/* Prints one line to standard error: "kwire: CODE: detail", with the byte if known. */
void report_print(const report *r);

enum { QUOTED_SIZE = 128 };

/* Untrusted text as a JSON string for messages: escaped, and cut if it is long. Returns `to`. */
const char *quoted(char to[QUOTED_SIZE], const char *text, size_t size);

enum { QUOTED_MESSAGE_SIZE = 800 };

/* The same for whole sentences, such as the error message of a broker. */
const char *quoted_message(char to[QUOTED_MESSAGE_SIZE], const char *text, size_t size);

#endif
