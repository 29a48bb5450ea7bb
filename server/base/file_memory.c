/* SPDX-License-Identifier: Apache-2.0 */
#include "file_memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "file_content.h"
#include "hash.h"

/* A file or folder. */
struct node {
    struct node *parent; /* NULL: the root, or one that has no name any more */
    struct node *next;   /* of its folder */
    struct node *previous;
    struct node *first;           /* in a folder */
    struct node *next_in_bucket;  /* by folder and name */
    struct file_content *content; /* NULL: a folder */
    int64_t modified_ms;          /* of a folder */
    uint32_t hash;
    int32_t length;
    char *name;
};

static struct {
    pthread_mutex_t lock; /* of all nodes; the content of files has locks of its own */
    struct node root;
    struct node **buckets;
    size_t bucket_count; /* a power of two */
    size_t node_count;
    struct file_quota quota;
} files = {.lock = PTHREAD_MUTEX_INITIALIZER, .quota = {.lock = PTHREAD_MUTEX_INITIALIZER}};

/* ---- nodes, under the lock ---- */

static uint32_t hash_of(const struct node *parent, kw_string name)
{
    return hash_text(hash_bytes(HASH_START, &parent, sizeof parent), name);
}

static struct node **bucket_of(uint32_t hash)
{
    return &files.buckets[hash & (files.bucket_count - 1)];
}

static struct node *find_below(const struct node *parent, kw_string name)
{
    uint32_t hash = hash_of(parent, name);
    struct node *node = *bucket_of(hash);
    while (node != NULL && (node->hash != hash || node->parent != parent || node->length != name.len ||
                            memcmp(node->name, name.data, (size_t)name.len) != 0))
        node = node->next_in_bucket;
    return node;
}

/* If there is no memory for more buckets, those that exist are used. */
static void add_buckets(void)
{
    size_t count = files.bucket_count * 2;
    struct node **buckets = calloc(count, sizeof(struct node *));
    if (buckets == NULL)
        return;
    for (size_t i = 0; i < files.bucket_count; i++)
        for (struct node *node = files.buckets[i], *next; node != NULL; node = next) {
            next = node->next_in_bucket;
            node->next_in_bucket = buckets[node->hash & (count - 1)];
            buckets[node->hash & (count - 1)] = node;
        }
    free(files.buckets);
    files.buckets = buckets;
    files.bucket_count = count;
}

/* Gives a node a place; `name` is its own from now on. */
static void link_node(struct node *node, struct node *parent, char *name)
{
    if (files.node_count >= files.bucket_count)
        add_buckets();
    files.node_count++;
    node->name = name;
    node->length = (int32_t)strlen(name);
    node->hash = hash_of(parent, kw_string_of(name));
    struct node **bucket = bucket_of(node->hash);
    node->next_in_bucket = *bucket;
    *bucket = node;
    node->parent = parent;
    node->previous = NULL;
    node->next = parent->first;
    if (parent->first != NULL)
        parent->first->previous = node;
    parent->first = node;
    parent->modified_ms = clock_wall_ms();
}

static void unlink_node(struct node *node)
{
    struct node **link = bucket_of(node->hash);
    while (*link != node)
        link = &(*link)->next_in_bucket;
    *link = node->next_in_bucket;
    *(node->previous != NULL ? &node->previous->next : &node->parent->first) = node->next;
    if (node->next != NULL)
        node->next->previous = node->previous;
    node->parent->modified_ms = clock_wall_ms();
    files.node_count--;
    free(node->name);
    node->name = NULL;
    node->parent = NULL;
}

static void free_node(struct node *node)
{
    unlink_node(node);
    if (node->content != NULL)
        file_content_release(node->content);
    free(node);
}

static char *copy_name(kw_string name)
{
    char *copy = malloc((size_t)name.len + 1);
    if (copy != NULL) {
        memcpy(copy, name.data, (size_t)name.len);
        copy[name.len] = '\0';
    }
    return copy;
}

