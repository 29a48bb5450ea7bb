/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <kwire/error.h>

#include "trouble.h"

bool report_while(report *r, const char *doing, ...)
{
    char detail[sizeof r->detail - 2]; /* as much as fits after a colon and a space */
    memcpy(detail, r->detail, sizeof detail);
    detail[sizeof detail - 1] = '\0';
    va_list list;
    va_start(list, doing);
    int n = vsnprintf(r->detail, sizeof r->detail, doing, list);
    va_end(list);
    if (n >= 0 && (size_t)n < sizeof r->detail)
        snprintf(r->detail + n, sizeof r->detail - (size_t)n, ": %s", detail);
    return false;
}

bool report_cause(report *r, const char *cause)
{
    size_t size = strlen(r->detail);
    snprintf(r->detail + size, sizeof r->detail - size, "; %s", cause);
    return false;
}

bool report_late(report *r)
{
    return report_set(r, CODE_TIMEOUT, 0, "timed out (see --timeout)");
}

bool report_refusal(report *r, int16_t error_code, kw_string message)
{
    char text[QUOTED_MESSAGE_SIZE];
    if (message.len <= 0)
        return report_set(r, kw_error_name(error_code), 0, "the broker answered with error %d", error_code);
    return report_set(r, kw_error_name(error_code), 0, "%s", quoted_message(text, message.data, (size_t)message.len));
}

bool report_is_refusal(const report *r)
{
    return strncmp(r->code, "ERR_", 4) != 0;
}

bool report_errno(report *r, int number)
{
    return report_set(r, CODE_CONNECTION, 0, "%s", strerror(number));
}
