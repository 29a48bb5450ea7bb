/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_log_recovery FOLDER   in which it makes folders of its own */
#include "append_support.h"

#include "../support/captured.h"
#include "../support/file_faults.h"
#include "base/clock.h"
#include "log/log_change.h"

enum { ONE = KW_BATCH_V2_RECORDS + 10, TWO = ONE + 10, MARKER = KW_BATCH_V2_RECORDS + 17 };

static const char *root;
static struct log_folder f;
static struct log_config config;
static struct captured captured;
static int64_t start_ms;

static int set_up(void **state)
{
    (void)state;
    log_folder_init(&f, root, "recovery-0");
    log_config_init(&config);
    config.index_interval_bytes = 0;
    partition_log_configure(&f.log, &config);
    return 0;
}

static int tear_down(void **state)
{
    log_folder_finish(&f);
    return forget_given(state);
}

static struct log_append append_in(int32_t count, int32_t epoch)
{
    static struct one_append one;
    prepare_append(&one, (made_batch){.count = count, .timestamp = start_ms, .producer_id = -1}, 0);
    one.append.leader_epoch = epoch;
    assert_true(log_append(&f.log, &one.append));
    assert_int_equal(one.append.error, KW_ERROR_NONE);
    return one.append;
}

static struct log_append append(int32_t count)
{
    return append_in(count, 0);
}

/* Opens the log as after a crash; what the console got. */
static const char *recover_from(int64_t recovery_point, int64_t start_offset)
{
    log_folder_reopen(&f);
    f.log.recovery_point = recovery_point;
    f.log.start_offset = start_offset;
    capture_start(&captured);
    struct log_snapshot log = log_folder_open(&f);
    const char *text = capture_end(&captured);
    log_snapshot_release(&log);
    return text;
}

static const char *recover(void)
{
    return recover_from(0, -1);
}

static struct log_snapshot look(void)
{
    struct log_snapshot log = log_folder_open(&f);
    log_snapshot_release(&log);
    return log;
}

static const char *path(const char *name)
{
    static path_text p;
    p = join(f.path, name);
    return p.text;
}

static size_t size_of_file(const char *name)
{
    struct file_facts facts;
    return file_look(path(name), &facts) == KW_OK ? facts.size : SIZE_MAX;
}

static void assert_file_text(const char *name, const char *text)
{
    kw_bytes bytes = read_file(path(name));
    assert_int_equal(bytes.len, strlen(text));
    assert_memory_equal(bytes.data, text, strlen(text));
}

/* As the file would be. */
static void assert_epochs(const char *text)
{
    char bytes[256];
    kw_writer w;
    struct log_snapshot log = log_folder_open(&f);
    kw_writer_init(&w, bytes, sizeof bytes);
    assert_status(kw_leader_epochs_write(&w, &log.contents->epochs), KW_OK);
    log_snapshot_release(&log);
    assert_int_equal(kw_writer_data(&w).size, strlen(text));
    assert_memory_equal(bytes, text, strlen(text));
}

static void put_at(const char *name, size_t at, const void *bytes, size_t size)
{
    struct file file;
    const kw_span part = {bytes, size};
    assert_status(file_open(&file, path(name), FILE_CREATE), KW_OK);
    assert_status(file_write(&file, at, &part, 1), KW_OK);
    assert_status(file_close(&file), KW_OK);
}

static void cut(const char *name, size_t size)
{
    struct file file;
    assert_status(file_open(&file, path(name), 0), KW_OK);
    assert_status(file_truncate(&file, size), KW_OK);
    assert_status(file_close(&file), KW_OK);
}

/* ---- one thing at a time ---- */

static void test_nothing_to_do(void **state)
{
    (void)state;
    look();
    append(1);
    append(2);
    assert_string_equal(recover(), "");
    assert_int_equal(look().log_end_offset, 3);
    assert_int_equal(size_of_file("00000000000000000000.index"), KW_OFFSET_ENTRY_SIZE);
    assert_int_equal(size_of_file("00000000000000000000.timeindex"), KW_TIME_ENTRY_SIZE);
    assert_int_equal(size_of_file("00000000000000000003.snapshot"), 10);
}

static void test_torn_tail(void **state)
{
    (void)state;
    look();
    append(1);
    append(2);
    put_at("00000000000000000000.log", ONE + TWO, "a batch that was not written to its end", 30);
    assert_non_null(strstr(recover(), "00000000000000000000.log: 30 bytes are cut off at byte 152 (offset 3): "));
    assert_int_equal(size_of_file("00000000000000000000.log"), ONE + TWO);
    cut("00000000000000000000.log", ONE + TWO - 1);
    assert_non_null(strstr(recover(), "80 bytes are cut off at byte 71 (offset 1): "));
    assert_int_equal(append(1).base_offset, 1);
    assert_string_equal(recover(), "");
}

