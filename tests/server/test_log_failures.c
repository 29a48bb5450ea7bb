/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_log_failures FOLDER   in which it makes folders of its own
 *
 * Every call of the file layer fails once, at every point of a log's life. What was acknowledged is there afterwards,
 * and what was refused is not. */
#include "append_support.h"

#include <errno.h>

#include "base/clock.h"
#include "base/file_layer.h"
#include "captured.h"
#include "log/log_change.h"
#include "log/retention.h"

enum { ONE = KW_BATCH_V2_RECORDS + 10, APPENDS = 12 };

static const char *root;
static struct log_folder f;
static struct log_config config;
static int64_t start_ms;

/* ---- a disk of which one call fails ---- */

static struct {
    struct file_layer layer;
    const struct file_layer *real;
    unsigned calls;
    unsigned failing; /* the number of the call; 0: none */
    int error;
    bool reached;
} disk;

static bool fails(void)
{
    if (++disk.calls != disk.failing)
        return false;
    disk.reached = true;
    errno = disk.error;
    return true;
}

static kw_status disk_open(struct file *file, const char *path, unsigned how)
{
    return fails() ? KW_ERR_FILE : disk.real->open(file, path, how);
}

/* Half of it is written. */
static kw_status disk_write(struct file *file, size_t position, const kw_span *parts, size_t count)
{
    if (!fails())
        return disk.real->write(file, position, parts, count);
    const kw_span half = {parts[0].data, parts[0].size / 2};
    (void)disk.real->write(file, position, &half, 1);
    errno = disk.error;
    return KW_ERR_FILE;
}

static kw_status disk_truncate(struct file *file, size_t size)
{
    return fails() ? KW_ERR_FILE : disk.real->truncate(file, size);
}

static kw_status disk_size(struct file *file, size_t *size)
{
    return fails() ? KW_ERR_FILE : disk.real->size(file, size);
}

/* The disk need not have anything for this test. */
static kw_status disk_sync(struct file *file)
{
    (void)file;
    return fails() ? KW_ERR_FILE : KW_OK;
}

static kw_status disk_rename(const char *from, const char *to)
{
    return fails() ? KW_ERR_FILE : disk.real->rename(from, to);
}

static kw_status disk_remove(const char *path)
{
    return fails() ? KW_ERR_FILE : disk.real->remove(path);
}

static kw_status disk_look(const char *path, struct file_facts *out)
{
    return fails() ? KW_ERR_FILE : disk.real->look(path, out);
}

static kw_status disk_map(struct file_map *file, const char *path, size_t capacity)
{
    return fails() ? KW_ERR_FILE : disk.real->map(file, path, capacity);
}

static kw_status disk_load(const char *path, size_t limit, kw_arena *arena, kw_bytes *out)
{
    return fails() ? KW_ERR_FILE : disk.real->load(path, limit, arena, out);
}

static kw_status disk_list(const char *path, kw_arena *arena, struct folder_names *out)
{
    return fails() ? KW_ERR_FILE : disk.real->list(path, arena, out);
}

static kw_status disk_sync_folder(const char *path)
{
    (void)path;
    return fails() ? KW_ERR_FILE : KW_OK;
}

static void use_disk(unsigned failing, int error)
{
    memset(&disk, 0, sizeof disk);
    disk.real = &file_layer_system;
    disk.layer = file_layer_system;
    disk.layer.open = disk_open;
    disk.layer.write = disk_write;
    disk.layer.truncate = disk_truncate;
    disk.layer.size = disk_size;
    disk.layer.sync = disk_sync;
    disk.layer.rename = disk_rename;
    disk.layer.remove = disk_remove;
    disk.layer.look = disk_look;
    disk.layer.map = disk_map;
    disk.layer.load = disk_load;
    disk.layer.list = disk_list;
    disk.layer.sync_folder = disk_sync_folder;
    disk.failing = failing;
    disk.error = error;
    file_layer_use(&disk.layer);
}

/* ---- a log's life ---- */

struct life {
    int64_t offsets[2 * APPENDS]; /* that were acknowledged */
    size_t acknowledged;
    int32_t sequence; /* the next one of the producer */
    int64_t start;    /* the log's, as the last answer had it */
    bool is_closed;
};

/* The log may be opened again after a shortage; anything else is damage that somebody has to look at. */
static bool open_log(void)
{
    struct log_snapshot log;
    for (int tries = 0; tries < 2; tries++)
        if (partition_log_acquire(&f.log, false, &log) == KW_ERROR_NONE) {
            log_snapshot_release(&log);
            return true;
        }
    return false;
}

