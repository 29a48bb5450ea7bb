/* SPDX-License-Identifier: Apache-2.0 */
#include "power.h"

#include <stdlib.h>
#include <string.h>

#include "../disk/contents.h"
#include "world.h"

enum { SECTOR = 512 };

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

static struct shadow **shadows; /* by number; NULL: of a folder, of one that is gone, or that has never been changed */
static size_t shadow_count, shadow_capacity;
static struct naming *namings;
static size_t naming_count, naming_capacity;

/* ---- files ---- */

static struct shadow *find(int32_t number)
{
    return number >= 0 && (size_t)number < shadow_count ? shadows[number] : NULL;
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
static struct shadow *take(int32_t number)
{
    struct shadow *s = find(number);
    if (s != NULL)
        shadows[number] = NULL;
    return s;
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

static struct shadow *add(int32_t number)
{
    struct shadow *s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    s->last = &s->first;
    shadows = grow(shadows, &shadow_capacity, (size_t)number + 1, sizeof *shadows);
    while (shadow_count <= (size_t)number)
        shadows[shadow_count++] = NULL;
    shadows[number] = s;
    return s;
}

static struct edit *add_edit(int32_t number, size_t position, size_t size, size_t bytes)
{
    struct shadow *s = find(number);
    struct edit *e = malloc(sizeof *e + bytes);
    if (s == NULL || e == NULL)
        abort();
    *e = (struct edit){.position = position, .size = size};
    *s->last = e;
    s->last = &e->next;
    return e;
}

static void note_write(const struct file_call *call)
{
    struct edit *e = add_edit(call->number, call->position, call->size, call->size);
    size_t at = 0;
    for (size_t i = 0; i < call->count; at += call->parts[i++].size)
        if (call->parts[i].size != 0)
            memcpy(e->bytes + at, call->parts[i].data, call->parts[i].size);
}

static void note_truncation(int32_t number, size_t size)
{
    add_edit(number, 0, size, 0)->is_truncation = true;
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

static void note_sync(int32_t number)
{
    struct shadow *s = find(number);
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

static void note_opening(const struct file_call *call)
{
    if (call->makes) {
        (void)add(call->number);
        (void)add_naming(MADE_FILE, call->path);
    } else if (call->empties) {
        note_truncation(call->number, 0);
    }
}

static void note_rename(const struct file_call *call)
{
    struct naming *n = add_naming(RENAMED, call->path);
    strncpy(n->to, call->to, sizeof n->to - 1);
    n->replaced = take(call->replaced);
}

static void note_removal(const struct file_call *call)
{
    add_naming(call->is_folder ? REMOVED_FOLDER : REMOVED, call->path)->replaced = take(call->number);
}

static void note_folder(const char *path)
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

static void note_sync_of_folder(const char *path)
{
    size_t kept = 0;
    for (size_t i = 0; i < naming_count; i++)
        if (is_in(namings[i].path, path) && (namings[i].kind != RENAMED || is_in(namings[i].to, path)))
            drop_naming(&namings[i]);
        else
            namings[kept++] = namings[i];
    naming_count = kept;
}

/* ---- all changes ---- */

void power_note(const struct file_call *call)
{
    switch (call->kind) {
    case CALL_CREATE:
        note_opening(call);
        break;
    case CALL_WRITE:
        note_write(call);
        break;
    case CALL_TRUNCATE:
        note_truncation(call->number, call->size);
        break;
    case CALL_SYNC:
        if (call->is_folder)
            note_sync_of_folder(call->path);
        else
            note_sync(call->number);
        break;
    case CALL_RENAME:
        note_rename(call);
        break;
    case CALL_REMOVE:
        note_removal(call);
        break;
    case CALL_MAKE_FOLDER:
        note_folder(call->path);
        break;
    default: /* the time of a file, and its lock, are not looked at after a loss */
        break;
    }
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
    for (size_t i = 0; i < naming_count; i++)
        if (is_of(namings[i].path, path) || is_of(namings[i].to, path))
            return 0;
    const struct shadow *s = find(number_of(path));
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

/* A file that has been removed is there again, unless its folder is gone for good. */
static void store_again(const char *path, const struct shadow *s)
{
    if (!contents_set(path, s->bytes, s->size))
        return;
    struct shadow *copy = add(number_of(path));
    set_size(copy, s->size);
    if (s->size != 0)
        memcpy(copy->bytes, s->bytes, s->size);
}

static void undo(struct naming *n)
{
    static const char *const what[] = {"was not made", "was not made", "has its name", "is there", "is there"};
    note("after the loss of power %s %s", n->path, what[n->kind]);
    switch (n->kind) {
    case MADE_FILE:
        (void)file_remove(n->path);
        break;
    case MADE_FOLDER:
        (void)folder_remove(n->path);
        break;
    case RENAMED:
        (void)file_rename(n->to, n->path);
        break;
    case REMOVED_FOLDER:
        (void)folder_make(n->path);
        break;
    default:
        break;
    }
    if (n->replaced == NULL)
        return;
    settle(n->replaced);
    store_again(n->kind == RENAMED ? n->to : n->path, n->replaced);
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

static void settle_file(void *context, const char *path)
{
    struct shadow *s = find(number_of(path));
    (void)context;
    if (s == NULL || s->first == NULL)
        return;
    settle(s);
    (void)contents_set(path, s->bytes, s->size);
    note("after the loss of power %s has %zu bytes", path, s->size);
}

void power_lose(void)
{
    hooked_files_hook(false);
    lose_names();
    contents_list("/", settle_file, NULL);
    hooked_files_hook(true);
}

void power_start(void)
{
    numbers_start();
}

void power_stop(void)
{
    for (size_t i = 0; i < naming_count; i++)
        drop_naming(&namings[i]);
    for (size_t i = 0; i < shadow_count; i++)
        if (shadows[i] != NULL)
            free_shadow(shadows[i]);
    free(shadows);
    shadows = NULL;
    shadow_count = shadow_capacity = 0;
    free(namings);
    namings = NULL;
    naming_count = naming_capacity = 0;
}
