/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_READER_H
#define KWIRE_READER_H

/* A cursor over bytes that the caller owns, with a function for each primitive type of the Kafka protocol.
 *
 * The first error is kept with its offset, and from then on every read returns 0, an empty view or false. So a
 * caller reads many fields and checks the status once, at the end.
 *
 * Views that are returned (strings, bytes, records) point into the input. A failed read does not move the cursor:
 * error_at is the offset of the first byte of the field that could not be read. A reader belongs to one thread at a
 * time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <kwire/arena.h>
#include <kwire/endian.h>
#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/view.h>

/* How to read; or'ed into kw_reader.flags after kw_reader_init(). */
enum {
    /* The input is the start of something longer, such as a packet in a capture: an array with more elements than
     * the bytes left can hold is decoded as far as possible, and ends in KW_ERR_TRUNCATED with the elements before
     * that. */
    KW_READ_PARTIAL = 1,
    /* Tagged fields must ascend and must not repeat. Kafka does not check this on reading, so it is not the default. */
    KW_READ_STRICT_TAGS = 2
};

/* Limits of Kafka's readers, and of these: more is an error even if the bytes are available. Writers have no such
 * limits. */
enum {
    KW_MAX_ARRAY = 1000000, /* elements of an array */
    KW_MAX_TAGS = 10000     /* tagged fields of one TAG_BUFFER */
};

/* Callers may set `flags`, and read `status` and `error_at`; the cursor is private. */
typedef struct kw_reader {
    const uint8_t *pos; /* next byte */
    const uint8_t *end; /* one past the last byte; == pos after an error, so that one comparison checks both */
    const uint8_t *start;
    size_t error_at; /* offset of the field that failed; 0 while the status is KW_OK */
    kw_status status;
    uint32_t flags;
} kw_reader;

KW_BEGIN_DECLS

/* Reads the `size` bytes at `data`, which must be valid as long as the reader and views from it are used. `data` may be
 * NULL with size 0. */
KW_INLINE void kw_reader_init(kw_reader *r, const void *data, size_t size)
{
    static const uint8_t nothing = 0;
    r->start = size != 0 ? (const uint8_t *)data : &nothing;
    r->pos = r->start;
    r->end = r->start + size;
    r->error_at = 0;
    r->status = KW_OK;
    r->flags = 0;
}

/* Reads a view; null has no bytes. */
KW_INLINE void kw_reader_init_bytes(kw_reader *r, kw_bytes bytes)
{
    kw_reader_init(r, bytes.data, kw_span_of_bytes(bytes).size);
}

/* Bytes left; 0 after an error. */
KW_INLINE size_t kw_reader_remaining(const kw_reader *r)
{
    return (size_t)(r->end - r->pos);
}

/* Bytes read so far. */
KW_INLINE size_t kw_reader_offset(const kw_reader *r)
{
    return (size_t)(r->pos - r->start);
}

/* False after an error. */
KW_INLINE bool kw_reader_ok(const kw_reader *r)
{
    return r->status == KW_OK;
}

/* Records an error at the current offset, unless there is one already. Returns the reader's status. */
KW_API kw_status kw_reader_fail(kw_reader *r, kw_status status);

/* The status of a complete message: the first error, or KW_ERR_TRAILING if bytes are left, or KW_OK. KW_ERR_TRAILING
 * is not recorded, so a caller that accepts trailing bytes, as Kafka does in requests, can continue. */
KW_INLINE KW_NODISCARD kw_status kw_reader_end(const kw_reader *r)
{
    if (r->status != KW_OK)
        return r->status;
    return r->pos == r->end ? KW_OK : KW_ERR_TRAILING;
}

/* Private: the parts of the inline functions that are in the library. */
KW_API KW_COLD uint64_t kwi_read_short(kw_reader *r); /* fails with TRUNCATED, returns 0 */
KW_API uint32_t kwi_read_uvarint_long(kw_reader *r);
KW_API kw_bytes kwi_read_view_long(kw_reader *r, uint32_t how);
KW_API int32_t kwi_read_count_long(kw_reader *r, size_t min_size, uint32_t how);
KW_API void kwi_read_unknown_tags_long(kw_reader *r, kw_arena *arena, kw_raw_tags **out);
KW_API void kwi_read_int32_array_long(kw_reader *r, kw_arena *arena, bool compact, bool nullable, kw_int32_array *out);
KW_API KW_COLD const uint8_t *kwi_read_run_short(kw_reader *r, const char *sizes, uint8_t *spare);

/* Private: `how` of the above. */
enum { KWI_COMPACT = 1, KWI_NULLABLE = 2, KWI_STRING = 4 };

