/* SPDX-License-Identifier: Apache-2.0 */
/* api-name KEY: the name and the versions of an API. */
#include <stdio.h>
#include <stdlib.h>

#include <kwire/api.h>
#include <kwire/version.h>

int main(int argc, char **argv)
{
    const kw_api *api = argc == 2 ? kw_api_find((int16_t)strtol(argv[1], NULL, 10)) : NULL;
    if (api == NULL) {
        fprintf(stderr, "kwire %s knows no such API; usage: api-name KEY\n", kw_version());
        return 1;
    }
    printf("%s, versions %d to %d\n", api->name, api->versions.first, api->versions.last);
    return 0;
}
