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

/* An unsigned varint of up to 4 bytes, all of which can be read; NULL if it is longer. */
static inline const uint8_t *take(const uint8_t *p, uint32_t *out)
{
    uint32_t v = p[0];
    if (KW_LIKELY(v < 0x80)) {
        *out = v;
        return p + 1;
    }
    v = (v & 0x7f) | (uint32_t)p[1] << 7;
    if (KW_LIKELY(p[1] < 0x80)) {
        *out = v;
        return p + 2;
    }
    v = (v & 0x3fff) | (uint32_t)p[2] << 14;
    if (KW_LIKELY(p[2] < 0x80)) {
        *out = v;
        return p + 3;
    }
    v = (v & 0x1fffff) | (uint32_t)p[3] << 21;
    *out = v;
    return p[3] < 0x80 ? p + 4 : NULL;
}

static inline int32_t zigzag(uint32_t v)
{
    return (int32_t)((v >> 1) ^ (0u - (v & 1)));
}

/* A key or value of at most `left` bytes, whose size was just read. NULL if it is longer. */
static inline const uint8_t *take_view(const uint8_t *p, uint32_t size, size_t left, kw_bytes *out)
{
    out->data = p;
    out->len = -1;
    if ((size & 1) != 0)
        return p;
    if (size / 2 > left)
        return NULL;
    out->len = (int32_t)(size / 2);
    return p + size / 2;
}

/* Past a record's headers. NULL if anything about them is unusual. */
static inline const uint8_t *skip_headers(const uint8_t *p, const uint8_t *end, kw_record *out)
{
    uint32_t count, size;
    kw_bytes view;
    if (end - p < 4 || (p = take(p, &count)) == NULL || (count & 1) != 0)
        return NULL;
    out->headers.data = p;
    out->header_count = (int32_t)(count / 2);
    for (uint32_t i = 0; i < count; i++) {
        if (end - p < 4 || (p = take(p, &size)) == NULL || (i % 2 == 0 && (size & 1) != 0))
            return NULL;
        if ((p = take_view(p, size, (size_t)(end - p), &view)) == NULL)
            return NULL;
    }
    out->headers.len = (int32_t)(p - out->headers.data);
    return p;
}

/* The records that there are most of: sound, with short varints. False, and only *out has changed, where that is not so
 * or too close to the end to read without looking; kwi_records_next_v2() then decides. */
static inline bool next_plain(kw_records *rs, kw_record *out)
{
    const uint8_t *p = rs->pos, *end = rs->end;
    uint32_t size, time_delta, offset_delta, key_size, value_size;
    if (end - p < 17 || (p = take(p, &size)) == NULL)
        return false;
    const uint8_t *begin = p++; /* over the attributes */
    if ((p = take(p, &time_delta)) == NULL || (p = take(p, &offset_delta)) == NULL || (p = take(p, &key_size)) == NULL)
        return false;
    kwi_record_place(rs, out, zigzag(time_delta), zigzag(offset_delta));
    if ((p = take_view(p, key_size, (size_t)(end - p), &out->key)) == NULL)
        return false;
    if (end - p < 5 || (p = take(p, &value_size)) == NULL)
        return false;
    if ((p = take_view(p, value_size, (size_t)(end - p) - 1, &out->value)) == NULL)
        return false;
    if (KW_LIKELY(*p == 0)) {
        out->headers.data = ++p;
        out->headers.len = 0;
        out->header_count = 0;
    } else if ((p = skip_headers(p, end, out)) == NULL) {
        return false;
    }
    if ((size & 1) != 0 || size / 2 != (size_t)(p - begin))
        return false;
    rs->pos = p;
    rs->left--;
    return true;
}

/* What follows the last record: nothing, and nothing may. */
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
