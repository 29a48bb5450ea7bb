/* SPDX-License-Identifier: Apache-2.0 */
#include "share_session.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/hash.h"

struct share_session {
    struct hash_link link;
    int32_t epoch; /* that the next request must have */
    int64_t used;
    struct set_partition *items; /* a set */
    size_t count;
    size_t capacity;
    kw_string group;
    kw_string member;
    char text[];
};

static struct share_session *session_of(struct hash_link *link)
{
    return (struct share_session *)(void *)((char *)link - offsetof(struct share_session, link));
}

static size_t length_of(kw_string text)
{
    return text.len > 0 ? (size_t)text.len : 0;
}

static uint32_t hash_of(kw_string group, kw_string member)
{
    return hash_bytes(hash_bytes(HASH_START, group.data, length_of(group)), member.data, length_of(member));
}

static struct share_session *find(const struct share_sessions *sessions, kw_string group, kw_string member)
{
    struct hash_link *link = hash_chains_first(&sessions->table, hash_of(group, member));
    for (; link != NULL; link = hash_chains_next(link))
        if (kw_string_equal(session_of(link)->group, group) && kw_string_equal(session_of(link)->member, member))
            return session_of(link);
    return NULL;
}

static size_t size_of(const struct share_session *s)
{
    return sizeof *s + length_of(s->group) + length_of(s->member) + s->capacity * sizeof *s->items;
}

static void destroy(struct share_sessions *sessions, struct share_session *s)
{
    coordinator_budget_give(sessions->budget, size_of(s));
    free(s->items);
    free(s);
}

static void end(struct share_sessions *sessions, struct share_session *s)
{
    if (s == NULL)
        return;
    hash_chains_remove(&sessions->table, &s->link);
    destroy(sessions, s);
}

/* ---- life ---- */

bool share_sessions_init(struct share_sessions *sessions, struct coordinator_budget *budget, size_t most)
{
    *sessions = (struct share_sessions){.budget = budget, .most = most};
    return pthread_mutex_init(&sessions->lock, NULL) == 0;
}

static void release(struct hash_link *link, void *context)
{
    destroy(context, session_of(link));
}

void share_sessions_finish(struct share_sessions *sessions)
{
    hash_chains_clear(&sessions->table, release, sessions);
    (void)pthread_mutex_destroy(&sessions->lock);
}

/* ---- partitions ---- */

/* NULL: there is no memory. */
static struct set_partition *allocate(struct share_sessions *sessions, size_t count)
{
    if (!coordinator_budget_take(sessions->budget, count * sizeof(struct set_partition)))
        return NULL;
    struct set_partition *items = malloc(count * sizeof *items);
    if (items == NULL)
        coordinator_budget_give(sessions->budget, count * sizeof *items);
    return items;
}

static void take_items(struct share_sessions *sessions, struct share_session *s, struct set_partition *items,
                       size_t count, size_t capacity)
{
    coordinator_budget_give(sessions->budget, s->capacity * sizeof *s->items);
    free(s->items);
    s->items = items;
    s->count = count;
    s->capacity = capacity;
}

static bool add_partitions(struct share_sessions *sessions, struct share_session *s, struct partition_set added)
{
    struct partition_set has = {s->items, s->count};
    size_t capacity = s->count + added.count;
    if (partition_set_has_all(has, added))
        return true;
    struct set_partition *items = allocate(sessions, capacity);
    if (items == NULL)
        return false;
    if (s->count != 0)
        memcpy(items, s->items, s->count * sizeof *items);
    memcpy(items + s->count, added.items, added.count * sizeof *items);
    take_items(sessions, s, items, partition_set_of(items, capacity).count, capacity);
    return true;
}

static void forget_partitions(struct share_session *s, struct partition_set forgotten)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++)
        if (partition_set_find(forgotten, s->items[i].topic, s->items[i].index) == NULL)
            s->items[kept++] = s->items[i];
    s->count = kept;
}

/* ---- use ---- */

static void end_idle(struct share_sessions *sessions, int64_t now)
{
    for (size_t i = 0; i < sessions->table.bucket_count; i++)
        for (struct hash_link *link = sessions->table.buckets[i], *next; link != NULL; link = next) {
            next = link->next;
            if (now - session_of(link)->used >= SHARE_SESSION_IDLE_MS)
                end(sessions, session_of(link));
        }
}

