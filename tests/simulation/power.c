/* SPDX-License-Identifier: Apache-2.0 */
#include "power.h"

#include <stdlib.h>
#include <string.h>

#include "base/file_layer.h"
#include "base/file_memory.h"
#include "world.h"

enum { BUCKETS = 4096, SECTOR = 512, LIST = 1 << 20 };

/* A change of a file that is not synced. */
struct edit {
    struct edit *next;
    size_t position;
    size_t size; /* of the bytes; a truncation: of the file */
    bool is_truncation;
    uint8_t bytes[];
};

/* A file: what the disk has of it, and what it may have. */
struct shadow {
    struct shadow *next; /* in its bucket */
    intptr_t handle;     /* 0: it has no name any more */
    uint8_t *bytes;
    size_t size, capacity;
    struct edit *first, **last;
};

enum naming_kind { MADE_FILE, MADE_FOLDER, RENAMED, REMOVED, REMOVED_FOLDER };

/* A change of names that is not synced. */
struct naming {
    enum naming_kind kind;
    char path[KW_PATH_SIZE];
    char to[KW_PATH_SIZE];   /* of a rename */
    struct shadow *replaced; /* what had that name, or was removed; NULL: nothing */
};

static struct shadow *buckets[BUCKETS];
static struct naming *namings;
static size_t naming_count, naming_capacity;

/* ---- files ---- */

static struct shadow **bucket_of(intptr_t handle)
{
    return &buckets[(uintptr_t)handle / 16 % BUCKETS];
}

static struct shadow *find(intptr_t handle)
{
    struct shadow *s = *bucket_of(handle);
    while (s != NULL && s->handle != handle)
        s = s->next;
    return s;
}

static void forget_edits(struct shadow *s)
{
    for (struct edit *e = s->first, *next; e != NULL; e = next) {
        next = e->next;
        free(e);
    }
    s->first = NULL;
    s->last = &s->first;
}

static void free_shadow(struct shadow *s)
{
    forget_edits(s);
    free(s->bytes);
    free(s);
}

/* It is not found any more. */
static void detach(struct shadow *s)
{
    struct shadow **at = bucket_of(s->handle);
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
}

static void *grow(void *items, size_t *capacity, size_t count, size_t size)
{
    if (count <= *capacity)
        return items;
    *capacity = 2 * count;
    items = realloc(items, *capacity * size);
    if (items == NULL)
        abort();
    return items;
}

static struct shadow *add(intptr_t handle)
{
    struct shadow *s = find(handle); /* of one that is gone, whose memory this one has */
    if (s != NULL) {
        detach(s);
        free_shadow(s);
    }
    s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    s->handle = handle;
    s->last = &s->first;
    s->next = *bucket_of(handle);
    *bucket_of(handle) = s;
    return s;
}

static struct edit *add_edit(const struct file *file, size_t position, size_t size, size_t bytes)
{
    struct shadow *s = find(file->handle);
    struct edit *e = malloc(sizeof *e + bytes);
    if (s == NULL || e == NULL)
        abort();
    *e = (struct edit){.position = position, .size = size};
    *s->last = e;
    s->last = &e->next;
    return e;
}

void power_wrote(const struct file *file, size_t position, const kw_span *parts, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += parts[i].size;
    struct edit *e = add_edit(file, position, size, size);
    size = 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].size != 0)
            memcpy(e->bytes + size, parts[i].data, parts[i].size);
        size += parts[i].size;
    }
}

void power_truncated(const struct file *file, size_t size)
{
    add_edit(file, 0, size, 0)->is_truncation = true;
}

static void set_size(struct shadow *s, size_t size)
{
    s->bytes = grow(s->bytes, &s->capacity, size, 1);
    if (size > s->size)
        memset(s->bytes + s->size, 0, size - s->size);
    s->size = size;
}

/* The bytes of a change between two of its positions. */
static void apply(struct shadow *s, const struct edit *e, size_t from, size_t to)
{
    if (e->is_truncation) {
        set_size(s, e->size);
        return;
    }
    if (from >= to)
        return;
    if (e->position + to > s->size)
        set_size(s, e->position + to);
    memcpy(s->bytes + e->position + from, e->bytes + from, to - from);
}

