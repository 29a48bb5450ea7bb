/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_INPUT_H
#define TOOLS_INPUT_H

/* Reads standard input, line by line or whole, and whole files. Exits on reading errors. */

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

/* All zero is a reader at the start. */
typedef struct line_reader {
    buffer memory;
    size_t start;   /* of the next line */
    size_t scanned; /* no line feed from `start` to here */
    size_t end;     /* of what was read */
    bool at_end;    /* nothing follows it */
} line_reader;

/* The next line, of any length, without its line feed; the last one may lack it. False at the end of the input. The
 * line may be changed, and is valid until the next call. Standard output is flushed before the call waits for input, so
 * that a program that writes to a pipe gets each answer without closing it. */
bool line_reader_next(line_reader *r, char **line, size_t *size);

void line_reader_finish(line_reader *r);

/* The rest of standard input. Returns its size. */
size_t input_read_all(buffer *b);

/* A whole file of at most `most` bytes; exits if it is longer. Returns its size. */
size_t input_read_file(const char *path, size_t most, buffer *b);

/* The text that a word names: standard input for NULL and "-", a file of at most `most` bytes for "@FILE", or the word
 * itself. `b` has its memory, if needed. */
const char *input_read_word(const char *word, size_t most, buffer *b, size_t *size);

#endif
