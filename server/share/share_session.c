/* SPDX-License-Identifier: Apache-2.0 */
#include "share_session.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/hash.h"

struct share_session {
    struct hash_link link;
    int32_t epoch;               /* that the next request must have */
    const void *connection;      /* on which it was opened */
    struct set_partition *items; /* a set */
    size_t count;
    size_t capacity;
    kw_string group;
    kw_string member;
    char text[];
};

/* One that has opened a session. */
struct share_connection {
    struct hash_link link;
    const void *connection;
    size_t size;
    char group[]; /* of the last one */
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
    return hash_text(hash_text(HASH_START, group), member);
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

/* ---- connections ---- */

static struct share_connection *connection_of(struct hash_link *link)
{
    return (struct share_connection *)(void *)((char *)link - offsetof(struct share_connection, link));
}

static uint32_t hash_of_connection(const void *connection)
{
    return hash_bytes(HASH_START, &connection, sizeof connection);
}

static struct share_connection *find_connection(const struct share_sessions *sessions, const void *connection)
{
    struct hash_link *link = hash_chains_first(&sessions->connections, hash_of_connection(connection));
    while (link != NULL && connection_of(link)->connection != connection)
        link = hash_chains_next(link);
    return link != NULL ? connection_of(link) : NULL;
}

static void destroy_connection(struct share_sessions *sessions, struct share_connection *c)
{
    coordinator_budget_give(sessions->budget, sizeof *c + c->size);
    free(c);
}

static void forget_connection(struct share_sessions *sessions, struct share_connection *c)
{
    if (c == NULL)
        return;
    hash_chains_remove(&sessions->connections, &c->link);
    destroy_connection(sessions, c);
}

/* Whose last session is one of this group. False: there is no memory. */
static bool remember(struct share_sessions *sessions, const void *connection, kw_string group)
{
    size_t size = length_of(group);
    if (!coordinator_budget_take(sessions->budget, sizeof(struct share_connection) + size))
        return false;
    struct share_connection *c = hash_chains_prepare(&sessions->connections) ? malloc(sizeof *c + size) : NULL;
    if (c == NULL) {
        coordinator_budget_give(sessions->budget, sizeof *c + size);
        return false;
    }
    forget_connection(sessions, find_connection(sessions, connection));
    *c = (struct share_connection){.connection = connection, .size = size};
    if (size != 0)
        memcpy(c->group, group.data, size);
    hash_chains_add(&sessions->connections, &c->link, hash_of_connection(connection));
    return true;
}

/* ---- life ---- */

bool share_sessions_init(struct share_sessions *sessions, struct coordinator_budget *budget, size_t most)
{
    *sessions = (struct share_sessions){.budget = budget, .most = most, .are_allowed = true};
    return pthread_mutex_init(&sessions->lock, NULL) == 0;
}

static void release(struct hash_link *link, void *context)
{
    destroy(context, session_of(link));
}

static void release_connection(struct hash_link *link, void *context)
{
    destroy_connection(context, connection_of(link));
}

void share_sessions_finish(struct share_sessions *sessions)
{
    hash_chains_clear(&sessions->table, release, sessions);
    hash_chains_clear(&sessions->connections, release_connection, sessions);
    (void)pthread_mutex_destroy(&sessions->lock);
}

void share_sessions_allow(struct share_sessions *sessions, bool are_allowed)
{
    (void)pthread_mutex_lock(&sessions->lock);
    sessions->are_allowed = are_allowed;
    if (!are_allowed)
        hash_chains_clear(&sessions->table, release, sessions);
    (void)pthread_mutex_unlock(&sessions->lock);
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

/* Those that it has stay as they are. */
static bool add_partitions(struct share_sessions *sessions, struct share_session *s, struct partition_set added,
                           int32_t mark)
{
    struct partition_set has = {s->items, s->count};
    size_t capacity = s->count + added.count, count = s->count;
    if (partition_set_has_all(has, added))
        return true;
    struct set_partition *items = allocate(sessions, capacity);
    if (items == NULL)
        return false;
    if (count != 0)
        memcpy(items, s->items, count * sizeof *items);
    for (size_t i = 0; i < added.count; i++)
        if (partition_set_find(has, added.items[i].topic, added.items[i].index) == NULL)
            items[count++] =
                (struct set_partition){added.items[i].topic, added.items[i].index, added.items[i].epoch | mark};
    take_items(sessions, s, items, partition_set_of(items, count).count, capacity);
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
    if (!sessions->are_allowed)
        return KW_ERROR_UNSUPPORTED_VERSION;
    if (sessions->table.count >= sessions->most)
        return KW_ERROR_SHARE_SESSION_LIMIT_REACHED;
    *out = remember(sessions, r->connection, r->group) ? create(sessions, r->group, r->member) : NULL;
    if (*out == NULL)
        return KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    (*out)->connection = r->connection;
    return KW_ERROR_NONE;
}

static int16_t take_partitions(struct share_sessions *sessions, struct share_session *s,
                               const struct share_session_request *r)
{
    if (r->keeps)
        return KW_ERROR_NONE;
    if (!add_partitions(sessions, s, r->added, r->epoch == SHARE_EPOCH_OPEN ? 0 : SHARE_TO_BE_LISTED))
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

void share_session_mark(struct share_sessions *sessions, kw_string group, kw_string member, kw_uuid topic,
                        int32_t index, bool is_to_be_listed)
{
    (void)pthread_mutex_lock(&sessions->lock);
    const struct share_session *s = find(sessions, group, member);
    const struct set_partition *at = NULL;
    if (s != NULL)
        at = partition_set_find((struct partition_set){s->items, s->count}, topic, index);
    if (at != NULL)
        s->items[at - s->items].epoch = (at->epoch & ~SHARE_TO_BE_LISTED) | (is_to_be_listed ? SHARE_TO_BE_LISTED : 0);
    (void)pthread_mutex_unlock(&sessions->lock);
}

void share_session_close(struct share_sessions *sessions, kw_string group, kw_string member)
{
    (void)pthread_mutex_lock(&sessions->lock);
    end(sessions, find(sessions, group, member));
    (void)pthread_mutex_unlock(&sessions->lock);
}

/* ---- connections that have gone ---- */

/* The first one for which that is so; NULL: none. */
static struct share_session *search(const struct share_sessions *sessions,
                                    bool (*matches)(const struct share_session *s, const void *what), const void *what)
{
    struct hash_link *link = NULL;
    while ((link = hash_chains_after(&sessions->table, link)) != NULL)
        if (matches(session_of(link), what))
            return session_of(link);
    return NULL;
}

static bool is_of_connection(const struct share_session *s, const void *connection)
{
    return s->connection == connection;
}

static bool is_of_group(const struct share_session *s, const void *group)
{
    return kw_string_equal(s->group, *(const kw_string *)group);
}

static struct share_session *take_session(struct share_sessions *sessions, const void *connection)
{
    (void)pthread_mutex_lock(&sessions->lock);
    bool is_known = find_connection(sessions, connection) != NULL;
    struct share_session *s = is_known ? search(sessions, is_of_connection, connection) : NULL;
    if (s != NULL)
        hash_chains_remove(&sessions->table, &s->link);
    (void)pthread_mutex_unlock(&sessions->lock);
    return s;
}

static struct share_connection *take_connection(struct share_sessions *sessions, const void *connection, bool *is_last)
{
    (void)pthread_mutex_lock(&sessions->lock);
    struct share_connection *c = find_connection(sessions, connection);
    if (c != NULL) {
        const kw_string group = {c->group, (int32_t)c->size};
        hash_chains_remove(&sessions->connections, &c->link);
        *is_last = search(sessions, is_of_group, &group) == NULL;
    }
    (void)pthread_mutex_unlock(&sessions->lock);
    return c;
}

void share_sessions_leave(struct share_sessions *sessions, const void *connection,
                          const struct share_session_listener *listener)
{
    bool is_last = false;
    for (struct share_session *s; (s = take_session(sessions, connection)) != NULL;) {
        listener->session(listener->context, s->group, s->member, (struct partition_set){s->items, s->count});
        destroy(sessions, s);
    }
    struct share_connection *c = take_connection(sessions, connection, &is_last);
    if (c == NULL)
        return;
    if (is_last)
        listener->group(listener->context, (kw_string){c->group, (int32_t)c->size});
    destroy_connection(sessions, c);
}
