/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/writer.h>

static uint32_t how_of(bool compact, bool nullable)
{
    return (compact ? KWI_WRITE_COMPACT : 0u) | (nullable ? KWI_WRITE_NULLABLE : 0u);
}

static void swap_2(uint8_t *to, const uint8_t *from)
{
    uint16_t v;
    memcpy(&v, from, sizeof v);
    kw_store_be16(to, v);
}

static void swap_4(uint8_t *to, const uint8_t *from)
{
    uint32_t v;
    memcpy(&v, from, sizeof v);
    kw_store_be32(to, v);
}

static void swap_8(uint8_t *to, const uint8_t *from)
{
    uint64_t v;
    memcpy(&v, from, sizeof v);
    kw_store_be64(to, v);
}

/* `len` elements of any type of that size; one check if all of them fit, otherwise one for each. */
#define ELEMENTS(size)                                                              \
    static void write_elements_##size(kw_writer *w, const void *items, int32_t len) \
    {                                                                               \
        const uint8_t *from = items;                                                \
        size_t n = len > 0 ? (size_t)len : 0;                                       \
        if (n == 0) /* there may be no buffer then */                               \
            return;                                                                 \
        if (n > kwi_writer_left(w) / (size)) {                                      \
            for (size_t i = 0; i < n; i++)                                          \
                swap_##size(kwi_writer_reserve(w, size), from + i * (size));        \
            return;                                                                 \
        }                                                                           \
        uint8_t *to = w->pos;                                                       \
        w->pos += n * (size);                                                       \
        for (size_t i = 0; i < n; i++)                                              \
            swap_##size(to + i * (size), from + i * (size));                        \
    }

ELEMENTS(2)
ELEMENTS(4)
ELEMENTS(8)
#undef ELEMENTS

static void write_elements_1(kw_writer *w, const void *items, int32_t len)
{
    kw_write_raw(w, items, len > 0 ? (size_t)len : 0);
}

static void write_elements_16(kw_writer *w, const void *items, int32_t len)
{
    kw_write_raw(w, items, len > 0 ? (size_t)len * 16 : 0);
}

#define ARRAY(function, name, size)                                               \
    void function(kw_writer *w, kw_##name##_array v, bool compact, bool nullable) \
    {                                                                             \
        kwi_write_count(w, v.len, how_of(compact, nullable));                     \
        write_elements_##size(w, v.items, v.len);                                 \
    }

ARRAY(kw_write_bool_array, bool, 1)
ARRAY(kw_write_int8_array, int8, 1)
ARRAY(kw_write_int16_array, int16, 2)
ARRAY(kw_write_uint16_array, uint16, 2)
ARRAY(kwi_write_int32_array_long, int32, 4)
ARRAY(kw_write_uint32_array, uint32, 4)
ARRAY(kw_write_int64_array, int64, 8)
ARRAY(kw_write_float64_array, float64, 8)
ARRAY(kw_write_uuid_array, uuid, 16)
#undef ARRAY

void kw_write_string_array(kw_writer *w, kw_string_array v, bool compact, bool nullable)
{
    kwi_write_count(w, v.len, how_of(compact, nullable));
    for (int32_t i = 0; i < v.len; i++)
        if (compact)
            kw_write_compact_string(w, v.items[i]);
        else
            kw_write_string(w, v.items[i]);
}

void kw_write_bytes_array(kw_writer *w, kw_bytes_array v, bool compact, bool nullable)
{
    kwi_write_count(w, v.len, how_of(compact, nullable));
    for (int32_t i = 0; i < v.len; i++)
        if (compact)
            kw_write_compact_bytes(w, v.items[i]);
        else
            kw_write_bytes(w, v.items[i]);
}
