/* SPDX-License-Identifier: Apache-2.0 */
#include "waiting.h"

#include <stdlib.h>
#include <string.h>

#include "../command/output.h"

#define FEW 16u

static size_t size_of(size_t captured)
{
    return sizeof(waiting_segment) + captured;
}

static bool make_space(waiting *w, budget *memory)
{
    if (w->first + w->count < w->cap)
        return true;
    if (w->first != 0) {
        memmove(w->items, w->items + w->first, w->count * sizeof *w->items);
        w->first = 0;
        return true;
    }
    uint32_t cap = w->cap == 0 ? FEW : w->cap * 2;
    if (cap > WAITING_MAX || !budget_take(memory, (cap - w->cap) * sizeof *w->items))
        return false;
    waiting_segment **items = realloc(w->items, cap * sizeof *items);
    if (items == NULL)
        die("out of memory: %zu bytes were asked for", cap * sizeof *items);
    w->items = items;
    w->cap = cap;
    return true;
}

/* The number of waiting segments that start at or before `seq`. */
static uint32_t position(const waiting *w, uint32_t seq)
{
    uint32_t least = 0;
    uint32_t most = w->count;
    while (least < most) {
        uint32_t middle = (least + most) / 2;
        if (seq_distance(w->items[w->first + middle]->seq, seq) <= 0)
            least = middle + 1;
        else
            most = middle;
    }
    return least;
}

static bool covers(const waiting_segment *have, const segment *s)
{
    uint32_t skipped = s->seq - have->seq;
    return have->captured == have->size && have->size >= skipped + s->payload.size &&
           (s->flags & ~have->flags & (TCP_FIN | TCP_RST)) == 0;
}

static waiting_segment *copy(const segment *s, uint32_t arrived, budget *memory)
{
    if (!budget_take_bulk(memory, size_of(s->payload.captured)))
        return NULL;
    waiting_segment *c = malloc(size_of(s->payload.captured));
    if (c == NULL)
        die("out of memory: %zu bytes were asked for", size_of(s->payload.captured));
    c->time = s->payload.time;
    c->seq = s->seq;
    c->ack = s->ack;
    c->size = (uint32_t)s->payload.size;
    c->captured = (uint32_t)s->payload.captured;
    c->arrived = arrived;
    c->flags = s->flags;
    if (s->payload.captured != 0)
        memcpy(c->data, s->payload.data, s->payload.captured);
    return c;
}

bool waiting_add(waiting *w, const segment *s, uint32_t arrived, budget *memory)
{
    uint32_t at = position(w, s->seq);
    if (at != 0 && covers(w->items[w->first + at - 1], s))
        return true;
    if (!make_space(w, memory))
        return false;
    waiting_segment *c = copy(s, arrived, memory);
    if (c == NULL)
        return false;
    waiting_segment **place = w->items + w->first + at;
    memmove(place + 1, place, (w->count - at) * sizeof *place);
    *place = c;
    w->count++;
    return true;
}

waiting_segment *waiting_take(waiting *w)
{
    waiting_segment *s = w->items[w->first];
    w->count--;
    w->first = w->count != 0 ? w->first + 1 : 0;
    return s;
}

void waiting_free(waiting_segment *s, budget *memory)
{
    budget_give(memory, size_of(s->captured));
    free(s);
}

void waiting_finish(waiting *w, budget *memory)
{
    while (w->count != 0)
        waiting_free(waiting_take(w), memory);
    budget_give(memory, w->cap * sizeof *w->items);
    free(w->items);
    memset(w, 0, sizeof *w);
}
