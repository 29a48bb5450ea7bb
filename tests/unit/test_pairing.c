/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <kwire/api_keys.h>
#include <kwire/pairing.h>

static kw_status add(kw_pairing *p, const char *request_hex)
{
    uint64_t block[16];
    kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    kw_request request;
    assert_status(kw_request_decode_header(&request, given(request_hex), &arena), KW_OK);
    return kw_pairing_add(p, &request);
}

static kw_status add_metadata(kw_pairing *p, unsigned correlation_id)
{
    char text[64];
    (void)snprintf(text, sizeof text, "0003 0001 %08x ffff ffffffff", correlation_id);
    return add(p, text);
}

static kw_status take(kw_pairing *p, unsigned correlation_id, kw_in_flight *out)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%08x 0000", correlation_id);
    return kw_pairing_take(p, given(text), out);
}

static void responses_find_their_requests(void **state)
{
    (void)state;
    kw_in_flight slots[4];
    kw_in_flight found;
    kw_pairing p;
    kw_pairing_init(&p, slots, COUNT_OF(slots));
    assert_int_equal(kw_pairing_count(&p), 0);
    assert_status(add(&p, "0012 0003 00000001 ffff 00 01 01 00"), KW_OK);
    assert_status(add(&p, "0007 0000 00000002 0000002a"), KW_OK); /* Q2 */
    assert_int_equal(kw_pairing_count(&p), 2);
    assert_status(take(&p, 1, &found), KW_OK);
    assert_int_equal(found.api_key, KW_KEY_API_VERSIONS);
    assert_int_equal(found.api_version, 3);
    assert_int_equal(found.correlation_id, 1);
    assert_status(take(&p, 2, &found), KW_OK);
    assert_int_equal(found.api_key, KW_KEY_CONTROLLED_SHUTDOWN);
    assert_int_equal(found.api_version, 0);
    assert_int_equal(kw_pairing_count(&p), 0);
}

/* Q35: the order is strict; the correlation id is only a check. */
static void the_correlation_id_must_be_the_oldest(void **state)
{
    (void)state;
    kw_in_flight slots[4];
    kw_in_flight found = {-7, -7, -7};
    kw_pairing p;
    kw_pairing_init(&p, slots, COUNT_OF(slots));
    assert_status(take(&p, 1, &found), KW_ERR_NO_RESPONSE);
    assert_status(add_metadata(&p, 1), KW_OK);
    assert_status(add_metadata(&p, 2), KW_OK);
    assert_status(take(&p, 2, &found), KW_ERR_NO_RESPONSE);
    assert_status(kw_pairing_take(&p, given("000000"), &found), KW_ERR_TRUNCATED);
    assert_int_equal(found.api_key, -7);
    assert_int_equal(kw_pairing_count(&p), 2);
    assert_status(take(&p, 1, &found), KW_OK);
    assert_status(take(&p, 1, &found), KW_ERR_NO_RESPONSE);
    assert_true(kw_pairing_drop(&p)); /* the response to 2 was lost */
    assert_false(kw_pairing_drop(&p));
    assert_int_equal(kw_pairing_count(&p), 0);
}

static void equal_correlation_ids_are_paired_in_order(void **state)
{
    (void)state;
    kw_in_flight slots[2];
    kw_in_flight found;
    kw_pairing p;
    kw_pairing_init(&p, slots, COUNT_OF(slots));
    assert_status(add(&p, "0003 0001 00000000 ffff ffffffff"), KW_OK);
    assert_status(add(&p, "0003 0008 00000000 ffff ffffffff 000000"), KW_OK);
    assert_status(take(&p, 0, &found), KW_OK);
    assert_int_equal(found.api_version, 1);
    assert_status(take(&p, 0, &found), KW_OK);
    assert_int_equal(found.api_version, 8);
}

