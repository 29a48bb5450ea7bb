/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_GROUP_MACHINE_H
#define SERVER_COORDINATOR_GROUP_GROUP_MACHINE_H

/* The state machine of a partition of __consumer_offsets: groups and their offsets. docs/groups.md says what each part
 * does. A request to it is a function that is called inside of a decision; a record goes to the function of its type.
 */

#include "../../config/static_config.h"
#include "../budget.h"
#include "../shard.h"
#include "group_settings.h"
#include "group_table.h"
#include "metadata_hash.h"
#include "offsets/offset_expiry.h"
#include "offsets/offset_table.h"
#include "share/share_cleanup.h"

struct group_machine_options {
    const struct static_config *file; /* the properties; NULL: there are none */
    int32_t node_id;
    struct coordinator_budget *budget; /* of all shards */
    uint32_t seed;                     /* random, for hash tables */
    int32_t partition;                 /* for the console */

    /* While a worker needs the shard, which may be unloaded meanwhile. NULL: the shard stays anyway. */
    void (*hold)(struct shard *shard);
    void (*release)(struct shard *shard);
};

struct group_machine {
    struct group_settings settings; /* of the moment; zero while it is loading */
    struct coordinator_budget *budget;
    struct group_table groups;
    struct offset_store offsets;
    struct offset_expiry expiry;
    struct share_cleanup share_cleanup;
    struct shard *shard;           /* NULL: it is loading */
    int64_t new_topics_version;    /* of the last image with a topic that is new */
    struct metadata_hashes hashes; /* of topics of the last image */
    struct pattern_job *resolving; /* patterns of groups, on workers; consumer_resolve.h */
    /* The rest is private. */
    struct group_machine_options options;
    kw_arena arena;         /* of the record that is replayed */
    uint64_t skipped_types; /* bit 63: from 63 on; each is reported once */
};

/* The functions of machine.h; the state is a struct group_machine, which unloaded() destroys. */
extern const struct coordinator_calls group_machine_calls;

/* NULL: there is no memory. */
struct group_machine *group_machine_create(const struct group_machine_options *options);

/* One that no shard has taken. */
void group_machine_destroy(struct group_machine *m);

#endif
