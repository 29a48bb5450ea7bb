/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BATCH_FIELDS_H
#define TOOLS_BATCH_FIELDS_H

/* What the headers of record batches of every magic have in common. */

#include <kwire/batches.h>

#include "fields.h"

/* A header, or as much of it as is there. */
typedef struct batch_header {
    fields fields;
    const kw_batch *batch; /* NULL: it is not whole, or broken */
    kw_status fault;       /* what is wrong with the field that begins at: */
    size_t fault_at;
    bool is_inside;          /* of a compressed message of magic 1: offsets count from */
    int64_t offset_of_first; /* the offset of the first in it */
} batch_header;

/* These tell of the number that was read last, if it is there and right; otherwise they return false. Where the batch
 * just ends, which is no mistake, nothing is told. */
bool batch_tell(batch_header *h, const char *name, const char *type, int64_t number);

/* -1 is none. */
bool batch_tell_optional(batch_header *h, const char *name, const char *type, int64_t number);

/* These read the field, too. */
bool batch_tell_time(batch_header *h, const char *name);
bool batch_tell_crc(batch_header *h);
bool batch_tell_attributes(batch_header *h, uint8_t magic);

#endif
