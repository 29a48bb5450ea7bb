/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700
#include "file_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <kwire/storage/names.h>

#include "../command/output.h"

/* A name in a folder. */
typedef struct entry {
    char *name;
    bool is_partition;
    kw_partition_dir_name partition;
    dump_file file;
} entry;

typedef struct entries {
    entry *items;
    size_t count;
    size_t capacity;
} entries;

static void *checked(void *memory)
{
    if (memory == NULL)
        die("out of memory");
    return memory;
}

/* An array with space for one more item of `size` bytes. */
static void *grown(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity == 0 ? 64 : *capacity * 2;
    return checked(realloc(items, *capacity * size));
}

static char *joined(const char *folder, const char *name)
{
    size_t size = strlen(folder);
    while (size > 1 && folder[size - 1] == '/')
        size--;
    const char *slash = folder[size - 1] == '/' ? "" : "/";
    size_t capacity = size + strlen(slash) + strlen(name) + 1;
    char *path = checked(malloc(capacity));
    snprintf(path, capacity, "%.*s%s%s", (int)size, folder, slash, name);
    return path;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* The topic of a folder, for every form of its path. */
static decoded_topic topic_of_path(const char *folder)
{
    char *real = realpath(folder, NULL);
    decoded_topic topic = topic_of_folder(last_part(real != NULL ? real : folder));
    free(real);
    return topic;
}

static decoded_topic topic_beside(const char *path)
{
    size_t size = (size_t)(last_part(path) - path);
    char *folder = checked(malloc(size + 2));
    memcpy(folder, path, size);
    memcpy(folder + size, ".", 2);
    decoded_topic topic = topic_of_path(folder);
    free(folder);
    return topic;
}

/* Takes ownership of file->path. */
static void add(file_list *list, const dump_options *o, dump_file file, decoded_topic topic)
{
    const decoded_topic metadata = {true, KW_INTERNAL_TOPIC_CLUSTER_METADATA};
    file.topic = o->has_topic ? o->topic : file.kind == KIND_SNAPSHOT ? metadata : topic;
    list->items = grown(list->items, list->count, &list->capacity, sizeof *list->items);
    list->items[list->count++] = file;
}

static int compare_text(kw_string a, kw_string b)
{
    size_t size = (size_t)(a.len < b.len ? a.len : b.len);
    int order = memcmp(a.data, b.data, size);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Files before folders. */
static int compare(const void *left, const void *right)
{
    const entry *a = left;
    const entry *b = right;
    if (a->is_partition != b->is_partition)
        return a->is_partition ? 1 : -1;
    if (!a->is_partition && a->file.kind != b->file.kind)
        return a->file.kind < b->file.kind ? -1 : 1;
    if (!a->is_partition)
        return strcmp(a->name, b->name);
    int order = compare_text(a->partition.topic, b->partition.topic);
    if (order == 0)
        order = (a->partition.partition > b->partition.partition) - (a->partition.partition < b->partition.partition);
    return order != 0 ? order : strcmp(a->name, b->name);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_wanted(const dump_options *o, const dump_file *file)
{
    bool log = file->kind == KIND_LOG || file->kind == KIND_SNAPSHOT;
    return file->live && (!o->has_kind || file->kind == o->kind) && (!o->logs_only || log);
}

/* False if it is neither a requested file nor a partition's folder. */
static bool look_at(entry *e, const dump_options *o, const char *folder, bool partitions)
{
    if (dump_file_named(e->name, &e->file)) {
        e->is_partition = false;
        return is_wanted(o, &e->file);
    }
    if (!partitions || !kw_partition_dir_name_parse(kw_string_of(e->name), &e->partition))
        return false;
    char *path = joined(folder, e->name);
    e->is_partition = is_folder(path);
    free(path);
    return e->is_partition;
}

/* False with errno. */
static bool read_folder(entries *found, const dump_options *o, const char *folder, bool partitions)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return false;
    struct dirent *item;
    for (errno = 0; (item = readdir(dir)) != NULL; errno = 0) {
        entry e = {.name = checked(strdup(item->d_name))};
        if (!look_at(&e, o, folder, partitions)) {
            free(e.name);
            continue;
        }
        found->items = grown(found->items, found->count, &found->capacity, sizeof *found->items);
        found->items[found->count++] = e;
    }
    int error = errno;
    (void)closedir(dir);
    errno = error;
    return error == 0;
}

static int worse(int a, int b)
{
    return a > b ? a : b;
}

/* A log ends before the next one starts. */
static bool is_outside(const filter *f, const entries *found, size_t i)
{
    const dump_file *file = &found->items[i].file;
    const dump_file *next = i + 1 < found->count ? &found->items[i + 1].file : NULL;
    if (file->kind != KIND_LOG || !f->has_offsets)
        return false;
    bool ends_before = next != NULL && !found->items[i + 1].is_partition && next->kind == KIND_LOG;
    return file->offset > f->to || (ends_before && next->offset <= f->from);
}

static int add_folder(file_list *list, const dump_options *o, const char *folder, bool partitions)
{
    entries found = {0};
    int status = STATUS_OK;
    if (!read_folder(&found, o, folder, partitions)) {
        complain("%s: %s", folder, strerror(errno));
        status = STATUS_SYSTEM;
    }
    if (found.count != 0)
        qsort(found.items, found.count, sizeof *found.items, compare);
    decoded_topic topic = topic_of_path(folder);
    for (size_t i = 0; i < found.count; i++) {
        entry *e = &found.items[i];
        e->file.path = joined(folder, e->name);
        if (e->is_partition)
            status = worse(status, add_folder(list, o, e->file.path, false));
        else if (!is_outside(&o->filter, &found, i))
            add(list, o, e->file, topic);
        if (e->is_partition || is_outside(&o->filter, &found, i))
            free(e->file.path);
        free(e->name);
    }
    free(found.items);
    return status;
}

static int add_word(file_list *list, const dump_options *o, const char *word)
{
    size_t before = list->count;
    if (is_folder(word)) {
        int status = add_folder(list, o, word, true);
        if (status == STATUS_OK && list->count == before && !filter_is_set(&o->filter)) {
            complain("%s: it has no files that can be dumped", word);
            return STATUS_BAD_INPUT;
        }
        return status;
    }
    struct stat st;
    if (strcmp(word, "-") == 0) {
        complain("standard input cannot be dumped: the command needs the names of files, and reads some twice");
        return STATUS_USAGE;
    }
    if (stat(word, &st) != 0) {
        complain("%s: %s", word, strerror(errno));
        return STATUS_SYSTEM;
    }
    dump_file file = {0};
    bool known = dump_file_named(last_part(word), &file);
    if (o->has_kind)
        file.kind = o->kind;
    else if (!known) {
        complain("%s: its kind is not known from its name (see --type)", word);
        return STATUS_BAD_INPUT;
    }
    file.path = checked(strdup(word));
    add(list, o, file, topic_beside(word));
    return STATUS_OK;
}

int file_list_make(file_list *list, const dump_options *o)
{
    int status = STATUS_OK;
    for (int i = 0; i < o->words.count; i++)
        status = worse(status, add_word(list, o, o->words.words[i]));
    return status;
}

void file_list_finish(file_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].path);
    free(list->items);
}
