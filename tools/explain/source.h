/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SOURCE_H
#define TOOLS_SOURCE_H

/* Bytes from a file, standard input, or the command line; binary or written as text. */

#include <kwire/writer.h>

#include "../command/buffer.h"
#include "../command/report.h"
#include "../text/bytes_text.h"

typedef struct source {
    const char *name;   /* of the file; NULL: standard input, or the command line */
    uint64_t offset;    /* of the next byte */
    uint64_t file_size; /* of a binary file; 0: not known */
    bytes_shape shape;
    const char *headers; /* those that were skipped of the packets that were pasted; NULL: none */
    int fd;              /* private, as is the rest; -1: the command line */
    const char *literal; /* the rest of that */
    size_t literal_size;
    bool at_end; /* of what is read */
    bool failed; /* the text is invalid; that was reported */
    buffer bytes;
    size_t start; /* of the bytes that were not taken yet */
    size_t end;
    bytes_text text;
    kw_writer decoded;
    buffer unit;      /* the dump that is read, or the whole text, as long as it may be a packet, */
    size_t unit_size; /* of this size */
    bool unit_passes; /* it is too long for one */
    buffer first;     /* the start of the input, which was read to find its shape, */
    size_t held;      /* has this many bytes, */
    size_t given;     /* of which this many were read again */
} source;

/* "-" is standard input. `shape` NULL: to be recognised. Exits if the file cannot be read. */
void source_open_file(source *s, const char *name, const bytes_shape *shape);

/* Text of the command line, which must outlive the source. */
void source_open_literal(source *s, const char *text, const bytes_shape *shape);

void source_close(source *s);

/* Its name in messages: the file's name in quotes, "standard input", or "command line". */
const char *source_name(const source *s, char to[QUOTED_SIZE]);

/* Makes at least `size` bytes available unless the input ends before, and returns the available number. A reading error
 * ends the program; invalid text ends the input, with a line on standard error. */
size_t source_need(source *s, size_t size);

/* The available bytes; valid until the next source_need(). */
const uint8_t *source_data(const source *s);

/* Consumes the next `size` of them. */
void source_take(source *s, size_t size);

/* Whether the text was invalid. */
static inline bool source_failed(const source *s)
{
    return s->failed;
}

#endif
