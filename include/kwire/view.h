/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_VIEW_H
#define KWIRE_VIEW_H

/* The values that messages consist of. Strings, bytes and records are views: a pointer into memory with another
 * owner, and a length. A view from a decoder is valid as long as the input buffer; a view that is encoded must be
 * valid until the writer's output has been used.
 *
 * Everywhere in this library len < 0 is null and len == 0 is empty (the pointer is ignored then). So a zeroed struct
 * is empty and not null, and a loop `for (int32_t i = 0; i < x.len; i++)` does nothing for null. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <kwire/export.h>

/* STRING, COMPACT_STRING and the nullable kinds: UTF-8 by convention, not checked, not terminated by a zero byte. */
typedef struct kw_string {
    const char *data;
    int32_t len; /* bytes; < 0: null */
} kw_string;

/* BYTES, RECORDS, their compact and their nullable kinds. */
typedef struct kw_bytes {
    const uint8_t *data;
    int32_t len; /* < 0: null */
} kw_bytes;

/* Memory of any size. The layout is that of struct iovec on POSIX systems. */
typedef struct kw_span {
    const void *data;
    size_t size;
} kw_span;

/* UUID in network order. All zero means "none" in Kafka. */
typedef struct kw_uuid {
    uint8_t bytes[16];
} kw_uuid;

/* A tagged field that the schema does not have, with its bytes as they were read. */
typedef struct kw_raw_tag {
    uint32_t tag;
    kw_bytes value;
} kw_raw_tag;

/* The unknown tagged fields of one struct, ascending by tag. */
typedef struct kw_raw_tags {
    kw_raw_tag *items;
    int32_t len;
} kw_raw_tags;

/* Arrays of primitive types. len < 0: null. Decoded items are in the arena, and valid as long as it is not reset. */
typedef struct kw_bool_array {
    bool *items;
    int32_t len;
} kw_bool_array;
typedef struct kw_int8_array {
    int8_t *items;
    int32_t len;
} kw_int8_array;
typedef struct kw_int16_array {
    int16_t *items;
    int32_t len;
} kw_int16_array;
typedef struct kw_uint16_array {
    uint16_t *items;
    int32_t len;
} kw_uint16_array;
typedef struct kw_int32_array {
    int32_t *items;
    int32_t len;
} kw_int32_array;
typedef struct kw_uint32_array {
    uint32_t *items;
    int32_t len;
} kw_uint32_array;
typedef struct kw_int64_array {
    int64_t *items;
    int32_t len;
} kw_int64_array;
typedef struct kw_float64_array {
    double *items;
    int32_t len;
} kw_float64_array;
typedef struct kw_uuid_array {
    kw_uuid *items;
    int32_t len;
} kw_uuid_array;
typedef struct kw_string_array {
    kw_string *items;
    int32_t len;
} kw_string_array;
typedef struct kw_bytes_array {
    kw_bytes *items;
    int32_t len;
} kw_bytes_array;

/* For printf("%.*s", KW_FMT(s)): null prints as nothing. */
#define KW_FMT(s) ((s).len > 0 ? (int)(s).len : 0), ((s).len > 0 ? (s).data : "")

KW_BEGIN_DECLS

/* A view of a C string, which remains the caller's; NULL gives null. A string above INT32_MAX bytes is truncated. */
KW_INLINE kw_string kw_string_of(const char *text)
{
    kw_string s = {text, -1};
    if (text != NULL) {
        size_t n = strlen(text);
        s.len = n > (size_t)INT32_MAX ? INT32_MAX : (int32_t)n;
    }
    return s;
}

/* A view of `size` bytes; above INT32_MAX it is truncated. */
KW_INLINE kw_bytes kw_bytes_of(const void *data, size_t size)
{
    kw_bytes b = {(const uint8_t *)data, size > (size_t)INT32_MAX ? INT32_MAX : (int32_t)size};
    return b;
}

/* As above. */
KW_INLINE kw_bytes kw_bytes_of_span(kw_span span)
{
    return kw_bytes_of(span.data, span.size);
}

/* Null becomes a span of size 0. */
KW_INLINE kw_span kw_span_of_bytes(kw_bytes bytes)
{
    kw_span s = {bytes.data, bytes.len > 0 ? (size_t)bytes.len : 0};
    return s;
}

/* Null stays null. */
KW_INLINE kw_bytes kw_bytes_of_string(kw_string string)
{
    kw_bytes b = {(const uint8_t *)string.data, string.len};
    return b;
}
KW_INLINE kw_string kw_string_of_bytes(kw_bytes bytes)
{
    kw_string s = {(const char *)bytes.data, bytes.len};
    return s;
}

/* Null and empty are different. */
KW_INLINE bool kw_string_equal(kw_string a, kw_string b)
{
    if (a.len <= 0 || b.len <= 0)
        return a.len == b.len || (a.len < 0 && b.len < 0);
    return a.len == b.len && memcmp(a.data, b.data, (size_t)a.len) == 0;
}

/* Compares bytes, which for valid topic names is also Kafka's order. Below, at or above zero. Null counts as empty. */
KW_INLINE int kw_string_compare(kw_string a, kw_string b)
{
    int32_t size_a = a.len > 0 ? a.len : 0;
    int32_t size_b = b.len > 0 ? b.len : 0;
    int32_t shorter = size_a < size_b ? size_a : size_b;
    int order = shorter > 0 ? memcmp(a.data, b.data, (size_t)shorter) : 0;
    return order != 0 ? order : (size_a > size_b) - (size_a < size_b);
}

/* Null and empty are different. */
KW_INLINE bool kw_bytes_equal(kw_bytes a, kw_bytes b)
{
    if (a.len <= 0 || b.len <= 0)
        return a.len == b.len || (a.len < 0 && b.len < 0);
    return a.len == b.len && memcmp(a.data, b.data, (size_t)a.len) == 0;
}

KW_INLINE bool kw_uuid_equal(kw_uuid a, kw_uuid b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

/* Compares bytes: below, at or above zero. */
KW_INLINE int kw_uuid_compare(kw_uuid a, kw_uuid b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes);
}

/* True for the id that means "none" in Kafka. */
KW_INLINE bool kw_uuid_is_zero(kw_uuid u)
{
    static const kw_uuid zero = {{0}};
    return kw_uuid_equal(u, zero);
}

/* Kafka's text form: 22 characters of URL-safe base64 without padding, and a zero byte. */
KW_API void kw_uuid_format(kw_uuid uuid, char text[23]);

/* The reverse; false if text is not 22 characters of URL-safe base64 for 16 bytes. */
KW_API KW_NODISCARD bool kw_uuid_parse(kw_string text, kw_uuid *out);

KW_END_DECLS
#endif
