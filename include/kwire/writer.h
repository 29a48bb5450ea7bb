/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_WRITER_H
#define KWIRE_WRITER_H

/* Output of encoded bytes, with a function for each primitive type of the Kafka protocol. There are four kinds, with
 * the same functions:
 *
 *     fixed     the caller's buffer
 *     growing   a buffer from an allocator, up to a limit
 *     counting  no buffer, only the size is computed
 *     gather    fixed or growing, but large byte fields are not copied: they are listed as spans (kw_writer_gather())
 *
 * The first error is kept; after it nothing is stored. Counting continues after the buffer is full, as in snprintf(),
 * so kw_writer_needed() returns the size of the complete output. A writer belongs to one thread at a time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <kwire/arena.h>
#include <kwire/endian.h>
#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/view.h>

/* Private: a byte field that is not copied, to be inserted before offset `at` of the buffer. */
typedef struct kw_gathered {
    size_t at;
    kw_span span;
} kw_gathered;

/* All fields are private; the struct is public so that it can be on a stack or in another struct. */
typedef struct kw_writer {
    uint8_t *pos; /* where the next byte is written; never NULL, even without a buffer */
    uint8_t *end; /* of the buffer; == pos after an error, so that one comparison checks both */
    uint8_t *buf;
    size_t extra; /* bytes that are not in buf: gathered, counted, or past the end */
    size_t limit; /* growing: buf may have this many bytes */
    const kw_allocator *allocator;
    size_t owned; /* growing: the size that buf was acquired with */
    kw_gathered *gathered;
    size_t gathered_len;
    size_t gathered_cap;
    size_t gather_min; /* shorter byte fields are copied */
    kw_status status;
    uint8_t scratch[64]; /* bytes written here are lost */
} kw_writer;

KW_BEGIN_DECLS

/* Writes to the `size` bytes at `buf`, which remain the caller's. KW_ERR_SPACE: the output is larger. */
KW_API void kw_writer_init(kw_writer *w, void *buf, size_t size);

/* Writes to a buffer that grows through `allocator` up to `limit` bytes: KW_ERR_MEMORY_LIMIT, KW_ERR_NO_MEMORY.
 * kw_writer_finish() releases it. */
KW_API void kw_writer_init_growing(kw_writer *w, const kw_allocator *allocator, size_t limit);

/* Only counts; kw_writer_needed() is the result. */
KW_API void kw_writer_init_counting(kw_writer *w);

/* Makes a new fixed or growing writer list byte fields and records of at least `min_size` bytes (at least 128)
 * instead of copying them, up to `cap` slots at `slots` (the caller's, valid while the writer is used); further
 * fields are copied. The fields' bytes must stay valid until the output has been used. */
KW_API void kw_writer_gather(kw_writer *w, kw_gathered *slots, size_t cap, size_t min_size);

/* Changes the minimum size from here on; SIZE_MAX: everything is copied. Fields that are already listed stay so. */
KW_API void kw_writer_gather_from(kw_writer *w, size_t min_size);

/* Replaces the slots of a gathering writer by `cap` slots at `slots`, which must already have the same content, as
 * after realloc(). `cap` is at least the number of slots in use. */
KW_API void kw_writer_move_gathered(kw_writer *w, kw_gathered *slots, size_t cap);

/* Drops the output and any error, keeps the buffer. */
KW_API void kw_writer_reset(kw_writer *w);

/* Releases a growing writer's buffer; has no effect on other kinds. */
KW_API void kw_writer_finish(kw_writer *w);

/* False after an error. */
KW_INLINE bool kw_writer_ok(const kw_writer *w)
{
    return w->status == KW_OK;
}

/* Private: bytes in the buffer, and bytes that still fit. */
static inline size_t kwi_writer_size(const kw_writer *w)
{
    return (size_t)(w->pos - w->buf);
}
static inline size_t kwi_writer_left(const kw_writer *w)
{
    return (size_t)(w->end - w->pos);
}