/* Nothing syncs that file later if all before the cut was synced, and a new segment comes next. */
static void test_cut_is_synced(void **state)
{
    (void)state;
    file_faults_start();
    (void)look();
    append(1);
    put_at("00000000000000000000.log", ONE, "a batch that was not written to its end", 30);
    file_faults_record(FAULT_TRUNCATE | FAULT_SYNC | FAULT_CLOSE);
    (void)recover_from(1, -1);
    const char *cut_off = strstr(file_faults_calls(), "truncate ");
    assert_non_null(cut_off);
    const char *synced = strstr(cut_off, "sync ");
    assert_non_null(synced);
    assert_non_null(strstr(synced, "00000000000000000000.log\n"));
    const char *closed = strstr(synced, "close ");
    assert_non_null(closed);
    assert_non_null(strstr(closed, "00000000000000000000.log\n"));
    log_folder_reopen(&f);
    file_faults_stop();
}

/* As a file that was allocated ahead. */
static void test_zeros(void **state)
{
    (void)state;
    look();
    append(1);
    cut("00000000000000000000.log", ONE + 4096);
    assert_non_null(strstr(recover(), "4096 bytes are cut off at byte 71 (offset 1)"));
    assert_int_equal(size_of_file("00000000000000000000.log"), ONE);
}

/* The checksum does not cover the offset, of which a sector that was not written may have the first bytes. */
static void test_offset_that_is_too_far(void **state)
{
    (void)state;
    look();
    append(1);
    append(1);
    put_at("00000000000000000000.log", ONE, "\x59", 1);
    assert_non_null(strstr(recover(), "00000000000000000000.log: 71 bytes are cut off at byte 71 (offset 1): offsets"));
    assert_int_equal(append(1).base_offset, 1);
    assert_string_equal(recover(), "");
}

/* Records behind a gap cannot be kept. */
static void test_damage_in_the_middle(void **state)
{
    (void)state;
    config.segment_bytes = 2 * ONE;
    look();
    for (int i = 0; i < 6; i++)
        append(1);
    put_at("00000000000000000002.log", ONE + KW_BATCH_V2_RECORDS, "?", 1);
    const char *text = recover();
    assert_non_null(strstr(text, "00000000000000000002.log: 71 bytes are cut off at byte 71 (offset 3): checksum"));
    assert_non_null(strstr(text, "00000000000000000004.log: removed: it follows records that are lost"));
    assert_int_equal(look().log_end_offset, 3);
    assert_int_equal(size_of_file("00000000000000000004.index"), SIZE_MAX);
    assert_int_equal(size_of_file("00000000000000000004.snapshot"), SIZE_MAX);
    assert_int_equal(size_of_file("00000000000000000003.snapshot"), 10);
    assert_int_equal(append(1).base_offset, 3);
}

/* What follows goes whatever is between, but not what is known of the producers before it. */
static void test_something_before_the_next_segment(void **state)
{
    (void)state;
    config.segment_bytes = 2 * ONE;
    look();
    for (int i = 0; i < 4; i++)
        append(1);
    put_at("00000000000000000000.log", 2 * ONE, "something that is no batch", 26);
    const char *text = recover();
    assert_non_null(strstr(text, "00000000000000000000.log: 26 bytes are cut off at byte 142 (offset 2)"));
    assert_non_null(strstr(text, "00000000000000000002.log: removed: it follows records that are lost"));
    assert_int_equal(look().log_end_offset, 2);
    assert_int_equal(size_of_file("00000000000000000002.index"), SIZE_MAX);
    assert_int_equal(size_of_file("00000000000000000002.snapshot"), 10);
    assert_int_equal(append(1).base_offset, 2);
}

/* Offsets are outside the checksum; those that the next segment has cannot be true. */
static void test_offsets_of_the_next_segment(void **state)
{
    (void)state;
    config.segment_bytes = 2 * ONE;
    look();
    for (int i = 0; i < 4; i++)
        append(1);
    put_at("00000000000000000000.log", ONE + 7, "\x03", 1);
    const char *text = recover();
    assert_non_null(
        strstr(text, "00000000000000000000.log: 71 bytes are cut off at byte 71 (offset 1): offsets do not"));
    assert_non_null(strstr(text, "00000000000000000002.log: removed"));
    assert_int_equal(look().log_end_offset, 1);
}

