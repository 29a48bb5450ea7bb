/* SPDX-License-Identifier: Apache-2.0 */
#include "framer.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/frame.h>

#include "../command/output.h"

#define SMALLEST ((size_t)4096)
#define SPARE_MAX ((size_t)64 * 1024 * 1024)

/* Context of all functions here. */
typedef struct work {
    framer *f;
    frame_memory *memory;
    const framer_sink *sink;
    void *context;
    int side;
    int64_t time;
    const uint8_t *edge; /* first of the new bytes; NULL: none */
} work;

static void drop_spare(frame_memory *memory)
{
    budget_give(memory->budget, memory->spare_size);
    free(memory->spare);
    memory->spare = NULL;
    memory->spare_size = 0;
}

void frame_memory_finish(frame_memory *memory)
{
    drop_spare(memory);
}

static void give_back(frame_memory *memory, uint8_t *data, size_t cap)
{
    if (cap <= memory->spare_size || cap > SPARE_MAX) {
        budget_give(memory->budget, cap);
        free(data);
        return;
    }
    drop_spare(memory);
    memory->spare = data;
    memory->spare_size = cap;
}

static bool take(frame_memory *memory, size_t size)
{
    if (budget_take_bulk(memory->budget, size))
        return true;
    drop_spare(memory);
    return budget_take_bulk(memory->budget, size);
}

/* Makes space for `size` kept bytes; false if memory is short. */
static bool reserve(framer *f, frame_memory *memory, size_t size)
{
    if (size <= f->kept_cap)
        return true;
    if (f->kept == NULL && memory->spare_size >= size) {
        f->kept = memory->spare;
        f->kept_cap = memory->spare_size;
        memory->spare = NULL;
        memory->spare_size = 0;
        return true;
    }
    size_t cap = f->kept_cap * 2 > SMALLEST ? f->kept_cap * 2 : SMALLEST;
    if (cap < size || !take(memory, cap - f->kept_cap)) {
        cap = size;
        if (!take(memory, cap - f->kept_cap))
            return false;
    }
    uint8_t *kept = realloc(f->kept, cap);
    if (kept == NULL)
        die("out of memory: %zu bytes were asked for", cap);
    f->kept = kept;
    f->kept_cap = cap;
    return true;
}

static bool keep(framer *f, frame_memory *memory, const uint8_t *data, size_t size)
{
    if (!reserve(f, memory, f->kept_size + size)) {
        memory->refused++;
        return false;
    }
    memcpy(f->kept + f->kept_size, data, size);
    f->kept_size += size;
    return true;
}

static void forget_frame(framer *f)
{
    f->kept_size = 0;
    f->passed = 0;
    f->needed = 0;
    f->holed = false;
}

void framer_finish(framer *f, frame_memory *memory)
{
    forget_frame(f);
    give_back(memory, f->kept, f->kept_cap);
    f->kept = NULL;
    f->kept_cap = 0;
}

static void skipped(const work *w, size_t size)
{
    if (size != 0)
        w->sink->skipped(w->context, w->side, size);
}

static void lose_step(const work *w)
{
    w->f->state = FRAMER_SEARCHING;
    w->f->passed = 0;
    w->f->needed = 0;
    w->f->holed = false;
}

/* Delivers the frame from the kept bytes. */
static void deliver_kept(const work *w)
{
    framer *f = w->f;
    uint8_t *kept = f->kept;
    size_t cap = f->kept_cap;
    frame whole = {kept + FRAME_PREFIX, f->kept_size - FRAME_PREFIX, f->needed - FRAME_PREFIX, w->time};
    forget_frame(f);
    f->kept = NULL;
    f->kept_cap = 0;
    w->sink->frame(w->context, w->side, &whole);
    give_back(w->memory, kept, cap);
}

static bool look(const framer *f, const uint8_t *data, size_t size, kw_frame *out)
{
    return f->tokens ? kw_frame_next_token(data, size, FRAME_MAX, out) : kw_frame_next(data, size, FRAME_MAX, out);
}

/* At the start of a frame. These functions return the number of bytes that they used. */
static size_t begin_frame(const work *w, const uint8_t *data, size_t size)
{
    framer *f = w->f;
    kw_frame found;
    if (look(f, data, size, &found)) {
        frame whole = {found.payload.data, (size_t)found.payload.len, (size_t)found.payload.len, w->time};
        w->sink->frame(w->context, w->side, &whole);
        return found.consumed;
    }
    if (found.status != KW_OK) {
        lose_step(w);
        return 0;
    }
    f->passed = size;
    f->needed = size >= FRAME_PREFIX ? found.needed : 0;
    f->holed = !keep(f, w->memory, data, size);
    if (f->holed && !keep(f, w->memory, data, size < FRAME_PREFIX ? size : FRAME_PREFIX)) {
        lose_step(w);
        skipped(w, size);
    }
    return size;
}

/* In the size field of a frame. */
static size_t continue_size(const work *w, const uint8_t *data, size_t size)
{
    framer *f = w->f;
    size_t n = FRAME_PREFIX - f->passed < size ? FRAME_PREFIX - f->passed : size;
    kw_frame found;
    if (!keep(f, w->memory, data, n)) {
        lose_step(w);
        skipped(w, n);
        return n;
    }
    f->passed += n;
    if (f->passed < FRAME_PREFIX)
        return n;
    (void)look(f, f->kept, FRAME_PREFIX, &found);
    if (found.status != KW_OK) {
        lose_step(w); /* the kept bytes are searched too */
        return n;
    }
    f->needed = found.needed;
    if (f->passed == f->needed)
        deliver_kept(w);
    return n;
}

