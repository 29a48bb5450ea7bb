/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include <kwire/api.h>
#include <kwire/kafka_release.h>

#include "../command/api.h"
#include "../command/report.h"
#include "../protocol/field_text.h"
#include "../protocol/kafka_facts.h"
#include "../protocol/kafka_releases.h"
#include "list_words.h"
#include "message_json.h"
#include "print_json.h"

static const kw_message *request_of(const kw_api *api)
{
    return kw_message_find(api->key, KW_MESSAGE_REQUEST);
}

/* ---- the list of all ---- */

/* The versions of the headers before all versions of the API's requests or responses. */
static kw_versions headers_of(const kw_api *api, kw_message_kind type)
{
    kw_versions found = {INT16_MAX, -1};
    for (uint32_t i = 0; i < api->header_count; i++) {
        int16_t version = type == KW_MESSAGE_REQUEST ? api->headers[i].request : api->headers[i].response;
        found.first = version < found.first ? version : found.first;
        found.last = version > found.last ? version : found.last;
    }
    return found;
}

static void list_apis(void)
{
    char versions[VERSIONS_SIZE], current[VERSIONS_SIZE], flexible[VERSIONS_SIZE], request[VERSIONS_SIZE],
        response[VERSIONS_SIZE];
    printf("%3s  %-30s %-9s %-12s %-9s %s\n", "KEY", "NAME", "VERSIONS", "KAFKA " KW_KAFKA_RELEASE, "FLEXIBLE",
           "REQUEST AND RESPONSE HEADER");
    for (size_t i = 0; i < kw_api_count(); i++) {
        const kw_api *api = kw_api_at(i);
        kw_versions flex = request_of(api)->flexible;
        kw_versions first = {flex.first, flex.last < flex.first ? flex.last : flex.first};
        printf("%3d  %-30s %-9s %-12s %-9s %-7s %s\n", api->key, api->name, format_range(versions, api->versions),
               format_range(current, api->current), format_range(flexible, first),
               format_range(request, headers_of(api, KW_MESSAGE_REQUEST)),
               format_range(response, headers_of(api, KW_MESSAGE_RESPONSE)));
    }
}

static void list_names(void)
{
    for (size_t i = 0; i < kw_api_count(); i++)
        printf("%s\n", kw_api_at(i)->name);
}

/* ---- one ---- */

static void list_versions(const kw_api *api)
{
    const kw_message *m = request_of(api);
    printf("%s, API key %d\n", api->name, api->key);
    printf("%-7s  %-8s  %-7s  %-8s  %s\n", "VERSION", "FIRST", "LAST", "FLEXIBLE", "REQUEST AND RESPONSE HEADER");
    for (int v = api->versions.first; v <= api->versions.last; v++) {
        kw_release release = version_release(m, (int16_t)v);
        const char *last = release.last != NULL ? release.last : release.first != NULL ? "current" : "-";
        printf("%7d  %-8s  %-7s  %-8s  %-7d %d\n", v, release.first != NULL ? release.first : "unstable", last,
               kw_versions_have(m->flexible, (int16_t)v) ? "yes" : "no",
               kw_header_version(api->key, (int16_t)v, KW_MESSAGE_REQUEST),
               kw_header_version(api->key, (int16_t)v, KW_MESSAGE_RESPONSE));
    }
}

static json_t *name_json(const kw_api *api)
{
    return json_pack("{s:s, s:i}", "api", api->name, "apiKey", api->key);
}

static json_t *version_json(const kw_api *api, int16_t version)
{
    const kw_message *m = request_of(api);
    json_t *to =
        json_pack("{s:i, s:b, s:i, s:i}", "version", version, "flexible", kw_versions_have(m->flexible, version),
                  "requestHeader", kw_header_version(api->key, version, KW_MESSAGE_REQUEST), "responseHeader",
                  kw_header_version(api->key, version, KW_MESSAGE_RESPONSE));
    json_put_releases(to, version_release(m, version));
    return to;
}

static json_t *api_json(const kw_api *api)
{
    json_t *to = name_json(api);
    json_t *each = json_array();
    json_put_versions(to, "versions", api->versions);
    json_put_versions(to, "current", api->current);
    json_put_versions(to, "flexible", request_of(api)->flexible);
    for (int v = api->versions.first; v <= api->versions.last; v++)
        json_append_part(each, version_json(api, (int16_t)v));
    json_put(to, "eachVersion", each);
    return to;
}

static json_t *apis_json(void)
{
    json_t *all = json_array();
    for (size_t i = 0; i < kw_api_count(); i++)
        json_append_part(all, api_json(kw_api_at(i)));
    return all;
}

/* ---- those of a release, and what differs between two ---- */

/* The release, by its minor number. Its place among release_names[] is stored; false with a message if unknown. */
static bool find_release(const char *text, size_t *out)
{
    *out = release_index(text);
    if (*out < release_count)
        return true;
    char word[QUOTED_SIZE];
    complain("no release %s: they are %s to %s, by their first two numbers, or three before 1.0",
             quoted(word, text, strlen(text)), release_names[0], release_names[release_count - 1]);
    return false;
}

