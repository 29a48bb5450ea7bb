/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_TOPIC_NAMES_H
#define TOOLS_TOPIC_NAMES_H

/* What topics are called, by their ids, as brokers have said. */

#include <stddef.h>

#include <kwire/view.h>

/* More topics than any cluster has; those that come after them stay without names. */
#define TOPIC_NAMES_MAX ((size_t)1 << 17)

/* All zero is an empty table. */
typedef struct topic_names {
    struct topic_name *slots;
    size_t slot_count; /* a power of two, or 0 */
    size_t count;
} topic_names;

/* Names that no topic can have, and ids of zeros, are not remembered. A topic that was named before gets the new name
 * (there is no such thing in Kafka, but a capture may be of several clusters). */
void topic_names_learn(topic_names *t, kw_uuid id, kw_string name);

/* Null if it is not known. Valid until the next call of topic_names_learn(). */
kw_string topic_names_find(const topic_names *t, kw_uuid id);

void topic_names_finish(topic_names *t);

#endif
