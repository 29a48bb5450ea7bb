/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include <kwire/error.h>

#include "saslname.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

bool bearer_is_token(const char *text)
{
    size_t size = strspn(text, LETTERS "0123456789-._~+/");
    return size != 0 && strspn(text + size, "=") == strlen(text + size);
}

bool bearer_is_extension_name(const char *name)
{
    return name[0] != '\0' && strspn(name, LETTERS) == strlen(name) && strcmp(name, "auth") != 0;
}

bool bearer_is_extension_value(const char *value)
{
    for (const char *c = value; *c != '\0'; c++)
        if ((*c < ' ' || *c > '~') && strchr("\t\r\n", *c) == NULL)
            return false;
    return value[0] != '\0';
}

static void put(kw_writer *out, const char *text)
{
    kw_write_raw(out, text, strlen(text));
}

void bearer_write_first(kw_writer *out, const char *token, const char *user, const char *extensions)
{
    put(out, "n,");
    if (user != NULL) {
        put(out, "a=");
        saslname_write(out, user);
    }
    put(out, "," BEARER_SEPARATOR "auth=Bearer ");
    put(out, token);
    put(out, BEARER_SEPARATOR);
    put(out, extensions);
    put(out, BEARER_SEPARATOR);
}

/* Appends ", NAME VALUE" if the object has that string. */
static void append_member(char *to, size_t size, const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    char text[QUOTED_MESSAGE_SIZE];
    size_t at = strlen(to);
    if (json_is_string(member))
        snprintf(to + at, size - at, ", %s %s", name,
                 quoted_message(text, json_string_value(member), json_string_length(member)));
}

bool bearer_refuse(kw_bytes challenge, report *r)
{
    char text[QUOTED_MESSAGE_SIZE], detail[sizeof r->detail] = "";
    json_t *object = json_loadb((const char *)challenge.data, (size_t)challenge.len, 0, NULL);
    append_member(detail, sizeof detail, object, "status");
    append_member(detail, sizeof detail, object, "scope");
    append_member(detail, sizeof detail, object, "openid-configuration");
    json_decref(object);
    if (detail[0] == '\0')
        snprintf(detail, sizeof detail, ", %s",
                 quoted_message(text, (const char *)challenge.data, (size_t)challenge.len));
    return report_set(r, kw_error_name(KW_ERROR_SASL_AUTHENTICATION_FAILED), 0, "the server refuses the token: %s",
                      detail + 2);
}
