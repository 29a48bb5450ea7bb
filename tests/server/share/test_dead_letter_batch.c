/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of dead letters: what is in them, and how much. */
#include "../../unit/support.h"

#include <kwire/batches.h>
#include <kwire/record_builder.h>
#include <kwire/records.h>

#include "share/dead_letter_batch.h"

enum { NOW = 1700000000 };

static struct log_config config;
static kw_writer log_bytes;
static kw_writer out;
static kw_decompressor *decompressor;
static kw_compressor *compressor;
static char text[8192];

static int set_up(void **state)
{
    (void)state;
    log_config_init(&config);
    kw_writer_init_growing(&log_bytes, kw_allocator_libc(), 1 << 22);
    kw_writer_init_growing(&out, kw_allocator_libc(), (size_t)config.max_message_bytes);
    decompressor = kw_decompressor_create(kw_allocator_libc());
    compressor = kw_compressor_create(kw_allocator_libc());
    return decompressor != NULL && compressor != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    kw_writer_finish(&log_bytes);
    kw_writer_finish(&out);
    kw_decompressor_destroy(decompressor);
    kw_compressor_destroy(compressor);
    return 0;
}

static struct dead_letter_source source_of(int64_t next, int64_t last)
{
    return (struct dead_letter_source){.group = kw_string_of("g"),
                                       .topic = kw_string_of("t"),
                                       .partition = 3,
                                       .count = 2,
                                       .was_rejected = true,
                                       .next = next,
                                       .last = last};
}

/* A batch of the log with records at these offsets: key and value are k and v with the offset, the value is filled up
 * to `size` bytes. */
static void add_batch(const int64_t *offsets, size_t count, kw_codec codec, size_t size)
{
    kw_batch_options options;
    kw_batch_builder b;
    kw_writer scratch;
    char *value = calloc(1, size + 32), key[32];
    kw_writer_init_growing(&scratch, kw_allocator_libc(), 1 << 22);
    kw_batch_options_init(&options);
    options.base_offset = offsets[0];
    if (codec != KW_CODEC_NONE) {
        options.codec = codec;
        options.compressor = compressor;
        options.scratch = &scratch;
    }
    assert_int_equal(kw_batch_builder_init(&b, &log_bytes, &options), KW_OK);
    for (size_t i = 0; i < count; i++) {
        snprintf(key, sizeof key, "k%d", (int)offsets[i]);
        memset(value, '.', size + 1);
        snprintf(value, 32, "v%d", (int)offsets[i]);
        size_t length = strlen(value);
        const kw_new_record r = {.timestamp = 1,
                                 .key = kw_bytes_of(key, strlen(key)),
                                 .value = kw_bytes_of(value, length > size ? length : size)};
        assert_int_equal(kw_batch_builder_append_at(&b, offsets[i], &r), KW_OK);
    }
    assert_int_equal(kw_batch_builder_end(&b), KW_OK);
    kw_writer_finish(&scratch);
    free(value);
}

static kw_status build(struct dead_letter_source *source)
{
    const struct dead_letter_tools tools = {decompressor, compressor};
    kw_writer_reset(&out);
    return dead_letter_batch(source, kw_bytes_of_span(kw_writer_data(&log_bytes)), &config, &tools, NOW, &out);
}

/* The offsets of the letters with their keys, as OFFSET=KEY; the key is left out if it is null. */
static const char *letters(void)
{
    kw_batches batches;
    kw_batch batch;
    kw_writer scratch;
    kw_writer_init_growing(&scratch, kw_allocator_libc(), 1 << 22);
    text[0] = '\0';
    for (kw_batches_init(&batches, kw_bytes_of_span(kw_writer_data(&out))); kw_batches_next(&batches, &batch);) {
        kw_records records;
        kw_record r;
        assert_int_equal(kw_batch_check_crc(&batch), KW_OK);
        for (kw_records_init(&records, &batch, decompressor, &scratch); kw_records_next(&records, &r);) {
            kw_record_headers headers;
            kw_record_header h;
            kw_record_headers_init(&headers, &r);
            while (kw_record_headers_next(&headers, &h))
                if (kw_string_equal(h.key, kw_string_of("__dlq.errors.offset")))
                    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.*s", text[0] != '\0' ? " " : "",
                             KW_FMT(kw_string_of_bytes(h.value)));
            if (r.key.len >= 0)
                snprintf(text + strlen(text), sizeof text - strlen(text), "=%.*s", KW_FMT(kw_string_of_bytes(r.key)));
            assert_int_equal(r.timestamp, NOW);
        }
        assert_int_equal(records.status, KW_OK);
    }
    assert_int_equal(batches.status, KW_OK);
    kw_writer_finish(&scratch);
    return text;
}

static const char *headers_of_first(void)
{
    kw_batches batches;
    kw_batch batch;
    kw_records records;
    kw_record r;
    kw_record_headers headers;
    kw_record_header h;
    text[0] = '\0';
    kw_batches_init(&batches, kw_bytes_of_span(kw_writer_data(&out)));
    assert_true(kw_batches_next(&batches, &batch));
    kw_records_init(&records, &batch, NULL, NULL);
    assert_true(kw_records_next(&records, &r));
    for (kw_record_headers_init(&headers, &r); kw_record_headers_next(&headers, &h);)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s=%.*s;", KW_FMT(h.key),
                 KW_FMT(kw_string_of_bytes(h.value)));
    return text;
}

