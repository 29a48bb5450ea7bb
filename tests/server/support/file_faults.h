/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_SUPPORT_FILE_FAULTS_H
#define TESTS_SERVER_SUPPORT_FILE_FAULTS_H

/* A file layer in front of the one in use that records what is called, and fails calls as a test plans.
 *
 *     file_faults_start();
 *     file_faults_plan(FAULT_WRITE | FAULT_SYNC, 2, 1, EIO);   the third of them fails, once
 *     ...
 *     assert_string_equal(file_faults_calls(), "open t-0/a\nwrite t-0/a 0 61\n");
 *     file_faults_stop();
 *
 * Any thread may call while it is in use. */

#include "../../unit/support.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/file_layer.h"

enum file_fault {
    FAULT_OPEN = 1,
    FAULT_CLOSE = 2,
    FAULT_WRITE = 4,
    FAULT_TRUNCATE = 8,
    FAULT_SIZE = 16,
    FAULT_SYNC = 32,
    FAULT_RENAME = 64,
    FAULT_REMOVE = 128,
    FAULT_LOOK = 256,
    FAULT_MAP = 512,
    FAULT_LOAD = 1024,
    FAULT_LOCK = 2048,
    FAULT_LIST = 4096,
    FAULT_CREATE_FOLDER = 8192,
    FAULT_REMOVE_FOLDER = 16384,
    FAULT_SYNC_FOLDER = 32768,
    FAULT_SPACE = 65536,
    FAULT_CHANGES = FAULT_OPEN | FAULT_WRITE | FAULT_TRUNCATE | FAULT_SYNC | FAULT_RENAME | FAULT_REMOVE |
                    FAULT_CREATE_FOLDER | FAULT_REMOVE_FOLDER | FAULT_SYNC_FOLDER,
    FAULT_ANY = 131071
};

enum { FAULT_FOREVER = 1 << 30 };

struct faulty_file {
    struct file below;
    char path[];
};

static struct {
    pthread_mutex_t lock;
    const struct file_layer *below;
    unsigned kinds;
    size_t pass; /* calls that succeed before one fails */
    size_t fail; /* calls that fail then */
    int error;
    size_t cut;       /* bytes that a write writes before it fails */
    const char *part; /* of the paths that are meant; NULL: all */
    unsigned held;    /* kinds of calls that wait */
    unsigned waiting;
    pthread_cond_t changed;
    unsigned recorded;
    char calls[64 * 1024];
    size_t calls_size;
    atomic_size_t bytes_read; /* or could be, as they were mapped */
} file_faults = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* ---- for layers ---- */

/* Records a call, and whether it is to fail; errno is set then. */
static inline bool file_fault(enum file_fault kind, const char *name, const char *path, const char *more)
{
    (void)pthread_mutex_lock(&file_faults.lock);
    if ((file_faults.recorded & (unsigned)kind) != 0) {
        size_t left = sizeof file_faults.calls - file_faults.calls_size;
        int n = snprintf(file_faults.calls + file_faults.calls_size, left, "%s %s%s\n", name, path, more);
        if (n > 0 && (size_t)n < left)
            file_faults.calls_size += (size_t)n;
    }
    file_faults.waiting++;
    (void)pthread_cond_broadcast(&file_faults.changed);
    while ((file_faults.held & (unsigned)kind) != 0)
        (void)pthread_cond_wait(&file_faults.changed, &file_faults.lock);
    file_faults.waiting--;
    bool meant = (file_faults.kinds & (unsigned)kind) != 0 && file_faults.fail != 0 &&
                 (file_faults.part == NULL || strstr(path, file_faults.part) != NULL);
    bool fails = meant && file_faults.pass == 0;
    if (fails)
        file_faults.fail--;
    else if (meant)
        file_faults.pass--;
    int error = file_faults.error;
    (void)pthread_mutex_unlock(&file_faults.lock);
    if (fails)
        errno = error;
    return fails;
}

static inline struct faulty_file *faulty(const struct file *file)
{
    return (struct faulty_file *)file->handle;
}

static inline kw_status faulty_open(struct file *file, const char *path, unsigned how)
{
    if (file_fault(FAULT_OPEN, "open", path, ""))
        return errno == ENOENT ? KW_ERR_NO_FILE : KW_ERR_FILE;
    struct faulty_file *own = malloc(sizeof *own + strlen(path) + 1);
    if (own == NULL)
        abort();
    strcpy(own->path, path);
    own->below = (struct file)FILE_NONE;
    kw_status status = file_faults.below->open(&own->below, path, how);
    if (status == KW_OK)
        file->handle = (intptr_t)own;
    else
        free(own);
    return status;
}