void power_synced(const struct file *file)
{
    struct shadow *s = find(file->handle);
    for (struct edit *e = s->first; e != NULL; e = e->next)
        apply(s, e, 0, e->size);
    forget_edits(s);
}

/* ---- names ---- */

static struct naming *add_naming(enum naming_kind kind, const char *path)
{
    namings = grow(namings, &naming_capacity, naming_count + 1, sizeof *namings);
    struct naming *n = &namings[naming_count++];
    memset(n, 0, sizeof *n);
    n->kind = kind;
    strncpy(n->path, path, sizeof n->path - 1);
    return n;
}

void power_opened(const struct file *file, const char *path, unsigned how, bool is_new)
{
    if (is_new) {
        (void)add(file->handle);
        (void)add_naming(MADE_FILE, path);
    } else if ((how & FILE_TRUNCATE) != 0) {
        power_truncated(file, 0);
    }
}

/* The file that a name has, which is going to lose it. NULL: there is none. */
static struct shadow *take(const char *path)
{
    struct file file;
    if (file_layer_memory.open(&file, path, 0) != KW_OK)
        return NULL;
    struct shadow *s = find(file.handle);
    (void)file_layer_memory.close(&file);
    if (s != NULL) {
        detach(s);
        s->handle = 0;
    }
    return s;
}

void power_renames(const char *from, const char *to)
{
    struct shadow *replaced = strcmp(from, to) != 0 ? take(to) : NULL;
    struct naming *n = add_naming(RENAMED, from);
    strncpy(n->to, to, sizeof n->to - 1);
    n->replaced = replaced;
}

void power_removes(const char *path)
{
    struct shadow *removed = take(path);
    add_naming(REMOVED, path)->replaced = removed;
}

void power_removed_folder(const char *path)
{
    (void)add_naming(REMOVED_FOLDER, path);
}

void power_made_folder(const char *path)
{
    if (strchr(path + 1, '/') != NULL) /* the log directory itself is there for good */
        (void)add_naming(MADE_FOLDER, path);
}

static bool is_in(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && path[length] == '/' && strchr(path + length + 1, '/') == NULL;
}

static void drop_naming(struct naming *n)
{
    if (n->replaced != NULL)
        free_shadow(n->replaced);
}

void power_synced_folder(const char *path)
{
    size_t kept = 0;
    for (size_t i = 0; i < naming_count; i++)
        if (is_in(namings[i].path, path) && (namings[i].kind != RENAMED || is_in(namings[i].to, path)))
            drop_naming(&namings[i]);
        else
            namings[kept++] = namings[i];
    naming_count = kept;
}

/* ---- what is safe ---- */

/* Whether the path is that of the file or of its folder. */
static bool is_of(const char *path, const char *file)
{
    size_t length = strlen(path);
    return length != 0 && strncmp(file, path, length) == 0 && (file[length] == '\0' || file[length] == '/');
}

size_t power_safe_size(const char *path)
{
    struct file file;
    for (size_t i = 0; i < naming_count; i++)
        if (is_of(namings[i].path, path) || is_of(namings[i].to, path))
            return 0;
    if (file_layer_memory.open(&file, path, 0) != KW_OK)
        return 0;
    const struct shadow *s = find(file.handle);
    (void)file_layer_memory.close(&file);
    size_t size = s != NULL ? s->size : 0;
    for (const struct edit *e = s != NULL ? s->first : NULL; e != NULL; e = e->next) {
        size_t kept = e->is_truncation ? e->size : e->position;
        size = kept < size ? kept : size;
    }
    return size;
}

/* ---- the loss ---- */

