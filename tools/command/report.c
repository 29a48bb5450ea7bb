/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <kwire/json.h>

#include "../text/hex.h"
#include "report.h"

bool report_set(report *r, const char *code, size_t offset, const char *format, ...)
{
    r->code = code;
    r->offset = offset;
    va_list list;
    va_start(list, format);
    vsnprintf(r->detail, sizeof r->detail, format, list);
    va_end(list);
    for (char *p = r->detail; *p != '\0'; p++)
        if ((unsigned char)*p < ' ')
            *p = ' ';
    return false;
}

bool report_status(report *r, kw_status status, size_t offset, const char *path)
{
    const char *separator = path[0] != '\0' ? ": " : "";
    return report_set(r, kw_status_name(status), offset, "%s%s%s", path, separator, kw_status_text(status));
}

bool report_hex(report *r, const char *text, size_t size)
{
    size_t at = hex_error_at(text, size);
    if (size - 2 * at < 2)
        return report_set(r, CODE_HEX, at, "an odd number of hex digits");
    char two[QUOTED_SIZE];
    return report_set(r, CODE_HEX, at, "%s is not a pair of hex digits", quoted(two, text + 2 * at, 2));
}

void report_print(const report *r)
{
    if (r->offset != 0)
        complain("%s at byte %zu: %s", r->code, r->offset, r->detail);
    else
        complain("%s: %s", r->code, r->detail);
}

/* An escaped byte takes at most 6 characters, so the smallest part always fits in `capacity`. */
static const char *quote(char *to, size_t capacity, const char *text, size_t size)
{
    static const char more[] = "...";
    const size_t many = capacity / 2 - sizeof more;
    const size_t few = capacity / 6 - sizeof more;
    size_t shown = size < capacity ? size : many;
    for (;;) {
        const char *end = shown == size ? "" : more;
        kw_string part = {text, (int32_t)shown};
        kw_writer out;
        kw_writer_init(&out, to, capacity - sizeof more);
        kw_json_string(part, &out);
        if (kw_writer_ok(&out)) {
            memcpy(to + kw_writer_needed(&out), end, strlen(end) + 1);
            return to;
        }
        shown = shown > many ? many : few;
    }
}

const char *quoted(char to[QUOTED_SIZE], const char *text, size_t size)
{
    return quote(to, QUOTED_SIZE, text, size);
}

const char *quoted_message(char to[QUOTED_MESSAGE_SIZE], const char *text, size_t size)
{
    return quote(to, QUOTED_MESSAGE_SIZE, text, size);
}
