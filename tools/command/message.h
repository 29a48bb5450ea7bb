/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_MESSAGE_H
#define TOOLS_MESSAGE_H

/* kw_message_decode() and kw_message_encode(); if they fail the report has the path of the field. */

#include <kwire/message.h>

#include "report.h"

/* The reader is at the start of its input. On failure the arena's content is lost. */
bool message_decode(const kw_message *m, int16_t version, kw_reader *in, kw_arena *arena, void **value, report *r);

bool message_encode(const kw_message *m, int16_t version, const void *value, kw_writer *out, report *r);

#endif
