/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>

#include <kwire/api.h>
#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/messages/metadata_request.h>

#include "sample_message.h"

static const kw_field *field_named(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(parcel_fields); i++)
        if (strcmp(parcel_fields[i].name, name) == 0)
            return &parcel_fields[i];
    fail_msg("no field %s", name);
    return NULL;
}

static bool has_default(const parcel *m, const char *name)
{
    return kw_field_is_default(field_named(name), m);
}

/* ---- defaults ---- */

static void fresh_struct_has_defaults_only(void **state)
{
    (void)state;
    parcel m;
    kw_message_init(&parcel_message, &m);
    for (size_t i = 0; i < COUNT_OF(parcel_fields); i++)
        if (!kw_field_is_default(&parcel_fields[i], &m))
            fail_msg("%s is not at its default", parcel_fields[i].name);
}

static void filled_struct_has_no_defaults(void **state)
{
    (void)state;
    full_parcel f;
    fill_version_3(&f);
    for (size_t i = 0; i < COUNT_OF(parcel_fields); i++)
        if (kw_field_is_default(&parcel_fields[i], &f.value))
            fail_msg("%s is at its default", parcel_fields[i].name);
}

static void null_and_empty_are_different_defaults(void **state)
{
    (void)state;
    parcel m;
    parcel_init(&m);
    m.label = kw_string_of(NULL);
    assert_false(has_default(&m, "label"));
    m.label = kw_string_of("");
    assert_false(has_default(&m, "label"));
    m.records.len = 0;
    assert_false(has_default(&m, "records"));
    m.records.len = -7;
    assert_true(has_default(&m, "records"));
    m.seal.len = -1;
    assert_false(has_default(&m, "seal"));
    m.items.len = -1;
    assert_false(has_default(&m, "items"));
    m.note = kw_string_of("");
    assert_false(has_default(&m, "note"));
    owner o;
    owner_init(&o);
    m.owner = &o;
    assert_false(has_default(&m, "owner"));
}

static void negative_zero_is_default_and_nan_is_not(void **state)
{
    (void)state;
    parcel m;
    parcel_init(&m);
    m.price = -0.0;
    assert_true(has_default(&m, "price"));
    m.price = (double)NAN;
    assert_false(has_default(&m, "price"));
    m.price = 5e-324;
    assert_false(has_default(&m, "price"));
}

static void unknown_tags_make_a_struct_differ_from_its_default(void **state)
{
    (void)state;
    parcel m;
    parcel_init(&m);
    kw_raw_tag tag = {4, {NULL, 0}};
    kw_raw_tags tags = {&tag, 1};
    m.size.unknown_tags = &tags;
    assert_false(has_default(&m, "size"));
    tags.len = 0;
    assert_true(has_default(&m, "size"));
}

/* ---- equality ---- */

static bool equal(const void *a, const void *b)
{
    return kw_message_equal(&parcel_message, a, b) && kw_message_equal(&parcel_message, b, a);
}

static void equal_structs_are_equal(void **state)
{
    (void)state;
    full_parcel a;
    full_parcel b;
    fill_version_3(&a);
    fill_version_3(&b);
    assert_true(equal(&a.value, &b.value));
    parcel_init(&a.value);
    assert_false(equal(&a.value, &b.value));
    parcel_init(&b.value);
    assert_true(equal(&a.value, &b.value));
}