/* NULL: there is no memory. */
static struct node *create_node(struct node *parent, kw_string name, bool is_folder)
{
    struct node *node = calloc(1, sizeof *node);
    char *copy = node != NULL ? copy_name(name) : NULL;
    if (copy != NULL && !is_folder)
        node->content = file_content_create(&files.quota);
    if (copy == NULL || (!is_folder && node->content == NULL)) {
        free(copy);
        free(node);
        return NULL;
    }
    node->modified_ms = clock_wall_ms();
    link_node(node, parent, copy);
    return node;
}

/* ---- paths, under the lock ---- */

/* Where a path leads: to a node, or to a name that is free in a folder. */
struct place {
    struct node *folder; /* of the name; NULL: there is none */
    kw_string name;      /* empty: the path is the root's */
    struct node *node;   /* NULL: it does not exist */
    int error;           /* with folder NULL: ENOENT or ENOTDIR */
};

/* Empty at the end of the path. */
static kw_string next_name(const char **path)
{
    for (;;) {
        const char *start = *path + strspn(*path, "/");
        size_t length = strcspn(start, "/");
        *path = start + length;
        if (length != 1 || *start != '.')
            return (kw_string){start, (int32_t)length};
    }
}

static struct place find(const char *path)
{
    struct place p = {.node = &files.root};
    if (*path == '\0')
        return (struct place){.error = ENOENT};
    for (kw_string name; (name = next_name(&path)).len != 0;) {
        if (p.node == NULL || p.node->content != NULL)
            return (struct place){.error = p.node == NULL ? ENOENT : ENOTDIR};
        p.folder = p.node;
        p.name = name;
        p.node = find_below(p.folder, name);
    }
    return p;
}

static kw_status fail(int error)
{
    errno = error;
    return error == ENOENT || error == ENOTDIR ? KW_ERR_NO_FILE : KW_ERR_FILE;
}

/* The file that the path leads to, shared; NULL if there is none, with *status. */
static struct file_content *share_file(const char *path, int error_of_folder, kw_status *status)
{
    (void)pthread_mutex_lock(&files.lock);
    struct place p = find(path);
    struct file_content *content = p.node != NULL ? p.node->content : NULL;
    if (content != NULL)
        file_content_share(content);
    (void)pthread_mutex_unlock(&files.lock);
    if (p.node != NULL)
        *status = content != NULL ? KW_OK : fail(error_of_folder);
    else
        *status = fail(p.folder != NULL ? ENOENT : p.error);
    return content;
}

/* ---- files that are written ---- */

static struct file_content *content_of(const struct file *file)
{
    return (struct file_content *)file->handle;
}

static kw_status open_node(struct place p, unsigned how, struct file_content **out)
{
    if (p.node == NULL && p.folder == NULL)
        return fail(p.error);
    if (p.node == NULL && (how & FILE_CREATE) == 0)
        return fail(ENOENT);
    if (p.node != NULL && (how & FILE_CREATE) != 0 && (how & FILE_EXCLUSIVE) != 0)
        return fail(EEXIST);
    if (p.node == NULL)
        p.node = create_node(p.folder, p.name, false);
    if (p.node == NULL)
        return fail(ENOMEM);
    if (p.node->content == NULL)
        return fail(EISDIR);
    *out = p.node->content;
    file_content_share(*out);
    return KW_OK;
}

static kw_status open_file(struct file *file, const char *path, unsigned how)
{
    struct file_content *content = NULL;
    (void)pthread_mutex_lock(&files.lock);
    kw_status status = open_node(find(path), how, &content);
    (void)pthread_mutex_unlock(&files.lock);
    if (status != KW_OK)
        return status;
    if ((how & FILE_TRUNCATE) != 0)
        (void)file_content_truncate(content, 0);
    file->handle = (intptr_t)content;
    return KW_OK;
}

static kw_status close_file(struct file *file)
{
    file_content_release(content_of(file));
    return KW_OK;
}

