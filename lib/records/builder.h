/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_RECORDS_BUILDER_H
#define LIB_RECORDS_BUILDER_H

/* Shared by the parts of the builder. */

#include <kwire/record_builder.h>

/* KW_OK if a batch may have these options. */
kw_status kwi_batch_options_check(const kw_batch_options *o);

/* The attributes that result from the options. */
uint16_t kwi_batch_attributes(const kw_batch_options *o);

/* Fills in the first 61 bytes of a batch of magic 2 that takes `size`, and its checksum. */
void kwi_batch_v2_seal(uint8_t *batch, size_t size, const kw_batch_options *o, int32_t last_offset_delta,
                       int64_t base_timestamp, int64_t max_timestamp, int32_t count);

/* The part of the next function that grows, counts or fails. */
uint8_t *kwi_writer_take_more(kw_writer *w, size_t size, kw_status *status);

/* `size` bytes at the end of a writer. NULL with KW_OK: the writer only counts. After an error the writer is
 * unchanged. */
static inline uint8_t *kwi_writer_take(kw_writer *w, size_t size, kw_status *status)
{
    uint8_t *p = w->pos;
    if (KW_UNLIKELY(size > kwi_writer_left(w)))
        return kwi_writer_take_more(w, size, status);
    w->pos = p + size;
    *status = KW_OK;
    return p;
}

/* Appends a record to any batch. `raw_headers`, if not NULL, are the headers in the format of the record, used
 * instead of record->headers. With `place`, magic 2 only, the value is not copied: the caller writes it to *place,
 * which does not change if the writer only counts. */
kw_status kwi_batch_builder_add(kw_batch_builder *b, int64_t offset, const kw_new_record *record,
                                const kw_bytes *raw_headers, uint8_t **place);

#endif
