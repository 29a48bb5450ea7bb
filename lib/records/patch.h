/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_PATCH_H
#define KWI_PATCH_H

#include <kwire/batches.h>

/* The batch of magic 2 that consists of all of these bytes. KW_ERR_TRUNCATED, KW_ERR_TRAILING or KW_ERR_ARGUMENT if
 * there is none, or the errors of kw_batches_next(). */
kw_status kwi_batch_open_v2(kw_batch *b, const uint8_t *data, size_t size);

/* The base offset with which the last record has `last_offset`. */
int64_t kwi_batch_base_offset(const kw_batch *b, int64_t last_offset);

/* Sets the kind of timestamps and the greatest one in the batch's header. False if they were set already; otherwise
 * the checksum is now wrong. Not magic 0. */
bool kwi_batch_stamp(uint8_t *header, const kw_batch *b, bool append_time, int64_t max_timestamp);

#endif
