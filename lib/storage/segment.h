/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_STORAGE_SEGMENT_H
#define KWI_STORAGE_SEGMENT_H

#include <kwire/storage/segment.h>

/* Whether a batch begins at the entry's position whose last record has the entry's offset. */
KW_NODISCARD bool kwi_offset_entry_is_true(const kw_segment *segment, kw_offset_entry entry, kw_batch *batch);

/* Whether the batch with the entry's offset has its timestamp. It need not be the last offset: before 3.8 it could be
 * that of the very record. */
KW_NODISCARD bool kwi_time_entry_is_true(const kw_segment *segment, kw_time_entry entry, kw_batch *batch);

#endif
