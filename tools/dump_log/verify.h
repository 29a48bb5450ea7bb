/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_VERIFY_H
#define TOOLS_VERIFY_H

/* Whether files are sound: each for itself, and indexes against the log beside them. */

#include "dump_log.h"
#include "file_list.h"

/* A log and what is beside it; NULL for what is not to be looked at. */
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

/* Prints the problems of all files in the list, and a line that sums up. */
void verify_files(dumper *d, file_list *list);

/* Reads the log, also where it is not itself to be looked at: then it is the one beside the index. */
void verify_segment(dumper *d, const segment_files *files, verified *out);

#endif
