/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_TAKEOVER_H
#define SERVER_METADATA_TAKEOVER_H

/* Whether this node may continue a metadata log: as its only voter and only broker, and if it knows everything that is
 * in it. Otherwise the directory is served for reading, as it is. */

#include <stdbool.h>
#include <stdint.h>

#include "image.h"
#include "metadata_log.h"

struct takeover_facts {
    const struct metadata_log *log;
    const struct metadata_image *image; /* that it gives */
    int32_t node_id;
    kw_uuid directory_id; /* of the directory with the log; zero: it has none */
    bool has_folders;     /* of partitions */
    bool was_clean;       /* the broker was stopped in order, so all of the log is valid */
};

enum { TAKEOVER_REASON_SIZE = 256 };

/* False: `reason` says why not. */
bool takeover_is_possible(const struct takeover_facts *facts, char reason[TAKEOVER_REASON_SIZE]);

#endif
