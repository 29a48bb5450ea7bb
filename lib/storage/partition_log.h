/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_STORAGE_PARTITION_LOG_H
#define KWI_STORAGE_PARTITION_LOG_H

#include <kwire/storage/partition_log.h>

/* The offsets that producer snapshots are named for, ascending. */
typedef struct kwi_snapshots {
    int64_t *offsets;
    size_t len;
} kwi_snapshots;

/* Sets log->aborted and log->last_stable_offset. The status is of memory. */
KW_NODISCARD kw_status kwi_load_transactions(kw_partition_log *log, const kwi_snapshots *snapshots, kw_arena *arena,
                                             const kw_disk_listener *listener);

#endif
