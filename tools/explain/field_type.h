/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FIELD_TYPE_H
#define TOOLS_FIELD_TYPE_H

/* The type of a field in a version of its message. */

#include <kwire/walk.h>

static inline bool field_is_compact(const kw_field *field, bool flexible)
{
    return flexible && (field->flags & KW_FIELD_CLASSIC) == 0;
}

/* Whether the step is a whole field that is tagged in this version. */
static inline bool step_is_tagged(const kw_step *step, int16_t version)
{
    return step->field != NULL && step->index < 0 && kw_versions_have(step->field->tagged, version);
}

static inline bool step_is_array(const kw_step *step)
{
    return step->field != NULL && step->index < 0 && (step->field->flags & KW_FIELD_ARRAY) != 0;
}

/* The type's name in Kafka's documents, e.g. "COMPACT_NULLABLE_STRING". Static storage. */
const char *step_type(const kw_step *step, int16_t version, bool flexible);

#endif