static void the_table_can_be_full(void **state)
{
    (void)state;
    kw_in_flight slots[3];
    for (size_t cap = 0; cap <= COUNT_OF(slots); cap++) {
        kw_pairing p;
        kw_pairing_init(&p, slots, cap);
        kw_in_flight found;
        unsigned next = 0, oldest = 0;
        for (size_t round = 0; round < 20; round++) { /* several times around the ring */
            while (next - oldest < cap)
                assert_status(add_metadata(&p, next++), KW_OK);
            assert_status(add_metadata(&p, next), KW_ERR_TABLE_FULL);
            assert_int_equal(kw_pairing_count(&p), cap);
            for (size_t i = 0; i < cap && i <= round % 3; i++) {
                assert_status(take(&p, oldest, &found), KW_OK);
                assert_int_equal(found.correlation_id, oldest);
                oldest++;
            }
        }
    }
}

static void a_table_can_move_to_more_slots(void **state)
{
    (void)state;
    kw_in_flight few[3], many[5], found;
    for (unsigned taken = 0; taken < 3; taken++) { /* wherever the ring starts */
        kw_pairing p;
        kw_pairing_init(&p, few, COUNT_OF(few));
        for (unsigned i = 0; i < 3; i++)
            assert_status(add_metadata(&p, i), KW_OK);
        for (unsigned i = 0; i < taken; i++) {
            assert_status(take(&p, i, &found), KW_OK);
            assert_status(add_metadata(&p, 3 + i), KW_OK);
        }
        assert_status(kw_pairing_move(&p, many, 2), KW_ERR_ARGUMENT);
        assert_status(add_metadata(&p, 9), KW_ERR_TABLE_FULL);
        assert_status(kw_pairing_move(&p, many, COUNT_OF(many)), KW_OK);
        memset(few, 0xff, sizeof few);
        assert_status(add_metadata(&p, 3 + taken), KW_OK);
        for (unsigned i = taken; i < 4 + taken; i++)
            assert_status(take(&p, i, &found), KW_OK);
        assert_int_equal(kw_pairing_count(&p), 0);
        assert_status(kw_pairing_move(&p, NULL, 0), KW_OK);
        assert_status(add_metadata(&p, 9), KW_ERR_TABLE_FULL);
    }
}

/* Q34: Produce with acks 0 has no response. */
static void requests_without_response_take_no_slot(void **state)
{
    (void)state;
    kw_in_flight slots[1];
    kw_in_flight found;
    kw_pairing p;
    kw_pairing_init(&p, slots, COUNT_OF(slots));
    for (size_t i = 0; i < 3; i++)
        assert_status(add(&p, "0000 0009 00000007 ffff 00 00 0000 00007530 01 00"), KW_OK);
    assert_int_equal(kw_pairing_count(&p), 0);
    assert_status(take(&p, 7, &found), KW_ERR_NO_RESPONSE);
    assert_status(add(&p, "0000 0009 00000008 ffff 00 00 ffff 00007530 01 00"), KW_OK);
    assert_status(add(&p, "0000 0002 00000009 ffff 0000 00007530"), KW_OK); /* fits though the table is full */
    assert_int_equal(kw_pairing_count(&p), 1);
    assert_status(take(&p, 8, &found), KW_OK);
    assert_int_equal(found.api_key, KW_KEY_PRODUCE);
    assert_status(add(&p, "0000 0002 00000009 ffff 00"), KW_ERR_TRUNCATED); /* acks are not visible */
    assert_int_equal(kw_pairing_count(&p), 0);
}

static void unknown_requests_are_paired_too(void **state)
{
    (void)state;
    kw_in_flight slots[2];
    kw_in_flight found;
    kw_pairing p;
    kw_pairing_init(&p, slots, COUNT_OF(slots));
    assert_status(add(&p, "270f 0005 00000001 0102"), KW_OK);
    assert_status(add(&p, "0012 0063 00000002 ffff 00"), KW_OK);
    assert_status(take(&p, 1, &found), KW_OK);
    assert_int_equal(found.api_key, 9999);
    assert_int_equal(found.api_version, 5);
    assert_status(take(&p, 2, &found), KW_OK);
    assert_int_equal(found.api_key, KW_KEY_API_VERSIONS);
    assert_int_equal(found.api_version, 99);
}

