/* SPDX-License-Identifier: Apache-2.0 */
#include "tape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/crc.h>

#include "../simulation/world.h"
#include "base/clock.h"
#include "base/file_layer.h"
#include "base/file_memory.h"

enum { CAPACITY = 1 << 30, MOST_OPEN = 1024 };

struct tape tape;

/* Where names lead, as far as it is recorded. */
struct entry {
    char *name;
    uint32_t folder;
    uint32_t node;
};

static struct {
    struct entry *items;
    size_t count, capacity;
} names;

/* Open files by what the layer below calls them. */
static struct {
    intptr_t handle;
    uint32_t node;
} opened[MOST_OPEN];
static size_t opened_count;
static bool is_recording, is_dead;

static void *grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity * 2 + 256;
    void *larger = realloc(items, *capacity * size);
    if (larger == NULL)
        broken("there is no memory");
    return larger;
}

static void *copy(const void *bytes, size_t size)
{
    void *made = malloc(size + 1);
    if (made == NULL)
        broken("there is no memory");
    if (size != 0)
        memcpy(made, bytes, size);
    ((char *)made)[size] = '\0';
    return made;
}

/* ---- names ---- */

static struct entry *find_entry(uint32_t folder, const char *name, size_t length)
{
    for (size_t i = 0; i < names.count; i++)
        if (names.items[i].folder == folder && strncmp(names.items[i].name, name, length) == 0 &&
            names.items[i].name[length] == '\0')
            return &names.items[i];
    return NULL;
}

static void add_entry(uint32_t folder, const char *name, uint32_t node)
{
    names.items = grow(names.items, names.count, &names.capacity, sizeof *names.items);
    names.items[names.count++] = (struct entry){copy(name, strlen(name)), folder, node};
}

static void remove_entry(struct entry *entry)
{
    free(entry->name);
    *entry = names.items[--names.count];
}

struct place {
    uint32_t folder;
    const char *name; /* within the path; empty for the root */
    struct entry *entry;
};

/* Of a path without empty parts, whose folders exist. */
static struct place find(const char *path)
{
    struct place p = {0, "", NULL};
    while (*path == '/')
        path++;
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        p.folder = p.entry != NULL ? p.entry->node : 0;
        p.name = path;
        p.entry = find_entry(p.folder, path, length);
        path += length;
        if (*path == '\0')
            break;
        if (p.entry == NULL)
            broken("a folder is not known to the tape");
        path++;
    }
    return p;
}

/* ---- the tape ---- */

static struct op *add(enum op_kind kind, uint32_t node)
{
    tape.ops = grow(tape.ops, tape.count, &tape.capacity, sizeof *tape.ops);
    struct op *op = &tape.ops[tape.count++];
    *op = (struct op){.kind = kind, .node = node, .time = clock_wall_ms(), .now = clock_ms()};
    return op;
}

static uint32_t add_node(enum op_kind kind, const struct place *at)
{
    uint32_t node = tape.nodes++;
    add_entry(at->folder, at->name, node);
    struct op *op = add(kind, node);
    op->to = at->folder;
    op->to_name = copy(at->name, strlen(at->name));
    return node;
}

static uint32_t node_of(const struct file *file)
{
    for (size_t i = opened_count; i > 0; i--)
        if (opened[i - 1].handle == file->handle)
            return opened[i - 1].node;
    broken("a file is not known to the tape");
}

static void note_open(const struct file *file, uint32_t node)
{
    if (opened_count == MOST_OPEN)
        broken("too many files are open");
    opened[opened_count].handle = file->handle;
    opened[opened_count++].node = node;
}

/* ---- the layer ---- */

static bool is_alive(void)
{
    errno = EIO;
    return !is_dead;
}

static kw_status open_file(struct file *file, const char *path, unsigned how)
{
    if (is_dead && (how & (FILE_CREATE | FILE_TRUNCATE)) != 0) {
        errno = EIO;
        return KW_ERR_FILE;
    }
    kw_status status = file_layer_memory.open(file, path, how);
    if (status != KW_OK || !is_recording)
        return status;
    struct place at = find(path);
    bool is_new = at.entry == NULL;
    uint32_t node = is_new ? add_node(OP_CREATE, &at) : at.entry->node;
    if (!is_new && (how & FILE_TRUNCATE) != 0)
        (void)add(OP_TRUNCATE, node);
    note_open(file, node);
    return KW_OK;
}

static kw_status close_file(struct file *file)
{
    for (size_t i = opened_count; is_recording && i > 0; i--)
        if (opened[i - 1].handle == file->handle) {
            opened[i - 1] = opened[--opened_count];
            break;
        }
    return file_layer_memory.close(file);
}

