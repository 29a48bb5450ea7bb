/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_RETENTION_H
#define SERVER_LOG_RETENTION_H

/* Removes old segments of one log: those below its start, and those that retention.bytes and retention.ms allow to go.
 * Source: UnifiedLog.deleteOldSegments() and LocalLog.deleteSegmentFiles() in Kafka. */

#include <stddef.h>
#include <stdint.h>

#include "partition_log.h"

/* Takes the turn and may wait for the disk. The last segment goes only if another one can follow it. Files are renamed
 * to .deleted, and removed by a later call, once they have had that name for file.delete.delay.ms; who reads them
 * meanwhile continues. `now` is the time since 1970 in ms. *removed is the number of segments. The log must be open;
 * one thread at a time for each log. */
int16_t log_retain(struct partition_log *log, int64_t now, size_t *removed);

#endif
