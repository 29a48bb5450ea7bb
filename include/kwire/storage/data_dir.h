/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_DATA_DIR_H
#define KWIRE_STORAGE_DATA_DIR_H

/* A data directory of Apache Kafka (KRaft), as a broker keeps one on each disk, or of another tool that lays out some
 * of the same files. What is missing is done without, what is damaged is reported, and as much is known as the rest
 * tells: where there is no __cluster_metadata-0, the topics are those that have folders.
 *
 * Opening reads the small files only. It holds no file open, and does not change; logs of partitions are opened as they
 * are used. See kw_file about directories that a broker is using. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/storage/checkpoint.h>
#include <kwire/storage/cluster_metadata.h>
#include <kwire/storage/meta_properties.h>
#include <kwire/storage/names.h>
#include <kwire/storage/partition_log.h>
#include <kwire/storage/problem.h>
#include <kwire/view.h>

/* The folder of a partition. */
typedef struct kw_data_partition {
    kw_string topic;
    int32_t partition;
    kw_folder_kind kind; /* STRAY also if the metadata has no such partition, or has the topic by another id */
    kw_uuid topic_id;    /* by partition.metadata; zero if there is none */
    const char *folder;  /* its path */
} kw_data_partition;

typedef struct kw_data_topic {
    kw_string name;
    kw_uuid id;                        /* zero: not known */
    const kw_metadata_topic *metadata; /* NULL: there is no metadata, the topic is known by its folders */
    const kw_data_partition *folders;  /* those that are LIVE, by partition; not all need be on this disk */
    size_t folder_count;
} kw_data_topic;

typedef struct kw_data_dir {
    const char *path;
    kw_meta_properties meta;
    kw_cluster_metadata metadata; /* the image has only features if it is of bootstrap.checkpoint */
    kw_data_topic *topics;        /* by name */
    size_t topic_count;
    kw_data_partition *partitions; /* LIVE ones first, then by topic and partition */
    size_t partition_count;
    kw_offset_checkpoint high_watermarks; /* replication-offset-checkpoint */
    kw_offset_checkpoint recovery_points;
    kw_offset_checkpoint start_offsets; /* log-start-offset-checkpoint */
    kw_offset_checkpoint cleaned;       /* cleaner-offset-checkpoint */
    bool has_meta;                      /* meta.properties is there and could be read */
    bool has_metadata;                  /* __cluster_metadata-0 is there */
    bool was_stopped_well;              /* the broker stopped in an orderly way; logs need not be checked */
} kw_data_dir;

KW_BEGIN_DECLS

/* Opens the directory at `path`; everything is in the arena, which must be able to grow. The status is of the directory
 * itself and of memory; problems with what is in it are reported. */
KW_API KW_NODISCARD kw_status kw_data_dir_open(kw_data_dir *dir, const char *path, kw_arena *arena,
                                               const kw_disk_listener *listener);

/* NULL: there is none, or no live one. */
KW_API const kw_data_topic *kw_data_dir_topic(const kw_data_dir *dir, kw_string name);
KW_API const kw_data_topic *kw_data_dir_topic_by_id(const kw_data_dir *dir, kw_uuid id);
KW_API const kw_data_partition *kw_data_topic_partition(const kw_data_topic *topic, int32_t partition);

/* Opens the log of a partition, see kw_partition_log_open(). It is in `arena`, which may be another one. */
KW_API KW_NODISCARD kw_status kw_data_dir_open_log(const kw_data_dir *dir, const kw_data_partition *partition,
                                                   unsigned what, kw_partition_log *log, kw_arena *arena,
                                                   const kw_disk_listener *listener);

KW_END_DECLS
#endif
