/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of share coordinators: what Kafka accepts as one, and the text by which a key is distributed. */
#include "../../unit/support.h"

#include "coordinator/share_key.h"

static kw_arena arena;

static int set_up(void **state)
{
    (void)state;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 4096);
    return 0;
}

static int tear_down(void **state)
{
    kw_arena_finish(&arena);
    return forget_given(state);
}

/* What is parsed is printed in one way, whatever it looked like. */
static void texts_are_normalized(void **state)
{
    (void)state;
    static const struct {
        const char *text, *group, *printed;
        int32_t partition;
    } cases[] = {
        {"g:AQAAAAAAAAAAAAAAAAAAAg:0", "g", "g:AQAAAAAAAAAAAAAAAAAAAg:0", 0},
        {"a:b::c:AQAAAAAAAAAAAAAAAAAAAg:12", "a:b::c", "a:b::c:AQAAAAAAAAAAAAAAAAAAAg:12", 12},
        {" g :AQAAAAAAAAAAAAAAAAAAAg:2147483647:", " g ", " g :AQAAAAAAAAAAAAAAAAAAAg:2147483647", 2147483647},
        {"g:AQAAAAAAAAAAAAAAAAAAAg:+007::", "g", "g:AQAAAAAAAAAAAAAAAAAAAg:7", 7},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct share_key key;
        assert_true(share_key_parse(kw_string_of(cases[i].text), &key));
        assert_true(kw_string_equal(key.group, kw_string_of(cases[i].group)));
        assert_int_equal(key.partition, cases[i].partition);
        assert_int_equal(key.topic_id.bytes[0], 1);
        assert_int_equal(key.topic_id.bytes[15], 2);
        assert_true(kw_string_equal(share_key_format(&key, &arena), kw_string_of(cases[i].printed)));
    }
}

static void others_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        ":",
        "g",
        "g:0",
        "AQAAAAAAAAAAAAAAAAAAAg:0",
        ":AQAAAAAAAAAAAAAAAAAAAg:0",
        " :AQAAAAAAAAAAAAAAAAAAAg:0",
        "g:AQAAAAAAAAAAAAAAAAAAAg:",
        "g:AQAAAAAAAAAAAAAAAAAAAg:x",
        "g:AQAAAAAAAAAAAAAAAAAAAg:2147483648",
        "g::0",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct share_key key;
        assert_false(share_key_parse(kw_string_of(texts[i]), &key));
    }
}

/* An empty group is none that can be asked for, but it can be printed. */
static void what_memory_allows(void **state)
{
    (void)state;
    kw_arena none;
    struct share_key key = {.group = {NULL, 0}, .partition = -1};
    assert_true(kw_string_equal(share_key_format(&key, &arena), kw_string_of(":AAAAAAAAAAAAAAAAAAAAAA:-1")));
    kw_arena_init(&none, NULL, 0);
    assert_null(share_key_format(&key, &none).data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts_are_normalized, set_up, tear_down),
        cmocka_unit_test_setup_teardown(others_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_memory_allows, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
