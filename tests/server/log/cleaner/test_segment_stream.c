/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_segment_stream FOLDER   in which it creates files
 *
 * The batches of a segment as its file is read piece by piece, and as its mapping has them. */
#include "../../support/problem_log.h"

#include <errno.h>

#include <kwire/record_builder.h>

#include "base/file_layer.h"
#include "log/cleaner/segment_stream.h"

enum { BATCHES = 40, SMALL = 5000, LARGEST = 20000, CAPACITY = BATCHES * (LARGEST + 100) };

static const size_t buffers[] = {KW_BATCH_OVERHEAD, 61, 100, 512, 4096, CAPACITY};

static const char *root;
static struct segment segment;
static uint8_t bytes[CAPACITY];
static size_t starts[BATCHES + 1];
static size_t largest;
static uint8_t buffer[CAPACITY];

static const char *log_path(void)
{
    static path_text path;
    path = join(root, "00000000000000000000.log");
    return path.text;
}

/* Sizes around those of the buffers. */
static void make_batches(void)
{
    static uint8_t value[LARGEST];
    kw_writer out;
    kw_writer_init(&out, bytes, sizeof bytes);
    for (int i = 0; i < BATCHES; i++) {
        kw_batch_options o;
        kw_batch_builder b;
        kw_batch_options_init(&o);
        o.base_offset = i;
        const kw_new_record record = {1000, {NULL, -1}, kw_bytes_of(value, (size_t)i * 1237 % largest), NULL, 0};
        assert_status(kw_batch_builder_init(&b, &out, &o), KW_OK);
        assert_status(kw_batch_builder_append(&b, &record), KW_OK);
        assert_status(kw_batch_builder_end(&b), KW_OK);
        starts[i + 1] = kw_writer_data(&out).size;
    }
}

static void put_log(size_t size)
{
    write_file(log_path(), bytes, size);
    assert_status(segment_open(&segment, root, 0, NULL), KW_OK);
}

static int set_up(void **state)
{
    (void)state;
    largest = SMALL;
    make_batches();
    put_log(starts[BATCHES]);
    return 0;
}

static int tear_down(void **state)
{
    segment_close(&segment);
    return forget_given(state);
}

/* Expects the batches from `first` to before `end`, then what the stream says. */
static void expect(size_t buffer_size, size_t first, size_t end, kw_status status, size_t position)
{
    struct segment_stream s;
    kw_batch batch;
    segment_stream_open(&s, root, &segment, starts[first], buffer, buffer_size);
    for (size_t i = first; i < end; i++) {
        assert_true(segment_stream_next(&s, &batch));
        assert_int_equal(batch.base_offset, i);
        assert_int_equal(batch.position, starts[i]);
        assert_int_equal(batch.size, starts[i + 1] - starts[i]);
        assert_memory_equal(batch.data, bytes + starts[i], batch.size);
    }
    for (int i = 0; i < 2; i++) {
        assert_false(segment_stream_next(&s, &batch));
        assert_status(s.status, status);
        assert_int_equal(s.position, position);
    }
    segment_stream_close(&s);
}

static void all_batches_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        for (size_t first = 0; first <= BATCHES; first += 8)
            expect(buffers[i], first, BATCHES, KW_OK, starts[BATCHES]);
}

/* As when its folder was renamed, because the topic is deleted. */
static void the_mapping_suffices(void **state)
{
    (void)state;
    assert_status(file_remove(log_path()), KW_OK);
    expect(512, 0, BATCHES, KW_OK, starts[BATCHES]);
    expect(512, BATCHES, BATCHES, KW_OK, starts[BATCHES]);
}

static void damage_has_its_place(void **state)
{
    (void)state;
    enum { DAMAGED = 23 };
    segment_close(&segment);
    bytes[starts[DAMAGED + 1] - 1] ^= 1;
    put_log(starts[BATCHES]);
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        expect(buffers[i], 3, DAMAGED, KW_ERR_CRC, starts[DAMAGED] + KW_BATCH_V2_CRC);
    assert_status(file_remove(log_path()), KW_OK);
    expect(512, 3, DAMAGED, KW_ERR_CRC, starts[DAMAGED] + KW_BATCH_V2_CRC);
}

static void an_unfinished_batch_is_an_error(void **state)
{
    (void)state;
    for (size_t cut = 1; cut < starts[BATCHES] - starts[BATCHES - 1]; cut += 7) {
        segment_close(&segment);
        put_log(starts[BATCHES] - cut);
        for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
            expect(buffers[i], BATCHES - 2, BATCHES - 1, KW_ERR_TORN, starts[BATCHES - 1]);
    }
}

/* ---- batches that are left out ---- */

static size_t bytes_read;

static kw_status counted_read(struct file *file, size_t position, void *to, size_t size)
{
    bytes_read += size;
    return file_layer_system.read(file, position, to, size);
}

static bool not_resident(const struct file_map *file, size_t from, size_t to)
{
    (void)file;
    (void)from;
    (void)to;
    return false;
}

