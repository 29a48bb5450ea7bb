/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_MESSAGE_OPTIONS_H
#define TOOLS_MESSAGE_OPTIONS_H

/* The arguments of `decode` and `encode`: [--jsonl | MESSAGE VERSION [INPUT] | --frame [INPUT]], and the options of
 * both. */

#include "../command/buffer.h"
#include "../command/options.h"
#include "../json/codec.h"
#include "bytes_input.h"
#include "frame_json.h"

typedef struct message_options {
    bool jsonl;
    bool frame;               /* whole frames instead of bodies */
    bool strict;              /* decode */
    bool unknown_tags;        /* decode */
    bool raw_records;         /* decode */
    bool pretty;              /* decode */
    bool defaults;            /* encode */
    const bytes_shape *shape; /* decode: of the input; NULL: to be recognised */
    bytes_shape given_shape;
    output_form form; /* encode */
    frame_of of;      /* decode --frame: of responses */
    size_t max_memory;
    const char *name;  /* one message: its name, and */
    int16_t version;   /* version, */
    const char *input; /* and input; NULL: standard input */
} message_options;

/* Returns CONTINUE or the exit status. */
int message_options_read(const verb *v, bool decoding, int count, char **words, message_options *out);

/* The input of one message: the word, or a file or all of standard input, which is stored in `memory`. */
const char *message_input(const message_options *o, buffer *memory, size_t *size);

/* Prints the report of one message to standard error. Returns the exit status. */
int message_refused(const report *r);

#endif