/* Below the recovery point nothing is read. */
static void test_recovery_point(void **state)
{
    (void)state;
    config.segment_bytes = 2 * ONE;
    look();
    for (int i = 0; i < 6; i++)
        append(1);
    put_at("00000000000000000000.log", KW_BATCH_V2_RECORDS, "?", 1);
    put_at("00000000000000000002.log", ONE + KW_BATCH_V2_RECORDS, "?", 1);
    assert_string_equal(recover_from(4, -1), "");
    assert_int_equal(look().log_end_offset, 6);
    assert_non_null(strstr(recover_from(3, -1), "00000000000000000002.log: 71 bytes are cut off"));
    assert_int_equal(look().log_end_offset, 3);
}

static void test_closed_in_order(void **state)
{
    (void)state;
    int64_t until;
    look();
    append(1);
    append(1);
    assert_int_equal(log_close(&f.log, 0, &until), KW_ERROR_NONE);
    put_at("00000000000000000000.log", KW_BATCH_V2_RECORDS, "?", 1);
    log_folder_reopen(&f);
    f.log.check = 0;
    assert_int_equal(look().log_end_offset, 2); /* nobody looks */
    assert_int_equal(append(1).base_offset, 2);
}

/* Also where nobody expects it. */
static void test_missing_index(void **state)
{
    (void)state;
    int64_t until;
    config.segment_bytes = 3 * ONE;
    look();
    for (int i = 0; i < 7; i++)
        append(1);
    assert_int_equal(log_close(&f.log, 0, &until), KW_ERROR_NONE);
    kw_bytes index = read_file(path("00000000000000000003.index"));
    kw_bytes times = read_file(path("00000000000000000003.timeindex"));
    assert_int_equal(remove(path("00000000000000000003.index")), 0);
    assert_int_equal(remove(path("00000000000000000003.timeindex")), 0);
    log_folder_reopen(&f);
    f.log.check = 0;
    look();
    kw_bytes made = read_file(path("00000000000000000003.index"));
    assert_int_equal(made.len, 2 * KW_OFFSET_ENTRY_SIZE);
    assert_memory_equal(made.data, index.data, 2 * KW_OFFSET_ENTRY_SIZE);
    made = read_file(path("00000000000000000003.timeindex"));
    assert_int_equal(made.len, times.len);
    assert_memory_equal(made.data, times.data, (size_t)times.len);
}

static void test_orphans(void **state)
{
    (void)state;
    look();
    append(1);
    put_at("00000000000000000007.index", 0, "", 0);
    put_at("00000000000000000007.timeindex", 0, "", 0);
    const char *text = recover();
    assert_non_null(strstr(text, "00000000000000000007.index: removed: an index without a segment"));
    assert_non_null(strstr(text, "00000000000000000007.timeindex: removed"));
    assert_int_equal(size_of_file("00000000000000000007.index"), SIZE_MAX);
}

/* ---- the work of others ---- */

static void test_deleted_files(void **state)
{
    (void)state;
    look();
    append(1);
    put_at("00000000000000000000.log.deleted", 0, "x", 1);
    put_at("00000000000000000000.index.deleted", 0, "x", 1);
    assert_string_equal(recover(), "");
    assert_int_equal(size_of_file("00000000000000000000.log.deleted"), SIZE_MAX);
    assert_int_equal(size_of_file("00000000000000000000.index.deleted"), SIZE_MAX);
    assert_int_equal(look().log_end_offset, 1);
}

/* Two segments are replaced by one. */
static void make_swap(void)
{
    config.segment_bytes = 2 * ONE;
    look();
    for (int i = 0; i < 5; i++)
        append(1);
    static const made_batch left = {.base_offset = 1, .count = 3, .timestamp = 100, .producer_id = -1};
    uint8_t bytes[200];
    size_t size = put_batch(bytes, left);
    put_at("00000000000000000000.log.swap", 0, bytes, size);
    put_at("00000000000000000000.index.swap", 0, "", 0);
}

static void test_swap(void **state)
{
    (void)state;
    make_swap();
    const char *text = recover();
    assert_non_null(strstr(text, "00000000000000000002.log: removed: the log cleaner has replaced it"));
    assert_non_null(strstr(text, "00000000000000000000.log: the work of the log cleaner is completed"));
    assert_int_equal(size_of_file("00000000000000000000.log"), ONE + 20);
    assert_int_equal(size_of_file("00000000000000000002.log"), SIZE_MAX);
    assert_int_equal(size_of_file("00000000000000000002.index"), SIZE_MAX);
    assert_int_equal(size_of_file("00000000000000000004.log"), ONE);
    assert_int_equal(look().log_end_offset, 5);
    assert_string_equal(recover(), "");
}

