/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BATCH_FIELDS_H
#define TOOLS_BATCH_FIELDS_H

/* Header fields that record batches of every magic have in common. */

#include <kwire/batches.h>

#include "fields.h"

/* A header, possibly not complete. */
typedef struct batch_header {
    fields fields;
    const kw_batch *batch; /* NULL: not complete, or broken */
    kw_status fault;       /* the error of the field that starts at: */
    size_t fault_at;
    bool is_inside;          /* of a compressed message of magic 1: offsets are relative to */
    int64_t offset_of_first; /* the offset of the first in it */
} batch_header;

/* These show the number that was read last if it is valid; otherwise they return false. If the batch is only cut, which
 * is not an error, they show nothing. */
bool batch_show(batch_header *h, const char *name, const char *type, int64_t number);

/* -1 is none. */
bool batch_show_optional(batch_header *h, const char *name, const char *type, int64_t number);

/* These also read the field. */
bool batch_show_time(batch_header *h, const char *name);
bool batch_show_crc(batch_header *h);
bool batch_show_attributes(batch_header *h, uint8_t magic);

#endif