static inline kw_status faulty_close(struct file *file)
{
    struct faulty_file *own = faulty(file);
    bool fails = file_fault(FAULT_CLOSE, "close", own->path, "");
    int error = errno;
    kw_status status = file_faults.below->close(&own->below);
    free(own);
    if (fails)
        errno = error;
    return fails ? KW_ERR_FILE : status;
}

static inline kw_status faulty_write(struct file *file, size_t position, const kw_span *parts, size_t count)
{
    struct faulty_file *own = faulty(file);
    char more[64];
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += parts[i].size;
    (void)snprintf(more, sizeof more, " %zu %zu", position, size);
    if (!file_fault(FAULT_WRITE, "write", own->path, more))
        return file_faults.below->write(&own->below, position, parts, count);
    int error = errno;
    size_t left = file_faults.cut;
    for (size_t i = 0; i < count && left != 0; position += parts[i++].size) {
        const kw_span part = {parts[i].data, parts[i].size < left ? parts[i].size : left};
        left -= part.size;
        if (file_faults.below->write(&own->below, position, &part, 1) != KW_OK)
            abort();
    }
    errno = error;
    return KW_ERR_FILE;
}

static inline kw_status faulty_truncate(struct file *file, size_t size)
{
    struct faulty_file *own = faulty(file);
    char more[32];
    (void)snprintf(more, sizeof more, " %zu", size);
    return file_fault(FAULT_TRUNCATE, "truncate", own->path, more) ? KW_ERR_FILE
                                                                   : file_faults.below->truncate(&own->below, size);
}

static inline kw_status faulty_size(struct file *file, size_t *size)
{
    struct faulty_file *own = faulty(file);
    return file_fault(FAULT_SIZE, "size", own->path, "") ? KW_ERR_FILE : file_faults.below->size(&own->below, size);
}

static inline kw_status faulty_sync(struct file *file)
{
    struct faulty_file *own = faulty(file);
    return file_fault(FAULT_SYNC, "sync", own->path, "") ? KW_ERR_FILE : file_faults.below->sync(&own->below);
}

static inline kw_status faulty_rename(const char *from, const char *to)
{
    char more[KW_PATH_SIZE + 8];
    (void)snprintf(more, sizeof more, " %s", to);
    return file_fault(FAULT_RENAME, "rename", from, more) ? KW_ERR_FILE : file_faults.below->rename(from, to);
}

static inline kw_status faulty_remove(const char *path)
{
    return file_fault(FAULT_REMOVE, "remove", path, "") ? KW_ERR_FILE : file_faults.below->remove(path);
}

static inline kw_status faulty_look(const char *path, struct file_facts *out)
{
    return file_fault(FAULT_LOOK, "look", path, "") ? KW_ERR_FILE : file_faults.below->look(path, out);
}

static inline kw_status faulty_set_modified(const char *path, int64_t modified_ms)
{
    return file_fault(FAULT_LOOK, "set the time of", path, "") ? KW_ERR_FILE
                                                               : file_faults.below->set_modified(path, modified_ms);
}

static inline kw_status faulty_map(struct file_map *file, const char *path, size_t capacity)
{
    if (file_fault(FAULT_MAP, "map", path, ""))
        return KW_ERR_FILE;
    kw_status status = file_faults.below->map(file, path, capacity);
    if (status == KW_OK)
        atomic_fetch_add(&file_faults.bytes_read, file->size);
    return status;
}

static inline void faulty_unmap(struct file_map *file)
{
    file_faults.below->unmap(file);
}

static inline bool faulty_is_resident(const struct file_map *file, size_t from, size_t to)
{
    return file_faults.below->is_resident(file, from, to);
}

static inline kw_status faulty_load(const char *path, size_t limit, kw_arena *arena, kw_bytes *out)
{
    if (file_fault(FAULT_LOAD, "load", path, ""))
        return KW_ERR_FILE;
    kw_status status = file_faults.below->load(path, limit, arena, out);
    if (status == KW_OK)
        atomic_fetch_add(&file_faults.bytes_read, (size_t)out->len);
    return status;
}

static inline enum file_lock_outcome faulty_lock(const char *folder, const char *path)
{
    if (file_fault(FAULT_LOCK, "lock", path, ""))
        return errno == EAGAIN ? FILE_LOCK_TAKEN : FILE_LOCK_FAILED;
    return file_faults.below->lock(folder, path);
}

static inline kw_status faulty_list(const char *path, kw_arena *arena, struct folder_names *out)
{
    return file_fault(FAULT_LIST, "list", path, "") ? KW_ERR_FILE : file_faults.below->list(path, arena, out);
}

