/* SPDX-License-Identifier: Apache-2.0 */
#include "texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/api.h>

#include "../protocol/field_text.h"

static int compare(const void *name, const void *text)
{
    return strcmp(name, ((const reference_text *)text)->name);
}

static const char *find(const reference_text *texts, size_t count, const char *name)
{
    const reference_text *found = bsearch(name, texts, count, sizeof *texts, compare);
    return found != NULL ? found->text : NULL;
}

const char *text_of_field(const kw_struct *owner, const kw_field *f)
{
    char name[256];
    snprintf(name, sizeof name, "%s.%s", owner->name, f->name);
    const char *text = find(field_texts, field_text_count, name);
    if (text == NULL)
        text = find(field_texts, field_text_count, f->name);
    return text != NULL ? text : "";
}

bool message_is_former(const kw_message *m)
{
    return message_has_header(m) && kw_message_find(m->api_key, m->kind) != m;
}

const char *text_of_message(const kw_message *m)
{
    char name[256];
    snprintf(name, sizeof name, "%s", m->name);
    size_t len = strlen(name);
    if (message_has_header(m))
        snprintf(name, sizeof name, "%s", kw_api_find(m->api_key)->name);
    else if (m->kind == KW_MESSAGE_COORDINATOR_KEY)
        name[len - strlen("Key")] = '\0';
    else if (m->kind == KW_MESSAGE_COORDINATOR_VALUE)
        name[len - strlen("Value")] = '\0';
    const char *text = find(message_texts, message_text_count, name);
    return text != NULL ? text : "";
}
