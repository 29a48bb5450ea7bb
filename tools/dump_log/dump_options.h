/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DUMP_OPTIONS_H
#define TOOLS_DUMP_OPTIONS_H

/* The arguments of `dump-log`. */

#include "../command/options.h"
#include "dump_file.h"
#include "filter.h"

enum { MOST_THREADS = 64 };

typedef struct dump_options {
    arguments words; /* FILE and DIR */
    bool jsonl;
    bool batches;   /* show them */
    bool records;   /* show them */
    bool logs_only; /* of a folder */
    bool verify;
    bool colour;
    bool has_kind;
    file_kind kind; /* has_kind: what a file is, or what of a folder is meant */
    bool has_topic;
    decoded_topic topic; /* has_topic: whose records they are, whatever the folder's name */
    filter filter;
    size_t max_memory; /* of a batch, of its records, of the values of one, of its JSON; for each thread */
    long long max_problems;
    int threads;
} dump_options;

/* CONTINUE or the exit status. */
int dump_options_read(const verb *v, int count, char **words, dump_options *out);

void dump_options_finish(dump_options *o);

#endif
