/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <kwire/api_keys.h>
#include <kwire/frame.h>
#include <kwire/message.h>

#define UNKNOWN_KEY 9999

static const char client[] = "cli";

/* The size of the frame; 0 if the writer has failed. */
static size_t end_frame(kw_writer *w, kw_frame_mark mark)
{
    kw_status status = kw_frame_end(w, mark);
    assert_int_equal(status, w->status);
    return status == KW_OK ? kw_frame_size(w, mark) : 0;
}

static void headers_of_every_version(void **state)
{
    (void)state;
    static const struct {
        int16_t key, version;
        kw_message_kind type;
        const char *hex;
    } cases[] = {
        {KW_KEY_CONTROLLED_SHUTDOWN, 0, KW_MESSAGE_REQUEST, "00000008 0007 0000 0000002a"}, /* Q2 */
        {KW_KEY_CONTROLLED_SHUTDOWN, 1, KW_MESSAGE_REQUEST, "0000000d 0007 0001 0000002a 0003 636c69"},
        {KW_KEY_METADATA, 8, KW_MESSAGE_REQUEST, "0000000d 0003 0008 0000002a 0003 636c69"},
        {KW_KEY_METADATA, 9, KW_MESSAGE_REQUEST, "0000000e 0003 0009 0000002a 0003 636c69 00"}, /* Q4 */
        {KW_KEY_METADATA, 8, KW_MESSAGE_RESPONSE, "00000004 0000002a"},
        {KW_KEY_METADATA, 9, KW_MESSAGE_RESPONSE, "00000005 0000002a 00"},
        {KW_KEY_API_VERSIONS, 3, KW_MESSAGE_REQUEST, "0000000e 0012 0003 0000002a 0003 636c69 00"},
        {KW_KEY_API_VERSIONS, 3, KW_MESSAGE_RESPONSE, "00000004 0000002a"}, /* Q3 */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t buffer[64];
        kw_writer w;
        kw_writer_init(&w, buffer, sizeof buffer);
        kw_frame_mark mark = cases[i].type == KW_MESSAGE_REQUEST
                                 ? kw_request_begin(&w, cases[i].key, cases[i].version, 42, kw_string_of(client))
                                 : kw_response_begin(&w, cases[i].key, cases[i].version, 42);
        assert_int_equal(end_frame(&w, mark), given(cases[i].hex).len);
        assert_written(&w, cases[i].hex);
    }
}

static void a_null_client_id(void **state)
{
    (void)state;
    uint8_t buffer[64];
    kw_writer w;
    kw_writer_init(&w, buffer, sizeof buffer);
    kw_frame_mark mark = kw_request_begin(&w, KW_KEY_METADATA, 0, 1, kw_string_of(NULL));
    assert_int_equal(end_frame(&w, mark), 14);
    assert_written(&w, "0000000a 0003 0000 00000001 ffff");
}

/* A request, a response and a request with a body of 300 bytes. */
static size_t write_three(kw_writer *w, size_t sizes[3])
{
    static const uint8_t body[300] = {1, 2, 3};
    kw_bytes bytes = {body, sizeof body};
    kw_frame_mark mark = kw_request_begin(w, KW_KEY_METADATA, 9, 1, kw_string_of(client));
    kw_write_int32(w, -1);
    sizes[0] = end_frame(w, mark);
    mark = kw_response_begin(w, KW_KEY_FETCH, 12, 2);
    kw_write_bytes(w, bytes);
    kw_write_int8(w, 7);
    sizes[1] = end_frame(w, mark);
    mark = kw_request_begin(w, KW_KEY_PRODUCE, 3, 3, kw_string_of(client));
    kw_write_bytes(w, bytes);
    sizes[2] = end_frame(w, mark);
    return sizes[0] + sizes[1] + sizes[2];
}

