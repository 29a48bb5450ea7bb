/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_PATCH_H
#define KWI_PATCH_H

#include <kwire/batches.h>

/* The batch of magic 2 that takes all of these bytes. KW_ERR_TRUNCATED, KW_ERR_TRAILING or KW_ERR_ARGUMENT if there is
 * none, or what kw_batches_next() gives. */
kw_status kwi_batch_open_v2(kw_batch *b, const uint8_t *data, size_t size);

/* The base offset with which the last record has `last_offset`. */
int64_t kwi_batch_base_offset(const kw_batch *b, int64_t last_offset);

/* Says in the batch's header what kind of timestamps these are, and the greatest. False if it said so before; else the
 * checksum is wrong now. Not magic 0. */
bool kwi_batch_stamp(uint8_t *header, const kw_batch *b, bool append_time, int64_t max_timestamp);

#endif
