/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"

#include <errno.h>

#include "base/file_layer.h"
#include "base/file_memory.h"
#include "power.h"
#include "world.h"

enum { CAPACITY = 1 << 30, MOST_PARTS = 64 };

static size_t left; /* changes until it dies */
static bool is_dead;
static bool has_no_space;
static size_t good_calls; /* before one that fails */
static bool has_failed;
static uint64_t changes;

/* A call that fails, which says nothing about others. errno is set. */
static bool fails(void)
{
    if (good_calls == DISK_FOREVER || good_calls-- != 0)
        return false;
    good_calls = DISK_FOREVER;
    has_failed = true;
    world.counts.faults++;
    note("a call of the disk fails");
    errno = EIO;
    return true;
}

/* False: it is dead, or the call fails; errno is set. *dies: the change is the last one, and may be done in part. */
static bool may_change(bool *dies)
{
    *dies = false;
    if (is_dead) {
        errno = EIO;
        return false;
    }
    changes++;
    if (fails())
        return false;
    if (left != DISK_FOREVER && left-- == 0) {
        is_dead = *dies = true;
        note("the disk dies");
    }
    return true;
}

/* A change that is done as a whole or not at all. */
static bool may_change_whole(void)
{
    bool dies;
    if (!may_change(&dies))
        return false;
    errno = EIO;
    return !dies || one_in(2);
}

static kw_status fail_as_full(void)
{
    world.counts.faults++;
    errno = ENOSPC;
    return KW_ERR_FILE;
}

static kw_status open_file(struct file *file, const char *path, unsigned how)
{
    struct file_facts facts;
    bool changes_it = (how & (FILE_CREATE | FILE_TRUNCATE)) != 0;
    if (has_no_space && (how & FILE_CREATE) != 0 && file_layer_memory.look(path, &facts) != KW_OK)
        return fail_as_full();
    if (changes_it && !may_change_whole())
        return KW_ERR_FILE;
    bool is_new = (how & FILE_CREATE) != 0 && file_layer_memory.look(path, &facts) != KW_OK;
    kw_status status = file_layer_memory.open(file, path, how);
    if (status == KW_OK)
        power_opened(file, path, how, is_new);
    return status;
}

static size_t size_of(const kw_span *parts, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += parts[i].size;
    return size;
}

static kw_status write_all(struct file *file, size_t position, const kw_span *parts, size_t count)
{
    kw_status status = file_layer_memory.write(file, position, parts, count);
    if (status == KW_OK)
        power_wrote(file, position, parts, count);
    return status;
}

/* The first bytes of what is to be written. */
static kw_status write_part(struct file *file, size_t position, const kw_span *parts, size_t count)
{
    size_t rest = pick(size_of(parts, count) + 1), used = 0;
    kw_span some[MOST_PARTS];
    for (; used < count && used < MOST_PARTS && rest != 0; used++) {
        some[used] = parts[used];
        if (some[used].size > rest)
            some[used].size = rest;
        rest -= some[used].size;
    }
    if (used != 0)
        (void)write_all(file, position, some, used);
    errno = EIO;
    return KW_ERR_FILE;
}

static kw_status write_file(struct file *file, size_t position, const kw_span *parts, size_t count)
{
    bool dies;
    size_t size = 0;
    if (has_no_space && (file_layer_memory.size(file, &size) != KW_OK || position + size_of(parts, count) > size))
        return fail_as_full();
    if (!may_change(&dies))
        return KW_ERR_FILE;
    return dies ? write_part(file, position, parts, count) : write_all(file, position, parts, count);
}

static kw_status truncate_file(struct file *file, size_t size)
{
    if (!may_change_whole())
        return KW_ERR_FILE;
    kw_status status = file_layer_memory.truncate(file, size);
    if (status == KW_OK)
        power_truncated(file, size);
    return status;
}

static bool exists(const char *path, bool is_folder)
{
    struct file_facts facts;
    return file_layer_memory.look(path, &facts) == KW_OK && facts.is_folder == is_folder;
}

static kw_status rename_path(const char *from, const char *to)
{
    if (!may_change_whole())
        return KW_ERR_FILE;
    if (exists(from, false) || (exists(from, true) && !exists(to, false) && !exists(to, true)))
        power_renames(from, to);
    return file_layer_memory.rename(from, to);
}

static kw_status remove_file(const char *path)
{
    if (!may_change_whole())
        return KW_ERR_FILE;
    if (exists(path, false))
        power_removes(path);
    return file_layer_memory.remove(path);
}

static kw_status create_folder(const char *path)
{
    if (has_no_space)
        return fail_as_full();
    if (!may_change_whole())
        return KW_ERR_FILE;
    kw_status status = file_layer_memory.create_folder(path);
    if (status == KW_OK)
        power_made_folder(path);
    return status;
}

static kw_status remove_folder(const char *path)
{
    if (!may_change_whole())
        return KW_ERR_FILE;
    kw_status status = file_layer_memory.remove_folder(path);
    if (status == KW_OK)
        power_removed_folder(path);
    return status;
}

static kw_status sync_file(struct file *file)
{
    errno = EIO;
    if (is_dead || fails())
        return KW_ERR_FILE;
    kw_status status = file_layer_memory.sync(file);
    if (status == KW_OK)
        power_synced(file);
    return status;
}

static kw_status sync_folder(const char *path)
{
    errno = EIO;
    if (is_dead || fails())
        return KW_ERR_FILE;
    kw_status status = file_layer_memory.sync_folder(path);
    if (status == KW_OK)
        power_synced_folder(path);
    return status;
}

void disk_start(void)
{
    static struct file_layer layer;
    layer = file_layer_memory;
    layer.open = open_file;
    layer.write = write_file;
    layer.truncate = truncate_file;
    layer.rename = rename_path;
    layer.remove = remove_file;
    layer.create_folder = create_folder;
    layer.remove_folder = remove_folder;
    layer.sync = sync_file;
    layer.sync_folder = sync_folder;
    if (!file_memory_start(CAPACITY))
        broken("there is no memory for files");
    power_start();
    file_layer_use(&layer);
    changes = 0;
    good_calls = DISK_FOREVER;
    has_failed = false;
    disk_revive();
}

void disk_stop(void)
{
    file_layer_use(&file_layer_system);
    file_memory_stop();
    power_stop();
}

void disk_die_after(size_t count)
{
    left = count;
}

void disk_die(void)
{
    is_dead = true;
}

bool disk_is_dead(void)
{
    return is_dead;
}

void disk_fail_after(size_t calls)
{
    good_calls = calls;
}

bool disk_has_failed(void)
{
    return has_failed;
}

void disk_heal(void)
{
    has_failed = false;
}

void disk_revive(void)
{
    is_dead = has_no_space = false;
    left = DISK_FOREVER;
}

void disk_lose_power(void)
{
    note("the power goes");
    world.counts.faults++;
    world.counts.power++;
    power_lose();
}

void disk_fill(bool full)
{
    has_no_space = full;
}

bool disk_is_full(void)
{
    return has_no_space;
}

uint64_t disk_changes(void)
{
    return changes;
}
