/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_RECORDS_ITERATE_H
#define LIB_RECORDS_ITERATE_H

/* Shared by the parts of kw_records_next(). */

#include <kwire/records.h>

/* Ends the iteration with an error at `at`, which points into the bytes that are iterated. Returns false. */
KW_COLD bool kwi_records_fail(kw_records *rs, kw_status status, const uint8_t *at, int64_t offset);

/* The next record of magic 2, of any form, and its errors. */
bool kwi_records_next_v2(kw_records *rs, kw_record *out);

/* The next message of magic 0 or 1. */
bool kwi_records_next_message(kw_records *rs, kw_record *out);

/* Sets offset, time and sequence of a record of magic 2. */
static inline void kwi_record_place(const kw_records *rs, kw_record *out, int64_t time_delta, int32_t offset_delta)
{
    out->timestamp = (int64_t)((uint64_t)rs->base_timestamp + (uint64_t)time_delta);
    out->offset = (int64_t)((uint64_t)rs->base_offset + (uint64_t)(int64_t)offset_delta);
    out->sequence = KW_NO_SEQUENCE;
    if (KW_UNLIKELY(rs->has_append_time))
        out->timestamp = rs->append_time;
    if (KW_UNLIKELY(rs->base_sequence >= 0))
        out->sequence = kw_sequence_add(rs->base_sequence, offset_delta);
}

#endif
