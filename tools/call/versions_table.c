/* SPDX-License-Identifier: Apache-2.0 */
#include "versions_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <kwire/api.h>

#include "../command/output.h"
#include "../command/report.h"

/* Clusters have a dozen features; the limit bounds the quadratic lookup. */
enum { CELL = 16, COLUMNS = 80, FEATURES_MOST = 1000 };

static const char *range(char to[CELL], int first, int last)
{
    if (first > last)
        snprintf(to, CELL, "-");
    else if (first == last)
        snprintf(to, CELL, "%d", first);
    else
        snprintf(to, CELL, "%d-%d", first, last);
    return to;
}

static const char *note(kw_versions broker, kw_versions known, int used)
{
    if (known.first > known.last)
        return "unknown to kwire";
    if (used < 0)
        return "none in common";
    if (broker.last != known.last)
        return broker.last > known.last ? "the broker is ahead" : "kwire is ahead";
    return "";
}

static void print_api(const kw_api_versions_response_api_version *row)
{
    char broker_cell[CELL], known_cell[CELL], used_cell[CELL];
    const kw_api *api = kw_api_find(row->api_key);
    kw_versions broker = {row->min_version, row->max_version};
    kw_versions known = api != NULL ? api->versions : (kw_versions){0, -1};
    kw_versions both = {broker.first > known.first ? broker.first : known.first,
                        broker.last < known.last ? broker.last : known.last};
    int used = both.first <= both.last ? both.last : -1;
    const char *text = note(broker, known, used);
    printf("%5d  %-28s  %-7s  %-7s  %s", row->api_key, api != NULL ? api->name : "?",
           range(broker_cell, broker.first, broker.last), range(known_cell, known.first, known.last),
           range(used_cell, used < 0 ? 0 : used, used));
    printf("%*s%s\n", text[0] != '\0' ? (int)(6 - strlen(used_cell)) : 0, "", text);
}

static bool has(const kw_api_versions_response *answer, int16_t key)
{
    for (int32_t i = 0; i < answer->api_keys.len; i++)
        if (answer->api_keys.items[i].api_key == key)
            return true;
    return false;
}

/* The APIs that kwire knows and the broker does not list, in lines of COLUMNS. */
static void print_missing(const kw_api_versions_response *answer)
{
    size_t column = 0;
    for (size_t i = 0; i < kw_api_count(); i++) {
        const kw_api *api = kw_api_at(i);
        if (has(answer, api->key))
            continue;
        if (column == 0)
            column = (size_t)printf("\nNot served here:");
        else
            column += (size_t)printf(",");
        if (column + 2 + strlen(api->name) > COLUMNS)
            column = (size_t)printf("\n ") - 1;
        column += (size_t)printf(" %s", api->name);
    }
    if (column != 0)
        printf("\n");
}

static int32_t at_most(int32_t count)
{
    return count < FEATURES_MOST ? count : FEATURES_MOST;
}

static const kw_api_versions_response_supported_feature_key *find_supported(const kw_api_versions_response *answer,
                                                                            kw_string name)
{
    for (int32_t i = 0; i < at_most(answer->supported_features.len); i++)
        if (kw_string_equal(answer->supported_features.items[i].name, name))
            return &answer->supported_features.items[i];
    return NULL;
}

static const kw_api_versions_response_finalized_feature_key *find_finalized(const kw_api_versions_response *answer,
                                                                            kw_string name)
{
    for (int32_t i = 0; i < at_most(answer->finalized_features.len); i++)
        if (kw_string_equal(answer->finalized_features.items[i].name, name))
            return &answer->finalized_features.items[i];
    return NULL;
}

/* Feature names come from the broker: they are printed as they are only if they are plain. */
static const char *plain_name(char to[QUOTED_SIZE], kw_string name)
{
    size_t size = name.len > 0 ? (size_t)name.len : 0;
    quoted(to, name.data, size);
    if (strlen(to) != size + 2 || memcmp(to + 1, name.data, size) != 0)
        return to;
    memmove(to, to + 1, size);
    to[size] = '\0';
    return to;
}

static void print_feature(const kw_api_versions_response *answer, kw_string name)
{
    char text[QUOTED_SIZE], finalized_cell[CELL] = "-", supported_cell[CELL] = "-";
    const kw_api_versions_response_finalized_feature_key *finalized = find_finalized(answer, name);
    const kw_api_versions_response_supported_feature_key *supported = find_supported(answer, name);
    if (finalized != NULL)
        range(finalized_cell, finalized->min_version_level, finalized->max_version_level);
    if (supported != NULL)
        range(supported_cell, supported->min_version, supported->max_version);
    printf("%-35s  %-9s  %s\n", plain_name(text, name), finalized_cell, supported_cell);
}

static void print_features(const kw_api_versions_response *answer)
{
    if (answer->supported_features.len <= 0 && answer->finalized_features.len <= 0)
        return;
    printf("\n%-35s  %-9s  %s\n", "FEATURE", "FINALIZED", "SUPPORTED");
    for (int32_t i = 0; i < at_most(answer->finalized_features.len); i++)
        print_feature(answer, answer->finalized_features.items[i].name);
    for (int32_t i = 0; i < at_most(answer->supported_features.len); i++)
        if (find_finalized(answer, answer->supported_features.items[i].name) == NULL)
            print_feature(answer, answer->supported_features.items[i].name);
    if (answer->finalized_features_epoch >= 0)
        printf("Finalized in epoch %" PRId64 "\n", answer->finalized_features_epoch);
}

void versions_table_print(const kw_api_versions_response *answer)
{
    printf("%5s  %-28s  %-7s  %-7s  %s\n", "KEY", "API", "BROKER", "KWIRE", "USED");
    for (int32_t i = 0; i < answer->api_keys.len; i++)
        print_api(&answer->api_keys.items[i]);
    print_missing(answer);
    print_features(answer);
}