/* Of names that are not synced any may be lost, as if the later ones had been changed first. */
static void test_order_of_swap(void **state)
{
    (void)state;
    file_faults_start();
    make_swap();
    file_faults_record(FAULT_REMOVE | FAULT_RENAME | FAULT_SYNC_FOLDER);
    (void)recover();
    const char *calls = file_faults_calls();
    const char *removed = strstr(calls, "remove "), *renamed = strstr(calls, "rename ");
    const char *first = strstr(calls, "sync_folder "), *second = strstr(renamed, "sync_folder ");
    assert_true(removed < first && first < renamed);
    assert_null(strstr(first, "00000000000000000002.log"));
    assert_non_null(second);
    assert_null(strstr(second, "rename "));
    log_folder_reopen(&f);
    file_faults_stop();
}

/* A .cleaned file: the cleaner had not finished, and nothing has been replaced. */
static void test_cleaned(void **state)
{
    (void)state;
    make_swap();
    put_at("00000000000000000000.log.cleaned", 0, "x", 1);
    assert_non_null(strstr(recover(), "00000000000000000000.log.cleaned: removed: the log cleaner was interrupted"));
    assert_int_equal(size_of_file("00000000000000000000.log"), 2 * ONE);
    assert_int_equal(size_of_file("00000000000000000000.log.swap"), SIZE_MAX);
    assert_int_equal(size_of_file("00000000000000000000.log.cleaned"), SIZE_MAX);
    assert_int_equal(look().log_end_offset, 5);
}

/* ---- epochs, producers ---- */

static void test_epochs(void **state)
{
    (void)state;
    look();
    append_in(1, 0);
    append_in(2, 3);
    assert_int_equal(log_start_epoch(&f.log, 5), KW_ERROR_NONE); /* nothing is in it */
    assert_int_equal(size_of_file("leader-epoch-checkpoint"), SIZE_MAX);
    assert_string_equal(recover(), "");
    assert_epochs("0\n2\n0 0\n3 1\n");
    int64_t until;
    assert_int_equal(log_close(&f.log, 0, &until), KW_ERROR_NONE);
    assert_file_text("leader-epoch-checkpoint", "0\n2\n0 0\n3 1\n");
    assert_string_equal(recover(), "");
    assert_epochs("0\n2\n0 0\n3 1\n");
    put_at("leader-epoch-checkpoint", 0, "0\n3\n0 0\n3 1\n9 50\n", 18);
    assert_non_null(strstr(recover(), "1 leader epochs are removed that start after the log's end, offset 3"));
    put_at("leader-epoch-checkpoint", 0, "x", 1);
    assert_non_null(strstr(recover(), "leader-epoch-checkpoint: byte 0: "));
    assert_epochs("0\n2\n0 0\n3 1\n");
    put_at("leader-epoch-checkpoint", 0, "0\n1\n9 3\n", 8); /* records that were deleted are back */
    cut("leader-epoch-checkpoint", 8);
    assert_string_equal(recover(), "");
    assert_epochs("0\n2\n0 0\n3 1\n");
    put_at("leader-epoch-checkpoint", 0, "0\n2\n0 0\n2 1\n", 12); /* an epoch without a batch */
    assert_string_equal(recover(), "");
    assert_epochs("0\n2\n0 0\n3 1\n");
    struct log_snapshot log = log_folder_open(&f);
    assert_int_equal(log.contents->epochs.len, 2);
    log_snapshot_release(&log);
}

static struct log_append append_of(int64_t producer, int32_t sequence, uint16_t attributes, int marker)
{
    const made_batch made = {
        .count = 1, .timestamp = start_ms, .producer_id = producer, .attributes = attributes, .marker = marker};
    return append_sequence(&f, made, sequence);
}

static void test_snapshots(void **state)
{
    (void)state;
    config.segment_bytes = 2 * ONE;
    look();
    for (int32_t i = 0; i < 5; i++)
        assert_int_equal(append_of(7, i, 0, 0).error, KW_ERROR_NONE);
    kw_bytes two = read_file(path("00000000000000000002.snapshot"));
    put_at("00000000000000000009.snapshot", 0, two.data, (size_t)two.len);
    put_at("00000000000000000001.snapshot", 0, two.data, (size_t)two.len);
    put_at("00000000000000000004.snapshot", 20, "?", 1);
    const char *text = recover_from(4, -1);
    assert_non_null(strstr(text, "00000000000000000009.snapshot: removed: producers of records that are lost"));
    assert_non_null(strstr(text, "00000000000000000004.snapshot: byte "));
    assert_int_equal(size_of_file("00000000000000000001.snapshot"), SIZE_MAX);
    assert_int_equal(size_of_file("00000000000000000002.snapshot"), 56);
    assert_int_equal(size_of_file("00000000000000000005.snapshot"), 56);
    assert_true(append_of(7, 4, 0, 0).is_duplicate);
    assert_int_equal(append_of(7, 5, 0, 0).base_offset, 5);
}

