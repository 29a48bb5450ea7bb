/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch_session.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/hash.h"

enum { NONE = UINT32_MAX, SMALLEST = 4, FIRST_EPOCH = 1 };

/* What a partition is known by: the name of its topic only where no ids are used. */
struct key {
    kw_string topic;
    kw_uuid topic_id;
    int32_t partition;
};

/* ---- the table ---- */

static uint32_t *chain_of(const struct fetch_session *s, const struct key *key)
{
    uint32_t hash = hash_bytes(HASH_START ^ s->seed, &key->partition, sizeof key->partition);
    if (s->uses_ids)
        hash = hash_bytes(hash, key->topic_id.bytes, sizeof key->topic_id.bytes);
    else if (key->topic.len > 0)
        hash = hash_text(hash, key->topic);
    return &s->chains[(hash ^ (hash >> 15)) & (s->capacity - 1)];
}

static bool is_topic(const struct fetch_session *s, const struct fetch_session_topic *topic, const struct key *key)
{
    if (s->uses_ids)
        return kw_uuid_equal(topic->id, key->topic_id);
    const kw_string name = {topic->name, topic->name_len};
    return kw_string_equal(name, key->topic);
}

static uint32_t find(const struct fetch_session *s, const struct key *key)
{
    uint32_t i = s->capacity != 0 ? *chain_of(s, key) : NONE;
    while (i != NONE &&
           (s->partitions[i].asked.partition != key->partition || !is_topic(s, s->partitions[i].topic, key)))
        i = s->partitions[i].next;
    return i;
}

static struct key key_of(const struct fetch_session_partition *p)
{
    return (struct key){{p->topic->name, p->topic->name_len}, p->topic->id, p->asked.partition};
}

static void link_last(struct fetch_session *s, uint32_t i)
{
    struct fetch_session_partition *p = &s->partitions[i];
    p->before = s->last;
    p->after = NONE;
    *(s->last != NONE ? &s->partitions[s->last].after : &s->first) = i;
    s->last = i;
}

static void unlink_order(struct fetch_session *s, uint32_t i)
{
    const struct fetch_session_partition *p = &s->partitions[i];
    *(p->before != NONE ? &s->partitions[p->before].after : &s->first) = p->after;
    *(p->after != NONE ? &s->partitions[p->after].before : &s->last) = p->before;
}

static void put_in_chain(struct fetch_session *s, uint32_t i)
{
    const struct key key = key_of(&s->partitions[i]);
    uint32_t *chain = chain_of(s, &key);
    s->partitions[i].next = *chain;
    *chain = i;
}

static bool grow(struct fetch_session *s)
{
    uint32_t capacity = s->capacity != 0 ? 2 * s->capacity : SMALLEST;
    if (capacity > UINT32_MAX / 4)
        return false;
    uint32_t *chains = malloc(capacity * sizeof *chains);
    struct fetch_session_partition *partitions = realloc(s->partitions, capacity * sizeof *partitions);
    if (partitions != NULL)
        s->partitions = partitions;
    if (chains == NULL || partitions == NULL) {
        free(chains);
        return false;
    }
    free(s->chains);
    s->chains = chains;
    memset(chains, 0xff, capacity * sizeof *chains);
    for (uint32_t i = s->capacity; i < capacity; i++)
        partitions[i] = (struct fetch_session_partition){.next = i + 1 < capacity ? i + 1 : NONE};
    s->free = s->capacity;
    s->capacity = capacity;
    for (uint32_t i = s->first; i != NONE; i = partitions[i].after)
        put_in_chain(s, i);
    return true;
}

/* ---- topics ---- */

/* Partitions of a topic come one after the other, so the last one often has it. */
static struct fetch_session_topic *share_topic(struct fetch_session *s, const struct key *key, kw_string known_name)
{
    struct fetch_session_topic *last = s->last != NONE ? s->partitions[s->last].topic : NULL;
    const kw_string name = s->uses_ids ? known_name : key->topic;
    size_t len = name.len > 0 ? (size_t)name.len : 0;
    if (last == NULL || !is_topic(s, last, key)) {
        last = malloc(sizeof *last + len);
        if (last == NULL)
            return NULL;
        last->references = 0;
        last->id = key->topic_id;
        last->name_len = name.len;
        if (len != 0)
            memcpy(last->name, name.data, len);
    }
    last->references++;
    return last;
}

static void release_topic(struct fetch_session_topic *topic)
{
    if (--topic->references == 0)
        free(topic);
}

/* ---- partitions ---- */

static bool add(struct fetch_session *s, const struct key *key, kw_string known_name, uint32_t *added)
{
    if (s->count == s->capacity && !grow(s))
        return false;
    struct fetch_session_topic *topic = share_topic(s, key, known_name);
    if (topic == NULL)
        return false;
    uint32_t i = s->free;
    struct fetch_session_partition *p = &s->partitions[i];
    s->free = p->next;
    *p = (struct fetch_session_partition){.topic = topic, .high_watermark = -1, .log_start_offset = -1};
    p->asked.partition = key->partition;
    put_in_chain(s, i);
    link_last(s, i);
    s->count++;
    *added = i;
    return true;
}

bool fetch_session_ask(struct fetch_session *s, const struct fetch_asked *asked)
{
    const struct key key = {asked->topic->topic, asked->topic->topic_id, asked->partition->partition};
    uint32_t i = find(s, &key);
    if (i == NONE && !add(s, &key, asked->name, &i))
        return false;
    s->partitions[i].asked = *asked->partition;
    s->partitions[i].asked.unknown_tags = NULL;
    return true;
}

