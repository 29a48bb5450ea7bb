/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <kwire/walk.h>

#include "sample_message.h"

/* ---- the steps that a visitor saw, as text ---- */

typedef struct story {
    char text[16384];
    size_t len;
    bool offsets;
    size_t steps;
    size_t stop_after; /* 0: never */
} story;

static void append(story *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(story *s, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(s->text + s->len, sizeof s->text - s->len, format, arguments);
    va_end(arguments);
    assert_true(n >= 0 && (size_t)n < sizeof s->text - s->len);
    s->len += (size_t)n;
}

/* One line for each step: kind, path, and offset+size if requested. */
static bool tell(void *context, const kw_step *step)
{
    static const char *const marks[] = {
        [KW_EVENT_VALUE] = "=",       [KW_EVENT_STRUCT_BEGIN] = "{", [KW_EVENT_STRUCT_END] = "}",
        [KW_EVENT_ARRAY_BEGIN] = "[", [KW_EVENT_ARRAY_END] = "]",    [KW_EVENT_UNKNOWN_TAG] = "?",
        [KW_EVENT_ERROR] = "!"};
    story *s = context;
    char path[100];
    assert_true(kw_step_path(step, path, sizeof path) < sizeof path);
    append(s, "%s %s", marks[step->event], path);
    if (step->event == KW_EVENT_ARRAY_BEGIN)
        append(s, " %d", (int)step->count);
    if (step->event == KW_EVENT_STRUCT_BEGIN)
        append(s, " %s", step->type->name);
    if (step->is_null)
        append(s, " null");
    if (s->offsets)
        append(s, " %zu+%zu", step->offset, step->size);
    append(s, "\n");
    s->steps++;
    return s->steps != s->stop_after;
}

static void assert_story(const story *s, const char *want)
{
    if (strcmp(s->text, want) == 0)
        return;
    size_t at = 0;
    while (s->text[at] != '\0' && s->text[at] == want[at])
        at++;
    fail_msg("differs at character %zu:\n%s", at, s->text);
}

/* ---- walking ---- */

static void walk_of_version_0(void **state)
{
    (void)state;
    full_parcel f;
    fill_version_0(&f);
    story s = {.len = 0};
    assert_true(kw_message_walk(&parcel_message, 0, &f.value, tell, &s));
    assert_story(&s, "{  Parcel\n= fragile\n= grade\n= zone\n= port\n= count\n= crc\n= serial\n= price\n= id\n= label\n"
                     "= records\n= address\n[ items 2\n"
                     "{ items[0] Item\n= items[0].name\n[ items[0].labels 2\n= items[0].labels[0]\n"
                     "= items[0].labels[1]\n] items[0].labels\n} items[0]\n"
                     "{ items[1] Item\n= items[1].name\n[ items[1].labels 0\n] items[1].labels\n} items[1]\n"
                     "] items\n[ codes 2\n= codes[0]\n= codes[1]\n] codes\n"
                     "{ owner Owner\n= owner.id\n= owner.title null\n} owner\n= moved\n} \n");
}

/* Tagged fields ascend, unknown ones among them, and those at their default are left out. */
static void walk_of_version_3(void **state)
{
    (void)state;
    parcel m;
    parcel_init(&m);
    kw_raw_tag tags[] = {{1000, {NULL, 0}}, {2000, {NULL, 0}}};
    kw_raw_tags unknown = {tags, 2};
    kw_raw_tag low = {0, {NULL, 0}};
    kw_raw_tags of_size = {&low, 1};
    m.unknown_tags = &unknown;
    m.size.unknown_tags = &of_size;
    m.moved = 1;
    m.items.len = -1;
    story s = {.len = 0};
    assert_true(kw_message_walk(&parcel_message, 3, &m, tell, &s));
    assert_story(&s, "{  Parcel\n= fragile\n= grade\n= zone\n= port\n= count\n= crc\n= serial\n= price\n= id\n= label\n"
                     "= seal\n= records null\n= address\n= items null\n[ codes 0\n] codes\n= owner null\n"
                     "{ size Owner\n= size.id\n= size.title\n? size.unknownTag0\n} size\n= moved\n"
                     "? unknownTag1000\n? unknownTag2000\n} \n");
}

static void walk_puts_unknown_tags_in_their_place(void **state)
{
    (void)state;
    full_parcel f;
    fill_version_3(&f);
    f.tags[1].tag = 2; /* unknown in version 2 */
    f.value.spare = NULL;
    story s = {.len = 0};
    assert_true(kw_message_walk(&parcel_message, 2, &f.value, tell, &s));
    const char *tail = strstr(s.text, "= moved");
    assert_non_null(tail);
    assert_string_equal(tail, "= moved\n{ size Owner\n= size.id\n= size.title\n} size\n= note\n? unknownTag2\n} \n");

    fill_version_3(&f);
    f.tags[1].tag = 4;
    s.len = 0;
    assert_true(kw_message_walk(&parcel_message, 3, &f.value, tell, &s));
    assert_non_null(strstr(s.text, "} size\n= note\n= moved\n? unknownTag4\n{ spare Owner\n"));
}

static void walk_ends_where_the_visitor_says(void **state)
{
    (void)state;
    full_parcel f;
    fill_version_3(&f);
    f.tags[1].tag = 4; /* between moved and spare */
    story whole = {.len = 0};
    assert_true(kw_message_walk(&parcel_message, 3, &f.value, tell, &whole));
    for (size_t n = 1; n <= whole.steps; n++) {
        story s = {.stop_after = n};
        assert_false(kw_message_walk(&parcel_message, 3, &f.value, tell, &s));
        assert_int_equal(s.steps, n);
    }
}

static void walk_of_unknown_version_sees_nothing(void **state)
{
    (void)state;
    parcel m;
    parcel_init(&m);
    story s = {.len = 0};
    assert_true(kw_message_walk(&parcel_message, 4, &m, tell, &s));
    assert_int_equal(s.steps, 0);
}

/* ---- paths ---- */

static void path_is_cut_where_it_does_not_fit(void **state)
{
    (void)state;
    kw_step message = {.event = KW_EVENT_STRUCT_BEGIN, .index = -1};
    kw_step items = {.event = KW_EVENT_ARRAY_BEGIN, .field = &parcel_fields[14], .parent = &message, .index = -1};
    kw_step third = {.event = KW_EVENT_STRUCT_BEGIN, .field = items.field, .parent = &items, .index = 2147483647};
    kw_step name = {.event = KW_EVENT_VALUE, .field = &item_fields[0], .parent = &third, .index = -1};
    static const char want[] = "items[2147483647].name";
    char text[32];
    for (size_t size = 1; size <= sizeof text; size++) {
        memset(text, '#', sizeof text);
        assert_int_equal(kw_step_path(&name, text, size), sizeof want - 1);
        size_t shown = size - 1 < sizeof want - 1 ? size - 1 : sizeof want - 1;
        assert_memory_equal(text, want, shown);
        assert_int_equal(text[shown], '\0');
    }
    assert_int_equal(kw_step_path(&name, NULL, 0), sizeof want - 1);
    assert_int_equal(kw_step_path(&message, text, sizeof text), 0);
    assert_string_equal(text, "");
}

/* ---- dissecting ---- */

static uint64_t memory[1024];

static kw_arena fresh_arena(void)
{
    memset(memory, 0xa5, sizeof memory);
    kw_arena arena;
    kw_arena_init(&arena, memory, sizeof memory);
    return arena;
}

static parcel *dissect(kw_reader *in, int16_t version, story *s)
{
    kw_arena arena = fresh_arena();
    void *value;
    kw_status status = kw_message_dissect(&parcel_message, version, in, &arena, &value, s != NULL ? tell : NULL, s);
    assert_status(status, in->status);
    return value;
}

static void dissection_of_version_0(void **state)
{
    (void)state;
    full_parcel want;
    fill_version_0(&want);
    kw_reader in = reading(BYTES_VERSION_0);
    const parcel *m = dissect(&in, 0, NULL);
    assert_status(kw_reader_end(&in), KW_OK);
    assert_true(kw_message_equal(&parcel_message, m, &want.value));
}

static void dissection_of_version_3(void **state)
{
    (void)state;
    full_parcel want;
    fill_version_3(&want);
    kw_reader in = reading(BYTES_VERSION_3);
    const parcel *m = dissect(&in, 3, NULL);
    assert_status(kw_reader_end(&in), KW_OK);
    assert_true(kw_message_equal(&parcel_message, m, &want.value));
}

static void dissection_reports_positions(void **state)
{
    (void)state;
    story s = {.offsets = true};
    kw_reader in = reading(BYTES_VERSION_3);
    (void)dissect(&in, 3, &s);
    assert_story(&s,
                 "{  Parcel 0+0\n= fragile 0+1\n= grade 1+1\n= zone 2+2\n= port 4+2\n= count 6+4\n= crc 10+4\n"
                 "= serial 14+8\n= price 22+8\n= id 30+16\n= label 46+3\n= seal 49+2\n= records 51+2\n= address 53+3\n"
                 "[ items 2 56+0\n{ items[0] Item 57+0\n= items[0].name 57+2\n= items[0].weight 59+4\n"
                 "[ items[0].labels 2 63+0\n= items[0].labels[0] 64+2\n= items[0].labels[1] 66+1\n"
                 "] items[0].labels 63+4\n} items[0] 57+11\n"
                 "{ items[1] Item 68+0\n= items[1].name 68+1\n= items[1].weight 69+4\n"
                 "[ items[1].labels 0 73+0\n] items[1].labels 73+1\n} items[1] 68+7\n] items 56+19\n"
                 "[ codes 2 75+0\n= codes[0] 76+4\n= codes[1] 80+4\n] codes 75+9\n"
                 "{ owner Owner 84+0\n= owner.id 85+4\n= owner.title null 89+1\n} owner 84+7\n"
                 "{ size Owner 92+0\n= size.id 94+4\n= size.title 98+1\n} size 92+8\n= note 100+4\n= moved 104+6\n"
                 "{ spare Owner 110+0\n= spare.id 113+4\n= spare.title 117+2\n} spare 110+10\n"
                 "? unknownTag200 120+5\n}  0+125\n");
}

static void dissection_continues_without_the_visitor(void **state)
{
    (void)state;
    full_parcel want;
    fill_version_3(&want);
    for (size_t n = 1; n < 50; n++) {
        story s = {.stop_after = n};
        kw_reader in = reading(BYTES_VERSION_3);
        const parcel *m = dissect(&in, 3, &s);
        assert_status(in.status, KW_OK);
        assert_int_equal(s.steps, n);
        assert_true(kw_message_equal(&parcel_message, m, &want.value));
    }
}

static void last_of_repeated_tags_wins(void **state)
{
    (void)state;
    kw_reader in = reading(FIXED_FIELDS "01 01 01 0000 00 01 ff"
                                        "03 00 06 00000004 00 00 00 07 00000005 02 61 00 02 04 00000001");
    const parcel *m = dissect(&in, 3, NULL);
    assert_status(kw_reader_end(&in), KW_OK);
    assert_int_equal(m->size.id, 5);
    assert_text(m->size.title, "a");
    assert_int_equal(m->items.len, -1);
    assert_null(m->owner);
    assert_int_equal(m->moved, 1);
}

/* Q9, Q10: any negative INT8 is null outside tags, 0 inside them. */
static void null_structs(void **state)
{
    (void)state;
    story s = {.offsets = true};
    kw_reader in = reading(FIXED_FIELDS "01 01 01 0000 01 01 80 01 05 01 00");
    const parcel *m = dissect(&in, 3, &s);
    assert_status(kw_reader_end(&in), KW_OK);
    assert_null(m->owner);
    assert_null(m->spare);
    assert_non_null(strstr(s.text, "= owner null 53+1\n= spare null 55+3\n"));
}

/* ---- arrays ---- */

typedef struct shelf {
    kw_bool_array bools;
    kw_int8_array bytes1;
    kw_int16_array shorts;
    kw_uint16_array ports;
    kw_int32_array ints;
    kw_uint32_array sums;
    kw_int64_array longs;
    kw_float64_array doubles;
    kw_uuid_array ids;
    kw_string_array strings;
    kw_bytes_array blobs;
} shelf;

static void shelf_init(void *value)
{
    memset(value, 0, sizeof(shelf));
}

#define ARRAY(field, what)                                                                             \
    {                                                                                                  \
        .name = #field, .kind = what, .offset = offsetof(shelf, field), .tag = -1, .versions = {0, 1}, \
        .nullable = {1, 1}, .tagged = {0, -1}, .flags = KW_FIELD_ARRAY                                 \
    }

static const kw_field shelf_fields[] = {
    ARRAY(bools, KW_KIND_BOOL),     ARRAY(bytes1, KW_KIND_INT8),     ARRAY(shorts, KW_KIND_INT16),
    ARRAY(ports, KW_KIND_UINT16),   ARRAY(ints, KW_KIND_INT32),      ARRAY(sums, KW_KIND_UINT32),
    ARRAY(longs, KW_KIND_INT64),    ARRAY(doubles, KW_KIND_FLOAT64), ARRAY(ids, KW_KIND_UUID),
    ARRAY(strings, KW_KIND_STRING), ARRAY(blobs, KW_KIND_BYTES),
};
#undef ARRAY
static const kw_struct shelf_type = {"Shelf", shelf_fields, COUNT_OF(shelf_fields), sizeof(shelf), 11, -1, shelf_init};
static const kw_message shelf_message = {.name = "Shelf",
                                         .type = &shelf_type,
                                         .api_key = -1,
                                         .kind = KW_MESSAGE_DATA,
                                         .versions = {0, 1},
                                         .flexible = {1, 1}};

static void check_shelf(int16_t version, const char *hex)
{
    kw_reader in = reading(hex);
    kw_arena arena = fresh_arena();
    void *value;
    assert_status(kw_message_dissect(&shelf_message, version, &in, &arena, &value, NULL, NULL), KW_OK);
    assert_status(kw_reader_end(&in), KW_OK);
    const shelf *m = value;
    assert_true(m->bools.len == 2 && !m->bools.items[0] && m->bools.items[1]);
    assert_true(m->bytes1.len == 1 && m->bytes1.items[0] == -1);
    assert_true(m->shorts.len == 1 && m->shorts.items[0] == -2);
    assert_true(m->ports.len == 1 && m->ports.items[0] == 0xfffe);
    assert_true(m->ints.len == 2 && m->ints.items[0] == 1 && m->ints.items[1] == INT32_MIN);
    assert_true(m->sums.len == 1 && m->sums.items[0] == UINT32_MAX);
    assert_true(m->longs.len == 1 && m->longs.items[0] == INT64_MAX);
    assert_true(m->doubles.len == 1 && m->doubles.items[0] > 1.49 && m->doubles.items[0] < 1.51);
    assert_true(m->ids.len == 1 && m->ids.items[0].bytes[15] == 0x0f);
    assert_int_equal(m->strings.len, 2);
    assert_text(m->strings.items[0], "");
    assert_text(m->strings.items[1], "a");
    assert_int_equal(m->blobs.len, 1);
    assert_int_equal(m->blobs.items[0].data[0], 0xbb);

    const void *copy = kw_message_copy(&shelf_message, value, &arena);
    assert_non_null(copy);
    assert_true(kw_message_equal(&shelf_message, copy, value));
    m->blobs.items[0].len = 0;
    assert_false(kw_message_equal(&shelf_message, copy, value));
}

static void arrays_of_each_kind(void **state)
{
    (void)state;
    check_shelf(0, "00000002 00 02 00000001 ff 00000001 fffe 00000001 fffe 00000002 00000001 80000000 "
                   "00000001 ffffffff 00000001 7fffffffffffffff 00000001 3ff8000000000000 "
                   "00000001 000102030405060708090a0b0c0d0e0f 00000002 0000 0001 61 00000001 00000001 bb");
    check_shelf(1, "03 00 02 02 ff 02 fffe 02 fffe 03 00000001 80000000 02 ffffffff 02 7fffffffffffffff "
                   "02 3ff8000000000000 02 000102030405060708090a0b0c0d0e0f 03 01 02 61 02 02 bb");
}

static void counts_are_compared_with_the_elements_smallest_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 1, 2, 2, 4, 4, 8, 8, 16, 1, 1};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        /* Nulls before it, then 3 elements and one byte too few for them. */
        size_t size = i + 1 + 3 * sizes[i] - 1;
        uint8_t *bytes = given_size(size);
        memset(bytes, 0, size);
        bytes[i] = 4;
        kw_reader in;
        kw_reader_init(&in, bytes, size);
        kw_arena arena = fresh_arena();
        void *value;
        assert_status(kw_message_dissect(&shelf_message, 1, &in, &arena, &value, NULL, NULL), KW_ERR_COUNT);
        assert_int_equal(in.error_at, i);
    }
}

