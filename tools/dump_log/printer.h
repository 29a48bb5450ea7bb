/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PRINTER_H
#define TOOLS_PRINTER_H

/* Prints all lines but the batches and records of a log, as text or JSON, one file after the other.
 *
 * In JSON each line is an object that starts with "file" and "type". */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>

#include "../command/buffer.h"
#include "../text/emit.h"
#include "cell.h"
#include "dump_file.h"
#include "problem.h"

typedef struct printer {
    bool jsonl;
    bool colour;
    bool verify;            /* only problems are printed */
    long long max_problems; /* printed for each file */
    long long problems;     /* of all files so far */
    long long unlisted;     /* those of them that were not printed */
    dump_file *file;
    uint64_t file_size;
    bool headed;          /* the file's first lines are printed */
    bool first;           /* no file was printed yet */
    const char *row_type; /* of the last row */
    const char *headings; /* of a log's lines, in text; or "" */
    kw_string start;      /* of JSON lines: {"file":"...","type": */
    kw_writer start_bytes;
    emitter out;
    buffer memory;
} printer;

void printer_init(printer *p, bool jsonl, bool colour, bool verify, long long max_problems);
void printer_finish(printer *p);

/* Starts a file. Its first lines are printed with the next ones, or immediately by printer_head(). */
void printer_begin(printer *p, dump_file *file, uint64_t size, const char *headings);
void printer_head(printer *p);

/* A line of an index or another small file. `type` is its type in JSON. */
void printer_row(printer *p, const char *type, const cell *cells, size_t count);

/* Lines that were formatted elsewhere. */
void printer_lines(printer *p, const char *text, size_t size);

/* The file ends in this many zeros, which Kafka allocated ahead. */
void printer_zeros(printer *p, uint64_t size);

/* Counts it, and prints it up to the limit for this file. */
void printer_problem(printer *p, const problem *what);

void printer_flush(printer *p);

#endif
