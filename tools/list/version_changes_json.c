/* SPDX-License-Identifier: Apache-2.0 */
#include "../protocol/kafka_releases.h"
#include "../protocol/version_diff.h"
#include "message_json.h"
#include "print_json.h"
#include "version_changes.h"

/* The array of changes that is being made. */
typedef struct changes {
    const kw_message *m;
    int16_t to;
    json_t *array;
} changes;

static json_t *form_json(const field_form *form)
{
    json_t *to = json_object();
    json_put_form(to, form);
    return to;
}

static void visit(void *context, field_change change, const field_place *place, const field_form *before,
                  const field_form *after)
{
    static const char *const words[] = {
        [FIELD_REMOVED] = "removed", [FIELD_ADDED] = "added", [FIELD_CHANGED] = "changed"};
    changes *c = context;
    char path[FIELD_PATH_SIZE];
    json_t *to = json_object();
    json_put_text(to, "change", words[change]);
    json_put_text(to, "path", field_place_path(place, path));
    if (before != NULL)
        json_put(to, "before", form_json(before));
    if (after != NULL)
        json_put(to, "after", form_json(after));
    json_put_default(to, place->field);
    if (after != NULL)
        json_put_text(to, "since", late_release(c->m, place, c->to));
    json_append_part(c->array, to);
}

static json_t *version_json(const kw_message *m, int16_t version)
{
    json_t *to = json_object();
    message_json_put_version(to, m, version);
    return to;
}

json_t *version_diff_json(const kw_message *m, int16_t from, int16_t to)
{
    changes c = {m, to, json_array()};
    json_t *diff = message_json(m);
    json_put(diff, "before", version_json(m, from));
    json_put(diff, "after", version_json(m, to));
    version_diff(m, from, to, visit, &c);
    json_put(diff, "changes", c.array);
    return diff;
}

json_t *version_history_json(const kw_message *m)
{
    json_t *all = json_array();
    for (int16_t v = m->versions.first; v < m->versions.last; v++)
        json_append_part(all, version_diff_json(m, v, (int16_t)(v + 1)));
    return all;
}
