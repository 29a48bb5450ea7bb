/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_TOPIC_NAMES_H
#define TOOLS_TOPIC_NAMES_H

/* Topic names by id, learned from brokers. */

#include <stddef.h>

#include <kwire/view.h>

/* More topics than any cluster has; later ones have no names. */
#define TOPIC_NAMES_MAX ((size_t)1 << 17)

/* All zero is an empty table. */
typedef struct topic_names {
    struct topic_name *slots;
    size_t slot_count; /* a power of two, or 0 */
    size_t count;
} topic_names;

/* Ignores invalid names and the zero id. A known id gets the new name (Kafka cannot rename topics, but a capture may be
 * of several clusters). */
void topic_names_learn(topic_names *t, kw_uuid id, kw_string name);

/* Null if it is not known. Valid until the next call of topic_names_learn(). */
kw_string topic_names_find(const topic_names *t, kw_uuid id);

void topic_names_finish(topic_names *t);

#endif
