/* SPDX-License-Identifier: Apache-2.0 */
#include "iterate.h"

/* A header's key and value in one byte each. */
#define SMALLEST_HEADER ((size_t)2)

static kw_bytes read_nullable(kw_reader *r)
{
    kw_bytes v = {NULL, -1};
    const uint8_t *before = r->pos;
    int32_t size = kw_read_varint(r);
    if (size < 0 || r->status != KW_OK)
        return v;
    if ((size_t)size > kw_reader_remaining(r)) {
        r->pos = before;
        (void)kw_reader_fail(r, KW_ERR_LENGTH);
        return v;
    }
    v.data = r->pos;
    v.len = size;
    r->pos += size;
    return v;
}

static bool read_header(kw_reader *r, kw_record_header *out)
{
    const uint8_t *before = r->pos;
    kw_bytes key = read_nullable(r);
    if (key.len < 0 && r->status == KW_OK) {
        r->pos = before;
        (void)kw_reader_fail(r, KW_ERR_NULL);
    }
    out->key.data = (const char *)key.data;
    out->key.len = key.len;
    out->value = read_nullable(r);
    return r->status == KW_OK;
}

static void read_headers(kw_reader *r, kw_record *out)
{
    const uint8_t *before = r->pos;
    out->header_count = kw_read_varint(r);
    if (out->header_count < 0 || (size_t)out->header_count > kw_reader_remaining(r) / SMALLEST_HEADER) {
        r->pos = before;
        (void)kw_reader_fail(r, out->header_count < 0 ? KW_ERR_NEGATIVE : KW_ERR_COUNT);
        return;
    }
    kw_record_header h;
    out->headers.data = r->pos;
    for (int32_t i = 0; i < out->header_count; i++)
        if (!read_header(r, &h))
            return;
    out->headers.len = (int32_t)(r->pos - out->headers.data);
}

bool kwi_records_next_v2(kw_records *rs, kw_record *out)
{
    kw_reader r;
    kw_reader_init(&r, rs->pos, (size_t)(rs->end - rs->pos));
    if (kw_reader_remaining(&r) == 0)
        return kwi_records_fail(rs, KW_ERR_COUNT, rs->pos, rs->base_offset);
    int32_t size = kw_read_varint(&r);
    if (r.status != KW_OK)
        return kwi_records_fail(rs, r.status, rs->pos, rs->base_offset);
    if (size < 0)
        return kwi_records_fail(rs, KW_ERR_NEGATIVE, rs->pos, rs->base_offset);
    if ((size_t)size > kw_reader_remaining(&r))
        return kwi_records_fail(rs, KW_ERR_LENGTH, rs->pos, rs->base_offset);

    const uint8_t *start = r.pos;
    kw_reader_init(&r, start, (size_t)size);
    (void)kw_read_int8(&r); /* attributes, none of which has a meaning */
    int64_t time_delta = kw_read_varlong(&r);
    int32_t offset_delta = kw_read_varint(&r);
    int64_t known_offset = rs->base_offset;
    if (r.status == KW_OK) {
        kwi_record_place(rs, out, time_delta, offset_delta);
        known_offset = out->offset;
    }
    out->key = read_nullable(&r);
    out->value = read_nullable(&r);
    read_headers(&r, out);
    if (r.status != KW_OK)
        return kwi_records_fail(rs, r.status, start + r.error_at, known_offset);
    if (kw_reader_remaining(&r) != 0)
        return kwi_records_fail(rs, KW_ERR_RECORD_SIZE, r.pos, known_offset);
    rs->pos = r.pos;
    rs->left--;
    return true;
}

bool kw_record_headers_next(kw_record_headers *hs, kw_record_header *out)
{
    if (hs->left <= 0 || !read_header(&hs->reader, out))
        return false;
    hs->left--;
    return true;
}
