/* SPDX-License-Identifier: Apache-2.0 */
#include "dump_file.h"

#include <string.h>

#include <kwire/storage/names.h>

static const struct {
    const char *name;
    const char *title;
} kinds[KIND_COUNT] = {
    [KIND_META] = {"meta", "directory properties"},
    [KIND_OFFSETS] = {"offsets", "offset checkpoint"},
    [KIND_PARTITION] = {"partition", "partition metadata"},
    [KIND_QUORUM] = {"quorum", "quorum state"},
    [KIND_EPOCHS] = {"epochs", "leader epochs"},
    [KIND_LOG] = {"log", "log"},
    [KIND_SNAPSHOT] = {"snapshot", "metadata snapshot"},
    [KIND_INDEX] = {"index", "offset index"},
    [KIND_TIME_INDEX] = {"timeindex", "time index"},
    [KIND_TXN_INDEX] = {"txnindex", "aborted transactions"},
    [KIND_PRODUCERS] = {"producers", "producer snapshot"},
};

static const struct {
    const char *name;
    file_kind kind;
} whole_names[] = {
    {KW_BOOTSTRAP_CHECKPOINT_NAME, KIND_SNAPSHOT},
    {KW_CLEANER_CHECKPOINT_NAME, KIND_OFFSETS},
    {KW_LEADER_EPOCHS_NAME, KIND_EPOCHS},
    {KW_LOG_START_CHECKPOINT_NAME, KIND_OFFSETS},
    {KW_META_PROPERTIES_NAME, KIND_META},
    {KW_PARTITION_METADATA_NAME, KIND_PARTITION},
    {KW_QUORUM_STATE_NAME, KIND_QUORUM},
    {KW_RECOVERY_POINT_CHECKPOINT_NAME, KIND_OFFSETS},
    {KW_REPLICATION_CHECKPOINT_NAME, KIND_OFFSETS},
};

const char *file_kind_name(file_kind kind)
{
    return kinds[kind].name;
}

const char *file_kind_title(file_kind kind)
{
    return kinds[kind].title;
}

bool file_kind_find(const char *name, file_kind *out)
{
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        if (strcmp(kinds[kind].name, name) == 0) {
            *out = (file_kind)kind;
            return true;
        }
    }
    return false;
}

static file_kind kind_of_segment_file(kw_segment_file file)
{
    static const file_kind table[] = {
        [KW_SEGMENT_FILE_LOG] = KIND_LOG,
        [KW_SEGMENT_FILE_INDEX] = KIND_INDEX,
        [KW_SEGMENT_FILE_TIME_INDEX] = KIND_TIME_INDEX,
        [KW_SEGMENT_FILE_TXN_INDEX] = KIND_TXN_INDEX,
        [KW_SEGMENT_FILE_PRODUCERS] = KIND_PRODUCERS,
        [KW_SEGMENT_FILE_CHECKPOINT] = KIND_SNAPSHOT,
    };
    return table[file];
}

bool dump_file_named(const char *name, dump_file *out)
{
    kw_segment_name segment;
    out->offset = -1;
    out->epoch = -1;
    out->live = true;
    if (kw_segment_name_parse(kw_string_of(name), &segment)) {
        out->kind = kind_of_segment_file(segment.file);
        out->offset = segment.offset;
        out->epoch = segment.epoch;
        out->live = segment.state == KW_FILE_STATE_LIVE;
        return true;
    }
    for (size_t i = 0; i < sizeof whole_names / sizeof whole_names[0]; i++) {
        if (strcmp(whole_names[i].name, name) == 0) {
            out->kind = whole_names[i].kind;
            return true;
        }
    }
    return false;
}

int64_t dump_file_base_offset(const dump_file *file)
{
    return file->kind == KIND_SNAPSHOT || file->offset < 0 ? 0 : file->offset;
}

decoded_topic topic_of_folder(const char *folder_name)
{
    kw_partition_dir_name folder;
    decoded_topic found = {false, KW_INTERNAL_TOPIC_CLUSTER_METADATA};
    if (kw_partition_dir_name_parse(kw_string_of(folder_name), &folder))
        found.known = kw_internal_topic_find(folder.topic, &found.topic);
    return found;
}

/* "cluster-metadata" for "__cluster_metadata". */
static bool is_short_name(const char *word, const char *topic)
{
    for (topic += 2; *topic != '\0'; topic++, word++)
        if (*word != (*topic == '_' ? '-' : *topic))
            return false;
    return *word == '\0';
}

bool topic_find(const char *name, decoded_topic *out)
{
    out->known = kw_internal_topic_find(kw_string_of(name), &out->topic);
    for (int topic = 0; !out->known && kw_internal_topic_name((kw_internal_topic)topic) != NULL; topic++) {
        out->topic = (kw_internal_topic)topic;
        out->known = is_short_name(name, kw_internal_topic_name(out->topic));
    }
    return out->known;
}