/* Whether the segments before the log's start are recovered or not. */
static void test_snapshots_before_the_start(void **state)
{
    (void)state;
    config.segment_bytes = 2 * ONE;
    look();
    for (int32_t i = 0; i < 4; i++)
        assert_int_equal(append_of(i < 2 ? 8 : 7, i % 2, 0, 0).error, KW_ERROR_NONE);
    (void)recover_from(3, 2);
    assert_int_equal(size_of_file("00000000000000000004.snapshot"), 56); /* of one producer */
    assert_int_equal(remove(path("00000000000000000000.index")), 0);
    (void)recover_from(3, 2);
    assert_int_not_equal(size_of_file("00000000000000000000.index"), SIZE_MAX);
    assert_int_equal(size_of_file("00000000000000000004.snapshot"), 56);
}

static void test_aborted(void **state)
{
    (void)state;
    look();
    append_of(7, 0, KW_ATTRIBUTE_TRANSACTIONAL, 0);
    append_of(8, 0, KW_ATTRIBUTE_TRANSACTIONAL, 0);
    append_of(7, -1, KW_ATTRIBUTE_TRANSACTIONAL | KW_ATTRIBUTE_CONTROL, 0);
    kw_bytes index = read_file(path("00000000000000000000.txnindex"));
    assert_int_equal(remove(path("00000000000000000000.txnindex")), 0);
    assert_string_equal(recover(), "");
    kw_bytes made = read_file(path("00000000000000000000.txnindex"));
    assert_int_equal(made.len, index.len);
    assert_memory_equal(made.data, index.data, (size_t)index.len);
    assert_int_equal(look().last_stable_offset, 1);
    cut("00000000000000000000.log", 2 * ONE); /* the marker is lost */
    assert_non_null(strstr(recover(), "00000000000000000003.snapshot: removed: producers of records that are lost"));
    assert_int_equal(size_of_file("00000000000000000000.txnindex"), SIZE_MAX);
    assert_int_equal(look().last_stable_offset, 0);
}

/* ---- the log's start ---- */

static void test_start_beyond_the_end(void **state)
{
    (void)state;
    look();
    append(1);
    assert_non_null(
        strstr(recover_from(0, 20), "the log ends at offset 1, before its start: it starts anew at offset 20"));
    assert_int_equal(look().log_start_offset, 20);
    assert_int_equal(look().log_end_offset, 20);
    assert_int_equal(size_of_file("00000000000000000000.log"), SIZE_MAX);
    assert_file_text("leader-epoch-checkpoint", "0\n0\n");
    assert_int_equal(append(1).base_offset, 20);
    assert_string_equal(recover_from(0, 20), "");
}

/* ---- anything ---- */

enum { BATCHES = 40, PRODUCERS = 3, SEGMENT = 6 * ONE };

/* What was appended. */
struct model_batch {
    int64_t offset;
    int64_t segment;
    size_t position;
    size_t size;
    int32_t epoch;
    int producer;     /* -1: none */
    int32_t sequence; /* -1: a marker that aborts */
};

static struct model_batch model[BATCHES];
static uint32_t random_state;

static uint32_t choose(uint32_t n)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % n;
}

static void append_model(size_t i, struct model_batch *b, int32_t *sequences, bool *open, int32_t epoch)
{
    static struct one_append one;
    made_batch made = {.count = 1, .timestamp = start_ms + choose(100), .producer_id = b->producer};
    bool marker = b->producer >= 0 && open[b->producer] && choose(3) == 0;
    b->sequence = marker || b->producer < 0 ? -1 : sequences[b->producer]++;
    if (b->producer >= 0)
        made.attributes = KW_ATTRIBUTE_TRANSACTIONAL | (marker ? KW_ATTRIBUTE_CONTROL : 0);
    prepare_append(&one, made, 0);
    if (b->producer >= 0) {
        change_append(&one, KW_BATCH_V2_PRODUCER_EPOCH, 0, 2);
        change_append(&one, KW_BATCH_V2_BASE_SEQUENCE, (uint32_t)b->sequence, 4);
        open[b->producer] = !marker;
        one.append.verification =
            marker ? 0 : verifications_enter(&f.log.verifications, b->producer, 0, b->sequence, false);
        one.append.origin = marker ? APPEND_COORDINATOR : APPEND_CLIENT;
    }
    one.append.leader_epoch = b->epoch = epoch;
    assert_true(log_append(&f.log, &one.append));
    assert_int_equal(one.append.error, KW_ERROR_NONE);
    b->offset = one.append.base_offset;
    b->size = sizeof one.batch.header + (size_t)one.batch.records.len;
    struct log_snapshot log = log_folder_open(&f);
    b->segment = log.contents->segments[log.contents->segment_count - 1]->base_offset;
    b->position = log.active_size - b->size;
    log_snapshot_release(&log);
    assert_int_equal(b->offset, i);
}