static void record_write(uint32_t node, size_t position, const kw_span *parts, size_t count)
{
    size_t size = 0, at = 0;
    for (size_t i = 0; i < count; i++)
        size += parts[i].size;
    if (size == 0)
        return;
    uint8_t *bytes = malloc(size);
    if (bytes == NULL)
        broken("there is no memory");
    for (size_t i = 0; i < count; at += parts[i++].size)
        if (parts[i].size != 0)
            memcpy(bytes + at, parts[i].data, parts[i].size);
    struct op *op = add(OP_WRITE, node);
    op->bytes = bytes;
    op->position = position;
    op->size = size;
}

static kw_status write_file(struct file *file, size_t position, const kw_span *parts, size_t count)
{
    kw_status status = is_alive() ? file_layer_memory.write(file, position, parts, count) : KW_ERR_FILE;
    if (status == KW_OK && is_recording)
        record_write(node_of(file), position, parts, count);
    return status;
}

static kw_status truncate_file(struct file *file, size_t size)
{
    kw_status status = is_alive() ? file_layer_memory.truncate(file, size) : KW_ERR_FILE;
    if (status == KW_OK && is_recording)
        add(OP_TRUNCATE, node_of(file))->size = size;
    return status;
}

static kw_status sync_file(struct file *file)
{
    if (!is_alive())
        return KW_ERR_FILE;
    if (is_recording)
        (void)add(OP_SYNC, node_of(file));
    return KW_OK;
}

static kw_status rename_path(const char *from, const char *to)
{
    kw_status status = is_alive() ? file_layer_memory.rename(from, to) : KW_ERR_FILE;
    if (status != KW_OK || !is_recording)
        return status;
    struct place replaced = find(to);
    if (replaced.entry != NULL)
        remove_entry(replaced.entry);
    struct place source = find(from), target = find(to);
    struct op *op = add(OP_RENAME, source.entry->node);
    op->from = source.folder;
    op->to = target.folder;
    op->from_name = copy(source.name, strlen(source.name));
    op->to_name = copy(target.name, strlen(target.name));
    remove_entry(source.entry);
    add_entry(op->to, op->to_name, op->node);
    return KW_OK;
}

static void record_removal(const char *path)
{
    struct place at = find(path);
    struct op *op = add(OP_REMOVE, at.entry->node);
    op->from = at.folder;
    op->from_name = copy(at.name, strlen(at.name));
    remove_entry(at.entry);
}

static kw_status remove_file(const char *path)
{
    kw_status status = is_alive() ? file_layer_memory.remove(path) : KW_ERR_FILE;
    if (status == KW_OK && is_recording)
        record_removal(path);
    return status;
}

static kw_status remove_folder(const char *path)
{
    kw_status status = is_alive() ? file_layer_memory.remove_folder(path) : KW_ERR_FILE;
    if (status == KW_OK && is_recording)
        record_removal(path);
    return status;
}

static kw_status create_folder(const char *path)
{
    kw_status status = is_alive() ? file_layer_memory.create_folder(path) : KW_ERR_FILE;
    if (status == KW_OK && is_recording) {
        struct place at = find(path);
        (void)add_node(OP_FOLDER, &at);
    }
    return status;
}

static kw_status sync_folder(const char *path)
{
    kw_status status = is_alive() ? file_layer_memory.sync_folder(path) : KW_ERR_FILE;
    if (status == KW_OK && is_recording) {
        struct place at = find(path);
        (void)add(OP_SYNC_FOLDER, at.entry != NULL ? at.entry->node : 0);
    }
    return status;
}

static kw_status set_modified(const char *path, int64_t modified_ms)
{
    kw_status status = is_alive() ? file_layer_memory.set_modified(path, modified_ms) : KW_ERR_FILE;
    if (status == KW_OK && is_recording)
        add(OP_TOUCH, find(path).entry->node)->time = modified_ms;
    return status;
}

/* It may create the file. */
static enum file_lock_outcome lock_file(const char *folder, const char *path)
{
    struct file file = FILE_NONE;
    (void)folder;
    if (open_file(&file, path, FILE_CREATE) != KW_OK)
        return FILE_LOCK_FAILED;
    (void)close_file(&file);
    return FILE_LOCKED;
}

/* ---- all of it ---- */

