/* SPDX-License-Identifier: Apache-2.0 */
#include "protection.h"

#include <string.h>

static const char listener_prefix[] = "listener.name.";
enum { PREFIX_SIZE = sizeof listener_prefix - 1 };

bool asks_for_protection(const struct setting *setting, const char *value)
{
    if (setting->use != SETTING_PROTECTS)
        return false;
    if (strcmp(setting->name, "allow.everyone.if.no.acl.found") == 0)
        return strcmp(value, "false") == 0;
    return setting->default_text == NULL ? *value != '\0' : strcmp(setting->default_text, value) != 0;
}

bool is_of_listener(const char *name)
{
    return strncmp(name, listener_prefix, PREFIX_SIZE) == 0;
}

static bool is_of_ssl_or_sasl(const char *name)
{
    return strncmp(name, "ssl.", 4) == 0 || strncmp(name, "sasl.", 5) == 0 || strstr(name, ".ssl.") != NULL ||
           strstr(name, ".sasl.") != NULL;
}

/* What protects a listener: also the limits that kwire-broker has for all listeners together only. */
static bool protects_listener(const char *name)
{
    const struct setting *s = setting_find(SETTING_BROKER, name);
    return is_of_ssl_or_sasl(name) || strncmp(name, "max.connection", strlen("max.connection")) == 0 ||
           (s != NULL && s->use == SETTING_PROTECTS);
}

bool name_asks_for_protection(const struct listeners *listeners, const char *name)
{
    if (!is_of_listener(name))
        return is_of_ssl_or_sasl(name);
    const char *listener = name + PREFIX_SIZE, *dot = strchr(listener, '.');
    return dot != NULL && !listeners_is_controller(listeners, listener, (size_t)(dot - listener)) &&
           protects_listener(dot + 1);
}
