/* SPDX-License-Identifier: Apache-2.0 */
#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "../disk/contents.h"
#include "../simulation/world.h"
#include "base/file_memory.h"
#include "tape.h"

enum { SECTOR = 512 };

/* What becomes of the changes of a file that were not synced. */
enum fate {
    UNDECIDED,
    ALL,
    NONE,
    FIRST,  /* so many, and a part of the next one */
    SECTORS /* some sectors of each; the size is one that it had, or between two */
};

struct node {
    bool is_folder;
    uint32_t disk; /* the folder of the root that it is in */
    enum fate fate;
    bool has_garbage;    /* SECTORS: where the size was written and the data was not; else zeros */
    size_t left;         /* FIRST: of the changes */
    unsigned likelihood; /* SECTORS: of each, of 8 */
    size_t full;         /* SECTORS: the size if all had been done */
    uint8_t *data;       /* zeros beyond the size */
    size_t size, capacity;
    size_t durable_size; /* SECTORS: before the first change that was not synced */
    size_t synced;       /* changes before this one are on the disk */
    size_t names_until;  /* CRASH_JOURNALED, of a folder of the root: names in it are as of this change */
    size_t pending;      /* changes that are not */
    int64_t time;
};

struct entry {
    const char *name;
    uint32_t folder, node;
};

/* Kept from one state to the next, so that memory is allocated once. */
static struct {
    struct node *nodes;
    size_t node_capacity;
    struct entry *entries;
    size_t entry_count, entry_capacity;
    struct random_test random;
    enum crash_kind kind;
    unsigned likelihood; /* CRASH_ANYTHING: of names, of 8 */
    size_t point;
} disk;

static size_t choose(size_t limit)
{
    return random_below(&disk.random, limit);
}

/* Whether one of eight chances so many hit. */
static bool happens(unsigned of_eight)
{
    return choose(8) < of_eight;
}

enum crash_kind crash_kind_of(const struct crash *crash)
{
    if (crash->variant < 2)
        return crash->variant == 0 ? CRASH_OF_PROCESS : CRASH_OLDEST;
    return crash->variant % 2 == 0 ? CRASH_JOURNALED : CRASH_ANYTHING;
}

/* ---- what was synced ---- */

static bool changes_names(const struct op *op)
{
    return op->kind == OP_CREATE || op->kind == OP_FOLDER || op->kind == OP_RENAME || op->kind == OP_REMOVE;
}

static bool changes_content(const struct op *op)
{
    return op->kind == OP_WRITE || op->kind == OP_TRUNCATE;
}

static void clear_nodes(void)
{
    if (tape.nodes > disk.node_capacity) {
        disk.nodes = realloc(disk.nodes, tape.nodes * sizeof *disk.nodes);
        if (disk.nodes == NULL)
            broken("there is no memory");
        memset(disk.nodes + disk.node_capacity, 0, (tape.nodes - disk.node_capacity) * sizeof *disk.nodes);
        disk.node_capacity = tape.nodes;
    }
    for (size_t i = 0; i < tape.nodes; i++) {
        struct node *n = &disk.nodes[i];
        if (n->size != 0)
            memset(n->data, 0, n->size);
        *n = (struct node){.data = n->data, .capacity = n->capacity};
    }
    disk.nodes[0].is_folder = true;
}

/* Each log directory may be a file system of its own: its names are of a moment of its own. */
static void choose_moments(size_t point)
{
    bool are_one = happens(4);
    size_t until = disk.nodes[0].names_until;
    for (size_t i = 0; are_one && i < tape.nodes; i++)
        if (disk.nodes[i].names_until > until)
            until = disk.nodes[i].names_until;
    size_t all = until + choose(point - until + 1);
    for (size_t i = 0; i < tape.nodes; i++) {
        struct node *n = &disk.nodes[i];
        if (n->disk == i)
            n->names_until = are_one ? all : n->names_until + choose(point - n->names_until + 1);
    }
}

static void look_at_syncs(size_t point)
{
    clear_nodes();
    for (size_t i = 0; i < point; i++) {
        const struct op *op = &tape.ops[i];
        if (op->kind == OP_CREATE || op->kind == OP_FOLDER)
            disk.nodes[op->node].disk = op->to == 0 ? op->node : disk.nodes[op->to].disk;
        if (op->kind == OP_SYNC || op->kind == OP_SYNC_FOLDER) {
            disk.nodes[op->node].synced = i;
            disk.nodes[op->node].pending = 0;
        } else if (changes_content(op)) {
            disk.nodes[op->node].pending++;
        }
        if (op->kind == OP_SYNC_FOLDER)
            disk.nodes[disk.nodes[op->node].disk].names_until = i;
    }
    if (disk.kind == CRASH_JOURNALED)
        choose_moments(point);
}

