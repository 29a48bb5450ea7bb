/* SPDX-License-Identifier: Apache-2.0 */
#include "setting_value.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "java_duration.h"
#include "java_number.h"

/* One value that is being read. */
struct reading {
    const struct setting *setting;
    const char *text;
    char *printed; /* first without white space around it */
    char *error;
};

static bool fail(struct reading *r, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(r->error, SETTING_ERROR_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

static bool invalid(struct reading *r, const char *value, const char *reason, const char *detail)
{
    return fail(r, "Invalid value %s for configuration %s: %s%s", value, r->setting->name, reason, detail);
}

static bool not_a_number(struct reading *r)
{
    static const char *const types[] = {
        [SETTING_INT] = "INT", [SETTING_SHORT] = "SHORT", [SETTING_LONG] = "LONG", [SETTING_DOUBLE] = "DOUBLE"};
    return invalid(r, r->text, "Not a number of type ", types[r->setting->type]);
}

/* Java's String.trim(). */
static void copy_trimmed(const char *text, char *out)
{
    while (*text != '\0' && (unsigned char)*text <= ' ')
        text++;
    size_t size = strlen(text);
    while (size > 0 && (unsigned char)text[size - 1] <= ' ')
        size--;
    memcpy(out, text, size);
    out[size] = '\0';
}

static bool is_in_range(struct reading *r, double value)
{
    const struct validity *v = &r->setting->valid;
    char limit[SETTING_TEXT_SIZE];
    if (v->kind == VALID_BETWEEN_OR_MINUS_1) {
        snprintf(limit, sizeof limit, "%.15g and %.15g or equal to -1", v->min, v->max);
        return value == -1 || (value >= v->min && value <= v->max) ||
               invalid(r, r->printed, "Value must be between ", limit);
    }
    if ((v->kind == VALID_AT_LEAST || v->kind == VALID_BETWEEN) && value < v->min) {
        snprintf(limit, sizeof limit, "%.15g", v->min);
        return invalid(r, r->printed, "Value must be at least ", limit);
    }
    if (v->kind == VALID_BETWEEN && value > v->max) {
        snprintf(limit, sizeof limit, "%.15g", v->max);
        return invalid(r, r->printed, "Value must be no more than ", limit);
    }
    return true;
}

static bool parse_boolean(struct reading *r)
{
    if (strcasecmp(r->printed, "true") == 0)
        memcpy(r->printed, "true", sizeof "true");
    else if (strcasecmp(r->printed, "false") == 0)
        memcpy(r->printed, "false", sizeof "false");
    else
        return invalid(r, r->text, "Expected value to be either true or false", "");
    return true;
}

static bool parse_integer(struct reading *r, int64_t min, int64_t max)
{
    int64_t value;
    if (!java_parse_integer(r->printed, min, max, &value))
        return not_a_number(r);
    sprintf(r->printed, "%lld", (long long)value);
    return is_in_range(r, (double)value);
}

static bool parse_double(struct reading *r)
{
    double value;
    if (!java_parse_double(r->printed, &value))
        return not_a_number(r);
    java_print_double(value, r->printed);
    return is_in_range(r, value);
}

/* Whether the item is one of "one, another". */
static bool is_named(const char *names, const char *item, int (*compare)(const char *, const char *, size_t))
{
    size_t size = strlen(item);
    for (const char *p = names; *p != '\0';) {
        size_t length = strcspn(p, ",");
        if (length == size && compare(p, item, size) == 0)
            return true;
        p += length;
        p += strspn(p, ", ");
    }
    return false;
}

static bool is_offset_reset(const char *text)
{
    static const char by_duration[] = "by_duration:";
    return strcmp(text, "latest") == 0 || strcmp(text, "earliest") == 0 ||
           (strncmp(text, by_duration, sizeof by_duration - 1) == 0 && java_is_duration(text + sizeof by_duration - 1));
}

static bool check_offset_reset(struct reading *r, const char *text)
{
    return is_offset_reset(text) ||
           fail(r,
                "Invalid value %s for configuration %s: Invalid value `%s` for configuration %s. The value must be "
                "either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.",
                text, r->setting->name, text, r->setting->name);
}

static bool check_string(struct reading *r, const char *text)
{
    const struct validity *v = &r->setting->valid;
    switch (v->kind) {
    case VALID_ONE_OF:
    case VALID_SOME_OF:
        return is_named(v->names, text, strncmp) || invalid(r, text, "String must be one of: ", v->names);
    case VALID_ONE_OF_ANY_CASE:
        return is_named(v->names, text, strncasecmp) ||
               invalid(r, text, "String must be one of (case insensitive): ", v->names);
    case VALID_OFFSET_RESET:
        return check_offset_reset(r, text);
    case VALID_NOT_EMPTY:
        return *text != '\0' || invalid(r, text, "String must be non-empty", "");
    default:
        return true;
    }
}

/* An item with the rest of the list behind it: the next one, or NULL. Items are ended by zero bytes. */
static char *next_item(char *item, const char *end)
{
    char *next = item + strlen(item) + 1;
    return next <= end ? next : NULL;
}

static bool is_blank(char c)
{
    return c != '\0' && strchr(" \t\n\v\f\r", c) != NULL;
}

/* Ends each item by a zero byte in place of white space and comma. Returns where the last one ends. */
static char *split(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0';) {
        if (*from != ',') {
            *to++ = *from++;
            continue;
        }
        while (to > text && to[-1] != '\0' && is_blank(to[-1]))
            to--;
        *to++ = '\0';
        for (from++; is_blank(*from);)
            from++;
    }
    *to = '\0';
    return to;
}

static int compare_items(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool has_duplicates(struct reading *r, const char *end, bool *out)
{
    size_t count = 0;
    for (char *item = r->printed; item != NULL; item = next_item(item, end))
        count++;
    char **items = malloc(count * sizeof *items);
    if (items == NULL)
        return fail(r, "out of memory");
    size_t i = 0;
    for (char *item = r->printed; item != NULL; item = next_item(item, end))
        items[i++] = item;
    qsort(items, count, sizeof *items, compare_items);
    for (i = 1; i < count; i++)
        *out |= strcmp(items[i - 1], items[i]) == 0;
    free(items);
    return true;
}

/* Whether one of the items from `first` on, up to `end`, is the same. */
static bool is_among(char *first, const char *end, const char *item)
{
    for (char *kept = first; kept < end; kept += strlen(kept) + 1)
        if (strcmp(kept, item) == 0)
            return true;
    return false;
}

/* Each item once, in place. They are valid ones, so there are few different ones. Returns where the last one ends. */
static char *drop_repeated(char *first, const char *end)
{
    char *to = first;
    for (char *item = first, *next; item != NULL; item = next) {
        size_t size = strlen(item) + 1;
        next = next_item(item, end);
        if (is_among(first, to, item))
            continue;
        memmove(to, item, size);
        to += size;
    }
    return to - 1;
}

static bool check_items(struct reading *r, const char *end)
{
    bool duplicates = false;
    if (r->setting->scope == SETTING_BROKER && !has_duplicates(r, end, &duplicates))
        return false;
    if (duplicates)
        return fail(r, "Configuration '%s' values must not be duplicated.", r->setting->name);
    for (char *item = r->printed; item != NULL; item = next_item(item, end)) {
        if (*item == '\0')
            return fail(r, "Configuration '%s' values must not be empty.", r->setting->name);
        if (!check_string(r, item))
            return false;
    }
    return true;
}

/* Digits, and where they end. */
static const char *skip_digits(const char *p)
{
    while (*p >= '0' && *p <= '9')
        p++;
    return p;
}

static bool is_server(const char *text)
{
    static const char host[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-%._:[]";
    const char *colon = strrchr(text, ':');
    return colon != NULL && strspn(text, host) >= (size_t)(colon - text) && colon[1] != '\0' &&
           *skip_digits(colon + 1) == '\0';
}

static bool check_server(struct reading *r, const char *item)
{
    return is_server(item) ||
           fail(r,
                "Failed to parse host name from %s for the configuration %s. Each entry should be in "
                "the form \"{host}:{port}\"",
                item, r->setting->name);
}

static bool check_voter(struct reading *r, const char *item)
{
    static const char form[] = "Each entry should be in the form `{id}@{host}:{port}`.";
    const char *at = skip_digits(item);
    if (at == item || *at != '@')
        return fail(r, "Invalid configuration value for %s. %s", r->setting->name, form);
    return is_server(at + 1) || fail(r, "Failed to parse host name from entry %s for the configuration %s. %s", item,
                                     r->setting->name, form);
}

static bool check_each(struct reading *r, const char *end, bool (*check)(struct reading *, const char *))
{
    for (char *item = r->printed; item != NULL; item = next_item(item, end))
        if (!check(r, item))
            return false;
    return true;
}

/* The list with commas again. */
static void join(char *text, const char *end)
{
    for (char *p = text; p < end; p++)
        if (*p == '\0')
            *p = ',';
}

static bool check_replicas(struct reading *r, char *end)
{
    const char *name = r->setting->name;
    bool all = strcmp(r->printed, "*") == 0 && end == r->printed + 1, fine = true;
    for (char *item = r->printed; item != NULL && !all; item = next_item(item, end)) {
        const char *colon = skip_digits(item);
        bool pair = colon != item && *colon == ':' && colon[1] != '\0' && *skip_digits(colon + 1) == '\0';
        fine = fine && (pair || *item == '\0');
    }
    if (fine)
        return true;
    char shown[SETTING_ERROR_SIZE / 2] = "";
    size_t size = 0;
    for (char *item = r->printed; item != NULL && size + 1 < sizeof shown; item = next_item(item, end)) {
        int n = snprintf(shown + size, sizeof shown - size, "%s%s", item != r->printed ? ", " : "", item);
        size += n > 0 ? (size_t)n : 0;
    }
    return fail(r,
                "Invalid value [%s] for configuration %s: %s must be the literal '*' or a list of replicas in the "
                "following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...",
                shown, name, name);
}

static bool parse_list(struct reading *r)
{
    enum validity_kind kind = r->setting->valid.kind;
    if (*r->printed == '\0') {
        if (kind != VALID_NOT_EMPTY && kind != VALID_SOME_OF)
            return true;
        const char *names = kind == VALID_SOME_OF ? r->setting->valid.names : "any non-empty value";
        return fail(r, "Configuration '%s' must not be empty. Valid values include: %s%s%s", r->setting->name,
                    kind == VALID_SOME_OF ? "[" : "", names, kind == VALID_SOME_OF ? "]" : "");
    }
    char *end = split(r->printed);
    bool fine = kind == VALID_REPLICAS  ? check_replicas(r, end)
                : kind == VALID_SERVERS ? check_each(r, end, check_server)
                : kind == VALID_VOTERS  ? check_each(r, end, check_voter)
                                        : check_items(r, end);
    if (fine && r->setting->scope == SETTING_TOPIC && kind == VALID_ONE_OF)
        end = drop_repeated(r->printed, end);
    join(r->printed, end);
    return fine;
}

bool setting_parse(const struct setting *setting, const char *text, char *printed, char error[SETTING_ERROR_SIZE])
{
    struct reading r = {.setting = setting, .text = text, .printed = printed, .error = error};
    copy_trimmed(text, printed);
    *error = '\0';
    switch (setting->type) {
    case SETTING_BOOLEAN:
        return parse_boolean(&r);
    case SETTING_INT:
        return parse_integer(&r, INT32_MIN, INT32_MAX);
    case SETTING_SHORT:
        return parse_integer(&r, INT16_MIN, INT16_MAX);
    case SETTING_LONG:
        return parse_integer(&r, INT64_MIN, INT64_MAX);
    case SETTING_DOUBLE:
        return parse_double(&r);
    case SETTING_LIST:
        return parse_list(&r);
    case SETTING_STRING:
    case SETTING_CLASS:
    case SETTING_PASSWORD:
        break;
    }
    return check_string(&r, printed);
}