/* Size of the complete output, also after KW_ERR_SPACE and KW_ERR_MEMORY_LIMIT. */
KW_INLINE size_t kw_writer_needed(const kw_writer *w)
{
    return kwi_writer_size(w) + w->extra;
}

/* The bytes written so far to the buffer, without gathered ones; valid until the next write, reset or finish. */
KW_INLINE kw_span kw_writer_data(const kw_writer *w)
{
    kw_span s = {w->buf, kwi_writer_size(w)};
    return s;
}

/* The output as a list of pieces in order, for writev() and similar functions. Returns their number, and stores at
 * most `max` of them in `spans`. There are at most twice as many as slots in use, plus one. Valid until the next
 * write, reset or finish. */
KW_API size_t kw_writer_spans(const kw_writer *w, kw_span *spans, size_t max);

/* Records an error, unless there is one already. Returns the writer's status. */
KW_API kw_status kw_writer_fail(kw_writer *w, kw_status status);

/* Private: the parts of the inline functions that are in the library. */
KW_API uint8_t *kwi_writer_more(kw_writer *w, size_t size);
KW_API void kwi_copy(uint8_t *to, const void *data, size_t size);
KW_API void kwi_write_block(kw_writer *w, const void *data, size_t size);
KW_API void kwi_write_uvarint_long(kw_writer *w, uint32_t v);
KW_API void kwi_write_view_long(kw_writer *w, const void *data, int32_t len, uint32_t how);
KW_API void kwi_write_count_long(kw_writer *w, int32_t len, uint32_t how);
KW_API void kwi_write_int32_array_long(kw_writer *w, kw_int32_array v, bool compact, bool nullable);
KW_API void kwi_write_unknown_tags(kw_writer *w, const kw_raw_tags *unknown);

/* Private: `how` of the above, as for the reader. */
enum { KWI_WRITE_COMPACT = 1, KWI_WRITE_NULLABLE = 2, KWI_WRITE_STRING = 4 };

/* Private: memory for `size` <= 64 bytes. If they do not fit it is the scratch buffer, so that stores need no
 * branch. */
static inline uint8_t *kwi_writer_reserve(kw_writer *w, size_t size)
{
    uint8_t *p = w->pos;
    if (KW_LIKELY(size <= kwi_writer_left(w))) {
        w->pos = p + size;
        return p;
    }
    return kwi_writer_more(w, size);
}

/* Values of fixed size, big-endian; BOOLEAN is 0 or 1. */
KW_INLINE void kw_write_boolean(kw_writer *w, bool v)
{
    *kwi_writer_reserve(w, 1) = v ? 1 : 0;
}
KW_INLINE void kw_write_int8(kw_writer *w, int8_t v)
{
    *kwi_writer_reserve(w, 1) = (uint8_t)v;
}
KW_INLINE void kw_write_int16(kw_writer *w, int16_t v)
{
    kw_store_be16(kwi_writer_reserve(w, 2), (uint16_t)v);
}
KW_INLINE void kw_write_uint16(kw_writer *w, uint16_t v)
{
    kw_store_be16(kwi_writer_reserve(w, 2), v);
}
KW_INLINE void kw_write_int32(kw_writer *w, int32_t v)
{
    kw_store_be32(kwi_writer_reserve(w, 4), (uint32_t)v);
}
KW_INLINE void kw_write_uint32(kw_writer *w, uint32_t v)
{
    kw_store_be32(kwi_writer_reserve(w, 4), v);
}
KW_INLINE void kw_write_int64(kw_writer *w, int64_t v)
{
    kw_store_be64(kwi_writer_reserve(w, 8), (uint64_t)v);
}
/* Private: a FLOAT64, all of its bits. */
static inline void kwi_write_float64(kw_writer *w, const double *v)
{
    kw_store_float64(kwi_writer_reserve(w, 8), v);
}
KW_INLINE void kw_write_float64(kw_writer *w, double v)
{
    kwi_write_float64(w, &v);
}
KW_INLINE void kw_write_uuid(kw_writer *w, kw_uuid v)
{
    memcpy(kwi_writer_reserve(w, 16), v.bytes, 16);
}