enum {
    SIZE_1 = 4 + 14 + 4,
    SIZE_2 = 4 + 5 + 4 + 300 + 1,
    SIZE_3 = 4 + 13 + 4 + 300,
    SIZE_ALL = SIZE_1 + SIZE_2 + SIZE_3
};

static void check_three(const uint8_t *stream, size_t size)
{
    static const size_t sizes[] = {SIZE_1, SIZE_2, SIZE_3};
    for (size_t i = 0; i < 3; i++) {
        kw_frame frame;
        assert_true(kw_frame_next(stream, size, 1000, &frame));
        assert_int_equal(frame.consumed, sizes[i]);
        assert_int_equal(kw_load_be32(frame.payload.data + (i == 1 ? 0 : 4)), i + 1);
        stream += frame.consumed;
        size -= frame.consumed;
    }
    assert_int_equal(size, 0);
}

static void frames_follow_one_another_in_every_kind_of_writer(void **state)
{
    (void)state;
    size_t sizes[3];
    uint8_t buffer[SIZE_ALL];
    kw_writer w;
    kw_writer_init(&w, buffer, sizeof buffer);
    assert_int_equal(write_three(&w, sizes), SIZE_ALL);
    check_three(buffer, sizeof buffer);

    kw_writer_init_counting(&w);
    assert_int_equal(write_three(&w, sizes), SIZE_ALL);
    assert_int_equal(kw_writer_needed(&w), SIZE_ALL);

    struct test_memory memory; /* the buffer moves between the start of a frame and its end */
    kw_writer_init_growing(&w, test_memory_init(&memory), 10000);
    assert_int_equal(write_three(&w, sizes), SIZE_ALL);
    assert_true(memory.calls > 1);
    check_three(kw_writer_data(&w).data, kw_writer_data(&w).size);
    kw_writer_finish(&w);
    assert_int_equal(memory.blocks, 0);
}

static void gathered_bytes_count(void **state)
{
    (void)state;
    struct test_memory memory;
    kw_gathered slots[4];
    kw_writer w;
    kw_writer_init_growing(&w, test_memory_init(&memory), 10000);
    kw_writer_gather(&w, slots, COUNT_OF(slots), 128);
    size_t sizes[3];
    assert_int_equal(write_three(&w, sizes), SIZE_ALL);
    assert_int_equal(kw_writer_data(&w).size, SIZE_ALL - 600);
    kw_span spans[9];
    size_t n = kw_writer_spans(&w, spans, COUNT_OF(spans));
    assert_int_equal(n, 4);
    uint8_t flat[SIZE_ALL];
    size_t at = 0;
    for (size_t i = 0; i < n; at += spans[i].size, i++)
        memcpy(flat + at, spans[i].data, spans[i].size);
    check_three(flat, at);
    kw_writer_finish(&w);
}

static void a_frame_that_does_not_fit_reports_the_size_needed(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < SIZE_ALL; cap++) {
        size_t sizes[3];
        uint8_t *buffer = given_size(cap);
        kw_writer w;
        kw_writer_init(&w, buffer, cap);
        (void)write_three(&w, sizes);
        assert_status(w.status, KW_ERR_SPACE);
        assert_int_equal(kw_writer_needed(&w), SIZE_ALL);
        assert_int_equal(sizes[0], cap < SIZE_1 ? 0 : SIZE_1);
        assert_int_equal(sizes[1], cap < SIZE_1 + SIZE_2 ? 0 : SIZE_2);
        assert_int_equal(sizes[2], 0);
    }
}

