/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../disk/contents.h"
#include "../simulation/world.h"
#include "base/file_memory.h"

enum { CAPACITY = 256 << 20 };

static const struct file_layer *const below = &file_layer_memory;

static struct {
    struct disk_plan plan;
    size_t calls; /* that the plan means */
    size_t failures;
    unsigned kind; /* of the first that failed */
    char path[KW_PATH_SIZE];
    char dropped[KW_PATH_SIZE];
    bool is_dead;
} disk;

/* ---- what fails ---- */

static bool is_meant(unsigned kind, const char *path)
{
    const char *folder = disk.plan.folder;
    if ((disk.plan.kinds & kind) == 0 || disk.plan.fail == 0)
        return false;
    return folder == NULL || strncmp(path, folder, strlen(folder)) == 0;
}

/* errno is set then. */
static bool fails(unsigned kind, const char *path)
{
    if (disk.is_dead && (kind & CALL_CHANGES) != 0) {
        errno = EIO;
        return true;
    }
    if (disk.is_dead || !is_meant(kind, path))
        return false;
    size_t number = disk.calls++;
    if (number < disk.plan.pass || number - disk.plan.pass >= disk.plan.fail)
        return false;
    if (disk.failures++ == 0) {
        disk.kind = kind;
        (void)snprintf(disk.path, sizeof disk.path, "%s", path);
    }
    note("the disk: kind %u fails: %s", kind, path);
    errno = disk.plan.error;
    return true;
}

/* ---- what has not been synced ---- */

/* What a write has replaced; the newest first. */
struct change {
    struct change *older;
    int32_t number; /* of the file */
    size_t position;
    size_t size;
    uint8_t old[];
};

static struct change *changes;

static void forget_changes(int32_t number)
{
    for (struct change **link = &changes; *link != NULL;) {
        struct change *change = *link;
        if (change->number != number) {
            link = &change->older;
            continue;
        }
        *link = change->older;
        free(change);
    }
}

static void forget_all_changes(void)
{
    while (changes != NULL)
        forget_changes(changes->number);
}

static void remember(const struct file_call *call)
{
    size_t had = 0;
    if (number_of(call->path) != call->number)
        return; /* the topic is deleted, and its folder has another name */
    struct change *change = calloc(1, sizeof *change + call->size);
    uint8_t *old = contents_of(call->path, &had);
    if (change == NULL)
        abort();
    change->number = call->number;
    change->position = call->position;
    change->size = call->size;
    if (old != NULL && call->position < had)
        memcpy(change->old, old + call->position,
               call->size < had - call->position ? call->size : had - call->position);
    free(old);
    change->older = changes;
    changes = change;
}

/* The file has what it had before, in its new size. */
static void undo(struct file *file, const struct change *change)
{
    size_t size = 0;
    if (below->size(file, &size) != KW_OK || change->position >= size)
        return;
    size_t left = size - change->position;
    const kw_span part = {change->old, change->size < left ? change->size : left};
    if (below->write(file, change->position, &part, 1) != KW_OK)
        abort();
}

/* All changes of a file; whether there were any. */
static bool drop_changes(struct file *file, int32_t number)
{
    bool has_dropped = false;
    for (const struct change *change = changes; change != NULL; change = change->older)
        if (change->number == number) {
            undo(file, change);
            has_dropped = true;
        }
    forget_changes(number);
    return has_dropped;
}

static void cut_power_of(void *context, const char *path)
{
    struct file file = FILE_NONE;
    (void)context;
    if (below->open(&file, path, 0) != KW_OK)
        abort();
    (void)drop_changes(&file, number_of(path));
    (void)below->close(&file);
}

void disk_cut_power(void)
{
    contents_list("/", cut_power_of, NULL);
    forget_all_changes(); /* of files that are not there any more */
}

/* ---- the hooks ---- */

static bool may(struct file_call *call)
{
    struct file_facts facts;
    if (call->kind == CALL_MAKE_FOLDER && below->look(call->path, &facts) == KW_OK)
        return true; /* which is found first */
    bool has_failed = fails(call->kind, call->path);
    int error = errno;
    if (call->kind == CALL_WRITE && !disk.is_dead) {
        call->some = disk.plan.cut;
        if (disk.plan.keeps)
            remember(call);
    }
    if (call->kind == CALL_SYNC && has_failed && disk.plan.drops && !disk.is_dead && !call->is_folder &&
        drop_changes(call->file, call->number))
        (void)snprintf(disk.dropped, sizeof disk.dropped, "%s", call->path);
    errno = error;
    return !has_failed;
}

static void forget(const struct file_call *call)
{
    if (call->kind == CALL_RENAME)
        forget_changes(call->replaced);
    else if ((call->kind == CALL_SYNC && !call->is_folder) || call->kind == CALL_REMOVE)
        forget_changes(call->number);
}

void disk_start(void)
{
    static const struct file_hooks hooks = {.before = may, .after = forget};
    memset(&disk, 0, sizeof disk);
    hooked_files_start(CAPACITY, &hooks);
    numbers_start();
}

void disk_stop(void)
{
    forget_all_changes();
    hooked_files_stop();
}

void disk_fail(const struct disk_plan *plan)
{
    static const struct disk_plan nothing = {.fail = 0};
    disk.plan = plan != NULL ? *plan : nothing;
    disk.calls = 0;
    forget_all_changes();
}

void disk_recover(void)
{
    if (disk.failures != 0)
        disk.plan.fail = 0;
}

size_t disk_failures(void)
{
    return disk.failures;
}

unsigned disk_failed_kind(void)
{
    return disk.kind;
}

const char *disk_failed_path(void)
{
    return disk.path;
}

size_t disk_calls(void)
{
    return disk.calls;
}

bool disk_has_dropped(const char **path)
{
    *path = disk.dropped;
    return disk.dropped[0] != '\0';
}

void disk_die(bool is_dead)
{
    disk.is_dead = is_dead;
}