/* BOOLEAN: 0 is false, anything else true. */
KW_INLINE bool kw_read_boolean(kw_reader *r)
{
    if (KW_UNLIKELY(r->pos == r->end))
        return kwi_read_short(r) != 0;
    return *r->pos++ != 0;
}

/* Integers of fixed size, big-endian. KW_ERR_TRUNCATED, and 0, if fewer bytes are left. */
KW_INLINE int8_t kw_read_int8(kw_reader *r)
{
    if (KW_UNLIKELY(r->pos == r->end))
        return (int8_t)kwi_read_short(r);
    return (int8_t)*r->pos++;
}

KW_INLINE uint16_t kw_read_uint16(kw_reader *r)
{
    const uint8_t *p = r->pos;
    if (KW_UNLIKELY(r->end - p < 2))
        return (uint16_t)kwi_read_short(r);
    r->pos = p + 2;
    return kw_load_be16(p);
}

KW_INLINE int16_t kw_read_int16(kw_reader *r)
{
    return (int16_t)kw_read_uint16(r);
}

KW_INLINE uint32_t kw_read_uint32(kw_reader *r)
{
    const uint8_t *p = r->pos;
    if (KW_UNLIKELY(r->end - p < 4))
        return (uint32_t)kwi_read_short(r);
    r->pos = p + 4;
    return kw_load_be32(p);
}

KW_INLINE int32_t kw_read_int32(kw_reader *r)
{
    return (int32_t)kw_read_uint32(r);
}

KW_INLINE int64_t kw_read_int64(kw_reader *r)
{
    const uint8_t *p = r->pos;
    if (KW_UNLIKELY(r->end - p < 8))
        return (int64_t)kwi_read_short(r);
    r->pos = p + 8;
    return (int64_t)kw_load_be64(p);
}

/* Private: a FLOAT64, all of its bits. */
static inline void kwi_read_float64(kw_reader *r, double *v)
{
    int64_t bits = kw_read_int64(r);
    memcpy(v, &bits, sizeof bits);
}

/* FLOAT64: IEEE 754, big-endian. On a machine that computes with the x87 (i386), a signalling NaN becomes a quiet one;
 * decoding a message keeps it. */
KW_INLINE double kw_read_float64(kw_reader *r)
{
    double v;
    kwi_read_float64(r, &v);
    return v;
}

/* UUID: 16 bytes in network order. */
KW_INLINE kw_uuid kw_read_uuid(kw_reader *r)
{
    kw_uuid u;
    if (KW_UNLIKELY(r->end - r->pos < 16)) {
        (void)kwi_read_short(r);
        memset(&u, 0, sizeof u);
        return u;
    }
    memcpy(u.bytes, r->pos, 16);
    r->pos += 16;
    return u;
}

/* Private: adjacent fields of fixed size, `size` bytes in total. `sizes` has a character for each field: 1, 2, 4, 8,
 * or G for 16. Returns the address of the bytes: in the input or, if they are incomplete, in `spare`, with 0 for
 * missing fields. */
static inline const uint8_t *kwi_read_run(kw_reader *r, size_t size, const char *sizes, uint8_t *spare)
{
    const uint8_t *p = r->pos;
    if (KW_UNLIKELY((size_t)(r->end - p) < size))
        return kwi_read_run_short(r, sizes, spare);
    r->pos = p + size;
    return p;
}

/* UNSIGNED_VARINT: 7 bits per byte, least significant first, at most 5 bytes. */
KW_INLINE uint32_t kw_read_unsigned_varint(kw_reader *r)
{
    if (KW_LIKELY(r->pos < r->end && *r->pos < 0x80))
        return *r->pos++;
    return kwi_read_uvarint_long(r);
}

/* UNSIGNED_VARLONG: at most 10 bytes. */
KW_API uint64_t kw_read_unsigned_varlong(kw_reader *r);

/* VARINT and VARLONG: zigzag, 0 -1 1 -2 2 are 0 1 2 3 4 on the wire. */
KW_INLINE int32_t kw_read_varint(kw_reader *r)
{
    uint32_t v = kw_read_unsigned_varint(r);
    return (int32_t)((v >> 1) ^ (0u - (v & 1)));
}

KW_INLINE int64_t kw_read_varlong(kw_reader *r)
{
    uint64_t v = kw_read_unsigned_varlong(r);
    return (int64_t)((v >> 1) ^ (UINT64_C(0) - (v & 1)));
}

/* `size` bytes unchanged; KW_ERR_LENGTH if there are fewer. */
KW_API kw_bytes kw_read_raw(kw_reader *r, size_t size);

