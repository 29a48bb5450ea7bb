/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DUMP_TEXT_H
#define TOOLS_DUMP_TEXT_H

/* The lines of a hex dump: an offset, bytes, and most often the same as characters. The offsets say where the bytes of
 * a line end, and whether lines were left out as repetitions of the one before. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/writer.h>

enum { DUMP_LINE = 512, DUMP_BYTES = 128 };

typedef struct dump_text {
    char line[DUMP_LINE]; /* the part of the line that is there so far */
    size_t len;
    uint8_t bytes[DUMP_BYTES]; /* of the line before, which are written when this one's offset is known */
    size_t count;
    uint64_t offsets[3]; /* of that line, read as hexadecimal, octal and decimal number */
    unsigned base;       /* 0: not known yet; else which of them it is, from 1 */
    bool repeats;        /* a line of "*" followed it */
    bool started;
} dump_text;

/* Whether the text, which may be cut anywhere, begins with such lines. */
bool dump_text_looks_so(const char *text, size_t size);

/* Takes a line without its line feed. False with the reason, a sentence. */
bool dump_text_line(dump_text *d, const char *line, size_t size, kw_writer *out, char *error, size_t error_size);

/* Writes the bytes of the last line. */
void dump_text_end(dump_text *d, kw_writer *out);

#endif