static void a_frame_can_be_cancelled(void **state)
{
    (void)state;
    uint8_t buffer[SIZE_1 + 40];
    kw_writer w;
    kw_gathered slots[1];
    kw_writer_init(&w, buffer, sizeof buffer);
    kw_writer_gather(&w, slots, COUNT_OF(slots), 128);
    kw_frame_mark first = kw_request_begin(&w, KW_KEY_METADATA, 9, 1, kw_string_of(client));
    kw_write_int32(&w, -1);
    assert_int_equal(end_frame(&w, first), SIZE_1);

    uint8_t *big = given_size(200);
    memset(big, 0, 200);
    kw_bytes body = {big, 200};
    for (int round = 0; round < 2; round++) {
        kw_frame_mark mark = kw_response_begin(&w, KW_KEY_FETCH, 4, 2);
        kw_write_bytes(&w, body); /* gathered */
        kw_write_bytes(&w, body); /* no slot left, no capacity */
        assert_int_equal(end_frame(&w, mark), 0);
        assert_status(w.status, KW_ERR_SPACE);
        kw_frame_cancel(&w, mark);
        assert_status(w.status, KW_OK);
        assert_int_equal(kw_writer_needed(&w), SIZE_1);
        assert_int_equal(kw_writer_spans(&w, NULL, 0), 1);
    }

    kw_frame_mark mark = kw_response_begin(&w, KW_KEY_METADATA, 0, 3);
    for (size_t i = 0; i < 8; i++)
        kw_write_int32(&w, 0x01020304); /* the whole buffer is available again */
    assert_int_equal(end_frame(&w, mark), 40);
    assert_int_equal(kw_writer_needed(&w), SIZE_1 + 40);
}

static void cancelling_does_not_hide_an_earlier_error(void **state)
{
    (void)state;
    uint8_t buffer[64];
    kw_writer w;
    kw_writer_init(&w, buffer, sizeof buffer);
    (void)kw_writer_fail(&w, KW_ERR_NULL);
    kw_frame_mark mark = kw_response_begin(&w, KW_KEY_METADATA, 0, 3);
    assert_int_equal(end_frame(&w, mark), 0);
    kw_frame_cancel(&w, mark);
    assert_status(w.status, KW_ERR_NULL);
}

static void cancelling_in_writers_that_own_or_lack_a_buffer(void **state)
{
    (void)state;
    struct test_memory memory;
    for (int growing = 0; growing < 2; growing++) {
        kw_writer w;
        const kw_allocator *allocator = test_memory_init(&memory);
        if (growing)
            kw_writer_init_growing(&w, allocator, 1000);
        else
            kw_writer_init_counting(&w);
        size_t sizes[3];
        kw_frame_mark mark = kw_response_begin(&w, KW_KEY_METADATA, 0, 3);
        (void)kw_writer_fail(&w, KW_ERR_FIELD_VERSION);
        kw_frame_cancel(&w, mark);
        assert_status(w.status, KW_OK);
        assert_int_equal(kw_writer_needed(&w), 0);
        if (growing) {
            kw_write_int32(&w, 0);
            assert_int_equal(memory.calls, 1); /* in the existing buffer */
            kw_writer_reset(&w);
        }
        assert_int_equal(write_three(&w, sizes), SIZE_ALL);
        kw_writer_finish(&w);
    }
    assert_int_equal(memory.blocks, 0);
}

static void unknown_apis_have_no_header(void **state)
{
    (void)state;
    static const struct {
        int16_t key, version;
        kw_status want;
    } cases[] = {
        {UNKNOWN_KEY, 0, KW_ERR_UNKNOWN_MESSAGE},
        {-1, 0, KW_ERR_UNKNOWN_MESSAGE},
        {KW_KEY_METADATA, 99, KW_ERR_VERSION},
        {KW_KEY_METADATA, -1, KW_ERR_VERSION},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t buffer[64];
        kw_writer w;
        kw_writer_init(&w, buffer, sizeof buffer);
        kw_frame_mark mark = kw_request_begin(&w, cases[i].key, cases[i].version, 1, kw_string_of(client));
        assert_status(w.status, cases[i].want);
        assert_int_equal(end_frame(&w, mark), 0);
        kw_writer_reset(&w);
        mark = kw_response_begin(&w, cases[i].key, cases[i].version, 1);
        assert_status(w.status, cases[i].want);
        assert_int_equal(end_frame(&w, mark), 0);
    }
}