static kw_status write_file(struct file *file, size_t position, const kw_span *parts, size_t count)
{
    return file_content_write(content_of(file), position, parts, count);
}

static kw_status truncate_file(struct file *file, size_t size)
{
    return file_content_truncate(content_of(file), size);
}

static kw_status size_of_file(struct file *file, size_t *size)
{
    *size = file_content_size(content_of(file));
    return KW_OK;
}

static kw_status sync_file(struct file *file)
{
    (void)file;
    return KW_OK;
}

/* ---- names ---- */

static bool is_inside(const struct node *node, const struct node *folder)
{
    while (node != NULL && node != folder)
        node = node->parent;
    return node != NULL;
}

static kw_status move(struct place from, struct place to)
{
    if (from.node == NULL)
        return fail(from.folder != NULL ? ENOENT : from.error);
    if (to.node == NULL && to.folder == NULL)
        return fail(to.error);
    if (from.node == to.node)
        return KW_OK;
    bool is_folder = from.node->content == NULL;
    if (is_folder && is_inside(to.folder, from.node))
        return fail(EINVAL);
    if (from.folder == NULL || to.folder == NULL)
        return fail(EBUSY); /* the root */
    if (to.node != NULL && (to.node->content == NULL) != is_folder)
        return fail(is_folder ? ENOTDIR : EISDIR);
    if (to.node != NULL && to.node->first != NULL)
        return fail(ENOTEMPTY);
    char *name = copy_name(to.name);
    if (name == NULL)
        return fail(ENOMEM);
    if (to.node != NULL)
        free_node(to.node);
    unlink_node(from.node);
    link_node(from.node, to.folder, name);
    return KW_OK;
}

static kw_status rename_path(const char *from, const char *to)
{
    (void)pthread_mutex_lock(&files.lock);
    kw_status status = move(find(from), find(to));
    (void)pthread_mutex_unlock(&files.lock);
    return status;
}

static kw_status remove_node(struct place p, bool is_folder)
{
    if (p.node == NULL)
        return fail(p.folder != NULL ? ENOENT : p.error);
    if ((p.node->content == NULL) != is_folder)
        return fail(is_folder ? ENOTDIR : EISDIR);
    if (p.folder == NULL)
        return fail(EBUSY);
    if (p.node->first != NULL)
        return fail(ENOTEMPTY);
    free_node(p.node);
    return KW_OK;
}

static kw_status remove_path(const char *path, bool is_folder)
{
    (void)pthread_mutex_lock(&files.lock);
    kw_status status = remove_node(find(path), is_folder);
    (void)pthread_mutex_unlock(&files.lock);
    return status;
}

static kw_status remove_file(const char *path)
{
    return remove_path(path, false);
}

static kw_status look(const char *path, struct file_facts *out)
{
    (void)pthread_mutex_lock(&files.lock);
    struct place p = find(path);
    if (p.node != NULL) {
        struct file_content *content = p.node->content;
        out->is_folder = content == NULL;
        out->size = content != NULL ? file_content_size(content) : 0;
        out->device = 0;
        out->number = (uintptr_t)p.node;
        out->modified_ms = content != NULL ? file_content_modified_ms(content) : p.node->modified_ms;
    }
    (void)pthread_mutex_unlock(&files.lock);
    return p.node != NULL ? KW_OK : fail(p.folder != NULL ? ENOENT : p.error);
}

static kw_status set_modified(const char *path, int64_t modified_ms)
{
    kw_status status;
    struct file_content *content = share_file(path, EISDIR, &status);
    if (content == NULL)
        return status;
    file_content_set_modified(content, modified_ms);
    file_content_release(content);
    return KW_OK;
}

/* ---- mappings and small files ---- */

static kw_status map_file(struct file_map *file, const char *path, size_t capacity)
{
    kw_status status;
    struct file_content *content = share_file(path, EINVAL, &status);
    if (content == NULL)
        return status;
    status = file_content_map(content, file, capacity);
    file_content_release(content);
    return status;
}