/* Private: one view of a compact kind; inline unless it is null or has 2 MiB or more. */
KWI_INLINE kw_bytes kwi_read_compact_view(kw_reader *r, uint32_t how)
{
    const uint8_t *p = r->pos;
    size_t left = (size_t)(r->end - p);
    if (KW_LIKELY(left >= 4)) {
        uint32_t n = *p++;
        if (KW_UNLIKELY(n >= 0x80) && (how & KWI_STRING) == 0) {
            n = (n & 0x7f) | (uint32_t)*p++ << 7;
            if (n >= 0x4000)
                n = (n & 0x3fff) | (uint32_t)*p++ << 14;
        }
        if (KW_LIKELY(n - 1 < ((how & KWI_STRING) != 0 ? 0x7fu : 0x1fffffu) && (size_t)(r->end - p) >= n - 1)) {
            kw_bytes v = {p, (int32_t)(n - 1)};
            r->pos = p + (n - 1);
            return v;
        }
    }
    return kwi_read_view_long(r, how | KWI_COMPACT);
}

/* Private: one string that is not compact. */
static inline kw_bytes kwi_read_classic_string(kw_reader *r, uint32_t how)
{
    const uint8_t *p = r->pos;
    if (KW_LIKELY(r->end - p >= 2)) {
        uint32_t n = kw_load_be16(p);
        if (KW_LIKELY(n <= 0x7fff && (size_t)(r->end - p) - 2 >= n)) {
            kw_bytes v = {p + 2, (int32_t)n};
            r->pos = p + 2 + n;
            return v;
        }
    }
    return kwi_read_view_long(r, how | KWI_STRING);
}

/* Private: one byte field that is not compact. */
static inline kw_bytes kwi_read_classic_bytes(kw_reader *r, uint32_t how)
{
    const uint8_t *p = r->pos;
    if (KW_LIKELY(r->end - p >= 4)) {
        uint32_t n = kw_load_be32(p);
        if (KW_LIKELY(n <= INT32_MAX && (size_t)(r->end - p) - 4 >= n)) {
            kw_bytes v = {p + 4, (int32_t)n};
            r->pos = p + 4 + n;
            return v;
        }
    }
    return kwi_read_view_long(r, how);
}

/* STRING: INT16 length. NULLABLE_STRING: a negative length is null. The compact kinds: UNSIGNED_VARINT length + 1, and
 * 0 is null. Strings longer than 32767 bytes are errors in every kind. */
KW_INLINE kw_string kw_read_string(kw_reader *r)
{
    return kw_string_of_bytes(kwi_read_classic_string(r, 0));
}
KW_INLINE kw_string kw_read_nullable_string(kw_reader *r)
{
    return kw_string_of_bytes(kwi_read_classic_string(r, KWI_NULLABLE));
}
KW_INLINE kw_string kw_read_compact_string(kw_reader *r)
{
    return kw_string_of_bytes(kwi_read_compact_view(r, KWI_STRING));
}
KW_INLINE kw_string kw_read_compact_nullable_string(kw_reader *r)
{
    return kw_string_of_bytes(kwi_read_compact_view(r, KWI_STRING | KWI_NULLABLE));
}

/* BYTES: INT32 length. NULLABLE_BYTES: a negative length is null. The compact kinds as with strings. */
KW_INLINE kw_bytes kw_read_bytes(kw_reader *r)
{
    return kwi_read_classic_bytes(r, 0);
}
KW_INLINE kw_bytes kw_read_nullable_bytes(kw_reader *r)
{
    return kwi_read_classic_bytes(r, KWI_NULLABLE);
}
KW_INLINE kw_bytes kw_read_compact_bytes(kw_reader *r)
{
    return kwi_read_compact_view(r, 0);
}
KW_INLINE kw_bytes kw_read_compact_nullable_bytes(kw_reader *r)
{
    return kwi_read_compact_view(r, KWI_NULLABLE);
}

/* RECORDS and COMPACT_RECORDS: the same format as the nullable byte kinds; null and empty are different. */
KW_INLINE kw_bytes kw_read_records(kw_reader *r)
{
    return kw_read_nullable_bytes(r);
}
KW_INLINE kw_bytes kw_read_compact_records(kw_reader *r)
{
    return kw_read_compact_nullable_bytes(r);
}

/* The kind of string or byte field that `compact` and `nullable` choose. */
KW_INLINE kw_string kw_read_any_string(kw_reader *r, bool compact, bool nullable)
{
    uint32_t how = nullable ? KWI_STRING | KWI_NULLABLE : KWI_STRING;
    return kw_string_of_bytes(compact ? kwi_read_compact_view(r, how) : kwi_read_classic_string(r, how));
}
KW_INLINE kw_bytes kw_read_any_bytes(kw_reader *r, bool compact, bool nullable)
{
    uint32_t how = nullable ? KWI_NULLABLE : 0;
    return compact ? kwi_read_compact_view(r, how) : kwi_read_classic_bytes(r, how);
}

