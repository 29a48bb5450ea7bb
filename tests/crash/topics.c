/* SPDX-License-Identifier: Apache-2.0 */
#include "clients.h"

#include <stdio.h>
#include <string.h>

#include <kwire/error.h>

#include "../simulation/world.h"
#include "node.h"

struct clients clients;

void clients_reset(bool is_synced)
{
    static const char *const ids[PRODUCERS] = {"txn-a", "txn-b", "txn-c"};
    memset(&clients, 0, sizeof clients);
    for (size_t i = 0; i < PRODUCERS; i++) {
        clients.idempotent[i] = (struct sender){.id = -1};
        clients.transactional[i] = (struct sender){.transactional_id = ids[i], .id = -1};
    }
    clients.next_value = 1;
    clients.is_synced = is_synced;
}

void must(int16_t error, const char *what)
{
    if (error != KW_ERROR_NONE)
        broken("%s: error %d", what, error);
}

static void set(struct new_topic *new, const char *name, const char *value)
{
    new->configs[new->config_count][0] = name;
    new->configs[new->config_count++][1] = value;
}

void name_topic(struct topic *t, struct new_topic *new)
{
    if (t->name[0] == '\0' || one_in(2))
        (void)snprintf(t->name, sizeof t->name, "t%d-%d", (int)(t - clients.topics), t->generation++);
    new->config_count = 0;
    set(new, "internal.segment.bytes", one_in(2) ? "3000" : "20000");
    set(new, "file.delete.delay.ms", "1000");
    if (t->is_compacted) {
        set(new, "cleanup.policy", "compact");
        set(new, "min.cleanable.dirty.ratio", "0.01");
    }
    if (one_in(6))
        set(new, "preallocate", "true");
    if (one_in(4))
        set(new, "index.interval.bytes", "100");
    new->partitions = (int32_t)pick_from(1, 2);
}

static void add_topic(struct topic *t)
{
    struct new_topic new;
    name_topic(t, &new);
    must(create_topic(t->name, &new), "a topic is not created");
    t->partitions = new.partitions;
}

struct topic *any_topic(void)
{
    struct topic *t = &clients.topics[pick(TOPICS)];
    if (t->partitions == 0)
        add_topic(t);
    return t;
}

struct topic *kept_topic(void)
{
    if (clients.topics[0].partitions == 0)
        add_topic(&clients.topics[0]);
    return &clients.topics[0];
}

void forget_topic(struct topic *t)
{
    t->partitions = 0;
    for (size_t i = 0; i < PRODUCERS; i++)
        for (int32_t p = 0; p < MOST_PARTITIONS; p++)
            *sequence_of(&clients.idempotent[i], t, p) = 0;
}

void remove_topic(void)
{
    struct topic *t = any_topic();
    if (t->is_kept)
        return;
    must(delete_topic(t->name), "a topic is not deleted");
    forget_topic(t);
}

void grow_any_topic(void)
{
    struct topic *t = any_topic();
    if (t->partitions < MOST_PARTITIONS)
        must(grow_topic(t->name, ++t->partitions), "a topic does not grow");
}

void change_config(void)
{
    static const char *const values[][2] = {{"retention.ms", "100000"},     {"segment.ms", "5000"},
                                            {"flush.messages", "1"},        {"flush.messages", "3"},
                                            {"max.message.bytes", "90000"}, {"retention.bytes", "4000"}};
    const struct topic *t = any_topic();
    size_t which = pick(sizeof values / sizeof values[0]);
    if (clients.is_synced && values[which][1][0] == '3')
        return; /* every acknowledgement waits for the disk */
    must(set_config(t->name, values[which][0], values[which][1]), "a setting is not changed");
}

void find_topics(void)
{
    const struct metadata_image *image = metadata_image_acquire(&process_broker()->metadata);
    for (size_t i = 0; i < TOPICS; i++) {
        struct topic *t = &clients.topics[i];
        const struct metadata_topic *found =
            t->name[0] != '\0' ? metadata_topic_by_name(image, kw_string_of(t->name)) : NULL;
        t->partitions = found != NULL ? found->partition_count : 0;
    }
    metadata_image_release(image);
}
