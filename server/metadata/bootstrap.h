/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_BOOTSTRAP_H
#define SERVER_METADATA_BOOTSTRAP_H

/* What a metadata log starts with: what kafka-storage has left in a directory that it has formatted, or else what it
 * would have left, which is then written. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/messages/voters_record.h>

#include "image.h"
#include "metadata_log.h"
#include "record_list.h"
#include "versions.h"

struct bootstrap {
    const char *log_dir;
    int32_t node_id;
    kw_uuid directory_id;
    const struct metadata_endpoint *controller_endpoint;
    enum feature_release release; /* of a new log */
    int64_t now;                  /* ms since 1970 */
};

/* `log` and `image` are what the directory contains. Gives the version of the quorum, its voters if that is 1 or more,
 * and the records to start a log with; none if it has started. False after a complaint. */
bool bootstrap_prepare(const struct bootstrap *bootstrap, const struct metadata_log *log,
                       const struct metadata_image *image, kw_arena *arena, struct record_list *records,
                       int16_t *kraft_version, kw_voters_record *voters);

#endif
