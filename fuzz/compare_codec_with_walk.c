/* SPDX-License-Identifier: Apache-2.0 */
/* The straight-line codec against the reader that uses the descriptions: same verdict at the same offset, same
 * value, and a walk over the value sees what dissecting the bytes saw. The input: a choice (message.h) whose flags
 * are the reader's and, in the upper four bits, a small memory limit in steps of 256 bytes; then the body. */
#include <kwire/walk.h>

#include "canonical.h"
#include "message.h"

enum { READ_FLAGS = KW_READ_PARTIAL | KW_READ_STRICT_TAGS };

typedef struct trace {
    uint64_t digest; /* of the properties that both kinds of walk have */
    size_t input_size;
    size_t steps;
} trace;

static void mix(trace *t, uint64_t part)
{
    t->digest = (t->digest ^ part) * UINT64_C(0x9e3779b97f4a7c15);
    t->digest ^= t->digest >> 29;
}

static bool note(void *context, const kw_step *step)
{
    trace *t = context;
    mix(t, step->event);
    mix(t, (uint64_t)(uintptr_t)step->field);
    mix(t, (uint64_t)(uintptr_t)step->type);
    mix(t, (uint64_t)(int64_t)step->index);
    mix(t, (uint64_t)(int64_t)step->count);
    mix(t, step->is_null);
    t->steps++;
    FUZZ_REQUIRE(step->offset <= t->input_size && step->size <= t->input_size - step->offset);
    return true;
}

static reading dissect_message(choice c, const uint8_t *body, size_t size, uint32_t flags, kw_arena *arena, trace *t)
{
    reading r;
    kw_reader in;
    kw_reader_init(&in, body, size);
    in.flags = flags;
    r.status = kw_message_dissect(c.message, c.version, &in, arena, &r.value, note, t);
    r.error_at = in.error_at;
    r.left = kw_reader_remaining(&in);
    return r;
}

static void compare_walk(choice c, const uint8_t *body, size_t size, const void *value, const trace *dissected)
{
    trace walked = {.input_size = size};
    FUZZ_REQUIRE(kw_message_walk(c.message, c.version, value, note, &walked));
    FUZZ_REQUIRE(walked.steps <= dissected->steps);
    if (is_canonical(c.message, c.version, body, size))
        FUZZ_REQUIRE(walked.digest == dissected->digest);
}

static void compare(choice c, const uint8_t *body, size_t size, uint32_t flags, kw_arena *one, kw_arena *other)
{
    trace t = {.input_size = size};
    reading typed = decode_message(c.message, c.version, body, size, flags, one);
    reading described = dissect_message(c, body, size, flags, other, &t);
    FUZZ_REQUIRE(typed.status == described.status);
    FUZZ_REQUIRE(typed.error_at == described.error_at && typed.left == described.left);
    if (typed.status == KW_OK)
        FUZZ_REQUIRE(kw_message_equal(c.message, typed.value, described.value));
    if (typed.status == KW_OK && (flags & KW_READ_STRICT_TAGS) != 0)
        compare_walk(c, body, size - typed.left, typed.value, &t);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    choice c = choice_take(&in);
    size_t limit = c.flags >> 4 != 0 ? (size_t)(c.flags >> 4) << 8 : FUZZ_MEMORY;
    kw_arena one, other;
    kw_arena_init_growing(&one, NULL, 0, kw_allocator_libc(), limit);
    kw_arena_init_growing(&other, NULL, 0, kw_allocator_libc(), limit);
    compare(c, in.pos, fuzz_left(&in), c.flags & READ_FLAGS, &one, &other);
    kw_arena_finish(&one);
    kw_arena_finish(&other);
}
