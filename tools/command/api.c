/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "api.h"
#include "names.h"
#include "nearest.h"
#include "options.h"
#include "report.h"

static const kw_api *find(const char *text)
{
    long long key;
    if (number_read(text, INT16_MIN, INT16_MAX, &key))
        return kw_api_find((int16_t)key);
    for (size_t i = 0; i < kw_api_count(); i++)
        if (name_is(kw_api_at(i)->name, text, strlen(text)))
            return kw_api_at(i);
    return NULL;
}

const kw_api *api_named(const char *text)
{
    const kw_api *api = find(text);
    if (api != NULL)
        return api;
    nearest near;
    nearest_init(&near, text, strlen(text));
    for (size_t i = 0; i < kw_api_count(); i++)
        nearest_offer(&near, kw_api_at(i)->name);
    char name[QUOTED_SIZE];
    char hint[HINT_SIZE];
    complain("no API has the name or key %s%s", quoted(name, text, strlen(text)), nearest_hint(&near, hint));
    return NULL;
}
