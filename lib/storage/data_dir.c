/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/storage/data_dir.h>

#include <stdlib.h>

#include <kwire/storage/partition_metadata.h>

#include "folder.h"
#include "order.h"
#include "report.h"

/* A line for each of millions of partitions. */
enum { LARGEST_TEXT = 256 * 1024 * 1024 };

typedef struct opener {
    kw_data_dir *dir;
    kw_arena *arena;
    const kw_disk_listener *listener;
    size_t partition_room;
} opener;

/* ---- small files ---- */

typedef struct text_file {
    char path[KW_PATH_SIZE];
    kw_string text;
} text_file;

/* False if the file is not there, or cannot be read, which is reported. *status is of a shortage. */
static bool load(const opener *o, const char *folder, const char *name, text_file *out, kw_status *status)
{
    kw_bytes bytes = {NULL, 0};
    kw_status found = kwi_path(out->path, folder, kw_string_of(name));
    if (found == KW_OK)
        found = kw_file_load(out->path, LARGEST_TEXT, o->arena, &bytes);
    out->text.data = (const char *)bytes.data;
    out->text.len = bytes.len;
    if (kwi_is_shortage(found))
        *status = found;
    else if (found == KW_ERR_FILE)
        kwi_report_file(o->listener, out->path, found, "file of a data directory; it is done without");
    return found == KW_OK;
}

static kw_status load_checkpoint(const opener *o, const char *name, kw_offset_checkpoint *out)
{
    text_file file;
    kw_status status = KW_OK;
    if (!load(o, o->dir->path, name, &file, &status))
        return status;
    size_t at;
    status = kw_offset_checkpoint_parse(out, file.text, o->arena, &at);
    if (status == KW_OK || status == KW_ERR_NO_MEMORY || status == KW_ERR_MEMORY_LIMIT)
        return status;
    kwi_report_at(o->listener, file.path, at, -1, status, "checkpoint; the lines before this are used");
    return KW_OK;
}

static kw_status load_meta(const opener *o)
{
    text_file file;
    kw_status status = KW_OK;
    kw_data_dir *dir = o->dir;
    dir->meta.node_id = -1;
    dir->meta.cluster_id.len = -1;
    if (!load(o, dir->path, "meta.properties", &file, &status))
        return status;
    kw_property_error error;
    status = kw_meta_properties_parse(&dir->meta, file.text, o->arena, &error);
    dir->has_meta = status == KW_OK;
    if (status == KW_ERR_NO_MEMORY || status == KW_ERR_MEMORY_LIMIT)
        return status;
    if (status != KW_OK)
        kwi_report_at(o->listener, file.path, error.at, -1, status, "identity of the directory");
    return KW_OK;
}

static kw_status load_texts(const opener *o)
{
    kw_data_dir *dir = o->dir;
    text_file file;
    kw_status status = load_meta(o);
    if (status == KW_OK)
        status = load_checkpoint(o, "replication-offset-checkpoint", &dir->high_watermarks);
    if (status == KW_OK)
        status = load_checkpoint(o, "recovery-point-offset-checkpoint", &dir->recovery_points);
    if (status == KW_OK)
        status = load_checkpoint(o, "log-start-offset-checkpoint", &dir->start_offsets);
    if (status == KW_OK)
        status = load_checkpoint(o, "cleaner-offset-checkpoint", &dir->cleaned);
    if (status == KW_OK)
        dir->was_stopped_well = load(o, dir->path, ".kafka_cleanshutdown", &file, &status);
    return status;
}

/* ---- metadata ---- */