static inline kw_status faulty_create_folder(const char *path)
{
    return file_fault(FAULT_CREATE_FOLDER, "create_folder", path, "") ? KW_ERR_FILE
                                                                      : file_faults.below->create_folder(path);
}

static inline kw_status faulty_remove_folder(const char *path)
{
    return file_fault(FAULT_REMOVE_FOLDER, "remove_folder", path, "") ? KW_ERR_FILE
                                                                      : file_faults.below->remove_folder(path);
}

static inline kw_status faulty_sync_folder(const char *path)
{
    return file_fault(FAULT_SYNC_FOLDER, "sync_folder", path, "") ? KW_ERR_FILE : file_faults.below->sync_folder(path);
}

static inline kw_status faulty_space(const char *path, uint64_t *total, uint64_t *usable)
{
    return file_fault(FAULT_SPACE, "space", path, "") ? KW_ERR_FILE : file_faults.below->space(path, total, usable);
}

/* ---- for tests ---- */

/* Nothing fails yet; FAULT_CHANGES are recorded. While no file is open. */
static inline void file_faults_start(void)
{
    static const struct file_layer layer = {
        .open = faulty_open,
        .close = faulty_close,
        .write = faulty_write,
        .truncate = faulty_truncate,
        .size = faulty_size,
        .sync = faulty_sync,
        .rename = faulty_rename,
        .remove = faulty_remove,
        .look = faulty_look,
        .set_modified = faulty_set_modified,
        .map = faulty_map,
        .unmap = faulty_unmap,
        .is_resident = faulty_is_resident,
        .load = faulty_load,
        .lock = faulty_lock,
        .list = faulty_list,
        .create_folder = faulty_create_folder,
        .remove_folder = faulty_remove_folder,
        .sync_folder = faulty_sync_folder,
        .space = faulty_space,
        .is_sparse = true, /* whatever is below, so that it is seen what would be done */
    };
    file_faults.below = file_layer_in_use();
    file_faults.fail = file_faults.calls_size = file_faults.cut = 0;
    file_faults.held = 0;
    file_faults.part = NULL;
    file_faults.recorded = FAULT_CHANGES;
    file_layer_use(&layer);
}

/* While no file is open. */
static inline void file_faults_stop(void)
{
    file_layer_use(file_faults.below);
}

/* Of the calls of these kinds (FAULT_..., or'ed) the first `pass` succeed, and after them `fail` ones fail. A call that
 * fails is not made. */
static inline void file_faults_plan(unsigned kinds, size_t pass, size_t fail, int error)
{
    (void)pthread_mutex_lock(&file_faults.lock);
    file_faults.kinds = kinds;
    file_faults.pass = pass;
    file_faults.fail = fail;
    file_faults.error = error;
    (void)pthread_mutex_unlock(&file_faults.lock);
}

/* Only calls with this in their path fail, from now on; NULL: all. */
static inline void file_faults_only(const char *part)
{
    file_faults.part = part;
}

/* A write that fails writes this many bytes before. */
static inline void file_faults_cut(size_t size)
{
    file_faults.cut = size;
}

/* Calls of these kinds wait from now on, until others or none are held. */
static inline void file_faults_hold(unsigned kinds)
{
    (void)pthread_mutex_lock(&file_faults.lock);
    file_faults.held = kinds;
    (void)pthread_cond_broadcast(&file_faults.changed);
    (void)pthread_mutex_unlock(&file_faults.lock);
}

/* Returns when another thread is in a call that is held. */
static inline void file_faults_wait_for_held(void)
{
    (void)pthread_mutex_lock(&file_faults.lock);
    while (file_faults.waiting == 0)
        (void)pthread_cond_wait(&file_faults.changed, &file_faults.lock);
    (void)pthread_mutex_unlock(&file_faults.lock);
}

/* Whether the plan has been carried out, as far as it is limited. */
static inline bool file_faults_done(void)
{
    (void)pthread_mutex_lock(&file_faults.lock);
    bool done = file_faults.fail == 0;
    (void)pthread_mutex_unlock(&file_faults.lock);
    return done;
}

/* Which calls are recorded from now on; what was recorded is forgotten, and the bytes that were read. */
static inline void file_faults_record(unsigned kinds)
{
    (void)pthread_mutex_lock(&file_faults.lock);
    file_faults.recorded = kinds;
    file_faults.calls_size = 0;
    atomic_store(&file_faults.bytes_read, 0);
    (void)pthread_mutex_unlock(&file_faults.lock);
}

/* What was called, one line each: name, path, and position and size of a write, size of a truncation, new path of a
 * renaming. Also of calls that failed. */
static inline const char *file_faults_calls(void)
{
    file_faults.calls[file_faults.calls_size] = '\0';
    return file_faults.calls;
}

#endif
