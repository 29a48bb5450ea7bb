/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_CHECKPOINTS_H
#define SERVER_LOG_CHECKPOINTS_H

/* The checkpoint files of a log directory. */

#include <kwire/arena.h>
#include <kwire/status.h>
#include <kwire/storage/checkpoint.h>

#include "../base/problem.h"

struct log_checkpoints {
    kw_offset_checkpoint high_watermarks; /* replication-offset-checkpoint */
    kw_offset_checkpoint recovery_points; /* recovery-point-offset-checkpoint */
    kw_offset_checkpoint start_offsets;   /* log-start-offset-checkpoint */
};

/* Reads them into the arena. What is damaged is reported, and the lines before it are used. The status is of a
 * shortage. */
kw_status checkpoints_load(struct log_checkpoints *out, const char *folder, kw_arena *arena,
                           const struct problem_listener *listener);

#endif
