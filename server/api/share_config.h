/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_SHARE_CONFIG_H
#define SERVER_API_SHARE_CONFIG_H

#include "../share/share_partition.h"
#include "broker.h"

enum share_reset { SHARE_RESET_LATEST, SHARE_RESET_EARLIEST, SHARE_RESET_BY_DURATION };

/* What a group sets for the delivery of records, and else the broker. */
struct share_config {
    struct share_limits limits;
    enum share_reset reset;
    int64_t duration_ms; /* with SHARE_RESET_BY_DURATION */
    bool is_committed;   /* only records of transactions that are committed */
};

struct share_config share_config_of(const struct broker *broker, const struct metadata_image *image, kw_string group);

#endif