static void each_difference_counts(void **state)
{
    (void)state;
    for (int i = 0;; i++) {
        full_parcel a;
        full_parcel b;
        fill_version_3(&a);
        fill_version_3(&b);
        parcel *m = &b.value;
        /* clang-format off */
        switch (i) {
        case 0: m->size.id = 5; break;
        case 1: m->size.title.len = -1; break;
        case 2: m->fragile = false; break;
        case 3: m->grade = 2; break;
        case 4: m->zone = 1; break;
        case 5: m->port = 1; break;
        case 6: m->count = 1; break;
        case 7: m->crc = 1; break;
        case 8: m->serial = 0xffffffff; break;
        case 9: m->price = 1.25; break;
        case 10: m->id.bytes[15] = 0; break;
        case 11: m->label = kw_string_of("ac"); break;
        case 12: m->seal.len = -1; break;
        case 13: m->records = bytes_of(""); break;
        case 14: m->address = kw_string_of("xx"); break;
        case 15: m->items.len = 1; break;
        case 16: m->items.len = -1; break;
        case 17: b.items[1].weight = 1; break;
        case 18: b.labels[1] = kw_string_of("l"); break;
        case 19: b.codes[1] = 1; break;
        case 20: m->codes.len = 0; break;
        case 21: m->owner = NULL; break;
        case 22: b.owner.id = 1; break;
        case 23: m->moved = 1; break;
        case 24: m->note = kw_string_of(NULL); break;
        case 25: m->spare = NULL; break;
        case 26: m->unknown_tags = NULL; break;
        case 27: b.tags[1].tag = 201; break;
        case 28: b.tags[1].value = bytes_of("vv"); break;
        case 29: b.items[0].unknown_tags = &b.unknown; break;
        case 30: b.unknown.items = b.tags; b.unknown.len = 2; break;
        default: return;
        }
        /* clang-format on */
        if (equal(&a.value, m))
            fail_msg("difference %d is not seen", i);
    }
}

static void floats_are_compared_by_their_bits(void **state)
{
    (void)state;
    parcel a;
    parcel b;
    parcel_init(&a);
    parcel_init(&b);
    a.price = -0.0;
    assert_false(equal(&a, &b));
    a.price = (double)NAN;
    b.price = (double)NAN;
    assert_true(equal(&a, &b));
}

static void null_differs_from_empty_and_no_tags_from_nothing(void **state)
{
    (void)state;
    parcel a;
    parcel b;
    parcel_init(&a);
    parcel_init(&b);
    kw_raw_tags none = {NULL, 0};
    a.unknown_tags = &none;
    assert_true(equal(&a, &b));
    a.codes.len = -1;
    assert_false(equal(&a, &b));
    b.codes.len = -2;
    assert_true(equal(&a, &b));
}

/* ---- copies ---- */

static void copy_needs_nothing_of_the_original(void **state)
{
    (void)state;
    full_parcel want;
    full_parcel original;
    fill_version_3(&want);
    fill_version_3(&original);
    char text[] = "ab";
    original.value.label.data = text;
    struct test_memory memory;
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, test_memory_init(&memory), 1 << 16);
    parcel *copy = kw_message_copy(&parcel_message, &original.value, &arena);
    assert_non_null(copy);
    memset(&original, 0xee, sizeof original);
    memset(text, 'z', 2);
    assert_true(equal(copy, &want.value));
    kw_arena_finish(&arena);
    assert_int_equal(memory.blocks, 0);
}

static void copy_of_nothing_points_nowhere(void **state)
{
    (void)state;
    parcel m;
    parcel_init(&m);
    m.seal.data = (const uint8_t *)"x"; /* length 0: the pointer is irrelevant */
    uint64_t block[64];
    kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    const parcel *copy = kw_message_copy(&parcel_message, &m, &arena);
    assert_non_null(copy);
    assert_null(copy->seal.data);
    assert_true(equal(copy, &m));
}

static void copy_fails_wherever_the_arena_ends(void **state)
{
    (void)state;
    full_parcel f;
    fill_version_3(&f);
    uint64_t block[256];
    size_t failures = 0;
    for (size_t size = 0; size <= sizeof block; size += 8) {
        kw_arena arena;
        kw_arena_init(&arena, block, size);
        const void *copy = kw_message_copy(&parcel_message, &f.value, &arena);
        if (copy != NULL) {
            assert_true(equal(copy, &f.value));
            assert_true(failures > sizeof(parcel) / 8);
            return;
        }
        assert_status(kw_arena_status(&arena), KW_ERR_NO_MEMORY);
        failures++;
    }
    fail_msg("a copy never fits");
}

/* ---- decoding and encoding at run time ---- */

