/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DUMP_TEXT_H
#define TOOLS_DUMP_TEXT_H

/* The lines of a hex dump: an offset, bytes, and usually the same as characters. The offsets determine where the bytes
 * of a line end, and whether lines were omitted as repetitions of the one before. Tables with bars and the packets of
 * tcpdump may have other lines between those of the dump. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/writer.h>

enum { DUMP_LINE = 512, DUMP_BYTES = 128 };

typedef struct dump_text {
    char line[DUMP_LINE]; /* the part of the line read so far */
    size_t len;
    uint8_t bytes[DUMP_BYTES]; /* of the line before, which are written when this one's offset is known */
    size_t count;
    uint64_t offsets[3]; /* of that line, read as hexadecimal, octal and decimal number */
    unsigned base;       /* 0: not known yet; else which of them it is, from 1 */
    bool repeats;        /* a line of "*" followed it */
    bool among_others;   /* lines that are not of the dump may follow */
    size_t others;       /* such lines so far */
    bool started;
    bool ended; /* set when the first line of another dump comes; the reader of both clears it */
} dump_text;

/* Whether the text, which may be cut anywhere, starts with such lines. */
bool dump_text_looks_so(const char *text, size_t size);

/* Reads a line without its line feed. False with a sentence in `error`. */
bool dump_text_line(dump_text *d, const char *line, size_t size, kw_writer *out, char *error, size_t error_size);

/* Writes the bytes of the last line. */
void dump_text_end(dump_text *d, kw_writer *out);

#endif
