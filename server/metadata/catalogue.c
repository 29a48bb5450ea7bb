/* SPDX-License-Identifier: Apache-2.0 */
#include "catalogue.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../api/topic_names.h"

bool topic_name_is_valid(kw_string name)
{
    if (name.len <= 0 || name.len > TOPIC_NAME_MAX)
        return false;
    bool only_dots = true;
    for (int32_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '.' && c != '_' && c != '-')
            return false;
        only_dots = only_dots && c == '.';
    }
    return !only_dots || name.len > 2;
}

bool topic_name_is_internal(kw_string name)
{
    return kw_string_equal(name, kw_string_of("__consumer_offsets")) ||
           kw_string_equal(name, kw_string_of("__transaction_state")) ||
           kw_string_equal(name, kw_string_of("__share_group_state"));
}

bool catalogue_init(struct catalogue *c)
{
    memset(c, 0, sizeof *c);
    return pthread_rwlock_init(&c->lock, NULL) == 0;
}

void catalogue_finish(struct catalogue *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->by_name[i]);
    free(c->by_name);
    free(c->by_id);
    pthread_rwlock_destroy(&c->lock);
}

void catalogue_hold(struct catalogue *c)
{
    (void)pthread_rwlock_rdlock(&c->lock);
}

void catalogue_release(struct catalogue *c)
{
    (void)pthread_rwlock_unlock(&c->lock);
}

/* The index of the first topic whose name is not less. */
static size_t place_of_name(const struct catalogue *c, kw_string name)
{
    size_t low = 0, high = c->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (name_compare(c->by_name[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t place_of_id(const struct catalogue *c, kw_uuid id)
{
    size_t low = 0, high = c->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(c->by_id[middle]->id.bytes, id.bytes, sizeof id.bytes) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct topic *catalogue_find(const struct catalogue *c, kw_string name)
{
    size_t at = place_of_name(c, name);
    return at < c->count && kw_string_equal(c->by_name[at]->name, name) ? c->by_name[at] : NULL;
}

const struct topic *catalogue_find_id(const struct catalogue *c, kw_uuid id)
{
    size_t at = place_of_id(c, id);
    return !kw_uuid_is_zero(id) && at < c->count && kw_uuid_equal(c->by_id[at]->id, id) ? c->by_id[at] : NULL;
}

size_t catalogue_count(const struct catalogue *c)
{
    return c->count;
}

const struct topic *catalogue_at(const struct catalogue *c, size_t index)
{
    return c->by_name[index];
}

int32_t topic_partitions_before(const struct topic *topic, int32_t index)
{
    int32_t low = 0, high = topic->partition_count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (topic->partitions[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct partition *topic_partition(const struct topic *topic, int32_t index)
{
    int32_t at = topic_partitions_before(topic, index);
    return at < topic->partition_count && topic->partitions[at].index == index ? &topic->partitions[at] : NULL;
}

static size_t count_of(kw_int32_array ids)
{
    return ids.len > 0 ? (size_t)ids.len : 0;
}

static size_t ids_of(const struct partition *p)
{
    return count_of(p->replicas) + count_of(p->isr) + count_of(p->offline) + count_of(p->elr) +
           count_of(p->last_known_elr);
}

static kw_int32_array copy_ids(kw_int32_array ids, int32_t **room)
{
    size_t count = count_of(ids);
    kw_int32_array copy = {*room, (int32_t)count};
    if (count != 0)
        memcpy(copy.items, ids.items, count * sizeof *ids.items);
    *room += count;
    return copy;
}

/* One block: the topic, its partitions, their ids, its name. */
static struct topic *copy_topic(const struct topic *topic)
{
    size_t count = (size_t)topic->partition_count, ids = 0;
    for (size_t i = 0; i < count; i++)
        ids += ids_of(&topic->partitions[i]);
    size_t size =
        sizeof(struct topic) + count * sizeof(struct partition) + ids * sizeof(int32_t) + (size_t)topic->name.len;
    struct topic *copy = malloc(size);
    if (copy == NULL)
        return NULL;
    struct partition *partitions = (struct partition *)(void *)(copy + 1);
    int32_t *room = (int32_t *)(void *)(partitions + count);
    *copy = *topic;
    copy->partitions = partitions;
    for (size_t i = 0; i < count; i++) {
        partitions[i] = topic->partitions[i];
        partitions[i].replicas = copy_ids(topic->partitions[i].replicas, &room);
        partitions[i].isr = copy_ids(topic->partitions[i].isr, &room);
        partitions[i].offline = copy_ids(topic->partitions[i].offline, &room);
        partitions[i].elr = copy_ids(topic->partitions[i].elr, &room);
        partitions[i].last_known_elr = copy_ids(topic->partitions[i].last_known_elr, &room);
    }
    memcpy(room, topic->name.data, (size_t)topic->name.len);
    copy->name.data = (const char *)room;
    return copy;
}

static bool make_room(struct catalogue *c)
{
    if (c->count < c->room)
        return true;
    size_t room = c->room != 0 ? c->room * 2 : 16;
    struct topic **by_name = realloc(c->by_name, room * sizeof(struct topic *));
    if (by_name != NULL)
        c->by_name = by_name;
    struct topic **by_id = realloc(c->by_id, room * sizeof(struct topic *));
    if (by_id != NULL)
        c->by_id = by_id;
    if (by_name == NULL || by_id == NULL)
        return false;
    c->room = room;
    return true;
}

static void insert(struct topic **list, size_t count, size_t at, struct topic *topic)
{
    memmove(list + at + 1, list + at, (count - at) * sizeof(struct topic *));
    list[at] = topic;
}

static int16_t add(struct catalogue *c, const struct topic *topic)
{
    if (catalogue_find(c, topic->name) != NULL || catalogue_find_id(c, topic->id) != NULL)
        return KW_ERROR_TOPIC_ALREADY_EXISTS;
    struct topic *copy = make_room(c) ? copy_topic(topic) : NULL;
    if (copy == NULL)
        return KW_ERROR_UNKNOWN_SERVER_ERROR;
    insert(c->by_name, c->count, place_of_name(c, copy->name), copy);
    insert(c->by_id, c->count, place_of_id(c, copy->id), copy);
    c->count++;
    return KW_ERROR_NONE;
}

int16_t catalogue_add(struct catalogue *c, const struct topic *topic)
{
    if (!topic_name_is_valid(topic->name))
        return KW_ERROR_INVALID_TOPIC_EXCEPTION;
    (void)pthread_rwlock_wrlock(&c->lock);
    int16_t error = add(c, topic);
    (void)pthread_rwlock_unlock(&c->lock);
    return error;
}
