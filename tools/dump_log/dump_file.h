/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DUMP_FILE_H
#define TOOLS_DUMP_FILE_H

/* What a file of a data directory is, as its name says or as the user does. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/persisted.h>

/* In the order in which those of a folder are dumped. */
typedef enum file_kind {
    KIND_META,       /* meta.properties */
    KIND_OFFSETS,    /* recovery-point-offset-checkpoint and its kin */
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

/* Whose records a log has, for those that are decoded. */
typedef struct decoded_topic {
    bool known;
    kw_internal_topic topic;
} decoded_topic;

typedef struct dump_file {
    char *path;
    file_kind kind;
    int64_t offset; /* that the name begins with; -1: with none */
    int32_t epoch;  /* of a snapshot's name; else -1 */
    bool live;      /* false: it is deleted, or not finished */
    decoded_topic topic;
    long long problems; /* found in it so far */
} dump_file;

/* Of --type, e.g. "log"; and for people, e.g. "offset index". Static storage. */
const char *file_kind_name(file_kind kind);
const char *file_kind_title(file_kind kind);

/* The reverse of file_kind_name(); false if there is none. */
bool file_kind_find(const char *name, file_kind *out);

/* Sets kind, offset, epoch and live as the name of the file says; false if it says nothing about the kind. */
bool dump_file_named(const char *name, dump_file *out);

/* The first offset that a log, or what an index is of, may have. */
int64_t dump_file_base_offset(const dump_file *file);

/* Whose records the log is, by the folder that it lies in. */
decoded_topic topic_of_folder(const char *folder_name);

/* "__cluster_metadata", or "cluster-metadata" for short; false if records of no such topic are decoded. */
bool topic_find(const char *name, decoded_topic *out);

#endif
