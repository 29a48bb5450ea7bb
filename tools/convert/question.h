/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_QUESTION_H
#define TOOLS_QUESTION_H

/* A line of --jsonl input: {"message":NAME,"version":N,KEY:...}. Other keys are ignored, so that the answers of one
 * verb are valid input of the other. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <kwire/view.h>

#include "../command/buffer.h"
#include "../command/report.h"

typedef struct question {
    kw_string message; /* null if it could not be read; a view of the line or of `root` */
    int64_t version;
    bool has_version;
    const uint8_t *body; /* of question_parse_hex() */
    size_t body_size;
    json_t *value; /* of question_parse_value(); borrowed from `root` */
    json_t *root;  /* NULL if the line was read without jansson */
} question;

/* Both set what they can even if they return false. question_finish() must be called in either case. The body is in
 * `memory`. */
bool question_parse_hex(question *q, const char *line, size_t size, buffer *memory, report *r);
bool question_parse_value(question *q, const char *line, size_t size, buffer *memory, report *r);

void question_finish(question *q);

#endif
