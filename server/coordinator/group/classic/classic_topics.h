/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_TOPICS_H
#define SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_TOPICS_H

/* A set of topic names. */

#include <stdbool.h>
#include <stddef.h>

#include <kwire/arena.h>
#include <kwire/view.h>

#include "../../../base/hash_chains.h"

struct classic_topics {
    struct hash_chains names;
    kw_arena arena;
};

/* NULL: there is no memory. */
struct classic_topics *classic_topics_create(void);
void classic_topics_free(struct classic_topics *topics); /* NULL: nothing */

/* False: there is no memory. */
bool classic_topics_add(struct classic_topics *topics, kw_string name);
bool classic_topics_have(const struct classic_topics *topics, kw_string name);

static inline size_t classic_topics_size(const struct classic_topics *topics)
{
    return topics != NULL ? sizeof *topics + kw_arena_held(&topics->arena) : 0;
}

#endif