static void headers(void **state)
{
    (void)state;
    struct dead_letter_source source = source_of(12, 12);
    assert_int_equal(build(&source), KW_OK);
    assert_int_equal(source.next, 13);
    assert_string_equal(headers_of_first(),
                        "__dlq.errors.topic=t;__dlq.errors.partition=3;__dlq.errors.offset=12;__dlq.errors.group=g;"
                        "__dlq.errors.delivery.count=2;__dlq.errors.message=Offset rejected by client.;");
    source = source_of(9, 9);
    source.was_rejected = false;
    assert_int_equal(build(&source), KW_OK);
    assert_non_null(strstr(headers_of_first(), "message=Offset delivery count exceeded the threshold.;"));
}

static void without_records(void **state)
{
    (void)state;
    struct dead_letter_source source = source_of(5, 8);
    assert_int_equal(build(&source), KW_OK);
    assert_string_equal(letters(), "5 6 7 8");
    assert_int_equal(source.next, 9);
}

static void with_records(void **state)
{
    (void)state;
    const int64_t first[] = {2, 3, 5}, second[] = {8, 9, 11};
    struct dead_letter_source source = source_of(3, 9);
    add_batch(first, COUNT_OF(first), KW_CODEC_NONE, 0);
    add_batch(second, COUNT_OF(second), KW_CODEC_GZIP, 0);
    assert_int_equal(build(&source), KW_OK);
    assert_string_equal(letters(), "3=k3 4 5=k5 6 7 8=k8 9=k9");

    source = source_of(3, 20); /* the rest needs other records */
    assert_int_equal(build(&source), KW_OK);
    assert_string_equal(letters(), "3=k3 4 5=k5 6 7 8=k8 9=k9 10 11=k11");
    assert_int_equal(source.next, 12);
    assert_int_equal(build(&source), KW_OK); /* records that it has not: without them */
    assert_string_equal(letters(), "12 13 14 15 16 17 18 19 20");
}

static void as_the_topic_wants_it(void **state)
{
    (void)state;
    const int64_t offsets[] = {0, 1};
    struct dead_letter_source source = source_of(0, 1);
    add_batch(offsets, COUNT_OF(offsets), KW_CODEC_NONE, 100);
    config.keep_codec = false;
    config.codec = KW_CODEC_GZIP;
    config.level = 6;
    config.log_append_time = true;
    assert_int_equal(build(&source), KW_OK);
    assert_string_equal(letters(), "0=k0 1=k1");
    kw_batches batches;
    kw_batch batch;
    kw_batches_init(&batches, kw_bytes_of_span(kw_writer_data(&out)));
    assert_true(kw_batches_next(&batches, &batch));
    assert_int_equal(kw_batch_codec(&batch), KW_CODEC_GZIP);
    assert_true(kw_batch_has_append_time(&batch));
}

static void keys_where_they_are_needed(void **state)
{
    (void)state;
    const int64_t offsets[] = {0, 2};
    struct dead_letter_source source = source_of(0, 0);
    add_batch(offsets, COUNT_OF(offsets), KW_CODEC_NONE, 0);
    config.compact = true;
    assert_int_equal(build(&source), KW_OK);
    source = source_of(0, 2);
    assert_int_equal(build(&source), KW_ERR_NULL); /* the one at 1 has none */
    assert_int_equal(kw_writer_data(&out).size, 0);
}

static void as_much_as_fits(void **state)
{
    (void)state;
    enum { BATCHES = 4, LARGE = 400 * 1024 };
    struct dead_letter_source source = source_of(0, BATCHES - 1);
    for (int64_t i = 0; i < BATCHES; i++)
        add_batch(&i, 1, KW_CODEC_NONE, LARGE);
    assert_int_equal(build(&source), KW_OK);
    assert_string_equal(letters(), "0=k0 1=k1"); /* with the third it would be more than 1 MiB */
    assert_int_equal(source.next, 2);
    config.max_message_bytes = LARGE / 2;
    kw_writer_finish(&out);
    kw_writer_init_growing(&out, kw_allocator_libc(), LARGE / 2);
    assert_int_equal(build(&source), KW_OK);
    assert_string_equal(letters(), "2"); /* no topic for such records */
    assert_int_equal(build(&source), KW_OK);
    assert_string_equal(letters(), "3");
    config.max_message_bytes = 100;
    kw_writer_finish(&out);
    kw_writer_init_growing(&out, kw_allocator_libc(), 100);
    source = source_of(0, 3);
    assert_int_equal(build(&source), KW_ERR_BATCH_FULL);
    assert_int_equal(source.next, 0);
}

static void records_that_cannot_be_read(void **state)
{
    (void)state;
    const int64_t first[] = {0, 1}, second[] = {2, 3};
    struct dead_letter_source source = source_of(0, 3);
    add_batch(first, COUNT_OF(first), KW_CODEC_GZIP, 0);
    size_t size = kw_writer_data(&log_bytes).size;
    add_batch(second, COUNT_OF(second), KW_CODEC_NONE, 0);
    memset((uint8_t *)(uintptr_t)kw_writer_data(&log_bytes).data + size - 20, 0xff, 20);
    assert_int_equal(build(&source), KW_OK);
    assert_string_equal(letters(), "0 1 2=k2 3=k3");
    kw_decompressor_destroy(decompressor); /* and where there is no memory for that */
    decompressor = NULL;
    source = source_of(0, 3);
    assert_int_equal(build(&source), KW_OK);
    decompressor = kw_decompressor_create(kw_allocator_libc());
    assert_string_equal(letters(), "0 1 2=k2 3=k3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(headers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(with_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(as_the_topic_wants_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_where_they_are_needed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(as_much_as_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(records_that_cannot_be_read, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