static bool is_resident(const struct file_map *file, size_t from, size_t to)
{
    (void)file;
    (void)from;
    (void)to;
    return true;
}

static kw_status load_file(const char *path, size_t limit, kw_arena *arena, kw_bytes *out)
{
    kw_status status;
    struct file_content *content = share_file(path, EINVAL, &status);
    if (content == NULL)
        return status;
    status = file_content_load(content, limit, arena, out);
    file_content_release(content);
    return status;
}

/* Nobody else has these files. */
static enum file_lock_outcome lock_file(const char *folder, const char *path)
{
    struct file file;
    (void)folder;
    if (open_file(&file, path, FILE_CREATE) != KW_OK)
        return FILE_LOCK_FAILED;
    (void)close_file(&file);
    return FILE_LOCKED;
}

/* ---- folders ---- */

static kw_status list_folder(const char *path, kw_arena *arena, struct folder_names *out)
{
    size_t capacity = 0;
    (void)pthread_mutex_lock(&files.lock);
    struct place p = find(path);
    kw_status status = KW_OK;
    if (p.node == NULL)
        status = fail(p.folder != NULL ? ENOENT : p.error);
    else if (p.node->content != NULL)
        status = KW_ERR_FILE;
    for (const struct node *n = p.node != NULL ? p.node->first : NULL; status == KW_OK && n != NULL; n = n->next)
        status = folder_names_add(out, &capacity, (kw_string){n->name, n->length}, arena);
    (void)pthread_mutex_unlock(&files.lock);
    if (status == KW_ERR_FILE)
        errno = ENOTDIR;
    return status;
}

static kw_status create_folder(const char *path)
{
    (void)pthread_mutex_lock(&files.lock);
    struct place p = find(path);
    kw_status status = KW_OK;
    if (p.node != NULL)
        status = fail(EEXIST);
    else if (p.folder == NULL)
        status = fail(p.error);
    else if (create_node(p.folder, p.name, true) == NULL)
        status = fail(ENOMEM);
    (void)pthread_mutex_unlock(&files.lock);
    return status;
}

static kw_status remove_folder(const char *path)
{
    return remove_path(path, true);
}

static kw_status sync_folder(const char *path)
{
    struct file_facts facts;
    return look(path, &facts);
}

static kw_status space(const char *path, uint64_t *total, uint64_t *usable)
{
    kw_status status = sync_folder(path);
    if (status == KW_OK) {
        *total = files.quota.limit;
        *usable = *total - file_memory_used();
    }
    return status;
}

/* ---- all files ---- */

bool file_memory_start(size_t limit)
{
    enum { BUCKETS = 1024 };
    files.buckets = calloc(BUCKETS, sizeof(struct node *));
    files.bucket_count = BUCKETS;
    files.quota.limit = limit;
    files.quota.used = 0;
    return files.buckets != NULL;
}

void file_memory_stop(void)
{
    for (struct node *node = &files.root;;) {
        if (node->first != NULL) {
            node = node->first;
            continue;
        }
        if (node == &files.root)
            break;
        struct node *parent = node->parent;
        free_node(node);
        node = parent;
    }
    free(files.buckets);
    files.buckets = NULL;
}

size_t file_memory_used(void)
{
    (void)pthread_mutex_lock(&files.quota.lock);
    size_t used = files.quota.used;
    (void)pthread_mutex_unlock(&files.quota.lock);
    return used;
}

const struct file_layer file_layer_memory = {
    .open = open_file,
    .close = close_file,
    .write = write_file,
    .truncate = truncate_file,
    .size = size_of_file,
    .sync = sync_file,
    .rename = rename_path,
    .remove = remove_file,
    .look = look,
    .set_modified = set_modified,
    .map = map_file,
    .unmap = file_content_unmap,
    .is_resident = is_resident,
    .load = load_file,
    .lock = lock_file,
    .list = list_folder,
    .create_folder = create_folder,
    .remove_folder = remove_folder,
    .sync_folder = sync_folder,
    .space = space,
};
