/* SPDX-License-Identifier: Apache-2.0 */
#include "tape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/crc.h>

#include "../disk/contents.h"
#include "../disk/hooked_files.h"
#include "../simulation/world.h"
#include "base/clock.h"
#include "base/file_memory.h"

enum { CAPACITY = 1 << 30 };

struct tape tape;

static bool is_recording, is_dead;

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

/* ---- the tape ---- */

static struct op *add(enum op_kind kind, int32_t node)
{
    if (tape.count == tape.capacity) {
        tape.capacity = tape.capacity * 2 + 256;
        tape.ops = realloc(tape.ops, tape.capacity * sizeof *tape.ops);
        if (tape.ops == NULL)
            broken("there is no memory");
    }
    tape.nodes = (uint32_t)numbers_count();
    struct op *op = &tape.ops[tape.count++];
    *op = (struct op){.kind = kind, .node = (uint32_t)node, .time = clock_wall_ms(), .now = clock_ms()};
    return op;
}

/* Its folder has a number before the new one. */
static int32_t add_node(enum op_kind kind, const char *path)
{
    const char *name;
    uint32_t folder = (uint32_t)number_of_folder(path, &name);
    int32_t node = number_of(path);
    struct op *op = add(kind, node);
    op->to = folder;
    op->to_name = copy(name, strlen(name));
    return node;
}

static void leave(struct op *op, const char *path)
{
    const char *name;
    op->from = (uint32_t)number_of_folder(path, &name);
    op->from_name = copy(name, strlen(name));
}

static void record_write(int32_t node, size_t position, const kw_span *parts, size_t count, size_t size)
{
    if (size == 0)
        return;
    uint8_t *bytes = malloc(size);
    if (bytes == NULL)
        broken("there is no memory");
    size_t at = 0;
    for (size_t i = 0; i < count; at += parts[i++].size)
        if (parts[i].size != 0)
            memcpy(bytes + at, parts[i].data, parts[i].size);
    struct op *op = add(OP_WRITE, node);
    op->bytes = bytes;
    op->position = position;
    op->size = size;
}

static void record_rename(const struct file_call *call)
{
    const char *name;
    struct op *op = add(OP_RENAME, call->number);
    leave(op, call->path);
    op->to = (uint32_t)number_of_folder(call->to, &name);
    op->to_name = copy(name, strlen(name));
}

/* ---- the hooks ---- */

static bool may(struct file_call *call)
{
    errno = EIO;
    return !is_dead || (call->kind & (CALL_CHANGES | CALL_LOCK)) == 0;
}

static void record(const struct file_call *call)
{
    if (!is_recording)
        return;
    switch (call->kind) {
    case CALL_CREATE:
    case CALL_LOCK:
        if (call->makes)
            (void)add_node(OP_CREATE, call->path);
        else if (call->empties)
            (void)add(OP_TRUNCATE, call->number);
        break;
    case CALL_WRITE:
        record_write(call->number, call->position, call->parts, call->count, call->size);
        break;
    case CALL_TRUNCATE:
        add(OP_TRUNCATE, call->number)->size = call->size;
        break;
    case CALL_SYNC:
        (void)add(call->is_folder ? OP_SYNC_FOLDER : OP_SYNC, call->number);
        break;
    case CALL_RENAME:
        record_rename(call);
        break;
    case CALL_REMOVE:
        leave(add(OP_REMOVE, call->number), call->path);
        break;
    case CALL_MAKE_FOLDER:
        (void)add_node(OP_FOLDER, call->path);
        break;
    case CALL_TOUCH:
        add(OP_TOUCH, call->number)->time = call->modified_ms;
        break;
    default: /* a file that is opened, which changes nothing */
        break;
    }
}

/* ---- all of it ---- */

void tape_load(void)
{
    static const struct file_hooks hooks = {.before = may, .after = record, .is_sparse = true};
    is_recording = is_dead = false;
    hooked_files_start(CAPACITY, &hooks);
}

void tape_unload(void)
{
    hooked_files_stop();
}

static void record_file(const char *path)
{
    size_t size = 0;
    int32_t node = add_node(OP_CREATE, path);
    uint8_t *bytes = contents_of(path, &size);
    const kw_span part = {bytes, size};
    struct file_facts facts;
    record_write(node, 0, &part, 1, size);
    free(bytes);
    if (file_look(path, &facts) == KW_OK)
        add(OP_TOUCH, node)->time = facts.modified_ms;
    (void)add(OP_SYNC, node);
}

static void record_folder(const char *path)
{
    struct folder_names found;
    kw_arena arena;
    int32_t node = number_of(path);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), CAPACITY);
    if (folder_list(path, &arena, &found) != KW_OK)
        broken("a folder cannot be read");
    for (size_t i = 0; i < found.len; i++) {
        char below[KW_PATH_SIZE];
        if (path_join(below, path, found.items[i]) != KW_OK)
            broken("a path is too long");
        if (!folder_exists(below)) {
            record_file(below);
            continue;
        }
        (void)add_node(OP_FOLDER, below);
        record_folder(below);
    }
    (void)add(OP_SYNC_FOLDER, node);
    kw_arena_finish(&arena);
}

void tape_record(void)
{
    tape_forget();
    numbers_start();
    record_folder("/");
    is_recording = true;
}

void tape_pause(void)
{
    is_recording = false;
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