#define METADATA_1 "00000002 0001 61 0002 6262"

static void message_is_decoded_and_encoded(void **state)
{
    (void)state;
    uint64_t block[64];
    kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    kw_reader in = reading(METADATA_1);
    void *value;
    const kw_message *m = kw_message_find(KW_KEY_METADATA, KW_MESSAGE_REQUEST);
    assert_ptr_equal(m, &kw_metadata_request_message);
    assert_status(kw_message_decode(m, 1, &in, &arena, &value), KW_OK);
    const kw_metadata_request *request = value;
    assert_int_equal(request->topics.len, 2);
    assert_text(request->topics.items[1].name, "bb");
    uint8_t buffer[64];
    kw_writer out;
    kw_writer_init(&out, buffer, sizeof buffer);
    assert_status(kw_message_encode(m, 1, value, &out), KW_OK);
    assert_written(&out, METADATA_1);
}

static void decode_without_memory_gives_nothing(void **state)
{
    (void)state;
    kw_arena arena;
    kw_arena_init(&arena, NULL, 0);
    kw_reader in = reading(METADATA_1);
    void *value = &arena;
    assert_status(kw_message_decode(&kw_metadata_request_message, 1, &in, &arena, &value), KW_ERR_NO_MEMORY);
    assert_null(value);
    assert_status(in.status, KW_ERR_NO_MEMORY);
}

static void decode_that_fails_gives_what_it_read(void **state)
{
    (void)state;
    uint64_t block[64];
    kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    kw_bytes input = given("00000002 0001 61 0002 62");
    kw_reader in = reader_of(input);
    void *value;
    assert_status(kw_message_decode(&kw_metadata_request_message, 1, &in, &arena, &value), KW_ERR_LENGTH);
    assert_refused(&in, input, KW_ERR_LENGTH, 7);
    const kw_metadata_request *request = value;
    assert_int_equal(request->topics.len, 2);
    assert_text(request->topics.items[0].name, "a");
}

static void unknown_version_is_refused(void **state)
{
    (void)state;
    uint64_t block[64];
    kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    const kw_message *m = &kw_metadata_request_message;
    kw_reader in = reading(METADATA_1);
    void *value;
    assert_status(kw_message_decode(m, (int16_t)(m->versions.last + 1), &in, &arena, &value), KW_ERR_VERSION);
    assert_non_null(value);
    kw_writer out;
    kw_writer_init_counting(&out);
    assert_status(kw_message_encode(m, -1, value, &out), KW_ERR_VERSION);
}

static void no_codec_takes_a_version_that_it_does_not_have(void **state)
{
    (void)state;
    static const uint8_t zeros[4096];
    for (size_t i = 0; i < kw_message_count(); i++) {
        const kw_message *m = kw_message_at(i);
        void *value = test_malloc(m->type->size);
        for (int k = 0; k < 2; k++) {
            int16_t version = (int16_t)(k == 0 ? m->versions.first - 1 : m->versions.last + 1);
            kw_arena arena;
            kw_reader in;
            kw_writer out;
            kw_arena_init(&arena, NULL, 0);
            kw_reader_init(&in, zeros, sizeof zeros);
            assert_status(m->decode(value, version, &in, &arena), KW_ERR_VERSION);
            assert_int_equal(kw_reader_offset(&in), 0);
            for (uint32_t f = 0; f < m->type->field_count; f++)
                assert_true(kw_field_is_default(&m->type->fields[f], value));
            kw_writer_init_counting(&out);
            assert_status(m->encode(value, version, &out), KW_ERR_VERSION);
            assert_int_equal(kw_writer_needed(&out), 0);
        }
        test_free(value);
    }
}

/* ---- lookups ---- */

