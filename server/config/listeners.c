/* SPDX-License-Identifier: Apache-2.0 */
#include "listeners.h"

#include <string.h>
#include <strings.h>

#include "../observe/console.h"

enum { ITEM_SIZE = 512 };

/* One item of a list. */
struct entry {
    char name[ITEM_SIZE];
    struct endpoint endpoint;
};

/* Copies the next item of a list separated by commas, without white space around it; false at the end. An item that is
 * too long for anything known is cut, which makes it an unknown one. */
static bool next_item(const char **list, char item[ITEM_SIZE])
{
    const char *p = *list;
    if (p == NULL || *p == '\0')
        return false;
    size_t size = strcspn(p, ",");
    *list = p + size + (p[size] == ',' ? 1 : 0);
    while (size > 0 && (*p == ' ' || *p == '\t')) {
        p++;
        size--;
    }
    while (size > 0 && (p[size - 1] == ' ' || p[size - 1] == '\t'))
        size--;
    if (size >= ITEM_SIZE)
        size = ITEM_SIZE - 1;
    memcpy(item, p, size);
    item[size] = '\0';
    return true;
}

/* Reads NAME://HOST:PORT. */
static bool parse_entry(const char *item, struct entry *out)
{
    const char *colon = strstr(item, "://");
    if (colon == NULL || colon == item)
        return false;
    size_t size = (size_t)(colon - item);
    memcpy(out->name, item, size);
    out->name[size] = '\0';
    return endpoint_parse(colon + 3, &out->endpoint);
}

bool listeners_is_controller(const struct listeners *l, const char *name, size_t size)
{
    char item[ITEM_SIZE];
    for (const char *list = l->controller_names; next_item(&list, item);)
        if (strlen(item) == size && strncasecmp(item, name, size) == 0)
            return true;
    return false;
}

static bool is_plaintext(const struct listeners *l, const char *name)
{
    char item[ITEM_SIZE];
    size_t size = strlen(name);
    for (const char *list = l->protocol_map; next_item(&list, item);)
        if (strncasecmp(item, name, size) == 0 && item[size] == ':')
            return strcasecmp(item + size + 1, "PLAINTEXT") == 0;
    return strcasecmp(name, "PLAINTEXT") == 0;
}

static bool choose_listener(const struct listeners *l, const char *path, struct entry *chosen)
{
    char item[ITEM_SIZE];
    bool found = false;
    for (const char *list = l->listeners; next_item(&list, item);) {
        struct entry entry;
        if (!parse_entry(item, &entry)) {
            complain("%s:%d: listeners: %s is not NAME://HOST:PORT", path, l->listeners_line, item);
            return false;
        }
        if (listeners_is_controller(l, entry.name, strlen(entry.name)))
            continue;
        if (!is_plaintext(l, entry.name)) {
            complain("%s:%d: listeners: %s does not speak PLAINTEXT, the one protocol that is served", path,
                     l->listeners_line, item);
            return false;
        }
        if (found) {
            complain("%s:%d: listeners: %s is a second listener for clients, but one is served", path,
                     l->listeners_line, item);
            return false;
        }
        *chosen = entry;
        found = true;
    }
    if (!found)
        complain("%s:%d: listeners: none is for clients", path, l->listeners_line);
    return found;
}

static bool choose_advertised(const struct listeners *l, const char *path, const char *name, struct endpoint *out)
{
    char item[ITEM_SIZE];
    for (const char *list = l->advertised; next_item(&list, item);) {
        struct entry entry;
        if (!parse_entry(item, &entry)) {
            complain("%s:%d: advertised.listeners: %s is not NAME://HOST:PORT", path, l->advertised_line, item);
            return false;
        }
        if (strcasecmp(entry.name, name) != 0)
            continue;
        if (endpoint_is_wildcard(&entry.endpoint)) {
            complain("%s:%d: advertised.listeners: clients cannot connect to %s", path, l->advertised_line, item);
            return false;
        }
        *out = entry.endpoint;
    }
    return true;
}

bool listeners_choose(const struct listeners *l, const char *path, struct endpoint *listen, struct endpoint *advertised)
{
    struct entry chosen = {.name = "PLAINTEXT", .endpoint = *listen};
    if (l->listeners != NULL && !choose_listener(l, path, &chosen))
        return false;
    if (!choose_advertised(l, path, chosen.name, advertised))
        return false;
    *listen = chosen.endpoint;
    return true;
}
