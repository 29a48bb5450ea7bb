/* SPDX-License-Identifier: Apache-2.0 */
/* Records of coordinators: keys and values with their types and versions, and what cannot be encoded. */
#include "../../unit/support.h"

#include <kwire/messages/offset_commit_key.h>
#include <kwire/messages/offset_commit_value.h>

#include "coordinator/record_out.h"

static kw_arena arena;
static struct record_out out;
static kw_offset_commit_key key;
static kw_offset_commit_value value;

static int set_up(void **state)
{
    (void)state;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1024 * 1024);
    record_out_init(&out, &arena);
    kw_offset_commit_key_init(&key);
    kw_offset_commit_value_init(&value);
    key.group = kw_string_of("g");
    key.topic = kw_string_of("t");
    key.partition = 3;
    value.offset = 9;
    value.leader_epoch = 4;
    value.metadata = kw_string_of("m");
    value.commit_timestamp = 7;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kw_arena_finish(&arena);
    return 0;
}

#define KEY "\0\1\0\1g\0\1t\0\0\0\3"
#define VALUE "\0\3\0\0\0\0\0\0\0\11\0\0\0\4\0\1m\0\0\0\0\0\0\0\7"

static void assert_encoded(kw_bytes bytes, const char *expected, size_t size)
{
    assert_int_equal(bytes.len, size);
    assert_memory_equal(bytes.data, expected, size);
}

static void keys_and_values(void **state)
{
    (void)state;
    record_out_add(&out, &kw_offset_commit_key_message, &key, &kw_offset_commit_value_message, 3, &value);
    record_out_add_tombstone(&out, &kw_offset_commit_key_message, &key);
    assert_int_equal(out.status, KW_OK);
    assert_int_equal(out.count, 2);
    assert_encoded(out.items[0].key, KEY, sizeof KEY - 1);
    assert_encoded(out.items[0].value, VALUE, sizeof VALUE - 1);
    assert_encoded(out.items[1].key, KEY, sizeof KEY - 1);
    assert_null(out.items[1].value.data);
    assert_int_equal(out.items[1].value.len, -1);
}

static void many(void **state)
{
    (void)state;
    for (key.partition = 0; key.partition < 1000; key.partition++)
        record_out_add(&out, &kw_offset_commit_key_message, &key, &kw_offset_commit_value_message, 3, &value);
    assert_int_equal(out.count, 1000);
    assert_int_equal(out.items[999].key.data[out.items[999].key.len - 1], 999 & 0xff);
    assert_int_equal(out.items[0].key.data[out.items[0].key.len - 1], 0);
}

/* The first error stays, and nothing is added after it. */
static void errors(void **state)
{
    (void)state;
    record_out_add(&out, &kw_offset_commit_key_message, &key, &kw_offset_commit_value_message, 99, &value);
    assert_int_equal(out.status, KW_ERR_VERSION);
    record_out_fail(&out, KW_ERR_NO_MEMORY);
    assert_int_equal(out.status, KW_ERR_VERSION);
    record_out_add_tombstone(&out, &kw_offset_commit_key_message, &key);
    assert_int_equal(out.count, 0);
    record_out_init(&out, &arena);
    record_out_fail(&out, KW_ERR_NO_MEMORY);
    assert_int_equal(out.status, KW_ERR_NO_MEMORY);
}

/* As the arena ends after each number of bytes. */
static void memory_is_short(void **state)
{
    (void)state;
    static uint64_t block[1024];
    size_t capacity = 0;
    for (bool fits = false; !fits; capacity += 8) {
        kw_arena small;
        assert_true(capacity <= sizeof block);
        kw_arena_init(&small, block, capacity);
        record_out_init(&out, &small);
        record_out_add(&out, &kw_offset_commit_key_message, &key, &kw_offset_commit_value_message, 3, &value);
        fits = out.status == KW_OK;
        assert_int_equal(out.count, fits);
        if (!fits)
            assert_int_equal(out.status, kw_arena_status(&small));
    }
    assert_true(capacity > sizeof KEY + sizeof VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_and_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_is_short, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
