/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_NAMED_ERRORS_H
#define TOOLS_NAMED_ERRORS_H

#include <stdbool.h>
#include <stddef.h>

#include <kwire/message.h>

enum { NAMED_ERRORS_MOST = 20 };

/* The error codes in an answer that are not 0. */
typedef struct named_errors {
    const char *before;                           /* each line starts with it; NULL: nothing is printed */
    bool (*ignores)(void *context, int16_t code); /* errors that are not meant; NULL: all are */
    void *context;
    size_t count; /* set by the call */
} named_errors;

/* Counts them, and prints a line to standard error for each, with its path, its name in Kafka and the broker's message;
 * one line for all after the first NAMED_ERRORS_MOST. Returns their number. */
size_t named_errors_find(named_errors *e, const kw_message *m, int16_t version, const void *value);

/* All of them, printed without anything before. */
size_t named_errors_print(const kw_message *m, int16_t version, const void *value);

#endif
