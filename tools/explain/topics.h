/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_TOPICS_H
#define TOOLS_TOPICS_H

/* Names of topics by their ids, as messages tell of both. */

#include <kwire/view.h>

/* All zero is empty. */
typedef struct topics {
    struct topic_slot *slots; /* a table by hash; NULL: empty */
    size_t cap;
    size_t count;
} topics;

/* Remembers a name, which is copied; that of an id which is known already is replaced. From 65536 topics on, and of
 * names that Kafka does not allow, nothing is. */
void topics_add(topics *t, kw_uuid id, kw_string name);

/* Null if it is not known. Valid until the next topics_add(). */
kw_string topics_find(const topics *t, kw_uuid id);

void topics_finish(topics *t);

#endif
