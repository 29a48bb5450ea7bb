/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_LIST_OFFSETS_V0_H
#define SERVER_API_LIST_OFFSETS_V0_H

#include <stdint.h>

#include <kwire/arena.h>

#include "../log/log_contents.h"

/* What version 0 of ListOffsets answers: not where a record is, but offsets at which segments begin that were last
 * written to at `timestamp` or before it, and the end of the log; descending, at most `max`. -1 is the latest, -2 the
 * earliest. The status is of the arena. */
kw_status list_offsets_v0(const struct log_snapshot *log, int64_t timestamp, int32_t max, kw_arena *arena,
                          kw_int64_array *out);

#endif
