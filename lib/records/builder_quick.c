/* SPDX-License-Identifier: Apache-2.0 */
#include "builder.h"
#include "put.h"

/* The most frequent records: magic 2, no headers, below 8 KiB, and with enough space left. They are written first
 * and measured afterwards, as the size of their length is nearly certain. */

enum {
    MOST_CONTENT = 8000,
    MOST_AROUND = 2 + 1 + 10 + 5 + 5 + 5 + 1 /* length, attributes, time, offset, two lengths, number of headers */
};

/* The fields of a builder that change with each record, so that they can be in registers. */
typedef struct quick {
    uint8_t *pos;
    uint8_t *end; /* of the buffer, or the limit of the format */
    int64_t last_offset;
    int64_t most_offset; /* allowed by the format */
    int64_t max_timestamp;
    int64_t max_timestamp_offset;
} quick;

static inline quick quick_begin(const kw_batch_builder *b)
{
    const kw_writer *w = b->records;
    size_t left = kwi_writer_left(w);
    int64_t base = b->options.base_offset;
    quick q;
    q.pos = w->pos;
    q.end = w->pos + (left < b->allowed ? left : b->allowed);
    q.last_offset = b->last_offset;
    q.most_offset = base > INT64_MAX - INT32_MAX ? INT64_MAX : base + INT32_MAX;
    q.max_timestamp = b->max_timestamp;
    q.max_timestamp_offset = b->max_timestamp_offset;
    return q;
}

static inline void quick_end(kw_batch_builder *b, const quick *q)
{
    kw_writer *w = b->records;
    b->allowed -= (size_t)(q->pos - w->pos);
    w->pos = q->pos;
    b->count += (int32_t)(q->last_offset - b->last_offset);
    b->last_offset = q->last_offset;
    b->max_timestamp = q->max_timestamp;
    b->max_timestamp_offset = q->max_timestamp_offset;
}

/* Below 2^14. */
static inline uint8_t *put_short(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    if (v < 0x80)
        return p + 1;
    p[0] = (uint8_t)(v | 0x80);
    p[1] = (uint8_t)(v >> 7);
    return p + 2;
}

/* The bytes of a key or value, without a call. */
static inline uint8_t *copy_short(uint8_t *p, const void *data, int32_t len)
{
    const uint8_t *from = data;
    if (len < 16)
        return put_bytes(p, data, len);
    uint8_t *end = p + len;
    const uint8_t *from_end = from + len;
    for (; end - p > 64; p += 64, from += 64)
        memcpy(p, from, 64);
    if (end - p > 32) {
        memcpy(p, from, 32);
        p += 32;
        from += 32;
    }
    if (end - p > 16)
        memcpy(p, from, 16);
    memcpy(end - 16, from_end - 16, 16); /* over bytes that may have been written already */
    return end;
}

/* False, without any effect, for all other records. */
static inline bool quick_add(quick *q, const kw_batch_builder *b, const kw_new_record *r)
{
    size_t content = size_of(r->key.len) + size_of(r->value.len);
    if (KW_UNLIKELY(content > MOST_CONTENT || content + MOST_AROUND > (size_t)(q->end - q->pos) ||
                    r->header_count != 0 || r->timestamp < KW_NO_TIMESTAMP || q->last_offset >= q->most_offset))
        return false;
    uint64_t offset_delta = (uint64_t)q->last_offset - (uint64_t)b->options.base_offset + 1;
    uint8_t *start = q->pos + (content + 7 < 64 ? 1 : 2);
    uint8_t *p = start;
    *p++ = 0;
    p = put(p, zigzag_long((int64_t)((uint64_t)r->timestamp - (uint64_t)b->base_timestamp)));
    p = put(p, offset_delta << 1);
    p = put_short(p, length_of(r->key.len));
    p = copy_short(p, r->key.data, r->key.len);
    p = put_short(p, length_of(r->value.len));
    p = copy_short(p, r->value.data, r->value.len);
    *p++ = 0;
    if (KW_UNLIKELY(put_short(q->pos, (uint32_t)(p - start) << 1) != start))
        return false;
    q->pos = p;
    q->last_offset++;
    if (r->timestamp > q->max_timestamp) {
        q->max_timestamp = r->timestamp;
        q->max_timestamp_offset = q->last_offset;
    }
    return true;
}

/* The fast path is used from the second record on: the first one determines the base timestamp. */
static inline bool is_quick(const kw_batch_builder *b)
{
    return KW_LIKELY(b->plain && b->count != 0);
}

static KW_NOINLINE kw_status append_any(kw_batch_builder *b, const kw_new_record *record)
{
    if (b->open && b->last_offset == INT64_MAX)
        return KW_ERR_BATCH_FULL;
    return kw_batch_builder_append_at(b, (int64_t)((uint64_t)b->last_offset + 1), record);
}

kw_status kw_batch_builder_append(kw_batch_builder *b, const kw_new_record *record)
{
    if (is_quick(b)) {
        quick q = quick_begin(b);
        if (KW_LIKELY(quick_add(&q, b, record))) {
            quick_end(b, &q);
            return KW_OK;
        }
    }
    return append_any(b, record);
}

/* Appends as many records as the fast path can. Returns how many. */
static size_t append_run(kw_batch_builder *b, const kw_new_record *records, size_t count)
{
    quick q = quick_begin(b);
    size_t i = 0;
    while (i < count && quick_add(&q, b, &records[i]))
        i++;
    quick_end(b, &q);
    return i;
}

kw_status kw_batch_builder_append_all(kw_batch_builder *b, const kw_new_record *records, size_t count, size_t *appended)
{
    kw_status status = KW_OK;
    size_t i = 0;
    while (i < count) {
        if (is_quick(b))
            i += append_run(b, records + i, count - i);
        if (i == count || (status = append_any(b, &records[i])) != KW_OK)
            break;
        i++;
    }
    if (appended != NULL)
        *appended = i;
    return status;
}