static void make_log(void)
{
    int32_t sequences[PRODUCERS] = {0}, epoch = 0;
    bool open[PRODUCERS] = {false};
    look();
    for (size_t i = 0; i < BATCHES; i++) {
        epoch += choose(6) == 0;
        model[i].producer = (int)choose(PRODUCERS + 1) - 1;
        append_model(i, &model[i], sequences, open, epoch);
    }
}

static const char *name_of(int64_t offset, const char *kind)
{
    static char name[64];
    (void)snprintf(name, sizeof name, "%020lld.%s", (long long)offset, kind);
    return name;
}

/* Damages a batch, or what follows the last one. Returns how many batches are left before the damage. */
static size_t damage_log(void)
{
    static const uint8_t zeros[300];
    size_t i = choose(BATCHES);
    const struct model_batch *b = &model[i], *last = &model[BATCHES - 1];
    uint8_t byte;
    switch (choose(5)) {
    case 0: /* cut off; what follows is in other segments */
        cut(name_of(b->segment, "log"), b->position + choose((uint32_t)b->size));
        return i;
    case 1: { /* another byte; the offset and the epoch are not part of the checksum */
        size_t at = KW_BATCH_V2_ATTRIBUTES + choose((uint32_t)b->size - KW_BATCH_V2_ATTRIBUTES);
        byte = (uint8_t)(read_file(path(name_of(b->segment, "log"))).data[b->position + at] ^ (1 << choose(8)));
        put_at(name_of(b->segment, "log"), b->position + at, &byte, 1);
        return i;
    }
    case 2:
        put_at(name_of(last->segment, "log"), last->position + last->size, zeros, 1 + choose(sizeof zeros));
        return BATCHES;
    case 3:
        put_at(name_of(last->segment, "log"), last->position + last->size, "garbage that is no batch", 1 + choose(24));
        return BATCHES;
    default:
        return BATCHES;
    }
}

/* Files that are made from the log. */
static void damage_others(void)
{
    static const char *const kinds[] = {"index", "timeindex", "txnindex", "snapshot"};
    for (uint32_t n = choose(8); n > 0; n--) {
        const char *name = name_of(model[choose(BATCHES)].segment, kinds[choose(COUNT_OF(kinds))]);
        size_t size = size_of_file(name);
        switch (choose(4)) {
        case 0:
            (void)remove(path(name));
            break;
        case 1:
            if (size != SIZE_MAX)
                cut(name, choose((uint32_t)size + 1));
            break;
        case 2:
            if (size != SIZE_MAX && size != 0)
                put_at(name, choose((uint32_t)size), "\x7f\x00\xff", 1 + choose(3));
            break;
        default:
            put_at(name_of(choose(60), "log.deleted"), 0, "x", 1);
        }
    }
    if (choose(3) == 0)
        (void)remove(path("leader-epoch-checkpoint"));
    else if (choose(3) == 0)
        put_at("leader-epoch-checkpoint", 0, "\x01", 1);
}

static void check_records(size_t left)
{
    struct log_snapshot log = log_folder_open(&f);
    bool valid;
    assert_int_equal(log.log_end_offset, left);
    assert_status(log_check(&log, CHECK_CRC | CHECK_INDEXES, NULL, &valid), KW_OK);
    assert_true(valid);
    for (size_t i = 0; i < left; i++)
        assert_int_equal(kw_load_be64(read_from(&f, (int64_t)i).data), i);
    log_snapshot_release(&log);
}

static void check_epochs(size_t left)
{
    struct log_snapshot log = log_folder_open(&f);
    const kw_leader_epochs *epochs = &log.contents->epochs;
    int32_t count = 0;
    for (size_t i = 0; i < left; i++) {
        if (i > 0 && model[i].epoch == model[i - 1].epoch)
            continue;
        assert_true(count < epochs->len);
        assert_int_equal(epochs->items[count].epoch, model[i].epoch);
        assert_int_equal(epochs->items[count++].start_offset, i);
    }
    assert_int_equal(epochs->len, count);
    log_snapshot_release(&log);
}