void tape_load(void)
{
    static struct file_layer layer;
    layer = file_layer_memory;
    layer.open = open_file;
    layer.close = close_file;
    layer.write = write_file;
    layer.truncate = truncate_file;
    layer.sync = sync_file;
    layer.rename = rename_path;
    layer.remove = remove_file;
    layer.set_modified = set_modified;
    layer.lock = lock_file;
    layer.create_folder = create_folder;
    layer.remove_folder = remove_folder;
    layer.sync_folder = sync_folder;
    layer.is_sparse = true; /* so that what is preallocated is recorded */
    is_recording = is_dead = false;
    if (!file_memory_start(CAPACITY))
        broken("there is no memory for files");
    file_layer_use(&layer);
}

void tape_unload(void)
{
    file_layer_use(&file_layer_system);
    file_memory_stop();
}

static void record_file(const char *path, const struct place *at)
{
    kw_arena arena;
    kw_bytes bytes;
    uint32_t node = add_node(OP_CREATE, at);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), CAPACITY);
    if (file_layer_memory.load(path, CAPACITY, &arena, &bytes) != KW_OK)
        broken("a file cannot be read");
    const kw_span part = {bytes.data, (size_t)bytes.len};
    record_write(node, 0, &part, 1);
    kw_arena_finish(&arena);
    struct file_facts facts;
    if (file_layer_memory.look(path, &facts) == KW_OK)
        add(OP_TOUCH, node)->time = facts.modified_ms;
    (void)add(OP_SYNC, node);
}

static void record_folder(const char *path, uint32_t node)
{
    struct folder_names found;
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), CAPACITY);
    if (folder_list(path, &arena, &found) != KW_OK)
        broken("a folder cannot be read");
    for (size_t i = 0; i < found.len; i++) {
        char below[KW_PATH_SIZE];
        struct file_facts facts;
        if (path_join(below, path, found.items[i]) != KW_OK || file_layer_memory.look(below, &facts) != KW_OK)
            broken("a file cannot be found");
        struct place at = {.folder = node, .name = found.items[i].data};
        if (facts.is_folder)
            record_folder(below, add_node(OP_FOLDER, &at));
        else
            record_file(below, &at);
    }
    (void)add(OP_SYNC_FOLDER, node);
    kw_arena_finish(&arena);
}

void tape_record(void)
{
    tape_forget();
    tape.nodes = 1;
    record_folder("/", 0);
    is_recording = true;
}

void tape_pause(void)
{
    is_recording = false;
    opened_count = 0;
}

bool tape_is_recording(void)
{
    return is_recording;
}

void tape_forget(void)
{
    for (size_t i = 0; i < tape.count; i++) {
        free((void *)(uintptr_t)tape.ops[i].bytes);
        free((void *)(uintptr_t)tape.ops[i].from_name);
        free((void *)(uintptr_t)tape.ops[i].to_name);
    }
    free(tape.ops);
    memset(&tape, 0, sizeof tape);
    for (size_t i = 0; i < names.count; i++)
        free(names.items[i].name);
    free(names.items);
    memset(&names, 0, sizeof names);
    opened_count = 0;
}

void tape_kill(void)
{
    is_dead = true;
    tape_pause();
}

void tape_revive(void)
{
    is_dead = false;
}

static bool is_segment(kw_string name)
{
    return name.len > 4 && strcmp(name.data + name.len - 4, ".log") == 0;
}

static uint64_t digest_of(uint64_t hash, const char *path, bool segments)
{
    struct folder_names found;
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), CAPACITY);
    if (folder_list(path, &arena, &found) != KW_OK)
        broken("a folder cannot be read");
    for (size_t i = 0; i < found.len; i++) {
        char below[KW_PATH_SIZE];
        kw_bytes bytes;
        if (segments && !is_segment(found.items[i]))
            continue;
        if (path_join(below, path, found.items[i]) != KW_OK ||
            file_layer_memory.load(below, CAPACITY, &arena, &bytes) != KW_OK)
            broken("%s cannot be read", below);
        while (bytes.len > 0 && bytes.data[bytes.len - 1] == 0)
            bytes.len--;
        note("%s: %d bytes, checksum %08x", below, bytes.len, kw_crc32c(0, bytes.data, (size_t)bytes.len));
        hash = hash * 31 + kw_crc32c(1, found.items[i].data, (size_t)found.items[i].len);
        hash = hash * 31 + kw_crc32c((uint32_t)bytes.len, bytes.data, (size_t)bytes.len);
    }
    kw_arena_finish(&arena);
    return hash;
}

uint64_t tape_digest(const char *path, bool segments)
{
    struct file_facts facts;
    return file_layer_memory.look(path, &facts) == KW_OK ? digest_of(1, path, segments) : 0;
}