void fetch_session_forget(struct fetch_session *s, kw_string topic, kw_uuid topic_id, int32_t partition)
{
    const struct key key = {topic, topic_id, partition};
    uint32_t i = find(s, &key);
    if (i == NONE)
        return;
    struct fetch_session_partition *p = &s->partitions[i];
    uint32_t *link = chain_of(s, &key);
    while (*link != i)
        link = &s->partitions[*link].next;
    *link = p->next;
    unlink_order(s, i);
    release_topic(p->topic);
    p->topic = NULL;
    p->next = s->free;
    s->free = i;
    s->count--;
}

struct fetch_session *fetch_session_create(int32_t id, bool is_privileged, bool uses_ids, int64_t now_ms, uint32_t seed)
{
    struct fetch_session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->id = id;
    s->epoch = FIRST_EPOCH;
    s->is_privileged = is_privileged;
    s->uses_ids = uses_ids;
    s->created_ms = s->used_ms = now_ms;
    s->free = s->first = s->last = NONE;
    s->seed = seed;
    return s;
}

void fetch_session_destroy(struct fetch_session *s)
{
    if (s == NULL)
        return;
    for (uint32_t i = s->first; i != NONE; i = s->partitions[i].after)
        release_topic(s->partitions[i].topic);
    free(s->partitions);
    free(s->chains);
    free(s);
}

bool fetch_session_list(const struct fetch_session *s, kw_arena *arena, struct fetch_asked **out, size_t *count)
{
    struct fetch_asked *list = kw_arena_array(arena, s->count, sizeof *list);
    kw_fetch_request_partition *partitions = kw_arena_array(arena, s->count, sizeof *partitions);
    kw_fetch_request_topic *topic = NULL;
    const struct fetch_session_topic *last = NULL;
    kw_string name = {NULL, -1};
    size_t n = 0;
    if (list == NULL || partitions == NULL)
        return false;
    for (uint32_t i = s->first; i != NONE; i = s->partitions[i].after, n++) {
        const struct fetch_session_partition *p = &s->partitions[i];
        if (p->topic != last) {
            size_t len = p->topic->name_len > 0 ? (size_t)p->topic->name_len : 0;
            char *copy = kw_arena_alloc(arena, len + 1);
            topic = kw_arena_alloc(arena, sizeof *topic);
            if (copy == NULL || topic == NULL)
                return false;
            kw_fetch_request_topic_init(topic);
            memcpy(copy, p->topic->name, len);
            name = (kw_string){copy, p->topic->name_len};
            if (!s->uses_ids)
                topic->topic = name;
            topic->topic_id = p->topic->id;
            last = p->topic;
        }
        partitions[n] = p->asked;
        list[n] = (struct fetch_asked){topic, &partitions[n], name};
    }
    *out = list;
    *count = n;
    return true;
}

/* ---- responses ---- */

static uint32_t find_sent(const struct fetch_session *s, const kw_fetch_response_fetchable_topic_response *topic,
                          const kw_fetch_response_partition_data *sent)
{
    const struct key key = {topic->topic, topic->topic_id, sent->partition_index};
    return find(s, &key);
}

void fetch_session_note(struct fetch_session *s, const kw_fetch_response_fetchable_topic_response *topic,
                        const kw_fetch_response_partition_data *sent)
{
    uint32_t i = find_sent(s, topic, sent);
    if (i == NONE)
        return;
    s->partitions[i].high_watermark = sent->high_watermark;
    s->partitions[i].log_start_offset = sent->log_start_offset;
}

/* Whether there is news of the partition, which is noted. After an error the client gets its numbers again. */
static bool is_news(struct fetch_session *s, uint32_t i, const kw_fetch_response_partition_data *sent)
{
    struct fetch_session_partition *p = &s->partitions[i];
    bool news = sent->records.len > 0 || sent->high_watermark != p->high_watermark ||
                sent->log_start_offset != p->log_start_offset || sent->preferred_read_replica != -1 ||
                sent->error_code != KW_ERROR_NONE || sent->diverging_epoch.epoch >= 0;
    p->high_watermark = sent->error_code != KW_ERROR_NONE ? -1 : sent->high_watermark;
    p->log_start_offset = sent->log_start_offset;
    if (sent->records.len > 0) {
        unlink_order(s, i);
        link_last(s, i);
    }
    return news;
}

static void prune_topic(struct fetch_session *s, kw_fetch_response_fetchable_topic_response *topic)
{
    int32_t kept = 0;
    for (int32_t k = 0; k < topic->partitions.len; k++) {
        uint32_t i = find_sent(s, topic, &topic->partitions.items[k]);
        if (i != NONE && is_news(s, i, &topic->partitions.items[k]))
            topic->partitions.items[kept++] = topic->partitions.items[k];
    }
    topic->partitions.len = kept;
}

void fetch_session_prune(struct fetch_session *s, kw_fetch_response *response)
{
    int32_t kept = 0;
    for (int32_t t = 0; t < response->responses.len; t++) {
        prune_topic(s, &response->responses.items[t]);
        if (response->responses.items[t].partitions.len != 0)
            response->responses.items[kept++] = response->responses.items[t];
    }
    response->responses.len = kept;
}

int32_t fetch_session_next_epoch(int32_t epoch)
{
    return epoch == INT32_MAX ? FIRST_EPOCH : epoch + 1;
}