/* Varints: 7 bits per byte, least significant first; the signed kinds are zigzag. Always in the shortest form. */
KW_INLINE void kw_write_unsigned_varint(kw_writer *w, uint32_t v)
{
    if (KW_LIKELY(v < 0x80))
        *kwi_writer_reserve(w, 1) = (uint8_t)v;
    else
        kwi_write_uvarint_long(w, v);
}
KW_API void kw_write_unsigned_varlong(kw_writer *w, uint64_t v);
KW_INLINE void kw_write_varint(kw_writer *w, int32_t v)
{
    kw_write_unsigned_varint(w, ((uint32_t)v << 1) ^ (v < 0 ? UINT32_MAX : 0));
}
KW_INLINE void kw_write_varlong(kw_writer *w, int64_t v)
{
    kw_write_unsigned_varlong(w, ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0));
}

/* `size` bytes unchanged, copied. */
KW_INLINE void kw_write_raw(kw_writer *w, const void *data, size_t size)
{
    uint8_t *p = w->pos;
    if (KW_LIKELY(size <= kwi_writer_left(w))) {
        if (size != 0)
            memcpy(p, data, size);
        w->pos = p + size;
    } else {
        kwi_write_block(w, data, size);
    }
}

/* The same, but listed and not copied if the writer gathers and the size is at least its minimum. */
KW_API void kw_write_raw_view(kw_writer *w, const void *data, size_t size);

/* Private: the common case of a compact string inline. */
KWI_INLINE void kwi_write_compact_view(kw_writer *w, const void *data, int32_t len, uint32_t how)
{
    uint8_t *p = w->pos;
    if (KW_LIKELY((uint32_t)len < 127 && (size_t)len + 1 <= kwi_writer_left(w))) {
        w->pos = p + 1 + len;
        p[0] = (uint8_t)(len + 1);
        kwi_copy(p + 1, data, (size_t)len);
    } else {
        kwi_write_view_long(w, data, len, how);
    }
}

/* Private: the same for a string that is not compact. */
static inline void kwi_write_classic_string(kw_writer *w, const void *data, int32_t len, uint32_t how)
{
    uint8_t *p = w->pos;
    if (KW_LIKELY((uint32_t)len <= 0x7fff && (size_t)len + 2 <= kwi_writer_left(w))) {
        w->pos = p + 2 + len;
        kw_store_be16(p, (uint16_t)len);
        kwi_copy(p + 2, data, (size_t)len);
    } else {
        kwi_write_view_long(w, data, len, how);
    }
}

/* Strings and byte fields, length included. Null is KW_ERR_NULL in the kinds that are not nullable, a string of more
 * than 32767 bytes is KW_ERR_STRING_SIZE. Byte fields may be gathered, see kw_writer_gather(). */
KW_INLINE void kw_write_string(kw_writer *w, kw_string v)
{
    kwi_write_classic_string(w, v.data, v.len, KWI_WRITE_STRING);
}
KW_INLINE void kw_write_nullable_string(kw_writer *w, kw_string v)
{
    kwi_write_classic_string(w, v.data, v.len, KWI_WRITE_STRING | KWI_WRITE_NULLABLE);
}
KW_INLINE void kw_write_compact_string(kw_writer *w, kw_string v)
{
    kwi_write_compact_view(w, v.data, v.len, KWI_WRITE_STRING | KWI_WRITE_COMPACT);
}
KW_INLINE void kw_write_compact_nullable_string(kw_writer *w, kw_string v)
{
    kwi_write_compact_view(w, v.data, v.len, KWI_WRITE_STRING | KWI_WRITE_COMPACT | KWI_WRITE_NULLABLE);
}
KW_INLINE void kw_write_bytes(kw_writer *w, kw_bytes v)
{
    kwi_write_view_long(w, v.data, v.len, 0);
}
KW_INLINE void kw_write_nullable_bytes(kw_writer *w, kw_bytes v)
{
    kwi_write_view_long(w, v.data, v.len, KWI_WRITE_NULLABLE);
}
KW_INLINE void kw_write_compact_bytes(kw_writer *w, kw_bytes v)
{
    kwi_write_compact_view(w, v.data, v.len, KWI_WRITE_COMPACT);
}
KW_INLINE void kw_write_compact_nullable_bytes(kw_writer *w, kw_bytes v)
{
    kwi_write_compact_view(w, v.data, v.len, KWI_WRITE_COMPACT | KWI_WRITE_NULLABLE);
}
KW_INLINE void kw_write_records(kw_writer *w, kw_bytes v)
{
    kw_write_nullable_bytes(w, v);
}
KW_INLINE void kw_write_compact_records(kw_writer *w, kw_bytes v)
{
    kw_write_compact_nullable_bytes(w, v);
}

