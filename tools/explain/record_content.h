/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RECORD_CONTENT_H
#define TOOLS_RECORD_CONTENT_H

/* What is inside the keys and values of Kafka's own records: control records, and those of its own topics. */

#include <kwire/persisted.h>

#include "explainer.h"

/* Where a record comes from. */
typedef struct record_source {
    bool is_control;
    bool is_internal; /* of a topic of Kafka's own: */
    kw_internal_topic topic;
} record_source;

record_source record_source_of(kw_string topic, bool is_control);

/* Whether the content is explained below; if not, it is bytes of the application. */
static inline bool record_source_is_known(const record_source *s)
{
    return s->is_control || s->is_internal;
}

/* Explain a key and a value, which are `bytes` at `at` of the region, below the path that was told last. */
void explain_record_key(explainer *e, const record_source *s, size_t at, kw_bytes key, unsigned depth);
void explain_record_value(explainer *e, const record_source *s, size_t at, kw_bytes key, kw_bytes value,
                          unsigned depth);

#endif
