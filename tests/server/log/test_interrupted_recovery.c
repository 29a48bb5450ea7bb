/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_interrupted_recovery FOLDER   in which it makes folders of its own
 *
 * The recovery of a log fails, or the process ends, at each of its calls: the next recovery must come to the same end
 * as one that is not interrupted. */
#include "append_support.h"

#include "../support/captured.h"
#include "../support/file_faults.h"
#include "base/clock.h"
#include "base/file_memory.h"
#include "log/log_recovery.h"
#include "log/small_file.h"

enum { ONE = KW_BATCH_V2_RECORDS + 10, MEMORY_LIMIT = 4 * 1024 * 1024, MOST_FILES = 64 };

static const char *root;
static const char copy[] = "/copy-0";
static struct log_folder f;
static struct log_config config;
static struct log_recovery recovery;
static kw_arena arena;
static const struct file_layer *usual_layer; /* NULL: it is in use */

/* The files that are recovered. */
static struct {
    size_t count;
    const char *names[MOST_FILES];
    kw_bytes bytes[MOST_FILES];
} before;

/* ---- a log ---- */

static int set_up(void **state)
{
    (void)state;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    log_folder_init(&f, root, "interrupted-0");
    log_config_init(&config);
    config.index_interval_bytes = 0;
    config.segment_bytes = 2 * ONE;
    partition_log_configure(&f.log, &config);
    recovery = (struct log_recovery){
        .folder = copy, .config = &config, .start_offset = -1, .expiry = {clock_wall_ms(), INT64_MAX}};
    return 0;
}

static int tear_down(void **state)
{
    if (usual_layer != NULL) {
        file_faults_plan(0, 0, 0, 0);
        file_layer_use(usual_layer);
        file_memory_stop();
        usual_layer = NULL;
    }
    log_folder_finish(&f);
    kw_arena_finish(&arena);
    return forget_given(state);
}

static void append(int32_t sequence, int32_t epoch, uint16_t attributes)
{
    static struct one_append one;
    const made_batch made = {.count = 1, .timestamp = clock_wall_ms(), .producer_id = 7, .attributes = attributes};
    bool marker = (attributes & KW_ATTRIBUTE_CONTROL) != 0;
    prepare_append(&one, made, 0);
    change_append(&one, KW_BATCH_V2_PRODUCER_EPOCH, 0, 2);
    change_append(&one, KW_BATCH_V2_BASE_SEQUENCE, (uint32_t)sequence, 4);
    one.append.leader_epoch = epoch;
    one.append.verification = verifications_enter(&f.log.verifications, made.producer_id, 0, sequence, false);
    one.append.origin = marker ? APPEND_COORDINATOR : APPEND_CLIENT;
    assert_true(log_append(&f.log, &one.append));
    assert_int_equal(one.append.error, KW_ERROR_NONE);
}

/* Offsets 0 to 7 in segments at 0, 2, 3, 5 and 7, the last record of a transaction that is open. */
static void make_log(void)
{
    struct log_snapshot log = log_folder_open(&f);
    log_snapshot_release(&log);
    append(0, 0, KW_ATTRIBUTE_TRANSACTIONAL);
    append(1, 0, KW_ATTRIBUTE_TRANSACTIONAL);
    append(-1, 1, KW_ATTRIBUTE_TRANSACTIONAL | KW_ATTRIBUTE_CONTROL);
    for (int32_t i = 2; i < 7; i++)
        append(i, i / 2, KW_ATTRIBUTE_TRANSACTIONAL);
}

static void put(const char *name, size_t at, const void *bytes, size_t size)
{
    struct file file;
    const kw_span part = {bytes, size};
    assert_status(file_open(&file, join(f.path, name).text, FILE_CREATE), KW_OK);
    assert_status(file_write(&file, at, &part, 1), KW_OK);
    assert_status(file_close(&file), KW_OK);
}

/* What is in the folder is to be recovered. */
static void keep_files(void)
{
    struct folder_names names;
    assert_status(folder_list(f.path, &arena, &names), KW_OK);
    assert_true(names.len <= MOST_FILES);
    before.count = names.len;
    for (size_t i = 0; i < names.len; i++) {
        before.names[i] = names.items[i].data;
        before.bytes[i] = read_file(join(f.path, names.items[i].data).text);
    }
}

/* ---- recovery, in memory ---- */

static void restore_files(void)
{
    if (folder_exists(copy))
        assert_status(folder_remove(copy), KW_OK);
    assert_true(folder_create(copy));
    for (size_t i = 0; i < before.count; i++) {
        const kw_span bytes = {before.bytes[i].data, (size_t)before.bytes[i].len};
        assert_status(small_file_write(join(copy, before.names[i]).text, bytes), KW_OK);
    }
}

static struct recovered_epochs epochs; /* by the last attempt */