/* The kind of string or byte field that `compact` and `nullable` choose. */
KW_INLINE void kw_write_any_string(kw_writer *w, kw_string v, bool compact, bool nullable)
{
    uint32_t how = nullable ? KWI_WRITE_STRING | KWI_WRITE_NULLABLE : KWI_WRITE_STRING;
    if (compact)
        kwi_write_compact_view(w, v.data, v.len, how | KWI_WRITE_COMPACT);
    else
        kwi_write_classic_string(w, v.data, v.len, how);
}
KW_INLINE void kw_write_any_bytes(kw_writer *w, kw_bytes v, bool compact, bool nullable)
{
    uint32_t how = nullable ? KWI_WRITE_NULLABLE : 0;
    if (compact)
        kwi_write_compact_view(w, v.data, v.len, how | KWI_WRITE_COMPACT);
    else
        kwi_write_view_long(w, v.data, v.len, how);
}

/* Private: a count; the common case inline. */
static inline void kwi_write_count(kw_writer *w, int32_t len, uint32_t how)
{
    if (KW_LIKELY((how & KWI_WRITE_COMPACT) != 0 && (uint32_t)len < 127))
        *kwi_writer_reserve(w, 1) = (uint8_t)(len + 1);
    else if (KW_LIKELY((how & KWI_WRITE_COMPACT) == 0 && len >= 0))
        kw_store_be32(kwi_writer_reserve(w, 4), (uint32_t)len);
    else
        kwi_write_count_long(w, len, how);
}

/* The count of an array, which the elements follow. len < 0 is null: KW_ERR_NULL in the kinds that are not nullable. */
KW_INLINE void kw_write_array(kw_writer *w, int32_t len)
{
    kwi_write_count(w, len, 0);
}
KW_INLINE void kw_write_nullable_array(kw_writer *w, int32_t len)
{
    kwi_write_count(w, len, KWI_WRITE_NULLABLE);
}
KW_INLINE void kw_write_compact_array(kw_writer *w, int32_t len)
{
    kwi_write_count(w, len, KWI_WRITE_COMPACT);
}
KW_INLINE void kw_write_compact_nullable_array(kw_writer *w, int32_t len)
{
    kwi_write_count(w, len, KWI_WRITE_COMPACT | KWI_WRITE_NULLABLE);
}

KW_INLINE void kw_write_any_array(kw_writer *w, int32_t len, bool compact, bool nullable)
{
    uint32_t how = nullable ? KWI_WRITE_NULLABLE : 0;
    kwi_write_count(w, len, compact ? how | KWI_WRITE_COMPACT : how);
}

/* Nullable struct: INT8 1 if its fields follow, -1 for null; inside a tagged field UNSIGNED_VARINT 1 or 0. */
KW_INLINE void kw_write_struct(kw_writer *w, bool present)
{
    kw_write_int8(w, present ? 1 : -1);
}
KW_INLINE void kw_write_tagged_struct(kw_writer *w, bool present)
{
    kw_write_int8(w, present ? 1 : 0);
}

/* TAG_BUFFER without known tags; `unknown` may be NULL. Its tags must ascend without repetition: KW_ERR_TAG_ORDER,
 * KW_ERR_TAG_DUPLICATE. */