static size_t continue_frame(const work *w, const uint8_t *data, size_t size)
{
    framer *f = w->f;
    if (f->needed == 0)
        return continue_size(w, data, size);
    size_t n = f->needed - f->passed < size ? f->needed - f->passed : size;
    if (!f->holed)
        f->holed = !keep(f, w->memory, data, n);
    f->passed += n;
    if (f->passed == f->needed)
        deliver_kept(w);
    return n;
}

/* Searches the first position at which a frame starts, or may start. */
static verdict search(const work *w, const uint8_t *data, size_t size, size_t *at)
{
    for (*at = 0; *at < size; ++*at) {
        bool at_edge = *at == 0 && data == w->f->kept ? w->f->kept_at_edge : data + *at == w->edge;
        verdict v = w->sink->begins(w->context, w->side, data + *at, size - *at, at_edge);
        if (v != VERDICT_NO)
            return v;
        if (w->f->state == FRAMER_AT_START)
            break;
    }
    return VERDICT_NO;
}

static void go(const work *w, const uint8_t *data, size_t size);

/* A frame starts in the kept bytes. */
static void continue_from_kept(const work *w, size_t at)
{
    framer *f = w->f;
    uint8_t *kept = f->kept;
    size_t cap = f->kept_cap;
    size_t size = f->kept_size;
    f->kept = NULL;
    f->kept_cap = 0;
    f->kept_size = 0;
    go(w, kept + at, size - at);
    give_back(w->memory, kept, cap);
}

/* `f->kept` holds bytes that may start a frame, except the first `at`. */
static void drop_kept(framer *f, size_t at)
{
    memmove(f->kept, f->kept + at, f->kept_size - at);
    f->kept_size -= at;
    f->kept_at_edge = f->kept_at_edge && at == 0;
}

/* All bytes of the search but the last, at which a frame may start, were skipped. */
static size_t seek_in_kept(const work *w, size_t size)
{
    framer *f = w->f;
    size_t at;
    verdict v = search(w, f->kept, f->kept_size, &at);
    if (v == VERDICT_NO && f->state == FRAMER_AT_START) {
        w->sink->refused(w->context, w->side, f->kept, f->kept_size);
        if (f->state == FRAMER_IN_STEP)
            continue_from_kept(w, 0);
        else if (f->state == FRAMER_SEARCHING && !w->sink->stop(w->context))
            return seek_in_kept(w, size);
        return size;
    }
    skipped(w, at);
    if (v == VERDICT_YES) {
        f->state = FRAMER_IN_STEP;
        continue_from_kept(w, at);
    } else {
        drop_kept(f, at);
    }
    return size;
}

static size_t seek(const work *w, const uint8_t *data, size_t size)
{
    framer *f = w->f;
    if (f->kept_size != 0) {
        if (keep(f, w->memory, data, size))
            return seek_in_kept(w, size);
        skipped(w, f->kept_size);
        f->kept_size = 0;
    }
    size_t at;
    verdict v = search(w, data, size, &at);
    if (v == VERDICT_NO && f->state == FRAMER_AT_START) {
        w->sink->refused(w->context, w->side, data, size);
        return 0;
    }
    skipped(w, at);
    if (v == VERDICT_YES)
        f->state = FRAMER_IN_STEP;
    if (v == VERDICT_MORE && !keep(f, w->memory, data + at, size - at))
        skipped(w, size - at);
    f->kept_at_edge = data + at == w->edge;
    return v == VERDICT_MORE ? size : at;
}

static void go(const work *w, const uint8_t *data, size_t size)
{
    while (size != 0 && !w->sink->stop(w->context)) {
        size_t used;
        if (w->f->state != FRAMER_IN_STEP)
            used = seek(w, data, size);
        else if (w->f->passed == 0)
            used = begin_frame(w, data, size);
        else
            used = continue_frame(w, data, size);
        data += used;
        size -= used;
    }
}

void framer_bytes(framer *f, frame_memory *memory, const framer_sink *sink, void *context, int side,
                  const uint8_t *data, size_t size, int64_t time)
{
    work w = {f, memory, sink, context, side, time, data};
    go(&w, data, size);
}

void framer_gap(framer *f, frame_memory *memory, const framer_sink *sink, void *context, int side, size_t size,
                int64_t time)
{
    work w = {f, memory, sink, context, side, time, NULL};
    size_t left = f->needed - f->passed;
    if (f->state != FRAMER_IN_STEP || f->needed == 0) {
        skipped(&w, f->kept_size);
        forget_frame(f);
        f->state = FRAMER_SEARCHING;
        return;
    }
    f->holed = true;
    f->passed += size < left ? size : left;
    if (size < left)
        return;
    if (size > left)
        f->state = FRAMER_SEARCHING;
    deliver_kept(&w);
}

void framer_end(framer *f, frame_memory *memory, const framer_sink *sink, void *context, int side, int64_t time)
{
    work w = {f, memory, sink, context, side, time, NULL};
    if (f->state == FRAMER_IN_STEP && f->needed != 0)
        deliver_kept(&w);
    else
        skipped(&w, f->kept_size);
    framer_finish(f, memory);
}
