/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static kw_arena arena_of(size_t size)
{
    kw_arena arena;
    kw_arena_init(&arena, given_size(size), size);
    return arena;
}

/* ---- reading ---- */

static void empty_tag_buffers(void **state)
{
    (void)state;
    kw_arena arena = arena_of(0);
    static const char *const texts[] = {"00", "8000"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        kw_raw_tags mark, *tags = &mark;
        kw_reader r = reading(texts[i]);
        kw_read_tag_buffer(&r, &arena, &tags);
        assert_status(kw_reader_end(&r), KW_OK);
        assert_null(tags);
    }
    kw_reader r = reading("00 01");
    assert_true(kw_read_empty_tag_buffer(&r));
    assert_false(kw_read_empty_tag_buffer(&r));
    assert_int_equal(kw_reader_offset(&r), 1);
    r = reading("");
    assert_false(kw_read_empty_tag_buffer(&r));
    assert_true(kw_reader_ok(&r));
}

/* Q7: count, tag and size are plain numbers, not N + 1. */
static void unknown_tags_are_kept_raw(void **state)
{
    (void)state;
    kw_arena arena = arena_of(256);
    kw_reader r = reading("03 00 02 aabb 05 00 ffffffff0f 01 cc 77");
    kw_raw_tags *tags;
    kw_read_tag_buffer(&r, &arena, &tags);
    assert_int_equal(kw_read_int8(&r), 0x77);
    assert_status(kw_reader_end(&r), KW_OK);
    assert_int_equal(tags->len, 3);
    assert_int_equal(tags->items[0].tag, 0);
    assert_bytes(tags->items[0].value.data, (size_t)tags->items[0].value.len, "aabb");
    assert_int_equal(tags->items[1].tag, 5);
    assert_int_equal(tags->items[1].value.len, 0);
    assert_true(tags->items[2].tag == UINT32_MAX);
    assert_bytes(tags->items[2].value.data, (size_t)tags->items[2].value.len, "cc");
}

/* Like a generated decoder: tag 1 is an INT16, tag 3 a COMPACT_STRING, tag 4 not in this version. */
struct known {
    int16_t number;
    kw_string text;
    kw_raw_tags *unknown;
};

static void read_known(kw_reader *r, kw_arena *arena, struct known *out)
{
    memset(out, 0, sizeof *out);
    kw_tag_reader t;
    for (kw_tag_reader_init(&t, r); kw_tag_reader_next(&t);)
        switch (t.tag) {
        case 1:
            out->number = kw_read_int16(r);
            break;
        case 3:
            out->text = kw_read_compact_string(r);
            break;
        case 4:
            kw_tag_reader_refuse(&t);
            out->number = kw_read_int16(r);
            break;
        default:
            kw_tag_reader_keep(&t, arena, &out->unknown);
        }
}

static void known_and_unknown_tags(void **state)
{
    (void)state;
    kw_arena arena = arena_of(256);
    kw_reader r = reading("05 00 01 aa 01 02 0102 02 00 03 03 03 6162 09 02 bbcc 77");
    struct known k;
    read_known(&r, &arena, &k);
    assert_int_equal(kw_read_int8(&r), 0x77); /* the end is the same as before the tags */
    assert_status(kw_reader_end(&r), KW_OK);
    assert_int_equal(k.number, 0x102);
    assert_text(k.text, "ab");
    assert_int_equal(k.unknown->len, 3);
    assert_int_equal(k.unknown->items[0].tag, 0);
    assert_int_equal(k.unknown->items[1].tag, 2);
    assert_int_equal(k.unknown->items[2].tag, 9);
}

