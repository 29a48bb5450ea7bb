/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "print_json.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../command/output.h"
#include "../json/pretty.h"

static void require(bool done)
{
    if (!done)
        die("out of memory");
}

void json_print(json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    require(text != NULL);
    if (isatty(STDOUT_FILENO) == 1)
        pretty_write(text, strlen(text));
    else
        output_write(text, strlen(text));
    output_write("\n", 1);
    free(text);
    json_decref(value);
}

void json_put(json_t *object, const char *name, json_t *value)
{
    require(json_object_set_new(object, name, value) == 0);
}

void json_append_part(json_t *array, json_t *value)
{
    require(json_array_append_new(array, value) == 0);
}

void json_put_text(json_t *object, const char *name, const char *text)
{
    if (text != NULL)
        json_put(object, name, json_string(text));
}

void json_put_versions(json_t *object, const char *name, kw_versions versions)
{
    if (versions.first <= versions.last)
        json_put(object, name, json_pack("{s:i, s:i}", "first", versions.first, "last", versions.last));
}
