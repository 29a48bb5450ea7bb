/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

/* The words after a verb: options, in any place, and the others. */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"
#include "verb.h"

/* One of the two is set: `flag` becomes true, or `value` the word that follows "=" or comes next. */
typedef struct option {
    const char *name; /* "--strict" */
    bool *flag;
    const char **value;
} option;

enum { GO_ON = -1, ANY_WORDS = INT_MAX };

/* The words that are no options. */
typedef struct arguments {
    char **words;
    int count;
} arguments;

/* Sorts the words; "--help" prints the verb's help, "--" ends the options. Returns GO_ON, or the exit status where
 * there is nothing left to do. More than `most` words that are no options are a mistake. The order of `words` changes:
 * those that are no options come first. */
int options_read(const verb *v, const option *options, size_t option_count, int most, int count, char **words,
                 arguments *out);

/* A line on standard error that points at the verb's help. Returns STATUS_USAGE. */
PRINTF_LIKE(2, 3) int usage_error(const verb *v, const char *format, ...);

/* A decimal number between the two, sign allowed. False if the text is anything else. */
bool number_read(const char *text, long long least, long long most, long long *out);

/* The version of a message, whether or not it has that one. GO_ON or the exit status. */
int version_read(const verb *v, const char *text, int16_t *out);

#endif
