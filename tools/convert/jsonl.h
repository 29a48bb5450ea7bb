/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_JSONL_H
#define TOOLS_JSONL_H

#include "../json/codec.h"
#include "question.h"

/* The functions of a verb: one reads a request, one appends the answer to {"message":...,"version":... without the
 * closing brace. Both return false with a report. */
typedef struct jsonl_verb {
    bool (*parse)(question *q, const char *line, size_t size, buffer *memory, report *r);
    bool (*answer)(codec *c, const kw_message *m, const question *q, kw_writer *out, report *r);
} jsonl_verb;

/* Writes one answer to standard output for every line of standard input. */
void jsonl_run(const jsonl_verb *verb, codec *c);

#endif
