/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_PARTITION_CHANGE_H
#define SERVER_METADATA_PARTITION_CHANGE_H

/* What becomes of a partition when a broker leaves or comes back: in-sync replicas, eligible leader replicas (KIP-966)
 * and the leader, as PartitionChangeRecord. Source: PartitionChangeBuilder. */

#include <stdbool.h>
#include <stdint.h>

#include "../config/static_config.h"
#include "image.h"
#include "record_list.h"

enum { NO_BROKER = -1 };

struct partition_change {
    const struct metadata_image *image;
    const struct metadata_topic *topic;
    const struct metadata_partition *partition;
    int32_t leaving;     /* is no longer in sync; NO_BROKER: nobody leaves */
    bool leaves_unclean; /* and may have lost records: it is not eligible either */
    int32_t electable;   /* the broker that is up, or comes up now; NO_BROKER: there is none. It leads nothing
                          * that is in a directory which the image does not have of it */
    int32_t min_isr;     /* min.insync.replicas of the topic */
    bool may_lose;       /* unclean.leader.election.enable of the topic */
    int32_t assigned;    /* the broker that says where its replica is; NO_BROKER: nobody does */
    kw_uuid directory;   /* there */
};

/* Sets min_isr and may_lose, by the settings of the topic. `file` may be NULL. */
void partition_change_read_settings(struct partition_change *change, int32_t node_id, const struct static_config *file);

/* Adds the record, if anything changes. */
void partition_change_add(struct record_list *records, const struct partition_change *change);

#endif
