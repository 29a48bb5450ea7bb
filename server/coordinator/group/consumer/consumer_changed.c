/* SPDX-License-Identifier: Apache-2.0 */
#include "../group_machine.h"
#include "../group_table.h"
#include "consumer_group.h"

static void look_again(struct group_machine *m, kw_string topic)
{
    for (size_t i = 0; i < group_bucket_count(m); i++)
        for (struct group *group = group_first_in(m, i); group != NULL; group = group_next_in(group)) {
            struct consumer_group *g = consumer_group_of(group);
            if (g != NULL && !g->must_look && name_counts_find(&g->topics, topic) != NULL)
                g->must_look = true;
        }
}

static const struct metadata_topic *topic_at(const struct metadata_image *image, size_t index)
{
    return index < metadata_topic_count(image) ? metadata_topic_at(image, index) : NULL;
}

static int compare_names(const struct metadata_topic *a, const struct metadata_topic *b)
{
    if (a == NULL || b == NULL)
        return (a == NULL) - (b == NULL);
    return kw_string_compare(a->name, b->name);
}

/* Topics that did not change are the same in both images. */
void consumer_image_changed(struct group_machine *m, const struct metadata_image *before,
                            const struct metadata_image *after)
{
    size_t b = 0, a = 0;
    const struct metadata_topic *old, *new;
    while (old = topic_at(before, b), new = topic_at(after, a), old != NULL || new != NULL) {
        int order = compare_names(old, new);
        if (order != 0 || old != new)
            look_again(m, order <= 0 ? old->name : new->name);
        if (order > 0 || (order == 0 && !kw_uuid_equal(old->id, new->id)))
            m->new_topics_version = after->parts.offset;
        b += order <= 0;
        a += order >= 0;
    }
}
