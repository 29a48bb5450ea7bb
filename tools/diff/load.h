/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DIFF_LOAD_H
#define TOOLS_DIFF_LOAD_H

/* What is compared, from the words of the command. */

#include "rows.h"

/* What the inputs are: a message's body, the response to a request, or requests. */
typedef struct diff_subject {
    const kw_message *m; /* the body of this message, or */
    int16_t api_key;     /* the response to a request of this API; -1: requests */
    int16_t version;     /* of either */
    size_t max_memory;
} diff_subject;

/* `word` is the name of a file, "-" for standard input, or bytes written as text. Messages may be JSON, as kwire decode
 * prints them. Puts the fields in `rows`; false, with a line on standard error, where there is nothing to compare. */
bool diff_load(const diff_subject *subject, const char *word, diff_rows *rows);

#endif