static void assert_tokens(const kw_pairing *p, bool to_broker, bool from_broker)
{
    assert_int_equal(kw_pairing_tokens_follow(p, KW_MESSAGE_REQUEST), to_broker);
    assert_int_equal(kw_pairing_tokens_follow(p, KW_MESSAGE_RESPONSE), from_broker);
}

/* Q36: raw tokens after SaslHandshake version 0, until authentication is done. */
static void sasl_handshake_0_is_followed_by_tokens(void **state)
{
    (void)state;
    kw_in_flight slots[4];
    kw_in_flight found;
    kw_pairing p;
    kw_pairing_init(&p, slots, COUNT_OF(slots));
    assert_status(add_metadata(&p, 1), KW_OK);
    assert_tokens(&p, false, false);
    assert_status(add(&p, "0011 0000 00000002 ffff 0005 504c41494e"), KW_OK);
    assert_tokens(&p, true, false);
    assert_status(add_metadata(&p, 3), KW_ERR_ARGUMENT);
    assert_status(take(&p, 1, &found), KW_OK); /* earlier requests are still answered with headers */
    assert_tokens(&p, true, false);
    assert_status(kw_pairing_take(&p, given("00000002 0000 00000000"), &found), KW_OK);
    assert_int_equal(found.api_key, KW_KEY_SASL_HANDSHAKE);
    assert_tokens(&p, true, true);
    assert_status(take(&p, 3, &found), KW_ERR_ARGUMENT);
    kw_pairing_end_tokens(&p);
    assert_tokens(&p, false, false);
    assert_status(add_metadata(&p, 3), KW_OK);
    assert_status(take(&p, 3, &found), KW_OK);
}

static void no_tokens_after_a_handshake_that_failed(void **state)
{
    (void)state;
    kw_in_flight slots[4];
    kw_in_flight found;
    kw_pairing p;
    kw_pairing_init(&p, slots, COUNT_OF(slots));
    assert_status(add(&p, "0011 0000 00000002 ffff 0003 414243"), KW_OK);
    assert_status(kw_pairing_take(&p, given("00000002 0021 00000001 0005 504c41494e"), &found), KW_OK);
    assert_tokens(&p, false, false);
    assert_status(add(&p, "0011 0001 00000003 ffff 0005 504c41494e"), KW_OK); /* version 1: SaslAuthenticate follows */
    assert_status(take(&p, 3, &found), KW_OK);
    assert_tokens(&p, false, false);
}

static void tokens_follow_also_where_the_handshake_response_was_lost(void **state)
{
    (void)state;
    kw_in_flight slots[4];
    kw_in_flight found;
    kw_pairing p;
    kw_pairing_init(&p, slots, COUNT_OF(slots));
    assert_status(add(&p, "0011 0000 00000002 ffff 0005 504c41494e"), KW_OK);
    assert_true(kw_pairing_drop(&p));
    assert_tokens(&p, true, true);
    kw_pairing_end_tokens(&p);
    assert_status(add(&p, "0011 0000 00000002 ffff 0005 504c41494e"), KW_OK);
    assert_status(kw_pairing_take(&p, given("00000002"), &found), KW_OK); /* cut before the error code */
    assert_tokens(&p, true, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(responses_find_their_requests),
        TEST(the_correlation_id_must_be_the_oldest),
        TEST(equal_correlation_ids_are_paired_in_order),
        TEST(the_table_can_be_full),
        TEST(a_table_can_move_to_more_slots),
        TEST(requests_without_response_take_no_slot),
        TEST(unknown_requests_are_paired_too),
        TEST(sasl_handshake_0_is_followed_by_tokens),
        TEST(no_tokens_after_a_handshake_that_failed),
        TEST(tokens_follow_also_where_the_handshake_response_was_lost),
    };
    return cmocka_run_group_tests_name("pairing", tests, NULL, NULL);
}