static void a_client_id_that_is_too_long(void **state)
{
    (void)state;
    uint8_t *text = given_size(32768);
    memset(text, 'x', 32768);
    kw_string long_id = {(const char *)text, 32768};
    kw_writer w;
    kw_writer_init_counting(&w);
    kw_frame_mark mark = kw_request_begin(&w, KW_KEY_METADATA, 1, 1, long_id);
    assert_status(w.status, KW_ERR_STRING_SIZE);
    assert_int_equal(end_frame(&w, mark), 0);
}

static void a_frame_larger_than_its_size_field_can_say(void **state)
{
    (void)state;
    static const uint8_t nothing[1] = {0};
    kw_writer w;
    kw_writer_init_counting(&w); /* reads none of the bytes */
    kw_bytes most = {nothing, INT32_MAX - 8};
    kw_frame_mark mark = kw_response_begin(&w, KW_KEY_FETCH, 4, 1);
    kw_write_bytes(&w, most);
    assert_true(end_frame(&w, mark) == (size_t)INT32_MAX + 4);
    kw_writer_reset(&w);
    mark = kw_response_begin(&w, KW_KEY_FETCH, 4, 1);
    kw_write_bytes(&w, most);
    kw_write_int8(&w, 0);
    assert_int_equal(end_frame(&w, mark), 0);
    assert_status(w.status, KW_ERR_FRAME_SIZE);
}

/* ---- forwarding ---- */

static uint64_t block[64];

static size_t copy_request(const char *hex, kw_writer *w)
{
    kw_request request;
    kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    assert_status(kw_request_decode_header(&request, given(hex), &arena), KW_OK);
    kw_frame_mark mark = kw_request_begin_copy(w, &request);
    kw_write_raw_view(w, request.body.data, (size_t)request.body.len);
    return end_frame(w, mark);
}

static size_t copy_response(int16_t key, int16_t version, const char *hex, kw_writer *w)
{
    kw_response response;
    kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    assert_status(kw_response_decode_header(&response, key, version, given(hex), &arena), KW_OK);
    kw_frame_mark mark = kw_response_begin_copy(w, &response);
    kw_write_raw_view(w, response.body.data, (size_t)response.body.len);
    return end_frame(w, mark);
}

static void check_copy(const kw_writer *w, size_t size, const char *hex)
{
    kw_bytes payload = given(hex);
    kw_span written = kw_writer_data(w);
    assert_int_equal(size, payload.len + 4);
    assert_int_equal(written.size, size);
    assert_int_equal(kw_load_be32(written.data), payload.len);
    assert_memory_equal((const uint8_t *)written.data + 4, payload.data, (size_t)payload.len);
}

static void a_request_is_forwarded_byte_for_byte(void **state)
{
    (void)state;
    static const char *const frames[] = {
        "0007 0000 00000005 0000002a",                           /* header 0 */
        "0003 0001 80000000 0003 636c69 ffffffff",               /* header 1 */
        "0003 0001 00000001 ffff ffffffff",                      /* null is not empty */
        "0003 0001 00000001 0000 ffffffff",                      /* header 2 */
        "0003 000c 0000002a 0003 636c69 00 01",                  /* no tagged fields */
        "0003 000c 0000002a ffff 02 00 01 aa 8001 02 bbcc 01",   /* unknown tagged fields */
        "0003 000c 0000002a 0003 636c69 01 ffffffff0f 00 01 02", /* the largest tag, empty */
        "270f 0005 0000002a 0003 636c69 01 05 02 aabb 0102",     /* unknown API: the rest is opaque */
        "270f 0005 0000002a ffff 0102",                          /* a null client id */
        "ffff 0000 0000002a 0005 636c69",                        /* no client id */
        "270f 0000 0000002a",                                    /* nothing more */
        "0012 7fff 0000002a 0003 636c69 00 04",                  /* unknown version */
    };
    for (size_t i = 0; i < COUNT_OF(frames); i++) {
        uint8_t buffer[64];
        kw_writer w;
        kw_writer_init(&w, buffer, sizeof buffer);
        check_copy(&w, copy_request(frames[i], &w), frames[i]);
    }
}

