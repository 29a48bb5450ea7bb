/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_NAMES_H
#define KWIRE_STORAGE_NAMES_H

/* The names of files and directories in a log directory, read and written, and the paths of files. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

/* Files of a log directory. */
#define KW_META_PROPERTIES_NAME "meta.properties"
#define KW_BOOTSTRAP_CHECKPOINT_NAME "bootstrap.checkpoint" /* until Kafka 4.3 */
#define KW_RECOVERY_POINT_CHECKPOINT_NAME "recovery-point-offset-checkpoint"
#define KW_REPLICATION_CHECKPOINT_NAME "replication-offset-checkpoint" /* high watermarks */
#define KW_LOG_START_CHECKPOINT_NAME "log-start-offset-checkpoint"
#define KW_CLEANER_CHECKPOINT_NAME "cleaner-offset-checkpoint"
#define KW_CLEAN_SHUTDOWN_NAME ".kafka_cleanshutdown"

/* Files of a partition's directory, and some that only that of __cluster_metadata has. */
#define KW_PARTITION_METADATA_NAME "partition.metadata"
#define KW_LEADER_EPOCHS_NAME "leader-epoch-checkpoint"
#define KW_QUORUM_STATE_NAME "quorum-state"

/* The state of a partition's directory. */
typedef enum kw_partition_dir_kind {
    KW_PARTITION_DIR_LIVE,   /* <topic>-<partition> */
    KW_PARTITION_DIR_DELETE, /* <topic>-<partition>.<32 hex digits>-delete: being deleted */
    KW_PARTITION_DIR_FUTURE, /* ...-future: being filled, to replace the one on another disk */
    KW_PARTITION_DIR_STRAY   /* ...-stray: no longer part of the cluster */
} kw_partition_dir_kind;

/* The parts of the name of a partition's directory. */
typedef struct kw_partition_dir_name {
    kw_string topic; /* a view of the name; Kafka truncates it in long names that are not LIVE */
    int32_t partition;
    kw_partition_dir_kind kind;
    kw_uuid unique_id; /* the 32 hex digits; LIVE: zero */
} kw_partition_dir_name;

/* The kinds of files in a partition's directory whose names start with an offset. */
typedef enum kw_segment_file {
    KW_SEGMENT_FILE_LOG,        /* .log */
    KW_SEGMENT_FILE_INDEX,      /* .index */
    KW_SEGMENT_FILE_TIME_INDEX, /* .timeindex */
    KW_SEGMENT_FILE_TXN_INDEX,  /* .txnindex */
    KW_SEGMENT_FILE_PRODUCERS,  /* .snapshot */
    KW_SEGMENT_FILE_CHECKPOINT  /* <offset>-<10 digits>.checkpoint, a snapshot of __cluster_metadata */
} kw_segment_file;

/* The state of such a file. */
typedef enum kw_file_state {
    KW_FILE_STATE_LIVE,
    KW_FILE_STATE_DELETED, /* .deleted: to be removed soon */
    KW_FILE_STATE_CLEANED, /* .cleaned: unfinished work of the log cleaner */
    KW_FILE_STATE_SWAP,    /* .swap: finished work of the log cleaner, about to get its name */
    KW_FILE_STATE_PART     /* <offset>-<epoch>-<random number>.checkpoint.part: unfinished snapshot */
} kw_file_state;

/* The parts of the name of a file of a segment or snapshot. */
typedef struct kw_segment_name {
    int64_t offset; /* of the first record; CHECKPOINT, PRODUCERS: the offset after the last one */
    int32_t epoch;  /* CHECKPOINT: of the last record in it; else -1 */
    kw_segment_file file;
    kw_file_state state;
    uint64_t random; /* PART: the number that makes the name unique; else 0 */
} kw_segment_name;

KW_BEGIN_DECLS

/* True if `name` is that of a partition's directory, of a topic with a valid name. */
KW_API KW_NODISCARD bool kw_partition_dir_name_parse(kw_string name, kw_partition_dir_name *out);

/* True if `name` is that of a file of a segment or snapshot. */
KW_API KW_NODISCARD bool kw_segment_name_parse(kw_string name, kw_segment_name *out);

/* Writes the name, without a zero byte. In names of DELETE and STRAY directories the topic is truncated so that they
 * have at most 255 bytes, as in Kafka. Returns the writer's status; KW_ERR_ARGUMENT for an invalid topic, a negative
 * number, or a state that this file cannot have. */
KW_API kw_status kw_partition_dir_name_write(kw_writer *w, const kw_partition_dir_name *name);
KW_API kw_status kw_segment_name_write(kw_writer *w, const kw_segment_name *name);

/* The name of a file in use, e.g. <offset>.log. */
KW_INLINE kw_segment_name kw_segment_name_of(kw_segment_file file, int64_t offset)
{
    kw_segment_name name = {offset, -1, file, KW_FILE_STATE_LIVE, 0};
    return name;
}

/* The name of a snapshot of __cluster_metadata. */
KW_INLINE kw_segment_name kw_snapshot_name_of(int64_t end_offset, int32_t epoch)
{
    kw_segment_name name = {end_offset, epoch, KW_SEGMENT_FILE_CHECKPOINT, KW_FILE_STATE_LIVE, 0};
    return name;
}

/* Stores "<folder>/<name>" and a zero byte in `path`, which has `size` bytes. KW_ERR_SPACE: it is too small; then it
 * is an empty string. KW_ERR_ARGUMENT as above. */
KW_API KW_NODISCARD kw_status kw_file_path(char *path, size_t size, const char *folder, kw_string name);
KW_API KW_NODISCARD kw_status kw_segment_path(char *path, size_t size, const char *folder, kw_segment_name name);

KW_END_DECLS
#endif