static void every_message_is_found_by_its_name(void **state)
{
    (void)state;
    assert_true(kw_message_count() >= 2 * kw_api_count() + 2);
    for (size_t i = 0; i < kw_message_count(); i++) {
        const kw_message *m = kw_message_at(i);
        assert_ptr_equal(kw_message_by_name(kw_string_of(m->name)), m);
        if (i > 0)
            assert_true(strcmp(kw_message_at(i - 1)->name, m->name) < 0);
        if (m->kind == KW_MESSAGE_HEADER || m->kind == KW_MESSAGE_DATA)
            assert_int_equal(m->api_key, -1);
        if (m->kind != KW_MESSAGE_REQUEST && m->kind != KW_MESSAGE_RESPONSE)
            continue;
        /* Not always the same message: key 74 had another name before. */
        const kw_message *current = kw_message_find(m->api_key, m->kind);
        assert_non_null(current);
        assert_int_equal(current->api_key, m->api_key);
        assert_int_equal(current->kind, m->kind);
    }
    assert_null(kw_message_at(kw_message_count()));
}

static void other_names_are_not_found(void **state)
{
    (void)state;
    static const char *const names[] = {"", "A", "Metadata", "MetadataRequest2", "metadataRequest", "Zz", NULL};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_null(kw_message_by_name(kw_string_of(names[i])));
    kw_string part = {"MetadataRequest and more", 15};
    assert_ptr_equal(kw_message_by_name(part), &kw_metadata_request_message);
}

static void other_keys_are_not_found(void **state)
{
    (void)state;
    assert_null(kw_message_find(-1, KW_MESSAGE_REQUEST));
    assert_null(kw_message_find(INT16_MAX, KW_MESSAGE_RESPONSE));
    assert_null(kw_message_find(KW_KEY_METADATA, KW_MESSAGE_HEADER));
    assert_null(kw_message_find(KW_KEY_METADATA, KW_MESSAGE_DATA));
    assert_null(kw_api_find(-1));
    assert_null(kw_api_find(INT16_MAX));
    assert_null(kw_api_at(kw_api_count()));
}

static void fields_say_what_they_name(void **state)
{
    (void)state;
    static const uint8_t kind_of[] = {
        [KW_ENTITY_TOPIC_NAME] = KW_KIND_STRING,       [KW_ENTITY_GROUP_ID] = KW_KIND_STRING,
        [KW_ENTITY_TRANSACTIONAL_ID] = KW_KIND_STRING, [KW_ENTITY_BROKER_ID] = KW_KIND_INT32,
        [KW_ENTITY_PRODUCER_ID] = KW_KIND_INT64,
    };
    size_t count[COUNT_OF(kind_of)] = {0};
    for (size_t i = 0; i < kw_message_count(); i++) {
        const kw_struct *type = kw_message_at(i)->type;
        for (uint32_t k = 0; k < type->field_count; k++) {
            const kw_field *f = &type->fields[k];
            assert_true(f->entity < COUNT_OF(kind_of));
            count[f->entity]++;
            if (f->entity != KW_ENTITY_NONE)
                assert_int_equal(f->kind, kind_of[f->entity]);
        }
    }
    for (size_t i = 0; i < COUNT_OF(count); i++)
        assert_true(count[i] > 0);
    const kw_field *topics = &kw_metadata_request_message.type->fields[0];
    assert_int_equal(topics->entity, KW_ENTITY_NONE);
    assert_string_equal(topics->type->fields[1].name, "name");
    assert_int_equal(topics->type->fields[1].entity, KW_ENTITY_TOPIC_NAME);
}

static void every_api_has_its_messages_and_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < kw_api_count(); i++) {
        const kw_api *api = kw_api_at(i);
        assert_ptr_equal(kw_api_find(api->key), api);
        if (i > 0)
            assert_true(kw_api_at(i - 1)->key < api->key);
        const kw_message *request = kw_message_find(api->key, KW_MESSAGE_REQUEST);
        const kw_message *response = kw_message_find(api->key, KW_MESSAGE_RESPONSE);
        assert_non_null(request);
        assert_non_null(response);
        assert_int_equal(request->versions.first, api->versions.first);
        assert_int_equal(response->versions.last, api->versions.last);
        for (int16_t v = api->versions.first; v <= api->versions.last; v++) {
            assert_in_range(kw_header_version(api->key, v, KW_MESSAGE_REQUEST), 0, 2);
            assert_in_range(kw_header_version(api->key, v, KW_MESSAGE_RESPONSE), 0, 1);
        }
        assert_int_equal(kw_header_version(api->key, (int16_t)(api->versions.last + 1), KW_MESSAGE_REQUEST), -1);
    }
}

