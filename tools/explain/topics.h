/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_TOPICS_H
#define TOOLS_TOPICS_H

/* Topic names by id, learned from messages. */

#include <kwire/view.h>

/* All zero is empty. */
typedef struct topics {
    struct topic_slot *slots; /* a table by hash; NULL: empty */
    size_t cap;
    size_t count;
} topics;

/* Copies a name, and replaces that of a known id. Ignores names that Kafka does not allow, and new ones from 65536
 * topics on. */
void topics_add(topics *t, kw_uuid id, kw_string name);

/* Null if it is not known. Valid until the next topics_add(). */
kw_string topics_find(const topics *t, kw_uuid id);

void topics_finish(topics *t);

#endif
