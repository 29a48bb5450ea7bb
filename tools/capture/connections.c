/* SPDX-License-Identifier: Apache-2.0 */
#include "connections.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../command/output.h"

#define FIRST_BUCKETS ((size_t)256)

static void *allocate(size_t count, size_t size)
{
    void *p = calloc(count, size);
    if (p == NULL)
        die("out of memory: %zu bytes were asked for", count * size);
    return p;
}

/* The seed is not secret, but the author of a capture cannot know it. */
void connections_init(connections *t, budget *memory, const stream_sink *sink)
{
    memset(t, 0, sizeof *t);
    t->memory = memory;
    t->sink = *sink;
    t->bucket_count = FIRST_BUCKETS;
    t->buckets = allocate(t->bucket_count, sizeof *t->buckets);
    t->seed = (uint64_t)time(NULL) * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)(uintptr_t)t->buckets;
}

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0xff51afd7ed558ccd);
    return h ^ h >> 32;
}

static uint64_t hash_end(uint64_t seed, const endpoint *e)
{
    uint64_t words[2];
    memcpy(words, e->address.bytes, sizeof words);
    return mix(mix(mix(seed, words[0]), words[1]), (uint64_t)e->port << 1 | e->is_v6);
}

/* The same for both directions. */
static uint64_t hash(const connections *t, const segment *s)
{
    return mix(hash_end(t->seed, &s->from) + hash_end(t->seed, &s->to), t->seed);
}

static bool end_is(const endpoint *a, const endpoint *b)
{
    return a->port == b->port && a->is_v6 == b->is_v6 && memcmp(&a->address, &b->address, sizeof a->address) == 0;
}

/* The side of the connection that sent the segment; -1 if it belongs to another connection. */
static int side_of(const connection *c, const segment *s)
{
    if (end_is(&c->ends[0], &s->from) && end_is(&c->ends[1], &s->to))
        return 0;
    return end_is(&c->ends[1], &s->from) && end_is(&c->ends[0], &s->to) ? 1 : -1;
}

static void unlink_age(connections *t, connection *c)
{
    *(c->newer != NULL ? &c->newer->older : &t->newest) = c->older;
    *(c->older != NULL ? &c->older->newer : &t->oldest) = c->newer;
}

static void link_newest(connections *t, connection *c)
{
    c->newer = NULL;
    c->older = t->newest;
    *(t->newest != NULL ? &t->newest->newer : &t->oldest) = c;
    t->newest = c;
}

static void end_oldest(connections *t)
{
    connection *c = t->oldest;
    connection_end(c, t->memory, &t->sink);
    connection **link = &t->buckets[c->bucket];
    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
    unlink_age(t, c);
    t->count--;
    budget_give(t->memory, sizeof *c);
    free(c);
}

static void grow(connections *t)
{
    size_t count = t->bucket_count * 2;
    if (!budget_take(t->memory, t->bucket_count * sizeof *t->buckets))
        return;
    connection **buckets = allocate(count, sizeof *buckets);
    for (size_t i = 0; i < t->bucket_count; i++) {
        for (connection *c = t->buckets[i], *next; c != NULL; c = next) {
            next = c->next;
            segment s = {.from = c->ends[0], .to = c->ends[1]};
            c->bucket = (size_t)hash(t, &s) & (count - 1);
            c->next = buckets[c->bucket];
            buckets[c->bucket] = c;
        }
    }
    free(t->buckets);
    t->buckets = buckets;
    t->bucket_count = count;
}

static connection *add(connections *t, const segment *s)
{
    if (!budget_take(t->memory, sizeof(connection)))
        return NULL;
    if (t->count >= t->bucket_count)
        grow(t);
    connection *c = allocate(1, sizeof *c);
    c->ends[0] = s->from;
    c->ends[1] = s->to;
    c->opener = -1;
    c->bucket = (size_t)hash(t, s) & (t->bucket_count - 1);
    c->next = t->buckets[c->bucket];
    t->buckets[c->bucket] = c;
    link_newest(t, c);
    t->count++;
    return c;
}

/* Frees what a packet needs, if necessary by ending silent connections. */
static void make_space(connections *t)
{
    while (budget_left(t->memory) < t->memory->limit / 16 && t->oldest != t->newest) {
        t->dropped += !t->oldest->over && !t->oldest->ignored;
        end_oldest(t);
    }
}

void connections_take(connections *t, const segment *s)
{
    make_space(t);
    connection *c = t->buckets[(size_t)hash(t, s) & (t->bucket_count - 1)];
    int side = -1;
    for (; c != NULL; c = c->next)
        if ((side = side_of(c, s)) >= 0)
            break;
    if (c == NULL) {
        if (s->payload.size == 0 && (s->flags & TCP_SYN) == 0) /* no content, and no state to keep */
            return;
        c = add(t, s);
        side = 0;
        if (c == NULL)
            return;
    } else if (c != t->newest) {
        unlink_age(t, c);
        link_newest(t, c);
    }
    connection_take(c, side, s, t->memory, &t->sink);
}

void connections_finish(connections *t)
{
    while (t->oldest != NULL)
        end_oldest(t);
    free(t->buckets);
    t->buckets = NULL;
}
