/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DUMP_LOG_H
#define TOOLS_DUMP_LOG_H

/* Prints files as lines. */

#include "dump_options.h"
#include "log_worker.h"
#include "printer.h"

/* State that is reused from file to file. */
typedef struct dumper {
    const dump_options *options;
    printer printer;
    log_worker *workers; /* as many as options->threads */
} dumper;

/* A log or snapshot: its batches and records that match. */
void dump_log(dumper *d, dump_file *file);

/* An index or a producer snapshot. */
void dump_index(dumper *d, dump_file *file);

/* A text file: an offset checkpoint, leader-epoch-checkpoint, partition.metadata, meta.properties, quorum-state. */
void dump_text(dumper *d, dump_file *file);

#endif
