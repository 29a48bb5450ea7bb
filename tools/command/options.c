/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "nearest.h"
#include "options.h"
#include "report.h"

int usage_error(const verb *v, const char *format, ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    complain("%s: %s (see kwire %s --help)", v->name, text, v->name);
    return STATUS_USAGE;
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && !(word[1] >= '0' && word[1] <= '9');
}

static const option *find_option(const option *options, size_t count, const char *name, size_t size)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(options[i].name) == size && memcmp(options[i].name, name, size) == 0)
            return &options[i];
    return NULL;
}

static int refuse_option(const verb *v, const option *options, size_t count, const char *name, size_t size)
{
    nearest near;
    nearest_init(&near, name, size);
    nearest_offer(&near, "--help");
    for (size_t i = 0; i < count; i++)
        nearest_offer(&near, options[i].name);
    char text[QUOTED_SIZE];
    char hint[HINT_SIZE];
    return usage_error(v, "unknown option %s%s", quoted(text, name, size), nearest_hint(&near, hint));
}

/* `next` is the word after it, or NULL; *used is set if it is the option's value. */
static int take_option(const verb *v, const option *options, size_t count, const char *word, const char *next,
                       bool *used)
{
    const char *equals = strchr(word, '=');
    size_t size = equals != NULL ? (size_t)(equals - word) : strlen(word);
    const option *o = find_option(options, count, word, size);
    if (o == NULL)
        return refuse_option(v, options, count, word, size);
    if (o->flag != NULL) {
        if (equals != NULL)
            return usage_error(v, "%s takes no value", o->name);
        *o->flag = true;
        return CONTINUE;
    }
    *used = equals == NULL;
    *o->value = equals != NULL ? equals + 1 : next;
    return *o->value != NULL ? CONTINUE : usage_error(v, "%s needs a value", o->name);
}

int options_read(const verb *v, const option *options, size_t option_count, int most, int count, char **words,
                 arguments *out)
{
    bool plain = false;
    out->words = words;
    out->count = 0;
    for (int i = 0; i < count; i++) {
        char *word = words[i];
        if (!plain && strcmp(word, "--") == 0) {
            plain = true;
        } else if (!plain && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
            const char *text = help_of(v->name)->text;
            output_write(text, strlen(text));
            return STATUS_OK;
        } else if (!plain && is_option(word)) {
            bool used = false;
            int status = take_option(v, options, option_count, word, i + 1 < count ? words[i + 1] : NULL, &used);
            if (status != CONTINUE)
                return status;
            i += used;
        } else if (out->count == most) {
            char text[QUOTED_SIZE];
            return usage_error(v, "unexpected word %s", quoted(text, word, strlen(word)));
        } else {
            out->words[out->count++] = word;
        }
    }
    return CONTINUE;
}

int options_exclude(const verb *v, const char *name, const option_use *others, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (others[i].given)
            return usage_error(v, "%s and %s exclude each other", name, others[i].name);
    return CONTINUE;
}

bool number_read(const char *text, long long least, long long most, long long *out)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    if (digits[0] == '\0' || strspn(digits, "0123456789") != strlen(digits))
        return false;
    errno = 0;
    *out = strtoll(text, NULL, 10);
    return errno == 0 && *out >= least && *out <= most;
}

bool size_read(const char *text, long long least, long long most, long long *out)
{
    static const char units[] = "KMG";
    char digits[24];
    size_t len = strlen(text);
    const char *unit = len != 0 ? strchr(units, toupper((unsigned char)text[len - 1])) : NULL;
    if (unit == NULL || *unit == '\0')
        return number_read(text, least, most, out);
    unsigned shift = 10 * (unsigned)(unit - units + 1);
    long long n;
    if (len > sizeof digits)
        return false;
    memcpy(digits, text, len - 1);
    digits[len - 1] = '\0';
    if (!number_read(digits, 0, LLONG_MAX >> shift, &n))
        return false;
    *out = n << shift;
    return *out >= least && *out <= most;
}

int version_read(const verb *v, const char *text, int16_t *out)
{
    long long version;
    if (!number_read(text, INT16_MIN, INT16_MAX, &version)) {
        char word[QUOTED_SIZE];
        return usage_error(v, "the version is a number, not %s", quoted(word, text, strlen(text)));
    }
    *out = (int16_t)version;
    return CONTINUE;
}