/* ---- names ---- */

static struct entry *find(uint32_t folder, const char *name)
{
    for (size_t i = 0; i < disk.entry_count; i++)
        if (disk.entries[i].folder == folder && strcmp(disk.entries[i].name, name) == 0)
            return &disk.entries[i];
    return NULL;
}

static void remove_entry(struct entry *entry)
{
    *entry = disk.entries[--disk.entry_count];
}

static void set_entry(uint32_t folder, const char *name, uint32_t node)
{
    struct entry *old = find(folder, name);
    if (old != NULL)
        remove_entry(old);
    if (disk.entry_count == disk.entry_capacity) {
        disk.entry_capacity = disk.entry_capacity * 2 + 256;
        disk.entries = realloc(disk.entries, disk.entry_capacity * sizeof *disk.entries);
        if (disk.entries == NULL)
            broken("there is no memory");
    }
    disk.entries[disk.entry_count++] = (struct entry){name, folder, node};
}

/* Only what the name stands for now is renamed or removed: an earlier change may be lost. */
static void apply_name(const struct op *op)
{
    if (op->kind == OP_CREATE || op->kind == OP_FOLDER) {
        set_entry(op->to, op->to_name, op->node);
        return;
    }
    struct entry *entry = find(op->from, op->from_name);
    if (entry == NULL || entry->node != op->node)
        return;
    remove_entry(entry);
    if (op->kind == OP_RENAME)
        set_entry(op->to, op->to_name, op->node);
}

static bool is_name_safe(const struct op *op, size_t i)
{
    bool from = op->kind == OP_CREATE || op->kind == OP_FOLDER || disk.nodes[op->from].synced > i;
    bool to = op->kind == OP_REMOVE || disk.nodes[op->to].synced > i;
    return from && to;
}

static bool has_name_change(const struct op *op, size_t i)
{
    switch (disk.kind) {
    case CRASH_OF_PROCESS:
        return true;
    case CRASH_OLDEST:
        return is_name_safe(op, i);
    case CRASH_JOURNALED:
        return i < disk.nodes[disk.nodes[op->node].disk].names_until || is_name_safe(op, i);
    default:
        return is_name_safe(op, i) || happens(disk.likelihood);
    }
}

/* ---- contents ---- */

static void reserve(struct node *n, size_t size)
{
    if (size <= n->capacity)
        return;
    size_t capacity = n->capacity * 2 > size ? n->capacity * 2 : size + 1024;
    n->data = realloc(n->data, capacity);
    if (n->data == NULL)
        broken("there is no memory");
    memset(n->data + n->capacity, 0, capacity - n->capacity);
    n->capacity = capacity;
}

static void resize(struct node *n, size_t size)
{
    reserve(n, size);
    if (size < n->size)
        memset(n->data + size, 0, n->size - size);
    n->size = size;
}

static void write_bytes(struct node *n, size_t position, const uint8_t *bytes, size_t size)
{
    if (position + size > n->size)
        resize(n, position + size);
    memcpy(n->data + position, bytes, size);
}

static void apply_content(struct node *n, const struct op *op)
{
    if (op->kind == OP_TRUNCATE)
        resize(n, op->size);
    else
        write_bytes(n, op->position, op->bytes, op->size);
}

static size_t end_of(const struct op *op)
{
    return op->kind == OP_TRUNCATE ? op->size : op->position + op->size;
}

/* The first sectors of a write; the size may be there as a whole. */
static void apply_part(struct node *n, const struct op *op)
{
    if (op->kind != OP_WRITE || op->size == 0)
        return;
    size_t first = op->position / SECTOR, last = (op->position + op->size - 1) / SECTOR;
    size_t until = (first + choose(last - first + 1)) * SECTOR;
    if (until > op->position)
        write_bytes(n, op->position, op->bytes, until - op->position);
    if (happens(4) && end_of(op) > n->size)
        resize(n, end_of(op));
}

