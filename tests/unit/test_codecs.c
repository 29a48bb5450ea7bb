/* SPDX-License-Identifier: Apache-2.0 */
/* Every message of every version: the typed codec and the descriptors check each other. */
#include "support.h"

#include <kwire/walk.h>

#include "random_message.h"

static bool count_steps(void *context, const kw_step *step)
{
    (void)step;
    ++*(size_t *)context;
    return true;
}

static void check_both_codecs(const kw_message *m, int16_t version, uint64_t seed, kw_arena *arena, kw_writer *out)
{
    kw_arena_reset(arena);
    kw_writer_reset(out);
    void *value = random_message(m, version, seed, arena);
    kw_status status = kw_message_encode(m, version, value, out);
    if (status != KW_OK)
        fail_msg("%s v%d: %s", m->name, version, kw_status_name(status));
    assert_status(kw_encode_error_path(m, version, value, NULL, 0), KW_OK);

    kw_span bytes = kw_writer_data(out);
    kw_reader typed;
    kw_reader generic;
    kw_reader_init(&typed, bytes.data, bytes.size);
    kw_reader_init(&generic, bytes.data, bytes.size);
    void *decoded;
    void *dissected;
    size_t seen = 0;
    size_t walked = 0;
    kw_status one = kw_message_decode(m, version, &typed, arena, &decoded);
    kw_status other = kw_message_dissect(m, version, &generic, arena, &dissected, count_steps, &seen);
    assert_status(one, typed.status);
    assert_status(other, generic.status);
    (void)kw_message_walk(m, version, value, count_steps, &walked);
    if (kw_reader_finish(&typed) != KW_OK || kw_reader_finish(&generic) != KW_OK ||
        !kw_message_equal(m, value, decoded) || !kw_message_equal(m, value, dissected) || seen != walked)
        fail_msg("%s v%d, seed %u: typed %s, generic %s, %zu steps seen, %zu walked", m->name, version, (unsigned)seed,
                 kw_status_name(kw_reader_finish(&typed)), kw_status_name(kw_reader_finish(&generic)), seen, walked);
}

static void both_codecs_agree_on_every_message(void **state)
{
    (void)state;
    kw_arena arena;
    kw_writer out;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1 << 24);
    kw_writer_init_growing(&out, kw_allocator_libc(), 1 << 24);
    for (size_t i = 0; i < kw_message_count(); i++) {
        const kw_message *m = kw_message_at(i);
        for (int16_t version = m->versions.first; version <= m->versions.last; version++)
            for (uint64_t seed = 0; seed < 20; seed++)
                check_both_codecs(m, version, seed, &arena, &out);
    }
    kw_writer_finish(&out);
    kw_arena_finish(&arena);
}

static void check_both_refuse(const kw_message *m, int16_t version, uint8_t *bytes, size_t size, kw_arena *arena)
{
    kw_arena_reset(arena);
    kw_reader typed;
    kw_reader generic;
    kw_reader_init(&typed, bytes, size);
    kw_reader_init(&generic, bytes, size);
    void *decoded;
    void *dissected;
    kw_status one = kw_message_decode(m, version, &typed, arena, &decoded);
    kw_status other = kw_message_dissect(m, version, &generic, arena, &dissected, NULL, NULL);
    assert_status(one, typed.status);
    assert_status(other, generic.status);
    if (typed.status != generic.status || typed.error_at != generic.error_at)
        fail_msg("%s v%d: typed %s at %zu, generic %s at %zu", m->name, version, kw_status_name(typed.status),
                 typed.error_at, kw_status_name(generic.status), generic.error_at);
    if (typed.status == KW_OK)
        assert_true(kw_message_equal(m, decoded, dissected));
}

/* Truncated, and with one byte changed: the same verdict at the same byte. */
static void both_codecs_agree_on_what_is_wrong(void **state)
{
    (void)state;
    kw_arena arena;
    kw_writer out;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1 << 24);
    kw_writer_init_growing(&out, kw_allocator_libc(), 1 << 24);
    for (size_t i = 0; i < kw_message_count(); i++) {
        const kw_message *m = kw_message_at(i);
        for (int16_t version = m->versions.first; version <= m->versions.last; version++) {
            kw_arena_reset(&arena);
            kw_writer_reset(&out);
            void *value = random_message(m, version, i + 100, &arena);
            assert_status(kw_message_encode(m, version, value, &out), KW_OK);
            size_t size = kw_writer_data(&out).size;
            for (size_t at = 0; at < size; at++) {
                uint8_t *bytes = given_size(size);
                memcpy(bytes, kw_writer_data(&out).data, size);
                bytes[at] ^= (uint8_t)(0x81 + at % 7);
                check_both_refuse(m, version, bytes, size, &arena);
                bytes = given_size(at);
                memcpy(bytes, kw_writer_data(&out).data, at);
                check_both_refuse(m, version, bytes, at, &arena);
            }
            (void)forget_given(NULL);
        }
    }
    kw_writer_finish(&out);
    kw_arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_codecs_agree_on_every_message),
        TEST(both_codecs_agree_on_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
