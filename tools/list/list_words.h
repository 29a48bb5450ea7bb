/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_LIST_WORDS_H
#define TOOLS_LIST_WORDS_H

#include "../command/options.h"

/* The arguments of a verb that lists: --names, or at most `most` words. Returns CONTINUE or the exit status. */
int list_words_read(const verb *v, int most, int count, char **words, bool *names, arguments *out);

#endif