KW_INLINE void kw_write_tag_buffer(kw_writer *w, const kw_raw_tags *unknown)
{
    if (KW_LIKELY(unknown == NULL))
        *kwi_writer_reserve(w, 1) = 0;
    else
        kwi_write_unknown_tags(w, unknown);
}

/* TAG_BUFFER with known tags, which the caller writes in ascending order; unknown ones are written between them.
 *
 *     kw_tag_writer t;
 *     kw_tag_writer_init(&t, w, 1, m->unknown_tags);    (1: the number of known tags that are written)
 *     kw_tag_writer_field(&t, 0, 8);                    (tag 0, 8 bytes)
 *     kw_write_int64(w, x);
 *     kw_tag_writer_absent(&t, 1);                      (tag 1 is known and at its default)
 *     status = kw_tag_writer_end(&t); */
typedef struct kw_tag_writer {
    kw_writer *writer;
    const kw_raw_tags *unknown;
    int32_t next; /* index of the first unknown tag that is not written */
} kw_tag_writer;

/* Starts the TAG_BUFFER: `known` is the number of known tags that are not at their default. kw_tag_writer_field()
 * writes the tag and the `size` of the content that the caller writes next. */
KW_API void kw_tag_writer_init(kw_tag_writer *t, kw_writer *w, uint32_t known, const kw_raw_tags *unknown);
KW_API void kw_tag_writer_field(kw_tag_writer *t, uint32_t tag, size_t size);
KW_API void kw_tag_writer_absent(kw_tag_writer *t, uint32_t tag);
/* Writes the remaining unknown tags. Returns the writer's status. */
KW_API kw_status kw_tag_writer_end(kw_tag_writer *t);

/* Arrays of primitives, count and elements. `compact` and `nullable` choose among the four kinds. */
KW_API void kw_write_bool_array(kw_writer *w, kw_bool_array v, bool compact, bool nullable);
KW_API void kw_write_int8_array(kw_writer *w, kw_int8_array v, bool compact, bool nullable);
KW_API void kw_write_int16_array(kw_writer *w, kw_int16_array v, bool compact, bool nullable);
KW_API void kw_write_uint16_array(kw_writer *w, kw_uint16_array v, bool compact, bool nullable);
KW_API void kw_write_uint32_array(kw_writer *w, kw_uint32_array v, bool compact, bool nullable);
KW_API void kw_write_int64_array(kw_writer *w, kw_int64_array v, bool compact, bool nullable);
KW_API void kw_write_float64_array(kw_writer *w, kw_float64_array v, bool compact, bool nullable);
KW_API void kw_write_uuid_array(kw_writer *w, kw_uuid_array v, bool compact, bool nullable);
KW_API void kw_write_string_array(kw_writer *w, kw_string_array v, bool compact, bool nullable);
KW_API void kw_write_bytes_array(kw_writer *w, kw_bytes_array v, bool compact, bool nullable);

/* Lists of replicas are the most frequent arrays, and short. */
KW_ALWAYS_INLINE void kw_write_int32_array(kw_writer *w, kw_int32_array v, bool compact, bool nullable)
{
    const size_t head = compact ? 1 : 4;
    uint8_t *p = w->pos;
    if (KW_LIKELY((uint32_t)v.len <= 4 && kwi_writer_left(w) >= head + 16)) {
        const size_t n = (uint32_t)v.len;
        w->pos = p + head + 4 * n;
        if (compact)
            p[0] = (uint8_t)(n + 1);
        else
            kw_store_be32(p, (uint32_t)n);
        switch (n) {
        case 4:
            kw_store_be32(p + head + 12, (uint32_t)v.items[3]);
            /* fall through */
        case 3:
            kw_store_be32(p + head + 8, (uint32_t)v.items[2]);
            /* fall through */
        case 2:
            kw_store_be32(p + head + 4, (uint32_t)v.items[1]);
            /* fall through */
        case 1:
            kw_store_be32(p + head, (uint32_t)v.items[0]);
        }
        return;
    }
    kwi_write_int32_array_long(w, v, compact, nullable);
}

KW_END_DECLS
#endif
