/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PRINTER_H
#define TOOLS_PRINTER_H

/* Standard output: lines of every kind but the batches and records of a log, in text or JSON, one file after the other.
 *
 * In JSON each line is an object that begins with "file" and "type". */

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
    bool verify;            /* nothing but problems is printed */
    long long max_problems; /* of a file that are printed */
    long long problems;     /* of all files so far */
    long long unlisted;     /* of them those that were not printed */
    dump_file *file;
    uint64_t file_size;
    bool headed;          /* the file's first lines are printed */
    bool first;           /* no file was printed */
    const char *row_type; /* of the last row */
    const char *headings; /* of a log's lines, in text; or "" */
    kw_string start;      /* of JSON lines: {"file":"...","type": */
    kw_writer start_bytes;
    emitter out;
    buffer memory;
} printer;

void printer_init(printer *p, bool jsonl, bool colour, bool verify, long long max_problems);
void printer_finish(printer *p);

/* What follows is of this file. Its first lines are printed with the next ones, or now by printer_head(). */
void printer_begin(printer *p, dump_file *file, uint64_t size, const char *headings);
void printer_head(printer *p);

/* A line of an index or another small file. `type` is what the JSON calls it. */
void printer_row(printer *p, const char *type, const cell *cells, size_t count);

/* Lines that were put together elsewhere. */
void printer_lines(printer *p, const char *text, size_t size);

/* The file ends in so many zeros, which Kafka allocated ahead. */
void printer_zeros(printer *p, uint64_t size);

/* Counts it, and prints it if there were not too many in this file before. */
void printer_problem(printer *p, const problem *what);

void printer_flush(printer *p);

#endif
