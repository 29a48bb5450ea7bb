/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_MEANING_H
#define TOOLS_MEANING_H

/* What the value of a field says. */

#include <kwire/walk.h>

#include "explainer.h"

/* Notes it for the row that is told next. */
void meaning_note(explainer *e, const kw_message *m, const kw_step *step, const explain_value *v);

/* These note what a number or id says that is no field of the schema. */
void meaning_note_time(explainer *e, int64_t ms);
void meaning_note_text(explainer *e, const char *text);

/* The name of the topic that has this id; null if it is not known. */
kw_string meaning_topic_name(const explainer *e, kw_uuid id);

#endif