static kw_status load_metadata(const opener *o)
{
    kw_data_dir *dir = o->dir;
    char path[KW_PATH_SIZE];
    kw_status status = kwi_path(path, dir->path, kw_string_of("__cluster_metadata-0"));
    if (status == KW_OK)
        status = kw_cluster_metadata_open(&dir->metadata, path, o->arena, o->listener);
    dir->has_metadata = status == KW_OK;
    if (kwi_is_shortage(status))
        return status;
    if (status == KW_ERR_FILE) {
        kwi_report_file(o->listener, path, status, "metadata of the cluster; topics are known by their folders");
        return KW_OK;
    }
    if (status != KW_ERR_NO_FILE)
        return status;
    status = kwi_path(path, dir->path, kw_string_of("bootstrap.checkpoint"));
    if (status == KW_OK)
        status = kw_metadata_image_load(&dir->metadata.image, path, o->arena, o->listener);
    if (kwi_is_shortage(status))
        return status;
    if (status == KW_ERR_FILE)
        kwi_report_file(o->listener, path, status, "features of the cluster; they are not known");
    return status == KW_ERR_FILE || status == KW_ERR_NO_FILE ? KW_OK : status;
}

/* ---- folders ---- */

static kw_status load_topic_id(const opener *o, kw_data_partition *p)
{
    text_file file;
    kw_status status = KW_OK;
    if (!load(o, p->folder, "partition.metadata", &file, &status))
        return status;
    size_t at;
    kw_status parsed = kw_partition_metadata_parse(&p->topic_id, file.text, &at);
    if (parsed != KW_OK)
        kwi_report_at(o->listener, file.path, at, -1, parsed, "id of the topic; the folder is known by its name");
    return KW_OK;
}

/* Whether the metadata, if there is any, has the partition by this id. */
static bool is_known(const kw_data_dir *dir, const kw_data_partition *p)
{
    if (!dir->has_metadata)
        return true;
    const kw_metadata_topic *topic = kw_metadata_topic_by_name(&dir->metadata.image, p->topic);
    return topic != NULL && kw_metadata_topic_partition(topic, p->partition) != NULL &&
           (kw_uuid_is_zero(p->topic_id) || kw_uuid_equal(p->topic_id, topic->id));
}

static kw_status add_folder(opener *o, kw_string name)
{
    kw_data_dir *dir = o->dir;
    kw_folder_name parsed;
    char path[KW_PATH_SIZE];
    if (!kw_folder_name_parse(name, &parsed) || kw_string_equal(parsed.topic, kw_string_of("__cluster_metadata")))
        return KW_OK;
    if (kwi_path(path, dir->path, name) != KW_OK) {
        kwi_report_file(o->listener, path, KW_ERR_FILE, "folder of a partition; it is left out");
        return KW_OK;
    }
    if (!kwi_is_folder(path))
        return KW_OK;
    void *items =
        kwi_room(o->arena, dir->partitions, dir->partition_count, &o->partition_room, sizeof *dir->partitions);
    if (items == NULL)
        return kw_arena_status(o->arena);
    dir->partitions = items;
    kw_data_partition *p = &dir->partitions[dir->partition_count];
    memset(p, 0, sizeof *p);
    p->topic = parsed.topic;
    p->partition = parsed.partition;
    p->kind = parsed.kind;
    p->folder = kwi_copy_string(o->arena, kw_string_of(path)).data;
    if (p->folder == NULL)
        return kw_arena_status(o->arena);
    kw_status status = load_topic_id(o, p);
    if (p->kind == KW_FOLDER_LIVE && !is_known(dir, p))
        p->kind = KW_FOLDER_STRAY;
    dir->partition_count++;
    return status;
}

static int compare_folders(const void *a, const void *b)
{
    const kw_data_partition *x = a;
    const kw_data_partition *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    int order = kwi_partition_order(x->topic, x->partition, y->topic, y->partition);
    return order != 0 ? order : strcmp(x->folder, y->folder);
}

/* ---- topics ---- */

