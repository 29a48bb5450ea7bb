/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include <kwire/api.h>
#include <kwire/kafka_release.h>

#include "../command/api.h"
#include "list_words.h"

static void format_range(char *to, size_t size, int first, int last)
{
    if (first > last)
        snprintf(to, size, "-");
    else if (first == last)
        snprintf(to, size, "%d", first);
    else
        snprintf(to, size, "%d-%d", first, last);
}

static void format_headers(char *to, size_t size, const kw_api *api, kw_message_kind type)
{
    int least = INT16_MAX;
    int most = -1;
    for (uint32_t i = 0; i < api->header_count; i++) {
        int version = type == KW_MESSAGE_REQUEST ? api->headers[i].request : api->headers[i].response;
        least = version < least ? version : least;
        most = version > most ? version : most;
    }
    format_range(to, size, least, most);
}

static void list_apis(void)
{
    enum { CELL = 16 };
    char versions[CELL], current[CELL], flexible[CELL], request[CELL], response[CELL];
    printf("%3s  %-30s %-9s %-12s %-9s %s\n", "KEY", "NAME", "VERSIONS", "KAFKA " KW_KAFKA_RELEASE, "FLEXIBLE",
           "REQUEST AND RESPONSE HEADER");
    for (size_t i = 0; i < kw_api_count(); i++) {
        const kw_api *api = kw_api_at(i);
        kw_versions flex = kw_message_find(api->key, KW_MESSAGE_REQUEST)->flexible;
        format_range(versions, CELL, api->versions.first, api->versions.last);
        format_range(current, CELL, api->current.first, api->current.last);
        format_range(flexible, CELL, flex.first, flex.last < flex.first ? flex.last : flex.first);
        format_headers(request, CELL, api, KW_MESSAGE_REQUEST);
        format_headers(response, CELL, api, KW_MESSAGE_RESPONSE);
        printf("%3d  %-30s %-9s %-12s %-9s %-7s %s\n", api->key, api->name, versions, current, flexible, request,
               response);
    }
}

static void list_names(void)
{
    for (size_t i = 0; i < kw_api_count(); i++)
        printf("%s\n", kw_api_at(i)->name);
}

static void list_versions(const kw_api *api)
{
    const kw_message *m = kw_message_find(api->key, KW_MESSAGE_REQUEST);
    printf("%s, API key %d\n", api->name, api->key);
    printf("%-7s  %-8s  %-7s  %-8s  %s\n", "VERSION", "FIRST", "LAST", "FLEXIBLE", "REQUEST AND RESPONSE HEADER");
    for (int v = api->versions.first; v <= api->versions.last; v++) {
        kw_release release = m->releases[v - m->versions.first];
        const char *last = release.last != NULL ? release.last : release.first != NULL ? "current" : "-";
        printf("%7d  %-8s  %-7s  %-8s  %-7d %d\n", v, release.first != NULL ? release.first : "unstable", last,
               kw_versions_have(m->flexible, (int16_t)v) ? "yes" : "no",
               kw_header_version(api->key, (int16_t)v, KW_MESSAGE_REQUEST),
               kw_header_version(api->key, (int16_t)v, KW_MESSAGE_RESPONSE));
    }
}

static int run(const verb *self, int count, char **words)
{
    bool names;
    arguments given;
    int status = list_words_read(self, 1, count, words, &names, &given);
    if (status != CONTINUE)
        return status;
    if (given.count == 0) {
        if (names)
            list_names();
        else
            list_apis();
        return STATUS_OK;
    }
    const kw_api *api = api_named(given.words[0]);
    if (api == NULL)
        return STATUS_BAD_INPUT;
    list_versions(api);
    return STATUS_OK;
}

const verb verb_apis = {"apis", run};
