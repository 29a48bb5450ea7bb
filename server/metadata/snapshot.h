/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_SNAPSHOT_H
#define SERVER_METADATA_SNAPSHOT_H

/* Snapshots of the metadata: <end offset>-<epoch>.checkpoint in the folder of the metadata log. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/messages/voters_record.h>
#include <kwire/status.h>

#include "image.h"
#include "record_list.h"

struct snapshot_options {
    int64_t now;            /* ms since 1970 */
    int64_t last_timestamp; /* of the last record in the image */
    int16_t kraft_version;
    const kw_voters_record *voters; /* NULL with kraft.version 0 */
};

/* Writes the image so that the file is there whole or not at all, also after a loss of power. The status is of the
 * disk, or of memory; then there is no file. */
kw_status snapshot_write(const char *folder, const struct metadata_image *image,
                         const struct snapshot_options *options);

/* Writes `records` as the snapshot at offset 0, which a new directory starts with. */
kw_status snapshot_write_bootstrap(const char *folder, const struct record_list *records,
                                   const struct snapshot_options *options);

#endif
