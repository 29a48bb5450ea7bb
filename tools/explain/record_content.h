/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RECORD_CONTENT_H
#define TOOLS_RECORD_CONTENT_H

/* The content of keys and values of Kafka's own records: control records, and those of internal topics. */

#include <kwire/persisted.h>

#include "explainer.h"

/* The origin of a record. */
typedef struct record_source {
    bool is_control;
    bool is_internal; /* of an internal topic: */
    kw_internal_topic topic;
} record_source;

record_source record_source_of(kw_string topic, bool is_control);

/* Whether the content is known; if not, it is application data. */
static inline bool record_source_is_known(const record_source *s)
{
    return s->is_control || s->is_internal;
}

/* Explain a key and a value at `at` of the region, below the path that was shown last. */
void explain_record_key(explainer *e, const record_source *s, size_t at, kw_bytes key, unsigned depth);
void explain_record_value(explainer *e, const record_source *s, size_t at, kw_bytes key, kw_bytes value,
                          unsigned depth);

#endif