/* Names and bytes of all files, or only of those that are neither an offset index nor a snapshot. */
static kw_bytes text_of_files(bool all)
{
    struct folder_names names;
    kw_writer text;
    kw_writer_init_growing(&text, kw_allocator_libc(), MEMORY_LIMIT);
    assert_status(folder_list(copy, &arena, &names), KW_OK);
    for (size_t i = 0; i < names.len; i++) {
        kw_bytes bytes;
        const char *name = names.items[i].data;
        if (!all && (strstr(name, ".index") != NULL || strstr(name, ".snapshot") != NULL))
            continue;
        assert_status(file_load(join(copy, names.items[i].data).text, MEMORY_LIMIT, &arena, &bytes), KW_OK);
        kw_write_raw(&text, names.items[i].data, (size_t)names.items[i].len);
        kw_write_raw(&text, bytes.data, (size_t)bytes.len);
    }
    const kw_leader_epochs found = {epochs.items, (int32_t)epochs.count};
    if (!recovery.was_clean) /* else they are not looked at once all indexes are there */
        assert_status(kw_leader_epochs_write(&text, &found), KW_OK);
    assert_status(text.status, KW_OK);
    kw_span whole = kw_writer_data(&text);
    kw_bytes result = {memcpy(given_size(whole.size), whole.data, whole.size), (int32_t)whole.size};
    kw_writer_finish(&text);
    return result;
}

static kw_status recover(void)
{
    static struct captured captured;
    capture_start(&captured);
    recovered_epochs_finish(&epochs);
    kw_status status = log_recover(&recovery, &epochs);
    int error = errno;
    (void)capture_end(&captured);
    errno = error;
    return status;
}

/* The call after `calls` ones fails, and all after it if the process ends; false if there are no more calls. */
static bool interrupt(size_t calls, bool ends, bool all, kw_bytes expected)
{
    restore_files();
    file_faults_plan(FAULT_ANY & ~FAULT_CLOSE, calls, ends ? FAULT_FOREVER : 1, EIO);
    errno = 0;
    kw_status status = recover();
    int error = errno;
    bool failed = file_faults.fail != (ends ? FAULT_FOREVER : 1);
    file_faults_plan(0, 0, 0, 0);
    if (!failed || (status == KW_OK && !ends)) /* without a snapshot older ones and batches are read */
        assert_status(status, KW_OK);
    else
        assert_status(status, KW_ERR_FILE);
    if (status != KW_OK) {
        assert_int_equal(error, EIO);
        assert_status(recover(), KW_OK);
    }
    kw_bytes text = text_of_files(all);
    if (text.len != expected.len || memcmp(text.data, expected.data, (size_t)text.len) != 0)
        fail_msg("other files after an interruption after %zu calls", calls);
    return failed;
}

static void check_interruptions(size_t least, bool all)
{
    size_t calls = 0;
    keep_files();
    assert_true(file_memory_start(MEMORY_LIMIT));
    usual_layer = file_layer_in_use();
    file_layer_use(&file_layer_memory);
    file_faults_start();
    restore_files();
    assert_status(recover(), KW_OK);
    kw_bytes expected = text_of_files(all);
    assert_status(recover(), KW_OK);
    kw_bytes again = text_of_files(all);
    assert_int_equal(again.len, expected.len);
    assert_memory_equal(again.data, expected.data, (size_t)again.len);
    while (interrupt(calls, false, all, expected) && interrupt(calls, true, all, expected))
        calls++;
    recovered_epochs_finish(&epochs);
    assert_true(calls >= least);
}

static void an_undamaged_log(void **state)
{
    (void)state;
    make_log();
    check_interruptions(30, true);
}

static void damage_in_the_middle(void **state)
{
    (void)state;
    make_log();
    put("00000000000000000003.log", ONE + KW_BATCH_V2_RECORDS, "?", 1);
    check_interruptions(30, true);
}

/* The log was closed in order: an index and a snapshot that are not complete are of use, or are left out. */
static void a_missing_index(void **state)
{
    (void)state;
    make_log();
    recovery.was_clean = true;
    assert_int_equal(remove(join(f.path, "00000000000000000003.index").text), 0);
    check_interruptions(10, false);
}

static void a_start_beyond_the_end(void **state)
{
    (void)state;
    make_log();
    recovery.start_offset = 20;
    check_interruptions(30, true);
}

/* Of retention, of the cleaner, and of nobody. */
static void unfinished_work(void **state)
{
    (void)state;
    uint8_t bytes[200];
    make_log();
    size_t size = put_batch(bytes, (made_batch){.base_offset = 3, .count = 3, .timestamp = 100, .producer_id = -1});
    put("00000000000000000003.log.swap", 0, bytes, size);
    put("00000000000000000003.index.swap", 0, "", 0);
    put("00000000000000000000.log.deleted", 0, "x", 1);
    put("00000000000000000009.timeindex", 0, "x", 1);
    put("00000000000000000007.log.cleaned", 0, "x", 1);
    put("00000000000000000009.snapshot", 0, "x", 1);
    check_interruptions(40, true);
}

int main(int argc, char **argv)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(an_undamaged_log),       CASE(damage_in_the_middle), CASE(a_missing_index),
        CASE(a_start_beyond_the_end), CASE(unfinished_work),
    };
    if (argc != 2)
        return 2;
    root = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
