/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/reader.h>

/* Reads the count, which is at most one more than the input can hold, and gets memory for that many items. Returns
 * how many the input really has (fewer only in a partial input) and sets *len to -1 for null, otherwise to the same
 * number. */
static size_t start_array(kw_reader *r, kw_arena *arena, bool compact, bool nullable, size_t wire_size,
                          size_t item_size, void **items, int32_t *len, bool *cut)
{
    int32_t n = kw_read_any_array(r, wire_size, compact, nullable);
    *items = NULL;
    *len = n;
    *cut = false;
    if (n <= 0)
        return 0;
    if ((size_t)n * wire_size > kw_reader_remaining(r)) {
        n--;
        *cut = true;
    }
    if (n > 0) {
        *items = kw_arena_array(arena, (size_t)n, item_size);
        if (*items == NULL) {
            (void)kw_reader_fail(r, kw_arena_status(arena));
            n = 0;
        }
    }
    *len = n;
    return (size_t)n;
}

static void end_array(kw_reader *r, bool cut)
{
    if (cut)
        (void)kw_reader_fail(r, KW_ERR_TRUNCATED);
}

static bool load_bool(const uint8_t *p)
{
    return *p != 0;
}

static kw_uuid load_uuid(const uint8_t *p)
{
    kw_uuid u;
    memcpy(u.bytes, p, sizeof u.bytes);
    return u;
}

/* The count was compared with the bytes left, so the elements need no checks. */
#define FIXED_SIZE_ARRAY(function, name, type, wire_size, load)                                                 \
    void function(kw_reader *r, kw_arena *arena, bool compact, bool nullable, kw_##name##_array *out)           \
    {                                                                                                           \
        void *memory;                                                                                           \
        bool cut;                                                                                               \
        size_t n = start_array(r, arena, compact, nullable, wire_size, sizeof(type), &memory, &out->len, &cut); \
        type *items = memory;                                                                                   \
        const uint8_t *p = r->pos;                                                                              \
        for (size_t i = 0; i < n; i++)                                                                          \
            items[i] = (type)load(p + i * (wire_size));                                                         \
        r->pos = p + n * (wire_size);                                                                           \
        out->items = items;                                                                                     \
        end_array(r, cut);                                                                                      \
    }

FIXED_SIZE_ARRAY(kw_read_bool_array, bool, bool, 1, load_bool)
FIXED_SIZE_ARRAY(kw_read_int8_array, int8, int8_t, 1, *)
FIXED_SIZE_ARRAY(kw_read_int16_array, int16, int16_t, 2, kw_load_be16)
FIXED_SIZE_ARRAY(kw_read_uint16_array, uint16, uint16_t, 2, kw_load_be16)
FIXED_SIZE_ARRAY(kwi_read_int32_array_long, int32, int32_t, 4, kw_load_be32)
FIXED_SIZE_ARRAY(kw_read_uint32_array, uint32, uint32_t, 4, kw_load_be32)
FIXED_SIZE_ARRAY(kw_read_int64_array, int64, int64_t, 8, kw_load_be64)
FIXED_SIZE_ARRAY(kw_read_uuid_array, uuid, kw_uuid, 16, load_uuid)
#undef FIXED_SIZE_ARRAY

void kw_read_float64_array(kw_reader *r, kw_arena *arena, bool compact, bool nullable, kw_float64_array *out)
{
    void *memory;
    bool cut;
    size_t n = start_array(r, arena, compact, nullable, 8, sizeof(double), &memory, &out->len, &cut);
    const uint8_t *p = r->pos;
    out->items = memory;
    for (size_t i = 0; i < n; i++)
        kw_load_float64(&out->items[i], p + i * 8);
    r->pos = p + n * 8;
    end_array(r, cut);
}

void kw_read_string_array(kw_reader *r, kw_arena *arena, bool compact, bool nullable, kw_string_array *out)
{
    void *memory;
    bool cut;
    size_t n = start_array(r, arena, compact, nullable, compact ? 1 : 2, sizeof(kw_string), &memory, &out->len, &cut);
    out->items = memory;
    for (size_t i = 0; i < n; i++) {
        out->items[i] = compact ? kw_read_compact_string(r) : kw_read_string(r);
        if (!kw_reader_ok(r)) {
            out->len = (int32_t)i;
            return;
        }
    }
    end_array(r, cut);
}

void kw_read_bytes_array(kw_reader *r, kw_arena *arena, bool compact, bool nullable, kw_bytes_array *out)
{
    void *memory;
    bool cut;
    size_t n = start_array(r, arena, compact, nullable, compact ? 1 : 4, sizeof(kw_bytes), &memory, &out->len, &cut);
    out->items = memory;
    for (size_t i = 0; i < n; i++) {
        out->items[i] = compact ? kw_read_compact_bytes(r) : kw_read_bytes(r);
        if (!kw_reader_ok(r)) {
            out->len = (int32_t)i;
            return;
        }
    }
    end_array(r, cut);
}