/* Of each change that is not synced all, nothing, or some sectors; mostly of the first ones. */
static void settle(struct shadow *s)
{
    size_t count = 0;
    for (struct edit *e = s->first; e != NULL; e = e->next)
        count++;
    bool is_ordered = !one_in(3);
    size_t kept = pick(count + 1), i = 0;
    for (struct edit *e = s->first; e != NULL; e = e->next, i++) {
        bool is_torn = is_ordered ? i == kept : one_in(8);
        if (is_torn && !e->is_truncation) {
            size_t end = e->position + pick(e->size + 1);
            end -= end % SECTOR;
            apply(s, e, 0, end > e->position ? end - e->position : 0);
        } else if (is_ordered ? i < kept : one_in(2)) {
            apply(s, e, 0, e->size);
        }
    }
    forget_edits(s);
}

/* A file has what its shadow says. Its folder may be gone for good. */
static void store(const char *path, const struct shadow *s, bool is_new)
{
    struct file file;
    const kw_span part = {s->bytes, s->size};
    kw_status status = file_layer_memory.open(&file, path, FILE_CREATE | FILE_TRUNCATE);
    if (status == KW_ERR_NO_FILE)
        return;
    if (status == KW_OK && s->size != 0)
        status = file_layer_memory.write(&file, 0, &part, 1);
    if (status != KW_OK)
        broken("a file cannot be made as a loss of power leaves it: %s", path);
    if (is_new) {
        struct shadow *copy = add(file.handle);
        set_size(copy, s->size);
        if (s->size != 0)
            memcpy(copy->bytes, s->bytes, s->size);
    }
    (void)file_layer_memory.close(&file);
}

static void undo(struct naming *n)
{
    static const char *const what[] = {"was not made", "was not made", "has its name", "is there", "is there"};
    note("after the loss of power %s %s", n->path, what[n->kind]);
    switch (n->kind) {
    case MADE_FILE:
        (void)file_layer_memory.remove(n->path);
        break;
    case MADE_FOLDER:
        (void)folder_remove(n->path);
        break;
    case RENAMED:
        (void)file_layer_memory.rename(n->to, n->path);
        break;
    case REMOVED_FOLDER:
        (void)file_layer_memory.create_folder(n->path);
        break;
    default:
        break;
    }
    if (n->replaced == NULL)
        return;
    settle(n->replaced);
    store(n->kind == RENAMED ? n->to : n->path, n->replaced, true);
}

static void lose_names(void)
{
    size_t kept = one_in(3) ? naming_count : pick(naming_count + 1);
    for (size_t i = naming_count; i > kept; i--)
        undo(&namings[i - 1]);
    for (size_t i = 0; i < naming_count; i++)
        drop_naming(&namings[i]);
    naming_count = 0;
}

static void settle_file(const char *path)
{
    struct file file;
    if (file_layer_memory.open(&file, path, 0) != KW_OK)
        abort();
    struct shadow *s = find(file.handle);
    (void)file_layer_memory.close(&file);
    if (s == NULL || s->first == NULL)
        return;
    settle(s);
    store(path, s, false);
    note("after the loss of power %s has %zu bytes", path, s->size);
}

/* Each file below a folder. */
static void settle_below(const char *folder)
{
    kw_arena arena;
    struct folder_names names;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIST);
    if (folder_list(folder, &arena, &names) != KW_OK)
        broken("a folder cannot be listed: %s", folder);
    for (size_t i = 0; i < names.len; i++) {
        char path[KW_PATH_SIZE];
        if (path_join(path, folder, names.items[i]) != KW_OK)
            abort();
        if (folder_exists(path))
            settle_below(path);
        else
            settle_file(path);
    }
    kw_arena_finish(&arena);
}

void power_lose(void)
{
    lose_names();
    settle_below("/");
}

void power_start(void)
{
    memset(buckets, 0, sizeof buckets);
}

void power_stop(void)
{
    for (size_t i = 0; i < naming_count; i++)
        drop_naming(&namings[i]);
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct shadow *s = buckets[i], *next; s != NULL; s = next) {
            next = s->next;
            free_shadow(s);
        }
    memset(buckets, 0, sizeof buckets);
    free(namings);
    namings = NULL;
    naming_count = naming_capacity = 0;
}
