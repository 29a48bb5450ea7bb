/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../simulation/world.h"
#include "base/file_layer.h"
#include "base/file_memory.h"

enum { CAPACITY = 256 << 20, LARGEST = 64 << 20 };

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

struct own_file {
    struct file file;
    char path[];
};

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
    if (disk.is_dead && (kind & DISK_CHANGES) != 0) {
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

static kw_status failure(void)
{
    return errno == ENOENT ? KW_ERR_NO_FILE : KW_ERR_FILE;
}

/* ---- what has not been synced ---- */

/* What a write has replaced; the newest first. */
struct change {
    struct change *older;
    char *path;
    size_t position;
    size_t size;
    uint8_t old[];
};

static struct change *changes;

static void forget_changes(const char *path)
{
    for (struct change **link = &changes; *link != NULL;) {
        struct change *change = *link;
        if (path != NULL && strcmp(change->path, path) != 0) {
            link = &change->older;
            continue;
        }
        *link = change->older;
        free(change->path);
        free(change);
    }
}

/* Of a file, or of all in a folder. */
static void rename_changes(const char *from, const char *to)
{
    size_t size = strlen(from);
    forget_changes(to);
    for (struct change *change = changes; change != NULL; change = change->older) {
        if (strncmp(change->path, from, size) != 0 || (change->path[size] != '\0' && change->path[size] != '/'))
            continue;
        size_t needed = strlen(to) + strlen(change->path + size) + 1;
        char *path = malloc(needed);
        if (path == NULL)
            abort();
        (void)snprintf(path, needed, "%s%s", to, change->path + size);
        free(change->path);
        change->path = path;
    }
}

static void remember(const char *path, size_t position, size_t size)
{
    size_t had;
    if (!disk.plan.keeps)
        return;
    struct change *change = calloc(1, sizeof *change + size);
    uint8_t *old = disk_read(path, &had);
    if (change == NULL || (change->path = strdup(path)) == NULL)
        abort();
    change->position = position;
    change->size = size;
    if (old != NULL && position < had)
        memcpy(change->old, old + position, size < had - position ? size : had - position);
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

static void drop_changes(struct own_file *own)
{
    for (const struct change *change = changes; change != NULL; change = change->older) {
        if (strcmp(change->path, own->path) != 0)
            continue;
        undo(&own->file, change);
        (void)snprintf(disk.dropped, sizeof disk.dropped, "%s", own->path);
    }
    forget_changes(own->path);
}

void disk_cut_power(void)
{
    for (const struct change *change = changes; change != NULL; change = change->older) {
        struct file file = FILE_NONE;
        if (below->open(&file, change->path, 0) != KW_OK)
            continue;
        undo(&file, change);
        (void)below->close(&file);
    }
    forget_changes(NULL);
}

/* ---- the layer ---- */

static struct own_file *own_of(const struct file *file)
{
    return (struct own_file *)file->handle;
}

static kw_status open_file(struct file *file, const char *path, unsigned how)
{
    if (fails((how & (FILE_CREATE | FILE_TRUNCATE)) != 0 ? DISK_CREATE : DISK_OPEN, path))
        return failure();
    size_t size = strlen(path) + 1;
    struct own_file *own = malloc(sizeof *own + size);
    if (own == NULL)
        abort();
    memcpy(own->path, path, size);
    own->file = (struct file)FILE_NONE;
    kw_status status = below->open(&own->file, path, how);
    if (status == KW_OK)
        file->handle = (intptr_t)own;
    else
        free(own);
    return status;
}

static kw_status close_file(struct file *file)
{
    struct own_file *own = own_of(file);
    bool has_failed = fails(DISK_CLOSE, own->path);
    int error = errno;
    kw_status status = below->close(&own->file);
    free(own);
    errno = error;
    return has_failed ? KW_ERR_FILE : status;
}

static kw_status write_part(struct own_file *own, size_t position, const kw_span *parts, size_t count)
{
    int error = errno;
    size_t left = disk.is_dead ? 0 : disk.plan.cut;
    for (size_t i = 0; i < count && left != 0; position += parts[i++].size) {
        const kw_span part = {parts[i].data, parts[i].size < left ? parts[i].size : left};
        left -= part.size;
        (void)below->write(&own->file, position, &part, 1);
    }
    errno = error;
    return KW_ERR_FILE;
}

static kw_status write_file(struct file *file, size_t position, const kw_span *parts, size_t count)
{
    struct own_file *own = own_of(file);
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += parts[i].size;
    bool has_failed = fails(DISK_WRITE, own->path);
    int error = errno;
    if (!disk.is_dead)
        remember(own->path, position, size);
    errno = error;
    return has_failed ? write_part(own, position, parts, count) : below->write(&own->file, position, parts, count);
}

static kw_status truncate_file(struct file *file, size_t size)
{
    struct own_file *own = own_of(file);
    return fails(DISK_TRUNCATE, own->path) ? failure() : below->truncate(&own->file, size);
}

static kw_status size_of(struct file *file, size_t *size)
{
    struct own_file *own = own_of(file);
    return fails(DISK_SIZE, own->path) ? failure() : below->size(&own->file, size);
}

static kw_status sync_file(struct file *file)
{
    struct own_file *own = own_of(file);
    if (!fails(DISK_SYNC, own->path)) {
        forget_changes(own->path);
        return below->sync(&own->file);
    }
    int error = errno;
    if (disk.plan.drops && !disk.is_dead)
        drop_changes(own);
    errno = error;
    return failure();
}

static kw_status rename_path(const char *from, const char *to)
{
    if (fails(DISK_RENAME, from))
        return failure();
    kw_status status = below->rename(from, to);
    if (status == KW_OK)
        rename_changes(from, to);
    return status;
}

static kw_status remove_file(const char *path)
{
    if (fails(DISK_REMOVE, path))
        return failure();
    kw_status status = below->remove(path);
    if (status == KW_OK)
        forget_changes(path);
    return status;
}

static kw_status look(const char *path, struct file_facts *out)
{
    return fails(DISK_LOOK, path) ? failure() : below->look(path, out);
}

static kw_status set_modified(const char *path, int64_t modified_ms)
{
    return fails(DISK_TOUCH, path) ? failure() : below->set_modified(path, modified_ms);
}

static kw_status map_file(struct file_map *file, const char *path, size_t capacity)
{
    return fails(DISK_MAP, path) ? failure() : below->map(file, path, capacity);
}

static kw_status load_file(const char *path, size_t limit, kw_arena *arena, kw_bytes *out)
{
    return fails(DISK_LOAD, path) ? failure() : below->load(path, limit, arena, out);
}

static enum file_lock_outcome lock_file(const char *folder, const char *path)
{
    return fails(DISK_LOCK, path) ? FILE_LOCK_FAILED : below->lock(folder, path);
}

static kw_status list_folder(const char *path, kw_arena *arena, struct folder_names *out)
{
    return fails(DISK_LIST, path) ? failure() : below->list(path, arena, out);
}

static kw_status create_folder(const char *path)
{
    struct file_facts facts;
    bool exists = below->look(path, &facts) == KW_OK; /* which is found first */
    return !exists && fails(DISK_MAKE_FOLDER, path) ? failure() : below->create_folder(path);
}

static kw_status remove_folder(const char *path)
{
    return fails(DISK_REMOVE, path) ? failure() : below->remove_folder(path);
}

static kw_status sync_folder(const char *path)
{
    return fails(DISK_SYNC, path) ? failure() : below->sync_folder(path);
}

static kw_status space(const char *path, uint64_t *total, uint64_t *usable)
{
    return fails(DISK_SPACE, path) ? failure() : below->space(path, total, usable);
}

void disk_start(void)
{
    static struct file_layer layer;
    layer = *below;
    layer.open = open_file;
    layer.close = close_file;
    layer.write = write_file;
    layer.truncate = truncate_file;
    layer.size = size_of;
    layer.sync = sync_file;
    layer.rename = rename_path;
    layer.remove = remove_file;
    layer.look = look;
    layer.set_modified = set_modified;
    layer.map = map_file;
    layer.load = load_file;
    layer.lock = lock_file;
    layer.list = list_folder;
    layer.create_folder = create_folder;
    layer.remove_folder = remove_folder;
    layer.sync_folder = sync_folder;
    layer.space = space;
    memset(&disk, 0, sizeof disk);
    if (!file_memory_start(CAPACITY))
        abort();
    file_layer_use(&layer);
}

void disk_stop(void)
{
    forget_changes(NULL);
    file_layer_use(&file_layer_system);
    file_memory_stop();
}

void disk_fail(const struct disk_plan *plan)
{
    static const struct disk_plan nothing = {.fail = 0};
    disk.plan = plan != NULL ? *plan : nothing;
    disk.calls = 0;
    forget_changes(NULL);
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

/* ---- what is on it ---- */

static int compare_names(const void *a, const void *b)
{
    return kw_string_compare(*(const kw_string *)a, *(const kw_string *)b);
}

void disk_list(const char *folder, void (*found)(void *context, const char *path, size_t size), void *context)
{
    kw_arena arena;
    struct folder_names names = {NULL, 0};
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LARGEST);
    if (below->list(folder, &arena, &names) != KW_OK)
        names.len = 0;
    if (names.len != 0)
        qsort(names.items, names.len, sizeof *names.items, compare_names);
    for (size_t i = 0; i < names.len; i++) {
        char path[KW_PATH_SIZE];
        struct file_facts facts;
        (void)snprintf(path, sizeof path, "%s/%.*s", folder, KW_FMT(names.items[i]));
        if (below->look(path, &facts) != KW_OK)
            continue;
        if (facts.is_folder)
            disk_list(path, found, context);
        else
            found(context, path, facts.size);
    }
    kw_arena_finish(&arena);
}

uint8_t *disk_read(const char *path, size_t *size)
{
    kw_arena arena;
    kw_bytes bytes = {NULL, 0};
    uint8_t *copy = NULL;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LARGEST);
    if (below->load(path, LARGEST / 2, &arena, &bytes) == KW_OK) {
        copy = malloc((size_t)bytes.len + 1);
        if (copy == NULL)
            abort();
        if (bytes.len != 0)
            memcpy(copy, bytes.data, (size_t)bytes.len);
        *size = (size_t)bytes.len;
    }
    kw_arena_finish(&arena);
    return copy;
}

static void make_folders(const char *path)
{
    char folder[KW_PATH_SIZE];
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        (void)below->create_folder(folder); /* it may be there */
    }
}

void disk_write(const char *path, const uint8_t *bytes, size_t size)
{
    make_folders(path);
    struct file file = FILE_NONE;
    const kw_span part = {bytes, size};
    if (below->open(&file, path, FILE_CREATE | FILE_TRUNCATE) != KW_OK ||
        (size != 0 && below->write(&file, 0, &part, 1) != KW_OK))
        abort();
    (void)below->close(&file);
}
