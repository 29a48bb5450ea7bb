/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_LIST_WORDS_H
#define TOOLS_LIST_WORDS_H

#include "../command/options.h"

/* The words of a verb that lists something: --names, or at most `most` others that say of what. GO_ON or the exit
 * status. */
int list_words_read(const verb *v, int most, int count, char **words, bool *names, arguments *out);

#endif
