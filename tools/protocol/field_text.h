/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FIELD_TEXT_H
#define TOOLS_FIELD_TEXT_H

/* What the verb schema says of messages and fields as text. */

#include <kwire/message.h>

#include "../command/output.h"

/* "request", "metadata record" and so on. Static storage. */
const char *message_kind(const kw_message *m);

/* Whether the message is sent as the body of a frame, after a header. */
bool message_has_header(const kw_message *m);

enum { VERSIONS_SIZE = 16, TITLE_SIZE = 160, SURROUNDINGS_SIZE = 96, FIELD_TYPE_SIZE = 160, FIELD_DEFAULT_SIZE = 128 };

/* "3-5", "3", or "-" for none. Returns `to`. */
const char *format_range(char to[VERSIONS_SIZE], kw_versions v);

/* The same, but "3+" if they end with the last one of `of`. */
const char *format_versions(char to[VERSIONS_SIZE], kw_versions v, kw_versions of);

/* "FetchRequest, request of API key 1 (Fetch)". Returns `to`. */
const char *format_title(const kw_message *m, char to[TITLE_SIZE]);

/* The header before the body and the Kafka releases that have the version: "after header version 1; Kafka 2.7 to the
 * newest"; "" if the message has neither. Returns `to`. */
const char *format_surroundings(const kw_message *m, int16_t version, char to[SURROUNDINGS_SIZE]);

enum { ALL_VERSIONS = -1 };

/* A field in one of its versions. */
typedef struct field_form {
    const char *type;     /* "COMPACT_ARRAY", or the name of a struct; static storage */
    const char *elements; /* type of an array's elements; NULL if it is no array */
    bool nullable;
    int32_t tag; /* -1: in its place */
} field_form;

/* With ALL_VERSIONS it is neither compact nor nullable nor tagged. */
field_form field_form_in(const kw_field *f, int16_t version, bool flexible);

/* "COMPACT_ARRAY of FetchTopic". Returns `to`. */
const char *format_type(const field_form *form, char to[FIELD_TYPE_SIZE]);

enum { FIELD_NOTE_SIZE = 320 };

/* Appends to notes, which commas separate; cut if they are too long. */
PRINTF_LIKE(2, 3) void note_append(char note[FIELD_NOTE_SIZE], const char *format, ...);

/* The default as JSON, or "" if it is zero, empty or false. Returns `to`. */
const char *format_default(const kw_field *f, char to[FIELD_DEFAULT_SIZE]);

#endif
