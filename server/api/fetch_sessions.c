/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch_sessions.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/random.h"

enum { ID_RANGE = INT32_MAX / FETCH_SESSION_SHARDS, CHAINS = 64 };

typedef struct fetch_session session;
typedef struct fetch_session_shard shard;

bool fetch_sessions_init(struct fetch_sessions *sessions, int32_t slots, size_t max_partitions)
{
    memset(sessions, 0, sizeof *sessions);
    sessions->max_partitions = max_partitions;
    for (int i = 0; i < FETCH_SESSION_SHARDS; i++)
        sessions->shards[i].max = (size_t)slots / FETCH_SESSION_SHARDS;
    if (sessions->shards[0].max == 0)
        return true;
    bool fine = true;
    for (int i = 0; i < FETCH_SESSION_SHARDS; i++) {
        sessions->shards[i].chain_count = CHAINS;
        sessions->shards[i].chains = calloc(CHAINS, sizeof *sessions->shards[i].chains);
        fine = pthread_mutex_init(&sessions->shards[i].lock, NULL) == 0 && sessions->shards[i].chains != NULL && fine;
    }
    sessions->is_open = true;
    if (!fine)
        fetch_sessions_finish(sessions);
    return fine;
}

void fetch_sessions_finish(struct fetch_sessions *sessions)
{
    for (int i = 0; sessions->is_open && i < FETCH_SESSION_SHARDS; i++) {
        shard *h = &sessions->shards[i];
        for (size_t k = 0; h->chains != NULL && k < h->chain_count; k++)
            for (session *s = h->chains[k], *next; s != NULL; s = next) {
                next = s->next;
                fetch_session_destroy(s);
            }
        free(h->chains);
        (void)pthread_mutex_destroy(&h->lock);
    }
    sessions->is_open = false;
}

/* ---- a shard, whose lock is held ---- */

static shard *lock_shard(struct fetch_sessions *sessions, int32_t id)
{
    if (!sessions->is_open || id <= 0 || id / ID_RANGE >= FETCH_SESSION_SHARDS)
        return NULL;
    shard *h = &sessions->shards[id / ID_RANGE];
    (void)pthread_mutex_lock(&h->lock);
    return h;
}

static void unlock_shard(shard *h)
{
    (void)pthread_mutex_unlock(&h->lock);
}

static session **chain_of(const shard *h, int32_t id)
{
    return &h->chains[(uint32_t)id * UINT32_C(2654435761) >> 8 & (h->chain_count - 1)];
}

static session *find(const shard *h, int32_t id)
{
    session *s = *chain_of(h, id);
    while (s != NULL && s->id != id)
        s = s->next;
    return s;
}

static void take_out(struct fetch_sessions *sessions, shard *h, session *s)
{
    session **link = chain_of(h, s->id);
    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    h->count--;
    (void)atomic_fetch_sub(&sessions->partitions, s->counted);
    fetch_session_destroy(s);
}

/* Longer chains are only slower. */
static void spread(shard *h)
{
    size_t more = h->chain_count * 4;
    session **chains = h->count > h->chain_count ? calloc(more, sizeof(session *)) : NULL;
    if (chains == NULL)
        return;
    session **old = h->chains;
    size_t count = h->chain_count;
    h->chains = chains;
    h->chain_count = more;
    for (size_t k = 0; k < count; k++)
        for (session *s = old[k], *next; s != NULL; s = next) {
            next = s->next;
            session **chain = chain_of(h, s->id);
            s->next = *chain;
            *chain = s;
        }
    free(old);
}

static void touch(struct fetch_sessions *sessions, session *s, int64_t now_ms)
{
    bool is_old = now_ms - s->created_ms > FETCH_SESSION_EVICTION_MS;
    s->used_ms = now_ms;
    (void)atomic_fetch_add(&sessions->partitions, s->count);
    (void)atomic_fetch_sub(&sessions->partitions, s->counted);
    s->counted = s->count;
    s->evictable_by_privileged = !s->is_privileged || is_old;
    s->evictable_by_all = is_old;
}

