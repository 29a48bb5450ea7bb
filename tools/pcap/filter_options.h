/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FILTER_OPTIONS_H
#define TOOLS_FILTER_OPTIONS_H

/* The options of `pcap` that choose requests. */

#include "../command/verb.h"
#include "filter.h"

/* As they were given; NULL: not. */
typedef struct filter_texts {
    const char *apis;
    const char *since;
    const char *until;
    const char *correlation_ids;
    const char *hosts;
    const char *clients;
    const char *brokers;
    const char *slow;
} filter_texts;

/* Adds them to the filter. Returns CONTINUE or the exit status. */
int filter_options_read(const verb *v, const filter_texts *given, filter *out);

/* The next of the words between commas in *text, cut if it is long; false after the last one. */
enum { LIST_WORD_SIZE = 64 };
bool list_next(const char **text, char word[LIST_WORD_SIZE]);

#endif
