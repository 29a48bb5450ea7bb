/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_HELP_H
#define TOOLS_HELP_H

/* The texts of --help, generated from tools/help. */

#include <stddef.h>

typedef struct help_text {
    const char *name;    /* of a verb, or "kwire" */
    const char *summary; /* one line, without its line feed */
    const char *text;    /* whole lines */
} help_text;

extern const help_text help_texts[];
extern const size_t help_text_count;

/* Every verb has a text: exits if this name has none. */
const help_text *help_of(const char *name);

#endif
