/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_SUPPORT_PATTERNS_H
#define TESTS_SERVER_SUPPORT_PATTERNS_H

#include "coordinator/pattern.h"

/* Whether the broker is built with RE2; without it every pattern is refused. */
static inline bool patterns_are_built(void)
{
    struct pattern *pattern;
    const char *why;
    bool are_built = pattern_compile(kw_string_of("a"), &pattern, &why) != PATTERN_NOT_BUILT;
    pattern_free(pattern);
    return are_built;
}

#endif
