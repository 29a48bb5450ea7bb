/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "parse.h"

#define FLAGS (JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES | JSON_DECODE_ANY)

static bool is_blank(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (memchr(" \t\r\n", text[i], 4) == NULL)
            return false;
    return true;
}

json_t *json_parse(const char *text, size_t size, report *r)
{
    if (is_blank(text, size)) {
        report_set(r, CODE_JSON, 0, "no JSON, only white space");
        return NULL;
    }
    json_error_t error;
    json_t *json = json_loadb(text, size, FLAGS, &error);
    if (json == NULL) {
        size_t at = error.position > 0 ? (size_t)error.position : 0;
        report_set(r, CODE_JSON, at < size ? at : size, "%s", error.text);
    }
    return json;
}

json_t *json_parse_next(const char *text, size_t size, size_t *used, size_t *line, report *r)
{
    json_error_t error;
    json_t *json = json_loadb(text, size, FLAGS | JSON_DISABLE_EOF_CHECK, &error);
    *used = json != NULL && error.position > 0 ? (size_t)error.position : 0;
    *line = json == NULL && error.line > 0 ? (size_t)error.line : 1;
    if (json == NULL)
        report_set(r, CODE_JSON, 0, "%s", error.text);
    return json;
}
