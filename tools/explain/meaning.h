/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_MEANING_H
#define TOOLS_MEANING_H

/* The meaning of a field's value. */

#include <kwire/walk.h>

#include "explainer.h"

/* Notes it for the next row. */
void meaning_note(explainer *e, const kw_message *m, const kw_step *step, const explain_value *v);

/* These note the meaning of a number or id outside the schema. */
void meaning_note_time(explainer *e, int64_t ms);
void meaning_note_text(explainer *e, const char *text);

/* The name of the topic with this id; null if it is not known. */
kw_string meaning_topic_name(const explainer *e, kw_uuid id);

#endif
