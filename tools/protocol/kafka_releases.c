/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka_releases.h"

#include <string.h>

#include "kafka_facts.h"

size_t release_index(const char *name)
{
    size_t i = 0;
    while (i < release_count && strcmp(release_names[i], name) != 0)
        i++;
    return i;
}

kw_release version_release(const kw_message *m, int16_t version)
{
    return m->releases != NULL ? m->releases[version - m->versions.first] : (kw_release){NULL, NULL};
}

const char *why_no_releases(const kw_message *m)
{
    return m->releases == NULL ? "Only on disk: which version is written follows from the feature levels of the "
                                 "cluster, not from the release."
                               : NULL;
}

static bool is_spoken(kw_release r, size_t release)
{
    return r.first != NULL && release_index(r.first) <= release && (r.last == NULL || release <= release_index(r.last));
}

kw_versions release_versions(const kw_message *m, size_t release)
{
    kw_versions found = {0, -1};
    for (int16_t v = m->versions.first; v <= m->versions.last; v++) {
        if (!is_spoken(version_release(m, v), release))
            continue;
        if (found.first > found.last)
            found.first = v;
        found.last = v;
    }
    return found;
}

const char *late_release(const kw_message *m, const field_place *place, int16_t version)
{
    char path[FIELD_PATH_SIZE];
    field_place_path(place, path);
    for (size_t i = 0; i < late_field_count; i++)
        if (kw_versions_have(late_fields[i].versions, version) && strcmp(late_fields[i].message, m->name) == 0 &&
            strcmp(late_fields[i].path, path) == 0)
            return late_fields[i].release;
    return NULL;
}

const char *first_release(const kw_message *m, const field_place *place)
{
    const char *first = NULL;
    kw_versions versions = field_place_versions(place);
    for (int16_t v = versions.first; v <= versions.last; v++) {
        const char *late = late_release(m, place, v);
        const char *release = late != NULL ? late : version_release(m, v).first;
        if (release != NULL && (first == NULL || release_index(release) < release_index(first)))
            first = release;
    }
    return first;
}
