/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_COLOUR_H
#define TOOLS_COLOUR_H

#include <stdbool.h>

/* The option --color: "always", "never", or "auto", which is also NULL: in colour if standard output is a terminal that
 * is not "dumb", and NO_COLOR is not set or empty. False if `when` is another word. */
bool colour_read(const char *when, bool *colour);

#endif