static void check_transactions(size_t left)
{
    struct log_snapshot log = log_folder_open(&f);
    int64_t first[PRODUCERS] = {-1, -1, -1}, stable = (int64_t)left;
    size_t aborted = 0;
    for (size_t i = 0; i < left; i++) {
        int p = model[i].producer;
        if (p >= 0 && model[i].sequence < 0) {
            assert_true(aborted < log.contents->aborted_count);
            assert_int_equal(log.contents->aborted[aborted].producer_id, p);
            assert_int_equal(log.contents->aborted[aborted].first_offset, first[p]);
            assert_int_equal(log.contents->aborted[aborted++].last_offset, i);
            first[p] = -1;
        } else if (p >= 0 && first[p] < 0) {
            first[p] = (int64_t)i;
        }
    }
    assert_int_equal(log.contents->aborted_count, aborted);
    for (int p = 0; p < PRODUCERS; p++)
        if (first[p] >= 0 && first[p] < stable)
            stable = first[p];
    assert_int_equal(log.last_stable_offset, stable);
    log_snapshot_release(&log);
}

/* The last batch of each is known, and what follows it is accepted. */
static void check_producers(size_t left)
{
    int32_t last[PRODUCERS] = {-1, -1, -1};
    int64_t at[PRODUCERS] = {0};
    for (size_t i = 0; i < left; i++)
        if (model[i].producer >= 0 && model[i].sequence >= 0) {
            last[model[i].producer] = model[i].sequence;
            at[model[i].producer] = (int64_t)i;
        }
    for (int p = 0; p < PRODUCERS; p++) {
        if (last[p] < 0)
            continue;
        struct log_append again = append_of(p, last[p], KW_ATTRIBUTE_TRANSACTIONAL, 0);
        assert_int_equal(again.error, KW_ERROR_NONE);
        assert_true(again.is_duplicate);
        assert_int_equal(again.base_offset, at[p]);
        assert_int_equal(append_of(p, last[p] + 1, KW_ATTRIBUTE_TRANSACTIONAL, 0).error, KW_ERROR_NONE);
    }
}

/* All bytes of all files, as one number. */
static uint64_t sum_of_folder(void)
{
    kw_arena arena;
    struct folder_names names;
    uint64_t sum = 0;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1024 * 1024);
    assert_status(folder_list(f.path, &arena, &names), KW_OK);
    for (size_t i = 0; i < names.len; i++) {
        kw_bytes bytes = read_file(path(names.items[i].data));
        sum = sum * 31 + kw_crc32c(0, names.items[i].data, (size_t)names.items[i].len);
        sum = sum * 31 + kw_crc32c(0, bytes.data, (size_t)bytes.len);
    }
    kw_arena_finish(&arena);
    return sum;
}

static void try_seed(uint32_t seed)
{
    random_state = seed;
    config.segment_bytes = SEGMENT;
    config.index_interval_bytes = choose(2) == 0 ? 0 : 2 * ONE;
    make_log();
    size_t left = damage_log();
    damage_others();
    (void)recover();
    check_records(left);
    check_epochs(left);
    check_transactions(left);
    uint64_t sum = sum_of_folder();
    assert_string_equal(recover(), "");
    assert_true(sum == sum_of_folder());
    check_records(left);
    check_producers(left);
}

static void test_random(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 60; seed++) {
        print_message("seed %u\n", seed);
        try_seed(seed);
        (void)tear_down(NULL);
        (void)set_up(NULL);
    }
}

/* ---- logs that were closed in order ---- */

/* Three batches, of which the last one has offset 3. */
static void close_with_three(void)
{
    int64_t until;
    (void)look();
    (void)append(1);
    (void)append(2);
    (void)append(1);
    assert_int_equal(log_close(&f.log, 0, &until), KW_ERROR_NONE);
}

/* What the checkpoints of the directory say. */
static const char *open_closed(int64_t recovery_point, int64_t start_offset)
{
    log_folder_reopen(&f);
    f.log.check = 0;
    f.log.recovery_point = recovery_point;
    f.log.start_offset = start_offset;
    capture_start(&captured);
    (void)look();
    return capture_end(&captured);
}

static kw_bytes producers_at_end(void)
{
    return read_file(path("00000000000000000004.snapshot"));
}

/* The older one that is used instead has a producer whose records are before the log's start. */
static void test_damaged_snapshot(void **state)
{
    (void)state;
    int64_t until;
    const made_batch of_8 = {.count = 1, .timestamp = start_ms, .producer_id = 8};
    const made_batch of_7 = {.count = 1, .timestamp = start_ms, .producer_id = 7};
    (void)look();
    assert_int_equal(append_sequence(&f, of_8, 0).error, KW_ERROR_NONE);
    assert_int_equal(append_sequence(&f, of_7, 0).error, KW_ERROR_NONE);
    assert_int_equal(log_close(&f.log, 0, &until), KW_ERROR_NONE);
    (void)open_closed(2, -1);
    assert_int_equal(append_sequence(&f, of_7, 1).error, KW_ERROR_NONE);
    assert_int_equal(log_roll(&f.log), KW_ERROR_NONE);
    assert_int_equal(append_sequence(&f, of_7, 2).error, KW_ERROR_NONE);
    write_file(path("00000000000000000003.snapshot"), "", 0);
    f.log.check = CHECK_CRC;
    assert_non_null(strstr(recover_from(3, 1), "00000000000000000003.snapshot"));
    assert_int_equal(size_of_file("00000000000000000002.snapshot"), SIZE_MAX);
    kw_bytes first = producers_at_end();
    assert_string_equal(recover_from(3, 1), "");
    kw_bytes second = producers_at_end();
    assert_int_equal(second.len, first.len);
    assert_memory_equal(second.data, first.data, (size_t)first.len);
}