/* Private: one count; the common cases inline. */
static inline int32_t kwi_read_compact_count(kw_reader *r, size_t min_size, uint32_t how)
{
    const uint8_t *p = r->pos;
    if (KW_LIKELY(p < r->end)) {
        uint32_t n = *p;
        if (KW_LIKELY(n - 1 < 127 && (n - 1) * min_size < (size_t)(r->end - p)) ||
            (n == 0 && (how & KWI_NULLABLE) != 0)) {
            r->pos = p + 1;
            return (int32_t)n - 1;
        }
    }
    return kwi_read_count_long(r, min_size, how);
}
static inline int32_t kwi_read_classic_count(kw_reader *r, size_t min_size, uint32_t how)
{
    const uint8_t *p = r->pos;
    if (KW_LIKELY(r->end - p >= 4)) {
        uint32_t n = kw_load_be32(p);
        if (KW_LIKELY(n <= KW_MAX_ARRAY && (uint64_t)n * min_size <= (size_t)(r->end - p - 4))) {
            r->pos = p + 4;
            return (int32_t)n;
        }
    }
    return kwi_read_count_long(r, min_size, how);
}

/* The element count of an array whose elements take at least `min_size` bytes each (1 or more); -1 is null. A count
 * that the bytes left cannot hold, or of more than KW_MAX_ARRAY, is refused here, before memory is allocated for it.
 * ARRAY: INT32 count, negative is null. COMPACT_ARRAY: UNSIGNED_VARINT count + 1, 0 is null. */
KW_INLINE int32_t kw_read_array(kw_reader *r, size_t min_size)
{
    return kwi_read_classic_count(r, min_size, 0);
}
KW_INLINE int32_t kw_read_nullable_array(kw_reader *r, size_t min_size)
{
    return kwi_read_classic_count(r, min_size, KWI_NULLABLE);
}
KW_INLINE int32_t kw_read_compact_array(kw_reader *r, size_t min_size)
{
    return kwi_read_compact_count(r, min_size, KWI_COMPACT);
}
KW_INLINE int32_t kw_read_compact_nullable_array(kw_reader *r, size_t min_size)
{
    return kwi_read_compact_count(r, min_size, KWI_COMPACT | KWI_NULLABLE);
}
KW_INLINE int32_t kw_read_any_array(kw_reader *r, size_t min_size, bool compact, bool nullable)
{
    uint32_t how = nullable ? KWI_NULLABLE : 0;
    return compact ? kwi_read_compact_count(r, min_size, how | KWI_COMPACT) : kwi_read_classic_count(r, min_size, how);
}

/* Memory in the arena for one struct or for *len > 0 of them; NULL, and *len = 0, if it does not fit, which is an error
 * of the reader. */
KW_INLINE KW_NODISCARD void *kw_read_place(kw_reader *r, kw_arena *arena, size_t size)
{
    void *place = kw_arena_alloc(arena, size);
    if (KW_UNLIKELY(place == NULL))
        (void)kw_reader_fail(r, kw_arena_status(arena));
    return place;
}
KW_INLINE KW_NODISCARD void *kw_read_items(kw_reader *r, kw_arena *arena, int32_t *len, size_t size)
{
    if (*len <= 0)
        return NULL;
    void *items = kw_arena_array(arena, (size_t)*len, size);
    if (KW_UNLIKELY(items == NULL)) {
        *len = 0;
        (void)kw_reader_fail(r, kw_arena_status(arena));
    }
    return items;
}

/* Nullable struct: one INT8, negative is null. True if the struct's fields follow. */
KW_INLINE bool kw_read_struct(kw_reader *r)
{
    return kw_read_int8(r) >= 0 && r->status == KW_OK;
}
/* The same inside a tagged field: one UNSIGNED_VARINT, 0 is null, and so is what is negative as an INT32. */
KW_INLINE bool kw_read_tagged_struct(kw_reader *r)
{
    return (int32_t)kw_read_unsigned_varint(r) > 0;
}

/* True, and moves past it, if an empty TAG_BUFFER is next. */
KW_INLINE bool kw_read_empty_tag_buffer(kw_reader *r)
{
    if (KW_LIKELY(r->pos < r->end && *r->pos == 0)) {
        r->pos++;
        return true;
    }
    return false;
}

