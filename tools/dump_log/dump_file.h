/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DUMP_FILE_H
#define TOOLS_DUMP_FILE_H

/* The kind of a file in a data directory, from its name or from the user. */

#include <stdbool.h>
#include <stdint.h>

#include "../json/record_decoder.h"

/* In the order in which the files of a folder are dumped. */
typedef enum file_kind {
    KIND_META,       /* meta.properties */
    KIND_OFFSETS,    /* recovery-point-offset-checkpoint and similar */
    KIND_PARTITION,  /* partition.metadata */
    KIND_QUORUM,     /* quorum-state */
    KIND_EPOCHS,     /* leader-epoch-checkpoint */
    KIND_LOG,        /* .log */
    KIND_SNAPSHOT,   /* .checkpoint: batches of metadata records */
    KIND_INDEX,      /* .index */
    KIND_TIME_INDEX, /* .timeindex */
    KIND_TXN_INDEX,  /* .txnindex */
    KIND_PRODUCERS,  /* .snapshot */
    KIND_COUNT
} file_kind;

typedef struct dump_file {
    char *path;
    file_kind kind;
    int64_t offset; /* at the start of the name; -1: none */
    int32_t epoch;  /* in a snapshot's name; else -1 */
    bool live;      /* false: deleted, or not complete */
    decoded_topic topic;
    long long problems; /* number found so far */
} dump_file;

/* The name for --type, e.g. "log"; and the title, e.g. "offset index". Static storage. */
const char *file_kind_name(file_kind kind);
const char *file_kind_title(file_kind kind);

/* The reverse of file_kind_name(); false if there is none. */
bool file_kind_find(const char *name, file_kind *out);

/* Sets kind, offset, epoch and live from the file's name; false if the name has no kind. */
bool dump_file_named(const char *name, dump_file *out);

/* The first offset that a log, or the log of an index, may have. */
int64_t dump_file_base_offset(const dump_file *file);

/* The topic of a log, from the name of its folder. */
decoded_topic topic_of_folder(const char *folder_name);

/* "__cluster_metadata", or "cluster-metadata" for short; false if records of this topic are not decoded. */
bool topic_find(const char *name, decoded_topic *out);

#endif
