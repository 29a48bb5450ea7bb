/* SPDX-License-Identifier: Apache-2.0 */
#include "named_errors.h"

#include <string.h>

#include <kwire/error.h>
#include <kwire/walk.h>

#include "../command/message.h"
#include "../command/report.h"

enum { PATH_SIZE = 256 };

/* errorCode, partitionErrorCode, ... */
static bool is_error_code(const kw_field *field)
{
    static const char end[] = "rrorCode";
    size_t size = strlen(field->name);
    return field->kind == KW_KIND_INT16 && (field->flags & KW_FIELD_ARRAY) == 0 && size >= sizeof end &&
           strcmp(field->name + size - (sizeof end - 1), end) == 0;
}

/* The errorMessage next to an errorCode; null if there is none. */
static kw_string message_next_to(const kw_step *step)
{
    const kw_step *owner = step->parent;
    const kw_string *message = struct_field(owner->type, owner->value, "errorMessage", KW_KIND_STRING);
    return message != NULL && strcmp(step->field->name, "errorCode") == 0 ? *message : kw_string_of(NULL);
}

static void print_error(const char *before, const kw_step *step, int16_t code)
{
    char path[PATH_SIZE];
    kw_string message = message_next_to(step);
    kw_step_path(step, path, sizeof path);
    if (message.len > 0) {
        char text[QUOTED_MESSAGE_SIZE];
        quoted_message(text, message.data, (size_t)message.len);
        complain("%s%s: %s (%d): %s", before, path, kw_error_name(code), code, text);
    } else {
        complain("%s%s: %s (%d)", before, path, kw_error_name(code), code);
    }
}

static bool visit(void *context, const kw_step *step)
{
    named_errors *e = context;
    if (step->event != KW_EVENT_VALUE || step->field == NULL || step->is_null || !is_error_code(step->field))
        return true;
    int16_t code;
    memcpy(&code, step->value, sizeof code);
    if (code == KW_ERROR_NONE || (e->ignores != NULL && e->ignores(e->context, code)))
        return true;
    if (++e->count <= NAMED_ERRORS_MOST && e->before != NULL)
        print_error(e->before, step, code);
    return true;
}

size_t named_errors_find(named_errors *e, const kw_message *m, int16_t version, const void *value)
{
    e->count = 0;
    kw_message_walk(m, version, value, visit, e);
    if (e->count > NAMED_ERRORS_MOST && e->before != NULL)
        complain("%sand %zu more errors in the answer", e->before, e->count - NAMED_ERRORS_MOST);
    return e->count;
}

size_t named_errors_print(const kw_message *m, int16_t version, const void *value)
{
    named_errors all = {.before = ""};
    return named_errors_find(&all, m, version, value);
}