/* The checksum of a batch does not have its offset. */
static void test_end_that_cannot_be(void **state)
{
    (void)state;
    close_with_three();
    put_at("00000000000000000000.log", ONE + TWO + 6, "\x01", 1);
    const char *text = open_closed(4, -1);
    assert_non_null(strstr(text, "the log ends at offset 260, but it ended at 4 when it was closed\n"));
    assert_non_null(
        strstr(text, "00000000000000000000.log: 71 bytes are cut off at byte 152 (offset 3): offsets do not"));
    assert_int_equal(look().log_end_offset, 3);
    assert_int_equal(append(1).base_offset, 3);
    assert_int_equal(atomic_load(&f.log.flushed_until), 3);
}

/* It may be the second batch that is wrong, or the third. */
static void test_offset_in_the_middle(void **state)
{
    (void)state;
    config.index_interval_bytes = 4096; /* no entry of the last batch, from which on it would be read */
    close_with_three();
    put_at("00000000000000000000.log", ONE + 7, "\x05", 1);
    const char *text = open_closed(4, -1);
    assert_non_null(strstr(text, "00000000000000000000.log: byte 71 (offset 1): offsets do not ascend"));
    assert_non_null(strstr(text, "the log ends at offset 1, but it ended at 4 when it was closed\n"));
    assert_int_equal(look().log_end_offset, 1);
    assert_int_equal(append(1).base_offset, 1);
}

/* Of the two files that say it one may be wrong as well. */
static void test_end_that_one_file_says(void **state)
{
    (void)state;
    close_with_three();
    assert_string_equal(open_closed(3, -1), "");
    assert_int_equal(look().log_end_offset, 4);
}

static void test_end_that_is_missing(void **state)
{
    (void)state;
    close_with_three();
    cut("00000000000000000000.log", ONE + TWO);
    assert_non_null(strstr(open_closed(4, -1), "the log ends at offset 3, but it ended at 4 when it was closed\n"));
    assert_int_equal(look().log_end_offset, 3);
}

/* Neither the checkpoint nor leader epochs have a checksum: the checkpoint decides, as in Kafka, and a second start,
 * which does not know that the log was closed in order, finds the same. */
static void test_start_that_cannot_be(void **state)
{
    (void)state;
    int64_t start, until;
    (void)look();
    (void)append(1);
    (void)append(1);
    assert_int_equal(log_delete_records(&f.log, 1, &start), KW_ERROR_NONE);
    close_with_three();
    const char *text = open_closed(-1, 5);
    assert_non_null(
        strstr(text, "leader-epoch-checkpoint: byte 0 (offset 5): offsets do not ascend: the first leader "));
    assert_int_equal(look().log_start_offset, 5);
    assert_int_equal(log_close(&f.log, 0, &until), KW_ERROR_NONE);
    assert_string_equal(open_closed(-1, 5), "");
    assert_int_equal(look().log_start_offset, 5);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(test_nothing_to_do),
        CASE(test_torn_tail),
        CASE(test_cut_is_synced),
        CASE(test_zeros),
        CASE(test_offset_that_is_too_far),
        CASE(test_damage_in_the_middle),
        CASE(test_something_before_the_next_segment),
        CASE(test_offsets_of_the_next_segment),
        CASE(test_recovery_point),
        CASE(test_closed_in_order),
        CASE(test_missing_index),
        CASE(test_orphans),
        CASE(test_deleted_files),
        CASE(test_swap),
        CASE(test_order_of_swap),
        CASE(test_damaged_snapshot),
        CASE(test_cleaned),
        CASE(test_epochs),
        CASE(test_snapshots),
        CASE(test_snapshots_before_the_start),
        CASE(test_aborted),
        CASE(test_start_beyond_the_end),
        CASE(test_random),
        CASE(test_end_that_cannot_be),
        CASE(test_offset_in_the_middle),
        CASE(test_end_that_one_file_says),
        CASE(test_end_that_is_missing),
        CASE(test_start_that_cannot_be),
    };
    if (argc != 2)
        return 2;
    root = argv[1];
    start_ms = clock_wall_ms();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