static void print_release(const kw_api *only, size_t release)
{
    char versions[VERSIONS_SIZE];
    printf("%3s  %-30s %s\n", "KEY", "NAME", "VERSIONS");
    for (size_t i = 0; i < kw_api_count(); i++) {
        const kw_api *api = kw_api_at(i);
        kw_versions spoken = release_versions(request_of(api), release);
        if ((only == NULL || only == api) && spoken.first <= spoken.last)
            printf("%3d  %-30s %s\n", api->key, api->name, format_range(versions, spoken));
    }
}

static json_t *release_json(const kw_api *only, size_t release)
{
    json_t *all = json_array();
    for (size_t i = 0; i < kw_api_count(); i++) {
        const kw_api *api = kw_api_at(i);
        kw_versions spoken = release_versions(request_of(api), release);
        if ((only != NULL && only != api) || spoken.first > spoken.last)
            continue;
        json_t *one = name_json(api);
        json_put_versions(one, "versions", spoken);
        json_append_part(all, one);
    }
    return all;
}

static bool is_same(kw_versions a, kw_versions b)
{
    return (a.first == b.first && a.last == b.last) || (a.first > a.last && b.first > b.last);
}

static void print_diff(const char *const names[2], const size_t releases[2])
{
    char before[VERSIONS_SIZE], after[VERSIONS_SIZE];
    printf("%3s  %-30s %-9s %s\n", "KEY", "NAME", names[0], names[1]);
    for (size_t i = 0; i < kw_api_count(); i++) {
        const kw_api *api = kw_api_at(i);
        kw_versions a = release_versions(request_of(api), releases[0]);
        kw_versions b = release_versions(request_of(api), releases[1]);
        if (!is_same(a, b))
            printf("%3d  %-30s %-9s %s\n", api->key, api->name, format_range(before, a), format_range(after, b));
    }
}

static json_t *diff_json(const size_t releases[2])
{
    json_t *all = json_array();
    for (size_t i = 0; i < kw_api_count(); i++) {
        const kw_api *api = kw_api_at(i);
        kw_versions a = release_versions(request_of(api), releases[0]);
        kw_versions b = release_versions(request_of(api), releases[1]);
        if (is_same(a, b))
            continue;
        json_t *one = name_json(api);
        json_put_versions(one, "before", a);
        json_put_versions(one, "after", b);
        json_append_part(all, one);
    }
    return all;
}

static void print_releases(void)
{
    for (size_t i = 0; i < release_count; i++)
        printf("%s\n", release_names[i]);
}

static json_t *releases_json(void)
{
    json_t *all = json_array();
    for (size_t i = 0; i < release_count; i++)
        json_append_part(all, json_string(release_names[i]));
    return all;
}

/* ---- the verb ---- */

static int show_diff(const verb *self, const list_words *l)
{
    size_t releases[2];
    if (l->given.count != 2)
        return usage_error(self, "--diff needs two releases");
    const char *const names[2] = {l->given.words[0], l->given.words[1]};
    if (!find_release(names[0], &releases[0]) || !find_release(names[1], &releases[1]))
        return STATUS_BAD_INPUT;
    if (l->json)
        json_print(diff_json(releases));
    else
        print_diff(names, releases);
    return STATUS_OK;
}

static int show_release(const list_words *l, const char *name, const kw_api *api)
{
    size_t release;
    if (!find_release(name, &release))
        return STATUS_BAD_INPUT;
    if (l->json)
        json_print(release_json(api, release));
    else
        print_release(api, release);
    return STATUS_OK;
}

static int show_all(const list_words *l)
{
    if (l->json)
        json_print(apis_json());
    else if (l->names)
        list_names();
    else
        list_apis();
    return STATUS_OK;
}

static int show_one(const list_words *l, const kw_api *api)
{
    if (l->json)
        json_print(api_json(api));
    else
        list_versions(api);
    return STATUS_OK;
}

static int show_releases(const verb *self, const list_words *l)
{
    if (l->given.count != 0)
        return usage_error(self, "--releases lists all");
    if (l->json)
        json_print(releases_json());
    else
        print_releases();
    return STATUS_OK;
}

static int run(const verb *self, int count, char **words)
{
    list_words l;
    bool diff = false;
    bool releases = false;
    const char *release = NULL;
    const option own[] = {{"--diff", &diff, NULL}, {"--release", NULL, &release}, {"--releases", &releases, NULL}};
    int status = list_words_read(self, own, sizeof own / sizeof own[0], 2, count, words, &l);
    if (status != CONTINUE)
        return status;
    if (l.names + diff + releases + (release != NULL) > 1)
        return usage_error(self, "--names, --diff, --release and --releases exclude each other");
    if (releases)
        return show_releases(self, &l);
    if (diff)
        return show_diff(self, &l);
    if (l.given.count > 1)
        return list_words_refuse(self, &l, 1);
    const kw_api *api = l.given.count != 0 ? api_named(l.given.words[0]) : NULL;
    if (l.given.count != 0 && api == NULL)
        return STATUS_BAD_INPUT;
    if (release != NULL)
        return show_release(&l, release, api);
    return api != NULL ? show_one(&l, api) : show_all(&l);
}

const verb verb_apis = {"apis", run};
