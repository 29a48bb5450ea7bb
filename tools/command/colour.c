/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "colour.h"

static bool is_colourful(void)
{
    const char *unwanted = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    bool wanted = unwanted == NULL || unwanted[0] == '\0';
    return wanted && terminal != NULL && strcmp(terminal, "dumb") != 0 && isatty(STDOUT_FILENO) == 1;
}

bool colour_read(const char *when, bool *colour)
{
    bool is_auto = when == NULL || strcmp(when, "auto") == 0;
    *colour = is_auto ? is_colourful() : strcmp(when, "always") == 0;
    return is_auto || *colour || strcmp(when, "never") == 0;
}
