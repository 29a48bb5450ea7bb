/* SPDX-License-Identifier: Apache-2.0 */
/* Any message and version: what decodes also encodes, to the same bytes if these are canonical and otherwise to
 * bytes of the same value. The input: a choice (message.h), then the body. */
#include <stdlib.h>

#include "canonical.h"
#include "message.h"

static bool same_bytes(kw_span a, const uint8_t *data, size_t size)
{
    return a.size == size && (size == 0 || memcmp(a.data, data, size) == 0);
}

/* A copy of the value must need neither the bytes nor the arena that it was decoded into. */
static void encode_copy(choice c, const uint8_t *body, size_t size, kw_span expected)
{
    kw_arena source, arena;
    kw_writer w;
    uint8_t *bytes = fuzz_copy(body, size);
    fuzz_arena(&source);
    fuzz_arena(&arena);
    reading r = decode_message(c.message, c.version, bytes, size, KW_READ_STRICT_TAGS, &source);
    void *copy = kw_message_copy(c.message, r.value, &arena);
    FUZZ_REQUIRE(r.status == KW_OK && copy != NULL && kw_message_equal(c.message, r.value, copy));
    free(bytes);
    kw_arena_finish(&source);
    kw_writer_init_growing(&w, kw_allocator_libc(), FUZZ_MEMORY);
    FUZZ_REQUIRE(kw_message_encode(c.message, c.version, copy, &w) == KW_OK);
    FUZZ_REQUIRE(same_bytes(kw_writer_data(&w), expected.data, expected.size));
    kw_writer_finish(&w);
    kw_arena_finish(&arena);
}

static void encode(choice c, const uint8_t *body, size_t size, const void *value, kw_arena *arena)
{
    kw_writer w;
    kw_writer_init_growing(&w, kw_allocator_libc(), FUZZ_MEMORY);
    FUZZ_REQUIRE(encode_message(c.message, c.version, value, &w) == KW_OK);
    kw_span out = kw_writer_data(&w);
    FUZZ_REQUIRE(same_bytes(out, body, size) == is_canonical(c.message, c.version, body, size));
    reading again = decode_message(c.message, c.version, out.data, out.size, KW_READ_STRICT_TAGS, arena);
    FUZZ_REQUIRE(again.status == KW_OK && again.left == 0 && kw_message_equal(c.message, value, again.value));
    FUZZ_REQUIRE(is_canonical(c.message, c.version, out.data, out.size));
    encode_copy(c, body, size, out);
    kw_writer_finish(&w);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    choice c = choice_take(&in);
    kw_arena arena;
    fuzz_arena(&arena);
    reading r = decode_message(c.message, c.version, in.pos, fuzz_left(&in), KW_READ_STRICT_TAGS, &arena);
    if (r.status == KW_OK)
        encode(c, in.pos, fuzz_left(&in) - r.left, r.value, &arena);
    kw_arena_finish(&arena);
}