/* The first live folder at or after a partition. */
static size_t folder_place(const kw_data_dir *dir, size_t live, kw_string topic, int32_t partition)
{
    size_t low = 0;
    size_t high = live;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const kw_data_partition *p = &dir->partitions[middle];
        if (kwi_partition_order(p->topic, p->partition, topic, partition) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t count_live(const kw_data_dir *dir)
{
    size_t live = 0;
    while (live < dir->partition_count && dir->partitions[live].kind == KW_FOLDER_LIVE)
        live++;
    return live;
}

/* The folders from `first` on that are of the topic; and its id, if they agree on one. */
static void take_folders(const kw_data_dir *dir, size_t first, size_t live, kw_data_topic *topic)
{
    size_t end = first;
    topic->folders = dir->partitions + first;
    for (; end < live && kw_string_equal(dir->partitions[end].topic, topic->name); end++)
        if (topic->metadata == NULL && kw_uuid_is_zero(topic->id))
            topic->id = dir->partitions[end].topic_id;
    topic->folder_count = end - first;
}

static kw_status list_topics(opener *o)
{
    kw_data_dir *dir = o->dir;
    const kw_metadata_image *image = &dir->metadata.image;
    size_t live = count_live(dir);
    size_t most = dir->has_metadata ? image->topic_count : live;
    dir->topics = kw_arena_array(o->arena, most, sizeof *dir->topics);
    if (dir->topics == NULL)
        return kw_arena_status(o->arena);
    size_t next = 0;
    while (dir->has_metadata ? dir->topic_count < most : next < live) {
        kw_data_topic *topic = &dir->topics[dir->topic_count++];
        memset(topic, 0, sizeof *topic);
        if (dir->has_metadata) {
            topic->metadata = &image->topics[dir->topic_count - 1];
            topic->name = topic->metadata->name;
            topic->id = topic->metadata->id;
            next = folder_place(dir, live, topic->name, 0);
        } else {
            topic->name = dir->partitions[next].topic;
        }
        take_folders(dir, next, live, topic);
        next += topic->folder_count;
    }
    return KW_OK;
}

kw_status kw_data_dir_open(kw_data_dir *dir, const char *path, kw_arena *arena, const kw_disk_listener *listener)
{
    memset(dir, 0, sizeof *dir);
    opener o = {dir, arena, listener, 0};
    kwi_names names;
    dir->path = kwi_copy_string(arena, kw_string_of(path)).data;
    if (dir->path == NULL)
        return kw_arena_status(arena);
    kw_status status = kwi_list_folder(path, arena, &names);
    if (status == KW_OK)
        status = load_texts(&o);
    if (status == KW_OK)
        status = load_metadata(&o);
    for (size_t i = 0; status == KW_OK && i < names.len; i++)
        status = add_folder(&o, names.items[i]);
    if (status != KW_OK)
        return status;
    if (dir->partition_count > 1)
        qsort(dir->partitions, dir->partition_count, sizeof *dir->partitions, compare_folders);
    return list_topics(&o);
}

const kw_data_topic *kw_data_dir_topic(const kw_data_dir *dir, kw_string name)
{
    size_t low = 0;
    size_t high = dir->topic_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = kwi_string_order(dir->topics[middle].name, name);
        if (order == 0)
            return &dir->topics[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const kw_data_topic *kw_data_dir_topic_by_id(const kw_data_dir *dir, kw_uuid id)
{
    if (kw_uuid_is_zero(id))
        return NULL;
    if (dir->has_metadata) {
        const kw_metadata_topic *topic = kw_metadata_topic_by_id(&dir->metadata.image, id);
        return topic != NULL ? kw_data_dir_topic(dir, topic->name) : NULL;
    }
    for (size_t i = 0; i < dir->topic_count; i++)
        if (kw_uuid_equal(dir->topics[i].id, id))
            return &dir->topics[i];
    return NULL;
}

const kw_data_partition *kw_data_topic_partition(const kw_data_topic *topic, int32_t partition)
{
    size_t low = 0;
    size_t high = topic->folder_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (topic->folders[middle].partition == partition)
            return &topic->folders[middle];
        if (topic->folders[middle].partition < partition)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

kw_status kw_data_dir_open_log(const kw_data_dir *dir, const kw_data_partition *partition, unsigned what,
                               kw_partition_log *log, kw_arena *arena, const kw_disk_listener *listener)
{
    int64_t start_offset;
    if (!kw_offset_checkpoint_find(&dir->start_offsets, partition->topic, partition->partition, &start_offset))
        start_offset = -1;
    return kw_partition_log_open(log, partition->folder, start_offset, what, arena, listener);
}