static const struct refusal {
    const char *hex;
    uint32_t flags;
    kw_status status;
    size_t at;
} refusals[] = {
    {"", 0, KW_ERR_TRUNCATED, 0},
    {"80", 0, KW_ERR_TRUNCATED, 0},
    {"ffffffffff01", 0, KW_ERR_VARINT, 0},
    {"01", 0, KW_ERR_COUNT, 0},
    {"02 00 00 00", 0, KW_ERR_COUNT, 0},
    {"ffffffff0f 0000", 0, KW_ERR_COUNT, 0},
    {"01 8080", 0, KW_ERR_TRUNCATED, 1}, /* in the tag */
    {"01 ffffffff10 00", 0, KW_ERR_VARINT, 1},
    {"01 00 80", 0, KW_ERR_TRUNCATED, 2}, /* in the size */
    {"01 00 ffffffff1f", 0, KW_ERR_VARINT, 2},
    {"01 00 02 aa", 0, KW_ERR_LENGTH, 2}, /* the size exceeds the input */
    {"01 00 ffffffff0f aa", 0, KW_ERR_LENGTH, 2},
    {"02 00 01 aa 01", 0, KW_ERR_TRUNCATED, 5},
    {"01 01 03 010203 00", 0, KW_ERR_TAG_SIZE, 5}, /* more than the field's content */
    {"01 01 01 01 02", 0, KW_ERR_TRUNCATED, 3},    /* less, although bytes follow */
    {"01 03 02 03 6162", 0, KW_ERR_LENGTH, 3},
    {"01 03 05 03 616263 64", 0, KW_ERR_TAG_SIZE, 6},
    {"01 01 00 0102", 0, KW_ERR_TRUNCATED, 3},
    {"02 00 00 04 02 0102", 0, KW_ERR_TAG_VERSION, 3}, /* Q13: a tag of another version */
    {"02 05 00 02 00", KW_READ_STRICT_TAGS, KW_ERR_TAG_ORDER, 3},
    {"02 05 00 05 00", KW_READ_STRICT_TAGS, KW_ERR_TAG_DUPLICATE, 3},
    {"03 00 00 01 02 0102 00 00", KW_READ_STRICT_TAGS, KW_ERR_TAG_ORDER, 7},
    {"02 00 00 00 00", KW_READ_STRICT_TAGS, KW_ERR_TAG_DUPLICATE, 3},
};

static void errors_say_what_and_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        kw_arena arena = arena_of(256);
        kw_bytes input = given(refusals[i].hex);
        kw_reader r = reader_of(input);
        r.flags |= refusals[i].flags;
        struct known k;
        read_known(&r, &arena, &k);
        assert_refused(&r, input, refusals[i].status, refusals[i].at);
        assert_int_equal(kw_reader_remaining(&r), 0);
        assert_int_equal(kw_read_int8(&r), 0);
        assert_int_equal(kw_reader_offset(&r), refusals[i].at);
    }
}

/* Q11: Kafka checks the order on writing, not on reading; so does this library by default. */
static void order_is_free_on_reading(void **state)
{
    (void)state;
    static const char *const texts[] = {"02 05 00 02 00", "02 05 00 05 00", "03 05 00 01 02 0102 00 00"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        kw_arena arena = arena_of(256);
        struct known k;
        kw_reader r = reading(texts[i]);
        read_known(&r, &arena, &k);
        assert_status(kw_reader_end(&r), KW_OK);
        assert_int_equal(k.unknown->len, 2);
    }
    kw_arena arena = arena_of(256);
    kw_reader r = reading("03 00 00 01 02 0102 05 00");
    r.flags |= KW_READ_STRICT_TAGS;
    struct known k;
    read_known(&r, &arena, &k);
    assert_status(kw_reader_end(&r), KW_OK);
}

