/* SPDX-License-Identifier: Apache-2.0 */
/* Which UUIDs are taken of random bytes. */
#include "../../unit/support.h"

#include "base/random.h"

/* Gives the same byte 16 times, then the next one. */
struct script {
    struct random_source source;
    const uint8_t *bytes;
    size_t left;
};

static bool fill(struct random_source *source, void *to, size_t size)
{
    struct script *script = (struct script *)(void *)source; /* its first member */
    if (script->left == 0)
        return false;
    memset(to, *script->bytes++, size);
    script->left--;
    return true;
}

static struct script script_of(const uint8_t *bytes, size_t count)
{
    return (struct script){{fill}, bytes, count};
}

static void they_are_of_version_4(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x00, 0xff, 0x59};
    static const uint8_t sixth[] = {0x40, 0x4f, 0x49}, eighth[] = {0x80, 0xbf, 0x99};
    struct script script = script_of(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        kw_uuid id;
        assert_true(random_uuid(&script.source, &id));
        for (size_t k = 0; k < sizeof id.bytes; k++)
            assert_int_equal(id.bytes[k], k == 6 ? sixth[i] : k == 8 ? eighth[i] : bytes[i]);
    }
}

static void none_starts_with_a_dash(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0xf8, 0xfb, 0xfc, 0xf9, 0xf7, 0xfa};
    struct script script = script_of(bytes, sizeof bytes);
    kw_uuid id;
    assert_true(random_uuid(&script.source, &id));
    assert_int_equal(id.bytes[0], 0xfc);
    assert_true(random_uuid(&script.source, &id));
    assert_int_equal(id.bytes[0], 0xf7);
    assert_false(random_uuid(&script.source, &id)); /* there are no more */
    assert_false(random_uuid(&script.source, &id));
}

static void the_system_has_random_bytes(void **state)
{
    (void)state;
    kw_uuid one, other;
    uint8_t many[257];
    assert_true(random_uuid(&random_system, &one));
    assert_true(random_uuid(&random_system, &other));
    assert_memory_not_equal(one.bytes, other.bytes, sizeof one.bytes);
    assert_false(random_system.fill(&random_system, many, sizeof many)); /* more than it gives at once */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(they_are_of_version_4),
        TEST(none_starts_with_a_dash),
        TEST(the_system_has_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