static void write_garbage(struct node *n, size_t from, size_t to)
{
    if (to > n->size)
        resize(n, to);
    for (; from < to; from++)
        n->data[from] = (uint8_t)random_next(&disk.random);
}

/* Some of the sectors; the size follows in settle(). */
static void apply_sectors(struct node *n, const struct op *op)
{
    if (op->kind == OP_TRUNCATE) {
        if (happens(n->likelihood))
            resize(n, op->size);
        return;
    }
    for (size_t at = op->position, end = op->position + op->size; at < end;) {
        size_t next = (at / SECTOR + 1) * SECTOR;
        if (next > end)
            next = end;
        if (happens(n->likelihood))
            write_bytes(n, at, op->bytes + (at - op->position), next - at);
        else if (n->has_garbage && at >= n->durable_size)
            write_garbage(n, at, next);
        else if (next > n->full)
            n->full = next;
        at = next;
    }
}

static void decide(struct node *n)
{
    n->durable_size = n->full = n->size;
    n->left = n->likelihood = 0;
    switch (disk.kind) {
    case CRASH_OF_PROCESS:
        n->fate = ALL;
        return;
    case CRASH_OLDEST:
        n->fate = NONE;
        return;
    default:
        break;
    }
    n->fate = (enum fate)(ALL + choose(4));
    if (n->fate == FIRST)
        n->left = choose(n->pending);
    if (n->fate == SECTORS) {
        n->likelihood = 1 + (unsigned)choose(7);
        n->has_garbage = happens(3);
    }
}

static void change_content(struct node *n, const struct op *op, size_t i)
{
    if (i < n->synced) {
        apply_content(n, op);
        n->time = op->time;
        return;
    }
    if (n->fate == UNDECIDED)
        decide(n);
    if (n->fate == NONE)
        return;
    n->time = op->time;
    if (n->fate == SECTORS) {
        apply_sectors(n, op);
    } else if (n->fate == ALL || n->left-- != 0) {
        apply_content(n, op);
    } else {
        apply_part(n, op);
        n->fate = NONE;
    }
}

/* Bytes that were not written, up to a size that the file may have got. */
static void settle(struct node *n)
{
    if (n->fate == SECTORS && n->full > n->size)
        resize(n, happens(4) ? n->full : n->size + choose(n->full - n->size + 1));
}

/* ---- from the disk to files ---- */

static void write_to_files(const struct node *n, const char *path)
{
    if (!contents_set(path, n->data, n->size) || file_layer_memory.set_modified(path, n->time) != KW_OK)
        broken("%s cannot be written", path);
}

static void pour(uint32_t folder, char path[KW_PATH_SIZE], size_t length)
{
    for (size_t i = 0; i < disk.entry_count; i++) {
        const struct entry *entry = &disk.entries[i];
        if (entry->folder != folder)
            continue;
        size_t size = strlen(entry->name);
        if (length + size + 2 > KW_PATH_SIZE)
            broken("a path is too long");
        path[length] = '/';
        memcpy(path + length + 1, entry->name, size + 1);
        const struct node *n = &disk.nodes[entry->node];
        if (!n->is_folder) {
            write_to_files(n, path);
        } else {
            if (file_layer_memory.create_folder(path) != KW_OK)
                broken("%s cannot be made", path);
            pour(entry->node, path, length + 1 + size);
        }
    }
    path[length] = '\0';
}

void crash_build(const struct crash *crash)
{
    char path[KW_PATH_SIZE] = "";
    disk.kind = crash_kind_of(crash);
    disk.entry_count = 0;
    random_test_init(&disk.random, world.seed * 1000003 + crash->point * 8191 + crash->variant);
    disk.likelihood = (unsigned)choose(9);
    look_at_syncs(crash->point);
    for (size_t i = 0; i < crash->point; i++) {
        const struct op *op = &tape.ops[i];
        struct node *n = &disk.nodes[op->node];
        if (op->kind == OP_FOLDER)
            n->is_folder = true;
        if (changes_names(op) && has_name_change(op, i))
            apply_name(op);
        else if (changes_content(op))
            change_content(n, op, i);
        else if (op->kind == OP_TOUCH)
            n->time = op->time;
        if (op->kind == OP_CREATE)
            n->time = op->time;
    }
    for (size_t i = 0; i < tape.nodes; i++)
        settle(&disk.nodes[i]);
    pour(0, path, 0);
}