static void partial_tag_buffers_keep_complete_tags(void **state)
{
    (void)state;
    kw_bytes whole = given("04 00 01 aa 01 02 0102 03 03 03 6162 09 02 bbcc");
    for (size_t size = 0; size < (size_t)whole.len; size++) {
        kw_arena arena = arena_of(256);
        kw_bytes input = given_prefix(whole, size);
        kw_reader r = reader_of(input);
        r.flags |= KW_READ_PARTIAL;
        struct known k;
        read_known(&r, &arena, &k);
        /* Strings report LENGTH, as everywhere. */
        assert_status(r.status, size > 10 && size < 13 ? KW_ERR_LENGTH : KW_ERR_TRUNCATED);
        assert_int_equal(k.number, size < 8 ? 0 : 0x102);
        assert_text(k.text, size < 13 ? "" : "ab");
        assert_int_equal(k.unknown == NULL ? 0 : k.unknown->len, size < 3 ? 0 : size < 15 ? 1 : 2);
        if (size >= 15)
            assert_int_equal(k.unknown->items[1].value.len, size - 15);
    }
}

static void tags_that_do_not_fit_in_the_arena(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof(kw_raw_tags) + 2 * sizeof(kw_raw_tag); size += 8) {
        kw_arena arena = arena_of(size);
        kw_reader r = reading("02 00 00 01 00");
        kw_raw_tags *tags;
        kw_read_tag_buffer(&r, &arena, &tags);
        assert_status(r.status, KW_ERR_NO_MEMORY);
        assert_null(tags);
    }
}

/* A count that the input cannot hold must not reserve memory, also in partial mode. */
static void memory_for_tags_is_bounded_by_the_input(void **state)
{
    (void)state;
    kw_arena arena = arena_of(256);
    kw_reader r = reading("904e 00 00 01 00"); /* KW_MAX_TAGS */
    r.flags |= KW_READ_PARTIAL;
    kw_raw_tags *tags;
    kw_read_tag_buffer(&r, &arena, &tags);
    assert_status(r.status, KW_ERR_TRUNCATED);
    assert_int_equal(tags->len, 2);
    assert_true(kw_arena_used(&arena) < 100);
}

/* ---- writing ---- */

static kw_raw_tag raw(uint32_t tag, const char *hex)
{
    kw_raw_tag t = {tag, given(hex)};
    return t;
}

static void tag_buffers_without_known_tags(void **state)
{
    (void)state;
    uint8_t buffer[32];
    kw_writer w;
    kw_writer_init(&w, buffer, sizeof buffer);
    kw_raw_tag items[] = {raw(0, "aabb"), raw(5, ""), raw(UINT32_MAX, "cc")};
    kw_raw_tags tags = {items, 3}, none = {NULL, 0}, null = {NULL, -1};
    kw_write_tag_buffer(&w, NULL);
    kw_write_tag_buffer(&w, &none);
    kw_write_tag_buffer(&w, &null);
    kw_write_tag_buffer(&w, &tags);
    assert_written(&w, "00 00 00 03 00 02 aabb 05 00 ffffffff0f 01 cc");
    assert_true(kw_writer_ok(&w));
}

/* Like a generated encoder: tag 1 is an INT16, tag 3 a string at its default. */
static void write_known(kw_writer *w, const kw_raw_tags *unknown)
{
    kw_tag_writer t;
    kw_tag_writer_init(&t, w, 1, unknown);
    kw_tag_writer_field(&t, 1, 2);
    kw_write_int16(w, 0x102);
    kw_tag_writer_absent(&t, 3);
    kw_status status = kw_tag_writer_end(&t);
    assert_status(status, w->status);
}

/* Q11, Q12: unknown tags are written between the known ones; a field at its default is not written. */
static void unknown_tags_are_put_between_known_ones(void **state)
{
    (void)state;
    uint8_t buffer[64];
    kw_writer w;
    kw_writer_init(&w, buffer, sizeof buffer);
    write_known(&w, NULL);
    assert_written(&w, "01 01 02 0102");
    kw_writer_reset(&w);
    kw_raw_tag items[] = {raw(0, "aa"), raw(2, ""), raw(4, "bbcc")};
    kw_raw_tags tags = {items, 3};
    write_known(&w, &tags);
    assert_written(&w, "04 00 01 aa 01 02 0102 02 00 04 02 bbcc");
    assert_true(kw_writer_ok(&w));
}

