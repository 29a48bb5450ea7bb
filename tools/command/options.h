/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

/* The arguments of a verb: options, in any place, and other words. */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"
#include "verb.h"

/* One of the two pointers is set: *flag becomes true, or *value the word after "=" or the next word. */
typedef struct option {
    const char *name; /* "--strict" */
    bool *flag;
    const char **value;
} option;

enum { CONTINUE = -1, ANY_WORDS = INT_MAX };

/* The words that are not options. */
typedef struct arguments {
    char **words;
    int count;
} arguments;

/* Parses the words; "--help" prints the verb's help, "--" ends the options. Returns CONTINUE, or the exit status if
 * nothing is left to do. More than `most` words that are not options are an error. Reorders `words`: those that are not
 * options come first. */
int options_read(const verb *v, const option *options, size_t option_count, int most, int count, char **words,
                 arguments *out);

/* An option that cannot be combined with another one. */
typedef struct option_use {
    const char *name;
    bool given;
} option_use;

/* A usage error that names the option and the first of the others that are given. CONTINUE if none is. */
int options_exclude(const verb *v, const char *name, const option_use *others, size_t count);

/* Prints a line to standard error that refers to the verb's help. Returns STATUS_USAGE. */
PRINTF_LIKE(2, 3) int usage_error(const verb *v, const char *format, ...);

/* A decimal number from `least` to `most`, sign allowed. False if the text is anything else. */
bool number_read(const char *text, long long least, long long most, long long *out);

/* The same for a number of bytes, which may end in K, M or G: 1024, 1024 * 1024, 1024 * 1024 * 1024 of them. */
bool size_read(const char *text, long long least, long long most, long long *out);

/* Reads the version of a message, which need not exist. Returns CONTINUE or the exit status. */
int version_read(const verb *v, const char *text, int16_t *out);

#endif
