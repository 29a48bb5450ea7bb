/* SPDX-License-Identifier: Apache-2.0 */
/* Where RE2 is missing. */
#include "pattern.h"

#include <stddef.h>

enum pattern_status pattern_compile(kw_string text, struct pattern **out, const char **why)
{
    (void)text;
    *out = NULL;
    *why = "this broker was built without regular expressions";
    return PATTERN_NOT_BUILT;
}

bool pattern_matches(const struct pattern *pattern, kw_string name)
{
    (void)pattern;
    (void)name;
    return false;
}

void pattern_free(struct pattern *pattern)
{
    (void)pattern;
}
