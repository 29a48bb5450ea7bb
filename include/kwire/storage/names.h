/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_NAMES_H
#define KWIRE_STORAGE_NAMES_H

/* What the names of files and folders in a data directory say. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/export.h>
#include <kwire/view.h>

/* What becomes of a partition's folder. */
typedef enum kw_folder_kind {
    KW_FOLDER_LIVE,   /* <topic>-<partition> */
    KW_FOLDER_DELETE, /* <topic>-<partition>.<32 hex digits>-delete: being deleted */
    KW_FOLDER_FUTURE, /* ...-future: being filled, to replace that of another disk */
    KW_FOLDER_STRAY   /* ...-stray: the cluster does not have it any more */
} kw_folder_kind;

typedef struct kw_folder_name {
    kw_string topic; /* a view of the name; Kafka shortens it where the kind is not LIVE and the name gets too long */
    int32_t partition;
    kw_folder_kind kind;
} kw_folder_name;

/* The kinds of files in a partition's folder whose names begin with an offset. */
typedef enum kw_segment_file {
    KW_SEGMENT_FILE_LOG,        /* .log */
    KW_SEGMENT_FILE_INDEX,      /* .index */
    KW_SEGMENT_FILE_TIME_INDEX, /* .timeindex */
    KW_SEGMENT_FILE_TXN_INDEX,  /* .txnindex */
    KW_SEGMENT_FILE_PRODUCERS,  /* .snapshot */
    KW_SEGMENT_FILE_CHECKPOINT  /* <offset>-<10 digits>.checkpoint, a snapshot of __cluster_metadata */
} kw_segment_file;

/* What has been done to such a file. */
typedef enum kw_file_state {
    KW_FILE_STATE_LIVE,
    KW_FILE_STATE_DELETED, /* .deleted: to be removed soon */
    KW_FILE_STATE_CLEANED, /* .cleaned: unfinished work of the log cleaner */
    KW_FILE_STATE_SWAP,    /* .swap: finished work of the log cleaner, about to get its name */
    KW_FILE_STATE_PART     /* .part: unfinished snapshot */
} kw_file_state;

typedef struct kw_segment_name {
    int64_t offset; /* of the first record; CHECKPOINT, PRODUCERS: that follows the last one in it */
    int32_t epoch;  /* CHECKPOINT: of the last record in it; else -1 */
    kw_segment_file file;
    kw_file_state state;
} kw_segment_name;

KW_BEGIN_DECLS

/* Whether `name` is that of a partition's folder. Topic names are as Kafka allows them: 1 to 249 characters of letters,
 * digits, '.', '_' and '-', not "." or "..". */
KW_API KW_NODISCARD bool kw_folder_name_parse(kw_string name, kw_folder_name *out);

/* Whether `name` is that of a file of a segment or snapshot. */
KW_API KW_NODISCARD bool kw_segment_name_parse(kw_string name, kw_segment_name *out);

KW_END_DECLS
#endif