/* Takes each batch whose number is a multiple of `every`, and leaves out the others. */
static void expect_some(size_t buffer_size, size_t every)
{
    struct segment_stream s;
    kw_batch batch, header;
    segment_stream_open(&s, root, &segment, 0, buffer, buffer_size);
    for (size_t i = 0; i < BATCHES; i++) {
        if (!segment_stream_peek(&s, &header)) { /* the buffer has no place for a header */
            assert_true(buffer_size < 64);
            assert_true(segment_stream_next(&s, &batch));
            continue;
        }
        assert_int_equal(header.base_offset, i);
        assert_int_equal(header.position, starts[i]);
        assert_int_equal(header.size, starts[i + 1] - starts[i]);
        if (i % every != 0) {
            segment_stream_skip(&s, &header);
            continue;
        }
        assert_true(segment_stream_next(&s, &batch));
        assert_int_equal(batch.position, starts[i]);
        assert_int_equal(batch.last_offset, header.last_offset);
        assert_int_equal(batch.producer_id, header.producer_id);
        assert_int_equal(batch.producer_epoch, header.producer_epoch);
        assert_int_equal(batch.attributes, header.attributes);
        assert_memory_equal(batch.data, bytes + starts[i], batch.size);
    }
    assert_false(segment_stream_peek(&s, &header));
    assert_false(segment_stream_next(&s, &batch));
    assert_status(s.status, KW_OK);
    assert_int_equal(s.position, starts[BATCHES]);
    segment_stream_close(&s);
}

static void batches_can_be_left_out(void **state)
{
    (void)state;
    for (size_t every = 1; every <= BATCHES; every++)
        for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
            expect_some(buffers[i], every);
    assert_status(file_remove(log_path()), KW_OK);
    expect_some(512, 3);
}

/* Large ones are not read, unless the disk would have to look for what is behind them. */
static void what_is_left_out_is_not_read(void **state)
{
    (void)state;
    const struct file_layer *usual = file_layer_in_use();
    struct file_layer layer = *usual;
    largest = LARGEST;
    make_batches();
    segment_close(&segment);
    put_log(starts[BATCHES]);
    layer.read = counted_read;
    file_layer_use(&layer);
    bytes_read = 0;
    expect_some(CAPACITY / 8, 10);
    assert_in_range(bytes_read, CAPACITY / 8, starts[BATCHES] / 2);
    layer.is_resident = not_resident;
    bytes_read = 0;
    expect_some(CAPACITY / 8, 10);
    assert_in_range(bytes_read, starts[BATCHES] - CAPACITY / 8, 2 * starts[BATCHES]);
    file_layer_use(usual);
}

/* Damage of a header is not hidden: what cannot be one is left to segment_stream_next(). */
static void a_header_has_a_valid_size(void **state)
{
    (void)state;
    static const uint8_t sizes[][4] = {{0, 0, 0, 48}, {0, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff}, {0x7f, 0xff, 0xff, 0xff}};
    struct segment_stream s;
    kw_batch batch;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        segment_close(&segment);
        memcpy(bytes + KW_BATCH_LENGTH, sizes[i], sizeof sizes[i]);
        put_log(starts[BATCHES]);
        segment_stream_open(&s, root, &segment, 0, buffer, sizeof buffer);
        assert_false(segment_stream_peek(&s, &batch));
        assert_false(segment_stream_next(&s, &batch));
        assert_true(s.status != KW_OK);
        segment_stream_close(&s);
    }
}

/* ---- a disk that fails ---- */

static int reads_until_failure;

static kw_status failing_read(struct file *file, size_t position, void *to, size_t size)
{
    if (reads_until_failure-- > 0)
        return file_layer_system.read(file, position, to, size);
    errno = EIO;
    return KW_ERR_FILE;
}

static void a_failed_read_ends_it(void **state)
{
    (void)state;
    const struct file_layer *usual = file_layer_in_use();
    struct file_layer layer = *usual;
    struct segment_stream s;
    kw_batch batch;
    int found = 0;
    layer.read = failing_read;
    file_layer_use(&layer);
    reads_until_failure = 1;
    segment_stream_open(&s, root, &segment, 0, buffer, SMALL);
    while (segment_stream_next(&s, &batch))
        found++;
    int error = errno;
    segment_stream_close(&s);
    file_layer_use(usual);
    assert_status(s.status, KW_ERR_FILE);
    assert_int_equal(error, EIO);
    assert_in_range(found, 1, BATCHES - 1);
    assert_int_equal(s.position, starts[found]);
}

static void a_failed_read_of_a_header_ends_it(void **state)
{
    (void)state;
    const struct file_layer *usual = file_layer_in_use();
    struct file_layer layer = *usual;
    struct segment_stream s;
    kw_batch batch;
    layer.read = failing_read;
    file_layer_use(&layer);
    reads_until_failure = 0;
    segment_stream_open(&s, root, &segment, 0, buffer, LARGEST);
    assert_false(segment_stream_peek(&s, &batch));
    int error = errno;
    assert_false(segment_stream_next(&s, &batch));
    segment_stream_close(&s);
    file_layer_use(usual);
    assert_status(s.status, KW_ERR_FILE);
    assert_int_equal(error, EIO);
    assert_int_equal(s.position, 0);
}

/* Its file is shorter than it was when the segment was opened. */
static void a_file_that_ends_early_is_an_error(void **state)
{
    (void)state;
    struct segment_stream s;
    kw_batch batch;
    struct file file;
    assert_status(file_open(&file, log_path(), 0), KW_OK);
    assert_status(file_truncate(&file, starts[1]), KW_OK);
    assert_status(file_close(&file), KW_OK);
    segment_stream_open(&s, root, &segment, 0, buffer, starts[1]);
    assert_true(segment_stream_next(&s, &batch));
    assert_false(segment_stream_next(&s, &batch));
    assert_status(s.status, KW_ERR_FILE);
    segment_stream_close(&s);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_server_segment_stream FOLDER\n");
        return 2;
    }
    root = argv[1];
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(all_batches_are_found),
        CASE(the_mapping_suffices),
        CASE(damage_has_its_place),
        CASE(an_unfinished_batch_is_an_error),
        CASE(batches_can_be_left_out),
        CASE(what_is_left_out_is_not_read),
        CASE(a_header_has_a_valid_size),
        CASE(a_failed_read_ends_it),
        CASE(a_failed_read_of_a_header_ends_it),
        CASE(a_file_that_ends_early_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