static void a_response_is_forwarded_byte_for_byte(void **state)
{
    (void)state;
    static const struct {
        int16_t key, version;
        const char *frame;
    } cases[] = {
        {KW_KEY_METADATA, 8, "0000002a 00000000"},
        {KW_KEY_METADATA, 9, "0000002a 00 00000000"},
        {KW_KEY_METADATA, 9, "0000002a 02 03 00 07 02 aabb 00000000"},
        {KW_KEY_METADATA, 99, "0000002a 01 05 02 aabb 00"},
        {KW_KEY_API_VERSIONS, 3, "0000002a 0000 01 00000000 00"},
        {KW_KEY_API_VERSIONS, 99, "0000002a 0023 00000001 0012 0000 0004"},
        {KW_KEY_API_VERSIONS, 99, "0000002a 0000 01 00000000 00"},
        {UNKNOWN_KEY, 3, "0000002a 00 01"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t buffer[64];
        kw_writer w;
        kw_writer_init(&w, buffer, sizeof buffer);
        check_copy(&w, copy_response(cases[i].key, cases[i].version, cases[i].frame, &w), cases[i].frame);
    }
}

static void a_proxy_changes_what_it_must(void **state)
{
    (void)state;
    uint8_t buffer[64];
    kw_writer w;
    kw_request request;
    kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    kw_writer_init(&w, buffer, sizeof buffer);
    kw_bytes frame = given("0003 000c 0000002a 0003 636c69 01 05 02 aabb 01");
    assert_status(kw_request_decode_header(&request, frame, &arena), KW_OK);
    assert_true(request.has_client_id);
    request.correlation_id = 7;
    request.client_id = kw_string_of("proxy");
    assert_int_equal(end_frame(&w, kw_request_begin_copy(&w, &request)), 4 + 8 + 7 + 5);
    assert_written(&w, "00000014 0003 000c 00000007 0005 70726f7879 01 05 02 aabb");

    kw_writer_reset(&w);
    request.api_version = 8; /* without tagged fields */
    assert_int_equal(end_frame(&w, kw_request_begin_copy(&w, &request)), 0);
    assert_status(w.status, KW_ERR_FIELD_VERSION);
    kw_writer_reset(&w);
    request.unknown_tags = NULL;
    assert_int_equal(end_frame(&w, kw_request_begin_copy(&w, &request)), 4 + 8 + 7);

    kw_writer_reset(&w);
    kw_raw_tag descending[] = {{5, {NULL, 0}}, {4, {NULL, 0}}};
    kw_raw_tags tags = {descending, 2};
    kw_response response = {.api_key = KW_KEY_METADATA, .api_version = 9, .unknown_tags = &tags};
    assert_int_equal(end_frame(&w, kw_response_begin_copy(&w, &response)), 0);
    assert_status(w.status, KW_ERR_TAG_ORDER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(headers_of_every_version),
        TEST(a_null_client_id),
        TEST(frames_follow_one_another_in_every_kind_of_writer),
        TEST(gathered_bytes_count),
        TEST(a_frame_that_does_not_fit_reports_the_size_needed),
        TEST(a_frame_can_be_cancelled),
        TEST(cancelling_does_not_hide_an_earlier_error),
        TEST(cancelling_in_writers_that_own_or_lack_a_buffer),
        TEST(unknown_apis_have_no_header),
        TEST(a_client_id_that_is_too_long),
        TEST(a_frame_larger_than_its_size_field_can_say),
        TEST(a_request_is_forwarded_byte_for_byte),
        TEST(a_response_is_forwarded_byte_for_byte),
        TEST(a_proxy_changes_what_it_must),
    };
    return cmocka_run_group_tests_name("frame_writer", tests, NULL, NULL);
}
