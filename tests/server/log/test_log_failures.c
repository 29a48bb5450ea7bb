/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_log_failures FOLDER   in which it makes folders of its own
 *
 * Every call of the file layer fails once, at every point of a log's life. What was acknowledged is there afterwards,
 * and what was refused is not. */
#include "log_life.h"

#include <errno.h>

#include "../support/captured.h"
#include "base/file_layer.h"

static const char *root;

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

static bool try(unsigned failing, int error)
{
    static struct captured captured;
    struct life life = {.start = 0};
    life_start(root);
    use_disk(failing, error);
    capture_start(&captured);
    bool is_open = life_open();
    if (is_open)
        live(&life);
    (void)capture_end(&captured);
    bool reached = disk.reached, was_offline = is_open && !life.is_closed;
    disk.failing = 0;
    assert_true(is_open || error == EIO);
    if (is_open) {
        life_check(&life, was_offline);
        capture_start(&captured);
        life_check_next(&life, was_offline);
        (void)capture_end(&captured);
    }
    log_folder_finish(&life_folder);
    file_layer_use(&file_layer_system);
    (void)forget_given(NULL);
    return reached;
}

static void fail_one_by_one(int error)
{
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

/* The next start of a log that was closed in order, or not: it is opened as it is, or not at all. */
static bool try_next(unsigned failing, int error, bool was_clean)
{
    static struct captured captured;
    struct life life = {.start = 0};
    life_start(root);
    assert_true(life_open());
    live(&life);
    log_folder_reopen(&life_folder);
    life_folder.log.check = was_clean ? 0 : CHECK_CRC;
    use_disk(failing, error);
    capture_start(&captured);
    bool is_open = life_open();
    (void)capture_end(&captured);
    bool reached = disk.reached;
    disk.failing = 0;
    assert_true(is_open || error == EIO || error == ENOSPC);
    capture_start(&captured);
    assert_true(is_open || life_open());
    (void)capture_end(&captured);
    life_check(&life, false);
    life_send(&life, 4);
    assert_int_equal(life.offsets[life.acknowledged - 1], life.acknowledged - 1);
    log_folder_finish(&life_folder);
    file_layer_use(&file_layer_system);
    (void)forget_given(NULL);
    return reached;
}

static void fail_next_one_by_one(int error, bool was_clean)
{
    unsigned n = 1;
    while (try_next(n, error, was_clean))
        n++;
    assert_true(n > 5);
}

static void test_next_start(void **state)
{
    (void)state;
    fail_next_one_by_one(EIO, true);
    fail_next_one_by_one(EIO, false);
    fail_next_one_by_one(ENOSPC, true);
    fail_next_one_by_one(EMFILE, true);
    fail_next_one_by_one(EMFILE, false);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {TEST(test_disk_full), TEST(test_disk_broken), TEST(test_no_descriptor),
                                       TEST(test_next_start)};
    if (argc != 2)
        return 2;
    root = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
