/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DIFF_LOAD_H
#define TOOLS_DIFF_LOAD_H

/* Loads the inputs to compare. */

#include "rows.h"

/* The type of the inputs: a message's body, the response to a request, or requests. */
typedef struct diff_subject {
    const kw_message *m; /* the body of this message, or */
    int16_t api_key;     /* the response to a request of this API; -1: requests */
    int16_t version;     /* of either */
    size_t max_memory;
} diff_subject;

/* `word` is the name of a file, "-" for standard input, or bytes written as text. Messages may be JSON, as kwire decode
 * prints them. Stores the fields in `rows`; false, with a line on standard error, if there is nothing to compare. */
bool diff_load(const diff_subject *subject, const char *word, diff_rows *rows);

#endif
