/* SPDX-License-Identifier: Apache-2.0 */
#include "record_bytes.h"

#include <kwire/control_record.h>

static uint8_t block[1024];

static kw_record record_of(const char *key, const char *value)
{
    kw_bytes none = {NULL, -1};
    kw_record r;
    memset(&r, 0, sizeof r);
    r.key = key == NULL ? none : given(key);
    r.value = value == NULL ? none : given(value);
    return r;
}

static kw_control_record opened(const char *key, const char *value)
{
    kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    kw_record r = record_of(key, value);
    kw_control_record c;
    memset(&c, 0xee, sizeof c);
    assert_status(kw_control_record_decode(&c, &r, &arena), KW_OK);
    assert_int_equal(c.error_at, 0);
    return c;
}

static void check_refused_control(const char *key, const char *value, kw_status want, size_t want_at, bool in_value)
{
    kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    kw_record r = record_of(key, value);
    kw_control_record c;
    assert_status(kw_control_record_decode(&c, &r, &arena), want);
    assert_int_equal(c.error_at, want_at);
    assert_int_equal(c.message != NULL, in_value);
}

static void control_batches_are_distinguished_from_data(void **state) /* pain 28 */
{
    (void)state;
    batch_fields f = fields_for(1);
    f.attributes = KW_ATTRIBUTE_TRANSACTIONAL | KW_ATTRIBUTE_CONTROL;
    f.producer_id = 7;
    kw_bytes field = joined_2(plain_batch(0, 1), batch_of(&f, given("20 00 00 00 08 0000 0001 0c 0000 00000009 00")));
    kw_batches bs;
    kw_batch b;
    kw_batches_init(&bs, field);
    assert_true(kw_batches_next(&bs, &b));
    assert_false(kw_batch_is_control(&b));
    assert_true(kw_batches_next(&bs, &b));
    assert_true(kw_batch_is_control(&b));
    kw_records rs;
    kw_record r;
    kw_records_init(&rs, &b, NULL, NULL);
    assert_true(kw_records_next(&rs, &r));
    kw_control_record c;
    kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    assert_status(kw_control_record_decode(&c, &r, &arena), KW_OK);
    assert_int_equal(c.type, KW_CONTROL_COMMIT);
    assert_int_equal(c.value.end_txn.coordinator_epoch, 9);
    assert_false(kw_records_next(&rs, &r));
    assert_status(rs.status, KW_OK);
}

static void each_type_has_its_message(void **state) /* Q31 */
{
    (void)state;
    kw_control_record c = opened("0000 0000", "0000 00000003");
    assert_int_equal(c.type, KW_CONTROL_ABORT);
    assert_ptr_equal(c.message, &kw_end_txn_marker_message);
    assert_int_equal(c.value.end_txn.coordinator_epoch, 3);
    c = opened("0000 0001", "0000 00000004");
    assert_int_equal(c.type, KW_CONTROL_COMMIT);
    assert_int_equal(c.value.end_txn.coordinator_epoch, 4);
    c = opened("0000 0002", "0000 00000001 02 00000002 00 01 00");
    assert_int_equal(c.type, KW_CONTROL_LEADER_CHANGE);
    assert_int_equal(c.value.leader_change.leader_id, 1);
    assert_int_equal(c.value.leader_change.voters.len, 1);
    assert_int_equal(c.value.leader_change.voters.items[0].voter_id, 2);
    c = opened("0000 0003", "0000 0000000000000007 00");
    assert_int_equal(c.type, KW_CONTROL_SNAPSHOT_HEADER);
    assert_int_equal(c.value.snapshot_header.last_contained_log_timestamp, 7);
    c = opened("0000 0004", "0000 00");
    assert_int_equal(c.type, KW_CONTROL_SNAPSHOT_FOOTER);
    assert_ptr_equal(c.message, &kw_snapshot_footer_record_message);
    c = opened("0000 0005", "0000 0001 00");
    assert_int_equal(c.type, KW_CONTROL_KRAFT_VERSION);
    assert_int_equal(c.value.kraft_version.kraft_version, 1);
    c = opened("0000 0006", "0000 02 00000001 000102030405060708090a0b0c0d0e0f 02 02 41 02 68 2385 00 "
                            "0000 0001 00 00 00");
    assert_int_equal(c.type, KW_CONTROL_VOTERS);
    assert_int_equal(c.value.voters.voters.len, 1);
    assert_text(c.value.voters.voters.items[0].endpoints.items[0].host, "h");
    assert_int_equal(c.value.voters.voters.items[0].endpoints.items[0].port, 9093);
    assert_int_equal(c.value.voters.voters.items[0].kraft_version_feature.max_supported_version, 1);
}

