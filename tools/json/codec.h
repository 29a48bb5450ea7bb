/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CODEC_H
#define TOOLS_CODEC_H

/* Converts bytes to JSON and back, reusing memory from message to message. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <kwire/message.h>

#include "../command/report.h"
#include "from_json.h"
#include "json_form.h"

typedef struct codec {
    kw_arena arena;
    kw_writer bytes;
    size_t max_memory;    /* of a message's values, and again of its text */
    bool strict;          /* decoding: no bytes after the message, tags in order */
    json_form json;       /* decoding: how messages are shown */
    json_missing missing; /* encoding: JSON_MISSING_REFUSED from codec_init() on */
} codec;

void codec_init(codec *c, size_t max_memory, bool strict);
void codec_finish(codec *c);

/* The message of that name, in any case; NULL with a report if it is unknown. */
const kw_message *codec_message(kw_string name, report *r);

/* The message of that name if it has that version; NULL with a report if not. */
const kw_message *codec_find(kw_string name, int64_t version, report *r);

/* What Kafka's readers ignore. */
typedef struct ignored {
    size_t trailing;     /* bytes after the message */
    size_t unknown_tags; /* tagged fields that the schema does not know */
} ignored;

/* Appends the JSON of the message in `body` to `json`. */
bool codec_decode(codec *c, const kw_message *m, int16_t version, const uint8_t *body, size_t size, kw_writer *json,
                  ignored *rest, report *r);

/* Appends the encoded message in hex digits to `hex`. */
bool codec_encode(codec *c, const kw_message *m, int16_t version, json_t *value, kw_writer *hex, report *r);

#endif