/* ---- eviction ---- */

static bool used_before(const session *a, const session *b)
{
    return a->used_ms != b->used_ms ? a->used_ms < b->used_ms : a->id < b->id;
}

/* Followers are worth more than consumers, large sessions more than small ones. */
static int compare_worth(bool privileged_a, size_t size_a, int32_t id_a, const session *b)
{
    if (privileged_a != b->is_privileged)
        return privileged_a ? 1 : -1;
    if (size_a != b->counted)
        return size_a < b->counted ? -1 : 1;
    return id_a < b->id ? -1 : id_a > b->id;
}

/* Removes a session that has not been used for long, or one that is worth less than a new one of this kind. */
static bool make_way(struct fetch_sessions *sessions, shard *h, bool is_privileged, size_t size, int64_t now_ms)
{
    session *oldest = NULL, *least = NULL;
    for (size_t k = 0; k < h->chain_count; k++)
        for (session *s = h->chains[k]; s != NULL; s = s->next) {
            if (oldest == NULL || used_before(s, oldest))
                oldest = s;
            bool may_go = is_privileged ? s->evictable_by_privileged : s->evictable_by_all;
            if (may_go && (least == NULL || compare_worth(s->is_privileged, s->counted, s->id, least) < 0))
                least = s;
        }
    if (oldest != NULL && now_ms - oldest->used_ms > FETCH_SESSION_EVICTION_MS)
        least = oldest;
    else if (least != NULL && compare_worth(is_privileged, size, 0, least) < 0)
        least = NULL;
    if (least != NULL)
        take_out(sessions, h, least);
    return least != NULL;
}

/* ---- requests ---- */

static bool change(session *s, const struct fetch_session_request *request)
{
    for (size_t i = 0; i < request->count; i++)
        if (!fetch_session_ask(s, &request->asked[i]))
            return false;
    for (size_t t = 0; t < request->forgotten_count; t++) {
        const kw_fetch_request_forgotten_topic *topic = &request->forgotten[t];
        for (int32_t p = 0; p < topic->partitions.len; p++)
            fetch_session_forget(s, topic->topic, topic->topic_id, topic->partitions.items[p]);
    }
    return true;
}

static int16_t update(struct fetch_sessions *sessions, shard *h, session *s,
                      const struct fetch_session_request *request, int64_t now_ms, kw_arena *arena,
                      struct fetch_asked **out, size_t *count)
{
    if (s->epoch != request->epoch)
        return KW_ERROR_INVALID_FETCH_SESSION_EPOCH;
    if (s->uses_ids != request->uses_ids)
        return KW_ERROR_FETCH_SESSION_TOPIC_ID_ERROR;
    bool fine = change(s, request);
    touch(sessions, s, now_ms);
    if (!fine || atomic_load(&sessions->partitions) > sessions->max_partitions ||
        !fetch_session_list(s, arena, out, count)) {
        take_out(sessions, h, s);
        return KW_ERROR_FETCH_SESSION_ID_NOT_FOUND;
    }
    s->epoch = fetch_session_next_epoch(s->epoch);
    if (s->count == 0)
        take_out(sessions, h, s);
    return KW_ERROR_NONE;
}

int16_t fetch_sessions_update(struct fetch_sessions *sessions, const struct fetch_session_request *request,
                              int64_t now_ms, kw_arena *arena, struct fetch_asked **out, size_t *count)
{
    shard *h = lock_shard(sessions, request->id);
    if (h == NULL)
        return KW_ERROR_FETCH_SESSION_ID_NOT_FOUND;
    session *s = find(h, request->id);
    int16_t error = s != NULL ? update(sessions, h, s, request, now_ms, arena, out, count)
                              : (int16_t)KW_ERROR_FETCH_SESSION_ID_NOT_FOUND;
    unlock_shard(h);
    return error;
}