static void header_versions_follow_their_exceptions(void **state)
{
    (void)state;
    assert_int_equal(kw_header_version(KW_KEY_METADATA, 8, KW_MESSAGE_REQUEST), 1);
    assert_int_equal(kw_header_version(KW_KEY_METADATA, 9, KW_MESSAGE_REQUEST), 2);
    assert_int_equal(kw_header_version(KW_KEY_METADATA, 8, KW_MESSAGE_RESPONSE), 0);
    assert_int_equal(kw_header_version(KW_KEY_METADATA, 9, KW_MESSAGE_RESPONSE), 1);
    assert_int_equal(kw_header_version(KW_KEY_METADATA, 9, KW_MESSAGE_DATA), -1);
    /* Q2: no client id before the first version of this one. */
    assert_int_equal(kw_header_version(KW_KEY_CONTROLLED_SHUTDOWN, 0, KW_MESSAGE_REQUEST), 0);
    assert_int_equal(kw_header_version(KW_KEY_CONTROLLED_SHUTDOWN, 1, KW_MESSAGE_REQUEST), 1);
    /* Q3: clients that do not know the version must be able to read the answer. */
    assert_int_equal(kw_header_version(KW_KEY_API_VERSIONS, 3, KW_MESSAGE_REQUEST), 2);
    assert_int_equal(kw_header_version(KW_KEY_API_VERSIONS, 3, KW_MESSAGE_RESPONSE), 0);
    assert_int_equal(kw_header_version(INT16_MAX, 0, KW_MESSAGE_REQUEST), -1);
}

static void errors_are_found_by_their_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < kw_error_count(); i++) {
        const kw_error_info *info = kw_error_at(i);
        assert_ptr_equal(kw_error_find(info->code), info);
        assert_string_equal(kw_error_name(info->code), info->name);
        if (i > 0)
            assert_true(kw_error_at(i - 1)->code < info->code);
    }
    assert_null(kw_error_at(kw_error_count()));
    assert_string_equal(kw_error_name(3), "UNKNOWN_TOPIC_OR_PARTITION");
    assert_true(kw_error_find(3)->retriable);
    assert_false(kw_error_find(35)->retriable);
    assert_string_equal(kw_error_name(-1), "UNKNOWN_SERVER_ERROR");
    assert_null(kw_error_find(INT16_MAX));
    assert_string_equal(kw_error_name(INT16_MIN), "UNKNOWN_ERROR_CODE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fresh_struct_has_defaults_only),
        TEST(filled_struct_has_no_defaults),
        TEST(null_and_empty_are_different_defaults),
        TEST(negative_zero_is_default_and_nan_is_not),
        TEST(unknown_tags_make_a_struct_differ_from_its_default),
        TEST(equal_structs_are_equal),
        TEST(each_difference_counts),
        TEST(floats_are_compared_by_their_bits),
        TEST(null_differs_from_empty_and_no_tags_from_nothing),
        TEST(copy_needs_nothing_of_the_original),
        TEST(copy_of_nothing_points_nowhere),
        TEST(copy_fails_wherever_the_arena_ends),
        TEST(message_is_decoded_and_encoded),
        TEST(decode_without_memory_gives_nothing),
        TEST(decode_that_fails_gives_what_it_read),
        TEST(unknown_version_is_refused),
        TEST(no_codec_takes_a_version_that_it_does_not_have),
        TEST(every_message_is_found_by_its_name),
        TEST(other_names_are_not_found),
        TEST(other_keys_are_not_found),
        TEST(fields_say_what_they_name),
        TEST(every_api_has_its_messages_and_headers),
        TEST(header_versions_follow_their_exceptions),
        TEST(errors_are_found_by_their_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
