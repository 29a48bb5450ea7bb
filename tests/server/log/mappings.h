/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_LOG_MAPPINGS_H
#define TESTS_SERVER_LOG_MAPPINGS_H

/* Files that are still mapped: what was opened and not closed. Known on Linux only. */

#include "../../unit/support.h"

#include <stdio.h>
#include <string.h>

/* Nothing in the folder is mapped any more. */
static inline void assert_nothing_mapped(const char *folder)
{
    static char line[16384];
    FILE *maps = fopen("/proc/self/maps", "r");
    if (maps == NULL)
        return;
    while (fgets(line, sizeof line, maps) != NULL)
        if (strstr(line, folder) != NULL)
            fail_msg("still mapped: %s", line);
    (void)fclose(maps);
}

#endif
