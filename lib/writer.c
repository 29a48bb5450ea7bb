/* SPDX-License-Identifier: Apache-2.0 */
#include "writer_back.h"

#define MAX_STRING 0x7fff
#define SMALLEST_BUFFER ((size_t)512)
#define SMALLEST_GATHERED ((size_t)128)

/* memcpy() for sizes that are mostly small: moves that overlap in the middle are faster than a call. */
void kwi_copy(uint8_t *to, const void *data, size_t size)
{
    const uint8_t *from = (const uint8_t *)data;
    if (size > 32) {
        memcpy(to, from, size);
    } else if (size >= 16) {
        memcpy(to, from, 16);
        memcpy(to + size - 16, from + size - 16, 16);
    } else if (size >= 8) {
        memcpy(to, from, 8);
        memcpy(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        memcpy(to, from, 4);
        memcpy(to + size - 4, from + size - 4, 4);
    } else {
        for (size_t i = 0; i < size; i++)
            to[i] = from[i];
    }
}

static void set_buffer(kw_writer *w, uint8_t *buf, size_t size)
{
    static uint8_t nothing; /* the position of a writer without a buffer */
    w->buf = buf != NULL ? buf : &nothing;
    w->pos = w->buf;
    w->end = w->buf + size;
}

static void init(kw_writer *w, uint8_t *buf, size_t size)
{
    memset(w, 0, sizeof *w);
    set_buffer(w, buf, size);
    w->gather_min = SIZE_MAX;
    w->status = KW_OK;
}

void kw_writer_init(kw_writer *w, void *buf, size_t size)
{
    init(w, buf, size);
    w->limit = size;
}

void kw_writer_init_growing(kw_writer *w, const kw_allocator *allocator, size_t limit)
{
    init(w, NULL, 0);
    w->allocator = allocator;
    w->limit = limit;
}

void kw_writer_init_counting(kw_writer *w)
{
    init(w, NULL, 0);
    w->limit = SIZE_MAX;
}

void kw_writer_gather(kw_writer *w, kw_gathered *slots, size_t cap, size_t min_size)
{
    w->gathered = slots;
    w->gathered_len = 0;
    w->gathered_cap = cap;
    kw_writer_gather_from(w, min_size);
}

void kw_writer_gather_from(kw_writer *w, size_t min_size)
{
    w->gather_min = min_size < SMALLEST_GATHERED ? SMALLEST_GATHERED : min_size;
}

void kw_writer_move_gathered(kw_writer *w, kw_gathered *slots, size_t cap)
{
    w->gathered = slots;
    w->gathered_cap = cap;
}

void kw_writer_reset(kw_writer *w)
{
    kwi_writer_back(w, 0, 0);
    w->gathered_len = 0;
}

void kw_writer_finish(kw_writer *w)
{
    if (w->owned != 0)
        w->allocator->release(w->allocator->context, w->buf, w->owned);
    w->owned = 0;
    set_buffer(w, NULL, 0);
}

kw_status kw_writer_fail(kw_writer *w, kw_status status)
{
    if (w->status == KW_OK && status != KW_OK) {
        w->status = status;
        w->end = w->pos;
    }
    return w->status;
}

static bool is_counting(const kw_writer *w)
{
    return w->allocator == NULL && w->limit == SIZE_MAX;
}

static size_t capacity(const kw_writer *w)
{
    if (w->allocator != NULL)
        return w->owned;
    return is_counting(w) ? 0 : w->limit;
}

/* A writer that has not grown yet has no memory, and to NULL not even 0 may be added. */
static uint8_t *memory_at(const kw_writer *w, size_t size)
{
    return size != 0 ? w->buf + size : w->buf;
}

void kwi_writer_back(kw_writer *w, size_t size, size_t extra)
{
    w->pos = memory_at(w, size);
    w->end = memory_at(w, capacity(w));
    w->extra = extra;
    w->status = KW_OK;
}

static kw_status grow(kw_writer *w, size_t size)
{
    if (w->allocator == NULL)
        return KW_ERR_SPACE;
    size_t held = kwi_writer_size(w);
    if (size > w->limit - held)
        return KW_ERR_MEMORY_LIMIT;
    size_t want = w->owned > w->limit / 2 ? w->limit : w->owned * 2;
    if (want < SMALLEST_BUFFER)
        want = SMALLEST_BUFFER < w->limit ? SMALLEST_BUFFER : w->limit;
    if (want < held + size)
        want = held + size;
    uint8_t *bigger = w->allocator->acquire(w->allocator->context, want);
    if (bigger == NULL)
        return KW_ERR_NO_MEMORY;
    if (w->owned != 0) {
        memcpy(bigger, w->buf, held);
        w->allocator->release(w->allocator->context, w->buf, w->owned);
    }
    w->owned = want;
    set_buffer(w, bigger, want);
    w->pos += held;
    return KW_OK;
}

/* Gets space, or makes sure that the bytes are only counted. */
static bool ensure_capacity(kw_writer *w, size_t size)
{
    if (w->status == KW_OK && !is_counting(w)) {
        kw_status status = grow(w, size);
        if (status == KW_OK)
            return true;
        (void)kw_writer_fail(w, status);
    }
    w->extra += size;
    return false;
}

uint8_t *kwi_writer_more(kw_writer *w, size_t size)
{
    if (!ensure_capacity(w, size))
        return w->scratch;
    w->pos += size;
    return w->pos - size;
}

void kwi_write_block(kw_writer *w, const void *data, size_t size)
{
    if (size == 0)
        return;
    if (size > kwi_writer_left(w) && !ensure_capacity(w, size))
        return;
    memcpy(w->pos, data, size);
    w->pos += size;
}

void kwi_write_uvarint_long(kw_writer *w, uint32_t v)
{
    if (v >= 1 << 14) {
        kw_write_unsigned_varlong(w, v);
        return;
    }
    uint8_t *p = kwi_writer_reserve(w, 2);
    p[0] = (uint8_t)(v | 0x80);
    p[1] = (uint8_t)(v >> 7);
}

void kw_write_unsigned_varlong(kw_writer *w, uint64_t v)
{
    uint8_t groups[10];
    size_t n = 0;
    while (v >= 0x80) {
        groups[n++] = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    groups[n++] = (uint8_t)v;
    memcpy(kwi_writer_reserve(w, n), groups, n);
}

static bool gather(kw_writer *w, const void *data, size_t size)
{
    if (size < w->gather_min || w->gathered_len == w->gathered_cap || w->status != KW_OK)
        return false;
    kw_gathered *g = &w->gathered[w->gathered_len++];
    g->at = kwi_writer_size(w);
    g->span.data = data;
    g->span.size = size;
    w->extra += size;
    return true;
}

void kw_write_raw_view(kw_writer *w, const void *data, size_t size)
{
    if (!gather(w, data, size))
        kw_write_raw(w, data, size);
}

size_t kw_writer_spans(const kw_writer *w, kw_span *spans, size_t max)
{
    size_t n = 0;
    size_t from = 0;
    for (size_t i = 0; i <= w->gathered_len; i++) {
        size_t to = i < w->gathered_len ? w->gathered[i].at : kwi_writer_size(w);
        if (to > from) {
            if (n < max) {
                spans[n].data = w->buf + from;
                spans[n].size = to - from;
            }
            n++;
        }
        if (i < w->gathered_len) {
            if (n < max)
                spans[n] = w->gathered[i].span;
            n++;
        }
        from = to;
    }
    return n;
}

/* Writes any length or count. False for null, and after an error. */
static bool write_size(kw_writer *w, int32_t len, uint32_t how)
{
    if (len < 0 && (how & KWI_WRITE_NULLABLE) == 0) {
        (void)kw_writer_fail(w, KW_ERR_NULL);
        return false;
    }
    if ((how & KWI_WRITE_COMPACT) != 0)
        kw_write_unsigned_varint(w, len < 0 ? 0 : (uint32_t)len + 1);
    else if ((how & KWI_WRITE_STRING) != 0)
        kw_write_int16(w, len < 0 ? (int16_t)-1 : (int16_t)len);
    else
        kw_write_int32(w, len < 0 ? -1 : len);
    return len >= 0;
}

void kwi_write_count_long(kw_writer *w, int32_t len, uint32_t how)
{
    (void)write_size(w, len, how);
}

void kwi_write_view_long(kw_writer *w, const void *data, int32_t len, uint32_t how)
{
    if ((how & KWI_WRITE_STRING) != 0 && len > MAX_STRING) {
        (void)kw_writer_fail(w, KW_ERR_STRING_SIZE);
        return;
    }
    if (!write_size(w, len, how) || len == 0)
        return;
    if ((how & KWI_WRITE_STRING) != 0)
        kw_write_raw(w, data, (size_t)len);
    else
        kw_write_raw_view(w, data, (size_t)len);
}

/* ---- tagged fields ---- */

/* Writes the unknown tags below `limit` (64 bits wide, for one past the largest tag). */
static void write_unknown_below(kw_tag_writer *t, uint64_t limit)
{
    if (t->unknown == NULL)
        return;
    for (; t->next < t->unknown->len; t->next++) {
        const kw_raw_tag *raw = &t->unknown->items[t->next];
        if (raw->tag >= limit)
            return;
        if (t->next > 0 && raw->tag <= raw[-1].tag)
            (void)kw_writer_fail(t->writer, raw->tag == raw[-1].tag ? KW_ERR_TAG_DUPLICATE : KW_ERR_TAG_ORDER);
        if (raw->value.len < 0)
            (void)kw_writer_fail(t->writer, KW_ERR_NULL);
        size_t size = raw->value.len < 0 ? 0 : (size_t)raw->value.len;
        kw_write_unsigned_varint(t->writer, raw->tag);
        kw_write_unsigned_varint(t->writer, (uint32_t)size);
        kw_write_raw(t->writer, raw->value.data, size);
    }
}

void kw_tag_writer_init(kw_tag_writer *t, kw_writer *w, uint32_t known, const kw_raw_tags *unknown)
{
    t->writer = w;
    t->unknown = unknown;
    t->next = 0;
    kw_write_unsigned_varint(w, known + (unknown != NULL && unknown->len > 0 ? (uint32_t)unknown->len : 0));
}

void kw_tag_writer_absent(kw_tag_writer *t, uint32_t tag)
{
    write_unknown_below(t, tag);
    if (t->unknown != NULL && t->next < t->unknown->len && t->unknown->items[t->next].tag == tag)
        (void)kw_writer_fail(t->writer, KW_ERR_TAG_DUPLICATE);
}

void kw_tag_writer_field(kw_tag_writer *t, uint32_t tag, size_t size)
{
    kw_tag_writer_absent(t, tag);
    if (size > INT32_MAX)
        (void)kw_writer_fail(t->writer, KW_ERR_ARGUMENT);
    kw_write_unsigned_varint(t->writer, tag);
    kw_write_unsigned_varint(t->writer, (uint32_t)size);
}

kw_status kw_tag_writer_end(kw_tag_writer *t)
{
    write_unknown_below(t, (uint64_t)UINT32_MAX + 1);
    return t->writer->status;
}

void kwi_write_unknown_tags(kw_writer *w, const kw_raw_tags *unknown)
{
    kw_tag_writer t;
    kw_tag_writer_init(&t, w, 0, unknown);
    (void)kw_tag_writer_end(&t);
}
