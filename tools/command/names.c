/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include <string.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool name_is(const char *name, const char *text, size_t size)
{
    if (strlen(name) != size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (lower(name[i]) != lower(text[i]))
            return false;
    return true;
}