/* NULL: there is no memory. */
static struct share_session *create(struct share_sessions *sessions, kw_string group, kw_string member)
{
    size_t size = sizeof(struct share_session) + length_of(group) + length_of(member);
    if (!coordinator_budget_take(sessions->budget, size))
        return NULL;
    struct share_session *s = hash_chains_prepare(&sessions->table) ? calloc(1, size) : NULL;
    if (s == NULL) {
        coordinator_budget_give(sessions->budget, size);
        return NULL;
    }
    if (length_of(group) != 0)
        memcpy(s->text, group.data, length_of(group));
    if (length_of(member) != 0)
        memcpy(s->text + length_of(group), member.data, length_of(member));
    s->group = (kw_string){s->text, (int32_t)length_of(group)};
    s->member = (kw_string){s->text + length_of(group), (int32_t)length_of(member)};
    hash_chains_add(&sessions->table, &s->link, hash_of(group, member));
    return s;
}

static int16_t open_session(struct share_sessions *sessions, const struct share_session_request *r,
                            struct share_session **out)
{
    end(sessions, find(sessions, r->group, r->member));
    if (sessions->table.count >= sessions->most)
        end_idle(sessions, r->now);
    if (sessions->table.count >= sessions->most)
        return KW_ERROR_SHARE_SESSION_LIMIT_REACHED;
    *out = create(sessions, r->group, r->member);
    return *out != NULL ? KW_ERROR_NONE : KW_ERROR_COORDINATOR_NOT_AVAILABLE;
}

static int16_t take_partitions(struct share_sessions *sessions, struct share_session *s,
                               const struct share_session_request *r)
{
    if (r->keeps)
        return KW_ERROR_NONE;
    if (!add_partitions(sessions, s, r->added))
        return KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    forget_partitions(s, r->forgotten);
    return KW_ERROR_NONE;
}

/* Starting at another one each time, so it is a list in another order than a set has. */
static bool list(const struct share_session *s, kw_arena *arena, struct partition_set *out)
{
    struct set_partition *items = kw_arena_array(arena, s->count + 1, sizeof *items);
    *out = (struct partition_set){items, s->count};
    for (size_t i = 0; i < s->count && items != NULL; i++)
        items[i] = s->items[(i + (size_t)(s->epoch > 0 ? s->epoch : 0)) % s->count];
    return items != NULL;
}

static int16_t use(struct share_sessions *sessions, const struct share_session_request *r, kw_arena *arena,
                   struct partition_set *out)
{
    struct share_session *s = find(sessions, r->group, r->member);
    int16_t error = KW_ERROR_NONE;
    if (r->epoch == SHARE_EPOCH_OPEN)
        error = open_session(sessions, r, &s);
    else if (s == NULL)
        error = KW_ERROR_SHARE_SESSION_NOT_FOUND;
    else if (r->epoch != SHARE_EPOCH_CLOSE && r->epoch != s->epoch)
        error = KW_ERROR_INVALID_SHARE_SESSION_EPOCH;
    if (error == KW_ERROR_NONE && r->epoch != SHARE_EPOCH_CLOSE)
        error = take_partitions(sessions, s, r);
    if (error != KW_ERROR_NONE)
        return error;
    if (!list(s, arena, out))
        return KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    s->used = r->now;
    if (r->epoch != SHARE_EPOCH_CLOSE)
        s->epoch = s->epoch < INT32_MAX ? s->epoch + 1 : 1;
    return KW_ERROR_NONE;
}

int16_t share_session_use(struct share_sessions *sessions, const struct share_session_request *request, kw_arena *arena,
                          struct partition_set *out)
{
    *out = (struct partition_set){NULL, 0};
    (void)pthread_mutex_lock(&sessions->lock);
    int16_t error = use(sessions, request, arena, out);
    (void)pthread_mutex_unlock(&sessions->lock);
    return error;
}

void share_session_close(struct share_sessions *sessions, kw_string group, kw_string member)
{
    (void)pthread_mutex_lock(&sessions->lock);
    end(sessions, find(sessions, group, member));
    (void)pthread_mutex_unlock(&sessions->lock);
}