static void unknown_tags_that_cannot_be_written(void **state)
{
    (void)state;
    static const struct {
        uint32_t tags[2];
        kw_status status;
    } cases[] = {
        {{0, 1}, KW_ERR_TAG_DUPLICATE}, /* clashes with a known tag */
        {{1, 2}, KW_ERR_TAG_DUPLICATE},
        {{0, 3}, KW_ERR_TAG_DUPLICATE}, /* with a known tag that is at its default */
        {{0, 0}, KW_ERR_TAG_DUPLICATE},
        {{7, 7}, KW_ERR_TAG_DUPLICATE},
        {{2, 0}, KW_ERR_TAG_ORDER},
        {{9, 8}, KW_ERR_TAG_ORDER},
        {{UINT32_MAX, 0}, KW_ERR_TAG_ORDER},
        {{0, 2}, KW_OK},
        {{2, 4}, KW_OK},
        {{4, UINT32_MAX}, KW_OK},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t buffer[64];
        kw_writer w;
        kw_writer_init(&w, buffer, sizeof buffer);
        kw_raw_tag items[] = {raw(cases[i].tags[0], "aa"), raw(cases[i].tags[1], "")};
        kw_raw_tags tags = {items, 2};
        write_known(&w, &tags);
        assert_status(w.status, cases[i].status);
    }
    uint8_t buffer[64];
    kw_writer w;
    kw_writer_init(&w, buffer, sizeof buffer);
    kw_raw_tag null_item = {8, {NULL, -1}};
    kw_raw_tags tags = {&null_item, 1};
    write_known(&w, &tags);
    assert_status(w.status, KW_ERR_NULL);
}

static void a_field_larger_than_its_size_can_say(void **state)
{
    (void)state;
    kw_writer w;
    kw_tag_writer t;
    kw_writer_init_counting(&w);
    kw_tag_writer_init(&t, &w, 2, NULL);
    kw_tag_writer_field(&t, 0, (size_t)INT32_MAX);
    assert_status(w.status, KW_OK);
    kw_tag_writer_field(&t, 1, (size_t)INT32_MAX + 1);
    assert_status(w.status, KW_ERR_ARGUMENT);
}

static void tags_survive_reading_and_writing(void **state)
{
    (void)state;
    kw_bytes input = given("04 00 01 aa 01 02 0102 02 00 04 02 bbcc");
    kw_arena arena = arena_of(256);
    kw_reader r = reader_of(input);
    kw_raw_tags *unknown = NULL;
    kw_tag_reader t;
    for (kw_tag_reader_init(&t, &r); kw_tag_reader_next(&t);)
        if (t.tag == 1)
            (void)kw_read_int16(&r);
        else
            kw_tag_reader_keep(&t, &arena, &unknown);
    assert_status(kw_reader_end(&r), KW_OK);
    uint8_t buffer[32];
    kw_writer w;
    kw_writer_init(&w, buffer, sizeof buffer);
    write_known(&w, unknown);
    check_bytes(buffer, kw_writer_needed(&w), input, __FILE__, __LINE__);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(empty_tag_buffers),
        TEST(unknown_tags_are_kept_raw),
        TEST(known_and_unknown_tags),
        TEST(errors_say_what_and_where),
        TEST(order_is_free_on_reading),
        TEST(partial_tag_buffers_keep_complete_tags),
        TEST(tags_that_do_not_fit_in_the_arena),
        TEST(memory_for_tags_is_bounded_by_the_input),
        TEST(tag_buffers_without_known_tags),
        TEST(unknown_tags_are_put_between_known_ones),
        TEST(unknown_tags_that_cannot_be_written),
        TEST(a_field_larger_than_its_size_can_say),
        TEST(tags_survive_reading_and_writing),
    };
    return cmocka_run_group_tests_name("tags", tests, NULL, NULL);
}
