/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_MESSAGE_H
#define TOOLS_MESSAGE_H

/* kw_message_decode() and kw_message_encode(); if they fail the report has the path of the field. And fields by their
 * names. */

#include <kwire/message.h>

#include "report.h"

/* The reader is at the start of its input. On failure the arena's content is lost. */
bool message_decode(const kw_message *m, int16_t version, kw_reader *in, kw_arena *arena, void **value, report *r);

bool message_encode(const kw_message *m, int16_t version, const void *value, kw_writer *out, report *r);

/* The place of the field of this name in a struct, if it is of this kind and no array; NULL if there is none. */
const void *struct_field(const kw_struct *type, const void *value, const char *name, kw_kind kind);

#endif