/* TAG_BUFFER of which no tag is known: *out is NULL if it is empty, else a list in the arena whose values are views. */
KW_INLINE void kw_read_tag_buffer(kw_reader *r, kw_arena *arena, kw_raw_tags **out)
{
    *out = NULL;
    if (!kw_read_empty_tag_buffer(r))
        kwi_read_unknown_tags_long(r, arena, out);
}

/* TAG_BUFFER of which some tags are known:
 *
 *     kw_tag_reader t;
 *     for (kw_tag_reader_init(&t, r); kw_tag_reader_next(&t);)
 *         switch (t.tag) {
 *         case 0: x = kw_read_int64(r); break;
 *         default: kw_tag_reader_keep(&t, arena, &unknown);
 *         }
 *
 * Inside the loop the reader ends where the field ends. A field that was not read to its end is TAG_SIZE. */
typedef struct kw_tag_reader {
    kw_reader *reader;
    const uint8_t *outer_end;
    uint32_t left;
    uint32_t tag;      /* of the field that kw_tag_reader_next() found */
    const uint8_t *at; /* where that field starts */
    bool inside;
    bool cut; /* partial input: it ends before that field does */
    bool first;
} kw_tag_reader;

KW_API void kw_tag_reader_init(kw_tag_reader *t, kw_reader *r);
KW_API bool kw_tag_reader_next(kw_tag_reader *t);
/* Stores the current field in *list (initially NULL), in the arena. */
KW_API void kw_tag_reader_keep(kw_tag_reader *t, kw_arena *arena, kw_raw_tags **list);

/* Fails with KW_ERR_TAG_VERSION at the start of the current field. */
KW_API KW_COLD void kw_tag_reader_refuse(kw_tag_reader *t);

/* Arrays of primitives, count and elements, copied to the arena in host order (UUIDs as they are, strings and bytes as
 * views). `compact` and `nullable` choose among the four kinds. */
KW_API void kw_read_bool_array(kw_reader *r, kw_arena *arena, bool compact, bool nullable, kw_bool_array *out);
KW_API void kw_read_int8_array(kw_reader *r, kw_arena *arena, bool compact, bool nullable, kw_int8_array *out);
KW_API void kw_read_int16_array(kw_reader *r, kw_arena *arena, bool compact, bool nullable, kw_int16_array *out);
KW_API void kw_read_uint16_array(kw_reader *r, kw_arena *arena, bool compact, bool nullable, kw_uint16_array *out);
KW_API void kw_read_uint32_array(kw_reader *r, kw_arena *arena, bool compact, bool nullable, kw_uint32_array *out);
KW_API void kw_read_int64_array(kw_reader *r, kw_arena *arena, bool compact, bool nullable, kw_int64_array *out);
KW_API void kw_read_float64_array(kw_reader *r, kw_arena *arena, bool compact, bool nullable, kw_float64_array *out);
KW_API void kw_read_uuid_array(kw_reader *r, kw_arena *arena, bool compact, bool nullable, kw_uuid_array *out);
KW_API void kw_read_string_array(kw_reader *r, kw_arena *arena, bool compact, bool nullable, kw_string_array *out);
KW_API void kw_read_bytes_array(kw_reader *r, kw_arena *arena, bool compact, bool nullable, kw_bytes_array *out);

/* Lists of replicas are the most frequent arrays, and short: up to four are always copied as four. */
KW_ALWAYS_INLINE void kw_read_int32_array(kw_reader *r, kw_arena *arena, bool compact, bool nullable,
                                          kw_int32_array *out)
{
    const uint8_t *p = r->pos;
    const size_t head = compact ? 1 : 4;
    if (KW_LIKELY((size_t)(r->end - p) >= head + 16 && arena->end - arena->pos >= 16)) {
        uint32_t n = compact ? p[0] - 1u : kw_load_be32(p);
        if (KW_LIKELY(n <= 4)) {
            int32_t *items = (int32_t *)(void *)arena->pos;
            uint64_t a = kw_load_be64(p + head), b = kw_load_be64(p + head + 8);
            items[0] = (int32_t)(a >> 32);
            items[1] = (int32_t)a;
            items[2] = (int32_t)(b >> 32);
            items[3] = (int32_t)b;
            arena->pos += ((size_t)n + 1) / 2 * 8;
            out->items = items;
            out->len = (int32_t)n;
            r->pos = p + head + 4 * (size_t)n;
            return;
        }
        if (nullable && n == UINT32_MAX) {
            out->items = NULL;
            out->len = -1;
            r->pos = p + head;
            return;
        }
    }
    kwi_read_int32_array_long(r, arena, compact, nullable, out);
}

KW_END_DECLS
#endif