/* ---- errors of dissecting ---- */

#define TO_ADDRESS FIXED_FIELDS "01 01 01 0000 "

typedef struct failure {
    size_t count; /* of error events */
    bool last;
    size_t offset;
    char path[64];
} failure;

static bool tell_failure(void *context, const kw_step *step)
{
    failure *f = context;
    f->last = step->event == KW_EVENT_ERROR;
    if (!f->last)
        return true;
    f->count++;
    f->offset = step->offset;
    assert_int_equal(step->size, 0);
    (void)kw_step_path(step, f->path, sizeof f->path);
    return true;
}

/* The visitor gets the error last, once, with the offset of the reader and the path of kw_decode_error_path(). */
static void assert_error_step(kw_bytes input, int16_t version, uint32_t flags, size_t at, const char *path)
{
    kw_arena arena = fresh_arena();
    kw_reader in = reader_of(input);
    in.flags = flags;
    void *value;
    failure f = {.count = 0};
    assert_true(kw_message_dissect(&parcel_message, version, &in, &arena, &value, tell_failure, &f) != KW_OK);
    if (!kw_versions_have(parcel_message.versions, version)) {
        assert_int_equal(f.count, 0);
        return;
    }
    assert_int_equal(f.count, 1);
    assert_true(f.last);
    assert_int_equal(f.offset, at);
    assert_string_equal(f.path, path);
}

