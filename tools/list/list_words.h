/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_LIST_WORDS_H
#define TOOLS_LIST_WORDS_H

#include "../command/options.h"

/* The words of a verb that lists. */
typedef struct list_words {
    bool names; /* --names */
    bool json;  /* --json */
    arguments given;
} list_words;

enum { LIST_OPTIONS_MOST = 4 };

/* Reads --names, which allows no words, --json, at most LIST_OPTIONS_MOST options of the verb's own, and at most `most`
 * words. Returns CONTINUE or the exit status. */
int list_words_read(const verb *v, const option *own, size_t own_count, int most, int count, char **words,
                    list_words *out);

/* Refuses the word at that place, which is one too many without an option that is not given. Returns STATUS_USAGE. */
int list_words_refuse(const verb *v, const list_words *l, int place);

#endif
