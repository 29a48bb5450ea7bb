/* SPDX-License-Identifier: Apache-2.0 */
#include "duration.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

void duration_format(uint64_t ms, char to[DURATION_SIZE])
{
    static const struct {
        uint64_t ms;
        const char *name;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}, {1, "ms"}};
    enum { LAST = sizeof units / sizeof units[0] - 1 };
    size_t i = 0;
    while (i < LAST && ms < units[i].ms)
        i++;
    uint64_t rest = i < LAST ? ms % units[i].ms / units[i + 1].ms : 0;
    int n = snprintf(to, DURATION_SIZE, "%" PRIu64 " %s", ms / units[i].ms, units[i].name);
    if (rest != 0 && n > 0 && n < DURATION_SIZE)
        snprintf(to + n, (size_t)(DURATION_SIZE - n), " %" PRIu64 " %s", rest, units[i + 1].name);
}