static void types_that_are_not_known_are_kept(void **state) /* Q31, pain 28 */
{
    (void)state;
    static const struct {
        const char *key;
        int16_t type;
    } cases[] = {{"0000 0007", 7}, {"0000 7fff", INT16_MAX}, {"0000 ffff", -1}, {"0000 8000", INT16_MIN}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_control_record c = opened(cases[i].key, "0102"); /* the value is not read */
        assert_int_equal(c.type, cases[i].type);
        assert_null(c.message);
        assert_string_equal(kw_control_type_name(c.type), "UNKNOWN");
        c = opened(cases[i].key, NULL);
        assert_int_equal(c.type, cases[i].type);
    }
}

static void newer_keys_start_like_version_0(void **state) /* Q31 */
{
    (void)state;
    kw_control_record c = opened("0009 0001 abcdef", "0000 00000004");
    assert_int_equal(c.key_version, 9);
    assert_int_equal(c.type, KW_CONTROL_COMMIT);
    assert_int_equal(c.value.end_txn.coordinator_epoch, 4);
}

static void newer_values_are_read_as_the_newest_known(void **state) /* Q31 */
{
    (void)state;
    kw_control_record c = opened("0000 0001", "0003 00000004 abcdef");
    assert_int_equal(c.version, 3);
    assert_int_equal(c.value.end_txn.coordinator_epoch, 4);
    c = opened("0000 0005", "7fff 0001 00 abcdef");
    assert_int_equal(c.version, INT16_MAX);
    assert_int_equal(c.value.kraft_version.kraft_version, 1);
}

static void leader_change_1_has_directories(void **state)
{
    (void)state;
    kw_control_record c = opened("0000 0002", "0001 00000001 02 00000002 000102030405060708090a0b0c0d0e0f 00 01 00");
    assert_int_equal(c.version, 1);
    assert_int_equal(c.value.leader_change.voters.items[0].voter_directory_id.bytes[15], 15);
}

static void keys_and_values_are_checked(void **state)
{
    (void)state;
    check_refused_control(NULL, "0000 00000004", KW_ERR_NULL, 0, false);
    check_refused_control("", "0000 00000004", KW_ERR_TRUNCATED, 0, false);
    check_refused_control("0000 00", "0000 00000004", KW_ERR_TRUNCATED, 2, false);
    check_refused_control("8000 0001", "0000 00000004", KW_ERR_VERSION, 0, false);
    check_refused_control("0000 0001", NULL, KW_ERR_NULL, 0, true);
    check_refused_control("0000 0001", "00", KW_ERR_TRUNCATED, 0, true);
    check_refused_control("0000 0001", "ffff 00000004", KW_ERR_VERSION, 0, true);
    check_refused_control("0000 0001", "0000 000004", KW_ERR_TRUNCATED, 2, true);
    check_refused_control("0000 0003", "0000 00000000000007", KW_ERR_TRUNCATED, 2, true);
    check_refused_control("0000 0002", "0000 00000001 ff02 00000002 00 01 00", KW_ERR_COUNT, 6, true);
}

static void a_full_arena_is_reported(void **state)
{
    (void)state;
    kw_arena arena;
    kw_arena_init(&arena, NULL, 0);
    kw_record r = record_of("0000 0002", "0000 00000001 02 00000002 00 01 00");
    kw_control_record c;
    assert_status(kw_control_record_decode(&c, &r, &arena), KW_ERR_NO_MEMORY);
}

static void types_have_names(void **state)
{
    (void)state;
    static const char *const names[] = {"ABORT",           "COMMIT",        "LEADER_CHANGE", "SNAPSHOT_HEADER",
                                        "SNAPSHOT_FOOTER", "KRAFT_VERSION", "VOTERS",        "UNKNOWN"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_string_equal(kw_control_type_name((int16_t)i), names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(control_batches_are_distinguished_from_data),
        TEST(each_type_has_its_message),
        TEST(types_that_are_not_known_are_kept),
        TEST(newer_keys_start_like_version_0),
        TEST(newer_values_are_read_as_the_newest_known),
        TEST(leader_change_1_has_directories),
        TEST(keys_and_values_are_checked),
        TEST(a_full_arena_is_reported),
        TEST(types_have_names),
    };
    return cmocka_run_group_tests_name("control records", tests, NULL, NULL);
}