/* Sends a batch until it is accepted, or the log is offline, as producers do. */
static void send(struct life *life, int32_t epoch)
{
    static struct one_append one;
    prepare_append(&one, (made_batch){.count = 1, .timestamp = start_ms, .producer_id = 7}, 0);
    change_append(&one, KW_BATCH_V2_PRODUCER_EPOCH, 0, 2);
    change_append(&one, KW_BATCH_V2_BASE_SEQUENCE, (uint32_t)life->sequence, 4);
    one.append.leader_epoch = epoch;
    for (int tries = 0; tries < 2; tries++) {
        assert_true(log_append(&f.log, &one.append));
        if (one.append.error != KW_ERROR_NONE) {
            assert_int_equal(one.append.error, KW_ERROR_KAFKA_STORAGE_ERROR);
            continue;
        }
        assert_false(one.append.is_duplicate);
        life->offsets[life->acknowledged++] = one.append.base_offset;
        life->sequence++;
        return;
    }
}

static void live(struct life *life)
{
    size_t removed;
    int64_t until, start;
    for (int32_t i = 0; i < APPENDS; i++)
        send(life, i / 5);
    if (log_delete_records(&f.log, 4, &start) == KW_ERROR_NONE)
        life->start = start;
    (void)log_sync(&f.log, 0, &until);
    (void)log_retain(&f.log, start_ms, &removed);
    (void)log_retain(&f.log, start_ms + config.file_delete_delay_ms, &removed);
    for (int32_t i = 0; i < 2; i++)
        send(life, 3);
    life->is_closed = log_close(&f.log, 0, &until) == KW_ERROR_NONE;
}

/* Acknowledged records have their offsets, one after the other. */
static void check_log(const struct life *life, bool may_have_more)
{
    struct log_snapshot log = log_folder_open(&f);
    bool valid;
    for (size_t i = 0; i < life->acknowledged; i++) {
        assert_int_equal(life->offsets[i], i);
        if (life->offsets[i] >= log.log_start_offset)
            assert_int_equal(kw_load_be64(read_from(&f, life->offsets[i]).data), life->offsets[i]);
    }
    assert_true(log.log_start_offset <= life->start);
    if (may_have_more)
        assert_true(log.log_end_offset >= (int64_t)life->acknowledged);
    else
        assert_int_equal(log.log_end_offset, life->acknowledged);
    assert_status(log_check(&log, CHECK_CRC, NULL, &valid), KW_OK);
    assert_true(valid);
    log_snapshot_release(&log);
}

/* The log as it is after a new start of the process. What was written before an error that took it offline may be
 * there, acknowledged or not. */
static void check_next_life(struct life *life, bool was_offline)
{
    log_folder_reopen(&f);
    f.log.check = life->is_closed ? 0 : CHECK_CRC;
    check_log(life, was_offline);
    struct log_snapshot log = log_folder_open(&f);
    if (log.log_end_offset == (int64_t)life->acknowledged) {
        const made_batch last = {.count = 1, .timestamp = start_ms, .producer_id = 7};
        if (life->sequence > 0)
            assert_true(append_sequence(&f, last, life->sequence - 1).is_duplicate);
        send(life, 4);
        assert_int_equal(life->offsets[life->acknowledged - 1], life->acknowledged - 1);
    }
    log_snapshot_release(&log);
}

static bool try(unsigned failing, int error)
{
    static struct captured captured;
    struct life life = {.start = 0};
    log_folder_init(&f, root, "failures-0");
    partition_log_configure(&f.log, &config);
    use_disk(failing, error);
    capture_start(&captured);
    bool is_open = open_log();
    if (is_open)
        live(&life);
    (void)capture_end(&captured);
    bool reached = disk.reached, was_offline = is_open && !life.is_closed;
    disk.failing = 0;
    assert_true(is_open || error == EIO);
    if (is_open) {
        check_log(&life, was_offline);
        capture_start(&captured);
        check_next_life(&life, was_offline);
        (void)capture_end(&captured);
    }
    log_folder_finish(&f);
    file_layer_use(&file_layer_system);
    (void)forget_given(NULL);
    return reached;
}

static void fail_one_by_one(int error)
{
    log_config_init(&config);
    config.segment_bytes = 3 * ONE;
    config.index_interval_bytes = 0;
    config.retention_ms = -1;
    unsigned n = 1;
    while (try(n, error))
        n++;
    assert_true(n > 100);
}

static void test_disk_full(void **state)
{
    (void)state;
    fail_one_by_one(ENOSPC);
}

static void test_disk_broken(void **state)
{
    (void)state;
    fail_one_by_one(EIO);
}

static void test_no_descriptor(void **state)
{
    (void)state;
    fail_one_by_one(EMFILE);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {TEST(test_disk_full), TEST(test_disk_broken), TEST(test_no_descriptor)};
    if (argc != 2)
        return 2;
    root = argv[1];
    start_ms = clock_wall_ms();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