static void errors_are_named_and_placed(void **state)
{
    (void)state;
    static const struct {
        int16_t version;
        uint32_t flags;
        const char *hex;
        kw_status status;
        size_t at;
        const char *path;
    } cases[] = {
        {3, 0, "", KW_ERR_TRUNCATED, 0, "fragile"},
        {3, 0, "01 fe 01", KW_ERR_TRUNCATED, 2, "zone"},
        {0, 0, FIXED_FIELDS "ffff", KW_ERR_NULL, 46, "label"},
        {3, 0, FIXED_FIELDS "8180808010", KW_ERR_VARINT, 46, "label"},
        {0, 0, FIXED_FIELDS "8000", KW_ERR_NEGATIVE, 46, "label"},
        {3, 0, FIXED_FIELDS "01 09 61", KW_ERR_LENGTH, 47, "seal"},
        {3, 0, FIXED_FIELDS "818002", KW_ERR_STRING_SIZE, 46, "label"},
        {3, 0, TO_ADDRESS "05 00", KW_ERR_COUNT, 51, "items"},
        {3, 0, TO_ADDRESS "03 01 00000000 01 00 02", KW_ERR_COUNT, 51, "items"},
        {3, 0, TO_ADDRESS "03 01 00000000 01 00 07 61 00000000", KW_ERR_LENGTH, 59, "items[1].name"},
        {3, 0, TO_ADDRESS "02 01 00000000 02 00 00", KW_ERR_NULL, 58, "items[0].labels[0]"},
        {3, 0, TO_ADDRESS "00 03 00000000 0000", KW_ERR_COUNT, 52, "codes"},
        {3, 0, TO_ADDRESS "00 01 00 0000", KW_ERR_TRUNCATED, 54, "owner.id"},
        {3, 0, TO_ADDRESS "00 01", KW_ERR_TRUNCATED, 53, "owner"},
        {3, 0, TO_ADDRESS "00 01 ff 02 00 07", KW_ERR_COUNT, 54, ""},
        {3, 0, TO_ADDRESS "00 01 ff 01 02 05 00000000", KW_ERR_LENGTH, 56, ""},
        {3, 0, TO_ADDRESS "00 01 ff 01 02 05 00000000 00", KW_ERR_TAG_SIZE, 61, "moved"},
        {3, 0, TO_ADDRESS "00 01 ff 01 02 03 000000", KW_ERR_TRUNCATED, 57, "moved"},
        {3, 0, TO_ADDRESS "00 01 ff 01 00 07 00000000 01 00 00", KW_ERR_TAG_SIZE, 63, "size"},
        {3, 0, TO_ADDRESS "00 01 ff 01 05 06 01 00000000 05", KW_ERR_LENGTH, 62, "spare.title"},
        {2, 0, TO_ADDRESS "00 01 ff 00000000 01 02 04 00000000", KW_ERR_TAG_VERSION, 59, "moved"},
        {3, KW_READ_STRICT_TAGS, TO_ADDRESS "00 01 ff 02 02 04 00000001 01 01 00", KW_ERR_TAG_ORDER, 61, ""},
        {3, KW_READ_STRICT_TAGS, TO_ADDRESS "00 01 ff 02 01 01 00 01 01 00", KW_ERR_TAG_DUPLICATE, 58, ""},
        {3, KW_READ_PARTIAL, TO_ADDRESS "00 05 00000001 0000", KW_ERR_TRUNCATED, 57, "codes"},
        {3, KW_READ_PARTIAL, TO_ADDRESS "05 01 00000000 01 00 01", KW_ERR_TRUNCATED, 60, "items[1].weight"},
        {4, 0, "00", KW_ERR_VERSION, 0, ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_bytes input = given(cases[i].hex);
        kw_reader in = reader_of(input);
        in.flags = cases[i].flags;
        assert_non_null(dissect(&in, cases[i].version, NULL));
        if (in.status != cases[i].status)
            print_error("case %zu\n", i);
        assert_refused(&in, input, cases[i].status, cases[i].at);

        kw_arena arena = fresh_arena();
        char path[64];
        size_t len = kw_decode_error_path(&parcel_message, cases[i].version, input.data, (size_t)input.len,
                                          cases[i].flags, &arena, path, sizeof path);
        assert_string_equal(path, cases[i].path);
        assert_int_equal(len, strlen(cases[i].path));
        assert_error_step(input, cases[i].version, cases[i].flags, cases[i].at, cases[i].path);
    }
}

static void nothing_wrong_has_no_path(void **state)
{
    (void)state;
    kw_bytes input = given(BYTES_VERSION_3 "ff"); /* decoding ignores bytes after the message */
    kw_arena arena = fresh_arena();
    char path[8] = "dirty";
    size_t len = kw_decode_error_path(&parcel_message, 3, input.data, (size_t)input.len, 0, &arena, path, sizeof path);
    assert_int_equal(len, 0);
    assert_string_equal(path, "");
}

static void what_was_read_before_an_error_is_kept(void **state)
{
    (void)state;
    kw_reader in = reading(TO_ADDRESS "03 02 61 00000005 01 00 02 62 0000");
    const parcel *m = dissect(&in, 3, NULL);
    assert_status(in.status, KW_ERR_TRUNCATED);
    assert_int_equal(in.error_at, 62);
    assert_int_equal(m->zone, 0x0102);
    assert_int_equal(m->items.len, 2);
    assert_text(m->items.items[0].name, "a");
    assert_int_equal(m->items.items[0].weight, 5);
    assert_text(m->items.items[1].name, "b");
    assert_int_equal(m->codes.len, 0);
}

static void every_truncation_is_an_error_with_a_place(void **state)
{
    (void)state;
    kw_bytes whole = given(BYTES_VERSION_3);
    for (size_t size = 0; size < (size_t)whole.len; size++) {
        kw_bytes input = given_prefix(whole, size);
        for (uint32_t flags = 0; flags <= KW_READ_PARTIAL; flags++) {
            kw_reader in = reader_of(input);
            in.flags = flags;
            const parcel *m = dissect(&in, 3, NULL);
            assert_true(in.status != KW_OK);
            assert_true(in.error_at <= size);
            story s = {.len = 0};
            assert_true(kw_message_walk(&parcel_message, 3, m, tell, &s));
        }
    }
}

static void every_arena_that_is_too_small_is_an_error(void **state)
{
    (void)state;
    for (size_t size = 0; size <= sizeof memory; size += 8) {
        kw_arena arena;
        kw_arena_init(&arena, memory, size);
        kw_reader in = reading(BYTES_VERSION_3);
        void *value;
        kw_status status = kw_message_dissect(&parcel_message, 3, &in, &arena, &value, NULL, NULL);
        if (status == KW_OK) {
            assert_true(size > sizeof(parcel) + 2 * sizeof(item));
            return;
        }
        assert_status(status, KW_ERR_NO_MEMORY);
        assert_true(value != NULL || size < sizeof(parcel));
    }
    fail_msg("it never fits");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(walk_of_version_0),
        TEST(walk_of_version_3),
        TEST(walk_puts_unknown_tags_in_their_place),
        TEST(walk_ends_where_the_visitor_says),
        TEST(walk_of_unknown_version_sees_nothing),
        TEST(path_is_cut_where_it_does_not_fit),
        TEST(dissection_of_version_0),
        TEST(dissection_of_version_3),
        TEST(dissection_reports_positions),
        TEST(dissection_continues_without_the_visitor),
        TEST(last_of_repeated_tags_wins),
        TEST(null_structs),
        TEST(arrays_of_each_kind),
        TEST(counts_are_compared_with_the_elements_smallest_size),
        TEST(errors_are_named_and_placed),
        TEST(nothing_wrong_has_no_path),
        TEST(what_was_read_before_an_error_is_kept),
        TEST(every_truncation_is_an_error_with_a_place),
        TEST(every_arena_that_is_too_small_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
