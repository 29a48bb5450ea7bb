/* SPDX-License-Identifier: Apache-2.0 */
#include "records.h"

#include <stdlib.h>
#include <string.h>

#include "../command/output.h"

/* Context of all functions here. */
typedef struct work {
    records *s;
    budget *memory;
    const records_sink *sink;
    void *context;
    int side;
    int64_t time;
} work;

static void drop_kept(records *s, budget *memory)
{
    budget_give(memory, s->kept_cap);
    free(s->kept);
    s->kept = NULL;
    s->kept_cap = 0;
    s->kept_size = 0;
}

void records_finish(records *s, budget *memory)
{
    drop_kept(s, memory);
}

/* False, and nothing is kept, if memory is short. */
static bool keep(const work *w, const uint8_t *data, size_t size, size_t cap)
{
    records *s = w->s;
    size_t needed = s->kept_size + size;
    cap = cap > needed ? cap : needed;
    if (needed > s->kept_cap) {
        if (!budget_take_bulk(w->memory, cap - s->kept_cap)) {
            drop_kept(s, w->memory);
            return false;
        }
        s->kept = realloc(s->kept, cap);
        if (s->kept == NULL)
            die("out of memory: %zu bytes were asked for", cap);
        s->kept_cap = cap;
    }
    memcpy(s->kept + s->kept_size, data, size);
    s->kept_size += size;
    return true;
}

static size_t body_size(const uint8_t *header)
{
    return (size_t)header[3] << 8 | header[4];
}

bool records_begin(const uint8_t *data, size_t size, bool encrypted)
{
    uint8_t first = encrypted ? RECORD_APPLICATION_DATA : RECORD_CHANGE_CIPHER_SPEC;
    if (size > 0 && (data[0] < first || data[0] > RECORD_APPLICATION_DATA))
        return false;
    if ((size > 1 && data[1] != 3) || (size > 2 && (data[2] > 4 || (encrypted && data[2] != 3))))
        return false;
    return size < TLS_HEADER_SIZE || (body_size(data) != 0 && body_size(data) <= TLS_BODY_MAX);
}

static record record_at(const work *w, const uint8_t *data, size_t captured)
{
    return (record){data, data + TLS_HEADER_SIZE, captured - TLS_HEADER_SIZE, body_size(data), w->time};
}

static void lose_step(const work *w)
{
    w->s->searching = true;
    w->s->holed = false;
    w->s->passed = 0;
}

/* ---- in step ---- */

static void deliver_kept(const work *w)
{
    records *s = w->s;
    record r = record_at(w, s->kept, s->kept_size);
    s->passed = 0;
    s->holed = false;
    w->sink->record(w->context, w->side, &r);
    drop_kept(s, w->memory);
}

/* These functions return the number of bytes that they used. */
static size_t take_header(const work *w, const uint8_t *data, size_t size)
{
    records *s = w->s;
    size_t n = TLS_HEADER_SIZE - s->passed < size ? TLS_HEADER_SIZE - s->passed : size;
    if (!keep(w, data, n, TLS_HEADER_SIZE)) {
        lose_step(w);
        return n;
    }
    s->passed += n;
    if (!records_begin(s->kept, s->kept_size, false))
        lose_step(w);
    return n;
}

static size_t take_body(const work *w, const uint8_t *data, size_t size)
{
    records *s = w->s;
    size_t needed = TLS_HEADER_SIZE + body_size(s->kept);
    size_t n = needed - s->passed < size ? needed - s->passed : size;
    if (!s->holed && !keep(w, data, n, needed)) {
        lose_step(w);
        return n;
    }
    s->passed += n;
    if (s->passed == needed)
        deliver_kept(w);
    return n;
}

static size_t take(const work *w, const uint8_t *data, size_t size)
{
    records *s = w->s;
    if (s->passed == 0 && size >= TLS_HEADER_SIZE && records_begin(data, size, false) &&
        size - TLS_HEADER_SIZE >= body_size(data)) {
        size_t whole = TLS_HEADER_SIZE + body_size(data);
        record r = record_at(w, data, whole);
        w->sink->record(w->context, w->side, &r);
        return whole;
    }
    return s->passed < TLS_HEADER_SIZE ? take_header(w, data, size) : take_body(w, data, size);
}

/* ---- searching ---- */

/* Finds the first place in the kept bytes where a record is, or may be once there are more bytes. */
static bool search(const work *w, size_t *at)
{
    const records *s = w->s;
    for (*at = 0; *at < s->kept_size && !w->sink->stop(w->context); ++*at) {
        const uint8_t *data = s->kept + *at;
        size_t left = s->kept_size - *at;
        if (!records_begin(data, left, true))
            continue;
        if (left < TLS_HEADER_SIZE || left - TLS_HEADER_SIZE < body_size(data))
            return false;
        record r = record_at(w, data, TLS_HEADER_SIZE + body_size(data));
        if (w->sink->found(w->context, w->side, &r))
            return true;
    }
    return false;
}

static void go(const work *w, const uint8_t *data, size_t size);

/* The bytes behind the record that was found. */
static void continue_from_kept(const work *w, size_t at)
{
    records *s = w->s;
    uint8_t *kept = s->kept;
    size_t cap = s->kept_cap;
    size_t size = s->kept_size;
    size_t end = at + TLS_HEADER_SIZE + body_size(kept + at);
    s->kept = NULL;
    s->kept_cap = 0;
    s->kept_size = 0;
    s->searching = false;
    go(w, kept + end, size - end);
    free(kept);
    budget_give(w->memory, cap);
}

static void seek(const work *w, const uint8_t *data, size_t size)
{
    records *s = w->s;
    size_t at;
    if (!keep(w, data, size, 0))
        return;
    if (search(w, &at)) {
        continue_from_kept(w, at);
        return;
    }
    memmove(s->kept, s->kept + at, s->kept_size - at);
    s->kept_size -= at;
}

static void go(const work *w, const uint8_t *data, size_t size)
{
    while (size != 0 && !w->sink->stop(w->context)) {
        if (w->s->searching) {
            seek(w, data, size);
            return;
        }
        size_t used = take(w, data, size);
        data += used;
        size -= used;
    }
}

void records_bytes(records *s, budget *memory, const records_sink *sink, void *context, int side, const uint8_t *data,
                   size_t size, int64_t time)
{
    work w = {s, memory, sink, context, side, time};
    go(&w, data, size);
}

void records_gap(records *s, budget *memory, const records_sink *sink, void *context, int side, size_t size,
                 int64_t time)
{
    work w = {s, memory, sink, context, side, time};
    if (s->searching || s->passed < TLS_HEADER_SIZE) {
        drop_kept(s, memory);
        lose_step(&w);
        return;
    }
    size_t left = TLS_HEADER_SIZE + body_size(s->kept) - s->passed;
    s->holed = true;
    s->passed += size < left ? size : left;
    if (size < left)
        return;
    deliver_kept(&w);
    if (size > left)
        lose_step(&w);
}
