/* SPDX-License-Identifier: Apache-2.0 */
#include "iterate.h"

bool kwi_records_fail(kw_records *rs, kw_status status, const uint8_t *at, int64_t offset)
{
    rs->status = status;
    rs->error_at = rs->origin + (size_t)(at - rs->start);
    rs->error_offset = offset;
    rs->left = 0;
    return false;
}

/* An unsigned varint of up to 4 bytes, all of which are readable; NULL if it is longer. */
static inline const uint8_t *take(const uint8_t *p, uint32_t *out)
{
    uint32_t v = p[0];
    if (v < 0x80) {
        *out = v;
        return p + 1;
    }
    v += ((uint32_t)p[1] << 7) - 0x80;
    if (KW_LIKELY(p[1] < 0x80)) {
        *out = v;
        return p + 2;
    }
    v += ((uint32_t)p[2] << 14) - 0x4000;
    if (KW_LIKELY(p[2] < 0x80)) {
        *out = v;
        return p + 3;
    }
    v += ((uint32_t)p[3] << 21) - 0x200000;
    *out = v;
    return p[3] < 0x80 ? p + 4 : NULL;
}

static inline int32_t zigzag(uint32_t v)
{
    return (int32_t)((v >> 1) ^ (0u - (v & 1)));
}

/* The key or value whose size was just read and whose bytes are at `p`, if its size is at most `left`. Returns the
 * size; null has none. Negative: more than `left`. */
static inline ptrdiff_t view(const uint8_t *p, uint32_t size, ptrdiff_t left, kw_bytes *out)
{
    out->data = p;
    out->len = -1;
    if (KW_UNLIKELY((size & 1) != 0))
        return 0;
    out->len = (int32_t)(size / 2);
    return (ptrdiff_t)(size / 2) <= left ? (ptrdiff_t)(size / 2) : -1;
}

/* Completes a record whose headers should be between `p` and `end`. False if anything about them is unusual. */
static KW_NOINLINE bool next_with_headers(kw_records *rs, kw_record *out, const uint8_t *p, const uint8_t *end)
{
    uint32_t count, size;
    kw_bytes content;
    if (end - p < 4 || (p = take(p, &count)) == NULL || (count & 1) != 0)
        return false;
    out->headers.data = p;
    out->headers.len = (int32_t)(end - p);
    out->header_count = (int32_t)(count / 2);
    for (uint32_t i = 0; i < count; i++) { /* a key or a value */
        if (end - p < 4 || (p = take(p, &size)) == NULL || (i % 2 == 0 && (size & 1) != 0))
            return false;
        ptrdiff_t bytes = view(p, size, end - p, &content);
        if (bytes < 0)
            return false;
        p += bytes;
    }
    if (p != end)
        return false;
    rs->pos = end;
    rs->left--;
    return true;
}

/* The most frequent records: valid, with short varints. False, with a change of *out only, for all others and close
 * to the end, where reads need checks; then kwi_records_next_v2() decides. The next record starts where the size
 * indicates, so that the processor need not wait for the content of this one. */
static inline bool next_plain(kw_records *rs, kw_record *out)
{
    const uint8_t *p = rs->pos, *end = rs->end;
    uint32_t size, time_delta, offset_delta, key_size, value_size;
    if (KW_UNLIKELY(end - p < 17) || (p = take(p, &size)) == NULL)
        return false;
    if (KW_UNLIKELY((size & 1) != 0 || size / 2 > (size_t)(end - p)))
        return false;
    const uint8_t *next = p + size / 2;
    KW_PREFETCH(next + 256);
    p++; /* after the attributes */
    if ((p = take(p, &time_delta)) == NULL || (p = take(p, &offset_delta)) == NULL)
        return false;
    kwi_record_place(rs, out, zigzag(time_delta), zigzag(offset_delta));
    if ((p = take(p, &key_size)) == NULL)
        return false;
    ptrdiff_t bytes = view(p, key_size, next - p, &out->key);
    if (KW_UNLIKELY(bytes < 0 || end - (p += bytes) < 4) || (p = take(p, &value_size)) == NULL)
        return false;
    bytes = view(p, value_size, next - p - 1, &out->value);
    if (KW_UNLIKELY(bytes < 0))
        return false;
    p += bytes;
    if (KW_UNLIKELY(next - p != 1 || *p != 0))
        return next - p > 1 && next_with_headers(rs, out, p, next);
    out->headers.data = next;
    out->headers.len = 0;
    out->header_count = 0;
    rs->pos = next;
    rs->left--;
    return true;
}

/* After the last record there must be no bytes. */
static bool conclude(kw_records *rs)
{
    if (rs->status == KW_OK && rs->pos != rs->end)
        return kwi_records_fail(rs, KW_ERR_TRAILING, rs->pos, rs->base_offset);
    return false;
}

bool kw_records_next(kw_records *rs, kw_record *out)
{
    if (KW_UNLIKELY(rs->left <= 0))
        return conclude(rs);
    if (KW_UNLIKELY(rs->magic != KW_MAGIC_V2))
        return kwi_records_next_message(rs, out);
    return next_plain(rs, out) || kwi_records_next_v2(rs, out);
}
