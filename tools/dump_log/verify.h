/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_VERIFY_H
#define TOOLS_VERIFY_H

/* Verifies files: each for itself, and indexes against the log next to them. */

#include "dump_log.h"
#include "file_list.h"

/* A log and its indexes; NULL for those that are not verified. */
typedef struct segment_files {
    dump_file *log;
    dump_file *index;
    dump_file *time_index;
    dump_file *txn_index;
} segment_files;

typedef struct verified {
    uint64_t batches;
    uint64_t records;
    int64_t next_offset; /* that follows the last batch of the log */
} verified;

/* Prints the problems of all files in the list, and a summary line. */
void verify_files(dumper *d, file_list *list);

/* Reads the log, even if it is not verified itself: then it is the one next to the index. */
void verify_segment(dumper *d, const segment_files *files, verified *out);

#endif