/* A session that has been evicted meanwhile knows nothing, and the client learns it with its next request. */
int16_t fetch_sessions_prune(struct fetch_sessions *sessions, int32_t id, int32_t epoch, kw_fetch_response *response)
{
    int16_t error = KW_ERROR_NONE;
    shard *h = lock_shard(sessions, id);
    session *s = h != NULL ? find(h, id) : NULL;
    if (s != NULL && s->epoch != fetch_session_next_epoch(epoch))
        error = KW_ERROR_INVALID_FETCH_SESSION_EPOCH;
    else if (s != NULL)
        fetch_session_prune(s, response);
    if (h != NULL)
        unlock_shard(h);
    return error;
}

/* ---- new ones ---- */

static bool fill(session *s, const struct fetch_asked *asked, size_t count, const kw_fetch_response *response)
{
    for (size_t i = 0; i < count; i++)
        if (!fetch_session_ask(s, &asked[i]))
            return false;
    for (int32_t t = 0; t < response->responses.len; t++)
        for (int32_t p = 0; p < response->responses.items[t].partitions.len; p++)
            fetch_session_note(s, &response->responses.items[t], &response->responses.items[t].partitions.items[p]);
    return true;
}

/* 0: there is no randomness. */
static int32_t new_id(const shard *h, int32_t number)
{
    uint32_t bits;
    int32_t id;
    do {
        if (!random_system.fill(&random_system, &bits, sizeof bits))
            return 0;
        id = number * ID_RANGE + (int32_t)(bits % (uint32_t)ID_RANGE);
    } while (id == 0 || find(h, id) != NULL);
    return id;
}

static session *create(const shard *h, int32_t number, bool is_privileged, bool uses_ids, int64_t now_ms)
{
    uint32_t seed;
    int32_t id = new_id(h, number);
    if (id == 0 || !random_system.fill(&random_system, &seed, sizeof seed))
        return NULL;
    return fetch_session_create(id, is_privileged, uses_ids, now_ms, seed);
}

static void put_in(struct fetch_sessions *sessions, shard *h, session *s, int64_t now_ms)
{
    session **chain = chain_of(h, s->id);
    s->next = *chain;
    *chain = s;
    h->count++;
    touch(sessions, s, now_ms);
    spread(h);
}

int32_t fetch_sessions_start(struct fetch_sessions *sessions, bool is_privileged, bool uses_ids, int64_t now_ms,
                             const struct fetch_asked *asked, size_t count, const kw_fetch_response *response)
{
    if (!sessions->is_open || count > sessions->max_partitions)
        return 0;
    int32_t number = (int32_t)(atomic_fetch_add(&sessions->next_shard, 1) % FETCH_SESSION_SHARDS), id = 0;
    shard *h = &sessions->shards[number];
    (void)pthread_mutex_lock(&h->lock);
    bool may = h->count < h->max || make_way(sessions, h, is_privileged, count, now_ms);
    may = may && atomic_load(&sessions->partitions) + count <= sessions->max_partitions;
    session *s = may ? create(h, number, is_privileged, uses_ids, now_ms) : NULL;
    if (s != NULL && fill(s, asked, count, response)) {
        put_in(sessions, h, s, now_ms);
        id = s->id;
    } else {
        fetch_session_destroy(s);
    }
    unlock_shard(h);
    return id;
}

void fetch_sessions_end(struct fetch_sessions *sessions, int32_t id)
{
    shard *h = lock_shard(sessions, id);
    if (h == NULL)
        return;
    session *s = find(h, id);
    if (s != NULL)
        take_out(sessions, h, s);
    unlock_shard(h);
}

size_t fetch_sessions_count(struct fetch_sessions *sessions)
{
    size_t count = 0;
    for (int i = 0; sessions->is_open && i < FETCH_SESSION_SHARDS; i++) {
        (void)pthread_mutex_lock(&sessions->shards[i].lock);
        count += sessions->shards[i].count;
        unlock_shard(&sessions->shards[i]);
    }
    return count;
}
